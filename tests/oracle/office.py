"""Institutions, ladders and standards as shipped, and who stood where on which day."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

DAR = timezone(timedelta(hours=3))
ZANZIBAR = "ZNZ-CS"
Post = tuple[str, str | None, str]  # institution, unit or None, kind


@dataclass(frozen=True)
class Rung:
    number: int
    post: str
    at: str
    days: int
    copy: str = ""


@dataclass(frozen=True)
class Standard:
    acknowledge: int
    answer: int
    max_rung: int | None
    more: int


class Shipped:
    """What stands in the files that the product ships."""

    def __init__(self, folder: Path) -> None:
        def rows(name: str) -> list[dict[str, str]]:
            with (folder / name).open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))

        self.parent = {row["code"]: row["parent"] for row in rows("institutions.csv")}
        self.region = {row["code"]: row["region"] for row in rows("institutions.csv")}
        self.ladder_of = {row["code"]: row["ladder"] for row in rows("institutions.csv")}
        self.kind_of = {row["code"]: row["kind"] for row in rows("institutions.csv")}
        self.ladders: dict[str, list[Rung]] = {}
        for row in rows("ladders.csv"):
            self.ladders.setdefault(row["ladder"], []).append(
                Rung(int(row["rung"]), row["post"], row["at"], int(row["days"]), row["copy"])
            )
        self.standards = {
            (row["code"], row["kind"]): Standard(
                int(row["acknowledge_days"]),
                int(row["answer_days"]),
                int(row["max_rung"]) if row["max_rung"] else None,
                int(row["extension_days_max"]),
            )
            for row in rows("standards.csv")
        }
        self.category = {
            row["code"]: (row["unit"], row["confidentiality"], row["standard"])
            for row in rows("categories.csv")
        }
        self.units: dict[str, list[str]] = {}
        self.desk: dict[str, str] = {}
        for row in rows("units.csv"):
            self.units.setdefault(row["institution_kind"], []).append(row["code"])
            if row["is_default"] == "yes":
                self.desk[row["institution_kind"]] = row["code"]

        self.calendar = {code: self._calendar(code) for code in self.parent}

    def _calendar(self, institution: str) -> str:
        above = institution
        while above:
            if above == ZANZIBAR:
                return "TZ-ZNZ"
            above = self.parent[above]
        return "TZ"

    def unit(self, institution: str, category: str) -> str:
        kind, unit = self.kind_of[institution], self.category[category][0]
        return unit if unit in self.units[kind] else self.desk[kind]

    def standard(self, category: str, kind: str) -> Standard:
        code = self.category[category][2]
        return self.standards.get((code, kind)) or self.standards[code, "*"]


@dataclass
class Officer:
    institution: str
    roles: tuple[str, ...]
    since: datetime
    left: datetime | None = None
    away: list[tuple[datetime, date, date]] = field(default_factory=list)

    def works(self, moment: datetime) -> bool:
        return self.since <= moment and (self.left is None or self.left > moment)

    def is_away(self, moment: datetime) -> bool:
        day = moment.astimezone(DAR).date()
        return any(at <= moment and first <= day <= last for at, first, last in self.away)


@dataclass
class Seat:
    """`told`: from when on one knows that somebody sits there, and `ended` that nobody does."""

    officer: str
    since: date
    told: datetime
    until: date | None = None
    ended: datetime | None = None

    def on(self, moment: datetime) -> bool:
        day = moment.astimezone(DAR).date()
        if self.told > moment or self.since > day:
            return False
        return self.ended is None or self.ended > moment or self.until is None or self.until >= day


class Staff:
    """Who is who, told in order."""

    def __init__(self) -> None:
        self.officers: dict[str, Officer] = {}
        self.seats: dict[tuple[Post, str], list[Seat]] = {}
        self.orphans: set[str] = set()

    def tell(self, at: datetime, what: str, args: tuple[object, ...]) -> bool:
        """One fact about people; False where it cannot be."""
        given = [str(each) for each in args]
        day = at.astimezone(DAR).date()
        if what == "officer":
            roles = args[2]
            assert isinstance(roles, tuple)
            self.officers[given[0]] = Officer(given[1], roles, at)
        elif what == "orphan":
            self.orphans.add(given[0])
        elif what in ("seat", "vacate"):
            post: Post = (given[0], None if args[1] is None else given[1], given[2])
            seats = self.seats.setdefault((post, given[3]), [])
            standing = [each for each in seats if each.until is None]
            if what == "seat":
                if standing or not self._works(given[4], at):
                    return False
                seats.append(Seat(given[4], day, at))
            elif not standing:
                return False
            else:
                standing[0].until, standing[0].ended = day - timedelta(days=1), at
        elif what == "leave":
            return self._leave(given[0], args[1], args[2], at)
        elif what == "depart":
            if not self._works(given[0], at):
                return False
            self.officers[given[0]].left = at
        return True

    def _works(self, key: str, at: datetime) -> bool:
        return key in self.officers and self.officers[key].works(at)

    def _leave(self, key: str, first: object, last: object, at: datetime) -> bool:
        assert isinstance(first, date)
        assert isinstance(last, date)
        if key not in self.officers or last < at.astimezone(DAR).date():
            return False
        known = self.officers[key].away
        if any(begin <= last and end >= first for _, begin, end in known):
            return False
        known.append((at, first, last))
        return True

    def on(self, post: Post, capacity: str, moment: datetime) -> str | None:
        """Who was put on a post and neither taken off it nor left, whether away or not."""
        found = [seat.officer for seat in self.seats.get((post, capacity), ()) if seat.on(moment)]
        return found[-1] if found and self.officers[found[-1]].works(moment) else None

    def can_act(self, key: str | None, moment: datetime) -> bool:
        """Whether somebody is there who has an account and is not away."""
        if key is None:
            return False
        found = self.officers[key]
        return found.works(moment) and not found.is_away(moment)

    def takers(
        self, institution: str, restricted: bool, excluded: Iterable[str], moment: datetime
    ) -> set[str]:
        """Who may become the handler of a case there."""
        kept = set(excluded)
        fits = set()
        for key, found in self.officers.items():
            if key in kept or not found.works(moment) or found.is_away(moment):
                continue
            if restricted:
                fit = "ethics" in found.roles and found.institution != institution
            else:
                serves = {"handler", "coordinator"} & set(found.roles)
                fit = found.institution == institution and bool(serves)
            if fit:
                fits.add(key)
        return fits
