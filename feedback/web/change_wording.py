"""Reference data and its changes as words for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from flask_babel import format_date
from flask_babel import gettext as _

from feedback.rules import changes as rules
from feedback.services.changes import planning, previews
from feedback.services.changes.planning import Change, Plan
from feedback.services.reference import Directory
from feedback.web import boards
from feedback.web.formats import day as day_in_words
from feedback.web.formats import name

SLUGS = {
    "institutions": "institution",
    "units": "unit",
    "subjects": "category",
    "standards": "standard",
    "ladders": "rung",
    "ladder-choices": "choice",
    "new-ladders": "ladder",
    "people": "officer",
}
"""What each address of the administration keeps."""
ADDRESS = {subject: slug for slug, subject in SLUGS.items()}


def title(slug: str) -> str:
    """The name of a page."""
    return {
        "institutions": _("Institutions"),
        "units": _("Units"),
        "subjects": _("Subjects"),
        "standards": _("Service standards"),
        "ladders": _("Ladders"),
        "ladder-choices": _("Ladders of subjects"),
        "new-ladders": _("New ladders"),
        "people": _("Officers"),
    }[slug]


def one(subject: str) -> str:
    """One row of a kind, as a heading says it."""
    return {
        "institution": _("Institution"),
        "unit": _("Unit"),
        "category": _("Subject"),
        "standard": _("Service standard"),
        "rung": _("Rung"),
        "choice": _("Ladder of a subject"),
        "ladder": _("Ladder"),
        "officer": _("Officer"),
    }[subject]


def adds(subject: str) -> str:
    """The link to the form for a new one."""
    return {
        "institution": _("Add an institution"),
        "unit": _("Add a unit"),
        "category": _("Add a subject"),
        "standard": _("Add a standard"),
        "rung": _("Add a rung on top"),
        "choice": _("Give a subject a ladder of its own"),
        "ladder": _("Make a new ladder"),
        "officer": _("Add an officer"),
    }[subject]


def act(code: str) -> str:
    """What a change does."""
    return {"add": _("Add"), "change": _("Change"), "close": _("Close")}[code]


def label(subject: str, field: str) -> str:
    """The label of a field."""
    known = {
        "code": _("Code"),
        "kind": _("Kind of institution"),
        "name_sw": _("Name in Swahili"),
        "name_en": _("Name in English"),
        "parent": _("Institution above"),
        "ladder": _("Ladder"),
        "region": _("Region"),
        "sector": _("Sector"),
        "aliases": _("Other names that citizens use, one a line"),
        "contact": _("Contact: telephone, address, hours"),
        "institution": _("Institution"),
        "is_default": _("Gets what no other unit is for"),
        "applies_to": _("Institutions that deal with it"),
        "unit_code": _("Unit that gets it"),
        "confidentiality": _("Confidentiality to begin with"),
        "standard": _("Service standard"),
        "keywords_sw": _("Words of citizens in Swahili, one a line"),
        "keywords_en": _("Words of citizens in English, one a line"),
        "sort": _("Place in the list"),
        "scope": _("For whom"),
        "acknowledge_days": _("Working days for the acknowledgement"),
        "answer_days": _("Working days for the answer"),
        "max_rung": _("Highest rung"),
        "extension_days_max": _("Working days of extension, at most"),
        "source": _("On what it rests"),
        "rung": _("Rung"),
        "post": _("Post"),
        "at": _("Where the post is"),
        "days": _("Working days on this rung"),
        "digest": _("One list a day in place of single notices"),
        "copy": _("Copy to the head of this institution"),
        "reads": _("May open the case and give orders; else it is told, and no more"),
        "explains": _("The handler must say why the case came so far"),
        "category": _("Subject"),
        "origin": _("Copy of"),
        "name": _("Full name"),
        "username": _("User name"),
        "unit": _("Unit"),
        "roles": _("Roles"),
        "language": _("Language"),
        "successor": _("Who takes over"),
    }
    if subject == "standard" and field == "kind":
        return _("Kind of case")
    if subject == "standard" and field == "confidentiality":
        return _("Confidentiality")
    if subject == "ladder" and field == "code":
        return _("Name of the ladder")
    return known.get(field, field)


def hint(field: str, subject: str = "") -> str:
    """What helps to fill a field in."""
    if subject == "ladder" and field == "code":
        return _("Small letters, digits and hyphens, such as council-roads. It never changes.")
    if field == "code":
        return _("Capital letters, digits and hyphens, such as DODOMA-CC. It never changes.")
    return {
        "parent": _("Its code or its name. Escalations to the office above go there."),
        "scope": _("* for all, a kind such as council, or the code of one institution."),
        "max_rung": _("Left empty, a case may climb to the top of its ladder."),
        "copy": _("The code of an institution, or nothing."),
        "origin": _("The new ladder begins with the rungs of this one. Change them afterwards."),
        "sort": _("Small numbers come first."),
    }.get(field, "")


def institution_kind(code: str) -> str:
    """The name of a kind of institution."""
    return {
        "*": _("All institutions"),
        "office": _("Office"),
        "ministry": _("Ministry"),
        "agency": _("Agency"),
        "region": _("Regional secretariat"),
        "council": _("Council"),
    }.get(code, code)


def ladder(code: str) -> str:
    """The name of a ladder."""
    return {
        "restricted": _("Restricted cases"),
        "council-znz": _("Council in Zanzibar"),
        "region-znz": _("Region in Zanzibar"),
    }.get(code) or institution_kind(code)


def post(code: str) -> str:
    """The kind of a post, which has a name of its own in each institution."""
    return {
        "unit_head": _("Head of the unit"),
        "hr_head": _("Head of administration and human resources"),
        "institution_head": _("Head of the institution"),
        "coordinator": _("Complaints coordinator"),
        "ethics_senior": _("Senior ethics officer"),
        "ethics_head": _("Head of the Ethics Secretariat"),
        "ethics_post": _("Ethics officer designated by the Chief Secretary"),
    }.get(code, code)


def case_kind(code: str) -> str:
    """The name of a kind of case."""
    return _("Any kind of case") if code == "*" else boards.kind(code)


def level(code: str) -> str:
    """The name of a level of confidentiality."""
    return {
        "open": _("Ordinary"),
        "confidential": _("Confidential"),
        "restricted": _("Ethics only"),
        "*": _("Any confidentiality"),
    }.get(code, code)


def place(code: str, d: Directory) -> str:
    """Where the post of a rung is."""
    if code.startswith("code:"):
        named = d.institutions_by_code.get(code.removeprefix("code:"))
        return name(named) if named else code
    return {
        "unit": _("The unit of the case"),
        "institution": _("The institution of the case"),
        "parent": _("The institution above it"),
    }.get(code, code)


def scope(code: str, d: Directory) -> str:
    """Whom a standard binds."""
    named = d.institutions_by_code.get(code)
    return name(named) if named else institution_kind(code)


def subject_name(code: str, d: Directory) -> str:
    """The name of what a case is about."""
    return name(d.categories_by_code.get(code)) or code


def value(subject: str, field: str, said: Any, d: Directory) -> str:
    """What a field says."""
    if said is None or said == "" or said == []:
        return "–"
    if isinstance(said, bool):
        return _("yes") if said else _("no")
    if field == "applies_to":
        return ", ".join(institution_kind(each) for each in said)
    if isinstance(said, list):
        return ", ".join(str(each) for each in said)
    words = {
        "at": lambda: place(said, d),
        "post": lambda: post(said),
        "scope": lambda: scope(said, d),
        "ladder": lambda: ladder(said),
        "origin": lambda: ladder(said),
        "category": lambda: subject_name(said, d),
        "confidentiality": lambda: level(said),
        "language": lambda: {"sw": "Kiswahili", "en": "English"}.get(said, said),
    }
    if field == "kind":
        return case_kind(said) if subject == "standard" else institution_kind(said)
    return words[field]() if field in words else str(said)


def problem(code: str) -> str:
    """Why a value or a line does not fit, and what to do."""
    return {
        "empty": _("This must not be empty."),
        "too-long": _("This is too long."),
        "bad-code": _("Use capital letters, digits and hyphens, at most 20, such as DODOMA-CC."),
        "bad-word": _("Use small letters, digits and hyphens, at most 20, such as council-roads."),
        "bad-number": _("Write a whole number within the bounds, such as 14."),
        "bad-choice": _("Choose from the list."),
        "unknown": _("This is not known. Write the code, or the whole name."),
        "taken": _("This is there already, or planned."),
        "fixed": _("This differs from what is there, and it never changes."),
        "below-itself": _("An institution cannot stand below itself."),
        "needs-default": _("Choose another unit for this instead; there must always be one."),
        "before-first": _("The answer cannot be due before the acknowledgement."),
        "not-top": _("Rungs are added and taken away at the top only."),
        "elsewhere": _("The officer works in another institution. Make a new account there."),
        "closed": _("This is closed."),
        "twice": _("The same stands in an earlier line."),
        "formula": _("A cell begins like a formula. Take the sign away."),
        "short": _("Cells are missing in this line."),
        "name-taken": _("Another officer has this user name. Choose another."),
        "occupied": _("It has open cases or officers. Say who takes over."),
        "bad-successor": _("Choose another open one, not below the one that closes."),
        "is-home": _("This is the institution that runs the system. It cannot close."),
        "in-ladder": _("A ladder leads to this institution. Change the ladder first."),
        "has-children": _("Institutions stand below it. Say who takes over."),
        "is-default": _("It gets what no other unit is for. Give that to another unit first."),
        "is-base": _("Every case falls back on this standard. It cannot close."),
        "in-use": _("Subjects use this standard. Give them another first."),
        "not-allowed": _("This cannot be closed here."),
        "bad-date": _("Choose a day that is not past."),
        "not-found": _("This was not found."),
        "unchanged": _("Nothing is different from what is there."),
        "needs-second": _("No second administrator agreed."),
        "gone": _("This was decided already."),
        "altered": _("The file, or what it is compared with, has changed. Look at it again."),
    }.get(code, _("This could not be done. Check what you entered."))


def file_problem(code: str, about: str) -> str:
    """Why a file cannot be read."""
    return {
        "empty": _("Choose a file with a header and at least one line."),
        "too-big": _("The file is too big. At most 300 KB are taken."),
        "too-many-lines": _("The file has more than 2,000 lines. Divide it."),
        "no-column": _("The column %(name)s is missing.", name=about),
        "twice-column": _("The column %(name)s stands there twice.", name=about),
    }.get(code, _("This is no CSV file. Save the table as CSV and try again."))


FATES = ("created", "changed", "unchanged", "refused")


def fate(code: str) -> str:
    """What becomes of a line."""
    return {
        "created": _("New"),
        "changed": _("Changes"),
        "unchanged": _("Stays as it is"),
        "refused": _("Line refused"),
    }[code]


def note(code: str) -> str:
    """What of a line is left out."""
    return _("The roles stay: change them on the officer's page.") if code else ""


def state(change: Change) -> str:
    """How a change stands."""
    return {
        "asked": _("Waits for a second administrator"),
        "planned": _("Planned"),
        "done": _("Done"),
        "cancelled": _("Cancelled"),
        "refused": _("Refused"),
        "failed": _("Could not be done"),
        "superseded": _("Replaced by an import"),
    }[change.state]


def previewed(found: Mapping[str, Any]) -> str:
    """On what a preview rests."""
    month = format_date(date.fromisoformat(f"{found['month']}-01"), "MMMM y")
    if found["late"] is None:
        return _("%(month)s: fewer than 10 clocks were missed.", month=month)
    said = _(
        "%(month)s: played through again with the clocks that were missed (about %(late)s), as if "
        "every post had been filled. Counts are cut down to tens; below ten nothing is shown.",
        month=month,
        late=found["late"],
    )
    if not found["sampled"]:
        return said
    sample = _("The counts are of a random sample of about %(n)s of them.", n=found["played"])
    return f"{said} {sample}"


def preview_rows(
    kind: Mapping[str, Any], change: Change, d: Directory
) -> list[tuple[str, str, str]]:
    """Each rung with how many reached it as it was and as it would have been, then the cases that
    came to the two highest rungs. Rungs of two ladders are other offices: those have no name."""
    own = change.key.partition("/")[0] if change.subject == "rung" else ""
    names = {n: named(*d.ladder_names[own, n]) for who, n in d.ladder_names if who == own}
    rows = [
        (f"{n}. {names[n]}" if n in names else str(n), was, would)
        for n, was, would in kind["rungs"]
    ]
    rows.append((_("Cases on the two highest rungs"), *kind["high"]))
    return [(label, _counted(was), _counted(would)) for label, was, would in rows]


def _counted(count: int | None) -> str:
    return _("fewer than 10") if count is None else str(count)


def begins(day: date | None) -> str:
    """From when a change holds, to begin a sentence."""
    return _("From %(day)s", day=day_in_words(day)) if day else _("At once")


def sentences(plan: Plan, values: Mapping[str, Any], day: date | None, d: Directory) -> list[str]:
    """What a plan will do, in plain words."""
    said = [_sentence(plan, values, begins(day), d)]
    if plan.subject in ("standard", "rung", "choice", "category") or plan.act == "close":
        said.append(_("The clocks of running cases stay as they are."))
    played = previews.touches(plan.subject, plan.act, plan.said)
    if played:
        said.append(_("Before it holds it is worked out what it would have done last month."))
    if plan.needs_second and planning.somebody_else():
        said.append(_("It holds only when a second administrator has agreed."))
    elif plan.needs_second:
        said.append(_("There is no second administrator: it is saved alone, with an alarm."))
        if played:
            said.append(_("To see the count before it holds, choose a later day."))
    return [each for each in said if each]


def _whom(v: Mapping[str, Any], d: Directory) -> str:
    """For whom a standard holds, and for which confidentiality where it is not for any."""
    where, which = scope(v["scope"], d), v.get("confidentiality", "*")
    return where if which == "*" else f"{where}, {level(which)}"


def _sentence(plan: Plan, v: Mapping[str, Any], when: str, d: Directory) -> str:
    if plan.act == "close":
        return _closes(plan, when)
    if plan.subject == "standard":
        return _(
            "%(when)s new cases (%(standard)s, %(kind)s, %(whom)s) are acknowledged within "
            "%(first)s working days and answered within %(last)s. Highest rung: %(rung)s.",
            when=when,
            standard=v["code"],
            kind=case_kind(v["kind"]),
            whom=_whom(v, d),
            first=v["acknowledge_days"],
            last=v["answer_days"],
            rung=v["max_rung"] or _("the top of the ladder"),
        )
    if plan.subject == "rung":
        return _(
            "%(when)s a case that climbs to rung %(rung)s of the ladder “%(ladder)s” reaches "
            "%(name)s (%(place)s) and stays there for %(days)s working days. Cases that stand on "
            "it already keep their time.",
            when=when,
            rung=v["rung"],
            ladder=ladder(v["ladder"]),
            name=_either(v),
            place=place(v["at"], d),
            days=v["days"],
        )
    if plan.subject == "choice":
        return _(
            "%(when)s cases about “%(subject)s” (%(whom)s) climb the ladder “%(ladder)s”. A case "
            "on the way keeps its rung and goes on there.",
            when=when,
            subject=subject_name(v["category"], d),
            whom=scope(v["scope"], d),
            ladder=ladder(v["ladder"]),
        )
    if plan.subject == "ladder":
        return _(
            "%(when)s there is a ladder “%(ladder)s” with the rungs of “%(origin)s”. No case "
            "climbs it until a subject or an institution is given it.",
            when=when,
            ladder=v["code"],
            origin=ladder(v["origin"]),
        )
    if plan.subject == "category":
        return _(
            "%(when)s new cases about “%(name)s” go to the unit %(unit)s, begin as %(level)s and "
            "follow the standard %(standard)s.",
            when=when,
            name=_either(v),
            unit=v["unit_code"],
            level=level(v["confidentiality"]),
            standard=v["standard"],
        )
    if plan.act == "add":
        return _("%(when)s this is added: %(name)s.", when=when, name=_either(v))
    return _("%(when)s this changes:", when=when)


def _either(values: Mapping[str, Any]) -> str:
    return named(str(values.get("name_sw", "")), str(values.get("name_en", "")))


class _Named(NamedTuple):
    name_sw: str
    name_en: str


def named(swahili: str, english: str) -> str:
    """The one of two names that fits the page's language."""
    return name(_Named(swahili, english))


def _closes(plan: Plan, when: str) -> str:
    heir = str(plan.said.get("successor", ""))
    if heir:
        return _(
            "%(when)s %(key)s is closed. Officers and open cases go to %(heir)s; posts there end.",
            when=when,
            key=plan.key,
            heir=heir,
        )
    return _("%(when)s %(key)s is closed: nothing new goes there.", when=when, key=plan.key)


def differences(
    subject: str, said: Mapping[str, Any], before: Mapping[str, Any], d: Directory
) -> list[tuple[str, str, str]]:
    """Label, what it says now and what it will say, of each field that a change names."""
    order = [field.name for field in rules.FIELDS[subject]]
    return [
        (
            label(subject, field),
            value(subject, field, before.get(field), d),
            value(subject, field, said[field], d),
        )
        for field in sorted(said, key=lambda f: order.index(f) if f in order else len(order))
    ]
