"""The worker's jobs: found by the queue, run twice without harm, silent about what went wrong."""

from __future__ import annotations

import itertools
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import func, select

from feedback import jobs
from feedback import models as m
from feedback.extensions import db
from feedback.services import intake, outbox, owners
from feedback.transaction import JOB, QUEUE, Principal, redis_client, transaction, wake
from local.phone import PhoneSimulator
from tests.conftest import environment
from tests.factories import Make

NUMBER = "+255712000001"


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        yield simulator


@pytest.fixture
def connection(urls: dict[str, str]) -> Iterator[Redis]:
    client = Redis.from_url(urls["REDIS_URL"])
    yield client
    client.close()


def burst(app: Flask, connection: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run what stands in the queue, as the worker does, in this process."""
    monkeypatch.setattr(jobs.frame, "_app", app)
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    worker = SimpleWorker(
        [queue], connection=connection, serializer=JSONSerializer, log_job_description=False
    )
    monkeypatch.setattr(worker, "_install_signal_handlers", lambda: None)
    worker.work(burst=True, logging_level="WARNING")


def away() -> Redis:
    """A queue server that nobody runs."""
    return Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))


def queued(connection: Redis) -> list[str]:
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    return sorted(job.func_name.rpartition(".")[2] for job in queue.jobs)


def owe(dedupe: str, number: str = NUMBER) -> None:
    with transaction(JOB):
        outbox.owe(
            dedupe,
            "help",
            case_id=None,
            language="sw",
            values={},
            now=datetime.now(UTC),
            recipient=number,
        )


def store(words: str, sender: str = NUMBER, provider_id: str = "i1") -> None:
    now = datetime.now(UTC) - timedelta(seconds=1)
    with transaction(Principal("hook")):
        intake.receive(
            provider_id=provider_id, sender=sender, words=words, received_at=now, now=now
        )
        wake("process_inbound")


def test_an_sms_becomes_a_case_and_its_reply_through_the_queue(
    app: Flask, phone: PhoneSimulator, connection: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    store("TANESCO umeme umekatika")
    burst(app, connection, monkeypatch)
    assert len(phone.ledger(NUMBER)) == 1
    assert queued(connection) == []


def test_a_wake_up_stands_in_the_queue_once_and_is_wanted_again_when_the_job_begins(
    app: Flask, connection: Redis, phone: PhoneSimulator
) -> None:
    for number in range(5):
        owe(f"d{number}")
    assert queued(connection) == ["deliver"]
    jobs.deliver()
    owe("after")
    assert queued(connection) == ["deliver", "deliver"]


def test_arguments_and_descriptions_hold_nothing(app: Flask, connection: Redis) -> None:
    store("TANESCO umeme umekatika")
    [job] = Queue(QUEUE, connection=connection, serializer=JSONSerializer).jobs
    assert (list(job.args), job.kwargs, job.description) == ([], {}, "process_inbound")


@pytest.mark.parametrize("periodic", jobs.PERIODIC, ids=lambda periodic: periodic.name)
def test_every_periodic_job_runs_on_an_empty_system(app: Flask, periodic: jobs.Periodic) -> None:
    run = getattr(jobs, periodic.name)
    for _ in range(2):
        assert not any(run().values())
    assert periodic.promise


def test_each_name_that_services_wake_is_a_job(app: Flask) -> None:
    names = {periodic.name for periodic in jobs.PERIODIC}
    assert {"deliver", "replay", "process_inbound"} <= names


def test_a_job_runs_without_a_queue(
    app: Flask, phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = away()
    monkeypatch.setitem(app.extensions, "redis", nobody)
    owe("d")
    assert jobs.deliver()["sent"] == 1
    nobody.close()


def test_a_message_that_breaks_does_not_stop_the_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    store("mbaya", provider_id="bad")
    store("TANESCO umeme umekatika", sender="+255754000002", provider_id="good")
    process = intake.process

    def breaks(inbound_id: Any, now: datetime) -> str | None:
        with db.session.no_autoflush:
            row = db.session.get(m.InboundMessage, inbound_id)
        if row.provider_id == "bad":
            raise ValueError("mbaya")
        return process(inbound_id, now)

    monkeypatch.setattr(intake, "process", breaks)
    assert jobs.process_inbound() == {"done": 1, "failed": 1}
    with transaction(JOB):
        rows = db.session.execute(select(m.InboundMessage.provider_id, m.InboundMessage.state))
        states = {row.provider_id: row.state for row in rows}
        assert states == {"bad": "new", "good": "done"}


def test_a_broken_job_leaves_no_message_in_queue_or_log(
    app: Flask,
    connection: Redis,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise ValueError("siri ya mwananchi +255712000001")

    monkeypatch.setattr(outbox, "deliver", breaks)
    caplog.set_level(logging.DEBUG)
    owe("d")
    burst(app, connection, monkeypatch)
    failed = FailedJobRegistry(queue=Queue(QUEUE, connection=connection, serializer=JSONSerializer))
    assert len(failed.get_job_ids()) == 1
    said = "".join(capfd.readouterr()) + caplog.text
    kept = b"".join(connection.dump(key) or b"" for key in connection.keys("*") if b"rq:" in key)
    assert "ValueError" in said
    assert "siri ya mwananchi" not in said
    assert b"siri ya mwananchi" not in kept


def test_receipt_attempts_are_forgotten_after_a_day(app: Flask) -> None:
    now = datetime.now(UTC)
    with transaction(Principal("receipt-check")):
        for reference, age in (("old", 25), ("new", 1)):
            db.session.execute(
                m.ReceiptAttempt.__table__.insert().values(
                    reference=reference, failures=1, last_at=now - timedelta(hours=age)
                )
            )
    counts = jobs.purge()
    assert (counts["receipt_attempts"], counts["login_attempts"], counts["sessions"]) == (1, 0, 0)


def test_eight_workers_at_once_send_each_message_once(app: Flask, phone: PhoneSimulator) -> None:
    for number in range(40):
        owe(f"d{number}", f"+2557120001{number:02}")
    threads = [threading.Thread(target=run_in, args=(app, jobs.deliver)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [sent.number for sent in phone.ledger()]
    assert len(numbers) == len(set(numbers)) == 40


def test_eight_workers_at_once_make_each_case_once(app: Flask) -> None:
    for number in range(24):
        store("TANESCO umeme umekatika", f"+2557120001{number:02}", f"i{number}")
    threads = [threading.Thread(target=run_in, args=(app, jobs.process_inbound)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(JOB):
        assert db.session.scalar(select(func.count()).select_from(m.Case)) == 24
        assert (
            db.session.scalar(
                select(func.count())
                .select_from(m.InboundMessage)
                .where(m.InboundMessage.state == "done")
            )
            == 24
        )


def run_in(app: Flask, job: Any) -> None:
    with app.app_context():
        job()


@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_the_processes_stop_when_told(urls: dict[str, str], app: Flask, command: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", command],
        env=environment(urls) | {"PATH": ""},
        stderr=subprocess.PIPE,
    )
    try:
        client = redis_client()
        wanted = "rq:workers" if command == "worker" else "tick:deliver:*"
        deadline = time.monotonic() + 30
        while not client.keys(wanted):
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def test_a_long_comparison_goes_on_where_it_stopped(
    app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A country's cases are more than one run of the job can look at."""
    make.officer("DODOMA-CC", "handler", name="Neema Swai")
    now = datetime.now(UTC)
    receipts = [make.case(now, body="Juma Hamisi Kapuya alinizuia.") for _ in range(9)]
    jobs.compare_newcomers()
    named = make.officer("DODOMA-CC", "coordinator", name="Juma Hamisi Kapuya")
    whole = owners.compare_newcomers
    monkeypatch.setattr(owners, "compare_newcomers", partial(whole, limit=1))
    seconds = itertools.count(step=2)
    monkeypatch.setattr(jobs.people, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    runs = [jobs.compare_newcomers()["excluded"] for _ in range(6)]
    assert sum(runs) == len(receipts)
    assert max(runs) < len(receipts)
    with transaction(JOB):
        kept = db.session.scalars(select(m.Conflict.officer_id)).all()
        assert kept == [named] * len(receipts)
        assert owners.newcomers().officers == []
