"""What an official or the public is shown: figures of which none points at a person.

Groups of fewer than ten cases are suppressed, and so is whatever would give one back by
subtraction: within a table (rules.disclosure), between the shown parts of one group, and between
pages. A count that a wider page hides stays hidden on the page of the group itself, with all that
lies within the group, whatever filter or address leads there.

Periods are calendar years and their months only: windows that overlap in other ways would give a
hidden month back as their difference.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from feedback.models.columns import CHANNELS, KINDS
from feedback.rules.disclosure import SMALL_GROUP, safe_count, safe_rate, suppress
from feedback.rules.histogram import percentile
from feedback.services.figures.numbers import Numbers, Slice, by, remainder, total
from feedback.services.figures.rollup import NO_CATEGORY
from feedback.services.reference import Directory

# What is counted in a table. The first two are parts of the first: what is neither was withdrawn.
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
    """One row of a table, or its total. None: fewer than ten, or it would give such a group away.

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


def ask(question: Question, d: Directory) -> Board:
    """The figures asked for, suppressed; reads only roll-ups."""
    chosen = _slice(question, d)
    months = by("month", chosen)
    whole = total(months.values())
    cells = _pair(_total_cells(whole, _visible(question, d)))
    visible = frozenset(name for name, count in cells.items() if count is not None)
    divided = question.category is not None or question.channel is not None
    tables: dict[str, dict[Any, Numbers]] = {
        "months": {} if question.month else _every_month(question.year, months),
        "categories": {} if divided else _each("category", chosen, d),
        "channels": {} if divided else _each("channel", chosen, d),
        "kinds": {} if divided else _each("kind", chosen, d),
        "institutions": _institutions(question.institution, chosen, d)[0],
    }
    return Board(
        question,
        _line(None, whole, cells),
        **{name: _table(rows, whole, visible) for name, rows in tables.items()},
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


def _each(
    dimension: str, chosen: Slice, d: Directory, *, durations: bool = True
) -> dict[Any, Numbers]:
    """Every category, channel or kind there is: one with no case counts as a group, so that a
    line that is not shown does not tell whether there was one."""
    keys: dict[str, Sequence[Any]] = {
        "category": [NO_CATEGORY, *d.categories],
        "channel": CHANNELS,
        "kind": KINDS,
    }
    known = by(dimension, chosen, durations=durations)
    return {key: known.pop(key, Numbers()) for key in keys[dimension]} | known


def _every_month(year: int, known: Mapping[date, Numbers]) -> dict[date, Numbers]:
    """The months up to the last one with a case: one in which nothing came counts as a group."""
    last = max(known, default=date(year, 1, 1)).month
    return {(day := date(year, n, 1)): known.get(day, Numbers()) for n in range(1, last + 1)}


def _institutions(
    institution: int | None, chosen: Slice, d: Directory, *, durations: bool = True
) -> tuple[dict[Any, Numbers], Numbers]:
    """Every institution just below and the own cases of the one in the middle, and their sum."""
    below = children_of(institution, d)
    wanted = below if institution is None else [institution, *below]
    known = by("institution", replace(chosen, institutions=tuple(wanted)), durations=durations)
    rows: dict[Any, Numbers] = {child: known.get(child, Numbers()) for child in below}
    if institution is None:
        return rows, total(rows.values())
    whole = known.get(institution, Numbers())
    return ({**rows, institution: remainder(whole, rows)} if rows else {}), whole


def _visible(question: Question, d: Directory) -> frozenset[str]:
    """The counts that no page above hides for this group, nor for one that holds it.

    Above is every question with one part less: the whole year, every category, every channel, the
    institution above.
    """
    seen: dict[Question, frozenset[str]] = {}

    def visible(asked: Question) -> frozenset[str]:
        if asked not in seen:
            shown = set(SHOWN)
            for wider, rows, whole, key in _above(asked, d):
                cells = _suppressed(rows, whole, visible(wider))
                shown &= {name for name in SHOWN if cells.get(key, {}).get(name) is not None}
            seen[asked] = frozenset(shown)
        return seen[asked]

    return visible(question)


def _above(
    question: Question, d: Directory
) -> Iterator[tuple[Question, dict[Any, Numbers], Numbers, Hashable]]:
    """For each part of a question: the question without it, that one's table by what was left
    out, the table's sum, and the row that was chosen."""
    rows: dict[Any, Numbers]
    if question.month is not None:
        wider = replace(question, month=None)
        rows = {**_every_month(question.year, by("month", _slice(wider, d), durations=False))}
        yield wider, rows, total(rows.values()), date(question.year, question.month, 1)
    for dimension, key in (("category", question.category), ("channel", question.channel)):
        if key is not None:
            wider = replace(question, category=None, channel=None)
            rows = _each(dimension, _slice(wider, d), d, durations=False)
            yield wider, rows, total(rows.values()), key
    if question.institution is not None:
        parent = d.institutions[question.institution].parent_id
        wider = replace(question, institution=parent)
        rows, whole = _institutions(parent, _slice(wider, d), d, durations=False)
        yield wider, rows, whole, question.institution


def _table(rows: Mapping[Any, Numbers], whole: Numbers, visible: frozenset[str]) -> list[Line]:
    cells = _suppressed(rows, whole, visible)
    return [_line(key, numbers, cells[key]) for key, numbers in rows.items()]


def _suppressed(
    rows: Mapping[Any, Numbers], whole: Numbers, visible: frozenset[str]
) -> dict[Any, dict[str, int | None]]:
    """The counts of a table, None for what may not be shown; columns and rows in turn until
    nothing more is hidden (each round only hides, so it ends)."""
    cells: dict[Any, dict[str, int | None]] = {
        key: {name: getattr(numbers, name) if name in visible else None for name in SHOWN}
        for key, numbers in rows.items()
    }
    while True:
        before = {key: dict(line) for key, line in cells.items()}
        for name in visible:
            column = {key: line[name] for key, line in cells.items()}
            for key, count in _hidden(column, getattr(whole, name)).items():
                cells[key][name] = count
        for line in cells.values():
            _pair(line)
        if cells == before:
            return cells


def _hidden(counts: Mapping[Any, int | None], whole: int) -> Mapping[Any, int | None]:
    """rules.disclosure.suppress, but where every small group is empty nobody is to be protected:
    then only the zeros are not shown, or one institution that works would hide among idle ones."""
    known = [count for count in counts.values() if count is not None]
    if sum(count for count in known if safe_count(count) is not None) == whole:
        return {key: safe_count(count) for key, count in counts.items()}
    return suppress(counts, whole)


def _pair(line: dict[str, int | None]) -> dict[str, int | None]:
    """Within one group: nothing of a hidden group, and no part that tells a hidden one."""
    received = line["received"]
    if received is None:
        return line.update(dict.fromkeys(line)) or line
    # What was withdrawn is shown nowhere: it hides beside a part that is hidden.
    parts = {name: line[name] for name in ("answered", "open")}
    if any(safe_count(count) is None for count in parts.values()):
        shown = _hidden({**parts, "withdrawn": None}, received)
        line["answered"], line["open"] = shown["answered"], shown["open"]
    if line["open"] is None:
        line["overdue"] = None
    return line


def _total_cells(whole: Numbers, visible: frozenset[str]) -> dict[str, int | None]:
    return {n: safe_count(getattr(whole, n)) if n in visible else None for n in SHOWN}


def _line(key: Any, numbers: Numbers, cells: Mapping[str, int | None]) -> Line:
    shown = cells["received"] is not None
    first = numbers.first_response if shown and _enough(numbers.first_response) else ()
    answer = numbers.answer if shown and _enough(numbers.answer) else ()
    return Line(
        key=key,
        **cells,
        on_time=safe_rate(numbers.on_time, numbers.decided) if shown else None,
        first_median=percentile(first, MEDIAN),
        first_slow=percentile(first, SLOW),
        answer_median=percentile(answer, MEDIAN),
        answer_slow=percentile(answer, SLOW),
    )


def _enough(durations: Sequence[int]) -> bool:
    return sum(durations) >= SMALL_GROUP
