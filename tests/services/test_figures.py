"""Roll-ups and boards: right by the cases, quick by the roll-ups, silent about small groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from feedback import models as m
from feedback.rules.histogram import BOUNDS, SIZE, bucket
from feedback.services import citizen, desk, escalations, figures
from feedback.services.figures import Board, Line, Question
from feedback.services.figures.rollup import ALL, ALL_CATEGORIES, COUNTS, HISTOGRAMS
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make

NOW = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)  # a Monday, 09:00 in Dar es Salaam
TODAY = NOW.date()


def refresh(now: datetime = NOW) -> int:
    with transaction(JOB):
        return figures.refresh(now)


def figure(code: str, **cell: Any) -> dict[str, Any] | None:
    """One row of the roll-ups, by default that of all cases of the month."""
    with transaction(JOB) as session:
        d = directory()
        values = {"category_id": ALL_CATEGORIES, "channel": ALL, "kind": ALL, **cell}
        query = select(m.Figure.__table__).where(
            m.Figure.institution_id == d.institutions_by_code[code].id,
            m.Figure.month == values.pop("month", date(2025, 11, 1)),
        )
        for name, value in values.items():
            query = query.where(m.Figure.__table__.c[name] == value)
        row = session.execute(query).mappings().one_or_none()
        return dict(row) if row else None


def ask(code: str | None = None, **asked: Any) -> Board:
    with transaction(Principal("figures")):
        d = directory()
        institution = d.institutions_by_code[code].id if code else None
        return figures.ask(Question(institution, **{"year": 2025, **asked}), d, TODAY)


def category(code: str) -> int:
    with transaction(JOB):
        return directory().categories_by_code[code].id


def rows(code: str, count: int, **values: Any) -> None:
    """Roll-ups as if so many cases had been: quicker than lodging them."""
    with transaction(JOB) as session:
        d = directory()
        path = d.institutions_by_code[code].path
        row: dict[str, Any] = dict.fromkeys(COUNTS, 0) | {name: [0] * SIZE for name in HISTOGRAMS}
        row |= {"received": count, "answered": count, "month": date(2025, 11, 1)} | values
        cells = [
            {"category_id": ALL_CATEGORIES, "channel": ALL, "kind": ALL},
            {"category_id": values.get("category_id", 1), "channel": ALL, "kind": ALL},
        ]
        for institution in path:
            for cell in cells:
                session.execute(
                    text(
                        "INSERT INTO figure AS f (institution_id, month, category_id, channel,"
                        " kind, received, answered, open, overdue, decided, on_time, escalated,"
                        " appealed, withdrawn, first_response, answer, computed_at)"
                        " VALUES (:institution_id, :month, :category_id, :channel, :kind,"
                        " :received, :answered, :open, :overdue, :decided, :on_time,"
                        " :escalated, :appealed, :withdrawn,"
                        " :first_response, :answer, now()) ON CONFLICT (institution_id, month,"
                        " category_id, channel, kind) DO UPDATE SET"
                        " received = f.received + excluded.received,"
                        " answered = f.answered + excluded.answered, open = f.open + excluded.open,"
                        " overdue = f.overdue + excluded.overdue"
                    ),
                    {**row, "institution_id": institution, **cell},
                )


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler")


class TestRefresh:
    def test_counts_a_case_for_its_institution_and_all_above(
        self, make: Make, handler: int
    ) -> None:
        make.case(NOW, category="ROADS")
        assert refresh() > 0
        for code in ("DODOMA-CC", "RS-DODOMA", "PO-RALG", "CS"):
            row = figure(code)
            assert row is not None, code
            assert (row["received"], row["open"], row["answered"]) == (1, 1, 0), code
        roads = category("ROADS")
        for cell in ({"category_id": roads}, {"channel": "web"}, {"kind": "complaint"}):
            assert figure("CS", **cell) is not None, cell
        assert figure("W-MAJI") is None

    def test_running_again_changes_nothing(self, make: Make, handler: int) -> None:
        make.case(NOW)
        refresh()
        before = figure("CS")
        assert refresh() == 0
        assert figure("CS") == before
        with transaction(JOB):
            assert figures.refresh_all(NOW) > 0
        assert figure("CS") == before

    def test_an_answer_moves_the_counts_and_fills_the_histograms(
        self, make: Make, handler: int, as_officer: Any
    ) -> None:
        case = make.case(NOW, category="ROADS")
        refresh()
        later = NOW + timedelta(days=2, hours=1)  # Wednesday 10:00: two office days and an hour
        with as_officer(handler):
            desk.answer(case.case_id, "Taa zimerekebishwa.", later)
        refresh(later)
        row = figure("CS")
        assert row is not None
        assert (row["received"], row["open"], row["answered"], row["on_time"]) == (1, 0, 1, 1)
        minutes = 2 * 480 + 60
        assert row["answer"][bucket(minutes)] == 1 == sum(row["answer"])
        assert row["first_response"][bucket(minutes)] == 1

    @pytest.mark.parametrize("minutes", [0, 1, 15, 16, 19, 20, BOUNDS[-1], BOUNDS[-1] + 1])
    def test_buckets_as_the_rule_does(self, make: Make, handler: int, minutes: int) -> None:
        case = make.case(NOW)
        with transaction(JOB) as session:
            session.execute(
                text("UPDATE deadline SET minutes = :m, met_at = :now WHERE case_id = :case"),
                {"m": minutes, "now": NOW, "case": case.case_id},
            )
        refresh()
        row = figure("CS")
        assert row is not None
        assert row["answer"].index(1) == bucket(minutes)

    def test_notices_that_time_made_a_case_late(self, make: Make, handler: int) -> None:
        case = make.case(NOW)
        refresh()
        on_the_day = figure("CS")
        assert on_the_day is not None
        assert on_the_day["overdue"] == on_the_day["decided"] == 0
        assert refresh(case.answer_due) == 0
        assert refresh(case.answer_due + timedelta(seconds=1)) > 0
        late = figure("CS")
        assert late is not None
        assert (late["overdue"], late["decided"], late["on_time"]) == (1, 1, 0)
        assert refresh(case.answer_due + timedelta(seconds=2)) == 0

    def test_a_withdrawn_case_is_neither_in_time_nor_late(self, make: Make, handler: int) -> None:
        case = make.case(NOW)
        with transaction(Principal.of_case(case.case_id)):
            citizen.withdraw(case.case_id, NOW + timedelta(hours=1))
        refresh(case.answer_due + timedelta(days=1))
        row = figure("CS")
        assert row is not None
        assert (row["withdrawn"], row["open"], row["answered"], row["decided"]) == (1, 0, 0, 0)
        assert sum(row["answer"]) == sum(row["first_response"]) == 0

    def test_a_transfer_moves_the_case_between_institutions(
        self, make: Make, handler: int, as_officer: Any
    ) -> None:
        make.officer("DAWASA", "handler")
        case = make.case(NOW)
        refresh()
        with as_officer(handler):
            desk.transfer(case.case_id, "DAWASA", None, "Ni suala la maji.", NOW)
        refresh()
        assert figure("DODOMA-CC") is None
        assert figure("PO-RALG") is None
        row = figure("DAWASA")
        assert row is not None
        assert row["received"] == 1
        assert (figure("CS") or {})["received"] == 1

    def test_counts_escalations_and_a_second_cycle(
        self, make: Make, handler: int, as_officer: Any
    ) -> None:
        case = make.case(NOW)
        late = case.answer_due + timedelta(minutes=1)
        with transaction(JOB):
            escalations.sweep_batch(late)
        with as_officer(handler):
            desk.answer(case.case_id, "Samahani kwa kuchelewa.", late)
        with transaction(Principal.of_case(case.case_id)):
            citizen.not_fixed(case.case_id, "Bado.", late + timedelta(days=1))
        refresh(late + timedelta(days=1, seconds=1))
        row = figure("CS")
        assert row is not None
        assert (row["escalated"], row["appealed"], row["open"], row["overdue"]) == (1, 1, 1, 0)
        # The missed clock stays in the figures.
        assert (row["decided"], row["on_time"], sum(row["answer"])) == (1, 0, 1)

    def test_a_month_begins_at_midnight_in_dar_es_salaam(self, make: Make, handler: int) -> None:
        make.case(datetime(2025, 11, 30, 20, 59, tzinfo=UTC))
        make.case(datetime(2025, 11, 30, 21, 0, tzinfo=UTC))
        refresh(datetime(2025, 12, 1, tzinfo=UTC))
        for month in (date(2025, 11, 1), date(2025, 12, 1)):
            assert (figure("CS", month=month) or {})["received"] == 1, month

    def test_takes_marks_in_portions(self, make: Make, handler: int) -> None:
        for _ in range(3):
            make.case(NOW)
        with transaction(JOB):
            figures.refresh(NOW, limit=1)
        with transaction(JOB) as session:
            assert session.scalar(text("SELECT count(*) FROM figure_dirty")) == 2
        refresh()
        assert (figure("CS") or {})["received"] == 3


class TestBoard:
    def test_small_groups_are_not_shown(self, make: Make, handler: int) -> None:
        rows("DODOMA-CC", 9)
        assert ask().total.received is None
        rows("DODOMA-CC", 1)
        assert ask().total.received == 10

    def test_counts_are_whole_tens_wherever_they_stand(self, app: Flask) -> None:
        rows("DODOMA-CC", 40)
        rows("KONDOA-DC", 39)
        rows("BAHI-DC", 3)
        board = ask("RS-DODOMA")
        assert board.total.received == 80
        shown = by_code(board.institutions)
        assert shown["BAHI-DC"].received is None
        assert shown["KONDOA-DC"].received == 30 == ask("KONDOA-DC").total.received
        assert shown["DODOMA-CC"].received == 40 == ask("DODOMA-CC").total.received
        assert everything(ask("BAHI-DC")) == {None}

    def test_a_subject_and_a_month_show_the_same_when_asked_for(self, app: Flask) -> None:
        roads, waste = map(category, ("ROADS", "WASTE"))
        rows("DODOMA-CC", 58, category_id=roads, month=date(2025, 10, 1))
        rows("DODOMA-CC", 4, category_id=waste)
        board = ask("DODOMA-CC")
        assert {line.key: line.received for line in board.categories}[roads] == 50
        assert ask("DODOMA-CC", category=roads).total.received == 50
        assert ask("DODOMA-CC", category=waste).total.received is None
        assert [line.received for line in board.months[-2:]] == [50, None]
        assert ask("DODOMA-CC", month=10).total.received == 50
        assert ask("DODOMA-CC", month=11).total.received is None

    def test_every_month_that_has_begun_is_a_line(self, app: Flask) -> None:
        """Else the first case of a month would be told by the line that it brings."""
        assert [line.key.month for line in ask("DODOMA-CC").months] == list(range(1, 12))
        assert len(ask("DODOMA-CC", year=2024).months) == 12

    def test_restricted_cases_are_in_no_figure(self, make: Make, handler: int) -> None:
        cases = [make.case(NOW) for _ in range(11)]
        refresh()
        assert (figure("DODOMA-CC") or {})["received"] == 11
        with transaction(Principal.of_case(cases[0].case_id)):
            citizen.raise_confidentiality(cases[0].case_id, "restricted", NOW)
        make.case(NOW, category="CORRUPTION", confidentiality="restricted")
        refresh()
        for code in ("DODOMA-CC", "CS"):
            assert (figure(code) or {})["received"] == 10, code
        with transaction(JOB):
            figures.refresh_all(NOW)
        assert (figure("CS") or {})["received"] == 10

    def test_a_line_that_is_not_shown_does_not_tell_whether_there_was_a_case(
        self, app: Flask
    ) -> None:
        rows("DODOMA-CC", 50, category_id=category("ROADS"))
        rows("DODOMA-CC", 5, category_id=category("WASTE"))
        before = ask("DODOMA-CC")
        rows("DODOMA-CC", 1, category_id=category("CORRUPTION"))
        after = ask("DODOMA-CC")
        assert [line.received for line in before.categories] == [
            line.received for line in after.categories
        ]

    def test_counts_come_from_the_cases(self, make: Make, handler: int) -> None:
        for kind in ["complaint"] * 14 + ["enquiry"] * 11:
            make.case(NOW, kind=kind, category="ROADS")
        refresh()
        board = ask()
        assert (board.total.received, board.total.open) == (20, 20)
        assert {line.key: line.received for line in board.kinds if line.received} == {
            "complaint": 10,
            "enquiry": 10,
        }
        assert {line.key: line.received for line in board.channels}["web"] == 20

    def test_percentiles_and_share_of_a_known_group(self, app: Flask) -> None:
        histogram = [0] * SIZE
        histogram[bucket(480)] = 8
        histogram[bucket(4800)] = 2
        rows("DODOMA-CC", 12, decided=12, on_time=9, answer=histogram)
        line = ask("DODOMA-CC").total
        assert line.on_time == 0.75
        assert line.answer_median is not None
        assert 437 <= line.answer_median <= 547
        assert line.answer_slow is not None
        assert line.answer_slow > 4000
        assert line.first_median is None

    def test_reads_nothing_but_roll_ups_in_few_statements(
        self, app: Flask, query_count: Any
    ) -> None:
        rows("DODOMA-CC", 40)
        with transaction(Principal("figures")) as session:
            d = directory()
            session.execute(text("SELECT 1"))
            with query_count() as counted:
                figures.ask(Question(None, 2025), d, TODAY)
            assert counted.number <= 5
            with query_count() as counted:
                figures.ask(
                    Question(d.institutions_by_code["RS-DODOMA"].id, 2025, month=11), d, TODAY
                )
            assert counted.number <= 5


def by_code(lines: list[Line]) -> dict[str, Line]:
    with transaction(JOB):
        d = directory()
        return {d.institutions[line.key].code: line for line in lines}


def everything(board: Board) -> set[int | None]:
    """Every count of every table of a board."""
    tables = (board.months, board.categories, board.channels, board.kinds, board.institutions)
    return {
        getattr(line, name) for lines in tables for line in lines for name in figures.board.SHOWN
    }


@contextmanager
def nobody() -> Iterator[None]:
    with transaction(Principal("nobody")):
        yield


def test_nobody_else_reads_or_writes_roll_ups(app: Flask) -> None:
    rows("DODOMA-CC", 40)
    with nobody():
        assert figures.ask(Question(None, 2025), directory(), TODAY).total.received is None
    with (
        pytest.raises(Exception, match="permission denied"),
        transaction(Principal("figures")) as s,
    ):
        s.execute(text("DELETE FROM figure"))
