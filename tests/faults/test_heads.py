"""A real worker keeps signed heads, and writes down the last one when it is told to stop."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from flask import Flask

from feedback import clock
from feedback.services import audit, audit_heads
from feedback.transaction import JOB, Principal, transaction, wake
from tests.conftest import environment
from tests.services.confidential_probe import Connection


def _sealed(behind: Connection) -> int:
    row = behind.execute("SELECT coalesce(max(position), 0) FROM audit_link").fetchone()
    return int(row[0]) if row else 0


def _until_sealed(behind: Connection, position: int) -> None:
    """Ask for the chaining job, as the scheduler does, until it has come so far."""
    end = time.monotonic() + 60
    while _sealed(behind) < position:
        assert time.monotonic() < end, "waited too long"
        with transaction(JOB):
            wake("chain_audit")
        time.sleep(0.1)


def _record() -> None:
    with transaction(Principal("operations")):
        audit.record("tried", now=clock.now())


def test_the_last_head_is_written_when_the_worker_stops(
    app: Flask, urls: dict[str, str], superuser: Connection, tmp_path: Path
) -> None:
    path = tmp_path / "heads.jsonl"
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        env=environment(urls) | {"PATH": "", "AUDIT_HEADS": str(path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _record()
        _until_sealed(superuser, 1)
        _record()
        _until_sealed(superuser, 3)  # with the entry that heads were begun
        assert [head.number for head in audit_heads.read(path)] == [1]
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    finally:
        worker.kill()
        worker.wait()
    heads = audit_heads.read(path)
    assert [head.number for head in heads] == [1, 2]
    assert heads[-1].position == _sealed(superuser)
    with transaction(JOB):
        report = audit.verify()
        audit_heads.compare(report, heads)
    assert report.ok
