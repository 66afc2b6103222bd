"""Suggestions of subject and institution from the words, each with its reason.

They are learned from open cases that an officer answered, classified or transferred, and shown to
officers; nothing is ever set by them. Stored are counts of words alone (rules/learning.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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

MOST_CASES = 10_000
"""The latest cases that are learned from: some weeks of a country, seconds of a worker."""
KEPT = 3
"""Versions of the counts that are kept: a word that was taken away is gone from all after so many
days."""
HELD_OUT = 5
"""Of every so many cases one is not learned from, to try the suggestions on."""
MOST_TRIED = 500
"""Cases held out that are tried."""
MOST_CLASSES = 5
"""Subjects or institutions whose accuracy is told apart."""
ABOUT = ("category", "institution")

# Restricted and confidential cases are not learned from; of a case in triage nobody has said yet
# whose it is. Only what the citizen wrote first tells what it was about.
_HANDLED = text(
    """
WITH handled AS (
  SELECT c.id, c.institution_id, c.category_id,
         EXISTS (SELECT FROM correction x WHERE x.case_id = c.id AND x.about = 'category')
           AS category_corrected,
         EXISTS (SELECT FROM correction x WHERE x.case_id = c.id AND x.about = 'institution')
           AS institution_corrected
    FROM "case" c
   WHERE c.confidentiality = 'open' AND NOT c.triage
     AND (c.answered_at IS NOT NULL OR c.status = 'closed'
          OR EXISTS (SELECT FROM correction x WHERE x.case_id = c.id))
   ORDER BY c.received_at DESC, c.id LIMIT :limit)
SELECT h.id, w.body, k.code AS category, i.code AS institution,
       h.category_corrected, h.institution_corrected
  FROM handled h
  JOIN institution i ON i.id = h.institution_id
  LEFT JOIN category k ON k.id = h.category_id
  JOIN LATERAL (
    SELECT m.body FROM message m WHERE m.case_id = h.id AND m.kind = 'citizen'
     ORDER BY m.at, m.seq LIMIT 1) w ON w.body <> ''
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
    rows, d = _handled(), directory()
    counts = {about: asdict(_learn(rows, about, d)) for about in ABOUT}
    db.session.execute(
        insert(m.SuggestionModel).values(made_at=now, cases=len(rows), counts=counts)
    )
    version = m.SuggestionModel.version
    newest = select(version).order_by(version.desc()).limit(KEPT).subquery()
    db.session.execute(delete(m.SuggestionModel).where(version.not_in(newest.select())))
    return len(rows)


def of_words(words: str, category: str | None, institution: str) -> Shown:
    """What the words point at, where it is something else than the case has already."""
    ready, d = _ready(), directory()
    subject = _suggest("category", ready["category"], words, d)
    place = _suggest("institution", ready["institution"], words, d)
    return Shown(
        subject if subject and subject.label != category else None,
        place if place and place.label != institution else None,
    )


def _suggest(about: str, suggester: Suggester, words: str, d: Directory) -> Suggestion | None:
    """A name that stands in the words says more than any count; of subjects, the shipped keywords
    speak where the counts do not."""
    learned = suggester.suggest(learning.tokens(words))
    if about == "institution":
        match = routing.find_institution(words, d.gazetteer)
        known = d.institutions_by_code.keys()
        first, second = _of(match), learned
    else:
        known = d.categories_by_code.keys()
        first, second = learned, _of(routing.find_category(words, d.gazetteer))
    return next((each for each in (first, second) if each and each.label in known), None)


def _of(match: routing.Match | None) -> Suggestion | None:
    return Suggestion(match.code, 1.0, (match.reason,)) if match else None


def accuracy() -> dict[str, Any]:
    """Learn from four fifths of the handled cases and try the rest.

    shown: what the desk would show. learned: by the counts alone. keywords: by the shipped table.
    """
    rows, d = _handled(), directory()
    learned_from = [row for row in rows if not _is_held_out(row)]
    held_out = [row for row in rows if _is_held_out(row)][:MOST_TRIED]
    said: dict[str, Any] = {"learned_from": len(learned_from), "held_out": len(held_out)}
    for about in ABOUT:
        learned = _learn(learned_from, about, d)
        suggester = Suggester(learned)
        find = routing.find_category if about == "category" else routing.find_institution
        tried = [
            _Tried(
                getattr(row, about),
                _label(_suggest(about, suggester, row.body, d)),
                _label(suggester.suggest(row.words)),
                _label(_of(find(row.body, d.gazetteer))),
            )
            for row in held_out
            if getattr(row, about)
        ]
        said[about] = {"bar": learned.likely, **_measured(tried)}
    return said


@dataclass(frozen=True, slots=True)
class _Tried:
    """What a held-out case was about, and what each way said."""

    right: str
    shown: str | None
    learned: str | None
    keywords: str | None


def _measured(tried: Sequence[_Tried]) -> dict[str, Any]:
    """How often each way was right, over all and for the most frequent classes."""
    classes = Counter(each.right for each in tried).most_common(MOST_CLASSES)
    top = [
        {"code": code, **_shares([each for each in tried if each.right == code])}
        for code, _ in classes
    ]
    return {**_shares(tried), "top": top}


def _shares(tried: Sequence[_Tried]) -> dict[str, Any]:
    """The share that was right of all cases, and of those for which something was said."""
    said: dict[str, Any] = {"cases": len(tried)}
    for way in ("shown", "learned", "keywords"):
        answers = [(getattr(each, way), each.right) for each in tried]
        hits = sum(answer == right for answer, right in answers)
        given = sum(answer is not None for answer, _ in answers)
        said[way] = {
            "right": round(hits / len(tried), 3) if tried else None,
            "right_when_said": round(hits / given, 3) if given else None,
        }
    return said


def _is_held_out(row: _Handled) -> bool:
    return bool(row.id.int % HELD_OUT == 0)


@dataclass(frozen=True, slots=True)
class _Handled:
    """A case of which an officer said what it was about, with its words."""

    id: UUID
    body: str
    words: frozenset[str]
    category: str | None
    institution: str
    category_corrected: bool
    institution_corrected: bool


def _handled() -> list[_Handled]:
    rows = db.session.execute(_HANDLED, {"limit": MOST_CASES}).all()
    return [_Handled(words=learning.tokens(row.body), **row._asdict()) for row in rows]


def _learn(rows: Sequence[_Handled], about: str, d: Directory) -> Learned:
    """Count all cases; the bar is found by learning from most of them and trying the others."""
    table = _table(about, d)
    part, rest = ([row for row in rows if _is_tried(row) is tried] for tried in (False, True))
    likely = learning.bar(
        learning.learn(_examples(part, about), table), _examples(rest, about)[:MOST_TRIED]
    )
    # What will not be suggested is not kept either.
    kept = _examples(rows, about) if likely < learning.NEVER else []
    return replace(learning.learn(kept, table), likely=likely)


def _is_tried(row: _Handled) -> bool:
    """Cases on which the bar is found; others than those that `accuracy` holds out."""
    return bool(row.id.int % HELD_OUT == 1)


def _examples(rows: Iterable[_Handled], about: str) -> list[Example]:
    return [
        Example(
            row.words,
            label,
            learning.CORRECTED if getattr(row, f"{about}_corrected") else 1.0,
        )
        for row in rows
        if (label := getattr(row, about))
    ]


def _table(about: str, d: Directory) -> Mapping[str, Sequence[str]]:
    """The shipped words of each label, from which learning begins."""
    return d.gazetteer.categories if about == "category" else d.gazetteer.institutions


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
                    Learned(**counts[about])
                    if about in counts
                    else learning.learn((), _table(about, d))
                )
                for about in ABOUT
            },
        )
    return _cache[1]
