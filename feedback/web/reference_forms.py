"""The form of a row of reference data: read as typed, and its fields as the page shows them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import g, request

from feedback.clock import local_day
from feedback.models.columns import KINDS, LEVELS
from feedback.rules import changes as rules
from feedback.services.changes import subjects
from feedback.services.changes.subjects import Values
from feedback.services.errors import Refused
from feedback.services.reference import Directory
from feedback.web import change_wording as words
from feedback.web import finder, forms
from feedback.web.formats import name


@dataclass(slots=True)
class ThingForm:
    """The form of a row: what was typed, by field, and from when it is to hold.

    seen: a mark of the row as the form was made from it. shown: a mark of what was previewed.
    """

    subject: str
    key: str | None
    values: Values
    seen: str = ""
    shown: str = ""
    begins: str = "now"
    day: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, subject: str, key: str | None, d: Directory) -> ThingForm:
        """The form as it was posted."""
        given = request.form
        values = {
            each.name: posted(each, d)
            for each in rules.FIELDS[subject]
            if key is None or not each.fixed
        }
        return cls(
            *(subject, key, values, given.get("seen", ""), given.get("shown", "")),
            *(given.get("begins", "now"), given.get("day", "")),
        )

    def chosen_day(self) -> date | None:
        """From when; Refused: bad-date."""
        if self.begins != "day":
            return None
        try:
            day = date.fromisoformat(self.day)
        except ValueError:
            raise Refused("bad-date") from None
        if day < local_day(g.now):
            raise Refused("bad-date")
        return day


def posted(each: rules.Field, d: Directory) -> Any:
    """One value as the services take it; what is no number stays as it was typed."""
    typed = request.form.get(each.name, "")
    line = forms.line(typed)
    if each.kind == "flag":
        return typed == "1"
    if each.kind == "choices":
        return request.form.getlist(each.name)
    if each.kind == "list":
        return [kept for raw in forms.words(typed).split("\n") if (kept := forms.line(raw))]
    if each.kind == "number":
        return int(line) if line.isascii() and line.isdecimal() else (line or None)
    if each.kind == "code" or each.name == "copy":
        return line.upper()
    if each.kind == "word":
        return line.lower()
    if each.name in ("parent", "institution") and line:
        found = d.institutions_by_code.get(line.upper()) or finder.exact(d, line)
        return found.code if found else line
    if each.name == "scope":
        return line.lower() if line.lower() in subjects.INSTITUTION_KINDS else line.upper()
    return line


def mark(values: Values) -> str:
    """A short mark that differs where values do."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def blank(subject: str, d: Directory) -> Values:
    """The values of a new row before anything is typed; a link may fill some."""
    values: Values = {f.name: request.args.get(f.name, "") for f in rules.FIELDS[subject]}
    values |= {"applies_to": ["*"], "aliases": [], "keywords_sw": [], "keywords_en": []}
    if subject == "rung":
        asked = request.args.get("ladder", "")
        numbers = [rung.number for rung in d.ladder(asked)]
        values |= {"ladder": asked or "council", "rung": rules.top_rung(numbers) + 1, "days": 3}
        values |= {"reads": True, "explains": True}
    if subject == "choice":
        values |= {"scope": values["scope"] or "*"}
    if subject == "standard":
        values |= rules.DEFAULTS[subject]
        values |= {"scope": values["scope"] or "*", "code": values["code"] or "STANDARD"}
    return values


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as the template shows it."""

    name: str
    kind: str
    label: str
    hint: str
    options: list[tuple[str, str]]
    value: Any
    required: bool
    most: int


def shown(each: rules.Field, subject: str, values: Values, d: Directory) -> Shown:
    """A field with its label, what stands in it and what there is to choose."""
    value = values.get(each.name)
    if each.kind == "list":
        value = "\n".join(value or [])
    return Shown(
        each.name,
        each.kind,
        words.label(subject, each.name),
        words.hint(each.name, subject),
        options(each, subject, values, d),
        "" if value is None else value,
        each.required,
        each.most,
    )


def options(each: rules.Field, subject: str, values: Values, d: Directory) -> list[tuple[str, str]]:
    """What a field is chosen from."""
    if each.kind not in ("choice", "choices"):
        return []
    kinds = [(kind, words.institution_kind(kind)) for kind in subjects.INSTITUTION_KINDS]
    if each.name == "kind":
        cases = [(kind, words.case_kind(kind)) for kind in (*KINDS, "*")]
        return cases if subject == "standard" else kinds
    choices = {
        "ladder": lambda: _ladders(d, subject),
        "origin": lambda: _ladders(d, subject),
        "category": lambda: [(c.code, name(c)) for c in d.categories_by_code.values()],
        "applies_to": lambda: [("*", words.institution_kind("*")), *kinds],
        "unit_code": lambda: [(code, _unit_name(code, d)) for code in subjects.unit_codes()],
        "confidentiality": lambda: [
            (level, words.level(level)) for level in (*LEVELS, *(["*"] * (subject == "standard")))
        ],
        "standard": lambda: [(code, code) for code in subjects.standard_codes(d)],
        "post": lambda: [(kind, words.post(kind)) for kind in subjects.post_kinds()],
        "at": lambda: _places(d),
        "unit": lambda: _own_units(str(values.get("unit", "")), d),
    }
    return choices[each.name]()


def _ladders(d: Directory, subject: str) -> list[tuple[str, str]]:
    """The ladders by name. Which cases climb the one of restricted cases nobody chooses."""
    codes = sorted(d.ladders) if subject == "rung" else subjects.ordinary_ladders(d)
    return [(code, words.ladder(code)) for code in codes]


def _unit_name(code: str, d: Directory) -> str:
    found = next((u for u in d.units.values() if u.code == code), None)
    return f"{name(found)} ({code})" if found else code


def _places(d: Directory) -> list[tuple[str, str]]:
    offices = [i for i in d.institutions_by_code.values() if i.kind in ("office", "ministry")]
    codes = [*subjects.PLACES, *(f"code:{i.code}" for i in offices)]
    return [(code, words.place(code, d)) for code in codes]


def _own_units(key: str, d: Directory) -> list[tuple[str, str]]:
    institution = d.institutions_by_code.get(key.partition("/")[0])
    if institution is None:
        return []
    return [(f"{institution.code}/{u.code}", name(u)) for u in d.units_of(institution.id)]
