"""What is written down of each job's run, and the alarm of one that does not run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from feedback import clock, jobs
from feedback.jobs import frame
from feedback.services import job_runs, machine_clock, outbox
from feedback.transaction import JOB, transaction
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that was just started."""
    monkeypatch.setattr(frame, "_noted", {})
    monkeypatch.setattr(frame, "_unwritten", {})


def row(behind: Behind, name: str) -> dict[str, Any]:
    (found,) = kit.rows(behind, "SELECT * FROM job_run WHERE name = %s", name)
    return found


def alarms(behind: Behind) -> list[tuple[str, datetime, datetime | None]]:
    found = kit.rows(behind, "SELECT * FROM alarm ORDER BY id")
    return [
        (":".join(each["dedupe"].split(":")[:2]), each["at"], each["settled_at"]) for each in found
    ]


def ran(name: str, ended: datetime, period: int = 15, error: str = "") -> None:
    with transaction(JOB):
        job_runs.record(job_runs.Run(name, period, ended, ended, 0.1, {}, error))


def watch(now: datetime) -> int:
    with transaction(JOB):
        return job_runs.watch(now)


def test_a_run_is_written_and_idle_ones_are_counted_together(
    app: Flask, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        jobs.chain_audit()
    first = row(superuser, "chain_audit")
    assert (first["runs"], first["failures"], first["period"]) == (1, 0, 5)
    monkeypatch.setattr(frame, "NOTE_SECONDS", 0)
    jobs.chain_audit()
    again = row(superuser, "chain_audit")
    assert (again["runs"], again["counts"]) == (6, {})
    assert again["ended_at"] > first["ended_at"] >= first["begun_at"]


def test_a_run_that_did_something_is_written_at_once_with_what_it_did(
    app: Flask, superuser: Behind
) -> None:
    jobs.replay()
    with transaction(JOB):
        outbox.owe("d", "help", case_id=None, language="sw", values={}, now=clock.now())
    jobs.chain_audit()
    with transaction(JOB):
        job_runs.record(job_runs.Run("replay", 15, START, START, 0.1, {"settled": 2}))
        job_runs.record(job_runs.Run("replay", 15, START, START, 0.1, {"settled": 0}))
    assert row(superuser, "replay")["counts"] == {"settled": 2}


def test_a_failure_is_written_by_its_class_alone(
    app: Flask, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise ValueError("siri ya mwananchi")

    jobs.deliver()
    monkeypatch.setattr(outbox, "deliver", breaks)
    for _ in range(2):
        with pytest.raises(jobs.JobFailed):
            jobs.deliver()
    found = row(superuser, "deliver")
    assert (found["error"], found["failures"], found["runs"]) == ("ValueError", 2, 3)
    assert found["failed_at"] > found["ended_at"]


def test_a_run_whose_note_fails_is_a_run_all_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(job_runs, "record", breaks)
    assert jobs.chain_audit() == {"chained": 0, "heads": 0}


def test_many_runs_do_not_bloat_the_table(app: Flask, superuser: Behind) -> None:
    """A day of a job every five seconds, each run written: no index entry is added."""
    ran("chain_audit", START, 5)
    before = superuser.execute("SELECT pg_relation_size('job_run')").fetchone()
    superuser.execute("SELECT pg_stat_reset_single_table_counters('job_run'::regclass)")
    for number in range(300):
        ran("chain_audit", START + timedelta(seconds=5 * number), 5)
    assert superuser.execute("SELECT pg_relation_size('job_run')").fetchone() == before
    assert superuser.execute("SELECT pg_relation_size('pk_job_run')").fetchone() == (16_384,)


def test_a_silent_job_raises_one_alarm_that_its_next_run_settles(
    app: Flask, make: Make, superuser: Behind
) -> None:
    admin = make.officer("PO-PSMGG", "admin")
    make.officer("PO-PSMGG", "head")
    ran("sweep", START)
    ran("deliver", START)
    late = START + timedelta(seconds=121)
    assert watch(START + timedelta(seconds=120)) == 0
    ran("deliver", late)
    assert (watch(late), watch(late + timedelta(seconds=60))) == (1, 0)
    back = START + timedelta(minutes=10)
    assert alarms(superuser)[-1] == ("job_silent:sweep", START, None)
    ran("sweep", back)
    assert alarms(superuser)[-1] == ("job_silent:sweep", START, back)
    notices = kit.rows(superuser, "SELECT officer_id, kind, urgent FROM notice")
    assert notices == [{"officer_id": admin, "kind": "system_alarm", "urgent": True}]


def test_an_outage_that_nobody_saw_is_written_by_the_next_run(
    app: Flask, superuser: Behind
) -> None:
    """Worker and scheduler were away for three days."""
    ran("sweep", START)
    back = START + timedelta(days=3)
    ran("sweep", back)
    ran("sweep", back + timedelta(seconds=15))
    assert alarms(superuser) == [("job_silent:sweep", START, back)]


def test_a_job_that_runs_and_fails_is_no_silent_one(app: Flask, superuser: Behind) -> None:
    ran("sweep", START)
    for seconds in range(15, 300, 15):
        ran("sweep", START + timedelta(seconds=seconds), error="ValueError")
    assert watch(START + timedelta(seconds=300)) == 1
    back = START + timedelta(seconds=315)
    ran("sweep", back)
    assert alarms(superuser) == [("job_failing:sweep", START, back)]


def test_jobs_that_never_ran_are_expected_from_the_day_they_are_known(
    app: Flask, superuser: Behind
) -> None:
    with transaction(JOB):
        job_runs.know({"sweep": 15, "learn": 86_400}, START)
        job_runs.know({"sweep": 30, "learn": 86_400}, START + timedelta(days=1))
        (first,) = job_runs.behind(START + timedelta(days=1))
    assert (first.name, first.since, first.ever) == ("sweep", START, False)
    with transaction(JOB):
        job_runs.know({"learn": 86_400}, START)
        assert [run.name for run in job_runs.all_runs()] == ["learn"]


def test_a_job_that_ends_looks_after_the_others(
    app: Flask, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran("sweep", clock.now() - timedelta(hours=1))
    jobs.chain_audit()
    assert [kind for kind, *_ in alarms(superuser)] == ["job_silent:sweep"]


# The clock of the machine


def look(minutes: float, wrong: timedelta = timedelta(), boot: str = "machine-1") -> Any:
    """What a sweep sees so many minutes from now, this machine's clock set wrong by so much. The
    database's clock cannot be set here: it counts as one that stands beside it."""
    true = clock.now() + timedelta(minutes=minutes)
    with transaction(JOB):
        return machine_clock.look(true + wrong, 10_000 + 60 * minutes, boot)


def test_a_clock_that_is_set_raises_an_alarm_that_ends_with_it(
    app: Flask, make: Make, superuser: Behind
) -> None:
    make.officer("PO-PSMGG", "admin")
    day = timedelta(days=1)
    assert [look(0).doubt, look(0.25, day).doubt, look(0.5, -day).doubt] == ["", "apart", "apart"]
    assert [settled for _, _, settled in alarms(superuser)] == [None]
    assert look(0.75).doubt == ""
    ((kind, begun, settled),) = alarms(superuser)
    assert kind == "clock_moved:machine-"
    assert settled is not None
    assert settled >= begun
    assert len(kit.rows(superuser, "SELECT FROM notice WHERE kind = 'system_alarm'")) == 1


def test_a_right_clock_is_written_once_a_minute(app: Flask, superuser: Behind) -> None:
    written = set()
    for quarter in range(8):
        look(quarter / 4)
        (found,) = kit.rows(superuser, "SELECT ticks FROM machine_clock")
        written.add(found["ticks"])
    assert sorted(written) == [10_000, 10_060]


def test_the_job_itself_sweeps_by_the_moment_that_is_believed(
    app: Flask, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    kit.many(superuser, 1, now - timedelta(days=1))  # due in a day and some hours
    assert jobs.sweep()["timers"] == 0
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=3))
    assert jobs.sweep()["timers"] == 0
    monkeypatch.undo()
    assert jobs.sweep()["timers"] == 0
    assert [kind.split(":")[0] for kind, *_ in alarms(superuser)] == ["clock_moved"]


def sweep_at(minutes: float, wrong: timedelta) -> Any:
    moment = look(minutes, wrong).now
    return kit.sweep(moment)


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_set_by_a_day_and_put_right_moves_no_rung(
    app: Flask, make: Make, superuser: Behind, days: int
) -> None:
    """One case is due in half a minute, one tomorrow: the first climbs when its time has come, the
    second does not, and neither climbs twice."""
    now = clock.now()
    owner = make.officer("DODOMA-CC", "handler")
    kit.many(superuser, 2, now - timedelta(days=30), handler=owner)
    first, second = (each["id"] for each in kit.rows(superuser, 'SELECT id FROM "case"'))
    for case, due in ((first, timedelta(seconds=30)), (second, timedelta(hours=20))):
        superuser.execute("UPDATE timer SET due_at = %s WHERE case_id = %s", (now + due, case))
        superuser.execute(
            "UPDATE deadline SET due_at = %s + (due_at - (SELECT min(due_at) FROM deadline))"
            " WHERE case_id = %s",
            (now + due, case),
        )
    wrong = timedelta(days=days)
    climbed = []
    for minutes, off in ((0, 0), (0.25, 1), (1, 1), (1.5, 0), (1.75, 0), (1.9, 1), (1.95, 0)):
        climbed.append(sweep_at(minutes, off * wrong).escalations)
    assert sum(climbed) == 1
    assert climbed[:2] == [0, 0]
    rungs = kit.rows(superuser, "SELECT case_id, rung, due_at FROM escalation")
    assert [(each["case_id"], each["rung"]) for each in rungs] == [(first, 1)]
    assert rungs[0]["due_at"] == now + timedelta(seconds=30)
