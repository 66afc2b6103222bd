"""Suggestions of subject and institution from the words, each with its reason.

They are learned from open cases that an officer answered, classified or transferred, and shown to
officers; nothing is ever set by them. Stored are counts of words alone (rules/learning.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text

from feedback import models as m
from feedback import transaction
from feedback.extensions import db
from feedback.rules import learning, routing
from feedback.rules.learning import Example, Learned, Suggester, Suggestion
from feedback.services.reference import Directory, directory

MOST_CASES = 20_000
"""The latest cases that are learned from: some months of a country, seconds of a worker."""
KEPT = 3
"""Versions of the counts that are kept: a word that was taken away is gone from all after so many
days."""
HELD_OUT = 5
"""Of every so many cases one is not learned from, to try the suggestions on."""
MOST_CLASSES = 5
"""Subjects or institutions whose accuracy is told apart."""
ABOUT = ("category", "institution")

# Restricted and confidential cases are not learned from; of a case in triage nobody has said yet
# whose it is. Only what the citizen wrote first tells what it was about.
_HANDLED = text(
    """
SELECT c.id, k.code AS category, i.code AS institution, w.body,
       coalesce(x.category, false) AS category_corrected,
       coalesce(x.institution, false) AS institution_corrected
  FROM "case" c
  JOIN institution i ON i.id = c.institution_id
  LEFT JOIN category k ON k.id = c.category_id
  LEFT JOIN LATERAL (
    SELECT bool_or(about = 'category') AS category, bool_or(about = 'institution') AS institution
      FROM correction WHERE case_id = c.id) x ON true
  JOIN LATERAL (
    SELECT m.body FROM message m WHERE m.case_id = c.id AND m.kind = 'citizen'
     ORDER BY m.at, m.seq LIMIT 1) w ON w.body <> ''
 WHERE c.confidentiality = 'open' AND NOT c.triage
   AND (c.answered_at IS NOT NULL OR c.status = 'closed' OR x.category OR x.institution)
 ORDER BY c.received_at DESC, c.id LIMIT :limit
"""
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the desk shows of a case's words; None where they point at nothing else."""

    category: Suggestion | None = None
    institution: Suggestion | None = None


def corrected(
    case_id: UUID, about: str, from_code: str | None, to_code: str, now: datetime
) -> None:
    """An officer gave a case another subject or institution; the same again is no correction."""
    if from_code == to_code:
        return
    db.session.execute(
        insert(m.Correction).values(
            case_id=case_id,
            about=about,
            from_code=from_code,
            to_code=to_code,
            officer_id=transaction.current().officer,
            at=now,
        )
    )


def train(now: datetime) -> int:
    """Count anew and store it as the next version (worker); answers how many cases it rests on."""
    rows = _handled()
    d = directory()
    counts = {
        about: {"labels": dict(learned.labels), "words": dict(learned.words)}
        for about in ABOUT
        for learned in [_learn(rows, about, d)]
    }
    db.session.execute(
        insert(m.SuggestionModel).values(made_at=now, cases=len(rows), counts=counts)
    )
    newest = (
        select(m.SuggestionModel.version).order_by(m.SuggestionModel.version.desc()).limit(KEPT)
    )
    db.session.execute(
        delete(m.SuggestionModel).where(
            m.SuggestionModel.version.not_in(newest.subquery().select())
        )
    )
    return len(rows)


def of_words(words: str, category: str | None, institution: str) -> Shown:
    """What the words point at, where it is something else than the case has already."""
    ready, d = _ready(), directory()
    said = learning.tokens(words)
    subject = ready["category"].suggest(said)
    place = ready["institution"].suggest(said)
    if subject is not None and (
        subject.label == category or subject.label not in d.categories_by_code
    ):
        subject = None
    if place is not None and (
        place.label == institution or place.label not in d.institutions_by_code
    ):
        place = None
    return Shown(subject, place)


def accuracy() -> dict[str, Any]:
    """Learn from four fifths of the handled cases and try the rest, beside the shipped table."""
    rows, d = _handled(), directory()
    learned_from = [row for row in rows if row.id.int % HELD_OUT]
    held_out = [row for row in rows if not row.id.int % HELD_OUT]
    by_table: dict[str, Callable[[str], str | None]] = {
        "category": lambda words: _code(routing.find_category(words, d.gazetteer)),
        "institution": lambda words: _code(routing.find_institution(words, d.gazetteer)),
    }
    said: dict[str, Any] = {"learned_from": len(learned_from), "held_out": len(held_out)}
    for about in ABOUT:
        suggester = Suggester(_learn(learned_from, about, d))
        tried = [
            (
                getattr(row, about),
                _label(suggester.suggest(learning.tokens(row.body))),
                by_table[about](row.body),
            )
            for row in held_out
            if getattr(row, about)
        ]
        said[about] = _measured(tried)
    return said


def _measured(tried: Sequence[tuple[str, str | None, str | None]]) -> dict[str, Any]:
    """The share that was right, and of what was suggested, by the learned counts and the table."""
    classes = Counter(right for right, _, _ in tried).most_common(MOST_CLASSES)
    return {
        **_shares(tried),
        "top": [
            {"code": code, **_shares([each for each in tried if each[0] == code])}
            for code, _ in classes
        ],
    }


def _shares(tried: Sequence[tuple[str, str | None, str | None]]) -> dict[str, Any]:
    def share(hits: Iterable[bool]) -> float | None:
        each = list(hits)
        return round(sum(each) / len(each), 3) if each else None

    return {
        "cases": len(tried),
        "learned": share(right == learned for right, learned, _ in tried),
        "learned_when_suggested": share(
            right == learned for right, learned, _ in tried if learned is not None
        ),
        "keywords": share(right == table for right, _, table in tried),
        "keywords_when_found": share(
            right == table for right, _, table in tried if table is not None
        ),
    }


def _handled() -> Sequence[Any]:
    return db.session.execute(_HANDLED, {"limit": MOST_CASES}).all()


def _learn(rows: Iterable[Any], about: str, d: Directory) -> Learned:
    examples = (
        Example(
            learning.tokens(row.body),
            label,
            learning.CORRECTED if getattr(row, f"{about}_corrected") else 1.0,
        )
        for row in rows
        if (label := getattr(row, about))
    )
    return learning.learn(examples, _table(about, d))


def _table(about: str, d: Directory) -> Mapping[str, Sequence[str]]:
    """The shipped words of each label, from which learning begins."""
    return d.gazetteer.categories if about == "category" else d.gazetteer.institutions


def _code(match: routing.Match | None) -> str | None:
    return match.code if match else None


def _label(suggestion: Suggestion | None) -> str | None:
    return suggestion.label if suggestion else None


_cache: tuple[tuple[int | None, int], dict[str, Suggester]] | None = None


def _ready() -> dict[str, Suggester]:
    """The newest counts, kept in memory until there are newer ones; before there are any, the
    shipped table alone."""
    global _cache
    d = directory()
    version = db.session.scalars(
        select(m.SuggestionModel.version).order_by(m.SuggestionModel.version.desc()).limit(1)
    ).one_or_none()
    if _cache is None or _cache[0] != (version, d.version):
        counts = (
            db.session.scalars(
                select(m.SuggestionModel.counts).where(m.SuggestionModel.version == version)
            ).one()
            if version is not None
            else {}
        )
        _cache = (
            (version, d.version),
            {
                about: Suggester(
                    Learned(**counts[about]) if about in counts else _learn((), about, d)
                )
                for about in ABOUT
            },
        )
    return _cache[1]
