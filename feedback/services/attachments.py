"""Files of citizens: taken in sealed, handed to the case, shown and given out once clean.

On the way in a file stands under the id of its form (the submission, or the case to which a
message is written), so that a refused form need not send it again. Principal: uploading.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app
from sqlalchemy import delete, insert, select, text

from feedback import models as m
from feedback import transaction
from feedback.cleaning import Refusal, kinds
from feedback.extensions import db
from feedback.services import acts, audit, identity
from feedback.services.errors import Refused
from feedback.services.incoming import MOST_BYTES, NONCE, PART, Incoming, seal_part
from feedback.transaction import Principal, wake

MOST_FILES = 5  # of one form
KEPT = timedelta(days=1)  # how long a file waits for its form
NAMES = {"image": "picha", "document": "hati", "audio": "sauti"}


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that arrived and waits for its form."""

    id: UUID
    family: str
    size: int


@dataclass(frozen=True, slots=True)
class File:
    """A file of a case. state: waiting, clean, refused (then `reason` is a code)."""

    id: UUID
    number: int
    family: str
    format: str
    size: int
    state: str
    reason: str | None

    @property
    def name(self) -> str:
        """The name under which it is given out; the one it came with is not kept."""
        return f"{NAMES[self.family]}-{self.number}.{kinds.OUTPUT[self.format][1]}"

    @property
    def media_type(self) -> str:
        """What it is, for machines."""
        return kinds.OUTPUT[self.format][0]


def message_draft(case_id: UUID) -> UUID:
    """The id under which files wait for a message to a case. Who knows the number of a case cannot
    work it out, and so can put no file into another's words."""
    key: bytes = current_app.config["RECEIPT_KEY"]
    return UUID(bytes=hmac.digest(key, b"message:" + case_id.bytes, hashlib.sha256)[:16])


def uploading(draft: UUID) -> Principal:
    """The purpose of putting files in under a form's id."""
    return Principal("uploading", case=draft)


def key_context(upload_id: UUID) -> str:
    """The place of an upload's sealed key (`upload.sealed_key`)."""
    return f"upload:{upload_id}"


def case_context(case_id: UUID) -> str:
    """The place of a case's sealed key (`case_key.sealed`)."""
    return f"case:{case_id}:files"


def stage(draft: UUID, files: Iterable[Incoming], now: datetime) -> list[str]:
    """Keep the files that can be; answers a code for each that cannot.

    Codes: too-many, too-large, empty, no-room, unknown-type, archive.
    """
    standing = db.session.scalars(select(m.Upload.digest)).all()
    known, count, problems = set(standing), len(standing), []
    for each in files:
        with closing(each) as file:
            digest = _digest(draft, file)
            if digest in known:
                continue  # the same file once more: the first answer was lost on the way
            try:
                if count >= MOST_FILES or not file.keep:
                    raise Refused("too-many")
                # A little apart, so that they keep the order in which they were sent.
                at = now + timedelta(microseconds=count)
                _add(draft, file.id, file.key, file.head, file.size, at, digest=digest, whole=True)
            except (Refused, Refusal) as refused:
                problems.append(refused.code)
                continue
            for begins, sealed in file.parts():
                db.session.execute(
                    insert(m.UploadPart).values(upload_id=file.id, begins=begins, sealed=sealed)
                )
            known.add(digest)
            count += 1
    return problems


def _digest(draft: UUID, file: Incoming) -> bytes:
    key: bytes = current_app.config["RECEIPT_KEY"]
    return hmac.digest(key, b"file:" + draft.bytes + file.fingerprint(), hashlib.sha256)


def _add(
    draft: UUID,
    upload_id: UUID,
    key: bytes,
    head: bytes,
    size: int,
    now: datetime,
    *,
    digest: bytes | None = None,
    whole: bool = False,
) -> None:
    if size > MOST_BYTES:
        raise Refused("too-large")
    if size <= 0:
        raise Refused("empty")
    kind = kinds.tell(head)
    if (
        db.session.scalar(text("SELECT guard.staged_bytes()")) + size
        > current_app.config["STAGING"]
    ):
        raise Refused("no-room")
    db.session.execute(
        insert(m.Upload).values(
            id=upload_id,
            draft_id=draft,
            family=kind.family,
            format=_leaves_as(kind.format),
            size=size,
            received=size if whole else 0,
            digest=digest,
            sealed_key=identity.seal(base64.b64encode(key).decode(), key_context(upload_id)),
            at=now,
        )
    )


def _leaves_as(format_: str) -> str:
    """A moving picture leaves as a still one."""
    return "png" if format_ == "gif" else format_


def append(draft: UUID, upload_id: UUID, begins: int, size: int, data: bytes, now: datetime) -> int:
    """Add the piece that begins at this byte; answers how many bytes there are now.

    A piece that is there already, or one too far ahead, changes nothing: the answer tells the
    sender where to go on. Refused: too-many, too-large, empty, no-room; Refusal of `kinds.tell`.
    """
    upload = db.session.scalars(
        select(m.Upload).where(m.Upload.id == upload_id).with_for_update()
    ).one_or_none()
    if upload is None:
        if begins:
            return 0
        if len(db.session.scalars(select(m.Upload.id)).all()) >= MOST_FILES:
            raise Refused("too-many")
        _add(draft, upload_id, os.urandom(32), data[: kinds.HEAD], size, now)
        upload = db.session.get_one(m.Upload, upload_id)
    if begins != upload.received or not data:
        return upload.received
    if len(data) > PART or begins + len(data) > upload.size:
        raise Refused("too-large")
    key = base64.b64decode(identity.unseal(upload.sealed_key, key_context(upload_id)))
    sealed = seal_part(key, upload_id, begins, data)
    db.session.execute(
        insert(m.UploadPart).values(upload_id=upload_id, begins=begins, sealed=sealed)
    )
    upload.received = begins + len(data)
    db.session.flush()
    return upload.received


def staged() -> list[Staged]:
    """The files that arrived whole under the present form's id."""
    rows = db.session.execute(
        select(m.Upload.id, m.Upload.family, m.Upload.size)
        .where(m.Upload.received == m.Upload.size)
        .order_by(m.Upload.at, m.Upload.id)
    )
    return [Staged(row.id, row.family, row.size) for row in rows]


def drop(upload_id: UUID) -> None:
    """Take a file out of the present form again."""
    db.session.execute(text("SELECT guard.drop_upload(:id)"), {"id": upload_id})


def drop_all(draft: UUID) -> None:
    """Let go what came with a form that was sent before (principal: lodging)."""
    db.session.execute(text("SELECT guard.drop_draft(:draft)"), {"draft": draft})


def take(draft: UUID, case_id: UUID, now: datetime) -> int:
    """Give the form's files to the case, in the transaction of its words; answers how many.

    Principal: lodging, or public, of this case. They are checked by a job.
    """
    # Of an unknown citizen neither files nor record tell the hour.
    at = acts.stamp(db.session.get_one(m.Case, case_id), now)
    taken: int = db.session.scalar(
        text("SELECT guard.take_uploads(:draft, :now)"), {"draft": draft, "now": at}
    )
    if taken:
        audit.record("files_added", case_id, now=at, files=taken)
        wake("check_files")
    return taken


def of_case(case_id: UUID) -> list[File]:
    """The files of a case that the present principal may see, in the order they came."""
    rows = db.session.scalars(
        select(m.Attachment).where(m.Attachment.case_id == case_id).order_by(m.Attachment.number)
    )
    return [_shown(row) for row in rows]


def _shown(row: m.Attachment) -> File:
    return File(row.id, row.number, row.family, row.format, row.size, row.state, row.reason)


def fetch(case_id: UUID, number: int, now: datetime) -> tuple[File, bytes]:
    """A clean file of the case with its content; each time an officer takes one is on record,
    before anything is opened. Refused: not-found. identity.CannotUnseal when the key is gone."""
    found = db.session.execute(
        select(m.Attachment, m.AttachmentContent.sealed, m.FileKey.sealed)
        .join(m.AttachmentContent, m.AttachmentContent.attachment_id == m.Attachment.id)
        .join(m.FileKey, m.FileKey.case_id == m.Attachment.case_id)
        .where(m.Attachment.case_id == case_id, m.Attachment.number == number)
    ).one_or_none()
    if found is None:
        raise Refused("not-found")
    row, content, key = found
    if transaction.current().officer is not None:
        audit.record("file_read", case_id, now=now, file=number)
    return _shown(row), open_content(case_key(case_id, key), case_id, row.id, content)


def case_key(case_id: UUID, sealed: bytes) -> bytes:
    """The key of a case's files."""
    return base64.b64decode(identity.unseal(sealed, case_context(case_id)))


def new_case_key(case_id: UUID) -> bytes:
    """A fresh key for a case's files, sealed."""
    return identity.seal(base64.b64encode(os.urandom(32)).decode(), case_context(case_id))


def seal_content(key: bytes, case_id: UUID, attachment_id: UUID, content: bytes) -> bytes:
    """Encrypt a cleaned file for its place."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, _place(case_id, attachment_id))


def open_content(key: bytes, case_id: UUID, attachment_id: UUID, sealed: bytes) -> bytes:
    """Decrypt a cleaned file; identity.CannotUnseal when it is not the one of this place."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], _place(case_id, attachment_id))
    except InvalidTag as error:
        raise identity.CannotUnseal("the file does not fit its place") from error


def _place(case_id: UUID, attachment_id: UUID) -> bytes:
    return f"case:{case_id}:attachment:{attachment_id}".encode()


def expire(now: datetime) -> int:
    """Forget files whose form never came (worker); answers how many."""
    gone = (
        delete(m.Upload)
        .where(m.Upload.attachment_id.is_(None), m.Upload.at < now - KEPT)
        .returning(m.Upload.id)
    )
    return len(db.session.execute(gone).all())
