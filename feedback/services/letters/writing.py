"""The letters themselves: to a post without an account, from an official to the accounting officer,
and the final one to the citizen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import access
from feedback.rules import letters as rules
from feedback.rules.access import Level
from feedback.rules.workflow import Verb
from feedback.services import acts, directives, posts, viewers, views
from feedback.services.errors import Refused
from feedback.services.letters import issuing
from feedback.services.letters.facts import Both, Facts, both, is_of_zanzibar, of_case
from feedback.services.letters.wording import label
from feedback.services.posts import Address
from feedback.services.reference import Directory, InstitutionInfo, directory

ETHICS = "ETHICS"


def to_rung(escalation: m.Escalation, case: m.Case, now: datetime) -> tuple[Facts, InstitutionInfo]:
    """What the letter of a rung says, and whose number it bears: the institution's from which the
    case climbed; of a restricted case that of the ethics officer who carries it."""
    d = directory()
    restricted = escalation.restricted
    sender = d.institutions[
        viewers.present().institution if restricted else escalation.from_institution_id
    ]
    earlier = views.rungs(
        d,
        m.Escalation.case_id == case.id,
        m.Escalation.cycle == escalation.cycle,
        m.Escalation.restricted == restricted,
        m.Escalation.rung < escalation.rung,
    )
    facts = Facts(
        kind="escalation",
        zanzibar=is_of_zanzibar(sender),
        sender=both(sender),
        addressee=_post_lines(escalation.post_id, d),
        signs=(label("ethics" if restricted else "coordinator"), both(sender)),
        rung=escalation.rung,
        driver=escalation.clock,
        reached=local_day(escalation.due_at).isoformat(),
        **of_case(case, d, earlier, now),
    )
    return facts, sender


def _post_lines(post_id: int | None, d: Directory) -> tuple[Both, ...]:
    """Title, unit where it leads one, institution."""
    post = db.session.get(m.Post, post_id) if post_id is not None else None
    if post is None:
        return ()
    unit = d.units.get(post.unit_id or 0)
    lines = [(post.name_sw, post.name_en)]
    if unit is not None:
        lines.append(both(unit))
    lines.append(both(d.institutions[post.institution_id]))
    return tuple(lines)


def may_remind(case_id: UUID, facts: access.CaseFacts | None) -> bool:
    """Whether the present officer stands on a rung of this case from which a letter to its
    accounting officer may go."""
    if facts is None or facts.level is Level.RESTRICTED:
        return False
    viewer = viewers.present()
    if facts.institution in viewer.heads or not access.may_act(viewer, facts, Verb.DIRECT):
        return False
    return directives.place_on(case_id) is not None


def remind(case_id: UUID, ask: str, due_on: date, now: datetime) -> UUID:
    """A letter of the official on a rung to the accounting officer of the institution.

    Refused: not-found; not-allowed (no rung, a restricted case, the own institution); concerned
    (whoever opens that office's letters is kept away from the case); bad-target, bad-date, far.
    """
    case = acts.locked(case_id)
    viewer, standing = viewers.present(), viewers.facts(case)
    if not may_remind(case_id, standing):
        raise Refused("not-allowed")
    if ask not in rules.ASKS:
        raise Refused("bad-target")
    problem = rules.ask_problem(due_on, local_day(now))
    if problem:
        raise Refused("far" if problem == "far" else "bad-date")
    d = directory()
    place = directives.place_on(case_id)
    if place is None:
        raise Refused("not-allowed")
    escalation, own = place
    signs = _post_lines(own, d)
    address = Address(case.institution_id, None, "institution_head")
    post = posts.find({address}, local_day(now)).get(address)
    people = {p.id for p in (post.holder, post.deputy) if p is not None} if post else set()
    if people & standing.excluded:
        raise Refused("concerned")
    sender = d.institutions[_institution_of(own) or viewer.institution]
    climbed = views.rungs(
        d,
        m.Escalation.case_id == case.id,
        m.Escalation.cycle == case.cycle,
        ~m.Escalation.restricted,
    )
    facts = Facts(
        kind="reminder",
        zanzibar=is_of_zanzibar(sender),
        sender=both(sender),
        addressee=_post_lines(post.id, d) if post else (both(d.institutions[case.institution_id]),),
        signs=signs,
        rung=escalation.rung,
        driver=escalation.clock,
        ask=ask,
        by=due_on.isoformat(),
        **of_case(case, d, climbed, now),
    )
    return issuing.issue(case, sender, facts, now, escalation_id=escalation.id)


def _institution_of(post_id: int | None) -> int | None:
    return db.session.scalars(select(m.Post.institution_id).where(m.Post.id == post_id)).first()


def final(case_id: UUID, words: Mapping[str, Sequence[str]], now: datetime) -> UUID:
    """The final letter as a document, for the citizen or for an officer who hands it over: issued
    once, whoever asks first. `words`: what it says, by language.

    Refused: not-found, where there is none.
    """
    case = db.session.get(m.Case, case_id)
    given = select(m.Message.at).where(
        m.Message.case_id == case_id, m.Message.kind == "final_letter"
    )
    if case is None or db.session.scalars(given).first() is None:
        raise Refused("not-found")
    d = directory()
    restricted = case.confidentiality == Level.RESTRICTED
    sender = d.institutions[case.institution_id]
    if restricted:
        sender = d.institutions_by_code.get(ETHICS, sender)
    known = of_case(case, d, views.rungs(d, m.Escalation.case_id == case.id), now)
    facts = Facts(
        kind="final",
        zanzibar=is_of_zanzibar(sender),
        sender=both(sender),
        addressee=(label("citizen"),),
        signs=(),
        words_sw=tuple(words["sw"]),
        words_en=tuple(words["en"]),
        **known,
    )
    # The citizen's own document needs no list of who held it: the pages tell.
    return issuing.issue(case, sender, replace(facts, holders=()), now)
