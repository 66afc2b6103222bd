"""Signed heads outside the database: what the owner of the database cannot hide from them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask

from feedback import clock, jobs, upkeep
from feedback.services import audit, audit_heads
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import key
from tests.services.confidential_probe import Connection

OPERATIONS = Principal("operations")
Record = Callable[..., None]


@pytest.fixture
def file(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of heads, in a folder that is not there yet."""
    path = tmp_path / "kept elsewhere" / "heads.jsonl"
    monkeypatch.setitem(app.config, "AUDIT_HEADS", str(path))
    return path


@pytest.fixture
def record(app: Flask, monday: datetime) -> Record:
    """`record(n)` adds n entries and seals them."""
    made = 0

    def add(number: int = 1) -> None:
        nonlocal made
        for _ in range(number):
            made += 1
            with transaction(OPERATIONS):
                audit.record("tried", now=monday + timedelta(seconds=made), number=made)
        with transaction(JOB):
            audit.chain(monday)

    return add


def append(path: Path, now: datetime, *, at_once: bool = False) -> audit_heads.Head | None:
    with transaction(JOB):
        return audit_heads.append(path, now, at_once=at_once)


def problems(path: Path) -> list[str]:
    with transaction(JOB):
        report = audit.verify()
        audit_heads.compare(report, audit_heads.read(path) if path.exists() else [])
    return report.problems


def tamper(behind: Connection, *statements: str) -> None:
    """As one who owns the server: no trigger and no foreign key gives it away."""
    behind.execute("SET session_replication_role = replica")
    try:
        for statement in statements:
            behind.execute(statement)
    finally:
        behind.execute("RESET session_replication_role")


CUT = (
    "DELETE FROM audit_tail",
    "DELETE FROM audit_link WHERE position >= 4",
    "DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM audit_link)",
)


def test_a_head_is_written_once_a_minute_and_only_when_the_chain_went_on(
    record: Record, file: Path, monday: datetime
) -> None:
    assert append(file, monday) is None
    record(3)
    first = append(file, monday)
    assert first
    assert (first.number, first.position) == (1, 3)
    record(2)
    assert append(file, monday + timedelta(seconds=59)) is None
    second = append(file, monday + timedelta(seconds=60))
    assert second
    # The first head of a file is itself on record.
    assert (second.number, second.position) == (2, 6)
    assert append(file, monday + timedelta(hours=1)) is None
    record(1)
    last = append(file, monday + timedelta(seconds=61), at_once=True)
    assert last
    assert [head.number for head in audit_heads.read(file)] == [1, 2, 3]
    assert file.stat().st_mode & 0o777 == 0o600
    assert problems(file) == []


def test_a_head_holds_no_more_than_it_says_and_its_public_key_is_enough(
    record: Record, file: Path, monday: datetime, app: Flask
) -> None:
    record(2)
    append(file, monday)
    told = json.loads(file.read_text())
    assert set(told) == {"number", "at", "position", "chain", "key_id", "signature"}
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(audit_heads.public_key("a1")))
    signed = audit.canonical(
        [str(told["number"]), told["at"], str(told["position"]), told["chain"], told["key_id"]]
    )
    public.verify(bytes.fromhex(told["signature"]), signed)


def test_a_cut_tail_shows(
    record: Record, file: Path, superuser: Connection, monday: datetime
) -> None:
    record(5)
    append(file, monday)
    tamper(superuser, *CUT)
    assert problems(file) == ["the chain is cut before position 5"]


def test_a_cut_tail_grown_over_again_shows_and_is_not_covered_by_a_newer_head(
    record: Record, file: Path, superuser: Connection, monday: datetime
) -> None:
    record(5)
    append(file, monday)
    tamper(superuser, *CUT)
    record(9)
    assert problems(file) == ["position 5 is not the one written down"]
    with pytest.raises(audit_heads.Mismatch):
        append(file, monday + timedelta(hours=1))
    assert len(audit_heads.read(file)) == 1
    assert upkeep.write_head(at_once=True) == 0


def test_everything_taken_away_shows(
    record: Record, file: Path, superuser: Connection, monday: datetime
) -> None:
    record(5)
    append(file, monday)
    tamper(superuser, "TRUNCATE audit_tail, audit_link, audit_entry CASCADE")
    assert problems(file) == ["the chain is cut before position 5"]


def rewritten(behind: Connection, keys: dict[str, bytes], monkeypatch: Any, app: Flask) -> None:
    """The whole record made anew, an entry left out, with whatever keys the forger has."""
    kept = behind.execute(
        "SELECT at, act, details FROM audit_entry WHERE act = 'tried' ORDER BY at"
    ).fetchall()
    tamper(behind, "TRUNCATE audit_tail, audit_link, audit_entry CASCADE")
    with monkeypatch.context() as forged:
        forged.setitem(app.config, "AUDIT_KEYS", keys)
        for at, act, details in kept[1:]:
            with transaction(OPERATIONS):
                audit.record(act, now=at, **details)
        with transaction(JOB):
            audit.chain(kept[-1][0])


def test_a_whole_chain_made_anew_without_the_keys_shows(
    app: Flask,
    record: Record,
    file: Path,
    superuser: Connection,
    monday: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record(6)
    append(file, monday)
    rewritten(superuser, {"a1": b"another key of thirty-two bytes!"}, monkeypatch, app)
    with transaction(JOB):
        assert len(audit.verify().problems) >= 5  # without any head
    assert problems(file)


def test_a_whole_chain_made_anew_with_the_keys_shows_by_the_heads_alone(
    app: Flask,
    record: Record,
    file: Path,
    superuser: Connection,
    monday: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record(6)
    append(file, monday)
    rewritten(superuser, app.config["AUDIT_KEYS"], monkeypatch, app)
    with transaction(JOB):
        assert audit.verify().ok
    assert problems(file) == ["the chain is cut before position 6"]
    record(4)
    assert problems(file) == ["position 6 is not the one written down"]


def test_a_file_that_is_gone_shows_by_the_record(
    record: Record, file: Path, monday: datetime
) -> None:
    record(2)
    assert problems(file) == []  # none was begun
    append(file, monday)
    record(1)
    file.unlink()
    assert problems(file) == ["signed heads were begun, and none is there"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told | {"position": 2}, "head 2 is not signed by a known key"),
        (lambda told: told | {"at": "2026-01-01T00:00:00+00:00"}, "head 2 is not signed"),
        (lambda told: told | {"signature": "00" * 64}, "head 2 is not signed"),
        (lambda told: told | {"signature": "nonsense"}, "head 2 is not signed"),
        (lambda told: told | {"key_id": "other"}, "head 2 is not signed"),
        (lambda told: None, "heads between 1 and 3 are missing"),
    ],
)
def test_a_changed_or_missing_line_shows(
    record: Record,
    file: Path,
    monday: datetime,
    change: Callable[[dict[str, Any]], dict[str, Any] | None],
    said: str,
) -> None:
    for number in range(3):
        record(1)
        append(file, monday + timedelta(hours=number))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    changed = [lines[0], change(lines[1]), lines[2]]
    file.write_text("".join(json.dumps(line) + "\n" for line in changed if line))
    assert any(problem.startswith(said) for problem in problems(file))


def test_a_line_cut_short_by_a_failing_machine_is_no_tampering(
    record: Record, file: Path, monday: datetime
) -> None:
    record(1)
    append(file, monday)
    with file.open("a") as torn:
        torn.write('{"at": "2025-')
    record(1)
    head = append(file, monday + timedelta(hours=1))
    assert head
    assert head.number == 2
    assert problems(file) == []


def test_heads_signed_by_an_earlier_key_stay_good(
    app: Flask, record: Record, file: Path, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(1)
    append(file, monday)
    old = app.config["AUDIT_KEYS"]
    monkeypatch.setitem(app.config, "AUDIT_KEYS", {"a2": key("b").encode()[:32], **old})
    record(1)
    append(file, monday + timedelta(hours=1))
    assert [head.key_id for head in audit_heads.read(file)] == ["a1", "a2"]
    assert problems(file) == []


def test_workers_at_once_write_each_head_once(
    app: Flask, record: Record, file: Path, monday: datetime
) -> None:
    record(3)
    start, failed = threading.Barrier(6), []

    def work() -> None:
        try:
            with app.app_context():
                start.wait(10)
                append(file, monday, at_once=True)
        except Exception as error:  # reported below, out of the thread
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed
    assert [head.number for head in audit_heads.read(file)] == [1]
    assert problems(file) == []


def test_the_chaining_job_writes_heads(app: Flask, file: Path) -> None:
    with transaction(OPERATIONS):
        audit.record("tried", now=clock.now())
    assert jobs.chain_audit() == {"chained": 1, "heads": 1}
    # The entry that the file was begun waits for its minute.
    assert jobs.chain_audit() == {"chained": 1, "heads": 0}
    assert upkeep.write_head(at_once=True) == 1


def test_a_full_disk_stops_no_chain(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "AUDIT_HEADS", "/dev/full/heads.jsonl")
    with transaction(OPERATIONS):
        audit.record("tried", now=clock.now())
    assert jobs.chain_audit() == {"chained": 1, "heads": 0}


def test_the_command_compares_and_exits_with_1(
    app: Flask, record: Record, file: Path, superuser: Connection, tmp_path: Path
) -> None:
    runner = app.test_cli_runner()
    record(5)
    upkeep.write_head(at_once=True)
    printed = runner.invoke(args=["audit-head"])
    paper = tmp_path / "paper.json"
    paper.write_text(printed.output)
    told = json.loads(printed.output)
    assert (printed.exit_code, told["ok"], told["position"]) == (0, True, 6)
    for more in ([], ["--heads", str(file)], ["--heads", str(paper)]):
        good = runner.invoke(args=["verify-audit", *more])
        assert (good.exit_code, json.loads(good.output)["heads"]) == (0, 1), more
    tamper(superuser, *CUT)
    for more in ([], ["--heads", str(file)], ["--heads", str(paper)]):
        bad = runner.invoke(args=["verify-audit", *more])
        assert (bad.exit_code, json.loads(bad.output)["ok"]) == (1, False), more
    paper.write_text("")
    assert runner.invoke(args=["verify-audit", "--heads", str(paper)]).exit_code == 1


def test_only_the_worker_or_an_auditor_reads_the_head(record: Record, urls: dict[str, str]) -> None:
    record(1)
    with psycopg.connect(urls["DATABASE_URL"].replace("+psycopg", "")) as web:
        web.execute("SELECT guard.become('reference', NULL, NULL)")
        assert web.execute("SELECT count(*) FROM audit_link").fetchone() == (0,)
