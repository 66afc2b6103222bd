"""Templates of answers and who keeps them; what the citizen gets of an answer by each way."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.workflow import Verb
from feedback.services import desk, leasing, mailing, tasks
from feedback.services.answers import looking, previews, templates
from feedback.services.answers.shipped import SHIPPED, Said
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

OWN = Said("Taa", "Lights", "Taa za {place} ziliwaka {siku}.", "Lights of {place}: {day}.")
LONG = "Mafundi wetu walifika tarehe 5 Novemba na kukagua taa zote za barabara ya Makole. " * 4


def officer(number: int) -> Any:
    return transaction(Principal.of_officer(number))


@pytest.fixture
def dodoma(app: Flask) -> int:
    with transaction(JOB):
        return directory().institutions_by_code["DODOMA-CC"].id


def save(
    by: int, code: str, said: Said, now: datetime, institution_id: int | None, **more: Any
) -> int:
    with officer(by):
        values = {"institution_id": institution_id, "seen": 0, "now": now, **more}
        return templates.save(code, said, **values)


def offered(by: int, institution_id: int, category: str | None = "ROADS") -> dict[str, Said]:
    with officer(by):
        found = templates.offered(institution_id, category)
        return {each.code: each.said for each in found}


def test_the_shipped_ones_are_whole_in_both_languages(app: Flask) -> None:
    assert len(SHIPPED) >= 12
    with transaction(JOB):
        known = set(directory().categories_by_code)
    for code, said in SHIPPED.items():
        assert said.category is None or said.category in known, code
        templates._check(said)
        auto = [
            {name for name in re.findall(r"\{(\w+)\}", body) if name in templates.FILLED}
            for body in (said.body_sw, said.body_en)
        ]
        assert auto[0] == auto[1], code


def test_an_institution_says_it_in_its_own_way_and_goes_back(
    make: Make, monday: datetime, dodoma: int, superuser: Behind
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    admin = make.officer("PO-PSMGG", "admin")
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    elsewhere = make.officer("KONDOA-DC", "handler")
    save(coordinator, "road", OWN, monday, dodoma)
    save(admin, "done", OWN, monday, None)
    found = offered(handler, dodoma)
    assert found["road"] == found["done"] == OWN
    with transaction(JOB):
        kondoa = directory().institutions_by_code["KONDOA-DC"].id
    assert offered(elsewhere, kondoa)["road"] == SHIPPED["road"]
    assert offered(elsewhere, kondoa)["done"] == OWN
    assert "road" not in offered(handler, dodoma, "WASTE") or OWN.category is None
    assert save(coordinator, "road", OWN, monday, dodoma, seen=1, retired=True) == 2
    assert offered(handler, dodoma)["road"] == SHIPPED["road"]
    save(admin, "done", OWN, monday, None, seen=1, retired=True)
    assert "done" not in offered(handler, dodoma)
    kept = kit.rows(superuser, "SELECT act FROM audit_entry WHERE act LIKE 'answer_template%%'")
    assert sorted(each["act"] for each in kept) == [
        "answer_template_retired",
        "answer_template_retired",
        "answer_template_saved",
        "answer_template_saved",
    ]


def test_who_comes_second_is_refused(make: Make, monday: datetime, dodoma: int) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    save(coordinator, "taa", OWN, monday, dodoma)
    with pytest.raises(Refused, match="clash"):
        save(coordinator, "taa", SHIPPED["road"], monday, dodoma)
    with pytest.raises(Refused, match="unchanged"):
        save(coordinator, "taa", OWN, monday, dodoma, seen=1)
    with pytest.raises(Refused, match="empty-body_en"):
        save(coordinator, "taa", Said("a", "b", "c", " "), monday, dodoma, seen=1)
    with pytest.raises(Refused, match="long-title_sw"):
        save(coordinator, "taa", Said("a" * 81, "b", "c", "d"), monday, dodoma, seen=1)
    with pytest.raises(Refused, match="bad-target"):
        save(coordinator, "taa", Said("a", "b", "c", "d", "NONE"), monday, dodoma, seen=1)


@pytest.mark.parametrize("role", ["handler", "coordinator", "admin", "head"])
def test_the_database_lets_each_keep_its_own_alone(
    make: Make, monday: datetime, dodoma: int, urls: dict[str, str], role: str
) -> None:
    number = make.officer("DODOMA-CC", role)
    if role == "head":
        make.hold(number, "DODOMA-CC", "institution_head")
    with transaction(JOB):
        kondoa = directory().institutions_by_code["KONDOA-DC"].id
    may = {"coordinator": {dodoma}, "head": {dodoma}, "admin": {None}}.get(role, set())
    with psycopg.connect(urls["DATABASE_URL"].replace("+psycopg", "")) as web:
        for institution in (None, dodoma, kondoa):
            for name in (number, number + 1):
                with web.transaction(force_rollback=True):
                    web.execute("SELECT guard.become('officer', %s, NULL)", (number,))
                    try:
                        web.execute(
                            "INSERT INTO answer_template VALUES (gen_random_uuid(), %s, 'x', 1,"
                            " NULL, 'a', 'b', 'c', 'd', false, %s, now())",
                            (institution, name),
                        )
                        accepted = True
                    except psycopg.errors.InsufficientPrivilege:
                        accepted = False
                assert accepted is (institution in may and name == number), (institution, name)
    if dodoma not in may:
        with pytest.raises(Refused, match="not-allowed"):
            save(number, "taa", OWN, monday, dodoma)


def test_another_institutions_are_not_read(make: Make, monday: datetime, dodoma: int) -> None:
    save(make.officer("DODOMA-CC", "coordinator"), "taa", OWN, monday, dodoma)
    assert "taa" not in offered(make.officer("KONDOA-DC", "handler"), dodoma)
    assert "taa" in offered(make.officer("DODOMA-CC", "handler"), dodoma)


def test_a_template_is_filled_in_from_the_case(make: Make, monday: datetime) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    case = make.case(monday, category="ROADS", place="Makole")
    with officer(handler):
        said = templates.filled("done", db.session.get_one(m.Case, case.case_id), monday)
        with pytest.raises(Refused, match="not-found"):
            templates.filled("water", db.session.get_one(m.Case, case.case_id), monday)
    assert said.startswith("Asante kwa taarifa yako kuhusu Barabara na madaraja, Makole. Tarehe")
    assert f"kwa namba {case.reference}" in said
    assert re.findall(r"\{[^}]+\}", said) == ["{siku}", "{kazi iliyofanyika}"]


def _preview(handler: int, case: UUID, words: str, template: str = "answer") -> previews.Preview:
    with officer(handler):
        return previews.of(case, template, words)


@pytest.fixture
def mail_is_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SMTP", {"host": "localhost", "port": 25})


@pytest.mark.usefixtures("mail_is_on")
@pytest.mark.parametrize("words", ["Taa zote zimewashwa leo.", LONG])
@pytest.mark.parametrize("level", ["open", "confidential"])
def test_the_preview_is_what_goes_out(
    make: Make, monday: datetime, superuser: Behind, level: str, words: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    case = make.case(
        monday,
        category="ROADS",
        confidentiality=level,
        phone="+255754000111",
        email="neema@example.org",
    )
    shown = _preview(handler, case.case_id, words)
    assert shown.waits is (level == "confidential")
    with officer(handler):
        desk.answer(case.case_id, words, monday)
    with transaction(JOB) as session:
        rows = session.execute(
            m.Outbox.__table__.select().where(m.Outbox.template.like("answer%"))
        ).all()
        sent = {each.channel: each for each in rows}
        assert shown.sms is not None
        assert shown.sms.text == leasing._render(sent["sms"])
        letter = mailing.letter(sent["email"])
    assert not isinstance(letter, str)
    assert shown.mail is not None
    assert (shown.mail.subject, shown.mail.text) == (letter[1].subject, letter[1].text)
    assert shown.sms.parts == 1
    long = words == LONG and level == "open"
    assert (shown.sms.kept is not None) is long
    if long:
        assert shown.sms.kept is not None
        assert words[: shown.sms.kept] + "..." in shown.sms.text
    assert shown.web == words
    assert len(shown.dialled) == (3 if words == LONG else 1)


def test_nothing_goes_to_who_left_nothing(make: Make, monday: datetime) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    case = make.case(monday, category="ROADS", anonymous=True)
    shown = _preview(handler, case.case_id, "Ni nguzo ipi?", "question")
    assert (shown.sms, shown.mail, shown.web) == (None, None, "Ni nguzo ipi?")


def test_words_are_looked_at_for_whoever_may_send_them(make: Make, monday: datetime) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    case = make.case(monday, category="ROADS", body="Taa zitawaka lini?")
    with officer(handler):
        found = looking.remarks(case.case_id, Verb.ANSWER, "Tumepokea taarifa ya taa zenu.")
        assert [each.code for each in found] == ["when"]
        tasks.add(case.case_id, "call", "Piga simu.", handler, local_day(monday), monday)
        found = looking.remarks(case.case_id, Verb.ANSWER, "Tumepokea taarifa ya taa zenu.")
        assert [each.code for each in found] == ["when", "open_tasks"]
    colleague = make.officer("DODOMA-CC", "handler", unit="WORKS")
    with officer(colleague), pytest.raises(Refused, match="not-allowed"):
        looking.remarks(case.case_id, Verb.ANSWER, "Tumepokea taarifa ya taa zenu.")
    with officer(handler):
        desk.answer(case.case_id, "Kesho.", monday)
    with officer(handler), pytest.raises(Refused, match="not-allowed"):
        looking.remarks(case.case_id, Verb.ANSWER, "Tumepokea taarifa ya taa zenu.")
