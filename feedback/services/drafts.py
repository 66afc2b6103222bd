"""What an officer has written for a case and not sent yet: kept sealed, and given to no other.

A draft is a form's fields as they were typed, one for each case and verb. What arrives when the
session of its officer has ended is put beside it, and waits for that officer's next login.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.services import acts, identity
from feedback.services.errors import Refused

KEEP = timedelta(days=30)
"""How long a draft waits after it was last saved."""
LARGEST = 48_000
"""Bytes of all fields of a form together: the words at their longest, and choices."""

Fields = Mapping[str, str]


class Elsewhere(Exception):
    """The officer saved other words in another window meanwhile; `draft` is what stands there."""

    def __init__(self, draft: Saved) -> None:
        super().__init__()
        self.draft = draft


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft as its officer gets it back.

    version: goes into the form, so that an older window overwrites nothing; 0 where none was
    saved. earlier: what had been saved before the session ended, where it is something else.
    """

    fields: Fields
    at: datetime
    version: int
    kept: bool = False
    earlier: Fields | None = None


def _place(draft_id: UUID) -> str:
    return f"draft:{draft_id}"


def _sealed(fields: Fields, draft_id: UUID) -> bytes:
    written = json.dumps(dict(fields), ensure_ascii=False)
    if len(written.encode()) > LARGEST:
        raise Refused("too-long")
    return identity.seal(written, _place(draft_id))


def _fields(row: m.Draft) -> Fields:
    found: dict[str, str] = json.loads(identity.unseal(row.sealed, _place(row.id)))
    return found


def save(case_id: UUID, verb: str, fields: Fields, version: int, now: datetime) -> int:
    """Keep what the officer typed so far; answers the version for the next time.

    version: that of the draft which the form showed. Elsewhere: another one stands there by now.
    Refused: not-found (the case is not seen), too-long.
    """
    if db.session.get(m.Case, case_id) is None:
        raise Refused("not-found")
    draft_id = uuid4()
    values = {"id": draft_id, "sealed": _sealed(fields, draft_id), "saved_at": now}
    statement = insert(m.Draft).values(
        **values, officer_id=acts.officer(), case_id=case_id, verb=verb, kept=False, version=1
    )
    saved = db.session.scalar(
        statement.on_conflict_do_update(
            index_elements=["officer_id", "case_id", "verb", "kept"],
            set_={**values, "version": m.Draft.version + 1},
            where=m.Draft.version == version,
        ).returning(m.Draft.version)
    )
    if saved is None:
        raise Elsewhere(of_case(case_id)[verb])
    _forget(case_id, verb, kept_alone=True)
    return int(saved)


def of_case(case_id: UUID) -> dict[str, Saved]:
    """The officer's drafts of a case by verb; what was kept last stands before what was saved."""
    rows = db.session.scalars(
        select(m.Draft)
        .where(m.Draft.case_id == case_id)
        .order_by(m.Draft.kept)
        .execution_options(populate_existing=True)
    )
    found: dict[str, Saved] = {}
    for row in rows:
        fields, before = _fields(row), found.get(row.verb)
        found[row.verb] = Saved(
            fields,
            row.saved_at,
            (before.version if before else 0) if row.kept else row.version,
            row.kept,
            before.fields if before and before.fields != fields else None,
        )
    return found


def forget(case_id: UUID, verb: str | None = None) -> None:
    """The officer's drafts of a case go, of one verb or of all: they were sent, or the case is
    seen no more."""
    _forget(case_id, verb, kept_alone=False)


def _forget(case_id: UUID, verb: str | None, *, kept_alone: bool) -> None:
    db.session.execute(
        text("SELECT guard.forget_drafts(:case, :verb, :kept)"),
        {"case": case_id, "verb": verb, "kept": kept_alone},
    )


def session_mark(session_id: UUID) -> str:
    """By what a page names its session without telling its number."""
    return hashlib.sha256(str(session_id).encode()).hexdigest()


def keep(
    officer_id: int, session: str, reference: str, verb: str, fields: Fields, now: datetime
) -> bool:
    """Put aside what was typed into a page of a session that has ended (principal: login).

    session: its mark. Answers whether it is kept: the session must have been the officer's and the
    case one that the officer still sees. Refused: too-long.
    """
    draft_id = uuid4()
    return bool(
        db.session.scalar(
            text(
                "SELECT guard.keep_words(:id, :officer, :session, :reference, :verb, :sealed, :now)"
            ),
            {
                "id": draft_id,
                "officer": officer_id,
                "session": session,
                "reference": reference,
                "verb": verb,
                "sealed": _sealed(fields, draft_id),
                "now": now,
            },
        )
    )


def expire(now: datetime) -> int:
    """Remove drafts nobody came back to, and those of cases their officers see no more (worker);
    answers how many."""
    old = delete(m.Draft).where(m.Draft.saved_at < now - KEEP).returning(m.Draft.id)
    gone = len(db.session.execute(old).all())
    return gone + int(db.session.scalar(text("SELECT guard.forget_unseen_drafts()")) or 0)
