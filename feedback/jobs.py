"""What the worker does: each job finds its work in the database, calls services, and ends.

A job takes no arguments. It may run twice, at the same time as its double, or not at all: then
its next period finds what is left. Redis holds nothing but wake-ups.
"""

from __future__ import annotations

import functools
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from redis import Redis, RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import delete

from feedback import clock, upkeep
from feedback import models as m
from feedback.extensions import db
from feedback.services import (
    attachments,
    audit,
    calendars,
    checking,
    day_lists,
    delays,
    escalations,
    figures,
    intake,
    officer_phones,
    officer_sms,
    outbox,
    owners,
    patterns,
    phones,
    reissue,
    retention,
    sessions,
    sms_costs,
    sms_limits,
    staffing,
    suggestions,
    ussd,
)
from feedback.transaction import JOB, QUEUE, redis_client, transaction, wake

log = structlog.get_logger()
Counts = dict[str, Any]

# A job gives the others their turn after so many seconds, and is ended by force after so many.
RUN_SECONDS = 10
TIMEOUT_SECONDS = 120
LOOK_SECONDS = 0.25
# Wrong receipt codes of a reference are forgotten after so long without another.
FORGET_ATTEMPTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that the scheduler asks for. promise: what holds as long as it runs."""

    name: str
    seconds: int
    promise: str


PERIODIC = (
    Periodic("deliver", 15, "an SMS that is owed is sent, also when its wake-up was lost"),
    Periodic("replay", 15, "a send cut short is found, and delivery reports are written down"),
    Periodic("process_inbound", 15, "an SMS that came in becomes a case or gets its reply"),
    Periodic("sweep", 15, "what fell due is escalated, reminded, resumed or closed"),
    Periodic("chain_audit", 5, "the record's unsealed tail stays a few seconds long"),
    Periodic("send_day_lists", 60, "an officer's list of the day goes out once, at its hour"),
    Periodic("refresh_figures", 30, "dashboards are at most a minute behind the cases"),
    Periodic("add_up_costs", 60, "what SMS cost stands in the sums of its institution and month"),
    Periodic("hand_over", 60, "no open case stays with an officer who left"),
    Periodic("compare_newcomers", 60, "an officer hired or seated later is kept off as well"),
    Periodic("apply_corrections", 60, "a corrected calendar moves the deadlines that run by it"),
    Periodic("reissue_receipts", 60, "codes said to be lost on the web, which the queue lost"),
    Periodic(
        "check_files", 30, "a citizen's file is cleaned and given out, or refused for a reason"
    ),
    Periodic("expire_files", 3_600, "a file whose form was never sent is forgotten after a day"),
    Periodic("purge", 3_600, "tries of receipt codes and logins, and old sessions, are not kept"),
    Periodic("find_patterns", 3_600, "an auditor's odd patterns are an hour old at most"),
    Periodic("learn", 86_400, "suggestions follow what handlers corrected up to the day before"),
    Periodic("retain", 86_400, "what is older than its retention rule is removed"),
)
_app: Flask | None = None
# A comparison whose cases were too many for one run goes on here; a worker that is started anew
# begins it anew.
_unfinished: list[owners.Newcomers] = []


class JobFailed(Exception):
    """A job broke; its log line tells where. Redis keeps this in place of the error's message."""


def job(run: Callable[[], Counts]) -> Callable[[], Counts]:
    """Run in an application context of its own; no message of an error leaves it."""

    @functools.wraps(run)
    def wrapped() -> Counts:
        with _context():
            _forget_wake_up(run.__name__)
            begun = time.monotonic()
            try:
                counts = run()
            except Exception as error:
                log.exception("job_failed", job=run.__name__)
                failure = JobFailed(type(error).__name__)
            else:
                if any(counts.values()):
                    seconds = round(time.monotonic() - begun, 3)
                    log.info("job_done", job=run.__name__, seconds=seconds, **counts)
                return counts
        raise failure

    return wrapped


@job
def deliver() -> Counts:
    """Send the SMS that are due."""
    done = outbox.deliver(clock.now(), seconds=RUN_SECONDS)
    if done.more:
        _again("deliver")
    return asdict(done)


@job
def replay() -> Counts:
    """Settle what senders left behind, and delivery reports."""
    return asdict(outbox.replay(clock.now()))


@job
def process_inbound() -> Counts:
    """Act on the SMS that came in, one transaction each."""
    counts = {"done": 0, "failed": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        now = clock.now()
        with transaction(JOB):
            inbound_id = intake.take(now)
        if inbound_id is None:
            break
        try:
            if not officer_sms.process(inbound_id, now):
                with transaction(JOB):
                    intake.process(inbound_id, now)
            counts["done"] += 1
        except Exception as error:
            log.exception("inbound_failed")
            with transaction(JOB):
                intake.spoil(inbound_id, type(error).__name__, now)
            counts["failed"] += 1
    else:
        _again("process_inbound")
    return counts


@job
def send_day_lists() -> Counts:
    """Owe officers the SMS with their cases of the day."""
    return {"lists": day_lists.send_due(clock.now(), RUN_SECONDS)}


@job
def sweep() -> Counts:
    """Escalate, remind, resume and close what fell due, batch by batch until nothing is left."""
    return asdict(sweep_all(TIMEOUT_SECONDS / 2))


@job
def chain_audit() -> Counts:
    """Seal the committed entries of the record."""
    chained = 0
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            links = audit.chain(clock.now())
        chained += links
        if not links:
            break
    return {"chained": chained, "heads": upkeep.write_head()}


@job
def refresh_figures() -> Counts:
    """Compute the roll-ups that changed."""
    with transaction(JOB):
        return {"refreshed": figures.refresh(clock.now())}


@job
def add_up_costs() -> Counts:
    """Add what was sent to the sums of its month."""
    counts = {"charged": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            charged = sms_costs.add_up()
        counts["charged"] += charged
        if not charged:
            break
    return counts


@job
def hand_over() -> Counts:
    """Give the open cases of officers who left to others."""
    counts = {"handed_over": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            handed = staffing.hand_over(clock.now())
        counts["handed_over"] += handed
        if not handed:
            break
    return counts


@job
def compare_newcomers() -> Counts:
    """Compare open cases with officers who are new or have another name, place or post."""
    counts = {"officers": 0, "excluded": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            run = _unfinished.pop() if _unfinished else owners.newcomers()
        before = run.excluded
        while not run.done and time.monotonic() < end:
            with transaction(JOB):
                owners.compare_newcomers(run, clock.now())
        counts["excluded"] += run.excluded - before
        if not run.done:
            _unfinished.append(run)
            _again("compare_newcomers")
            break
        counts["officers"] += len(run.officers)
        if not run.officers:
            break
    return counts


@job
def apply_corrections() -> Counts:
    """Derive the running deadlines of corrected calendars again, batch by batch."""
    counts = {"corrections": 0, "deadlines_moved": 0}
    with transaction(JOB):
        waiting = calendars.pending()
    for correction in waiting:
        run = calendars.Applying(correction)
        while not run.done:
            with transaction(JOB):
                calendars.apply(run, clock.now())
        counts["corrections"] += 1
        counts["deadlines_moved"] += run.moved
    return counts


@job
def reissue_receipts() -> Counts:
    """Send new codes in place of those that were said to be lost."""
    with transaction(JOB):
        return {"reissued": reissue.answer_lost(clock.now())}


@job
def check_files() -> Counts:
    """Scan and clean the files that citizens sent."""
    counts = asdict(checking.check(clock.now(), RUN_SECONDS))
    if counts["cleaned"] + counts["refused"] and not counts["postponed"]:
        _again("check_files")
    return counts


@job
def expire_files() -> Counts:
    """Forget files that belong to no case."""
    with transaction(JOB):
        return {"expired": attachments.expire(clock.now())}


@job
def find_patterns() -> Counts:
    """Look for odd patterns in who looked at what."""
    with transaction(JOB):
        return {"patterns": patterns.compute(clock.now())}


@job
def learn() -> Counts:
    """Learn from what handlers decided which words point at which subject and institution."""
    with transaction(JOB):
        return {"learned_from": suggestions.train(clock.now())}


@job
def retain() -> Counts:
    """Remove what is older than its retention rule; the next day goes on where this one stops."""
    return upkeep.retain(TIMEOUT_SECONDS / 2)


@job
def purge() -> Counts:
    """Forget what is needed no longer."""
    forgotten = (
        delete(m.ReceiptAttempt)
        .where(m.ReceiptAttempt.last_at < clock.now() - FORGET_ATTEMPTS)
        .returning(m.ReceiptAttempt.reference)
    )
    with transaction(JOB):
        return {
            "receipt_attempts": len(db.session.execute(forgotten).all()),
            "receipt_requests": reissue.forget(clock.now()),
            "login_attempts": delays.forget(clock.now()),
            "sessions": sessions.forget(clock.now()),
            "sms_counts": sms_limits.forget(clock.now()),
            "officer_phones": officer_phones.forget(clock.now()),
            "phones": phones.forget(clock.now()),
            "ussd_sessions": ussd.forget(clock.now()),
            "sms_without_case": retention.forget_caseless(clock.now()),
        }


def sweep_all(seconds: float = float("inf")) -> escalations.SweepCounts:
    """Sweep batch by batch until nothing is due, or the time is over."""
    now = clock.now()
    total = escalations.SweepCounts()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with transaction(JOB):
            batch = escalations.sweep_batch(now)
        total.add(batch)
        if not batch.timers:
            break
    return total


def deliver_all() -> Counts:
    """Send everything that is due now, whatever time it takes; for a command."""
    total: Counts = {}
    more = True
    while more:
        counts = {**asdict(outbox.replay(clock.now())), **asdict(outbox.deliver(clock.now()))}
        more = counts.pop("more")
        total = {name: total.get(name, 0) + number for name, number in counts.items()}
    return total


_STOPS = {signal.SIGTERM, signal.SIGINT}


class _Worker(SimpleWorker):
    """A worker that may be told to stop from its first moment on.

    RQ makes a worker known before it listens to signals: one that comes in between would end the
    process in the middle of a step. They are kept back until the loop can heed them.
    """

    def work(self, *args: Any, **options: Any) -> bool:
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        return super().work(*args, **options)

    def check_for_suspension(self, burst: bool) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        super().check_for_suspension(burst)


def worker_main(app: Flask | None = None) -> None:
    """Work until told to stop; the present job is finished first.

    A worker without a fork for each job: one process to kill, whose database connections are its
    own. Whatever job a kill cuts short is found again by the next period.
    """
    app = _adopt(app)
    connection = Redis.from_url(app.config["REDIS_URL"], socket_connect_timeout=2)
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    worker = _Worker(
        [queue],
        connection=connection,
        serializer=JSONSerializer,
        log_job_description=False,
        default_result_ttl=0,
    )
    worker.work(logging_level="WARNING")
    with app.app_context():
        upkeep.write_head(at_once=True)


def scheduler_main(app: Flask | None = None) -> None:
    """Ask for each periodic job when its period has passed, until told to stop.

    Several may run at once: the first to mark a period asks, and a job asked for twice finds
    nothing the second time.
    """
    app = _adopt(app)
    told: list[int] = []
    for number in _STOPS:
        signal.signal(number, lambda received, _frame: told.append(received))
    with app.app_context():
        due = dict.fromkeys(PERIODIC, time.monotonic())
        while not told:
            tick(due, time.monotonic())
            time.sleep(LOOK_SECONDS)


def tick(due: dict[Periodic, float], moment: float) -> list[str]:
    """Ask for the jobs whose time has come and set their next; answers their names.

    due: for each job the monotonic moment at which it is wanted.
    """
    asked = []
    for periodic, at in due.items():
        if at <= moment:
            due[periodic] = moment + periodic.seconds
            if _ask(periodic):
                asked.append(periodic.name)
    return asked


def _ask(periodic: Periodic) -> bool:
    """Enqueue a periodic job, unless another scheduler did for this period."""
    try:
        client = redis_client()
        # A little shorter than the period, so that a scheduler never meets its own mark.
        mark = max(1, int(periodic.seconds * 0.9))
        if not client.set(f"tick:{periodic.name}", os.getpid(), nx=True, ex=mark):
            return False
        Queue(QUEUE, connection=client, serializer=JSONSerializer).enqueue(
            f"feedback.jobs.{periodic.name}",
            description=periodic.name,
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=3600,
            # One that no worker took within two periods is not missed: the next is the same.
            ttl=max(60, 2 * periodic.seconds),
        )
    except RedisError as error:
        log.warning("queue_unreachable", job=periodic.name, error=type(error).__name__)
        return False
    return True


def _adopt(app: Flask | None) -> Flask:
    """Let this process's jobs run in `app`, by default the present one; answers it."""
    global _app
    _app = app or current_app._get_current_object()  # type: ignore[attr-defined]
    return _app


@contextmanager
def _context() -> Iterator[None]:
    """A context of its own for each job, so that no session outlives it."""
    app = _app or current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():
        yield


def _again(name: str) -> None:
    """Ask for another run: the time of this one is used up."""
    with transaction(JOB):
        wake(name)


def _forget_wake_up(name: str) -> None:
    """From here on a new wake-up is wanted: what is written now may be missed by this run."""
    try:
        redis_client().delete(f"wake:{name}")
    except RedisError as error:
        log.warning("queue_unreachable", job=name, error=type(error).__name__)
