"""Suggestions: what handlers corrected is on record, what is learned points at no person."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from feedback import models as m
from feedback.cli import suggestion_accuracy
from feedback.extensions import db
from feedback.rules.learning import FEWEST_CASES
from feedback.services import cases, citizen, desk, suggestions
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def lodge(words: str, category: str | None = None, institution: str = "DODOMA-CC") -> UUID:
    case_id = uuid4()
    with transaction(JOB):
        cases.lodge(
            case_id,
            cases.Lodging(
                submission_id=uuid4(),
                channel="web",
                kind="complaint",
                language="sw",
                body=words,
                institution=institution,
                category=category,
            ),
            NOW,
        )
    return case_id


@pytest.fixture
def coordinator(make: Make) -> int:
    return make.officer("DODOMA-CC", "coordinator")


def as_officer(officer: int) -> Any:
    return transaction(Principal("officer", officer=officer))


def corrections() -> list[Any]:
    with transaction(JOB):
        return [
            (row.case_id, row.about, row.from_code, row.to_code, row.officer_id)
            for row in db.session.execute(select(m.Correction.__table__))
        ]


def test_a_correction_is_kept_with_who_made_it(make: Make, coordinator: int) -> None:
    make.officer("DUWASA", "handler")
    case_id = lodge("Koki ya mtaa wetu inavuja", "ROADS")
    with as_officer(coordinator):
        desk.classify(case_id, "WATER-SUPPLY", "open", NOW)
    with as_officer(coordinator):
        desk.transfer(case_id, "DUWASA", None, "Ni ya mamlaka ya maji.", NOW)
    assert sorted(corrections(), key=lambda row: row[1]) == [
        (case_id, "category", "ROADS", "WATER-SUPPLY", coordinator),
        (case_id, "institution", "DODOMA-CC", "DUWASA", coordinator),
    ]


def test_the_same_again_is_no_correction(app: Flask, coordinator: int) -> None:
    case_id = lodge("Barabara ni mbovu", "ROADS")
    with as_officer(coordinator):
        desk.classify(case_id, "ROADS", "confidential", NOW)
    assert corrections() == []


def corrected_cases(coordinator: int, words: str, count: int, level: str = "open") -> list[UUID]:
    """Cases that a handler gave to the subject of water."""
    made = [lodge(f"{words} {'abcdefghijklmnop'[n]}", "ROADS") for n in range(count)]
    for case_id in made:
        with as_officer(coordinator):
            desk.classify(case_id, "WATER-SUPPLY", level, NOW)
    return made


def test_what_was_corrected_is_suggested_with_its_reason(app: Flask, coordinator: int) -> None:
    corrected_cases(coordinator, "Koki inavuja mtaani", FEWEST_CASES)
    with as_officer(coordinator):
        assert suggestions.of_words("Koki yetu", None, "DODOMA-CC").category is None
    with transaction(JOB):
        assert suggestions.train(NOW) == FEWEST_CASES
    with as_officer(coordinator):
        said = suggestions.of_words("Koki yetu", None, "DODOMA-CC").category
        assert said is not None
        assert (said.label, said.words) == ("WATER-SUPPLY", ("koki",))
        # Nothing is suggested that the case has already.
        assert suggestions.of_words("Koki yetu", "WATER-SUPPLY", "DODOMA-CC").category is None


def counts(superuser: Any) -> str:
    rows = superuser.execute("SELECT counts::text FROM suggestion_model").fetchall()
    return " ".join(row[0] for row in rows)


def test_no_word_of_a_closed_case_nor_of_few_cases_is_learned(
    app: Flask, coordinator: int, superuser: Any
) -> None:
    corrected_cases(coordinator, "Koki inavuja mtaani", FEWEST_CASES)
    corrected_cases(coordinator, "Sirini gizani", FEWEST_CASES, level="confidential")
    corrected_cases(coordinator, "Mwanaidi Kapufi", FEWEST_CASES - 1)
    raised = corrected_cases(coordinator, "Baadaye kimya", FEWEST_CASES)
    with transaction(JOB):
        citizen.raise_confidentiality(raised[0], "restricted", NOW)
    with transaction(JOB):
        suggestions.train(NOW)
    learned = counts(superuser)
    assert "koki" in learned
    for word in ("sirini", "gizani", "mwanaidi", "kapufi", "baadaye", "kimya"):
        assert word not in learned


def test_old_versions_go_and_the_newest_counts(app: Flask) -> None:
    for _ in range(suggestions.KEPT + 2):
        with transaction(JOB):
            suggestions.train(NOW)
    with transaction(JOB):
        assert len(db.session.scalars(select(m.SuggestionModel.version)).all()) == suggestions.KEPT


def test_nothing_is_applied_to_a_case(app: Flask, coordinator: int) -> None:
    corrected_cases(coordinator, "Koki inavuja mtaani", FEWEST_CASES)
    with transaction(JOB):
        suggestions.train(NOW)
    case_id = lodge("Koki inavuja mtaani", "ROADS")
    with transaction(JOB):
        category = db.session.get(m.Category, db.session.get(m.Case, case_id).category_id)
        assert category.code == "ROADS"


def test_the_command_tells_the_accuracy_on_cases_held_out(app: Flask, coordinator: int) -> None:
    corrected_cases(coordinator, "Koki inavuja mtaani", 16)
    result = app.test_cli_runner().invoke(suggestion_accuracy)
    assert result.exit_code == 0, result.output
    said = json.loads(result.output.strip().splitlines()[-1])
    assert said["ok"]
    assert said["learned_from"] + said["held_out"] == 16
    for about in ("category", "institution"):
        assert {"bar", "cases", "shown", "learned", "keywords", "top"} <= set(said[about])
    if said["held_out"]:
        assert said["category"]["keywords"]["right"] == 0.0
