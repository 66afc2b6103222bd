"""The page of one case and the officer's verbs, the same for the desk and the ethics queue.

Each verb is a POST of its own. A form carries the state of the case that its page showed; when
somebody else changed the case meanwhile, the page comes back with what was typed, and nothing
was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.rules.access import Level
from feedback.rules.learning import Suggestion
from feedback.services import (
    acts,
    attachments,
    desk,
    extracts,
    lowering,
    notices,
    other_ways,
    staffing,
    suggestions,
    unreached,
    views,
)
from feedback.services.errors import Refused
from feedback.services.reference import CategoryInfo, Directory, InstitutionInfo, directory
from feedback.services.views import OfficerCase
from feedback.transaction import transaction
from feedback.web import files, finder, sms, timeline, wording
from feedback.web.formats import name

MOST_TARGETS = 6
"""Institutions offered for a transfer at once: each brings its units into the list."""


class Stale(Exception):
    """The case was changed after the page of the form was made."""


@dataclass(slots=True)
class Attempt:
    """What was posted and could not be done: the verb, the words and the reason."""

    verb: str = ""
    problem: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    stale: bool = False
    of_words: bool = False  # the words are what is wrong, and the message stands beside them


def _words() -> str:
    return request.form.get("body", "").replace("\r\n", "\n").replace("\x00", "")


def _officer() -> int:
    number = request.form.get("officer", type=int)
    if number is None:
        raise Refused("bad-target")
    return number


def _transfer(case_id: UUID) -> None:
    code, _slash, unit = request.form.get("target", "").partition("/")
    if not code:
        raise Refused("bad-target")
    desk.transfer(case_id, code, unit or None, _words(), g.now)


def _problem() -> UUID:
    """The SMS that did not arrive, of which the form speaks."""
    try:
        return UUID(request.form.get("problem", ""))
    except ValueError:
        raise Refused("not-found") from None


def _complete_directive(case_id: UUID) -> None:
    try:
        directive_id = UUID(request.form.get("directive", ""))
    except ValueError:
        raise Refused("not-found") from None
    desk.complete_directive(directive_id, g.now)


VERBS: dict[str, Callable[[UUID], object]] = {
    "acknowledge": lambda case_id: desk.acknowledge(case_id, g.now),
    "answer": lambda case_id: desk.answer(case_id, _words(), g.now),
    "ask": lambda case_id: desk.ask(case_id, _words(), g.now),
    "note": lambda case_id: desk.note(case_id, _words(), g.now),
    "delay": lambda case_id: desk.give_delay_reason(case_id, _words(), g.now),
    "assign": lambda case_id: desk.assign(case_id, _officer(), g.now),
    "transfer": _transfer,
    "classify": lambda case_id: desk.classify(
        case_id, request.form.get("category", ""), request.form.get("confidentiality", ""), g.now
    ),
    "recuse": lambda case_id: desk.recuse(case_id, g.now),
    "exclude": lambda case_id: desk.exclude(case_id, _officer(), g.now),
    "directive": _complete_directive,
    "resend": lambda case_id: other_ways.send_again(case_id, _problem(), g.now),
    "told": lambda case_id: other_ways.told_otherwise(
        case_id, _problem(), request.form.get("way", ""), g.now
    ),
    "lower": lambda case_id: lowering.ask(case_id, g.now),
    "extract": lambda case_id: extracts.hand_over(
        case_id, request.form.get("institution", ""), _words(), g.now
    ),
}


def mount(blueprint: Blueprint, base: str) -> None:
    """Give a blueprint the case page and its verbs; `base` is the list they lead back to."""

    @blueprint.get("/case/<reference>")
    def case(reference: str) -> ResponseReturnValue:
        """One case: what the citizen wants, by when, whose turn, and what may be done."""
        return _page(base, reference, Attempt())

    @blueprint.get("/case/<reference>/file/<int:number>")
    def case_file(reference: str, number: int) -> ResponseReturnValue:
        """A file of the case, for those who may read its words."""
        return file_of(reference, number)

    @blueprint.post("/case/<reference>/<verb>")
    def act(reference: str, verb: str) -> ResponseReturnValue:
        """One act on the case."""
        if verb not in VERBS:
            abort(404)
        return _act(base, reference, verb)


def file_of(reference: str, number: int) -> ResponseReturnValue:
    """A file of a case that the present officer may read; that it was taken is on record."""
    try:
        with transaction():
            found = attachments.fetch(views.case_id_of(reference), number, g.now)
    except Refused:
        abort(404)
    return files.given(*found)


def _act(base: str, reference: str, verb: str) -> ResponseReturnValue:
    if verb == "transfer" and "find" in request.form:
        return _page(base, reference, Attempt(verb, given=request.form))
    still = True
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            acts.locked(case_id)
            if views.for_officer(case_id, g.now).version != request.form.get("seen"):
                raise Stale
            done = VERBS[verb](case_id)
        with transaction():
            still = _visible(reference)
    except Stale:
        return _page(base, reference, Attempt(verb, "", request.form, stale=True)), 409
    except Refused as refused:
        of_words = refused.code in ("empty", "too-long")
        attempt = Attempt(verb, wording.refusal(refused.code), request.form, of_words=of_words)
        return _page(base, reference, attempt), 422
    flash(wording.done(verb, paused=done is not None), "success")
    return redirect(f"{base}/case/{reference}" if still else base, 303)


def _visible(reference: str) -> bool:
    """An officer who hands a case on may lose sight of it by that."""
    try:
        views.case_id_of(reference)
    except Refused:
        return False
    return True


def _page(base: str, reference: str, attempt: Attempt) -> str:
    try:
        with transaction():
            case = views.for_officer(views.case_id_of(reference), g.now)
            sent = attachments.of_case(case.id)
            d = directory()
            takers = staffing.takers(case.institution.id, case.confidentiality, case.handler_id)
            colleagues = staffing.everyone(case.institution.id)
            may_lower, lowering_waits = lowering.offer(case.id, case.confidentiality)
            handed_over = _extracts(case)
            pointed = _pointed_at(case)
            g.unread = notices.unread()
    except Refused:
        abort(404)
    said = [line for line in case.messages if line.author == "citizen"]
    return render_template(
        "desk/case.html",
        base=base,
        case=case,
        attempt=attempt,
        wording=wording,
        due=wording.due(case.days_left, late=case.late),
        files=files.shown(sent, f"{base}/case/{case.reference}/file"),
        items=timeline.items(case),
        problems=unreached.standing(case.problems),
        sms=sms,
        wants=said[0] if said else None,
        latest=said[-1] if case.unread and len(said) > 1 else None,
        turn=_turn(case),
        takers=[(each.id, f"{each.name} · {_unit_name(d, each.unit_id)}") for each in takers],
        colleagues=[(o.id, o.name) for o in colleagues if o.id != current_user.officer_id],
        targets=_targets(d, case, attempt.given.get("institution_query", ""), pointed),
        subject_hint=_hint(pointed.category, d.categories_by_code),
        institution_hint=_hint(pointed.institution, d.institutions_by_code),
        categories=[
            (c.code, name(c)) for c in d.categories.values() if c.applies(case.institution.kind)
        ],
        levels=_levels(case),
        is_own=case.handler_id == current_user.officer_id,
        may_lower=may_lower,
        lowering_waits=lowering_waits,
        extracts=handed_over,
        extract_targets=_extract_targets(d, case),
        draft=_draft(case),
    )


def _pointed_at(case: OfficerCase) -> suggestions.Shown:
    """What the citizen's first words point at, for an officer who reads them and may act on it."""
    said = [line.body for line in case.messages if line.author == "citizen"]
    if not said or not {"classify", "transfer"} & case.allowed:
        return suggestions.Shown()
    category = case.category.code if case.category else None
    return suggestions.of_words(said[0], category, case.institution.code)


def _hint(
    suggestion: Suggestion | None, known: Mapping[str, CategoryInfo] | Mapping[str, InstitutionInfo]
) -> tuple[str, str] | None:
    """The words that say so, and the name that they point at."""
    if suggestion is None:
        return None
    return ", ".join(suggestion.words), name(known[suggestion.label])


def _is_ethics(case: OfficerCase) -> bool:
    return case.confidentiality == Level.RESTRICTED and "ethics" in current_user.roles


def _extracts(case: OfficerCase) -> list[extracts.ExtractView]:
    return extracts.of_case(case.id) if _is_ethics(case) else []


def _extract_targets(d: Directory, case: OfficerCase) -> list[tuple[str, str]]:
    """Institutions to whose head an ethics officer may hand an extract; none to anyone else."""
    if not _is_ethics(case):
        return []
    return [(each.code, name(each)) for each in extracts.targets(d, case.institution.id)]


def _draft(case: OfficerCase) -> str:
    """What an extract begins with: the citizen's words, from which parts are then taken out."""
    if not _is_ethics(case):
        return ""
    said = [line.body for line in case.messages if line.author == "citizen"]
    return "\n\n".join(said)[: acts.LONGEST]


def _turn(case: OfficerCase) -> str:
    """Whose turn it is, in one sentence."""
    if case.status in ("closed", "withdrawn"):
        return _("Nobody's: the case has ended.")
    if case.status == "answered":
        return _("The citizen's: accept the answer or say that it is not fixed.")
    if case.status == "waiting_citizen":
        return _("The citizen's: your question waits for a reply.")
    if case.handler_id is None:
        return _("Nobody's yet: the case needs an owner.")
    if case.handler_id == current_user.officer_id:
        return _("Yours.")
    return _("%(name)s's turn.", name=case.handler_name or "–")


def _unit_name(d: Directory, unit_id: int) -> str:
    unit = d.units.get(unit_id)
    return name(unit) if unit else "–"


def _targets(
    d: Directory, case: OfficerCase, query: str, pointed: suggestions.Shown
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where a case may be transferred: what was searched, else what the words point at, then other
    units of the own institution. None is chosen beforehand.

    The value holds both codes, so that institution and unit always fit together.
    """
    found: list[InstitutionInfo] = []
    if query.strip():
        exact = d.institutions_by_code.get(query.strip().upper())
        found = [exact] if exact else finder.search(d, query)[:MOST_TARGETS]
    elif pointed.institution is not None:
        found = [d.institutions_by_code[pointed.institution.label]]
    groups = []
    for institution in dict.fromkeys([*found, case.institution]):
        units = [
            (f"{institution.code}/{unit.code}", name(unit))
            for unit in d.units_of(institution.id)
            if unit.id != (case.unit.id if case.unit else 0)
        ]
        if institution.id != case.institution.id:
            units.insert(0, (f"{institution.code}/", _("The unit that deals with this subject")))
        groups.append((name(institution), units))
    return groups


def _levels(case: OfficerCase) -> list[tuple[str, str, str]]:
    """Levels that may be set: the present one and stricter ones; the ordinary one too where only
    triage's caution set the level."""
    every = [
        (Level.OPEN, _("Ordinary"), _("The officers of the unit and their superiors read it.")),
        (
            Level.CONFIDENTIAL,
            _("Confidential"),
            _("Only the officer in charge, the head, and a higher post if it is late."),
        ),
        (
            Level.RESTRICTED,
            _("Ethics only"),
            _("It goes to an ethics officer outside the institution, and leaves your desk."),
        ),
    ]
    order = [level for level, _label, _hint in every]
    least = order.index(Level(case.confidentiality))
    if case.cautious and case.confidentiality == Level.CONFIDENTIAL:
        least = 0
    return [(level.value, label, hint) for level, label, hint in every[least:]]
