"""What words point at: counts of words by subject or institution, and the likeliest for a text.

Multinomial naive Bayes: for each label, how often each word stands in its cases. Nothing else is
kept, so the reason of a suggestion can be told in words. A shipped table of keywords is where it
begins; what people decided weighs in case by case. A word of few cases is dropped, for it could
point at a person.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from feedback.rules.routing import normalise
from feedback.rules.words import CONNECTORS

FEWEST_CASES = 10
"""Distinct cases in which a word must stand: the size below which no figure is shown either."""
CORRECTED = 3.0
"""What a case counts that a handler corrected: there the first guess was wrong."""
KEYWORD = 5.0
"""What a keyword of the shipped table counts, in cases: a dozen cases outweigh it."""
SMOOTHING = 0.1
"""Added to each count, so that a word never seen with a label does not rule it out."""
LIKELY = 0.5
"""How probable a label must be to be suggested at all, as long as nothing was tried."""
STEPS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Bars that are tried on cases held out, from the lowest."""
WORTH = 0.6
"""The share of suggestions that must be right there: below it they would rather mislead."""
FEWEST_TRIED = 20
"""Suggestions on which a bar is judged."""
NEVER = 1.01
"""A bar that nothing reaches."""
TELLING = 2.0
"""How many times oftener than elsewhere a word must stand with a label to be named as a reason."""
MOST_REASONS = 3
LONGEST = 200
"""Words of a text that are looked at."""

Counts = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Example:
    """The words of a case (as `tokens` gives them) and what it turned out to be."""

    words: frozenset[str]
    label: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The likeliest label, how likely it is, and the words that say so, the most telling first."""

    label: str
    probability: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """The counts. `labels`: cases of each label. `words`: word to label to cases. `likely`: the bar
    that a suggestion must reach."""

    labels: Mapping[str, float]
    words: Mapping[str, Mapping[str, float]]
    likely: float = LIKELY

    def totals(self) -> dict[str, float]:
        """All words of each label."""
        found: dict[str, float] = dict.fromkeys(self.labels, 0.0)
        for counts in self.words.values():
            for label, count in counts.items():
                found[label] = found.get(label, 0.0) + count
        return found


def tokens(text: str) -> frozenset[str]:
    """The words of a text and the pairs that stand together; numbers and connectors are none."""
    kept = [
        word
        for word in normalise(text).split()[:LONGEST]
        if len(word) > 2 and word not in CONNECTORS and not any(c.isdigit() for c in word)
    ]
    pairs = (f"{one} {two}" for one, two in zip(kept, kept[1:], strict=False))
    return frozenset((*kept, *pairs))


def learn(
    examples: Iterable[Example],
    keywords: Mapping[str, Sequence[str]],
    fewest: int = FEWEST_CASES,
) -> Learned:
    """Count. keywords: label to the phrases that it begins with."""
    labels: dict[str, float] = defaultdict(float)
    cases: Counter[str] = Counter()
    seen: Counts = defaultdict(lambda: defaultdict(float))
    for example in examples:
        labels[example.label] += example.weight
        for word in example.words:
            cases[word] += 1
            seen[word][example.label] += example.weight
    words: Counts = {word: dict(counts) for word, counts in seen.items() if cases[word] >= fewest}
    for label, phrases in keywords.items():
        labels.setdefault(label, 0)
        for word in {word for phrase in phrases for word in tokens(phrase)}:
            counts = words.setdefault(word, {})
            counts[label] = counts.get(label, 0.0) + KEYWORD
    return Learned(dict(labels), words)


class Suggester:
    """Learned counts made ready to be asked often."""

    def __init__(self, learned: Learned) -> None:
        self._learned = learned
        self._totals = learned.totals()
        self._everything = sum(self._totals.values()) or 1.0
        self._size = len(learned.words) or 1
        cases, labels = sum(learned.labels.values()), len(learned.labels)
        self._before = {
            label: math.log((count + 1) / (cases + labels))
            for label, count in learned.labels.items()
        }
        self._absent = {
            label: math.log(SMOOTHING / (self._totals[label] + SMOOTHING * self._size))
            for label in learned.labels
        }

    def suggest(self, words: frozenset[str]) -> Suggestion | None:
        """The likeliest label of a text's words; None when nothing, or too little, points at it."""
        known = [word for word in words if word in self._learned.words]
        if not known:
            return None
        scores = {
            label: before + len(known) * self._absent[label]
            for label, before in self._before.items()
        }
        for word in known:
            for label, count in self._learned.words[word].items():
                scores[label] += math.log((count + SMOOTHING) / SMOOTHING)
        best = max(sorted(scores), key=scores.__getitem__)
        probability = 1 / sum(math.exp(score - scores[best]) for score in scores.values())
        reasons = self._reasons(known, best)
        if probability < self._learned.likely or not reasons:
            return None
        return Suggestion(best, probability, reasons)

    def _reasons(self, known: Sequence[str], label: str) -> tuple[str, ...]:
        telling = []
        for word in known:
            counts = self._learned.words[word]
            others = sum(counts.values()) - counts.get(label, 0.0)
            size = self._everything - self._totals[label]
            elsewhere = math.log((others + SMOOTHING) / (size + SMOOTHING * self._size))
            here = self._absent[label] + math.log((counts.get(label, 0.0) + SMOOTHING) / SMOOTHING)
            gain = here - elsewhere
            if label in counts and gain >= math.log(TELLING):
                telling.append((-gain, word))
        return tuple(word for _, word in sorted(telling)[:MOST_REASONS])


def bar(learned: Learned, tried: Sequence[Example]) -> float:
    """The lowest bar at which suggestions for cases held out are right often enough, NEVER when
    there is none; as shipped while too few cases are known."""
    suggester = Suggester(Learned(learned.labels, learned.words, 0.0))
    found = [(suggester.suggest(example.words), example.label) for example in tried]
    said = [(each.probability, each.label == right) for each, right in found if each is not None]
    if len(said) < FEWEST_TRIED:
        return learned.likely
    for step in STEPS:
        right = [hit for probability, hit in said if probability >= step]
        if len(right) >= FEWEST_TRIED and sum(right) / len(right) >= WORTH:
            return step
    return NEVER
