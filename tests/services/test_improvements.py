"""Improvement actions: who makes, links and ends them; citizens are told once; nothing leaks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from feedback.jobs import follow_improvements
from feedback.services import citizen, desk, improvement_lists, improvement_telling, improvements
from feedback.services.errors import Refused
from feedback.services.improvements import Draft
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make, count_queries
from tests.services import kit

Behind = psycopg.Connection[Any]
NOW = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
DUE = date(2025, 12, 1)
CAUSE = "Mitaro haisafishwi kabla ya mvua."


def as_(officer: int) -> Any:
    return transaction(Principal.of_officer(officer))


def action(leader: int, owner: int, title: str = "Kusafisha mitaro kila Oktoba") -> UUID:
    with as_(leader):
        return improvements.make(Draft(title, CAUSE, owner, DUE), NOW)


def link(officer: int, case_id: UUID, number: UUID | None, draft: Draft | None = None) -> None:
    with as_(officer):
        improvements.link(case_id, number, draft, NOW)


def refusal(officer: int, verb: Any, *given: Any) -> str:
    with pytest.raises(Refused) as refused, as_(officer):
        verb(*given)
    return refused.value.code


def follow(now: datetime = NOW) -> None:
    """What the job does, until nothing is left."""
    for step in (improvement_telling.inherit, improvement_telling.warn, improvement_telling.tell):
        while True:
            with transaction(JOB):
                if not step(now):
                    break


def notices(behind: Behind, officer: int) -> list[str]:
    found = kit.rows(behind, "SELECT kind FROM notice WHERE officer_id = %s ORDER BY at", officer)
    return [row["kind"] for row in found if row["kind"].startswith("improvement")]


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS")


@pytest.fixture
def leader(make: Make) -> int:
    return make.officer("DODOMA-CC", "coordinator")


@pytest.fixture
def head(make: Make) -> int:
    number = make.officer("DODOMA-CC", "head")
    make.hold(number, "DODOMA-CC", "institution_head")
    return number


def test_every_linked_citizen_is_told_once(
    make: Make, superuser: Behind, handler: int, leader: int, head: int
) -> None:
    number = action(leader, handler)
    sms = make.case(NOW, category="ROADS", phone="+255712345678")
    answered = make.case(NOW, category="ROADS", phone="+255712345679")
    secret = make.case(NOW, category="ROADS", phone="+255712345670", confidentiality="confidential")
    withdrawn = make.case(NOW, category="ROADS", phone="+255712345671")
    taken_out = make.case(NOW, category="ROADS", phone="+255712345672")
    silent = make.case(NOW, category="ROADS", anonymous=True)
    for each in (sms, answered, secret, withdrawn, taken_out, silent):
        link(handler, each.case_id, number)
    link(handler, sms.case_id, number)  # twice is once
    with as_(handler):
        desk.answer(answered.case_id, "Imefanyika.", NOW)
        improvements.unlink(number, taken_out.reference, NOW)
    with transaction(Principal.of_case(withdrawn.case_id)):
        citizen.withdraw(withdrawn.case_id, NOW)
    with as_(handler):  # its owner
        improvements.finish(number, "Mitaro yote imesafishwa.", NOW)
    assert refusal(leader, improvements.finish, number, "Tena.", NOW) == "not-allowed"
    follow()
    superuser.execute("UPDATE improvement SET telling = true")  # a run cut short, begun again
    superuser.execute("UPDATE improvement_case SET told_at = NULL")
    follow()
    for each, times in (
        (sms, 1), (answered, 1), (secret, 1), (withdrawn, 0), (taken_out, 0), (silent, 0),
    ):  # fmt: skip
        owed = kit.of_case(superuser, "outbox", each.case_id)
        mine = [row for row in owed if row["template"] == "improvement_done"]
        assert len(mine) == times, each.reference
        for row in mine:
            assert (row["words"], row["values"]) == (None, {"reference": each.reference})
    assert not kit.rows(superuser, "SELECT FROM improvement WHERE telling")
    for case_id in (silent.case_id, secret.case_id):
        with transaction(Principal.of_case(case_id)):
            assert improvement_lists.told() == [("Mitaro yote imesafishwa.", NOW)]
    with transaction(Principal.of_case(taken_out.case_id)):
        assert improvement_lists.told() == []
    assert refusal(handler, improvements.link, sms.case_id, number, None, NOW) == "bad-target"


def test_the_job_finds_what_is_to_be_done(
    app: Flask, make: Make, superuser: Behind, handler: int, leader: int
) -> None:
    number = action(leader, handler)
    receipt = make.case(NOW, category="ROADS", phone="+255712345678")
    link(handler, receipt.case_id, number)
    with as_(leader):
        improvements.finish(number, "Imefanyika.", NOW)
    follow_improvements()
    assert "improvement_done" in kit.owed(superuser, receipt.case_id)


def test_a_handler_proposes_and_a_leader_decides(
    make: Make, superuser: Behind, handler: int, leader: int
) -> None:
    receipt = make.case(NOW, category="ROADS")
    link(handler, receipt.case_id, None, Draft("Kusafisha mitaro", CAUSE, handler, DUE))
    (row,) = kit.rows(superuser, "SELECT * FROM improvement")
    assert (row["state"], row["owner_id"]) == ("proposed", None)
    for verb, given in (
        (improvements.change, (row["id"], handler, DUE, NOW)),
        (improvements.finish, (row["id"], "Tayari.", NOW)),
        (improvements.drop, (row["id"], "Hapana.", NOW)),
    ):
        assert refusal(handler, verb, *given) == "not-allowed"
    assert refusal(leader, improvements.change, row["id"], 10**6, DUE, NOW) == "bad-target"
    past = DUE - timedelta(days=60)
    assert refusal(leader, improvements.change, row["id"], handler, past, NOW) == "bad-date"
    with as_(leader):
        improvements.change(row["id"], handler, DUE, NOW)
    (row,) = kit.rows(superuser, "SELECT * FROM improvement")
    assert (row["state"], row["owner_id"], row["due_on"]) == ("open", handler, DUE)
    assert notices(superuser, handler) == ["improvement_given"]
    assert "improvement_linked" in kit.acts(superuser, receipt.case_id)


@pytest.mark.parametrize(
    "title", ["Mpigie 0712 345 678", "Andika asha@example.com", " ", "A" * 121]
)
def test_titles_that_are_none(make: Make, leader: int, handler: int, title: str) -> None:
    assert refusal(leader, improvements.make, Draft(title, CAUSE, handler, DUE), NOW) in (
        "names-somebody", "empty", "too-long-here",
    )  # fmt: skip


def test_restricted_cases_and_strangers_are_linked_with_nothing(
    make: Make, superuser: Behind, handler: int, leader: int, head: int
) -> None:
    number = action(leader, handler)
    ethics = make.officer("ETHICS", "ethics", "handler")
    stranger = make.officer("KONDOA-DC", "handler", "coordinator")
    receipt = make.case(NOW, category="ROADS")
    restricted = make.case(NOW, category="ROADS", confidentiality="restricted")
    for officer, case_id in ((ethics, restricted.case_id), (stranger, receipt.case_id)):
        code = refusal(officer, improvements.link, case_id, number, None, NOW)
        assert code in ("not-found", "not-allowed")
    assert refusal(stranger, improvement_lists.one, number, NOW) == "not-found"
    with as_(stranger):
        assert improvement_lists.listed("open", None, NOW)[0] == []
    assert not kit.rows(superuser, "SELECT FROM improvement_case")


def test_counts_are_for_leaders_and_of_what_they_see(
    make: Make, handler: int, leader: int, head: int
) -> None:
    number = action(leader, handler)
    for level in ("open", "confidential"):
        receipt = make.case(NOW, category="ROADS", confidentiality=level)
        link(handler, receipt.case_id, number)
    make.exclude(receipt.case_id, leader, NOW)
    counts = {}
    for officer in (handler, leader, head):
        with as_(officer):
            (row,) = improvement_lists.listed("open", None, NOW)[0]
            counts[officer] = row.cases, len(improvement_lists.cases_of(number, None)[0])
    assert counts == {handler: (None, 2), leader: (1, 1), head: (2, 2)}


def test_those_above_read_title_day_and_state(make: Make, handler: int, leader: int) -> None:
    action(leader, handler)
    link_less = make.officer("DODOMA-CC", "handler")
    below = {}
    for name, officer in (
        ("region", make.officer("RS-DODOMA", "oversight")),
        ("another region", make.officer("RS-TANGA", "oversight")),
        ("no role for it", make.officer("RS-DODOMA", "handler")),
        ("colleague", link_less),
    ):
        with as_(officer):
            council = kit_id("DODOMA-CC")
            below[name] = [r.title for r in improvement_lists.below(council, None, NOW)[0]]
    assert below == {
        "region": ["Kusafisha mitaro kila Oktoba"],
        "another region": [],
        "no role for it": [],
        "colleague": [],
    }


def kit_id(code: str) -> int:
    from feedback.services.reference import directory

    return directory().institutions_by_code[code].id


def test_a_late_action_is_told_to_owner_and_head_once(
    superuser: Behind, handler: int, leader: int, head: int
) -> None:
    number = action(leader, handler)
    follow(NOW)
    assert notices(superuser, head) == []
    after = datetime(2025, 12, 2, 6, tzinfo=UTC)
    follow(after)
    follow(after + timedelta(days=1))
    assert notices(superuser, head) == ["improvement_late"]
    assert notices(superuser, handler) == ["improvement_given", "improvement_late"]
    with as_(leader):
        improvements.change(number, handler, date(2025, 12, 5), after)
    follow(after + timedelta(days=10))
    assert notices(superuser, head) == ["improvement_late"] * 2


def test_an_action_whose_owner_leaves_falls_to_the_head(
    superuser: Behind, handler: int, leader: int, head: int
) -> None:
    action(leader, handler)
    superuser.execute("UPDATE officer SET active = false WHERE id = %s", (handler,))
    follow()
    (row,) = kit.rows(superuser, "SELECT owner_id FROM improvement")
    assert row["owner_id"] == head
    assert notices(superuser, head) == ["improvement_given"]


def test_words_that_go_take_the_link_with_them(
    make: Make, superuser: Behind, handler: int, leader: int
) -> None:
    number = action(leader, handler)
    receipt = make.case(NOW, category="ROADS")
    link(handler, receipt.case_id, number)
    with transaction(JOB) as session:
        session.connection().exec_driver_sql(
            "SELECT guard.erase_papers(ARRAY[%s]::uuid[])", (receipt.case_id,)
        )
    assert not kit.rows(superuser, "SELECT FROM improvement_case")
    with as_(leader):
        assert improvement_lists.one(number, NOW).gone == 1


def test_a_list_takes_as_many_queries_for_many(
    superuser: Behind, handler: int, leader: int, head: int
) -> None:
    def queries() -> int:
        with count_queries() as counted, as_(leader):
            improvement_lists.listed("open", None, NOW)
        return counted.number

    action(leader, handler)
    few = queries()
    superuser.execute(
        "INSERT INTO improvement (id, institution_id, title, cause, owner_id, due_on, state,"
        " officer_id, at) SELECT gen_random_uuid(), i.institution_id, 'A' || n, 'x', i.owner_id,"
        " i.due_on + n, 'open', i.officer_id, i.at FROM improvement i, generate_series(1, 120) n"
    )
    assert queries() == few
    with as_(leader):
        first, more = improvement_lists.listed("open", None, NOW)
        second, _rest = improvement_lists.listed("open", more, NOW)
    days = [row.due_on for row in first + second]
    assert days == sorted(days)
    assert len({row.id for row in first + second}) == 100
