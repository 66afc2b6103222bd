"""A USSD session in the database, and what its screens ask for.

Each step reads the session's own row, goes on from there, and writes it back sealed: nothing is
replayed, and web nodes hold no state. The edge (`web/dialled.py`) says in whose name what is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from flask import current_app
from sqlalchemy import delete, or_, select, text

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import routing
from feedback.rules import ussd as rules
from feedback.rules.workflow import OPEN
from feedback.services import (
    acts,
    bodies,
    cases,
    dialled,
    identity,
    intake,
    lowering,
    outcomes,
    proofs,
    receipts,
    tries,
)
from feedback.services.errors import Refused
from feedback.services.reference import Directory, directory
from feedback.services.texts import STATUS_WORDS
from feedback.transaction import wake

RESUME = timedelta(hours=1)  # how long a dropped session can be gone on with
KEPT = timedelta(hours=2)  # how long a session is kept after its last step
WAITING_KEPT = timedelta(hours=24)  # one that waits for its words by SMS
MOST_EFFECTS = 6
"""Things done for one callback: no single answer asks for more than two."""
TOLD = ("answer", "partial_answer", "question", "extension", "reopening")
"""Kinds of messages in which the office tells the citizen something."""
NO_RECEIPT = rules.Receipt("-", "", "-")


@dataclass(frozen=True, slots=True)
class Call:
    """A callback. `session`: keyed hash of the gateway's session id and the number."""

    session: bytes
    number: str
    text: str


def call_of(session_id: str, sender: str, text_: str) -> Call | None:
    """The callback, if it says which session of which number it is about."""
    number = identity.normalise_number(sender)
    if number is None or not session_id.strip():
        return None
    return Call(identity.number_hash(f"ussd:{number}:{session_id}"), number, text_)


@dataclass(slots=True)
class Talk:
    """A callback on its way to a screen. `kept`: the session as its row has it. `effect`: what must
    be done before it goes on."""

    call: Call
    world: rules.World
    session: rules.Session
    kept: rules.Session | None
    version: int
    rest: str | None
    effect: rules.Effect | None = None
    fact: Any = None
    alone: bool = False
    effects: int = 0

    def go_on(self) -> None:
        """Take what is new, up to something that must be done, or known, first."""
        if self.effects > MOST_EFFECTS:
            self.rest = None
        run = rules.run(self.session, self.rest, self.world)
        self.session, self.rest, self.effect = run.session, run.rest, run.effect
        if self.effect is None and self.fact is None:
            self.effect = rules.needs(self.session.state)

    def done(self, outcome: Any, submission: str = "") -> None:
        """Go on after what had to be done."""
        effect = self.effect
        if effect is None:
            raise RuntimeError("nothing was to be done")
        self.effects += 1
        self.session = rules.settle(self.session, effect, outcome, submission)
        if effect.do in (rules.Do.LODGE, rules.Do.RECEIPT, rules.Do.READ, rules.Do.PROVE):
            self.fact = outcome
        self.go_on()

    def screen(self) -> str:
        """What the phone shows."""
        return rules.render(self.session.state, self.world, self.fact)


def begin(call: Call, now: datetime) -> Talk:
    """The session as it stands, with what is new in the callback taken (principal: ussd)."""
    number = identity.number_hash(call.number)
    row = db.session.execute(
        text("SELECT * FROM guard.ussd_open(:session, :number, :since)"),
        {"session": call.session, "number": number, "since": now - RESUME},
    ).one()
    found = None if row.state is None else dialled.unsealed(row.session, row.state)
    own = row.session is not None and bytes(row.session) == call.session
    seen = found.seen if own and found is not None else rules.Seen()
    rest, seen = rules.new_input(call.text, seen)
    if own and found is not None:
        session = rules.Session(found.state, found.before, seen)
    else:
        # Who dials a way through the menus at once is not asked about an earlier session.
        before = found.state if found is not None and not call.text else None
        submission = str(uuid5(dialled.SUBMISSION, call.session.hex()))
        session = rules.begin(submission, _ticket(call), row.language, before, seen)
    kept, version = (found, row.version) if own else (None, 0)
    talk = Talk(call, world(), session, kept, version, rest)
    talk.go_on()
    return talk


def keep(talk: Talk, now: datetime) -> bool:
    """Keep where the session stands (principal: ussd); False when a double of the callback was
    there first, whose outcome counts. A repetition changes nothing, and writes nothing."""
    if talk.session == talk.kept and not talk.alone:
        return True
    state = talk.session.state
    number = identity.number_hash(talk.call.number)
    stage = rules.stage(talk.session)
    return bool(
        db.session.scalar(
            text(
                "SELECT guard.ussd_keep(:session, :number, :state, :stage, :link, :version,"
                " :alone, :now)"
            ),
            {
                "session": talk.call.session,
                "number": number,
                "state": dialled.sealed(talk.call.session, talk.session),
                "stage": stage,
                "link": dialled.link(number, state.ticket) if stage == "waiting" else None,
                "version": talk.version,
                "alone": talk.alone,
                "now": now,
            },
        )
    )


def _ticket(call: Call) -> str:
    """Four digits for the SMS that brings the words: the same again for the same session."""
    return str(1_000 + int.from_bytes(identity.number_hash(f"ticket:{call.session.hex()}")) % 9_000)


def end(call: Call) -> None:
    """The gateway says that the session is over (principal: ussd)."""
    db.session.execute(text("SELECT guard.ussd_end(:session)"), {"session": call.session})


def forget(now: datetime) -> int:
    """Forget sessions that nobody can go on with (principal: job); answers how many."""
    old = m.UssdSession.updated_at < now - WAITING_KEPT
    passed = (m.UssdSession.updated_at < now - KEPT) & (m.UssdSession.stage != "waiting")
    gone = delete(m.UssdSession).where(or_(old, passed)).returning(m.UssdSession.session)
    return len(db.session.execute(gone).all())


# What a screen asks for


def do_here(talk: Talk, now: datetime) -> bool:
    """Do what the session's own principal may; False when it is for another."""
    effect, number = talk.effect, identity.number_hash(talk.call.number)
    if effect is None:
        return False
    match effect.do:
        case rules.Do.LANGUAGE:
            db.session.execute(
                text("SELECT guard.ussd_language(:number, :language, :now)"),
                {"number": number, "language": talk.session.state.language, "now": now},
            )
            talk.done(None)
        case rules.Do.CASES:
            rows = db.session.execute(
                text("SELECT * FROM guard.ussd_cases(:number)"), {"number": number}
            )
            talk.done([rules.Item(r.reference, r.status, _due(r.status, r.due_at)) for r in rows])
        case rules.Do.ALONE:
            talk.alone = True
            talk.done(None)
        case _:
            return False
    return True


def lodge(talk: Talk, case_id: UUID, now: datetime) -> tuple[rules.Receipt | None, str]:
    """Make the case (principal: lodging for `case_id`); the receipt, and the submission's id."""
    lodging = dialled.lodging_of(talk.session.state, talk.call.number)
    try:
        receipt = cases.lodge(case_id, lodging, now)
    except Refused:  # what was chosen has been closed since
        return None, ""
    return _receipt(receipt), str(lodging.submission_id)


def receipt(talk: Talk, now: datetime) -> rules.Receipt:
    """The receipt of the case that this session made (principal: receipt-check); a
    session is no visit that anybody leaves."""
    found = cases.receipt_for(UUID(talk.session.state.draft.submission), "", now)
    return _receipt(found) if found else NO_RECEIPT


def _receipt(receipt: cases.Receipt) -> rules.Receipt:
    return rules.Receipt(receipt.reference, receipt.receipt_code, day(receipt.answer_due))


def check(talk: Talk, now: datetime) -> UUID | tries.Wait | None:
    """The case that reference and receipt code open (principal: receipt-check)."""
    effect = _effect(talk)
    return receipts.check(effect.reference, effect.words[:100], now, caller=talk.call.number)


def opened(case_id: UUID) -> rules.Opened | None:
    """How the opened case stands (principal: public)."""
    case = db.session.get(m.Case, case_id)
    if case is None:
        return None
    asked = lowering.pending(case.id, case.confidentiality)
    lower_to = asked.to_level if asked and case.status in OPEN else ""
    status = outcomes.statuses([case])[case.id]
    return rules.Opened(str(case_id), status, _due(case.status, case.due_at), lower_to)


def read(case_id: UUID) -> str:
    """The office's latest words to the citizen, an answer with its outcome, or the final letter
    (principal: public); empty before there are any."""
    message = db.session.scalars(
        select(m.Message)
        .where(
            m.Message.case_id == case_id,
            m.Message.kind.in_((*TOLD, "final_letter")),
            m.Message.internal.is_(False),
        )
        .order_by(m.Message.seq.desc())
        .limit(1)
    ).first()
    if message is None:
        return ""
    if message.kind == "final_letter":
        case = db.session.get_one(m.Case, case_id)
        return bodies.letter(case.reference, bodies.for_case(case), case.language)
    stated = outcomes.of_case(case_id).get(message.cycle) if message.kind == "answer" else None
    if stated is None:
        return acts.read(message)
    case = db.session.get_one(m.Case, case_id)
    return f"{acts.read(message).rstrip()}\n{outcomes.in_words(stated, case.language)}"


def lower(talk: Talk, case_id: UUID, now: datetime) -> bool:
    """The citizen's yes or no to less confidentiality (principal: public)."""
    try:
        lowering.answer(case_id, yes=_effect(talk).yes, now=now)
    except Refused:
        return False
    return True


def prove(case_id: UUID, now: datetime) -> rules.Proof:
    """The proof of the opened case, with the PIN that holds, or a new one (principal: public)."""
    own = proofs.own(now)
    if not own.pin or own.until is None:
        proofs.release(case_id, now)
        own = proofs.own(now)
    until = f"{clock.last_day(own.until):%d/%m/%Y}" if own.until else "-"
    return rules.Proof(own.code, own.pin, until)


def proven(talk: Talk) -> UUID:
    """The case whose receipt code was right in this session."""
    known = talk.session.state.opened
    if known is None:
        raise Refused("not-found")
    return UUID(known.case_id)


def hand_over(talk: Talk, now: datetime) -> None:
    """Store an act like an SMS that came in (principal: hook): the worker does it, once, and the
    number is its proof."""
    effect, call = _effect(talk), talk.call
    step = f"{call.session.hex()}:{call.text}:{effect.act}:{effect.reference}"
    intake.receive(
        provider_id=f"ussd:{identity.number_hash(step).hex()}",
        sender=call.number,
        words=effect.words,
        received_at=now,
        now=now,
        asked={
            "act": effect.act,
            "reference": effect.reference,
            "language": talk.session.state.language,
            **({"rating": effect.rating} if effect.rating else {}),
        },
    )
    wake("process_inbound")


def _effect(talk: Talk) -> rules.Effect:
    if talk.effect is None:
        raise RuntimeError("nothing was to be done")
    return talk.effect


def sorry() -> str:
    """The screen for a callback that names no session, or when something of ours broke."""
    return rules.broken(current_app.config["AT_SHORTCODE"])


def day(moment: datetime) -> str:
    """A day as a screen shows it."""
    return f"{clock.local_day(moment):%d/%m/%Y}"


def _due(status: str, due_at: datetime) -> str:
    return day(due_at) if status in OPEN else ""


_cache: tuple[int, str, rules.World] | None = None


def world() -> rules.World:
    """The reference data as screens need it; made anew when the data changed."""
    global _cache
    d, shortcode = directory(), current_app.config["AT_SHORTCODE"]
    if _cache is None or _cache[:2] != (d.version, shortcode):
        _cache = d.version, shortcode, _world(d, shortcode)
    return _cache[2]


def _world(d: Directory, shortcode: str) -> rules.World:
    def find(typed: str) -> str | None:
        match = routing.names_only(typed, d.gazetteer)
        return match.code if match else None

    return rules.World(
        institutions={
            i.code: rules.Institution(i.code, i.kind, {"sw": i.name_sw, "en": i.name_en}, i.region)
            for i in d.institutions_by_code.values()
        },
        categories=[
            rules.Category(c.code, {"sw": c.name_sw, "en": c.name_en}, c.applies_to)
            for c in d.categories_by_code.values()
        ],
        statuses=STATUS_WORDS,
        find=find,
        shortcode=shortcode,
    )
