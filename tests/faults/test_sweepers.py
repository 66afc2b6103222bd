"""Many sweepers at once, and sweeps beside the desk: each due thing happens, once, without a
deadlock."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from feedback import create_app
from feedback.services import citizen, desk, escalations
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests import conftest
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

DUE = 20_000 if LONG else 2_000
CODES = ("DODOMA-CC", "KONDOA-DC", "TANESCO", "RS-DODOMA", "W-AFYA")
SWEEPERS = 8
KILLED = 2


def _sweep_until_empty(now: datetime) -> int:
    swept = empty = 0
    # Locked cases are passed over, so one empty batch does not mean that all is done.
    while empty < 3:
        with transaction(JOB):
            timers = escalations.sweep_batch(now).timers
        swept += timers
        empty = 0 if timers else empty + 1
    return swept


def _sweep_in_a_process(urls: dict[str, str], now: datetime, start: Any) -> None:
    """One sweeper with everything of its own, as on another machine."""
    app = create_app(conftest._config(urls))
    with app.app_context():
        start.wait()
        _sweep_until_empty(now)


def _run_sweepers(app: Flask, urls: dict[str, str], now: datetime, behind: Behind) -> None:
    """Threads with connections of their own, of which one loses its own in the midst; in a long
    run processes, which take time to start, of which two are killed and two more begin."""
    if LONG:
        context = multiprocessing.get_context("spawn")
        start = context.Barrier(SWEEPERS + 1)
        own = {name: url for name, url in urls.items() if name != "SUPERUSER_URL"}
        alone = context.Barrier(1)
        processes = [
            context.Process(target=_sweep_in_a_process, args=(own, now, gate))
            for gate in (*[start] * SWEEPERS, *[alone] * KILLED)
        ]
        for process in processes[:SWEEPERS]:
            process.start()
        start.wait()
        _wait_for_rungs(behind)
        for process in processes[:KILLED]:
            process.kill()
        for process in processes[SWEEPERS:]:
            process.start()
        for process in processes:
            process.join()
        codes = [process.exitcode for process in processes]
        assert codes == [-signal.SIGKILL] * KILLED + [0] * SWEEPERS
    else:
        sweepers = [lambda: _sweep_until_empty(now)] * SWEEPERS
        results = kit.together(app, [*sweepers, lambda: _cut_one_off(behind)])
        broken = [result for result in results if not isinstance(result, int)]
        assert len(broken) == results[-1]
        assert all(isinstance(error, OperationalError) for error in broken)
    kit.sweep(now)  # what the last ones passed over while it was locked


def _wait_for_rungs(behind: Behind) -> None:
    """Until the first sweepers have committed something."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if kit.rows(behind, "SELECT FROM escalation LIMIT 1"):
            return
        time.sleep(0.01)


def _cut_one_off(behind: Behind) -> int:
    """End the connection of one sweeper that is in a transaction, as if its worker was killed."""
    _wait_for_rungs(behind)
    found = kit.rows(
        behind,
        "SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity"
        " WHERE usename = 'mrejesho_worker' AND datname = current_database()"
        " AND state <> 'idle' AND xact_start IS NOT NULL LIMIT 1",
    )
    return len(found)


def test_eight_sweepers_make_exactly_the_due_escalations(
    app: Flask, make: Make, monday: datetime, superuser: Behind, urls: dict[str, str]
) -> None:
    # Heads of many institutions' top rungs: their digests are what sweepers could wait for.
    for code in ("PO-PSMGG", "CS", "PMO", "PO-RALG"):
        make.hold(make.officer(code, "head"), code, "institution_head")
    handler = make.officer("DODOMA-CC", "handler")
    kit.many(superuser, DUE, monday, handler=handler, codes=CODES)
    _run_sweepers(app, urls, monday + timedelta(days=3), superuser)
    found = kit.rows(
        superuser,
        "SELECT count(*) AS rungs, count(DISTINCT case_id) AS cases, min(rung) AS lowest,"
        " max(rung) AS highest FROM escalation",
    )
    assert found == [{"rungs": DUE, "cases": DUE, "lowest": 1, "highest": 1}]
    (entries,) = kit.rows(superuser, "SELECT count(*) AS n FROM audit_entry")
    assert entries["n"] == DUE
    left = kit.rows(
        superuser,
        "SELECT count(*) AS n FROM timer WHERE NOT done AND due_at <= %s",
        monday + timedelta(days=3),
    )
    assert left == [{"n": 0}]


def test_eight_sweepers_after_an_outage_climb_each_rung_once(
    app: Flask, make: Make, monday: datetime, superuser: Behind, urls: dict[str, str]
) -> None:
    for code in ("PO-PSMGG", "CS", "PMO"):
        make.hold(make.officer(code, "head"), code, "institution_head")
    cases = DUE // 5
    kit.many(superuser, cases, monday, codes=("DODOMA-CC", "TANESCO"))
    _run_sweepers(app, urls, monday + timedelta(days=60), superuser)
    found = kit.rows(
        superuser,
        "SELECT i.code, e.rung, count(*) AS n FROM escalation e"
        " JOIN institution i ON i.id = e.from_institution_id GROUP BY 1, 2 ORDER BY 1, 2",
    )
    assert [(row["code"], row["rung"], row["n"]) for row in found] == [
        *(("DODOMA-CC", rung, cases // 2) for rung in range(1, 8)),
        *(("TANESCO", rung, cases // 2) for rung in range(1, 7)),
    ]
    digests = kit.rows(superuser, "SELECT count(*) AS n FROM notice WHERE kind = 'digest'")
    # two institutions, and for each UTUMISHI and the Chief Secretary; a council's copy goes to PMO
    assert digests == [{"n": 5}]


def _desk_acts(cases: list[UUID], officers: list[int], now: datetime, seed: int) -> int:
    rng = Random(seed)  # noqa: S311 - which test, not which secret
    done = 0
    for _ in range(120 if LONG else 25):
        case_id, handler = rng.choice(cases), rng.choice(officers)
        acts: list[Callable[[], Any]] = [
            lambda c=case_id: desk.acknowledge(c, now),  # type: ignore[misc]
            lambda c=case_id: desk.ask(c, "Wapi?", now),  # type: ignore[misc]
            lambda c=case_id: desk.answer(c, "Imekamilika.", now),  # type: ignore[misc]
            lambda c=case_id: desk.assign(c, rng.choice(officers), now),  # type: ignore[misc]
            lambda c=case_id: desk.transfer(  # type: ignore[misc]
                c, rng.choice(CODES), None, "Si yetu.", now
            ),
        ]
        spoken: list[Callable[[], Any]] = [
            lambda c=case_id: citizen.add_message(c, "Bado.", now),  # type: ignore[misc]
            lambda c=case_id: citizen.not_fixed(c, "Bado.", now),  # type: ignore[misc]
            lambda c=case_id: citizen.raise_confidentiality(  # type: ignore[misc]
                c, "restricted", now
            ),
        ]
        act = rng.choice(acts + spoken)
        principal = Principal.of_case(case_id) if act in spoken else Principal.of_officer(handler)
        try:
            with transaction(principal):
                act()
            done += 1
        except Refused:
            continue
    return done


def _sweep_on(now: datetime, batches: int) -> int:
    swept = 0
    for number in range(batches):
        with transaction(JOB):
            swept += escalations.sweep_batch(now + timedelta(hours=number), 20).timers
    return swept


def test_sweeps_beside_the_desk_do_not_deadlock(
    app: Flask, make: Make, monday: datetime, superuser: Behind
) -> None:
    officers = [
        make.officer(code, "handler", "head") for code in ("DODOMA-CC", "KONDOA-DC", "TANESCO")
    ]
    for officer, code in zip(officers, ("DODOMA-CC", "KONDOA-DC", "TANESCO"), strict=True):
        make.hold(officer, code, "institution_head")
    make.officer("ETHICS", "ethics")
    cases = [
        make.case(monday + timedelta(minutes=n), institution=CODES[n % 3]).case_id
        for n in range(40)
    ]
    now = monday + timedelta(days=40)
    results = kit.together(
        app,
        [
            *(lambda seed=seed: _desk_acts(cases, officers, now, seed) for seed in range(5)),  # type: ignore[misc]
            *[lambda: _sweep_on(now, 60 if LONG else 20)] * 3,
        ],
    )
    assert [r for r in results if not isinstance(r, int)] == []
    assert sum(results) > 40
    assert not any(isinstance(r, OperationalError) for r in results)
    kit.sweep(now + timedelta(days=2))
    twice = kit.rows(
        superuser,
        "SELECT case_id FROM escalation GROUP BY case_id, cycle, restricted, rung"
        " HAVING count(*) > 1",
    )
    assert twice == []
    late = kit.rows(
        superuser,
        "SELECT count(*) AS n FROM timer WHERE NOT done AND due_at <= %s",
        now + timedelta(days=2),
    )
    assert late == [{"n": 0}]


def test_a_sweeper_that_dies_leaves_its_batch_to_the_next(
    app: Flask, make: Make, monday: datetime, superuser: Behind
) -> None:
    kit.many(superuser, 50, monday)
    now = monday + timedelta(days=3)

    def killed() -> None:
        with transaction(JOB):
            assert escalations.sweep_batch(now).escalations == 50
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert kit.rows(superuser, "SELECT count(*) AS n FROM escalation") == [{"n": 0}]
    assert kit.sweep(now).escalations == 50
