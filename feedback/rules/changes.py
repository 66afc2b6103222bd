"""What administrators may set on screen: fields, what each takes, and which changes need a second.

Codes of problems are words for `web/change_wording.py`: empty, too-long, bad-code, bad-number,
bad-word, bad-choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_CODE = 20
LONGEST_LIST = 80
MOST_DAYS = 260  # about a year of working days
LEVELS = ("open", "confidential", "restricted")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is set.

    kind: code, word (of small letters), line, list (one a line), number, choice, choices, flag.
    fixed: it names the row, and is set once. most: characters, entries of a list, or the number.
    """

    name: str
    kind: str = "line"
    required: bool = True
    fixed: bool = False
    most: int = 160
    least: int = 0


NAMES = (Field("name_sw"), Field("name_en"))
FIELDS: Mapping[str, tuple[Field, ...]] = {
    "institution": (
        Field("code", "code", fixed=True),
        Field("kind", "choice", fixed=True),
        *NAMES,
        Field("parent", "line", required=False),
        Field("ladder", "choice"),
        Field("region", required=False, most=60),
        Field("sector", required=False, most=60),
        Field("aliases", "list", required=False, most=40),
        Field("contact", required=False, most=300),
    ),
    "unit": (
        Field("institution", "line", fixed=True),
        Field("code", "code", fixed=True),
        *NAMES,
        Field("is_default", "flag", required=False),
    ),
    "category": (
        Field("code", "code", fixed=True),
        *NAMES,
        Field("applies_to", "choices"),
        Field("unit_code", "choice"),
        Field("confidentiality", "choice"),
        Field("standard", "choice"),
        Field("keywords_sw", "list", required=False, most=200),
        Field("keywords_en", "list", required=False, most=200),
        Field("sort", "number", most=9_999),
    ),
    "standard": (
        Field("code", "code", fixed=True),
        Field("kind", "choice", fixed=True),
        Field("scope", "line", fixed=True),
        Field("confidentiality", "choice", fixed=True),
        Field("acknowledge_days", "number", least=1, most=MOST_DAYS),
        Field("answer_days", "number", least=1, most=MOST_DAYS),
        Field("max_rung", "number", required=False, least=1, most=20),
        Field("extension_days_max", "number", most=MOST_DAYS),
        Field("source", required=False, most=300),
    ),
    "rung": (
        Field("ladder", "choice", fixed=True),
        Field("rung", "number", fixed=True, least=1, most=20),
        *NAMES,
        Field("post", "choice"),
        Field("at", "choice"),
        Field("days", "number", least=1, most=MOST_DAYS),
        Field("digest", "flag", required=False),
        Field("copy", "line", required=False, most=LONGEST_CODE),
        Field("reads", "flag", required=False),
        Field("explains", "flag", required=False),
    ),
    # The ladder of a subject at institutions of a kind, or at one.
    "choice": (
        Field("scope", "line", fixed=True),
        Field("category", "choice", fixed=True),
        Field("ladder", "choice"),
    ),
    # A new ladder begins as a copy of another.
    "ladder": (
        Field("code", "word", fixed=True, most=LONGEST_CODE),
        Field("origin", "choice", fixed=True),
    ),
    "officer": (
        Field("username", fixed=True, most=60),
        Field("name", most=120),
        Field("unit", "choice"),
    ),
}


DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "standard": {"confidentiality": "*", "extension_days_max": 0}
}
"""What a new row says where nothing was said."""


def problems(subject: str, said: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with each value taken by itself, by field, in the order of the form."""
    found = {}
    for field in FIELDS[subject]:
        if field.name in said and (code := _problem(field, said[field.name])):
            found[field.name] = code
    return found


def _problem(field: Field, value: Any) -> str:
    if field.kind == "number":
        return _number_problem(field, value)
    if field.kind == "flag":
        return "" if isinstance(value, bool) else "bad-choice"
    if not value:
        return "empty" if field.required else ""
    if field.kind in ("list", "choices"):
        return _list_problem(field, value)
    if not isinstance(value, str):
        return "bad-choice"
    if field.kind == "word":
        fits = len(value) <= field.most and WORD.fullmatch(value)
        return "" if fits else "bad-word"
    if field.kind == "code":
        fits = len(value) <= LONGEST_CODE and CODE.fullmatch(value)
        return "" if fits else "bad-code"
    return "too-long" if len(value) > field.most else ""


def _number_problem(field: Field, value: Any) -> str:
    if value is None:
        return "empty" if field.required else ""
    fits = isinstance(value, int) and field.least <= value <= field.most
    return "" if fits else "bad-number"


def _list_problem(field: Field, value: Any) -> str:
    fits = isinstance(value, list) and len(value) <= field.most
    return "" if fits and all(len(each) <= LONGEST_LIST for each in value) else "too-long"


def changed(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `wanted` that say something else than `before`."""
    return {name: value for name, value in wanted.items() if before.get(name) != value}


def needs_second(
    subject: str, act: str, before: Mapping[str, Any], said: Mapping[str, Any]
) -> bool:
    """Whether a second administrator must agree: where a change decides who gets to read a case,
    how long citizens wait, or as whom an officer is known. `said`: only what changes.
    """
    if subject in ("standard", "officer", "choice", "ladder"):
        return True
    if subject == "rung":
        return act != "change" or bool(said.keys() - {"name_sw", "name_en"})
    if subject == "institution":
        return (
            act == "close"
            or act == "change"
            and bool(
                # The region too: its days off come with it.
                said.keys() & {"parent", "ladder", "region"}
            )
        )
    if subject == "unit":
        # Whoever works there would come to see the cases of another one.
        return act == "close" or bool(said.get("is_default"))
    # One that comes back is compared with what it was.
    return subject == "category" and bool(before) and _loosens(act, before, said)


def _loosens(act: str, before: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Whether cases about a subject would be read by others, kept less close or for longer."""
    level = str(before.get("confidentiality", LEVELS[0]))
    if act == "close":
        return level != LEVELS[0]
    wanted = str(said.get("confidentiality", level))
    if wanted not in LEVELS or LEVELS.index(wanted) < LEVELS.index(level):
        return True
    return bool(said.keys() & {"standard", "unit_code"})


EVERYBODY = "*"
"""The scope of what binds every institution."""
_REGION = "region:"


def region_scope(region: str) -> str:
    """The scope of a region's days off."""
    return f"{_REGION}{region}"


def region_of(scope: str) -> str:
    """The region of a scope, or an empty word where it is none."""
    return scope.removeprefix(_REGION) if scope.startswith(_REGION) else ""


def scopes(code: str, kind: str) -> tuple[str, str, str]:
    """The scopes of standards that bind an institution, the nearest first."""
    return (code, kind, "*")


def top_rung(numbers: Sequence[int]) -> int:
    """The highest rung of a ladder; 0 where it has none."""
    return max(numbers, default=0)
