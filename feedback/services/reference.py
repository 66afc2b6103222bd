"""Reference data as plain values, kept in memory until the database says that it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, time
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from feedback import models as m
from feedback.extensions import db
from feedback.rules import changes
from feedback.rules.deadlines import Calendar
from feedback.rules.ladder import Rung
from feedback.rules.routing import Gazetteer


@dataclass(frozen=True, slots=True)
class InstitutionInfo:
    """An institution; `path` leads from the top of the tree down to itself."""

    id: int
    code: str
    kind: str
    parent_id: int | None
    path: tuple[int, ...]
    name_sw: str
    name_en: str
    region: str
    aliases: tuple[str, ...]
    ladder: str
    calendar_id: int
    default_unit_id: int
    contact: str = ""
    active: bool = True
    successor_id: int | None = None


@dataclass(frozen=True, slots=True)
class UnitInfo:
    """A unit of an institution."""

    id: int
    institution_id: int
    code: str
    name_sw: str
    name_en: str
    is_default: bool
    active: bool = True
    successor_id: int | None = None


@dataclass(frozen=True, slots=True)
class CategoryInfo:
    """What a case may be about."""

    id: int
    code: str
    name_sw: str
    name_en: str
    unit_code: str
    confidentiality: str
    applies_to: tuple[str, ...]
    standard: str
    sort: int
    active: bool = True

    def applies(self, institution_kind: str) -> bool:
        """Whether institutions of this kind deal with it."""
        return "*" in self.applies_to or institution_kind in self.applies_to


@dataclass(frozen=True, slots=True)
class StandardInfo:
    """One version of a standard: deadlines in working days, and the highest rung such a case may
    climb to. `level`: the confidentiality that it is for, or `*`."""

    code: str
    kind: str
    acknowledge_days: int
    answer_days: int
    max_rung: int | None
    # Working days by which the answer may be extended, in all.
    extension_days_max: int
    scope: str = "*"
    level: str = "*"
    id: int | None = None
    version: int = 1
    from_day: date | None = None
    source: str = ""


@dataclass(slots=True)
class OwnDays:
    """Days of one scope: whole days off, and half days with the hour at which they end."""

    off: set[date] = field(default_factory=set)
    short: dict[date, time] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Directory:
    """All reference data of one version. `institutions`, `units` and `categories` know those that
    were closed too, whose cases go on; what is looked up by code, the units of an institution and
    the gazetteer, by which new cases are routed, do not. `successors`: by the code of a closed
    institution the one that took its work over."""

    version: int
    institutions: Mapping[int, InstitutionInfo]
    institutions_by_code: Mapping[str, InstitutionInfo]
    units: Mapping[int, UnitInfo]
    categories: Mapping[int, CategoryInfo]
    categories_by_code: Mapping[str, CategoryInfo]
    # By calendar what holds for all, and by calendar and scope what is a region's or an office's.
    calendars: Mapping[int, Calendar]
    own_days: Mapping[tuple[int, str], OwnDays]
    ladders: Mapping[str, tuple[Rung, ...]]
    ladder_names: Mapping[tuple[str, int], tuple[str, str]]
    # By code, kind, scope and level.
    standards: Mapping[tuple[str, str, str, str], StandardInfo]
    gazetteer: Gazetteer
    units_by_institution: Mapping[int, tuple[UnitInfo, ...]]
    successors: Mapping[str, InstitutionInfo]
    # By scope and subject.
    ladder_choices: Mapping[tuple[str, str], str]
    # Calendars of offices that have days of their own, as they were asked for.
    composed: dict[tuple[int, int], Calendar] = field(default_factory=dict, compare=False)

    def living(self, code: str) -> InstitutionInfo | None:
        """The institution of a code, or the one that took over from it."""
        return self.institutions_by_code.get(code) or self.successors.get(code)

    def calendar(self, calendar_id: int, office_id: int) -> Calendar:
        """Days and hours of an office that counts by this calendar: the days off of all, of its
        region and its own. The calendar itself where the office has none of its own."""
        if not self.own_days:
            return self.calendars[calendar_id]
        found = self.composed.get((calendar_id, office_id))
        if found is None:
            found = self.calendars[calendar_id]
            for scope in self.scopes_of(office_id)[1:]:
                own = self.own_days.get((calendar_id, scope))
                if own is not None:
                    found = found.with_days(frozenset(own.off), own.short)
            self.composed[calendar_id, office_id] = found
        return found

    def scopes_of(self, office_id: int) -> tuple[str, str, str]:
        """Whose days off an office has: everybody's, its region's, its own."""
        office = self.institutions[office_id]
        return changes.EVERYBODY, changes.region_scope(office.region), office.code

    def offices_in(self, scope: str) -> list[int]:
        """The institutions, closed ones too, that have the days of a scope."""
        return [each for each in self.institutions if scope in self.scopes_of(each)]

    def calendar_of(self, institution_id: int) -> Calendar:
        """The calendar that the institution counts by now, its own days included."""
        return self.calendar(self.institutions[institution_id].calendar_id, institution_id)

    def ladder(self, name: str) -> tuple[Rung, ...]:
        """The rungs of a ladder in order; none for an unknown name."""
        return self.ladders.get(name, ())

    def ladder_name(self, institution_id: int, category_id: int | None) -> str:
        """The ladder of ordinary cases about a subject at an institution: the one chosen for it
        there, at its kind or everywhere; else that of the institution."""
        here, about = self.institutions[institution_id], self.categories.get(category_id or 0)
        if about is not None:
            for scope in changes.scopes(here.code, here.kind):
                chosen = self.ladder_choices.get((scope, about.code))
                if chosen is not None and chosen in self.ladders:
                    return chosen
        return here.ladder

    def ladders_of(self, institution_id: int) -> frozenset[str]:
        """The ladders that an ordinary case of the institution may climb."""
        here = self.institutions[institution_id]
        scopes = changes.scopes(here.code, here.kind)
        chosen = (name for (scope, _), name in self.ladder_choices.items() if scope in scopes)
        return frozenset({here.ladder, *chosen})

    def units_of(self, institution_id: int) -> tuple[UnitInfo, ...]:
        """The units of an institution, the default one first."""
        return self.units_by_institution.get(institution_id, ())

    def unit_for(self, institution_id: int, category: CategoryInfo | None) -> int:
        """The unit that deals with the category, else the institution's default unit."""
        if category is not None:
            for unit in self.units_of(institution_id):
                if unit.code == category.unit_code:
                    return unit.id
        return self.institutions[institution_id].default_unit_id

    def standard(
        self, code: str, kind: str, institution_id: int | None = None, level: str = "*"
    ) -> StandardInfo:
        """The service standard for a kind of case of a confidentiality at an institution: its own,
        else that of its kind, else everybody's, each for the level before the one for any level;
        falls back to the standard's row for any kind of case."""
        here = self.institutions.get(institution_id or 0)
        scopes = changes.scopes(here.code, here.kind) if here else ("*",)
        for own_code, own_kind in ((code, kind), (code, "*"), ("STANDARD", kind)):
            for scope in scopes:
                for own_level in (level, "*"):
                    found = self.standards.get((own_code, own_kind, scope, own_level))
                    if found is not None:
                        return found
        return self.standards["STANDARD", "complaint", "*", "*"]


_cache: Directory | None = None


def directory() -> Directory:
    """The reference data of the version that this transaction saw at its begin."""
    global _cache
    db.session.connection()  # begins the transaction, which learns the version
    version = db.session().info.get("reference_version")
    if _cache is None or version is None or _cache.version != version:
        _cache = _load(version or 0)
    return _cache


def _load(version: int) -> Directory:
    said = [getattr(m.Unit, each.name) for each in fields(UnitInfo)]
    units = {
        row[0]: UnitInfo(*row)
        for row in db.session.execute(select(*said).order_by(m.Unit.is_default.desc(), m.Unit.id))
    }
    by_institution: dict[int, list[UnitInfo]] = {}
    for unit in (each for each in units.values() if each.active):
        by_institution.setdefault(unit.institution_id, []).append(unit)
    institutions = {
        i.id: InstitutionInfo(
            i.id,
            i.code,
            i.kind,
            i.parent_id,
            tuple(i.path),
            i.name_sw,
            i.name_en,
            i.region,
            tuple(i.aliases),
            i.ladder,
            i.calendar_id,
            by_institution[i.id][0].id,
            contact=i.contact,
            active=i.active,
            successor_id=i.successor_id,
        )
        for i in db.session.execute(select(m.Institution.__table__).order_by(m.Institution.name_sw))
    }
    # One that is no longer active keeps its cases, with name, calendar and ladder; nothing new
    # finds its way to it, since codes and names lead to the others only.
    active = {i.id: i for i in institutions.values() if i.active}
    successors = {
        i.code: heir
        for i in institutions.values()
        if not i.active and (heir := _heir(i, institutions)) is not None
    }
    category_rows = list(
        db.session.execute(select(m.Category.__table__).order_by(m.Category.sort, m.Category.id))
    )
    categories = {
        c.id: CategoryInfo(
            c.id,
            c.code,
            c.name_sw,
            c.name_en,
            c.unit_code,
            c.confidentiality,
            tuple(c.applies_to),
            c.standard,
            c.sort,
            active=c.active,
        )
        for c in category_rows
    }
    ladders, ladder_names = _load_ladders()
    calendars, own_days = _load_calendars()
    places = db.session.execute(
        select(m.Place.name, m.Institution.code).join(
            m.Institution, m.Institution.id == m.Place.institution_id
        )
    )
    return Directory(
        version=version,
        institutions=MappingProxyType(institutions),
        institutions_by_code=MappingProxyType({i.code: i for i in active.values()}),
        units=MappingProxyType(units),
        categories=MappingProxyType(categories),
        categories_by_code=MappingProxyType({c.code: c for c in categories.values() if c.active}),
        calendars=MappingProxyType(calendars),
        own_days=MappingProxyType(own_days),
        ladders=MappingProxyType(ladders),
        ladder_names=MappingProxyType(ladder_names),
        standards=MappingProxyType(_load_standards()),
        gazetteer=Gazetteer(
            institutions={
                i.code: (*_names(i), *_inherited(i, successors, institutions))
                for i in active.values()
            },
            places={row.name: row.code for row in places},
            categories={
                c.code: (*c.keywords_sw, *c.keywords_en) for c in category_rows if c.active
            },
        ),
        successors=MappingProxyType(successors),
        units_by_institution=MappingProxyType({k: tuple(v) for k, v in by_institution.items()}),
        ladder_choices=MappingProxyType(
            {
                (c.scope, c.category): c.ladder
                for c in db.session.execute(
                    select(m.LadderChoice.__table__).where(m.LadderChoice.active)
                )
            }
        ),
    )


def _heir(
    closed: InstitutionInfo, institutions: Mapping[int, InstitutionInfo]
) -> InstitutionInfo | None:
    """Who works on for a closed one, over as many mergers as there were."""
    seen: set[int] = set()
    following: InstitutionInfo | None = closed
    while following is not None and not following.active and following.id not in seen:
        seen.add(following.id)
        following = institutions.get(following.successor_id or 0)
    return following if following is not None and following.active else None


def _inherited(
    heir: InstitutionInfo,
    successors: Mapping[str, InstitutionInfo],
    institutions: Mapping[int, InstitutionInfo],
) -> tuple[str, ...]:
    """Names of those that it took over from: citizens go on using them."""
    if not any(each.id == heir.id for each in successors.values()):
        return ()
    closed = {code for code, each in successors.items() if each.id == heir.id}
    return tuple(n for i in institutions.values() if i.code in closed for n in _names(i))


def _names(institution: InstitutionInfo) -> tuple[str, ...]:
    """What citizens call it: "Dodoma City" is Dodoma City Council."""
    english = institution.name_en
    short = english.removesuffix(" Council")
    return (institution.name_sw, english, short, *institution.aliases)


def _load_calendars() -> tuple[dict[int, Calendar], dict[tuple[int, str], OwnDays]]:
    """The calendars with the days of everybody, and what single scopes have beside them."""
    days: dict[tuple[int, str], OwnDays] = {}
    table = m.Holiday
    for row in db.session.execute(
        select(table.calendar_id, table.scope, table.day, table.closes).where(
            table.status != "removed"
        )
    ):
        own = days.setdefault((row.calendar_id, row.scope), OwnDays())
        if row.closes is None:
            own.off.add(row.day)
        else:
            own.short[row.day] = row.closes
    calendars = {}
    for c in db.session.execute(select(m.Calendar.__table__)):
        shared = days.pop((c.id, changes.EVERYBODY), OwnDays())
        calendars[c.id] = Calendar(
            frozenset(shared.off), frozenset(c.weekend), c.opens, c.closes, shared.short
        )
    return calendars, days


def _load_ladders() -> tuple[dict[str, tuple[Rung, ...]], dict[tuple[str, int], tuple[str, str]]]:
    rungs: dict[str, list[Rung]] = {}
    names: dict[tuple[str, int], tuple[str, str]] = {}
    for r in db.session.execute(
        select(m.LadderRung.__table__).order_by(m.LadderRung.ladder, m.LadderRung.rung)
    ):
        if r.active:
            rung = Rung(
                *(r.rung, r.post, r.at, r.days, r.digest, r.copy),
                reads=r.reads,
                explains=r.explains,
            )
            rungs.setdefault(r.ladder, []).append(rung)
        names[r.ladder, r.rung] = (r.name_sw, r.name_en)
    return {name: tuple(each) for name, each in rungs.items()}, names


def _load_standards() -> dict[tuple[str, str, str, str], StandardInfo]:
    """The newest version of each, unless it was taken away."""
    table = m.ServiceStandard
    key = (table.code, table.kind, table.scope, table.confidentiality)
    newest = select(table.__table__).ext(distinct_on(*key)).order_by(*key, table.version.desc())
    return {
        (s.code, s.kind, s.scope, s.confidentiality): standard_info(s)
        for s in db.session.execute(newest)
        if s.active
    }


def standard_info(row: Any) -> StandardInfo:
    """A version of a standard as a plain value."""
    return StandardInfo(
        row.code,
        row.kind,
        row.acknowledge_days,
        row.answer_days,
        row.max_rung,
        row.extension_days_max,
        row.scope,
        row.confidentiality,
        row.id,
        row.version,
        row.from_day,
        row.source,
    )
