"""What an official or the public is shown: figures of which none points at a person.

Each number goes by itself through rules.disclosure: groups of fewer than ten cases are not shown,
counts are cut down to tens. So a board may be divided and filtered in any way, and shows the same
for the same group on every page.

Restricted cases are in no figure: who may see them counts them in the ethics queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from feedback.models.columns import CHANNELS, KINDS
from feedback.rules.disclosure import SMALL_GROUP, safe_count, safe_rate
from feedback.rules.histogram import percentile
from feedback.services.figures.numbers import Numbers, Slice, by, remainder, total
from feedback.services.figures.rollup import NO_CATEGORY
from feedback.services.reference import Directory

# What is counted in a table.
SHOWN = ("received", "answered", "open", "overdue", "escalated", "appealed")
MEDIAN, SLOW = 0.5, 0.9


@dataclass(frozen=True, slots=True)
class Question:
    """Which figures: an institution with all below it (None: the whole country), a year or one of
    its months, one category or all (0: none named yet), one channel or all."""

    institution: int | None
    year: int
    month: int | None = None
    category: int | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table, or its total. Counts are whole tens; None: fewer than ten.

    Durations are working minutes: median and 90th percentile to the first human response and to
    the answer. `on_time` is the share of answers given in time among those that were due.
    """

    key: Any
    received: int | None
    answered: int | None
    open: int | None
    overdue: int | None
    escalated: int | None
    appealed: int | None
    on_time: float | None
    first_median: int | None
    first_slow: int | None
    answer_median: int | None
    answer_slow: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """The answer to a question. A table is empty where the question leaves nothing to divide.

    The key of a line: None for the total, first day of the month, category id (0: none yet),
    channel, kind, institution id; the line with the institution's own id counts its own cases.
    """

    question: Question
    total: Line
    months: list[Line]
    categories: list[Line]
    channels: list[Line]
    kinds: list[Line]
    institutions: list[Line]


def ask(question: Question, d: Directory, today: date) -> Board:
    """The figures asked for on this day, as they may be shown; reads only roll-ups."""
    chosen = _slice(question, d)
    months = by("month", chosen)
    whole = total(months.values())
    divided = question.category is not None or question.channel is not None
    tables: dict[str, dict[Any, Numbers]] = {
        "months": {} if question.month else _every_month(question.year, months, today),
        "categories": {} if divided else _each("category", chosen, d),
        "channels": {} if divided else _each("channel", chosen, d),
        "kinds": {} if divided else _each("kind", chosen, d),
        "institutions": _institutions(question.institution, chosen, d),
    }
    return Board(
        question,
        _line(None, whole),
        **{name: [_line(*row) for row in rows.items()] for name, rows in tables.items()},
    )


def children_of(institution: int | None, d: Directory) -> list[int]:
    """The institutions just below one; of the whole country, those at the top."""
    return [i.id for i in d.institutions_by_code.values() if i.parent_id == institution]


def _slice(question: Question, d: Directory) -> Slice:
    roots = children_of(None, d) if question.institution is None else [question.institution]
    return Slice(
        tuple(roots),
        date(question.year, question.month or 1, 1),
        date(question.year, question.month or 12, 1),
        question.category,
        question.channel,
    )


def _each(dimension: str, chosen: Slice, d: Directory) -> dict[Any, Numbers]:
    """Every category, channel or kind there is: one with no case counts as a group, so that a
    line that is not shown does not tell whether there was one."""
    keys: dict[str, Sequence[Any]] = {
        "category": [NO_CATEGORY, *d.categories],
        "channel": CHANNELS,
        "kind": KINDS,
    }
    known = by(dimension, chosen)
    return {key: known.pop(key, Numbers()) for key in keys[dimension]} | known


def _every_month(year: int, known: Mapping[date, Numbers], today: date) -> dict[date, Numbers]:
    """The months that have begun: one in which nothing came counts as a group."""
    every = (date(year, n, 1) for n in range(1, 13))
    return {month: known.get(month, Numbers()) for month in every if month <= today}


def _institutions(institution: int | None, chosen: Slice, d: Directory) -> dict[Any, Numbers]:
    """Every institution just below, and the own cases of the one in the middle."""
    below = children_of(institution, d)
    if institution is None:
        known = by("institution", chosen)
        return {child: known.get(child, Numbers()) for child in below}
    if not below:
        return {}
    known = by("institution", replace(chosen, institutions=(institution, *below)))
    rows = {child: known.get(child, Numbers()) for child in below}
    return {**rows, institution: remainder(known.get(institution, Numbers()), rows)}


def _line(key: Any, numbers: Numbers) -> Line:
    return Line(
        key=key,
        **{name: safe_count(getattr(numbers, name)) for name in SHOWN},
        on_time=safe_rate(numbers.on_time, numbers.decided),
        first_median=_time(numbers.first_response, MEDIAN),
        first_slow=_time(numbers.first_response, SLOW),
        answer_median=_time(numbers.answer, MEDIAN),
        answer_slow=_time(numbers.answer, SLOW),
    )


def _time(durations: Sequence[int], share: float) -> int | None:
    return percentile(durations, share) if sum(durations) >= SMALL_GROUP else None
