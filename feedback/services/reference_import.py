"""Loads the CSV files of `feedback/reference` (or an edited copy); safe to run again.

Rows are matched by code: a known one is updated, a new one added, one that has gone from the file
stays (cases may point to it) unless it is an institution, which is then set inactive. What an
administrator changed on screen stays as it is there, and is counted as kept, unless forced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import holidays as holiday_library
import psycopg
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.exc import IntegrityError

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import changes as rules
from feedback.services import audit
from feedback.services.errors import Refused
from feedback.services.reference_files import SHIPPED, Folder, unit_row, words
from feedback.services.reference_rows import next_standards, upsert

# A calendar for each part of the Union whose days off differ, with a region that stands for it.
CALENDARS = {
    "TZ": ("Tanzania", "RS-DODOMA"),
    "TZ-ZNZ": ("Zanzibar", "RS-MJINI-MAGHARIBI"),
}
ZANZIBAR = "ZNZ-CS"  # the root of the institutions that count by Zanzibar's calendar
MOON_SIGHTED = re.compile(r"eid|idd|maulid", re.IGNORECASE)
# Years around the present for which the national holidays are written down.
YEARS_BACK, YEARS_AHEAD = 5, 3


def import_reference(
    now: datetime, folder: Path = SHIPPED, *, force: bool = False
) -> dict[str, int]:
    """Load every file; answers the number of rows by table, and how many were `kept` because an
    administrator had changed them on screen. force: the files win over those too.

    Raises Refused("bad-file: …") with file and line for a row that does not fit; nothing of the
    import stays then.
    """
    files = Folder(folder)
    try:
        return _import(now, files, _taken_back(now) if force else _changed_here())
    except KeyError as error:
        raise Refused(f"bad-file: {files.position}: {error} is missing or unknown") from error
    except ValueError as error:
        raise Refused(f"bad-file: {files.position}: {error}") from error
    except IntegrityError as error:
        name = error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None
        raise Refused(f"bad-file: {files.position}: refused by {name}") from error


@dataclass
class _Here:
    """What administrators changed on screen: keys by subject (see `models.ReferenceChange`), the
    institutions whose default unit they chose, and codes of the heirs of what they closed."""

    keys: dict[str, set[str]] = field(default_factory=dict)
    defaults: set[str] = field(default_factory=set)
    heirs: dict[str, str] = field(default_factory=dict)
    kept: int = 0

    def keeps(self, subject: str, key: str) -> bool:
        """Whether the row stays as it is here; it is counted then."""
        known = key in self.keys.get(subject, ())
        if subject == "unit":
            known = known or key.partition("/")[0] in self.defaults
        self.kept += known
        return known


def _changed_here() -> _Here:
    here, change = _Here(), m.ReferenceChange
    for row in db.session.execute(
        select(change.subject, change.key, change.act, change.said)
        .where(change.state == "done")
        .order_by(change.settled_at)
    ):
        here.keys.setdefault(row.subject, set()).add(row.key)
        if row.subject == "unit" and row.said.get("is_default"):
            here.defaults.add(row.key.partition("/")[0])
        if row.subject == "institution" and row.act == "close" and row.said.get("successor"):
            here.heirs[row.key] = row.said["successor"]
    return here


def _taken_back(now: datetime) -> _Here:
    """Let the files win: what was changed on screen counts as changed no more."""
    db.session.execute(
        update(m.ReferenceChange)
        .where(m.ReferenceChange.state == "done", m.ReferenceChange.subject != "officer")
        .values(state="superseded")
    )
    audit.record("reference_forced", now=now)
    return _Here()


def _import(now: datetime, folder: Folder, here: _Here) -> dict[str, int]:
    calendars = _calendars()
    counts = {"holidays": _holidays(folder, calendars, now)}
    counts["institutions"] = _institutions(folder, calendars, here)
    counts["units"] = _units(folder, here)
    counts["standards"] = next_standards(
        local_day(now),
        (
            {
                "code": r["code"],
                "kind": r["kind"],
                "scope": "*",
                "confidentiality": "*",
                "active": True,
                "acknowledge_days": int(r["acknowledge_days"]),
                "answer_days": int(r["answer_days"]),
                "max_rung": int(r["max_rung"]) if r["max_rung"] else None,
                "extension_days_max": int(r["extension_days_max"]),
                "source": r["source"],
            }
            for r in folder.rows("standards.csv")
            if not here.keeps("standard", f"{r['code']}/{r['kind']}/*/*")
        ),
    )
    counts["categories"] = _categories(folder, here)
    counts["ladders"] = upsert(
        m.LadderRung,
        ("ladder", "rung"),
        (
            {
                **{k: r[k] for k in ("ladder", "post", "at", "copy", "name_sw", "name_en")},
                "rung": int(r["rung"]),
                "days": int(r["days"]),
                "digest": r["digest"] == "yes",
                # Files from before these columns were there go on fitting.
                "reads": r.get("reads", "yes") == "yes",
                "explains": r.get("explains", "yes" if int(r["rung"]) > 1 else "no") == "yes",
                "active": True,
            }
            for r in folder.rows("ladders.csv")
            if not here.keeps("rung", f"{r['ladder']}/{r['rung']}")
        ),
    )
    if chosen := _choices(folder, here):
        counts["ladder_choices"] = chosen
    counts["posts"] = _posts(folder)
    counts["places"] = _places(folder, here)
    if here.kept:
        counts["kept"] = here.kept
    audit.record("reference_imported", now=now, institutions=counts["institutions"])
    return counts


def _choices(folder: Folder, here: _Here) -> int:
    """Ladders of subjects; a folder need not have the file."""
    if not (folder.path / "ladder_choices.csv").exists():
        return 0
    return upsert(
        m.LadderChoice,
        ("scope", "category"),
        (
            {**{k: r[k] for k in ("scope", "category", "ladder")}, "active": True}
            for r in folder.rows("ladder_choices.csv")
            if not here.keeps("choice", f"{r['scope']}/{r['category']}")
        ),
    )


def _calendars() -> dict[str, int]:
    """The calendars, made once: office hours changed since then stay."""
    db.session.execute(
        insert(m.Calendar).on_conflict_do_nothing(),
        [
            {
                "code": code,
                "name": name,
                "opens": time(7, 30),
                "closes": time(15, 30),
                "weekend": [5, 6],
            }
            for code, (name, _) in CALENDARS.items()
        ],
    )
    return dict(db.session.execute(select(m.Calendar.code, m.Calendar.id)).all())


def _holidays(folder: Folder, calendars: dict[str, int], now: datetime) -> int:
    """National days from the library, then the file's; a day an administrator set stays.

    Where the file knows a year, its moon-sighted days stand in place of the library's estimates.
    """
    filed = [(date.fromisoformat(row["day"]), row) for row in folder.rows("holidays.csv")]
    covered = {day.year for day, _ in filed}
    years = range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1)
    swahili = holiday_library.country_holidays("TZ", years=years, language="sw")
    english = holiday_library.country_holidays("TZ", years=years, language="en_US")
    national = {
        day: {
            "name_sw": name,
            "name_en": english.get(day, name),
            "status": "confirmed",
            "source": "holidays library",
        }
        for day, name in swahili.items()
        if not (day.year in covered and MOON_SIGHTED.search(name))
    }
    count = 0
    for code, (_, region) in CALENDARS.items():
        known = dict(
            db.session.execute(
                select(m.Holiday.day, m.Holiday.status).where(
                    m.Holiday.calendar_id == calendars[code], m.Holiday.scope == rules.EVERYBODY
                )
            ).all()
        )
        days = dict(national)
        for day, row in filed:
            if not row["regions"] or region in row["regions"].split(";"):
                days[day] = {k: row[k] for k in ("name_sw", "name_en", "status", "source")}
        corrected = set(
            db.session.scalars(
                # Of a day that was moved, the one that it was moved to as well.
                select(
                    func.unnest(array([m.CalendarCorrection.day, m.CalendarCorrection.moved_to]))
                ).where(
                    m.CalendarCorrection.calendar_id == calendars[code],
                    m.CalendarCorrection.scope == rules.EVERYBODY,
                    m.CalendarCorrection.officer_id.is_not(None),
                )
            )
        )
        count += upsert(
            m.Holiday,
            ("calendar_id", "day", "scope"),
            [
                {"calendar_id": calendars[code], "day": day, "scope": rules.EVERYBODY, **values}
                for day, values in days.items()
                if day not in corrected
            ],
        )
        if known:
            _correct(calendars[code], known, days, corrected, now)
    return count


def _correct(
    calendar_id: int,
    known: dict[date, str],
    days: dict[date, dict[str, str]],
    corrected: set[date],
    now: datetime,
) -> None:
    """Put days off that came or went on record, so that a job moves the deadlines they touch."""
    for day, values in sorted(days.items()):
        was_off = known.get(day, "removed") != "removed"
        if day not in corrected and was_off != (values["status"] != "removed"):
            db.session.add(
                m.CalendarCorrection(
                    calendar_id=calendar_id, day=day, status=values["status"], at=now
                )
            )


def _institutions(folder: Folder, calendars: dict[str, int], here: _Here) -> int:
    rows = {r["code"]: r for r in folder.rows("institutions.csv")}
    ids: dict[str, int] = {}
    paths: dict[str, list[int]] = {}
    for row in db.session.execute(
        select(m.Institution.code, m.Institution.id, m.Institution.path).where(
            m.Institution.code.in_(here.keys.get("institution", ()))
        )
    ):
        ids[row.code], paths[row.code] = row.id, list(row.path)
        here.kept += row.code in rows

    def place(code: str, above: tuple[str, ...] = ()) -> list[int]:
        """Parents first, so that each row's path is known when it is written."""
        if code in paths:
            return paths[code]
        row = rows.get(code)
        if row is None or code in above:
            raise Refused(f"bad-file: institutions.csv: parent {code} is missing or a circle")
        higher = here.heirs.get(row["parent"], row["parent"])
        parent = place(higher, (*above, code)) if higher else []
        of_zanzibar = code == ZANZIBAR or ids.get(ZANZIBAR) in parent
        said = {name: row[name] for name in names} | {
            "parent_id": parent[-1] if parent else None,
            "path": parent,
            "aliases": words(row["aliases"]),
            "calendar_id": calendars["TZ-ZNZ" if of_zanzibar else "TZ"],
            "verified": row["verified"] == "yes",
            "active": True,
        }
        ids[code] = connection.scalars(statement, said).one()
        paths[code] = [*parent, ids[code]]
        return paths[code]

    # One statement for all rows: to build it for each took most of an import.
    upserted = insert(m.Institution)
    kept = ("id", "code", "calendar_id", "path")
    changed = {name: new for name, new in upserted.excluded.items() if name not in kept}
    upserted = upserted.on_conflict_do_update(index_elements=["code"], set_=changed)
    statement = upserted.returning(m.Institution.id)
    names = ("code", "kind", "name_sw", "name_en", "region", "ladder", "sector")
    connection = db.session.connection()
    for code in rows:
        place(code)
    way = bindparam("way", type_=m.Institution.path.type)
    if paths:
        connection.execute(
            update(m.Institution)
            .where(m.Institution.id == bindparam("which"), m.Institution.path != way)
            .values(path=way),
            [{"which": ids[code], "way": path} for code, path in paths.items()],
        )
    db.session.execute(
        update(m.Institution)
        .where(
            m.Institution.code.not_in([*rows, *here.keys.get("institution", ())]),
            m.Institution.active,
        )
        .values(active=False)
    )
    return len(rows)


def _units(folder: Folder, here: _Here) -> int:
    by_kind: dict[str, list[dict[str, str]]] = {}
    for row in folder.rows("units.csv"):
        by_kind.setdefault(row["institution_kind"], []).append(row)
    institutions = db.session.execute(
        select(m.Institution.id, m.Institution.code, m.Institution.kind)
    )
    return upsert(
        m.Unit,
        ("institution_id", "code"),
        (
            {
                "institution_id": institution.id,
                **unit_row(row),
                "active": True,
            }
            for institution in institutions
            for row in by_kind[institution.kind]
            if not here.keeps("unit", f"{institution.code}/{row['code']}")
        ),
    )


def _categories(folder: Folder, here: _Here) -> int:
    return upsert(
        m.Category,
        ("code",),
        (
            {
                **{k: r[k] for k in ("code", "name_sw", "name_en", "confidentiality", "standard")},
                "unit_code": r["unit"],
                "applies_to": words(r["applies_to"]),
                "keywords_sw": words(r["keywords_sw"]),
                "keywords_en": words(r["keywords_en"]),
                "sort": int(r["sort"]),
                "active": True,
            }
            for r in folder.rows("categories.csv")
            if not here.keeps("category", r["code"])
        ),
    )


def _posts(folder: Folder) -> int:
    """One post for each institution (or unit) of a kind; `only` limits it to one institution."""
    listed = list(folder.rows("posts.csv"))
    institutions = list(
        db.session.execute(select(m.Institution.id, m.Institution.code, m.Institution.kind))
    )
    units: dict[int, list[int]] = {}
    for unit in db.session.execute(select(m.Unit.id, m.Unit.institution_id)):
        units.setdefault(unit.institution_id, []).append(unit.id)
    rows: dict[tuple[int, int | None, str], dict[str, Any]] = {}
    for institution in institutions:
        for row in listed:
            own = row["only"] == institution.code
            if not own and (row["only"] or row["institution_kind"] != institution.kind):
                continue
            targets = units[institution.id] if row["level"] == "unit" else [None]
            for unit_id in targets:
                key = (institution.id, unit_id, row["post"])
                if key in rows and not own:
                    continue
                rows[key] = {
                    "institution_id": institution.id,
                    "unit_id": unit_id,
                    "kind": row["post"],
                    "name_sw": row["name_sw"],
                    "name_en": row["name_en"],
                }
    return upsert(m.Post, ("institution_id", "unit_id", "kind"), rows.values())


def _places(folder: Folder, here: _Here) -> int:
    if not (folder.path / "places.csv").exists():
        return 0
    ids = dict(db.session.execute(select(m.Institution.code, m.Institution.id)).all())
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for row in folder.rows("places.csv"):
        if row["council"] not in ids:
            raise Refused(f"bad-file: places.csv: {row['name']}: unknown {row['council']}")
        council = here.heirs.get(row["council"], row["council"])
        key = (row["name"], ids[council])
        rows[key] = {"name": row["name"], "kind": row["kind"], "institution_id": key[1]}
    return upsert(m.Place, ("name", "institution_id"), rows.values())
