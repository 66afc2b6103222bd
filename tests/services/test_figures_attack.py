"""A solver against the published figures: a year of weekly boards isolates no group under ten.

The attacker reads every page that there is, keeps all of them, knows how counts are cut down, that
parts add up to their whole and that what was received or answered does not become less, and asks a
linear program for the smallest and the largest number that a group can have had.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any

import numpy as np
from flask import Flask
from scipy.optimize import linprog
from scipy.sparse import csr_array
from sqlalchemy import insert, text

from feedback import models as m
from feedback.clock import now
from feedback.rules.histogram import SIZE
from feedback.services import figures
from feedback.services.figures import Question
from feedback.services.figures.rollup import ALL, ALL_CATEGORIES, COUNTS, HISTOGRAMS
from feedback.services.reference import Directory, directory
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import LONG

YEAR = 2025
WEEKS = range(1, 53, 1 if LONG else 13)
TARGETS = 10 if LONG else 16
PARENT = "W-SHERIA"
MONTHS = (1, 2)
CATEGORIES = ("ROADS", "WASTE")
CHANNELS = ("web",)
MEASURES = ("answered", "open", "withdrawn")

# A group of cases: institution (negative: its own without those below), month or the year,
# what is chosen, and what is counted.
Cell = tuple[int, int | None, tuple[str, Any], str]
Atom = tuple[int, int, tuple[str, Any], str]


@dataclass
class World:
    """What really happened: for each institution and month, cases as they stand in a week."""

    own: list[int]
    parent: int
    counts: dict[tuple[int, int], list[dict[str, Any]]] = field(default_factory=dict)

    def atoms(self, week: int) -> dict[Atom, int]:
        found: dict[Atom, int] = {}
        for (institution, month), listed in self.counts.items():
            for case in listed:
                if case["received"] > week:
                    continue
                what = case["end"] if case["ends"] <= week else "open"
                for division in (
                    ("all", None),
                    ("category", case["category"]),
                    ("channel", case["channel"]),
                ):
                    key = (institution, month, division, what)
                    found[key] = found.get(key, 0) + 1
        return found


def made_up(chance: random.Random, d: Directory) -> World:
    parent = d.institutions_by_code[PARENT].id
    children = [i.id for i in d.institutions_by_code.values() if i.parent_id == parent]
    world = World([*children, parent], parent)
    categories = [d.categories_by_code[code].id for code in CATEGORIES]
    for institution, month in product(world.own, MONTHS):
        world.counts[institution, month] = [
            {
                "received": (received := chance.randint(1, 40)),
                "ends": received + chance.randint(0, 12),
                "end": chance.choice(["answered"] * 9 + ["withdrawn"]),
                "category": chance.choice(categories),
                "channel": chance.choice((*CHANNELS, "other")),
            }
            for _ in range(chance.choice((2, 5, 9, 12, 30)))
        ]
    return world


def store(world: World, week: int) -> None:
    """The roll-ups of that week."""
    sums: dict[tuple[Any, ...], dict[str, int]] = {}
    for (institution, month, (kind, value), what), count in world.atoms(week).items():
        for holder in {institution, world.parent}:
            key = (
                holder,
                date(YEAR, month, 1),
                value if kind == "category" else ALL_CATEGORIES,
                value if kind == "channel" else ALL,
            )
            row = sums.setdefault(key, dict.fromkeys(COUNTS, 0))
            row[what] += count
            row["received"] += count
    with transaction(JOB) as session:
        session.execute(text("DELETE FROM figure"))
        for (institution, month_day, category, channel), row in sums.items():
            session.execute(
                insert(m.Figure).values(
                    institution_id=institution,
                    month=month_day,
                    category_id=category,
                    channel=channel,
                    kind=ALL,
                    computed_at=now(),
                    **row,
                    **{name: [0] * SIZE for name in HISTOGRAMS},
                )
            )


def published(world: World, d: Directory) -> dict[Cell, int | None]:
    """Every number of every page; the same group shows the same number wherever it stands."""
    seen: dict[Cell, int | None] = {}

    def put(cell: tuple[int, int | None, tuple[str, Any]], line: figures.Line) -> None:
        for name in ("received", "answered", "open"):
            value = getattr(line, name)
            assert seen.setdefault((*cell, name), value) == value

    choices: list[tuple[str, Any]] = [("all", None)]
    choices += [("category", d.categories_by_code[code].id) for code in CATEGORIES]
    choices += [("channel", channel) for channel in CHANNELS]
    with transaction(Principal("figures")):
        for institution, month, (kind, value) in product(world.own, (None, *MONTHS), choices):
            chosen = {} if kind == "all" else {kind: value}
            board = figures.ask(Question(institution, YEAR, month, **chosen), d, date(YEAR, 12, 31))
            put((institution, month, (kind, value)), board.total)
            for line in board.months:
                if line.key.month in MONTHS:
                    put((institution, line.key.month, (kind, value)), line)
            for line in board.institutions:
                whose = -line.key if line.key == institution else line.key
                put((whose, month, (kind, value)), line)
            for table, what in ((board.categories, "category"), (board.channels, "channel")):
                for line in table:
                    if (what, line.key) in choices:
                        put((institution, month, (what, line.key)), line)
    return seen


class Attacker:
    """Linear constraints on the atoms of every week, from what was published."""

    def __init__(self, world: World, d: Directory) -> None:
        self.world = world
        divisions: list[tuple[str, Any]] = [("all", None), ("category", 0), ("channel", "other")]
        divisions += [("category", d.categories_by_code[code].id) for code in CATEGORIES]
        divisions += [("channel", channel) for channel in CHANNELS]
        keys = product(WEEKS, world.own, MONTHS, divisions, MEASURES)
        self.position = {key: n for n, key in enumerate(keys)}
        self.known: dict[str, Any] | None = None
        self.rows: list[tuple[dict[int, int], float]] = []
        self.equal: list[dict[int, int]] = []
        for week, institution, month, what in product(WEEKS, world.own, MONTHS, MEASURES):
            for kind in ("category", "channel"):
                sums = {self.position[week, institution, month, ("all", None), what]: -1}
                sums |= {
                    self.position[week, institution, month, division, what]: 1
                    for division in divisions
                    if division[0] == kind
                }
                self.equal.append(sums)
        for earlier, later in zip(WEEKS, WEEKS[1:], strict=False):
            for group in product(world.own, MONTHS, divisions):
                for grows in (("answered",), ("withdrawn",), ("answered", "withdrawn", "open")):
                    row = {self.position[earlier, *group, what]: 1 for what in grows}
                    row |= {self.position[later, *group, what]: -1 for what in grows}
                    self.rows.append((row, 0))

    def terms(self, week: int, cell: Cell) -> dict[int, int]:
        institution, month, division, what = cell
        holders = [abs(institution)]
        if institution == self.world.parent:
            holders = self.world.own
        parts = ("answered", "open", "withdrawn") if what == "received" else (what,)
        return {
            self.position[week, holder, each, division, part]: 1
            for holder in holders
            for each in ([month] if month else MONTHS)
            for part in parts
        }

    def read(self, week: int, seen: dict[Cell, int | None], *, exact: bool = False) -> None:
        for cell, value in seen.items():
            low, high = (0, 9) if value is None else (value, value if exact else value + 9)
            terms = self.terms(week, cell)
            self.rows.append((terms, high))
            self.rows.append(({n: -factor for n, factor in terms.items()}, -low))

    def bounds(self, terms: dict[int, int]) -> tuple[float, float]:
        """The least and the most that a sum of atoms can have been."""
        if self.known is None:
            size = len(self.position)
            self.known = {
                "A_ub": _matrix([row for row, _ in self.rows], size),
                "b_ub": np.array([limit for _, limit in self.rows]),
                "A_eq": _matrix(self.equal, size),
                "b_eq": np.zeros(len(self.equal)),
            }
        goal = np.zeros(len(self.position))
        for n, factor in terms.items():
            goal[n] = factor
        ends = []
        for sign in (1, -1):
            found = linprog(sign * goal, **self.known)
            assert found.status == 0, found.message
            ends.append(sign * found.fun)
        return ends[0], ends[1]


def _matrix(rows: list[dict[int, int]], width: int) -> csr_array:
    entries = [(n, column, factor) for n, row in enumerate(rows) for column, factor in row.items()]
    lines, columns, factors = zip(*entries, strict=True)
    return csr_array((factors, (lines, columns)), shape=(len(rows), width))


def small_groups(
    world: World, cells: list[Cell], attacker: Attacker, chance: random.Random
) -> Iterator[tuple[dict[int, int], int]]:
    """Groups of one to nine: as they stood in a week, and what one week had more than another."""
    values = {week: world.atoms(week) for week in WEEKS}
    truth = np.zeros(len(attacker.position))
    for week, atoms in values.items():
        for key, count in atoms.items():
            truth[attacker.position[week, *key]] = count
    options = [attacker.terms(week, cell) for week, cell in product(WEEKS, cells)]
    for earlier, later in zip(WEEKS, WEEKS[1:], strict=False):
        for cell in cells:
            gone = dict.fromkeys(attacker.terms(earlier, cell), -1)
            options.append(attacker.terms(later, cell) | gone)
    chance.shuffle(options)
    for terms in options:
        count = sum(truth[n] * factor for n, factor in terms.items())
        if 1 <= count <= 9:
            yield terms, int(count)


def prepared(chance: random.Random, *, exact: bool) -> tuple[World, Attacker, list[Cell]]:
    with transaction(JOB):
        d = directory()
    world = made_up(chance, d)
    attacker = Attacker(world, d)
    seen: dict[Cell, int | None] = {}
    for week in WEEKS:
        store(world, week)
        seen = published(world, d)
        attacker.read(week, seen, exact=exact)
    return world, attacker, list(seen)


def test_no_small_group_is_isolated_by_a_year_of_boards(app: Flask) -> None:
    chance = random.Random(20251)  # noqa: S311 -- a made-up history, not a secret
    world, attacker, cells = prepared(chance, exact=False)
    widths = []
    for terms, count in small_groups(world, cells, attacker, chance):
        low, high = attacker.bounds(terms)
        assert low - 1e-6 <= count <= high + 1e-6
        widths.append(high - low)
        if len(widths) == TARGETS:
            break
    assert len(widths) == TARGETS
    # Never one number alone, nor two.
    assert min(widths) >= 2, sorted(widths)[:5]


def test_the_solver_would_find_what_exact_counts_give_away(app: Flask, monkeypatch: Any) -> None:
    """The same attack on tables that only hide small cells, as a check of the attack itself."""
    monkeypatch.setattr(
        "feedback.services.figures.board.safe_count", lambda count: count if count > 9 else None
    )
    chance = random.Random(20251)  # noqa: S311
    world, attacker, cells = prepared(chance, exact=True)
    isolated = 0
    for tried, (terms, count) in enumerate(small_groups(world, cells, attacker, chance)):
        low, high = attacker.bounds(terms)
        assert low - 1e-6 <= count <= high + 1e-6
        isolated += high - low < 0.5
        if isolated >= 2 or tried == 40:
            break
    assert isolated >= 2
