"""What belongs to a case and is made beside the request: its twin, its files, a new code."""

from __future__ import annotations

import time
from dataclasses import asdict
from uuid import UUID

import structlog

from feedback import clock
from feedback.jobs.frame import RUN_SECONDS, Counts, again, job
from feedback.services import attachments, checking, reissue, splitting
from feedback.transaction import JOB, transaction

log = structlog.get_logger()


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
