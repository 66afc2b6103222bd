"""A real worker is killed with SIGKILL in the middle of its work, and nothing is lost or doubled.

The worker is a process that does what `flask worker` does, forked from one that has the code
loaded already: else most of the time went into starting it; the last test starts the command
itself. The gateway is the simulator over a real socket, whose ledger says what was taken. After
each kill time is moved on by passing it in.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from feedback import jobs
from feedback import models as m
from feedback.extensions import db
from feedback.services import intake, outbox
from feedback.transaction import JOB, Principal, redis_client, transaction, wake
from local.phone import PhoneSimulator
from tests.conftest import LONG, environment
from tests.faults.nursery import Nursery, nursery

# Two tests kill in the middle of sending, each so often.
SEEDS = range(100) if LONG else range(2)
READING_SEEDS = range(60) if LONG else range(2)
MESSAGES = 6
SENDERS = 3
FINAL = {"sent", "delivered", "failed", "dead"}


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        yield simulator


@pytest.fixture(scope="module")
def born() -> Iterator[Nursery]:
    """Where workers come from."""
    with nursery() as started:
        yield started


def settings(urls: dict[str, str], phone: PhoneSimulator) -> dict[str, str]:
    """The environment of a worker."""
    return environment(urls) | {"AT_BASE_URL": phone.url, "SMS_SENDERS": str(SENDERS)}


@contextmanager
def process(urls: dict[str, str], phone: PhoneSimulator) -> Iterator[Any]:
    """`flask worker` itself, killed at the end if it still runs."""
    started = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        env=settings(urls, phone) | {"PATH": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def until(holds: Any, seconds: float = 60, *, nudge: bool = False) -> None:
    """Wait until something holds. `nudge`: ask for the jobs every few seconds, as the scheduler
    does where one runs; a wake-up alone may be lost."""
    begun = asked = time.monotonic()
    while not holds():
        now = time.monotonic()
        assert now < begun + seconds, "waited too long"
        if nudge and now > asked + 6:
            asked = now
            with transaction(JOB):
                wake("deliver")
                wake("process_inbound")
        time.sleep(0.01)


def requests(phone: PhoneSimulator) -> int:
    """How many sends the gateway has seen begin."""
    return int(phone.memory.counts()["requests"])


def owe_all(count: int) -> None:
    with transaction(JOB):
        for number in range(count):
            outbox.owe(
                f"d{number}",
                "help",
                case_id=None,
                language="sw",
                values={},
                now=datetime.now(UTC),
                recipient=f"+2557120000{number:02}",
            )


def rows() -> list[Any]:
    with transaction(JOB):
        return list(
            db.session.execute(
                select(m.Outbox.dedupe, m.Outbox.state, m.Outbox.unknown_attempts).order_by(
                    m.Outbox.dedupe
                )
            )
        )


def under_way() -> bool:
    """Whether a message is leased: from then on its outcome is unknown to whoever comes after."""
    return any(row.state == "sending" for row in rows())


def go_on() -> None:
    """What the next workers do, with the hours in between passed in."""
    at = datetime.now(UTC)
    for _ in range(10):
        outbox.replay(at)
        outbox.deliver(at)
        at += timedelta(minutes=6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worker_killed_around_a_send(
    urls: dict[str, str], born: Nursery, phone: PhoneSimulator, seed: int
) -> None:
    """Each SMS reached the gateway; a second copy only after an outcome that was unknown.

    A third of the kills comes when a message is leased and not yet sent, the others around it.
    """
    dice = random.Random(seed)  # noqa: S311
    # Half of the time of a send passes before the gateway takes it, half after.
    phone.fault(delay_ms=30, hang_s=0.03, times=None)
    owe_all(MESSAGES)
    after = dice.randrange(MESSAGES)
    with born.worker(settings(urls, phone)) as worker:
        if seed % 3:
            until(lambda: requests(phone) > after, nudge=True)
            time.sleep(dice.uniform(0, 0.09))
        else:
            until(under_way, nudge=True)
        born.kill(worker)
    phone.clear_faults()
    go_on()
    copies = Counter(sent.number for sent in phone.ledger())
    for row in rows():
        number = f"+2557120000{int(row.dedupe[1:]):02}"
        assert row.state in FINAL
        assert 1 <= copies[number] <= 2, (row, copies)
        assert copies[number] == 1 or row.unknown_attempts == 1
    assert sum(row.unknown_attempts for row in rows()) <= SENDERS
    assert sum(copies.values()) == len(phone.ledger())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gateway_that_misbehaves_and_a_worker_that_is_killed(
    urls: dict[str, str], born: Nursery, phone: PhoneSimulator, seed: int
) -> None:
    """Whatever both do: at most two copies, and what is not at the gateway stands there as such."""
    dice = random.Random(seed)  # noqa: S311
    for _ in range(MESSAGES * 2):
        phone.fault(
            **dice.choice(
                [
                    {"delay_ms": 20},
                    {"drop": True},
                    {"drop": True, "accept": True},
                    {"http_status": 500},
                    {"http_status": 503},
                    {"http_status": 504, "accept": True},
                    {"empty": True},
                    {"status_code": 407},
                    {"message_id": "None"},
                ]
            )
        )
    owe_all(MESSAGES)
    with born.worker(settings(urls, phone)) as worker:
        until(lambda: requests(phone) > 0, nudge=True)
        time.sleep(dice.uniform(0, 0.05))
        born.kill(worker)
    go_on()
    copies = Counter(sent.number for sent in phone.ledger())
    for row in rows():
        number = f"+2557120000{int(row.dedupe[1:]):02}"
        assert row.state in FINAL
        assert copies[number] <= 2
        assert copies[number] >= 1 or row.state == "dead", row
        assert copies[number] < 2 or row.unknown_attempts >= 1, row
    assert dead_letters() == sum(row.state == "dead" for row in rows())


@pytest.mark.parametrize("seed", READING_SEEDS)
def test_a_worker_killed_while_it_reads_what_came_in(
    urls: dict[str, str], born: Nursery, phone: PhoneSimulator, seed: int
) -> None:
    """Each SMS is one case with one acknowledgement."""
    dice = random.Random(seed)  # noqa: S311
    count = 20
    now = datetime.now(UTC) - timedelta(seconds=1)
    with transaction(Principal("hook")):
        for number in range(count):
            intake.receive(
                provider_id=f"i{number}",
                sender=f"+2557120000{number:02}",
                words="TANESCO umeme umekatika",
                received_at=now,
                now=now,
            )
        wake("process_inbound")
    with born.worker(settings(urls, phone)) as worker:
        until(lambda: done() > 0, nudge=True)
        time.sleep(dice.uniform(0, 0.3))
        born.kill(worker)
    at = datetime.now(UTC)
    for _ in range(3):
        at += timedelta(minutes=5)
        while True:
            with transaction(JOB):
                inbound = intake.take(at)
            if inbound is None:
                break
            with transaction(JOB):
                intake.process(inbound, at)
    assert done() == count
    with transaction(JOB):
        assert db.session.scalar(select(func.count()).select_from(m.Case)) == count
        assert (
            db.session.scalar(
                select(func.count()).select_from(m.Outbox).where(m.Outbox.template == "received")
            )
            == count
        )


def dead_letters() -> int:
    """How many SMS stand before the administrators."""
    with transaction(JOB):
        return len(
            db.session.scalars(
                select(m.Alarm.id).where(
                    m.Alarm.kind == "outbox_dead", m.Alarm.settled_at.is_(None)
                )
            ).all()
        )


def done() -> int:
    with transaction(JOB):
        return (
            db.session.scalar(
                select(func.count())
                .select_from(m.InboundMessage)
                .where(m.InboundMessage.state == "done")
            )
            or 0
        )


def test_with_the_queue_wiped_empty_everything_is_still_done(
    app: Flask, urls: dict[str, str], phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every wake-up is lost; the scheduler's next round finds the work in the database."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    with transaction(Principal("hook")):
        intake.receive(
            provider_id="i1",
            sender="+255754000002",
            words="TANESCO umeme umekatika",
            received_at=now,
            now=now,
        )
        wake("process_inbound")
    owe_all(5)
    redis_client().flushdb()
    with process(urls, phone):
        assert len(phone.ledger()) == 0
        until(lambda: redis_client().exists("rq:workers"))
        redis_client().flushdb()
        jobs.tick({}, time.time())
        until(lambda: [row.state for row in rows()] == ["sent"] * 6)
    assert done() == 1
    assert len(phone.ledger()) == 6
