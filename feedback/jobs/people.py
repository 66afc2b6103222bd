"""Officers: who left, who came, and whom a case names."""

from __future__ import annotations

import time

from feedback import clock
from feedback.jobs.frame import RUN_SECONDS, Counts, again, job
from feedback.services import departures, owners, staffing
from feedback.transaction import JOB, transaction

# A comparison whose cases were too many for one run goes on here; a worker that is started anew
# begins it anew.
_unfinished: list[owners.Newcomers] = []


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
