"""Institutions, units and their rules: planned changes, and what closes."""

from __future__ import annotations

import time

from feedback import clock
from feedback.jobs.frame import RUN_SECONDS, Counts, again, job
from feedback.services.changes import applying, closing, previews
from feedback.transaction import JOB, transaction


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
def preview_changes() -> Counts:
    """Play through what planned changes of ladders would have done, one transaction each."""
    counts = {"previews": 0}
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with transaction(JOB):
            worked = previews.preview_next(clock.now())
        if not worked:
            break
        counts["previews"] += 1
    else:
        again("preview_changes")
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
