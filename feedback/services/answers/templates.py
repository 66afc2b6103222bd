"""Templates of answers: what is offered for a case, and how they are kept.

Of one code the institution's own comes before the national one, and what an administrator saved
before what was shipped. Each save is a version; none is lost. Errors: Refused, with a code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import uuid4

from babel.dates import format_date
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import answers as rules
from feedback.rules.routing import normalise
from feedback.services import acts, audit, viewers
from feedback.services.answers.shipped import SHIPPED, Said
from feedback.services.errors import Refused
from feedback.services.reference import directory

LONGEST_TITLE, LONGEST = 80, 2_000
HISTORY = 10
FILLED = ("reference", "institution", "unit", "place", "subject", "due", "date")
"""What is filled in from the case."""
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it stands. `national`: not an institution's own. number: of its version, 0
    as shipped. `overrides`: an institution's, in place of a national one."""

    code: str
    said: Said
    national: bool
    number: int
    retired: bool = False
    overrides: bool = False

    def title(self, language: str) -> str:
        """Its name in a language."""
        return self.said.title_en if language == "en" else self.said.title_sw

    def body(self, language: str) -> str:
        """Its words in a language."""
        return self.said.body_en if language == "en" else self.said.body_sw


@dataclass(frozen=True, slots=True)
class Saved:
    """A version in the history."""

    number: int
    officer: str
    at: datetime
    retired: bool


def keeps(institution_id: int | None) -> bool:
    """Whether the present officer keeps the templates of an institution; None: national ones."""
    viewer = viewers.present()
    if institution_id is None:
        return "admin" in viewer.roles
    return institution_id in viewer.heads | viewer.coordinates


def standing(institution_id: int | None) -> list[Template]:
    """Every template that officers of an institution are offered, and the retired ones; of the
    nation alone for None. By title in Swahili, an institution's own first."""
    row = m.AnswerTemplate
    mine: ColumnElement[bool] = row.institution_id.is_(None)
    if institution_id is not None:
        mine = or_(mine, row.institution_id == institution_id)
    query = (
        select(row)
        .ext(distinct_on(row.institution_id, row.code))
        .where(mine)
        .order_by(row.institution_id, row.code, row.number.desc())
    )
    found = {code: Template(code, said, True, 0) for code, said in SHIPPED.items()}
    # National ones first, so that an institution's own takes the place of theirs.
    rows = sorted(db.session.scalars(query), key=lambda each: each.institution_id is not None)
    for each in rows:
        national = each.institution_id is None
        overrides = not national and each.code in found
        if overrides and each.retired:
            continue  # the institution went back to the national one
        found[each.code] = Template(
            each.code, _said(each), national, each.number, each.retired, overrides
        )
    return sorted(found.values(), key=lambda each: (each.national, each.said.title_sw))


def offered(institution_id: int, category: str | None) -> list[Template]:
    """What may be chosen for a case: templates of its subject first, then those for any."""
    usable = [
        each
        for each in standing(institution_id)
        if not each.retired and each.said.category in (None, category)
    ]
    return sorted(usable, key=lambda each: each.said.category is None)


def filled(code: str, case: m.Case, now: datetime) -> str:
    """The words of a template for a case, in the citizen's language; Refused: not-found."""
    d = directory()
    category = d.categories.get(case.category_id or 0)
    subject = category.code if category else None
    chosen = {each.code: each for each in offered(case.institution_id, subject)}.get(code)
    if chosen is None:
        raise Refused("not-found")
    sw = case.language == "sw"
    institution, unit = d.institutions[case.institution_id], d.units.get(case.unit_id)
    named = {"institution": institution, "unit": unit, "subject": category}
    values: dict[str, str | None] = {
        name: (thing.name_sw if sw else thing.name_en) if thing else None
        for name, thing in named.items()
    }
    values |= {
        "reference": case.reference,
        "place": case.place,
        "due": day(local_day(case.due_at), case.language),
        "date": day(local_day(now), case.language),
    }
    return rules.fill(chosen.body(case.language), values)


def day(value: date, language: str) -> str:
    """A day as a letter has it."""
    return format_date(value, "d MMMM y", locale=language)


def one(code: str, institution_id: int | None) -> tuple[Template | None, int]:
    """A template as an institution (None: the nation) has or sees it, and the number of the last
    version of its own, 0 where it has none."""
    found = {each.code: each for each in standing(institution_id)}.get(code)
    return found, latest(code, institution_id)


def latest(code: str, institution_id: int | None) -> int:
    """The number of the version saved last."""
    row = m.AnswerTemplate
    query = (
        select(row.number)
        .where(row.code == code, row.institution_id.is_not_distinct_from(institution_id))
        .order_by(row.number.desc())
        .limit(1)
    )
    return db.session.scalars(query).first() or 0


def new_code(title: str, institution_id: int | None) -> str:
    """A code for a new template, made of its title; one that none has."""
    base = "-".join(normalise(title).split())[:30].strip("-") or "template"
    base = base if len(base) > 1 else f"{base}-1"
    taken = {each.code for each in standing(institution_id)}
    codes = (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3)))
    return next(code for code in codes if code not in taken and code != "new")


def history(code: str, institution_id: int | None) -> list[Saved]:
    """Who saved it last, the latest first."""
    row = m.AnswerTemplate
    found = db.session.execute(
        select(row.number, m.Officer.name, row.at, row.retired)
        .join(m.Officer, m.Officer.id == row.officer_id)
        .where(row.code == code, row.institution_id.is_not_distinct_from(institution_id))
        .order_by(row.number.desc())
        .limit(HISTORY)
    )
    return [Saved(*each) for each in found]


def save(
    code: str,
    said: Said,
    *,
    institution_id: int | None,
    seen: int,
    now: datetime,
    retired: bool = False,
) -> int:
    """Keep a template as a new version and answer its number (0: as it was already).

    seen: the number it was made from. institution_id: None is national, kept by administrators.
    Refused: not-allowed, bad-code, bad-target (no such subject), unchanged, clash (somebody saved
    meanwhile), and field problems as empty-<field> and long-<field>.
    """
    if not keeps(institution_id):
        raise Refused("not-allowed")
    if not _CODE.fullmatch(code):
        raise Refused("bad-code")
    said = Said(
        _tidy(said.title_sw),
        _tidy(said.title_en),
        _tidy(said.body_sw),
        _tidy(said.body_en),
        said.category or None,
    )
    _check(said)
    present, number = one(code, institution_id)
    if number != seen:
        raise Refused("clash")
    if present is not None and (present.said, present.retired) == (said, retired):
        raise Refused("unchanged")
    row = {
        "id": uuid4(),
        "institution_id": institution_id,
        "code": code,
        "number": number + 1,
        "retired": retired,
        "officer_id": acts.officer(),
        "at": now,
        **asdict(said),
    }
    kept = insert(m.AnswerTemplate).values(row).on_conflict_do_nothing()
    if db.session.scalar(kept.returning(m.AnswerTemplate.number)) is None:
        raise Refused("clash")
    audit.record(
        "answer_template_retired" if retired else "answer_template_saved",
        now=now,
        template=code,
        version=number + 1,
        institution=institution_id or 0,
    )
    return number + 1


def _tidy(value: str) -> str:
    """What was typed, with the line ends of a text."""
    return value.replace("\r\n", "\n").replace("\x00", "").strip()


def _check(said: Said) -> None:
    fields: Mapping[str, str | None] = asdict(said)
    for name in ("title_sw", "title_en", "body_sw", "body_en"):
        most = LONGEST_TITLE if name.startswith("title") else LONGEST
        value = fields[name] or ""
        if not value:
            raise Refused(f"empty-{name}")
        if len(value) > most:
            raise Refused(f"long-{name}")
    if said.category is not None and said.category not in directory().categories_by_code:
        raise Refused("bad-target")


def _said(row: m.AnswerTemplate) -> Said:
    return Said(row.title_sw, row.title_en, row.body_sw, row.body_en, row.category)
