"""What sending costs: a lease beside a million rows, a gateway that takes its time, many workers
on one count."""

from __future__ import annotations

import statistics
import threading
import time
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from bench.measures import OWNER
from feedback import clock
from feedback.extensions import db
from feedback.services import leasing, outbox
from feedback.transaction import JOB, transaction
from local.phone import PhoneSimulator

ROWS = 1_000_000
WAITING = 100_000  # of them for the morning
GATEWAY_MS = 300
MESSAGES = 300
WORKERS = 8
SECONDS = 5

# Most rows were delivered long ago; many wait for the morning; a few of each other state.
FILL = """
INSERT INTO outbox (id, dedupe, language, template, values, priority, state, attempts,
  unknown_attempts, next_attempt_at, created_at, provider_id, status_code, finished_at, held)
SELECT gen_random_uuid(), 'b' || n, 'sw', 'answer', '{}', 0,
  CASE WHEN n <= :waiting THEN 'queued' WHEN n % 100 = 0 THEN 'failed' ELSE 'delivered' END,
  1, 0, CASE WHEN n <= :waiting THEN :now + interval '8 hours' ELSE :now END,
  :now - n * interval '10 seconds', CASE WHEN n > :waiting THEN 'B' || n END, '101',
  CASE WHEN n > :waiting THEN :now END, CASE WHEN n <= :waiting THEN 'quiet' END
FROM generate_series(1, :rows) AS n"""
SETTLE = """
UPDATE outbox SET state = 'delivered', finished_at = :now
 WHERE state IN ('queued', 'sending', 'unknown')
"""


def measure(app: Flask) -> dict[str, Any]:
    """Times in milliseconds, rates in messages a second."""
    now = clock.now()
    with transaction(OWNER):
        # What the steps before this one owe would be sent first, at 300 ms each.
        db.session.execute(text(SETTLE), {"now": now})
    with PhoneSimulator(report="") as phone:
        app.config["AT_BASE_URL"] = phone.url
        phone.fault(delay_ms=GATEWAY_MS, times=None)
        said = {"one_sender": _rate(app, 1, now), "senders": _rate(app, 8, now)}
    _fill(now)
    said |= {"lease": _leases(now), "replay": _median(lambda: outbox.replay(now))}
    said["contended"] = _contended(app, now)
    return said


def owe(count: int, now: datetime, mark: str) -> None:
    """Messages to as many numbers."""
    with transaction(JOB):
        for number in range(count):
            outbox.owe(
                f"{mark}{number}", "help", case_id=None, language="sw", values={}, now=now,
                recipient=f"+25571{number:07}", priority=0,
            )  # fmt: skip


def _rate(app: Flask, senders: int, now: datetime) -> float:
    """Messages a second of one worker whose gateway answers in 300 ms."""
    app.config["SMS_SENDERS"] = senders
    count = MESSAGES if senders > 1 else MESSAGES // 10
    owe(count, now, f"rate{senders}-")
    begun = time.perf_counter()
    while outbox.deliver(now).more:
        pass
    return count / (time.perf_counter() - begun)


def _fill(now: datetime) -> None:
    with transaction(OWNER):
        db.session.execute(text(FILL), {"rows": ROWS, "waiting": WAITING, "now": now})
        db.session.execute(text("ANALYZE outbox"))


def _leases(now: datetime) -> float:
    """One lease beside a million rows."""
    owe(50, now, "lease-")
    return _median(lambda: leasing.lease(now))


def _median(act: Any, times: int = 40) -> float:
    durations = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        durations.append((time.perf_counter() - begun) * 1000)
    return statistics.median(durations)


def _contended(app: Flask, now: datetime) -> float:
    """Leases a second of eight workers at once, all of which raise the day's one count."""
    owe(20_000, now, "contended-")
    taken: list[int] = []
    end = time.monotonic() + SECONDS

    def work() -> None:
        with app.app_context():
            count = 0
            while time.monotonic() < end and leasing.lease(now + timedelta(seconds=1)):
                count += 1
            taken.append(count)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken) / SECONDS
