"""The worker writes what is due: one change in one transaction, by the database's own function.

Found by state, so that a lost wake-up or a night without a worker is made up by the next run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from psycopg.types.json import Jsonb
from sqlalchemy import func, select, text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from feedback import models as m
from feedback import transaction
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import changes as rules
from feedback.services import audit, marks
from feedback.services.changes import closing, previews, subjects
from feedback.services.changes.subjects import Row, Values
from feedback.services.errors import Refused
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.services.reference_files import shipped_posts, shipped_units

log = structlog.get_logger()

CHANGE_LOCK = 7_301_025  # any fixed number: the worker that applies changes holds it
WRITE = text("SELECT guard.write_reference(:change, :table, :id, :row)")
TABLES = {
    "institution": "institution",
    "unit": "unit",
    "category": "category",
    "standard": "service_standard",
    "rung": "ladder_rung",
    "choice": "ladder_choice",
    "officer": "officer",
}


def apply_next(now: datetime) -> str:
    """Apply the next change that is due (worker, one transaction); answers its state, "" where
    nothing is due. One that does not fit any more fails, and who asked for it is told."""
    change = m.ReferenceChange
    # One after the other, in the order of days: a second worker leaves them to the first.
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(CHANGE_LOCK))):
        return ""
    due = db.session.scalars(
        select(change)
        .where(change.state == "planned", change.from_day <= local_day(now))
        .order_by(change.from_day, change.at, change.id)
        .limit(1)
        .with_for_update()
    ).first()
    if due is None:
        return ""
    previews.work_out(due, now)
    try:
        with db.session.begin_nested():
            before = _Applying(due, directory(), now).run()
    except Refused as refused:
        return _settle(due, "failed", now, refused.code)
    except (DataError, IntegrityError, ProgrammingError):
        # A row that a rule of the database refuses; the message may hold values.
        return _settle(due, "failed", now, "refused-by-database")
    except Exception as error:
        # Whatever it is: one change that cannot be made keeps no later one waiting.
        log.exception("change_failed", change=str(due.id), error=type(error).__name__)
        return _settle(due, "failed", now, "refused-by-database")
    due.before = before
    return _settle(due, "done", now)


def _settle(due: m.ReferenceChange, state: str, now: datetime, problem: str = "") -> str:
    due.state, due.settled_at, due.problem = state, now, problem
    said: dict[str, Any] = {"subject": due.subject, "key": due.key, "change": due.act}
    if state == "done":
        fields = ",".join(sorted(due.said))
        audit.record("reference_changed", now=now, officer=due.officer_id, **said, fields=fields)
    else:
        audit.record("change_failed", now=now, officer=due.officer_id, **said, problem=problem)
        marks.notices([due.officer_id], "change_failed", None, now, str(due.id))
    return state


class _Applying:
    """One change on its way into the tables."""

    def __init__(self, change: m.ReferenceChange, d: Directory, now: datetime) -> None:
        self.change, self.d, self.now = change, d, now

    def run(self) -> Values:
        """Do it, checked anew against what stands now; answers what was there before."""
        change, d = self.change, self.d
        present = subjects.load(change.subject, change.key, d)
        if change.act == "close":
            return self._close(present)
        if change.act == "change" and (present is None or not present.active):
            raise Refused("not-found")
        if change.act == "add" and present is not None and present.active:
            raise Refused("taken")
        blank = rules.DEFAULTS.get(change.subject, {})
        values = {**(present.values if present else blank), **change.said}
        for code in subjects.check(change.subject, values, present, d).values():
            raise Refused(code)
        before = present.values if present else {}
        self._agreed(rules.needs_second(change.subject, change.act, before, change.said))
        if present is None:
            ADDS.get(change.subject, _Applying._add)(self, values)
        else:
            self._change(present, values)
        return {name: before[name] for name in change.said if name in before}

    def _agreed(self, needed: bool) -> None:
        """Whatever the row says of itself, what needs a second was decided by one."""
        if needed and self.change.decided_by is None:
            raise Refused("needs-second")

    def _write(self, table: str, row: Values, number: int | None = None) -> int:
        given = {"change": self.change.id, "table": table, "id": number, "row": Jsonb(row)}
        written: int | None = db.session.scalar(WRITE, given)
        if written is None:
            raise Refused("not-found")
        return written

    def _columns(self, values: Values) -> Values:
        """The values as the table's columns take them."""
        d, subject, row = self.d, self.change.subject, dict(values)
        if "parent" in row:
            parent = d.institutions_by_code.get(row.pop("parent"))
            row["parent_id"] = parent.id if parent else None
        if subject == "unit" and "institution" in row:
            row["institution_id"] = d.institutions_by_code[row.pop("institution")].id
        if subject == "officer" and "unit" in row:
            row["unit_id"] = subjects.unit_of(row.pop("unit"), d)
        return row

    def _change(self, present: Row, values: Values) -> None:
        if self.change.subject == "standard":
            return self._version(present, values)
        said = {name: values[name] for name in self.change.said}
        fixed = {field.name for field in rules.FIELDS[self.change.subject] if field.fixed}
        row = self._columns({name: value for name, value in said.items() if name not in fixed})
        if self.change.act == "add":
            row["active"] = True  # one that was taken away comes back
        if said.get("is_default"):
            self._no_default(self.d.units[present.id].institution_id)
        self._write(TABLES[self.change.subject], row, present.id)
        if "parent" in said:
            own = self.d.institutions[present.id]
            self._paths(own, self.d.institutions_by_code[said["parent"]])
        return None

    def _version(self, present: Row | None, values: Values, *, active: bool = True) -> None:
        """The next version of a standard, from today on; clocks keep the one that they name."""
        newest = 0
        if present is not None:
            newest = db.session.get_one(m.ServiceStandard, present.id).version
        row = {**values, "version": newest + 1, "active": active}
        row["from_day"] = local_day(self.now).isoformat()
        self._write("service_standard", row)

    def _add_standard(self, values: Values) -> None:
        self._version(None, {**self._blank(), **values})

    def _add(self, values: Values) -> None:
        row = {**self._blank(), **self._columns(values), "active": True}
        self._write(TABLES[self.change.subject], row)

    def _blank(self) -> Values:
        """What a field that was left out says."""
        empty: dict[str, Any] = {"list": [], "choices": [], "number": None, "flag": False}
        return {
            field.name: empty.get(field.kind, "")
            for field in rules.FIELDS[self.change.subject]
            if not field.required and field.name != "parent"
        }

    def _add_institution(self, values: Values) -> None:
        """With the units and posts that one of its kind begins with, and its parent's calendar."""
        parent = self.d.institutions_by_code[values["parent"]]
        row = {
            **self._blank(),
            **self._columns(values),
            "path": list(parent.path),
            "calendar_id": parent.calendar_id,
            "verified": True,
            "active": True,
        }
        number = self._write("institution", row)
        self._write("institution", {"path": [*parent.path, number]}, number)
        self._posts(values["kind"], "institution", number, None)
        for unit in shipped_units(values["kind"]):
            own = {**unit, "institution_id": number, "active": True}
            self._posts(values["kind"], "unit", number, self._write("unit", own))

    def _add_unit(self, values: Values) -> None:
        """With the post of its head, which the first rung addresses."""
        institution = self.d.institutions_by_code[values["institution"]]
        if values.get("is_default"):
            self._no_default(institution.id)
        number = self._write("unit", {**self._blank(), **self._columns(values), "active": True})
        self._posts(institution.kind, "unit", institution.id, number)

    def _add_ladder(self, values: Values) -> None:
        """With the rungs of the one that it is a copy of, as they are on that day."""
        rungs = db.session.execute(
            select(m.LadderRung.__table__)
            .where(m.LadderRung.ladder == values["origin"], m.LadderRung.active)
            .order_by(m.LadderRung.rung)
        ).all()
        for rung in rungs:
            row = {name: value for name, value in rung._mapping.items() if name != "id"}
            self._write("ladder_rung", {**row, "ladder": values["code"]})

    def _posts(self, kind: str, level: str, institution_id: int, unit_id: int | None) -> None:
        for post in shipped_posts(kind, level):
            self._write("post", {**post, "institution_id": institution_id, "unit_id": unit_id})

    def _no_default(self, institution_id: int) -> None:
        for unit in self.d.units_of(institution_id):
            if unit.is_default:
                self._write("unit", {"is_default": False}, unit.id)

    def _paths(self, moved: InstitutionInfo, parent: InstitutionInfo) -> None:
        """The way down from the top for an institution and all below it."""
        above = [*parent.path, moved.id]
        for each in self.d.institutions.values():
            if moved.id in each.path:
                below = list(each.path[each.path.index(moved.id) + 1 :])
                self._write("institution", {"path": above + below}, each.id)

    def _close(self, present: Row | None) -> Values:
        change, d = self.change, self.d
        if present is None or not present.active:
            raise Refused("not-found")
        successor = str(change.said.get("successor", ""))
        closing.check(change.subject, present, successor, d)
        self._agreed(rules.needs_second(change.subject, "close", present.values, {}))
        if change.subject == "standard":
            self._version(present, present.values, active=False)
            return present.values
        row: Values = {"active": False}
        if change.subject == "institution" and successor:
            heir = d.institutions_by_code[successor]
            row["successor_id"] = heir.id
            self._leave(present.id, None, lambda unit: self._same(unit, heir))
            for child in closing.below(present.id):
                self._write("institution", {"parent_id": heir.id}, child.id)
                self._paths(d.institutions[child.id], heir)
            for place in db.session.scalars(
                select(m.Place.id).where(m.Place.institution_id == present.id)
            ):
                self._write("place", {"institution_id": heir.id}, place)
        elif change.subject == "unit":
            heir_unit = subjects.unit_of(successor, d)
            row["successor_id"] = heir_unit
            institution = d.units[present.id].institution_id
            self._leave(institution, present.id, lambda _unit: heir_unit)
        self._write(TABLES[change.subject], row, present.id)
        if change.subject in ("institution", "unit"):
            transaction.wake("vacate_places")
        return present.values

    def _same(self, unit_id: int, heir: InstitutionInfo) -> int:
        code = self.d.units[unit_id].code
        units = self.d.units_of(heir.id)
        return next((u.id for u in units if u.code == code), heir.default_unit_id)

    def _leave(
        self, institution_id: int, unit_id: int | None, to: Callable[[int], int | None]
    ) -> None:
        """Officers go to the successor's units; posts of the closed place are held no more."""
        yesterday = (local_day(self.now) - timedelta(days=1)).isoformat()
        for holding in closing.seats_of(institution_id, unit_id):
            self._write("post_holding", {"until_day": yesterday}, holding)
        for officer in closing.officers_of(institution_id, unit_id):
            unit = to(officer.unit_id)
            if unit is None:
                continue
            place = {"unit_id": unit, "institution_id": self.d.units[unit].institution_id}
            self._write("officer", place, officer.id)
            audit.record("officer_moved", now=self.now, officer=officer.id, unit=unit)


ADDS: dict[str, Callable[[_Applying, Values], None]] = {
    "institution": _Applying._add_institution,
    "unit": _Applying._add_unit,
    "standard": _Applying._add_standard,
    "ladder": _Applying._add_ladder,
}
