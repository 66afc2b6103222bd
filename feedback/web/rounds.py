"""Each answer that a citizen did not take, beside what the citizen said against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feedback.rules import verdicts
from feedback.services.lines import Line
from feedback.services.views import OfficerCase


@dataclass(frozen=True, slots=True)
class Round:
    """An answer and the words that opened the case again, or led to the final letter. `reasons` has
    more than one where the first gave no reason and was followed by one."""

    number: int
    answer: Line
    reasons: Sequence[Line]


def of(case: OfficerCase) -> list[Round]:
    """The rounds of a case whose words this officer may read, the first one first. A cycle that the
    office itself opened is none."""
    rounds: list[Round] = []
    last = any(line.kind == "final_letter" for line in case.messages)
    for cycle in range(1, case.cycle + last):
        found = _round(case.messages, cycle, len(rounds) + 1)
        if found is not None:
            rounds.append(found)
    return rounds


def _round(lines: Sequence[Line], cycle: int, number: int) -> Round | None:
    own = [line for line in lines if line.cycle == cycle]
    answers = [place for place, line in enumerate(own) if line.kind == "answer"]
    if not answers or _office_opened(lines, cycle + 1):
        return None
    said = [line for line in own[answers[-1] :] if line.kind == "citizen"]
    if not said:
        return None
    reasons = said[-1:]
    verdict = verdicts.read(reasons[0].body)
    if verdict is not None and verdict.bare:
        reasons += _told_later(lines, cycle + 1)
    return Round(number, own[answers[-1]], reasons)


def _office_opened(lines: Sequence[Line], cycle: int) -> bool:
    return any(line.kind == "reopening" and line.cycle == cycle for line in lines)


def _told_later(lines: Sequence[Line], cycle: int) -> list[Line]:
    """What the citizen wrote first in the cycle that a bare "not fixed" opened: the reason that was
    asked for."""
    first = next((line for line in lines if line.cycle == cycle), None)
    return [first] if first is not None and first.kind == "citizen" else []
