"""The worker's part: what citizens sent is scanned, cleaned apart, sealed for its case.

Each file is claimed, the transaction ends, the file is judged, and the outcome is written in a
second one. A claim that a killed worker left behind runs out by itself.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.cleaning import Refusal
from feedback.extensions import db
from feedback.services import attachments, identity, sandbox, scanner
from feedback.services.incoming import open_part
from feedback.transaction import JOB, transaction

log = structlog.get_logger()
LEASE = timedelta(minutes=5)
AGAIN = timedelta(minutes=2)  # after a scanner that was away
ATTEMPTS = 5  # of files whose checking ends without an outcome, each time


@dataclass(slots=True)
class Counts:
    """What one run did."""

    cleaned: int = 0
    refused: int = 0
    postponed: int = 0


@dataclass(frozen=True, slots=True)
class _Work:
    id: UUID
    case_id: UUID
    attempts: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Clean with format and content, refused with a reason, or neither: another time."""

    format: str = ""
    content: bytes = b""
    reason: str = ""
    counts: bool = True  # as one of the attempts


def check(now: datetime, seconds: float) -> Counts:
    """Work on the files that wait, one after the other, for so long."""
    counts, end = Counts(), time.monotonic() + seconds
    while time.monotonic() < end:
        with transaction(JOB):
            claimed = _claim(now)
            work = claimed and _read(claimed)
        if claimed is None:
            break
        outcome = _judge(work) if work else _Outcome()
        with transaction(JOB):
            _settle(claimed, outcome, now)
        if outcome.reason or outcome.content:
            counts.cleaned += int(bool(outcome.content))
            counts.refused += int(bool(outcome.reason))
        else:
            counts.postponed += 1
    return counts


def _claim(now: datetime) -> m.Attachment | None:
    """The file that waited longest, ours for the time of a lease."""
    row = db.session.scalars(
        select(m.Attachment)
        .where(m.Attachment.state == "waiting", m.Attachment.next_attempt_at <= now)
        .order_by(m.Attachment.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is not None:
        row.attempts += 1
        row.next_attempt_at = now + LEASE
        db.session.flush()
        db.session.expunge(row)
    return row


def _read(row: m.Attachment) -> _Work | None:
    """The file as it came; None when no key opens it."""
    upload = db.session.scalars(select(m.Upload).where(m.Upload.attachment_id == row.id)).one()
    parts = db.session.execute(
        select(m.UploadPart.begins, m.UploadPart.sealed)
        .where(m.UploadPart.upload_id == upload.id)
        .order_by(m.UploadPart.begins)
    )
    try:
        key = base64.b64decode(
            identity.unseal(upload.sealed_key, attachments.key_context(upload.id))
        )
        raw = b"".join(open_part(key, upload.id, part.begins, part.sealed) for part in parts)
    except (identity.CannotUnseal, InvalidTag) as error:
        log.error("file_not_opened", error=type(error).__name__)
        return None
    return _Work(row.id, row.case_id, row.attempts, raw)


def _judge(work: _Work) -> _Outcome:
    """Scan and clean, with no transaction open."""
    address = current_app.config["CLAMD_SOCKET"]
    try:
        if address and scanner.is_infected(work.raw, address):
            return _Outcome(reason="infected")
        format_, content = sandbox.clean(work.raw)
    except scanner.Unreachable as error:
        log.warning("scanner_unreachable", error=str(error))
        return _Outcome(counts=False)
    except Refusal as refusal:
        return _Outcome(reason=refusal.code)
    except sandbox.Broken as error:
        log.error("cleaner_broken", error=str(error))
        return _Outcome(reason="failed" if work.attempts >= ATTEMPTS else "")
    return _Outcome(format_, content)


def _settle(row: m.Attachment, outcome: _Outcome, now: datetime) -> None:
    """Write the outcome, unless another worker did; what came is deleted with it."""
    own = m.Attachment.id == row.id, m.Attachment.state == "waiting"
    if not (outcome.content or outcome.reason):
        again = {"next_attempt_at": now + AGAIN}
        attempts = m.Attachment.attempts - (0 if outcome.counts else 1)
        db.session.execute(update(m.Attachment).where(*own).values(attempts=attempts, **again))
        return
    done: dict[str, object] = {"next_attempt_at": None, "reason": outcome.reason or None}
    if outcome.content:
        done |= {"state": "clean", "format": outcome.format, "size": len(outcome.content)}
    else:
        done |= {"state": "refused"}
    changed = update(m.Attachment).where(*own).values(**done).returning(m.Attachment.id)
    if db.session.scalars(changed).one_or_none() is None:
        return
    if outcome.content:
        db.session.execute(
            insert(m.AttachmentContent).values(
                attachment_id=row.id,
                case_id=row.case_id,
                sealed=attachments.seal_content(
                    _key_of(row.case_id), row.case_id, row.id, outcome.content
                ),
            )
        )
    db.session.execute(delete(m.Upload).where(m.Upload.attachment_id == row.id))


def _key_of(case_id: UUID) -> bytes:
    """The key of the case's files, made with the first of them."""
    fresh = insert(m.FileKey).values(case_id=case_id, sealed=attachments.new_case_key(case_id))
    db.session.execute(fresh.on_conflict_do_nothing())
    sealed = db.session.scalars(select(m.FileKey.sealed).where(m.FileKey.case_id == case_id)).one()
    return attachments.case_key(case_id, sealed)
