"""What the worker does: each job finds its work in the database, calls services, and ends.

A job takes no arguments. It may run twice, at the same time as its double, or not at all: then
its next period finds what is left. Redis holds nothing but wake-ups.

    periodic    the one list of what is asked for, and how often
    frame       what every job runs in
    processes   worker and scheduler
"""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete

from feedback import clock, upkeep
from feedback import models as m
from feedback.extensions import db
from feedback.jobs.frame import Counts, JobFailed, again, job
from feedback.jobs.periodic import PERIODIC, Periodic
from feedback.jobs.processes import TIMEOUT_SECONDS, scheduler_main, tick, worker_main
from feedback.services import (
    attachments,
    audit,
    calendars,
    checking,
    day_lists,
    delays,
    departures,
    drafts,
    escalations,
    figures,
    forecasts,
    improvement_telling,
    intake,
    lateness,
    morning,
    officer_mail,
    officer_phones,
    officer_sms,
    opinions,
    outbox,
    owners,
    patterns,
    phones,
    reissue,
    retention,
    sessions,
    sms_costs,
    sms_limits,
    splitting,
    staffing,
    suggestions,
    task_upkeep,
    telling,
    ussd,
)
from feedback.services.changes import applying, closing
from feedback.transaction import JOB, transaction

__all__ = ["PERIODIC", "JobFailed", "Periodic", "scheduler_main", "tick", "worker_main"]

log = structlog.get_logger()

# A job gives the others their turn after so many seconds.
RUN_SECONDS = 10
# Wrong receipt codes of a reference are forgotten after so long without another.
FORGET_ATTEMPTS = timedelta(days=1)
# A comparison whose cases were too many for one run goes on here; a worker that is started anew
# begins it anew.
_unfinished: list[owners.Newcomers] = []


@job
def deliver() -> Counts:
    """Send the SMS that are due."""
    done = outbox.deliver(clock.now(), seconds=RUN_SECONDS)
    if done.more:
        again("deliver")
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
def sweep() -> Counts:
    """Escalate, remind, resume and close what fell due, batch by batch until nothing is left."""
    return asdict(sweep_all(TIMEOUT_SECONDS / 2))


@job
def divide() -> Counts:
    """Make the second cases that officers asked for, one transaction each."""
    counts, tried = {"made": 0, "failed": 0}, set[UUID]()
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        try:
            with transaction(JOB):
                if not splitting.make_next(clock.now(), tried):
                    return counts
            counts["made"] += 1
        except Exception:
            log.exception("division_failed")
            counts["failed"] += 1
    again("divide")
    return counts


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
def refresh_forecasts() -> Counts:
    """Make the forecasts anew of cases that changed, and add up the coming days."""
    counts = {"forecasts": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            made = forecasts.refresh(clock.now())
        counts["forecasts"] += made
        if made < forecasts.BATCH:
            break
    else:
        again("refresh_forecasts")
    return counts


@job
def warn_heads() -> Counts:
    """Warn those who lead an office of what climbs this week."""
    done = morning.send_due(clock.now(), RUN_SECONDS)
    if done["left"]:
        again("warn_heads")
    return done


@job
def learn_lateness() -> Counts:
    """Learn from past cases which ones are answered late."""
    with transaction(JOB):
        return {"learned_from": lateness.learn(clock.now())}


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
def tell_opinions() -> Counts:
    """Tell of opinions that are overdue, batch by batch."""
    counts = {"told": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            told = opinions.tell_overdue(clock.now())
        counts["told"] += told
        if not told:
            break
    return counts


@job
def hand_over() -> Counts:
    """Give the open cases of officers who left to others, and end what else they held."""
    with transaction(JOB):
        counts = {"handed_over": 0, "ended": departures.clear(clock.now())}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            handed = staffing.hand_over(clock.now())
        counts["handed_over"] += handed
        if not handed:
            break
    return counts


@job
def remind_tasks() -> Counts:
    """Tell of tasks that are due today, and end those of cases that have ended."""
    counts = {"ended": 0, "reminded": 0}
    end = time.monotonic() + RUN_SECONDS
    for name, act in (("ended", task_upkeep.end_with_case), ("reminded", task_upkeep.remind)):
        while time.monotonic() < end:
            with transaction(JOB):
                done = act(clock.now())
            counts[name] += done
            if not done:
                break
    return counts


@job
def follow_improvements() -> Counts:
    """Tell citizens of actions that are done and leaders of late ones; pass on what was left."""
    counts = {"told": 0, "late": 0, "inherited": 0}
    steps = {
        "inherited": improvement_telling.inherit,
        "late": improvement_telling.warn,
        "told": improvement_telling.tell,
    }
    end = time.monotonic() + RUN_SECONDS
    for name, step in steps.items():
        while time.monotonic() < end:
            with transaction(JOB):
                done = step(clock.now())
            counts[name] += done
            if not done:
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
            again("compare_newcomers")
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
def apply_changes() -> Counts:
    """Write the planned changes whose day has come, one transaction each."""
    counts = {"done": 0, "failed": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            state = applying.apply_next(clock.now())
        if not state:
            break
        counts[state] += 1
    else:
        again("apply_changes")
    return counts


@job
def vacate_places() -> Counts:
    """Take the cases of closed places to their successors, batch by batch."""
    counts = {"moved": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            moved = closing.vacate(clock.now())
        counts["moved"] += moved
        if not moved:
            break
    else:
        again("vacate_places")
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
        again("check_files")
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
            "officer_mail": officer_mail.forget(clock.now()),
            "phones": phones.forget(clock.now()),
            "ussd_sessions": ussd.forget(clock.now()),
            "sms_without_case": retention.forget_caseless(clock.now()),
            "drafts": drafts.expire(clock.now()),
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
