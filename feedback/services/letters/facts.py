"""What stands in a letter, as it was on the day of its issue: titles and days, in both languages.

No word of the case and nothing of a person: neither the citizen's name nor an officer's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from feedback import models as m
from feedback.clock import local_day
from feedback.rules.access import Level
from feedback.rules.deadlines import working_days_until
from feedback.services import clocks, views
from feedback.services.reference import Directory, InstitutionInfo

Both = tuple[str, str]
"""A name in Swahili and in English."""


@dataclass(frozen=True, slots=True)
class Step:
    """A rung that was reached."""

    number: int
    name: Both
    day: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Where the case lay, from when, and for how many working minutes; `owned`: whether an officer
    was named there."""

    place: Both
    since: str
    minutes: int
    owned: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """One letter. Days are ISO; empty where there is none."""

    kind: str
    reference: str
    case_kind: str
    level: str
    # Of the Government of Zanzibar, whose letters bear another heading.
    zanzibar: bool
    sender: Both
    # Title first, then where.
    addressee: tuple[Both, ...]
    signs: tuple[Both, ...]
    received: str
    due: str
    late: int
    acknowledged: bool
    answered: bool
    # The rung to which it goes, or from which it is written, and by what the case got there.
    rung: int = 0
    driver: str = ""
    reached: str = ""
    category: Both | None = None
    place: str = ""
    steps: tuple[Step, ...] = ()
    holders: tuple[Holder, ...] = ()
    ask: str = ""
    by: str = ""
    # The words of a final letter, in both languages.
    words_sw: tuple[str, ...] = ()
    words_en: tuple[str, ...] = ()
    version: int = field(default=1)

    def text(self) -> str:
        """As it is kept, the same for the same facts."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def digest(self) -> bytes:
        """By which a change would show."""
        return hashlib.sha256(self.text().encode()).digest()


def read(text: str) -> Facts:
    """Facts as they were kept."""
    known: dict[str, Any] = json.loads(text)
    values = {each.name: known[each.name] for each in fields(Facts) if each.name in known}
    values["sender"] = tuple(values["sender"])
    for name in ("addressee", "signs"):
        values[name] = tuple(tuple(each) for each in values[name])
    values["category"] = tuple(values["category"]) if values["category"] else None
    values["steps"] = tuple(Step(e["number"], tuple(e["name"]), e["day"]) for e in known["steps"])
    values["holders"] = tuple(
        Holder(tuple(e["place"]), e["since"], e["minutes"], e["owned"]) for e in known["holders"]
    )
    values["words_sw"], values["words_en"] = tuple(known["words_sw"]), tuple(known["words_en"])
    return Facts(**values)


def both(thing: Any) -> Both:
    """The names of an institution, unit, category or post."""
    return (thing.name_sw, thing.name_en)


def is_of_zanzibar(institution: InstitutionInfo) -> bool:
    """Whether it belongs to the Government of Zanzibar."""
    return institution.ladder.endswith("-znz") or institution.code.startswith("ZNZ")


def of_case(
    case: m.Case, d: Directory, steps: Sequence[views.Rung], now: datetime
) -> dict[str, Any]:
    """What every letter says of a case: when it came, what is late, who held it, how far it got."""
    calendar = d.calendar_of(case.institution_id)
    is_open = case.confidentiality == Level.OPEN
    category = d.categories.get(case.category_id or 0) if is_open else None
    end = case.closed_at or case.answered_at or now
    return {
        "reference": case.reference,
        "case_kind": case.kind,
        "level": case.confidentiality,
        "received": local_day(case.received_at).isoformat(),
        "due": local_day(case.due_at).isoformat(),
        "late": max(0, -working_days_until(calendar, min(now, end), case.due_at)),
        "acknowledged": case.first_response_at is not None,
        "answered": case.answered_at is not None,
        "category": both(category) if category else None,
        # On paper they tell too much of any other.
        "place": (case.place or "") if is_open else "",
        "steps": tuple(
            Step(rung.number, (rung.name_sw, rung.name_en), local_day(rung.at).isoformat())
            for rung in steps
        ),
        "holders": _holders(case, d, end),
    }


def _holders(case: m.Case, d: Directory, end: datetime) -> tuple[Holder, ...]:
    """Where it lay, by unit and institution; two owners of one place in a row are one line. Of a
    restricted case the unit is the one complained about, so that its owners are the ethics officers
    alone."""
    found: list[Holder] = []
    for each in views.holdings(case.id, clocks.of(case), d, end):
        places = [place for place in (each.unit, each.institution) if place is not None]
        if case.confidentiality == Level.RESTRICTED:
            place: Both = ("Maafisa maadili", "Ethics officers")
        else:
            place = (
                ", ".join(p.name_sw for p in places),
                ", ".join(p.name_en for p in places),
            )
        owned = each.handler_name is not None
        last = found[-1] if found else None
        if last is not None and (last.place, last.owned) == (place, owned):
            found[-1] = Holder(place, last.since, last.minutes + each.minutes, owned)
        else:
            found.append(Holder(place, local_day(each.at).isoformat(), each.minutes, owned))
    return tuple(found)


def day(text: str) -> date | None:
    """A day of the facts."""
    return date.fromisoformat(text) if text else None
