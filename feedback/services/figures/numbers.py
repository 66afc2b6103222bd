"""Sums of roll-ups, by one dimension at a time, still exact: for `board` only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from feedback.extensions import db
from feedback.rules.histogram import SIZE
from feedback.services.figures.rollup import ALL, ALL_CATEGORIES, COUNTS, HISTOGRAMS, summed


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is known about a group of cases; durations as histograms of working minutes."""

    received: int = 0
    answered: int = 0
    open: int = 0
    overdue: int = 0
    decided: int = 0
    on_time: int = 0
    escalated: int = 0
    appealed: int = 0
    withdrawn: int = 0
    first_response: Sequence[int] = (0,) * SIZE
    answer: Sequence[int] = (0,) * SIZE


@dataclass(frozen=True, slots=True)
class Slice:
    """Which roll-ups: of institutions with all below them, from `first` to `last` month."""

    institutions: tuple[int, ...]
    first: date
    last: date
    category: int | None = None
    channel: str | None = None


DIMENSIONS = {
    "month": "f.month",
    "category": "f.category_id",
    "channel": "f.channel",
    "kind": "f.kind",
    "institution": "f.institution_id",
}
_WHERE = {
    # Each dimension: one or all of it; "each" leaves out the row that stands for all.
    "category": {
        "given": "f.category_id = :category",
        "each": f"f.category_id <> {ALL_CATEGORIES}",
    },
    "channel": {"given": "f.channel = :channel", "each": f"f.channel <> '{ALL}'"},
    "kind": {"given": f"f.kind = '{ALL}'", "each": f"f.kind <> '{ALL}'"},
}
_COLUMNS = ", ".join(
    (
        *(f"sum(f.{c})::integer AS {c}" for c in COUNTS),
        *(f"{summed('f.' + h)} AS {h}" for h in HISTOGRAMS),
    )
)


def _statement(dimension: str) -> str:
    where = [which["each" if name == dimension else "given"] for name, which in _WHERE.items()]
    key = DIMENSIONS[dimension]
    return (
        f"SELECT {key} AS key, {_COLUMNS} FROM figure f"  # noqa: S608 -- constants of this module
        " WHERE f.institution_id = ANY (:institutions) AND f.month BETWEEN :first AND :last"
        f" AND {' AND '.join(where)} GROUP BY 1"
    )


_STATEMENTS = {dimension: text(_statement(dimension)) for dimension in DIMENSIONS}


def by(dimension: str, chosen: Slice) -> dict[Any, Numbers]:
    """Numbers for each month, category, channel, kind or institution of a slice."""
    rows = db.session.execute(
        _STATEMENTS[dimension],
        {
            "institutions": list(chosen.institutions),
            "first": chosen.first,
            "last": chosen.last,
            "category": ALL_CATEGORIES if chosen.category is None else chosen.category,
            "channel": chosen.channel or ALL,
        },
    )
    found = {}
    for row in rows.mappings():
        values = dict(row)
        key = values.pop("key")
        for histogram in HISTOGRAMS:
            values[histogram] = [int(count or 0) for count in values[histogram]]
        found[key] = Numbers(**values)
    return found


def total(parts: Iterable[Numbers]) -> Numbers:
    """The sum of groups that do not overlap."""
    listed = list(parts)
    return Numbers(
        **{count: sum(getattr(part, count) for part in listed) for count in COUNTS},
        first_response=_added(part.first_response for part in listed),
        answer=_added(part.answer for part in listed),
    )


def remainder(whole: Numbers, parts: Mapping[Any, Numbers]) -> Numbers:
    """What of a whole is in none of its parts: an institution's own cases beside those below."""
    below = total(parts.values())
    return Numbers(
        **{count: getattr(whole, count) - getattr(below, count) for count in COUNTS},
        first_response=_less(whole.first_response, below.first_response),
        answer=_less(whole.answer, below.answer),
    )


def _added(histograms: Iterable[Sequence[int]]) -> list[int]:
    return [sum(counts) for counts in zip((0,) * SIZE, *histograms, strict=True)]


def _less(whole: Sequence[int], part: Sequence[int]) -> list[int]:
    return [a - b for a, b in zip(whole, part, strict=True)]
