"""What both jobs and commands do, in transactions of its own: heads of the record, retention."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import structlog
from flask import current_app

from feedback import clock
from feedback.services import audit_heads, machine_clock, retention
from feedback.transaction import JOB, transaction

log = structlog.get_logger()


def write_head(*, at_once: bool = False) -> int:
    """Keep the chain's signed head outside the database, if one is due; answers how many.

    A disk that is full stops no chain; a chain that is not the one written down is never covered
    up by a newer head. Both are in the log.
    """
    path = current_app.config["AUDIT_HEADS"]
    if not path:
        return 0
    try:
        with transaction(JOB):
            return int(audit_heads.append(Path(path), clock.now(), at_once=at_once) is not None)
    except (audit_heads.Mismatch, OSError) as error:
        log.error("audit_head_not_written", error=type(error).__name__)
        return 0


def believed_now() -> datetime:
    """The moment by which what cannot be undone is done, whatever this machine's clock says."""
    with transaction(JOB):
        return machine_clock.now()


def retain(seconds: float = float("inf")) -> dict[str, int]:
    """Remove what is older than its rule, batch by batch, until nothing is due or time is over."""
    counts = {}
    now = believed_now()
    end = time.monotonic() + seconds
    for name, remove in (
        ("identities", retention.remove_identities),
        ("words", retention.remove_words),
        ("notices", retention.forget_notices),
        ("moves", retention.forget_moves),
    ):
        counts[name] = 0
        while time.monotonic() < end:
            with transaction(JOB):
                done = remove(now)
            counts[name] += done
            if not done:
                break
    return counts
