"""The read side for one case: what its page shows, to the citizen and to an officer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access, deadlines, forecast
from feedback.rules.access import Level
from feedback.rules.workflow import MAX_APPEALS, OPEN, WHILE_JOINED, Status, Verb, allowed
from feedback.services import (
    acts,
    arrivals,
    audit,
    case_versions,
    clocks,
    forecast_lists,
    groups,
    held,
    ladders,
    lines,
    outcomes,
    unreached,
    viewers,
)
from feedback.services.errors import Refused
from feedback.services.lines import Line
from feedback.services.reference import (
    CategoryInfo,
    Directory,
    InstitutionInfo,
    UnitInfo,
    directory,
)

BEFORE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PostName:
    """A post's title, with its institution."""

    name_sw: str
    name_en: str
    institution: InstitutionInfo | None


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung that was climbed, or (with `ahead`) the next one if nobody acts."""

    id: UUID | None
    number: int
    cycle: int
    clock: str
    name_sw: str
    name_en: str
    post: PostName | None
    way: str
    at: datetime
    ahead: bool = False
    # Why it was not reached in the plain way, and whether the handler must say why it came so far.
    why: str = ""
    explains: bool = False
    # Of one ahead: working days from now.
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A directive with its words."""

    id: UUID
    kind: str  # order, explanation
    body: str
    post: PostName | None
    at: datetime
    due_on: date
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a post on a rung decided about a reason of the handler."""

    message_id: UUID
    accepted: bool
    post: PostName | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """Who owned the case, where, from when until when."""

    institution: InstitutionInfo | None
    unit: UnitInfo | None
    handler_name: str | None
    at: datetime
    ended_at: datetime | None
    # Office minutes in which the answer was owed there.
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class PauseView:
    """A pause of the clock."""

    starts_at: datetime
    runs_out_at: datetime
    ends_at: datetime | None


@dataclass(slots=True)
class CitizenCase:
    """What `/track` shows."""

    id: UUID
    reference: str
    kind: str
    status: str
    triage: bool
    place: str | None
    institution: InstitutionInfo
    unit: UnitInfo | None
    category: CategoryInfo | None
    confidentiality: str
    # Confidential by triage's caution alone: nobody asked for it yet.
    cautious: bool
    anonymous: bool
    received_at: datetime
    due_at: datetime
    acknowledge_due: datetime | None
    days_left: int
    late: bool
    pause: PauseView | None
    first_response_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    window_ends_at: datetime | None
    appeals_left: int
    rating: int | None
    cycle: int
    messages: list[Line]
    rungs: list[Rung]
    pauses: list[PauseView]
    # What came of each cycle, as far as it was stated.
    outcomes: dict[int, outcomes.Stated]
    allowed: frozenset[str]
    # Dealt with on the page of another case about the same matter.
    joined: bool

    @property
    def ended(self) -> datetime | None:
        """Where its end stands among what was said."""
        at = self.closed_at
        return None if at is None else max([at, *(line.placed for line in self.messages)])


@dataclass(slots=True)
class OfficerCase(CitizenCase):
    """What the desk and the officials see: the process, never the person."""

    handler_id: int | None = None
    handler_name: str | None = None
    channel: str = ""
    may_read_words: bool = False
    unread: bool = False
    # The officer may ask to open the identity, or be the second person for one who asked.
    may_unseal: bool = False
    transfers: int = 0
    next_rungs: list[Rung] = field(default_factory=list)
    # Why it is likely late; none: it is not, it is late already, or too little is known.
    risk: forecast_lists.Risk | None = None
    directives: list[Order] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    # The citizen's letters that arrived at high offices.
    letters: list[arrivals.Logged] = field(default_factory=list)
    # SMS that did not reach the citizen, and whether the officer may choose another way.
    problems: list[unreached.Problem] = field(default_factory=list)
    may_reach: bool = False
    # What the officer's access depends on.
    facts: access.CaseFacts | None = None
    # Changes with every act: a form that carries an older one is shown again, not performed.
    version: str = ""

    @property
    def held_by(self) -> list[tuple[InstitutionInfo | None, int]]:
        """Each institution that had the case, in order, and for how many office minutes."""
        total: dict[int | None, tuple[InstitutionInfo | None, int]] = {}
        for each in self.held:
            key = each.institution.id if each.institution else None
            total[key] = each.institution, each.minutes + total.get(key, (None, 0))[1]
        return list(total.values())

    @property
    def owes_reason(self) -> bool:
        """Whether a rung of this cycle demands an explanation that was not given since."""
        asked = [rung.at for rung in self.rungs if rung.explains and rung.cycle == self.cycle]
        said = [line.at for line in self.messages if line.kind == "delay_reason"]
        return (
            bool(asked) and Status(self.status) in OPEN and max(asked) > max(said, default=BEFORE)
        )


def _case(case_id: UUID) -> m.Case:
    case = db.session.get(m.Case, case_id)
    if case is None:
        raise Refused("not-found")
    return case


def case_id_of(reference: str) -> UUID:
    """The case of a reference, if the present principal may see it; Refused("not-found")."""
    found = db.session.scalars(select(m.Case.id).where(m.Case.reference == reference)).one_or_none()
    if found is None:
        raise Refused("not-found")
    return found


def for_citizen(case_id: UUID, now: datetime) -> CitizenCase:
    """The case as its citizen sees it (principal: public)."""
    case, d = _case(case_id), directory()
    own = clocks.of(case)
    verbs = allowed(Status(case.status))
    mine = {
        Verb.CITIZEN_MESSAGE,
        Verb.WITHDRAW,
        Verb.ACCEPT,
        Verb.NOT_FIXED,
        Verb.RAISE_CONFIDENTIALITY,
    }
    if case.confidentiality == Level.RESTRICTED:
        mine.discard(Verb.RAISE_CONFIDENTIALITY)
    if case.window_ends_at is not None and now >= case.window_ends_at:
        mine -= {Verb.ACCEPT, Verb.NOT_FIXED}
    common = _common(case, own, d, now)
    # While the window lasts, what was accepted can still be rated.
    ended = any(line.kind == "final_letter" for line in common["messages"])
    window = case.window_ends_at is not None and now < case.window_ends_at
    rate = {"rate"} if case.status == Status.CLOSED and window and not ended else set()
    return CitizenCase(**common, allowed=frozenset({v.value for v in verbs & mine} | rate))


def for_officer(case_id: UUID, now: datetime) -> OfficerCase:
    """The case as the present officer sees it; each look is recorded."""
    case, d = _case(case_id), directory()
    # Before anything else is read: what comes in meanwhile must make the page's forms too old.
    state = case_versions.of(case_id)
    viewer, facts = viewers.present(), viewers.facts(case)
    reads = access.may_read_words(viewer, facts)
    audit.record("looked", case.id, now=now, words=int(reads), level=case.confidentiality)
    mine = {v for v in allowed(Status(case.status)) if access.may_act(viewer, facts, v)}
    if groups.follows(case):
        mine &= WHILE_JOINED | {Verb.MERGE}  # of the latter the undoing
    if case.first_response_at is not None:
        mine.discard(Verb.ACKNOWLEDGE)
    own = clocks.of(case)
    common = _common(case, own, d, now)
    names = lines.officer_names({case.handler_id})
    return OfficerCase(
        **common,
        allowed=frozenset(v.value for v in mine),
        handler_id=case.handler_id,
        handler_name=names.get(case.handler_id or 0),
        channel=case.channel,
        may_read_words=reads,
        unread=case.unread,
        may_unseal=access.may_open_identity(viewer, facts) is not None
        or access.may_decide_opening(viewer, facts, 0),
        transfers=case.transfers,
        next_rungs=ahead(case, d, now),
        risk=forecast_lists.risk_of(case.id, now),
        directives=_directives(case.id, d) if reads else [],
        decisions=_decisions(case.id, d)
        if any(line.kind == "delay_reason" for line in common["messages"])
        else [],
        held=holdings(case.id, own, d, now),
        letters=arrivals.of_case(case.id),
        problems=unreached.of_case(case.id),
        may_reach=access.may_act(viewer, facts, Verb.NOTE),
        facts=facts,
        version=state,
    )


def _common(case: m.Case, own: clocks.CaseClocks, d: Directory, now: datetime) -> dict[str, Any]:
    calendar = d.calendar(own.answer.calendar_id, own.answer.office_id)
    waiting = own.open_pause
    pauses = [PauseView(p.starts_at, p.runs_out_at, p.ends_at) for p in own.pauses]
    is_open = Status(case.status) in OPEN
    acknowledge, messages = own.acknowledge, lines.of(case)
    return {
        "id": case.id,
        "reference": case.reference,
        "kind": case.kind,
        "status": case.status,
        "triage": case.triage,
        "place": case.place,
        "institution": d.institutions[case.institution_id],
        "unit": d.units.get(case.unit_id),
        "category": d.categories.get(case.category_id or 0),
        "confidentiality": case.confidentiality,
        "cautious": case.cautious,
        "anonymous": case.anonymous,
        "received_at": case.received_at,
        "due_at": case.due_at,
        "acknowledge_due": acknowledge.due_at
        if acknowledge is not None and acknowledge.met_at is None and is_open
        else None,
        "days_left": deadlines.working_days_until(calendar, now, case.due_at),
        "late": is_open and now > case.due_at,
        "pause": next((p for p in pauses if p.ends_at is None), None) if waiting else None,
        "first_response_at": case.first_response_at,
        "answered_at": case.answered_at,
        "closed_at": case.closed_at,
        "window_ends_at": case.window_ends_at,
        "appeals_left": MAX_APPEALS - case.appeals,
        "rating": case.rating,
        "cycle": case.cycle,
        "messages": messages,
        "joined": groups.follows(case),
        "rungs": rungs(d, m.Escalation.case_id == case.id),
        "pauses": pauses,
        "outcomes": outcomes.of_case(case.id)
        if any(line.kind == "answer" for line in messages)
        else {},
    }


def post_names(ids: set[int | None], d: Directory) -> dict[int, PostName]:
    """Titles of posts."""
    known = {number for number in ids if number is not None}
    if not known:
        return {}
    rows = db.session.execute(
        select(m.Post.id, m.Post.name_sw, m.Post.name_en, m.Post.institution_id).where(
            m.Post.id.in_(known)
        )
    )
    return {
        row.id: PostName(row.name_sw, row.name_en, d.institutions.get(row.institution_id))
        for row in rows
    }


def rungs(d: Directory, *which: ColumnElement[bool]) -> list[Rung]:
    """The rungs climbed that fit, in the order in which they fell due."""
    rows = db.session.scalars(
        select(m.Escalation).where(*which).order_by(m.Escalation.due_at, m.Escalation.rung)
    ).all()
    titles = post_names({row.post_id for row in rows}, d)
    return [
        Rung(
            row.id,
            row.rung,
            row.cycle,
            row.clock,
            *d.ladder_names.get((row.ladder, row.rung), (str(row.rung), str(row.rung))),
            post=titles.get(row.post_id or 0),
            way=row.way,
            at=row.due_at,
            why=row.why or "",
            explains=row.explains,
        )
        for row in rows
    ]


def ahead(case: m.Case, d: Directory, now: datetime) -> list[Rung]:
    """The rungs ahead if nobody acts."""
    name, calendar = ladders.name_of(case, d), d.calendar_of(case.institution_id)
    return [
        Rung(
            None,
            step.rung or 0,
            case.cycle,
            step.clock,
            *d.ladder_names.get((name, step.rung or 0), ("", "")),
            post=None,
            way="",
            at=step.at,
            ahead=True,
            days=forecast.days_until(calendar, now, step.at),
        )
        for step in ladders.forecast(case, d)
    ]


def _directives(case_id: UUID, d: Directory) -> list[Order]:
    rows = db.session.execute(
        select(m.Directive, m.Message)
        .join(m.Message, m.Message.id == m.Directive.message_id)
        .where(m.Directive.case_id == case_id)
        .order_by(m.Directive.at)
    ).all()
    titles = post_names({directive.post_id for directive, _ in rows}, d)
    return [
        Order(
            directive.id,
            directive.kind,
            acts.read(message),
            titles.get(directive.post_id),
            directive.at,
            directive.due_on,
            directive.done_at,
        )
        for directive, message in rows
    ]


def _decisions(case_id: UUID, d: Directory) -> list[Decision]:
    rows = db.session.scalars(
        select(m.ReasonDecision)
        .where(m.ReasonDecision.case_id == case_id)
        .order_by(m.ReasonDecision.at)
    ).all()
    titles = post_names({row.post_id for row in rows}, d)
    return [Decision(row.message_id, row.accepted, titles.get(row.post_id), row.at) for row in rows]


def holdings(case_id: UUID, own: clocks.CaseClocks, d: Directory, now: datetime) -> list[Held]:
    """Who owned the case, the first owner first."""
    rows = db.session.scalars(
        select(m.Assignment).where(m.Assignment.case_id == case_id).order_by(m.Assignment.at)
    ).all()
    names = lines.officer_names({row.handler_id for row in rows})
    return [
        Held(
            d.institutions.get(row.institution_id),
            d.units.get(row.unit_id),
            names.get(row.handler_id or 0),
            row.at,
            row.ended_at,
            row.minutes
            if row.minutes is not None
            else held.minutes(row, own.answers, own.pauses, d, now, first=number == 0),
        )
        for number, row in enumerate(rows)
    ]
