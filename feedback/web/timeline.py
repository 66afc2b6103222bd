"""What happened to a case, in order, as officers read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from flask_babel import gettext as _

from feedback.services import duplicates
from feedback.services.lines import Line
from feedback.services.views import OfficerCase, Rung
from feedback.web import letter_wording, outcome_wording, sms, wording
from feedback.web.formats import day, moment, name, words

Item = dict[str, str]


def items(case: OfficerCase, *, messages_only: bool = False) -> list[Item]:
    """The timeline for `macros/case.html`, the oldest first: all of it, or what was written."""
    found: list[tuple[datetime, Item]] = []
    for at, item in _all(case):
        if messages_only and "said" not in item:
            continue
        found.append((at, _when(at) | item))
    return [item for _at, item in sorted(found, key=lambda pair: pair[0])]


def said(lines: Iterable[Line]) -> list[Item]:
    """Messages alone, for what is new among them."""
    return [_line(line, first=False) | _when(line.at) for line in lines]


def _said(case: OfficerCase) -> Iterator[tuple[datetime, Item]]:
    """What was written, an answer with its outcome."""
    wants = next((line for line in case.messages if line.author == "citizen"), None)
    for line in case.messages:
        item = _line(line, first=line is wants) | _when(line.at)
        stated = case.outcomes.get(line.cycle) if line.kind == "answer" else None
        if stated is not None:
            item["title"] = outcome_wording.titled(item["title"], stated)
            why = outcome_wording.ground(stated)
            item["body"] = words("\n\n".join(filter(None, [line.body, why])))
        yield line.placed, item


def _all(case: OfficerCase) -> Iterator[tuple[datetime, Item]]:
    yield from _said(case)
    if not case.may_read_words:
        yield case.received_at, {"kind": "citizen", "title": _("The case was received")}
    for held in case.held:
        title = _("Given to an officer") if held.handler_name else _("Without an owner")
        # The unit of a restricted case is the one complained about, not its ethics officer's.
        ethics = case.confidentiality == "restricted" and held.ended_at is None
        places = () if ethics else (held.unit, held.institution)
        where = " · ".join(name(each) for each in places if each)
        who = ", ".join(part for part in (held.handler_name, where) if part)
        yield held.at, {"kind": "system", "title": title, "who": who}
    for rung in case.rungs:
        yield rung.at, {"kind": "escalation", "title": climbed(rung), "who": _post(rung)}
    for order in case.directives:
        yield (
            order.at,
            {
                "kind": "directive",
                "title": _("An explanation is demanded by %(day)s", day=day(order.due_on))
                if order.kind == "explanation"
                else _("Directive, due %(day)s", day=day(order.due_on)),
                "body": words(order.body),
                "who": name(order.post) if order.post else "",
            },
        )
        if order.done_at:
            done = _("The explanation was given")
            followed = _("The directive was followed")
            title = done if order.kind == "explanation" else followed
            yield order.done_at, {"kind": "office", "title": title}
    yield from _decided(case)
    for letter in case.letters:
        title = _("A letter of the citizen arrived at %(office)s", office=name(letter.office))
        said, who = letter_wording.arrival(letter), _("seen by officers only")
        yield letter.at, {"kind": "note", "title": title, "body": said, "who": who}
    for pause in case.pauses:
        title = _(
            "The clock waits for the citizen, at most until %(day)s", day=day(pause.runs_out_at)
        )
        yield pause.starts_at, {"kind": "system", "title": title}
        if pause.ends_at:
            yield pause.ends_at, {"kind": "system", "title": _("The clock runs on")}
    yield from _unreached(case)
    if case.closed_at and case.ended:
        yield case.ended, {"kind": "system", "title": _("Closed"), **_when(case.closed_at)}


def _decided(case: OfficerCase) -> Iterator[tuple[datetime, Item]]:
    for each in case.decisions:
        accepted = _("Late, reason accepted: the clock runs on")
        refused = _("The reason was not accepted: another one is demanded")
        title, who = accepted if each.accepted else refused, name(each.post) if each.post else ""
        yield each.at, {"kind": "directive", "title": title, "who": who}


def _unreached(case: OfficerCase) -> Iterator[tuple[datetime, Item]]:
    for problem in case.problems:
        yield problem.at, {"kind": "late", "title": sms.not_reached(problem.outcome)}
        if problem.settled_at:
            title, who = sms.way(problem.way or ""), problem.officer_name or ""
            yield problem.settled_at, {"kind": "office", "title": title, "who": who}


def _when(at: datetime) -> Item:
    return {"when": moment(at), "at": at.isoformat()}


def climbed(rung: Rung) -> str:
    """A rung that was climbed, and how it was reached."""
    title = _("Taken to rung %(number)s: %(name)s", number=rung.number, name=name(rung))
    way = {
        "deputy": _("to the deputy"),
        "letter": _("by letter"),
        "skipped": _("skipped"),
    }.get(rung.way)
    told = [each for each in (way, wording.why_so(rung.why)) if each]
    reached = f"{title} ({'; '.join(told)})" if told else title
    return f"{reached}: {wording.driver(rung.clock)}"


def _post(rung: Rung) -> str:
    if rung.post is None:
        return ""
    place = f", {name(rung.post.institution)}" if rung.post.institution else ""
    return f"{name(rung.post)}{place}"


def _line(line: Line, *, first: bool) -> Item:
    titles = {
        "citizen": _("The case was received") if first else _("The citizen wrote"),
        "remark": _("The citizen's word with the rating"),
        "acknowledgement": _("Acknowledged"),
        "question": _("Question to the citizen"),
        "partial_answer": _("Part of the answer to the citizen"),
        "answer": _("Answer to the citizen"),
        "opinion_request": _("An opinion was asked for"),
        "opinion": _("Opinion"),
        "extension_request": _("More time was asked for"),
        "extension": _("No more time was given")
        if line.internal
        else _("More time was given, and the citizen told why"),
        "reopening": _("The office opened the case again"),
        "note": _("Internal note"),
        "transfer": _("Reason for the transfer"),
        "delay_reason": _("Reason for the delay"),
        "final_letter": _("The final letter was given"),
        "merge": _("The citizen was told that it is handled together with others"),
    }
    kinds = dict.fromkeys(("note", "transfer", "delay_reason", "opinion_request"), "note")
    kinds |= {
        "citizen": "citizen",
        "remark": "citizen",
        "opinion": "note",
        "extension_request": "note",
    }
    who = line.officer_name or (_("Citizen") if line.author == "citizen" else "")
    if line.author == "joined":
        who = _("Citizen of %(reference)s", reference=line.reference)
    if line.internal:
        # Not within an f-string: the extractor of translations does not look into those.
        seen = _("seen by officers only")
        who = f"{who} · {seen}"
    title = titles.get(line.kind, line.kind)
    if line.kind == "merge" and line.body == duplicates.APART:
        title = _("The case stands alone again")
    return {
        "kind": kinds.get(line.kind, "office"),
        "title": title,
        "who": who,
        "said": "1",
        # The first message stands above, as what the citizen wants.
        "body": "" if first or line.kind in ("final_letter", "merge") else words(line.body),
    }
