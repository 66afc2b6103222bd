"""How well lateness is foretold: learned from the older cases of a made-up history, tried on the
newer ones.

Each newer case is looked at in the middle of each quarter of its time, as long as it was open. The
table says, for each band of likelihood, in how many of these looks the case did become late; the
Brier score (the mean square of how far off it was; less is better) stands beside that of saying the
older cases' share each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench import report
from feedback.rules import risk
from feedback.rules.risk import Facts
from feedback.services import lateness
from feedback.services.reference import directory
from feedback.transaction import JOB, transaction

OLDER = 0.8
"""The share of cases that is learned from."""
BANDS = 10
EDGE = timedelta(days=60)
"""The made-up history ends with today: what fell due lately had no time to become as late as it
would have."""
MOST = round(lateness.MOST_CASES / OLDER)


@dataclass(frozen=True, slots=True)
class Band:
    """Looks whose likelihood lay in one band: how many, the mean of what was said, and how many of
    the cases became late."""

    below: float
    looks: int
    said: float
    late: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came of it. `unsaid`: looks at which too few cases were known."""

    older: int
    newer: int
    cells: int
    bands: Sequence[Band]
    unsaid: int
    brier: float
    base: float
    likely: int
    likely_late: int


def measure(now: datetime) -> Calibration:
    """Learn and try, within one transaction of the worker."""
    with transaction(JOB):
        past = lateness.decided(now - EDGE, MOST)[::-1]  # the first due first
        cut = int(len(past) * OLDER)
        # What was due when the newer ones began to fall due is all that was known by then.
        older, newer = past[:cut], past[cut:]
        d = directory()
        learned = list(lateness.seen(older, d))
        cells = risk.learn(learned)
        tried = list(lateness.seen(newer, d))
    base = sum(late for _, late in learned) / max(1, len(learned))
    return _judged(cells, tried, base, len(older), len(newer))


def _judged(
    cells: risk.Cells, tried: Iterable[tuple[Facts, bool]], base: float, older: int, newer: int
) -> Calibration:
    looks: list[list[tuple[float, bool]]] = [[] for _ in range(BANDS)]
    unsaid = likely = likely_late = 0
    for facts, late in tried:
        found = risk.estimate(cells, facts)
        if found is None:
            unsaid += 1
            continue
        looks[min(BANDS - 1, int(found.probability * BANDS))].append((found.probability, late))
        if found.likely:
            likely += 1
            likely_late += late
    said = [look for band in looks for look in band]
    total = max(1, len(said))
    return Calibration(
        older,
        newer,
        len(cells),
        [
            Band(
                (number + 1) / BANDS,
                len(band),
                sum(each for each, _ in band) / max(1, len(band)),
                sum(late for _, late in band),
            )
            for number, band in enumerate(looks)
        ],
        unsaid,
        sum((each - late) ** 2 for each, late in said) / total,
        sum((base - late) ** 2 for _, late in said) / total,
        likely,
        likely_late,
    )


def note(said: dict[str, Any], found: Calibration, now: datetime) -> str:
    """The section of docs/performance.md."""
    looks = sum(band.looks for band in found.bands)
    late = sum(band.late for band in found.bands)
    rows = [
        f"| {(band.below - 1 / BANDS) * 100:.0f}–{band.below * 100:.0f} % | {band.looks:,} |"
        f" {band.said * 100:.0f} % | {band.late / band.looks * 100:.0f} % |"
        for band in found.bands
        if band.looks
    ]
    lines = [
        report.CALIBRATION,
        "",
        "Written by `make bench ARGS=calibration`. The risk of lateness (`rules/risk.py`) is"
        f" learned from the older {OLDER:.0%} of the cases of a made-up history whose answer was"
        " due, and tried on the newer ones: each is looked at in the middle of each quarter of its"
        " time, as long as it was open. The history carries a pace of each institution and of some"
        " subjects, and what is taken up late is answered late.",
        "",
        f"{now:%d %B %Y}. {said['cases']:,} cases; learned from {found.older:,} of those due"
        f" ({found.cells:,} cells), tried on {found.newer:,}.",
        "",
        "| said | looks | mean of what was said | became late |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
        f"Of {looks:,} looks {late / max(1, looks):.0%} became late; at {found.unsaid:,} more too"
        f" few cases were known, and nothing is said. Brier score {found.brier:.3f}, against"
        f" {found.base:.3f} for the share of all cases said each time. Called “likely late”:"
        f" {found.likely:,} looks, of which {found.likely_late / max(1, found.likely):.0%} became"
        " late.",
    ]
    return "\n".join(lines) + "\n"


def write(path: Path, said: dict[str, Any], found: Calibration, now: datetime) -> None:
    """Put the section into the note, in place of the one before."""
    report.replace(path, report.CALIBRATION, note(said, found, now))
    print(json.dumps({"brier": found.brier, "base": found.base}))
