"""A case told to its citizen: where it stands, and what happened, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from feedback.rules.access import Level
from feedback.rules.workflow import OPEN, Status
from feedback.services import bodies, duplicates, owners
from feedback.services.lines import Line
from feedback.services.views import CitizenCase, Rung
from feedback.web import new_form, outcome_wording
from feedback.web.formats import day, last_day, moment, name, words

_FIRST = {"citizen": 0, "late": 1}
"""What comes first of several things at one moment: words before what follows from them."""
_AFTER = 3


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the timeline, as the macro of that name takes it."""

    moment: datetime
    title: str
    kind: str = "system"
    who: str = ""
    body: str = ""
    # Where it stands among the others, if that is not its moment.
    placed: datetime | None = None

    @property
    def when(self) -> str:
        """Day and time as shown."""
        return moment(self.moment)

    @property
    def at(self) -> str:
        """The moment for machines."""
        return self.moment.isoformat(timespec="minutes")


def timeline(case: CitizenCase, improved: Sequence[tuple[str, datetime]] = ()) -> list[Event]:
    """Everything that happened, the first thing first; at one moment, what was said first.

    improved: what was done about its cause, and when.
    """
    events = [*_told(case), *_climbed(case), *_paused(case), *_ended(case)]
    title = _("What you told us led to an improvement")
    events += [Event(at, title, "office", body=words(note)) for note, at in improved]
    if case.late:
        events.append(Event(case.due_at, _("The date passed without an answer"), "late"))
    return sorted(events, key=_place)


def _place(event: Event) -> tuple[datetime, int]:
    if event.placed is not None and event.placed != event.moment:
        return event.placed, _AFTER  # after what it was said in reply to
    return event.moment, _FIRST.get(event.kind, 2)


def answer(case: CitizenCase) -> Line | None:
    """The latest answer, on which the citizen now has a say."""
    return next((line for line in reversed(case.messages) if line.kind == "answer"), None)


def outcome(case: CitizenCase) -> tuple[str, str] | None:
    """What came of it by the latest answer, and the rule or court that the office names."""
    stated = case.outcomes.get(case.cycle)
    if stated is None:
        return None
    return outcome_wording.name(stated.kind), outcome_wording.ground(stated)


def standing(case: CitizenCase) -> str:
    """Where the case stands, in one or two sentences."""
    office = name(case.institution)
    if case.confidentiality == Level.RESTRICTED and case.status not in owners.ENDED:
        return _outside(case, office)
    if case.triage and case.status in (Status.NEW, Status.ASSIGNED):
        return _(
            "Received. The right institution is still to be found; until then %(office)s answers "
            "for it.",
            office=office,
        )
    worked_on = case.status in (Status.ASSIGNED, Status.IN_PROGRESS)
    if worked_on and any(
        line.kind == "partial_answer" and line.cycle == case.cycle for line in case.messages
    ):
        return _("%(office)s has answered part of it and works on the rest.", office=office)
    return {
        Status.NEW: _("Received at %(office)s. An officer is being named.", office=office),
        Status.ASSIGNED: _("It is with an officer of %(office)s.", office=office),
        Status.IN_PROGRESS: _("An officer of %(office)s is working on it.", office=office),
        Status.WAITING_CITIZEN: _("%(office)s asked you something. Reply below.", office=office),
        Status.ANSWERED: _("%(office)s has answered you.", office=office),
        Status.CLOSED: _("It is closed."),
        Status.WITHDRAWN: _("You withdrew it."),
    }[Status(case.status)]


def _outside(case: CitizenCase, office: str) -> str:
    """Where a case stands that nobody of the institution sees which it is about."""
    if case.status == Status.WAITING_CITIZEN:
        return _("The ethics officer asked you something. Reply below.")
    if case.status == Status.ANSWERED:
        return _("The ethics officer has answered you.")
    if case.status == Status.NEW:
        return _(
            "Received. An ethics officer outside %(office)s is being named; nobody there sees it.",
            office=office,
        )
    return _(
        "It is with an ethics officer outside %(office)s; nobody there sees it.", office=office
    )


def promise(case: CitizenCase) -> str:
    """By when the citizen is answered; empty once that is done."""
    if Status(case.status) not in OPEN:
        return ""
    if case.late:
        return _(
            "You should have been answered by %(day)s; a higher office is told of it.",
            day=day(case.due_at),
        )
    return _("You are answered by %(day)s at the latest.", day=day(case.due_at))


def waits(case: CitizenCase) -> str:
    """About the clock that waits for the citizen; empty when it runs."""
    if case.pause is None:
        return ""
    return _(
        "The clock waits for your reply until %(day)s at most. Then it runs on.",
        day=day(case.pause.runs_out_at),
    )


def together() -> str:
    """That others wrote about the matter: neither who nor how many, and none of their words."""
    return _("Your case is handled together with others about the same matter.")


def merging(code: str) -> str:
    """What the citizen is told of a case that was joined to another, or taken apart again."""
    apart = code == duplicates.APART
    return _("Your case is handled by itself again.") if apart else together()


def until(case: CitizenCase) -> str:
    """The last day on which the citizen can say whether it is solved."""
    if case.window_ends_at is None:
        return ""
    return last_day(case.window_ends_at)


def _told(case: CitizenCase) -> Iterator[Event]:
    own = [line for line in case.messages if line.author == "citizen"]
    # A question or an answer says by itself that someone has begun.
    said = {line.at for line in case.messages if line.author == "officer" and not line.internal}
    if case.first_response_at is not None and case.first_response_at not in said:
        yield Event(case.first_response_at, _("It is in hand"), "office", name(case.institution))
    for line in case.messages:
        if line.internal:
            continue
        if line.author == "citizen":
            title = _("You sent this") if line is own[0] else _("You wrote")
            if line.kind == "remark":
                title = _("Your word with the rating")
            yield Event(line.at, title, "citizen", body=words(line.body), placed=line.placed)
        elif line.author == "officer":
            stated = case.outcomes.get(line.cycle) if line.kind == "answer" else None
            title = outcome_wording.titled(_said(line), stated)
            told = [line.body, outcome_wording.ground(stated)]
            # A case joined to others, or by itself again: the title says it all.
            body = "" if line.kind == "merge" else words("\n\n".join(filter(None, told)))
            yield Event(line.at, title, "office", name(case.institution), body)
        else:
            letter = final_letter(case)
            yield Event(line.at, _("Final letter"), "office", body=letter, placed=line.placed)


def _said(line: Line) -> str:
    """The officer's name is never told: the institution answers."""
    if line.kind == "merge":
        return merging(line.body)
    return {
        "acknowledgement": _("It is in hand"),
        "question": _("A question to you"),
        "partial_answer": _("Part of the answer"),
        "answer": _("Answer"),
        "extension": _("The office was given more time, for this reason"),
        "reopening": _("The office opened it again, for this reason"),
        "transfer": _("Handed to another institution"),
        "delay_reason": _("Why it takes longer"),
    }.get(line.kind, _("Message"))


def _climbed(case: CitizenCase) -> Iterator[Event]:
    for rung in case.rungs:
        if rung.way == "skipped":
            continue
        reason = {
            "appeal": _("You said it is not fixed: a higher office looks at it"),
            "paper": _("Your letter arrived at a higher office, which now sees it"),
            "acknowledge": _("Nobody had confirmed it in time: a higher office was told"),
            "unowned": _("Nobody had been named for it in time: a higher office was told"),
            "transfer": _("It was handed on several times: a higher office was told"),
            "pause": _("You were asked again late: a higher office was told"),
            "directive": _("An order was not followed in time: taken to a higher office"),
        }.get(rung.clock, _("No answer came in time: taken to a higher office"))
        yield Event(rung.at, reason, "escalation", _post(rung))


def _post(rung: Rung) -> str:
    if rung.post is None:
        return name(rung)
    if rung.post.institution is None:
        return name(rung.post)
    return f"{name(rung.post)}, {name(rung.post.institution)}"


def _paused(case: CitizenCase) -> Iterator[Event]:
    for pause in case.pauses:
        yield Event(pause.starts_at, _("The clock began to wait for your reply"))
        if pause.ends_at is not None:
            yield Event(pause.ends_at, _("The clock runs again"))


def _ended(case: CitizenCase) -> Iterator[Event]:
    if case.closed_at is None:
        return
    if case.status == Status.WITHDRAWN:
        yield Event(case.closed_at, _("You withdrew it"), placed=case.ended)
    elif case.status == Status.CLOSED:
        yield Event(case.closed_at, _("Closed"), placed=case.ended)


def final_letter(case: CitizenCase) -> str:
    """What a citizen is told after the last appeal: what was done, and who stands outside, the next
    body first, with how to reach each."""
    language = new_form.language()
    category = case.category.code if case.category else None
    parts = [
        _(
            "Your case %(reference)s was answered, and opened again each time you said it "
            "was not fixed. The steps inside the public service are used up.",
            reference=case.reference,
        ),
        _("You may now turn to a body outside. The first one is the next for a case like yours:"),
    ]
    named = bodies.bodies_for(category, case.confidentiality, case.institution.code)
    for body in named:
        title = f"{body.said('name', language)} ({body.said('about', language)})."
        if (short := body.said("short", language)).isupper():
            title = f"{short}: {title}"
        reached = ", ".join(filter(None, (body.phone, body.email, body.website)))
        parts.append(f"{title}\n{body.said('how', language)}\n{reached}")
    parts.append(
        _(
            "Show them this reference number. With the proof code that the page of your case "
            "shows you can let them see when you filed it and how late it was, and nothing else."
        )
    )
    return "\n\n".join(parts)
