"""Dividing a case that holds two matters: an officer asks, and the worker makes the second case.

The worker, because it alone may read the vault: the second case gets the citizen's identity sealed
anew for its own place. It inherits what the first one had: the day of receipt, the clock with its
pauses, a level at least as high, and who is kept away. Nothing of it is due later than before.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import insert, select, text

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.access import Level
from feedback.rules.reference import make_reference
from feedback.rules.workflow import Status, Verb
from feedback.services import (
    acts,
    audit,
    clocks,
    conflicts,
    groups,
    identity,
    ladders,
    marks,
    receipts,
    related,
    viewers,
)
from feedback.services.cases import REFERENCE_TRIES, message_row, pick_handler
from feedback.services.errors import Refused
from feedback.services.placing import Placing
from feedback.services.reference import CategoryInfo, Directory, StandardInfo, directory
from feedback.transaction import wake

OF_OFFICE = {
    "sw": "[Maneno ya ofisi, si ya mwananchi]",
    "en": "[In the words of the office, not of the citizen]",
}
"""What stands above words that the citizen did not write."""
DIVIDED = text("SELECT reference, submission_id FROM guard.divided()")


@dataclass(frozen=True, slots=True)
class Divided:
    """A case made from the citizen's own, for its page. code: '' once it was issued again."""

    reference: str
    code: str


def ask(
    case_id: UUID,
    words: str,
    category_code: str,
    target: tuple[str, str] | None,
    now: datetime,
) -> None:
    """Divide a case: `words` are the second matter, in the citizen's own or the officer's.

    category_code: '' keeps the subject. target: codes of institution and unit ('' for the one that
    deals with the subject); None keeps the institution. Refused: not-allowed, empty, too-long,
    others-words (a joined case's citizen wrote them), bad-target.
    """
    case = acts.locked(case_id)
    viewer, facts = viewers.present(), viewers.facts(case)
    if not (access.may_act(viewer, facts, Verb.SPLIT) and access.may_read_words(viewer, facts)):
        raise Refused("not-allowed")
    acts.status_after(case, Verb.SPLIT)
    words = acts.words(words)
    if _stands_in(words, _of_joined(case)):
        raise Refused("others-words")  # the second case is this citizen's, who would read them
    d = directory()
    category = d.categories_by_code.get(category_code)
    if category_code and category is None:
        raise Refused("bad-target")
    category = category or d.categories.get(case.category_id or 0)
    institution_id, unit_id = _place(case, category, target, d)
    split_id = uuid4()
    db.session.execute(
        insert(m.CaseSplit).values(
            id=split_id,
            case_id=case.id,
            words=identity.seal(words, _context(split_id)),
            category_id=category.id if category else None,
            institution_id=institution_id,
            unit_id=unit_id,
            by_officer_id=acts.officer(),
            at=now,
        )
    )
    audit.record("split", case.id, now=now, category=category.code if category else "")
    wake("divide")


def _of_joined(case: m.Case) -> list[str]:
    """What the citizens of cases wrote that this one leads."""
    joined = [each.id for each in groups.followers(case)]
    found = select(m.Message).where(m.Message.case_id.in_(joined), m.Message.kind == "citizen")
    return [acts.read(each) for each in db.session.scalars(found)] if joined else []


def _stands_in(words: str, said: Sequence[str]) -> bool:
    """Whether these words stand in one of the texts, blanks and capitals aside."""
    wanted = _plain(words)
    return any(wanted in _plain(each) for each in said)


def _plain(said: str) -> str:
    return " ".join(said.split()).casefold()


def _place(
    case: m.Case, category: CategoryInfo | None, target: tuple[str, str] | None, d: Directory
) -> tuple[int, int]:
    """Institution and unit of the second case."""
    if case.confidentiality == Level.RESTRICTED and target is not None:
        raise Refused("bad-target")
    if target is None:
        institution = d.institutions[case.institution_id]
    else:
        found = d.institutions_by_code.get(target[0])
        if found is None:
            raise Refused("bad-target")
        institution = found
        if target[1]:
            units = {unit.code: unit.id for unit in d.units_of(institution.id)}
            if target[1] not in units:
                raise Refused("bad-target")
            return institution.id, units[target[1]]
    return institution.id, d.unit_for(institution.id, category)


def _context(split_id: UUID) -> str:
    return f"split:{split_id}"


def waiting(case_id: UUID) -> int:
    """How many second cases are still to be made from this one."""
    query = select(m.CaseSplit.id).where(
        m.CaseSplit.case_id == case_id, m.CaseSplit.made_id.is_(None)
    )
    return len(db.session.scalars(query).all())


def of_citizen() -> list[Divided]:
    """What the citizen's own case was divided into (principal: public)."""
    return [
        Divided(row.reference, receipts.code(row.submission_id) if row.submission_id else "")
        for row in db.session.execute(DIVIDED)
    ]


def make_next(now: datetime, tried: set[UUID] | None = None) -> bool:
    """Make one second case that was asked for (worker, one transaction); False: none is left.

    Found by state and claimed with its row, so that whatever runs twice makes it once. tried: those
    that this run has begun, which it passes over: one that breaks keeps no other waiting.
    """
    tried = set() if tried is None else tried
    asked = db.session.scalars(
        select(m.CaseSplit)
        .where(m.CaseSplit.made_id.is_(None), m.CaseSplit.id.not_in(tried))
        .order_by(m.CaseSplit.at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if asked is None:
        return False
    tried.add(asked.id)
    source = acts.locked(asked.case_id)
    made = _make(asked, source, now)
    asked.made_id, asked.made_at, asked.words = made.id, now, b""
    db.session.flush()
    return True


def _make(asked: m.CaseSplit, source: m.Case, now: datetime) -> m.Case:
    d = directory()
    words = identity.unseal(asked.words, _context(asked.id))
    category = d.categories.get(asked.category_id or 0)
    level = max(
        Level(source.confidentiality),
        Level(category.confidentiality if category else Level.OPEN),
        key=access.rank,
    )
    standard = d.standard(
        category.standard if category else source.standard,
        source.kind,
        asked.institution_id,
        level.value,
    )
    vault = _identity(source.id)
    if not _stands_in(words, conflicts.said_in_all([source.id])[source.id].texts):
        words = f"{OF_OFFICE[source.language]}\n{words}"
    restricted = level == Level.RESTRICTED
    named = conflicts.concerned(
        conflicts.Said([words], vault.get("persons", "")),
        conflicts.Place(asked.institution_id, asked.unit_id, restricted),
        d,
    )
    excluded = {n: (why, "provisional") for n, why in named.items()} | _excluded(source.id)
    where = Placing(
        asked.institution_id, asked.unit_id, asked.category_id, level.value, standard.code, False
    )
    handler_id = pick_handler(where, sorted(excluded), now)
    case = _insert(asked, source, where, handler_id, standard.max_rung)
    for field, value in vault.items():
        db.session.execute(
            insert(m.SealedIdentity).values(identity.identity_row(case.id, field, value))
        )
    db.session.execute(
        insert(m.Message).values(
            message_row(case.id, 1, "citizen", words, level.value, case.received_at)
        )
    )
    for officer_id, (reason, state) in excluded.items():
        db.session.execute(
            insert(m.Conflict).values(
                case_id=case.id, officer_id=officer_id, reason=reason, state=state, at=now
            )
        )
    acts.start_assignment(case.id, case.institution_id, case.unit_id, handler_id, now)
    _inherit_clocks(case, source, standard, d, now)
    db.session.execute(
        insert(m.CaseLink).values(
            related.row(source.id, case.id, "split", "", now, asked.by_officer_id)
        )
    )
    marks.notices([handler_id], "assigned", case.id, now)
    marks.figures(case.received_at, case.institution_id)
    audit.record("lodged", case.id, now=now, channel=case.channel, owned=int(bool(handler_id)))
    acts.owe(source, "divided", now, {"other": case.reference})
    return case


def _identity(case_id: UUID) -> dict[str, str]:
    """What the vault holds of a case, by field (worker)."""
    rows = db.session.execute(
        select(m.SealedIdentity.field, m.SealedIdentity.sealed).where(
            m.SealedIdentity.case_id == case_id
        )
    )
    return {row.field: identity.unseal(row.sealed, f"case:{case_id}:{row.field}") for row in rows}


def _excluded(case_id: UUID) -> dict[int, tuple[str, str]]:
    """Who is kept away from a case, with reason and state, which the second case inherits."""
    rows = db.session.execute(
        select(m.Conflict.officer_id, m.Conflict.reason, m.Conflict.state).where(
            m.Conflict.case_id == case_id, m.Conflict.state != "lifted"
        )
    )
    return {row.officer_id: (row.reason, row.state) for row in rows}


def _insert(
    asked: m.CaseSplit, source: m.Case, where: Placing, handler_id: int | None, max_rung: int | None
) -> m.Case:
    """The case itself under a fresh reference, and what its receipt code derives from."""
    case = m.Case(
        id=uuid4(),
        reference=_fresh_reference(),
        kind=source.kind,
        status=(Status.ASSIGNED if handler_id else Status.NEW).value,
        channel=source.channel,
        language=source.language,
        institution_id=where.institution_id,
        unit_id=where.unit_id,
        category_id=where.category_id,
        place=source.place,
        confidentiality=where.confidentiality,
        anonymous=source.anonymous,
        reachable=source.reachable,
        mail=source.mail,
        triage=False,
        cautious=False,
        handler_id=handler_id,
        received_at=source.received_at,
        first_response_at=source.first_response_at,
        cycle=1,
        appeals=0,
        due_at=source.due_at,
        standard=where.standard,
        max_rung=max_rung,
        highest_rung=0,
        first_rung=1,
        unread=True,
        transfers=0,
    )
    db.session.add(case)
    db.session.flush()
    submission_id = uuid4()
    # No form was posted under this id: the hash of the request stands for its content.
    content = hmac.digest(current_app.config["RECEIPT_KEY"], asked.id.bytes, hashlib.sha256)
    db.session.execute(
        insert(m.Submission).values(
            id=submission_id, case_id=case.id, content_hash=content, at=case.received_at
        )
    )
    return case


def _fresh_reference() -> str:
    for _ in range(REFERENCE_TRIES):
        reference = make_reference(os.urandom(8))
        taken = select(m.Case.id).where(m.Case.reference == reference)
        if db.session.scalars(taken).one_or_none() is None:
            return reference
    raise RuntimeError("no free reference was found")


def _inherit_clocks(
    case: m.Case, source: m.Case, standard: StandardInfo, d: Directory, now: datetime
) -> None:
    """The clocks of the first case as they were frozen, never with more days than they had.

    A pause that is on ends here: the second matter was not asked about. What was acknowledged is.
    """
    own = clocks.of(source)
    first = db.session.scalars(
        select(m.Deadline).where(
            m.Deadline.case_id == source.id,
            m.Deadline.cycle == 1,
            m.Deadline.clock == "acknowledge",
        )
    ).one()
    answer = (own.answer.working_days, own.answer.standard_id)
    if standard.answer_days < own.answer.working_days:
        answer = (standard.answer_days, standard.id)
    copies = {
        "acknowledge": (first, first.working_days, first.standard_id),
        "answer": (own.answer, *answer),
    }
    for name, (row, working_days, standard_id) in copies.items():
        db.session.add(
            m.Deadline(
                id=uuid4(),
                case_id=case.id,
                cycle=1,
                clock=name,
                starts_at=row.starts_at,
                working_days=working_days,
                calendar_id=row.calendar_id,
                office_id=row.office_id,
                standard_id=standard_id,
                extension_days=row.extension_days if name == "answer" else 0,
                due_at=row.due_at,
                met_at=row.met_at if name == "acknowledge" else None,
                minutes=row.minutes if name == "acknowledge" else None,
            )
        )
    for pause in _pauses(own.pauses, source.cycle):
        db.session.add(
            m.Pause(
                id=uuid4(),
                case_id=case.id,
                cycle=1,
                starts_at=pause.starts_at,
                runs_out_at=pause.runs_out_at,
                ends_at=min(pause.ends_at or now, pause.runs_out_at),
            )
        )
    db.session.flush()
    copied = clocks.of(case)
    clocks.recompute(case, copied, d)
    clocks.set_timer(case.id, "reminder", clocks.next_reminder(copied.answer, now, d))
    if case.handler_id is None:
        clocks.set_timer(case.id, "ladder", now)  # the sweep raises an alarm
    else:
        ladders.arm(case, d)


def _pauses(pauses: Sequence[m.Pause], cycle: int) -> list[m.Pause]:
    """Those of the present cycle: earlier ones belong to clocks that were not inherited."""
    return [pause for pause in pauses if pause.cycle == cycle]
