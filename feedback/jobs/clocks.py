"""Moments: what falls due by a clock, and the clocks that a corrected calendar moves."""

from __future__ import annotations

import time
from dataclasses import asdict

from feedback import clock, upkeep
from feedback.jobs.frame import RUN_SECONDS, TIMEOUT_SECONDS, Counts, again, job
from feedback.services import (
    arrivals,
    calendars,
    escalations,
    forecasts,
    held,
    improvement_telling,
    morning,
    opinions,
    task_upkeep,
)
from feedback.transaction import JOB, transaction


@job
def sweep() -> Counts:
    """Escalate, remind, resume and close what fell due, batch by batch until nothing is left."""
    return asdict(sweep_all(TIMEOUT_SECONDS / 2))


def sweep_all(seconds: float = float("inf")) -> escalations.SweepCounts:
    """Sweep batch by batch until nothing is due, or the time is over, by the moment that can be
    believed: nothing is early because somebody set a clock. Letters that were logged first: a rung
    to which one takes its case is no rung that a clock climbs afterwards."""
    _take_letters()
    now = upkeep.believed_now()
    total = escalations.SweepCounts()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with transaction(JOB):
            batch = escalations.sweep_batch(now)
        total.add(batch)
        if not batch.timers:
            break
    return total


@job
def take_letters() -> Counts:
    """Put citizens' letters that high offices logged on their cases."""
    return _take_letters()


def _take_letters() -> Counts:
    counts = {"done": 0, "failed": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        now = clock.now()
        with transaction(JOB):
            letter_id = arrivals.waiting(now)
        if letter_id is None:
            break
        try:
            with transaction(JOB):
                if not arrivals.take(letter_id, now):
                    break  # another worker has it
            counts["done"] += 1
        except Exception as error:
            with transaction(JOB):
                arrivals.spoil(letter_id, type(error).__name__, now)
            counts["failed"] += 1
    return counts


@job
def apply_corrections() -> Counts:
    """Derive the running deadlines of corrected calendars again, batch by batch."""
    counts = {"corrections": 0, "deadlines_moved": 0}
    with transaction(JOB):
        waiting = calendars.pending(clock.now())
    for correction in waiting:
        run = calendars.Applying(correction)
        while not run.done:
            with transaction(JOB):
                calendars.apply(run, clock.now())
        counts["corrections"] += 1
        counts["deadlines_moved"] += run.moved
    return counts


@job
def ask_to_decide() -> Counts:
    """Tell administrators of expected days off that are near."""
    with transaction(JOB):
        return {"days": calendars.ask_to_decide(clock.now())}


@job
def measure_held() -> Counts:
    """Note how long an office held a case, batch by batch."""
    counts = {"measured": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            measured = held.measure(clock.now())
        counts["measured"] += measured
        if measured < held.BATCH:
            break
    else:
        again("measure_held")
    return counts


@job
def add_up_held() -> Counts:
    """Add up how long institutions held cases."""
    with transaction(JOB):
        return {"months": held.refresh(clock.now())}


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
