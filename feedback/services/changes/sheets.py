"""A table of officers, institutions or units: what each line would do, and then doing just that.

Principal: an administrator. Nothing of the file is kept: it comes back with the second step, bound
to what was shown by its hash and by the fates of its lines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from feedback import transaction
from feedback.models.columns import ROLES
from feedback.rules import changes as rules
from feedback.rules import sheets
from feedback.rules.sheets import Line
from feedback.services import audit, staffing
from feedback.services.changes import planning, subjects
from feedback.services.changes.subjects import Values
from feedback.services.errors import Refused
from feedback.services.reference import Directory, InstitutionInfo, directory

GOOD_FOR = 24 * 3600  # seconds between the two steps


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a line: created, changed, unchanged or refused.

    said: what it would set. problems: why it is refused, by column. note: what of it is left out.
    """

    number: int
    key: str
    fate: str
    said: Values = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A line that was done; `code`: a one-time code to hand over, shown once; `waits`: a second
    person has to agree."""

    fate: Fate
    waits: bool
    code: str = ""


def try_out(subject: str, text: str) -> list[Fate]:
    """The fate of each line as things stand. Raises sheets.Unreadable."""
    d = directory()
    seen: set[str] = set()
    found = []
    for line in sheets.read(subject, text):
        fate = _fate(subject, line, d)
        if fate.key in seen and fate.fate != "refused":
            fate = Fate(line.number, fate.key, "refused", problems={"": "twice"})
        if fate.fate != "refused":
            seen.add(fate.key)
        found.append(fate)
    return found


def _fate(subject: str, line: Line, d: Directory) -> Fate:
    key = _key(subject, line)
    if line.problem:
        return Fate(line.number, key, "refused", problems={"": line.problem})
    try:
        return _officer(line, key, d) if subject == "officer" else _place(subject, line, key, d)
    except planning.Unfit as unfit:
        return Fate(line.number, key, "refused", problems=unfit.problems)
    except Refused as refused:
        if refused.code == "unchanged":
            return Fate(line.number, key, "unchanged")
        return Fate(line.number, key, "refused", problems={"": refused.code})


def _key(subject: str, line: Line) -> str:
    if subject == "officer":
        return line.values.get("username", "").lower()
    code = line.values.get("code", "").upper()
    return (
        code if subject == "institution" else f"{line.values.get('institution', '').upper()}/{code}"
    )


def _named(typed: str, d: Directory) -> InstitutionInfo | None:
    """An institution by its code, or by just its name."""
    found = d.institutions_by_code.get(typed.upper())
    same = [i for i in d.institutions_by_code.values() if typed in (i.name_sw, i.name_en)]
    return found or (same[0] if len(same) == 1 else None)


def _place(subject: str, line: Line, key: str, d: Directory) -> Fate:
    """A line about an institution or a unit. An empty cell of a known one changes nothing."""
    given: Values = {k: v for k, v in line.values.items() if v}
    for name in ("code", "parent", "institution"):
        if name in given:
            given[name] = given[name].upper()
    for name in {"kind", "ladder"} & given.keys():
        given[name] = given[name].lower()
    if "aliases" in given:
        given["aliases"] = [w.strip() for w in given["aliases"].split(";") if w.strip()]
    present = subjects.load(subject, key, d)
    if present is not None and not present.active:
        raise Refused("closed")
    fixed = {f.name for f in rules.FIELDS[subject] if f.fixed}
    if present is not None:
        moved = [n for n in fixed & given.keys() if given[n] != present.values[n]]
        if moved:
            raise planning.Unfit(dict.fromkeys(moved, "fixed"))
        made = planning.plan(subject, key, {k: v for k, v in given.items() if k not in fixed}, d)
        return Fate(line.number, key, "changed", made.said)
    if subject == "unit":
        given["is_default"] = False
    made = planning.plan(subject, None, given, d)
    return Fate(line.number, key, "created", made.said)


def _officer(line: Line, key: str, d: Directory) -> Fate:
    """A line about an officer; of a known one name and unit alone are taken."""
    given = line.values
    problems: dict[str, str] = {}
    institution = _named(given["institution"], d)
    if institution is None:
        raise planning.Unfit({"institution": "unknown"})
    unit = _unit(given.get("unit", ""), institution, d)
    language = sheets.LANGUAGES.get(given.get("language", "").lower(), "")
    wanted = sheets.roles(given.get("roles", ""))
    if unit is None:
        problems["unit"] = "unknown"
    if not language:
        problems["language"] = "bad-choice"
    if not set(wanted) <= set(ROLES):
        problems["roles"] = "bad-choice"
    problems |= rules.problems("officer", {"username": key, "name": given["name"]})
    if problems or unit is None:
        raise planning.Unfit(problems)
    present = subjects.load("officer", key, d)
    if present is not None:
        return _known_officer(line, key, present, unit, wanted, d)
    if not wanted:
        raise planning.Unfit({"roles": "empty"})
    said: Values = {"name": given["name"], "unit": unit, "roles": wanted, "language": language}
    return Fate(line.number, key, "created", said)


def _known_officer(
    line: Line, key: str, present: subjects.Row, unit: str, wanted: list[str], d: Directory
) -> Fate:
    given = line.values
    if not present.active:
        raise Refused("closed")
    changes = {"name": given["name"]} | ({"unit": unit} if given.get("unit") else {})
    if present.values["unit"].partition("/")[0] != unit.partition("/")[0]:
        raise planning.Unfit({"institution": "elsewhere"})
    other = wanted and sorted(staffing.officer(present.id).roles) != wanted
    note = "roles-kept" if other else ""
    try:
        made = planning.plan("officer", key, changes, d)
    except Refused as refused:
        if refused.code != "unchanged":
            raise
        return Fate(line.number, key, "unchanged", note=note)
    return Fate(line.number, key, "changed", made.said, note=note)


def _unit(typed: str, institution: InstitutionInfo, d: Directory) -> str | None:
    """The key of a unit by its code or name; of the default one where nothing is typed."""
    units = d.units_of(institution.id)
    if not typed:
        return f"{institution.code}/{units[0].code}"
    for unit in units:
        if typed.upper() == unit.code or typed in (unit.name_sw, unit.name_en):
            return f"{institution.code}/{unit.code}"
    return None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="administration-sheet")


def _bound(subject: str, text: str, fates: Sequence[Fate]) -> list[Any]:
    shown = json.dumps([asdict(fate) for fate in fates], sort_keys=True)
    mine = transaction.current().officer
    return [subject, mine, *(hashlib.sha256(each.encode()).hexdigest() for each in (text, shown))]


def seal(subject: str, text: str, fates: Sequence[Fate]) -> str:
    """What binds the second step to this file, to these fates and to this administrator."""
    sealed: str = _signer().dumps(_bound(subject, text, fates))
    return sealed


def apply(subject: str, text: str, token: str, now: datetime) -> list[Outcome]:
    """Do what was shown, all lines that were not refused, in this one transaction.

    Refused: altered (another file, or things have changed since it was shown).
    """
    fates = try_out(subject, text)
    try:
        shown = _signer().loads(token, max_age=GOOD_FOR)
    except BadSignature as error:
        raise Refused("altered") from error
    if shown != _bound(subject, text, fates):
        raise Refused("altered")
    d = directory()
    wanted = [fate for fate in fates if fate.fate in ("created", "changed")]
    done = [_do(subject, fate, d, now) for fate in wanted]
    audit.record(
        "sheet_applied",
        now=now,
        subject=subject,
        created=sum(fate.fate == "created" for fate in wanted),
        changed=sum(fate.fate == "changed" for fate in wanted),
    )
    return done


def _do(subject: str, fate: Fate, d: Directory, now: datetime) -> Outcome:
    if subject == "officer" and fate.fate == "created":
        unit_id = subjects.unit_of(fate.said["unit"], d)
        given = staffing.create(
            username=fate.key,
            name=fate.said["name"],
            unit_id=unit_id or 0,
            roles=fate.said["roles"],
            now=now,
            language=fate.said["language"],
        )
        return Outcome(fate, given.state == "pending", given.code)
    present = None if fate.fate == "created" else fate.key
    made = planning.plan(subject, present, dict(fate.said), d)
    _number, state = planning.save(made, None, now)
    return Outcome(fate, state == "asked")
