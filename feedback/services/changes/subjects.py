"""What can be changed, as plain values by field, and what about them does not fit.

Keys: DODOMA-CC (institution), DODOMA-CC/WORKS (unit), ROADS (category), STANDARD/enquiry/*/*
(standard: code, kind, scope, confidentiality), council/4 (rung), council/ROADS or DODOMA-CC/ROADS
(choice), council-roads (ladder), a user name (officer).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.models.columns import KINDS, LEVELS
from feedback.rules import changes as rules
from feedback.services.reference import Directory

INSTITUTION_KINDS = ("office", "ministry", "agency", "region", "council")
Values = dict[str, Any]
PLACES = ("unit", "institution", "parent")
"""Where the post of a rung is: at the case's unit, its institution, or the one above."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands; `id` is its number in its table."""

    id: int
    values: Values
    active: bool = True


def key_of(subject: str, values: Mapping[str, Any]) -> str:
    """The key of a row by its values."""
    parts = {
        "institution": ("code",),
        "unit": ("institution", "code"),
        "category": ("code",),
        "standard": ("code", "kind", "scope", "confidentiality"),
        "rung": ("ladder", "rung"),
        "choice": ("scope", "category"),
        "ladder": ("code",),
        "officer": ("username",),
    }[subject]
    return "/".join(str(values.get(part, "")) for part in parts)


def load(subject: str, key: str, d: Directory) -> Row | None:
    """The row of a key, closed ones too; None where there is none."""
    return LOADS[subject](key, d)


def _plain(row: Any, *names: str) -> Values:
    values = {name: getattr(row, name) for name in names}
    return {k: list(v) if isinstance(v, list | tuple) else v for k, v in values.items()}


def _institution(key: str, d: Directory) -> Row | None:
    row = db.session.execute(
        select(m.Institution.__table__).where(m.Institution.code == key)
    ).one_or_none()
    if row is None:
        return None
    names = ("code", "kind", "name_sw", "name_en", "ladder", "region", "sector", "aliases")
    parent = d.institutions.get(row.parent_id or 0)
    own = {**_plain(row, *names, "contact"), "parent": parent.code if parent else ""}
    return Row(row.id, own, row.active)


def _unit(key: str, d: Directory) -> Row | None:
    code, _, unit = key.partition("/")
    row = db.session.execute(
        select(m.Unit.__table__)
        .join(m.Institution, m.Institution.id == m.Unit.institution_id)
        .where(m.Institution.code == code, m.Unit.code == unit)
    ).one_or_none()
    if row is None:
        return None
    own = {"institution": code, **_plain(row, "code", "name_sw", "name_en", "is_default")}
    return Row(row.id, own, row.active)


def _category(key: str, d: Directory) -> Row | None:
    row = db.session.execute(
        select(m.Category.__table__).where(m.Category.code == key)
    ).one_or_none()
    names = [field.name for field in rules.FIELDS["category"]]
    return Row(row.id, _plain(row, *names), row.active) if row is not None else None


def _standard(key: str, d: Directory) -> Row | None:
    """The newest version; a key without a level is for any."""
    code, kind, scope, level = [*key.split("/"), "", "", ""][:4]
    table = m.ServiceStandard
    row = db.session.execute(
        select(table.__table__)
        .where(
            table.code == code,
            table.kind == kind,
            table.scope == scope,
            table.confidentiality == (level or "*"),
        )
        .order_by(table.version.desc())
        .limit(1)
    ).one_or_none()
    names = [field.name for field in rules.FIELDS["standard"]]
    return Row(row.id, _plain(row, *names), row.active) if row is not None else None


def _rung(key: str, d: Directory) -> Row | None:
    ladder, _, number = key.partition("/")
    if not number.isdecimal() or len(number) > 3:
        return None
    table = m.LadderRung
    row = db.session.execute(
        select(table.__table__).where(table.ladder == ladder, table.rung == int(number))
    ).one_or_none()
    names = [field.name for field in rules.FIELDS["rung"]]
    return Row(row.id, _plain(row, *names), row.active) if row is not None else None


def _choice(key: str, d: Directory) -> Row | None:
    scope, _, category = key.partition("/")
    table = m.LadderChoice
    row = db.session.execute(
        select(table.__table__).where(table.scope == scope, table.category == category)
    ).one_or_none()
    if row is None:
        return None
    return Row(row.id, _plain(row, "scope", "category", "ladder"), row.active)


def _ladder(key: str, d: Directory) -> Row | None:
    """A ladder has no row of its own: it is there when it has a rung."""
    return Row(0, {"code": key, "origin": key}) if d.ladder(key) else None


def _officer(key: str, d: Directory) -> Row | None:
    row = db.session.execute(
        select(m.Officer.__table__).where(m.Officer.username == key)
    ).one_or_none()
    if row is None:
        return None
    unit = unit_key(row.unit_id, d)
    return Row(row.id, {"username": key, "name": row.name, "unit": unit}, row.active)


LOADS: dict[str, Callable[[str, Directory], Row | None]] = {
    "institution": _institution,
    "unit": _unit,
    "category": _category,
    "standard": _standard,
    "rung": _rung,
    "choice": _choice,
    "ladder": _ladder,
    "officer": _officer,
}


def unit_key(unit_id: int, d: Directory) -> str:
    """The key of a unit by its number."""
    unit = d.units[unit_id]
    return f"{d.institutions[unit.institution_id].code}/{unit.code}"


def unit_of(key: str, d: Directory) -> int | None:
    """The number of an open unit by its key."""
    code, _, own = key.partition("/")
    institution = d.institutions_by_code.get(code)
    units = d.units_of(institution.id) if institution else ()
    return next((unit.id for unit in units if unit.code == own), None)


def post_kinds() -> list[str]:
    """The kinds of posts that a rung can address."""
    return list(db.session.scalars(select(m.Post.kind).distinct().order_by(m.Post.kind)))


def unit_codes() -> list[str]:
    """The codes that units have somewhere."""
    query = select(m.Unit.code).where(m.Unit.active).distinct().order_by(m.Unit.code)
    return list(db.session.scalars(query))


def standard_codes(d: Directory) -> list[str]:
    """The standards that a category can name."""
    return sorted({code for code, *_rest in d.standards})


def check(subject: str, values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    """What does not fit, by field: each value by itself, then with what else there is."""
    found = rules.problems(subject, values)
    missing = [f.name for f in rules.FIELDS[subject] if f.required and f.name not in values]
    found.update(dict.fromkeys(missing, "empty"))
    for name, code in CHECKS[subject](values, present, d).items():
        found.setdefault(name, code)
    return found


def _unless(fits: bool, code: str = "bad-choice") -> str:
    return "" if fits else code


def _said(**problems: str) -> dict[str, str]:
    return {name: code for name, code in problems.items() if code}


def _check_institution(values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    parent = values.get("parent", "")
    above = d.institutions_by_code.get(parent)
    own = d.institutions.get(present.id) if present else None
    below_itself = own is not None and above is not None and own.id in above.path
    return _said(
        kind=_unless(values.get("kind") in INSTITUTION_KINDS),
        ladder=_unless(bool(d.ladder(values.get("ladder", "")))),
        # The top of the tree is the only one without a parent.
        parent=_unless(
            above is not None or not parent and own is not None and own.parent_id is None,
            "unknown",
        )
        or ("below-itself" if below_itself else ""),
    )


def _check_unit(values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    was = present is not None and present.values["is_default"]
    return _said(
        institution=_unless(values.get("institution") in d.institutions_by_code, "unknown"),
        # It is moved by choosing another, so that there always is one.
        is_default="needs-default" if was and not values.get("is_default") else "",
    )


def _check_category(values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    kinds = values.get("applies_to") or []
    return _said(
        applies_to=_unless(set(kinds) <= {*INSTITUTION_KINDS, "*"}),
        unit_code=_unless(values.get("unit_code") in unit_codes()),
        confidentiality=_unless(values.get("confidentiality") in LEVELS),
        standard=_unless(values.get("standard") in standard_codes(d)),
    )


def _check_standard(values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    scope = values.get("scope", "")
    known = scope in ("*", *INSTITUTION_KINDS) or scope in d.institutions_by_code
    first, last = values.get("acknowledge_days"), values.get("answer_days")
    early = isinstance(first, int) and isinstance(last, int) and first > last
    return _said(
        kind=_unless(values.get("kind") in (*KINDS, "*")),
        scope=_unless(known, "unknown"),
        confidentiality=_unless(values.get("confidentiality") in (*LEVELS, "*")),
        answer_days="before-first" if early else "",
    )


def _check_rung(values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    numbers = [rung.number for rung in d.ladder(values.get("ladder", ""))]
    at, copy = values.get("at", ""), values.get("copy", "")
    named = d.institutions_by_code.get(str(at).removeprefix("code:"))
    return _said(
        ladder=_unless(bool(numbers)),
        # A new one comes on top, so that what was climbed keeps its number.
        rung=_unless(
            present is not None or values.get("rung") == rules.top_rung(numbers) + 1, "not-top"
        ),
        post=_unless(values.get("post") in post_kinds()),
        at=_unless(at in PLACES or (str(at).startswith("code:") and named is not None), "unknown"),
        copy=_unless(not copy or copy in d.institutions_by_code, "unknown"),
    )


def _check_choice(values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    scope = values.get("scope", "")
    known = scope in ("*", *INSTITUTION_KINDS) or scope in d.institutions_by_code
    return _said(
        scope=_unless(known, "unknown"),
        category=_unless(values.get("category") in d.categories_by_code),
        # The ladder of restricted cases is taken by no other one.
        ladder=_unless(values.get("ladder") in ordinary_ladders(d)),
    )


def _check_ladder(values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    return _said(origin=_unless(values.get("origin") in ordinary_ladders(d)))


def ordinary_ladders(d: Directory) -> list[str]:
    """The ladders that cases of an institution can climb."""
    return sorted(d.ladders.keys() - {"restricted"})


def _check_officer(values: Values, present: Row | None, d: Directory) -> dict[str, str]:
    known = unit_of(values.get("unit", ""), d) is not None
    elsewhere = False
    if present is not None and known:
        elsewhere = values["unit"].partition("/")[0] != present.values["unit"].partition("/")[0]
    return _said(unit=_unless(known) or ("elsewhere" if elsewhere else ""))


CHECKS: dict[str, Callable[[Values, Row | None, Directory], dict[str, str]]] = {
    "institution": _check_institution,
    "unit": _check_unit,
    "category": _check_category,
    "standard": _check_standard,
    "rung": _check_rung,
    "choice": _check_choice,
    "ladder": _check_ladder,
    "officer": _check_officer,
}
