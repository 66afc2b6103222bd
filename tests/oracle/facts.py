"""A plain list of facts: what happened, when, to what. It has no idea of clocks and ladders.

Moments are UTC and never on a full hour, so that no act meets a sweep. Officers and cases have keys
("o7", "c12") in place of rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone

DAR = timezone(timedelta(hours=3))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fact:
    """`args` by `what`, see `MEANING`."""

    at: datetime
    what: str
    args: tuple[object, ...] = ()

    def __str__(self) -> str:
        said = " ".join("–" if each is None else str(each) for each in self.args)
        return f"{local(self.at)}  {self.what:<10} {said}"

    @property
    def case(self) -> str | None:
        """The case that it is about, if it is about one."""
        return str(self.args[0]) if self.what in OF_CASE else None


MEANING = {
    # people; posts are (institution, unit or None, kind)
    "officer": "key, institution, roles: comes to work",
    "seat": "institution, unit, post, capacity, officer: holds it from that day on",
    "vacate": "institution, unit, post, capacity: nobody holds it from that day on",
    "leave": "officer, first day, last day",
    "depart": "officer: the account is closed",
    # calendars and machines
    "day": "calendar, day, status, and whose if not everybody's, and an hour for a half day:"
    " confirmed or expected is off, removed is not",
    "outage": "hours: no job runs",
    "orphan": "institution: stands under nothing",
    # what citizens do
    "lodge": "case, institution, category, kind, unknown (nobody knows who wrote)",
    "reply": "case",
    "not_fixed": "case",
    "accept": "case",
    "withdraw": "case",
    "restrict": "case: the citizen makes it restricted",
    # what the handler does
    "ack": "case",
    "ask": "case",
    "part": "case: part of an answer",
    "answer": "case",
    "transfer": "case, institution",
    "more": "case, days: asks for more time",
    "reopen": "case",
    "recuse": "case: steps back",
    "done": "case: did what the oldest directive that stands orders",
    # what others do
    "grant": "case, officer: gives the time asked for",
    "refuse": "case, officer",
    "assign": "case, by officer, to officer",
    "conflict": "case, officer: the case concerns that officer",
    "direct": "case, rung, days: whoever stands on the rung orders something",
    "paper": "case, institution, officer: logs there a letter of the citizen that arrived",
    # what was seen to come of it: not the ladder's to say, so the oracle is told
    "owner": "case, officer or None: who is its handler from now on",
}
PEOPLE = frozenset({"officer", "seat", "vacate", "leave", "depart"})
OF_CASE = frozenset(
    {
        *("lodge", "reply", "not_fixed", "accept", "withdraw", "restrict", "ack", "ask", "part"),
        *("answer", "transfer", "more", "reopen", "recuse", "done", "grant", "refuse", "assign"),
        *("conflict", "direct", "paper", "owner"),
    }
)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that happens between two moments. `off`: by calendar the days off known at the
    beginning; what comes later is a fact."""

    seed: int
    start: datetime
    end: datetime
    facts: tuple[Fact, ...]
    off: dict[str, frozenset[date]] = field(default_factory=dict)


def local(moment: datetime) -> str:
    """A moment as an office clock shows it."""
    shown = moment.astimezone(DAR)
    return shown.strftime("%a %Y-%m-%d %H:%M" + (":%S" if shown.second else ""))


def day_of(moment: datetime) -> date:
    """The day of a moment in Dar es Salaam."""
    return moment.astimezone(DAR).date()


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of an office clock in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=DAR).astimezone(UTC)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """By moment; of one moment as they were written."""
    return sorted(facts, key=lambda fact: fact.at)


def outages(facts: Iterable[Fact]) -> list[tuple[datetime, datetime]]:
    """From when to when no job runs."""
    return [
        (fact.at, fact.at + HOUR * int(str(fact.args[0])))
        for fact in facts
        if fact.what == "outage"
    ]
