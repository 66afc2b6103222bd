"""Messages: out to citizens and officers, and in from them."""

from __future__ import annotations

import time
from dataclasses import asdict

import structlog

from feedback import clock
from feedback.jobs.frame import RUN_SECONDS, Counts, again, job
from feedback.services import day_lists, intake, officer_sms, outbox, sms_costs, telling
from feedback.transaction import JOB, transaction

log = structlog.get_logger()


@job
def deliver() -> Counts:
    """Send the SMS that are due."""
    done = outbox.deliver(clock.now(), seconds=RUN_SECONDS)
    if done.more:
        again("deliver")
    return asdict(done)


def deliver_all() -> Counts:
    """Send everything that is due now, whatever time it takes; for a command."""
    total: Counts = {}
    more = True
    while more:
        counts = {**asdict(outbox.replay(clock.now())), **asdict(outbox.deliver(clock.now()))}
        more = counts.pop("more")
        total = {name: total.get(name, 0) + number for name, number in counts.items()}
    return total


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
        again("process_inbound")
    return counts


@job
def send_day_lists() -> Counts:
    """Owe officers the SMS with their cases of the day."""
    return {"lists": day_lists.send_due(clock.now(), RUN_SECONDS)}


@job
def send_notices() -> Counts:
    """Tell officers what is urgent, and send the lists whose hour has come."""
    return telling.send_due(clock.now(), RUN_SECONDS)


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
