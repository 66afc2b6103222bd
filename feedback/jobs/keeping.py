"""The record, the figures and what is needed no longer."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import delete

from feedback import clock, upkeep
from feedback import models as m
from feedback.extensions import db
from feedback.jobs.frame import RUN_SECONDS, TIMEOUT_SECONDS, Counts, job
from feedback.services import (
    audit,
    delays,
    drafts,
    figures,
    lateness,
    officer_mail,
    officer_phones,
    patterns,
    phones,
    proofs,
    reissue,
    retention,
    sessions,
    sms_limits,
    suggestions,
    ussd,
)
from feedback.transaction import JOB, transaction

# Wrong receipt codes of a reference are forgotten after so long without another.
FORGET_ATTEMPTS = timedelta(days=1)


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
def learn_lateness() -> Counts:
    """Learn from past cases which ones are answered late."""
    with transaction(JOB):
        return {"learned_from": lateness.learn(clock.now())}


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
            "proof_pins": proofs.forget(clock.now()),
        }
