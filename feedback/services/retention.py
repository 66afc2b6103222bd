"""How long what is kept, and its removal: identity first, words later, facts for figures stay.
Rows that tell officers of an act, which the record tells as well, go after a while.

A case that lives is never touched: it must have ended longer ago than its category's rule says,
with no timer, no appeal's window and no directive running, and without a legal hold. The record
of acts stays whole. Every function here runs for the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit
from feedback.services.errors import Refused

BATCH = 500
"""Cases of one transaction."""
CASELESS = timedelta(days=30)
"""How long SMS that belong to no case keep number and words."""
READ_NOTICES, OLD_NOTICES = timedelta(days=90), timedelta(days=365)
"""How long a notice of the desk is kept once it was read, and at most."""
MOVES = timedelta(days=30)
"""How long it is told what became of each case of an act on many; it is undone for a day."""

_ENDED = """
  FROM "case" c
  LEFT JOIN category k ON k.id = c.category_id
  JOIN retention_rule r ON r.category = coalesce(
    (SELECT x.category FROM retention_rule x WHERE x.category = k.code), '')
  LEFT JOIN case_erasure e ON e.case_id = c.id
 WHERE c.status IN ('closed', 'withdrawn')
   AND (c.window_ends_at IS NULL OR c.window_ends_at < :now)
   AND NOT EXISTS (SELECT FROM timer t WHERE t.case_id = c.id AND NOT t.done)
   AND NOT EXISTS (SELECT FROM directive d WHERE d.case_id = c.id AND d.done_at IS NULL)
"""
_IDENTITY_DUE = " c.closed_at < :now - make_interval(months => r.identity_months)"
_WORDS_DUE = " c.closed_at < :now - make_interval(months => r.words_months)"
_HELD = " EXISTS (SELECT FROM legal_hold h WHERE h.case_id = c.id AND h.ended_at IS NULL)"
_IDENTITY_LEFT = " e.case_id IS NULL"
_WORDS_LEFT = " e.case_id IS NOT NULL AND e.words_at IS NULL"
_TAKE = f" AND NOT {_HELD} ORDER BY c.closed_at LIMIT :limit FOR UPDATE OF c SKIP LOCKED"
_DRY = f"""
SELECT coalesce(k.code, '') AS category,
       count(*) FILTER (WHERE NOT {_HELD} AND {_IDENTITY_DUE} AND {_IDENTITY_LEFT}) AS identity,
       count(*) FILTER (WHERE NOT {_HELD} AND {_WORDS_DUE} AND (e.words_at IS NULL)) AS words,
       count(*) FILTER (WHERE {_HELD} AND {_IDENTITY_DUE} AND (e.words_at IS NULL)) AS held
{_ENDED} AND {_IDENTITY_DUE} GROUP BY 1 ORDER BY 1"""  # constants of this module


@dataclass(frozen=True, slots=True)
class Rule:
    """How many months after its end a case of a category keeps what; '' is every other one."""

    category: str
    identity_months: int
    words_months: int
    source: str


def rules() -> Sequence[Rule]:
    """Every rule, the general one first."""
    rows = db.session.scalars(select(m.RetentionRule).order_by(m.RetentionRule.category))
    return [Rule(r.category, r.identity_months, r.words_months, r.source) for r in rows]


def set_rule(rule: Rule, now: datetime) -> None:
    """Set the rule of a category (owner). Refused: bad-target, bad-days, empty."""
    known = select(m.Category.id).where(m.Category.code == rule.category)
    if rule.category and db.session.scalars(known).first() is None:
        raise Refused("bad-target")
    if not 1 <= rule.identity_months <= rule.words_months <= 600:
        raise Refused("bad-days")
    if not rule.source.strip():
        raise Refused("empty")
    values = {
        "identity_months": rule.identity_months,
        "words_months": rule.words_months,
        "source": rule.source.strip(),
    }
    db.session.execute(
        upsert(m.RetentionRule)
        .values(category=rule.category, **values)
        .on_conflict_do_update(index_elements=["category"], set_=values)
    )
    audit.record(
        "retention_set",
        now=now,
        category=rule.category,
        identity_months=rule.identity_months,
        words_months=rule.words_months,
    )


def due(now: datetime) -> dict[str, dict[str, int]]:
    """What the next run would remove, by code of category ('' without one): cases whose identity
    and whose words are due, and cases that a legal hold keeps."""
    rows = db.session.execute(text(_DRY), {"now": now}).mappings()
    return {
        row["category"]: {name: row[name] for name in ("identity", "words", "held")}
        for row in rows
        if row["identity"] or row["words"] or row["held"]
    }


def remove_identities(now: datetime, limit: int = BATCH) -> int:
    """Take the sealed names and numbers of one batch of cases away; answers how many cases."""
    return _remove(f"{_IDENTITY_DUE} AND {_IDENTITY_LEFT}", _without_identity, now, limit)


def remove_words(now: datetime, limit: int = BATCH) -> int:
    """Take the words of one batch of cases away, whose identity is gone; answers how many."""
    return _remove(f"{_WORDS_DUE} AND {_WORDS_LEFT}", _without_words, now, limit)


def _remove(
    which: str, remove: Callable[[Sequence[UUID], datetime], str], now: datetime, limit: int
) -> int:
    query = f"SELECT c.id {_ENDED} AND {which} {_TAKE}"  # constants of this module
    cases: list[UUID] = list(db.session.scalars(text(query), {"now": now, "limit": limit}))
    if cases:
        act = remove(cases, now)
        audit.record_all([audit.entry(act, case_id, now, {}) for case_id in cases])
    return len(cases)


def _without_identity(cases: Sequence[UUID], now: datetime) -> str:
    run: Callable[..., Any] = db.session.execute
    run(delete(m.SealedIdentity).where(m.SealedIdentity.case_id.in_(cases)))
    run(
        update(m.InboundMessage)
        .where(m.InboundMessage.case_id.in_(cases))
        .values(sender=b"", number_hash=b"")
    )
    run(update(m.Outbox).where(m.Outbox.case_id.in_(cases)).values(recipient=None))
    run(update(m.Case).where(m.Case.id.in_(cases)).values(reachable=False, mail="none"))
    run(insert(m.CaseErasure), [{"case_id": each, "identity_at": now} for each in cases])
    return "identity_removed"


def _without_words(cases: Sequence[UUID], now: datetime) -> str:
    run: Callable[..., Any] = db.session.execute
    run(
        update(m.Message)
        .where(m.Message.case_id.in_(cases), m.Message.kind != "final_letter")
        .values(body="", sealed=None)
    )
    run(update(m.Outcome).where(m.Outcome.case_id.in_(cases)).values(sealed=None))
    linked = or_(m.CaseLink.case_id.in_(cases), m.CaseLink.other_id.in_(cases))
    run(update(m.CaseLink).where(linked).values(note=None))
    run(update(m.Redaction).where(m.Redaction.case_id.in_(cases)).values(original=b""))
    run(update(m.InboundMessage).where(m.InboundMessage.case_id.in_(cases)).values(words=b""))
    run(text("SELECT guard.erase_papers(:cases)"), {"cases": list(cases)})
    run(update(m.Outbox).where(m.Outbox.case_id.in_(cases)).values(words=None))
    run(update(m.Task).where(m.Task.case_id.in_(cases)).values(sealed=b"", result=None))
    advised = m.Recommendation.case_id.in_(cases)
    run(update(m.Recommendation).where(advised).values(sealed=b""))
    run(update(m.Case).where(m.Case.id.in_(cases)).values(place=None))
    run(update(m.CaseErasure).where(m.CaseErasure.case_id.in_(cases)).values(words_at=now))
    return "words_removed"


def forget_caseless(now: datetime) -> int:
    """Let go of numbers and words of SMS that belong to no case, officers' among them, since no
    case's end takes them along; answers of how many. What could not be read waits for a person."""
    before = now - CASELESS
    came = (
        update(m.InboundMessage)
        .where(
            m.InboundMessage.case_id.is_(None),
            m.InboundMessage.state == "done",
            m.InboundMessage.number_hash != b"",
            m.InboundMessage.received_at < before,
        )
        .values(sender=b"", words=b"", number_hash=b"")
        .returning(m.InboundMessage.id)
    )
    went = (
        update(m.Outbox)
        .where(
            m.Outbox.case_id.is_(None),
            m.Outbox.recipient.is_not(None),
            m.Outbox.finished_at < before,
        )
        # Several references in one reply would go on telling that they are one person's.
        .values(recipient=None, words=None, values={})
        .returning(m.Outbox.id)
    )
    return sum(len(db.session.execute(each).all()) for each in (came, went))


def forget_notices(now: datetime, limit: int = 10 * BATCH) -> int:
    """Let go of old notices, of one batch; answers how many. What they told of stands elsewhere."""
    notice = m.Notice
    old = (
        select(notice.id)
        .where(
            notice.at < now - READ_NOTICES,
            or_(notice.read, notice.at < now - OLD_NOTICES),
        )
        .order_by(notice.at)
        .limit(limit)
    )
    gone = delete(notice).where(notice.id.in_(old)).returning(notice.id)
    return len(db.session.execute(gone).all())


def forget_moves(now: datetime, limit: int = BATCH // 10) -> int:
    """Let go of what acts on many cases moved, of one batch; answers how many acts. Each case's own
    record and assignments tell it."""
    move, item = m.BulkMove, m.BulkMoveItem
    old = db.session.scalars(
        select(move.id).where(move.at < now - MOVES).order_by(move.at).limit(limit)
    ).all()
    db.session.execute(delete(item).where(item.move_id.in_(old)))
    db.session.execute(delete(move).where(move.id.in_(old)))
    return len(old)
