"""What was given up, before administrators; and what did not arrive, on the page of its case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text, update

from feedback import clock, jobs
from feedback import models as m
from feedback.services import dead_letters, delivery_reports, intake, outbox
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make
from tests.services import kit
from tests.web.browser import Browser
from tests.web.office import act, at_desk, token_of

Behind = psycopg.Connection[Any]
NUMBER = "+255712000001"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        yield simulator


@pytest.fixture
def tab(app: Flask, make: Make) -> Browser:
    return at_desk(app, make.officer("PO-PSMGG", "admin"))


def bury(phone: PhoneSimulator, dedupe: str = "d") -> UUID:
    """An SMS of which two copies may have arrived."""
    now = clock.now() - timedelta(hours=1)
    phone.fault(drop=True, accept=True, times=2)
    with transaction(JOB):
        outbox.owe(
            dedupe, "help", case_id=None, language="sw", values={}, now=now, recipient=NUMBER
        )
    for minutes in (0, 6, 12):
        outbox.replay(now + minutes * MINUTE)
        outbox.deliver(now + minutes * MINUTE)
    return one(dedupe).id


def one(dedupe: str) -> Any:
    with transaction(JOB) as session:
        return session.execute(m.Outbox.__table__.select().where(m.Outbox.dedupe == dedupe)).one()


def post(tab: Browser, letter: UUID, verb: str, **more: str) -> Any:
    data = {"csrf_token": token_of(tab), **more}
    return tab.post(f"/admin/dead-letters/{letter}/{verb}", data=data)


def alarms(behind: Behind) -> list[bool]:
    return [row["settled_at"] is None for row in kit.rows(behind, "SELECT * FROM alarm")]


def acts(behind: Behind) -> list[str]:
    return [row["act"] for row in kit.rows(behind, "SELECT act FROM audit_entry ORDER BY at")]


def test_nothing_was_given_up(tab: Browser, phone: PhoneSimulator) -> None:
    page = tab.get("/admin/dead-letters").text
    assert "Nothing was given up." in page


def test_a_second_copy_too_many_needs_a_decision(
    tab: Browser, phone: PhoneSimulator, superuser: Behind
) -> None:
    letter = bury(phone)
    page = tab.get("/admin/dead-letters").text
    assert "A reply to an SMS" in page
    assert "It may have arrived" in page
    assert NUMBER not in page
    answer = post(tab, letter, "again")
    assert answer.status_code == 422
    assert "An earlier try may have arrived." in answer.text
    assert one("d").state == "dead"
    assert post(tab, letter, "again", warned="1").status_code == 303
    assert (one("d").state, alarms(superuser)) == ("queued", [False])
    assert "dead_letter_sent" in acts(superuser)
    outbox.deliver(clock.now())
    assert one("d").state == "sent"
    assert len(phone.ledger()) == 3
    assert post(tab, letter, "again", warned="1").status_code == 422


def test_what_surely_never_left_is_sent_without_a_warning(
    app: Flask, tab: Browser, phone: PhoneSimulator, superuser: Behind
) -> None:
    phone.fault(status_code=407)
    with transaction(JOB):
        outbox.owe(
            "d", "help", case_id=None, language="sw", values={}, recipient=NUMBER,
            now=clock.now() - timedelta(days=15),
        )  # fmt: skip
    outbox.deliver(clock.now())
    assert one("d").state == "dead"
    page = tab.get("/admin/dead-letters").text
    assert "The gateway did not take it for days (407)" in page
    assert "one time too many" not in page
    assert post(tab, one("d").id, "again").status_code == 303
    assert outbox.deliver(clock.now()).sent == 1


def test_let_go(tab: Browser, phone: PhoneSimulator, superuser: Behind) -> None:
    letter = bury(phone)
    assert post(tab, letter, "drop").status_code == 303
    assert (one("d").state, alarms(superuser)) == ("dropped", [False])
    assert "dead_letter_dropped" in acts(superuser)
    assert "Nothing was given up." in tab.get("/admin/dead-letters").text
    outbox.deliver(clock.now())
    assert len(phone.ledger()) == 2
    for verb in ("drop", "again", "read"):
        assert post(tab, letter, verb, warned="1").status_code == 422


def test_an_sms_that_could_not_be_read_is_tried_again(
    app: Flask, make: Make, tab: Browser, phone: PhoneSimulator, superuser: Behind
) -> None:
    now = clock.now() - timedelta(hours=2)
    with transaction(Principal("hook")):
        intake.receive(
            provider_id="i1", sender=NUMBER, words="TANESCO umeme umekatika",
            received_at=now, now=now,
        )  # fmt: skip
    with transaction(JOB) as session:
        session.execute(update(m.InboundMessage).values(attempts=intake.MOST_ATTEMPTS, error="X"))
        letter = session.scalars(m.InboundMessage.__table__.select()).one()
        intake.spoil(letter, "ValueError", now)
    page = tab.get("/admin/dead-letters").text
    assert "An SMS that came in" in page
    assert "It could not be read (ValueError)" in page
    assert "umekatika" not in page
    assert post(tab, letter, "again", warned="1").status_code == 422
    assert post(tab, letter, "read").status_code == 303
    assert alarms(superuser) == [False]
    # It fails again: administrators learn of it again.
    with transaction(JOB) as session:
        session.execute(update(m.InboundMessage).values(attempts=intake.MOST_ATTEMPTS))
        intake.spoil(letter, "ValueError", now)
    assert sorted(alarms(superuser)) == [False, True]
    assert post(tab, letter, "read").status_code == 303
    assert alarms(superuser) == [False, False]
    assert jobs.process_inbound()["done"] == 1
    assert kit.rows(superuser, 'SELECT count(*) FROM "case"') == [{"count": 1}]


def test_pages_of_fifty(tab: Browser, phone: PhoneSimulator, query_count: Any) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    with transaction(JOB) as session:
        for number in range(101):
            row = outbox.owed(
                f"d{number}", "help", case_id=None, language="sw", values={}, now=first
            )
            ended = first + timedelta(minutes=number // 3)  # several at one moment
            session.execute(
                m.Outbox.__table__.insert().values(**row | {"state": "dead", "finished_at": ended})
            )
    found: list[str] = []
    at = "/admin/dead-letters"
    for expected in (50, 50, 1):
        with query_count() as counted:
            page = tab.get(at).text
        assert counted.number < 12
        ids = [part[:36] for part in page.split("/admin/dead-letters/")[1:]]
        found += dict.fromkeys(ids)
        assert len(set(ids)) == expected
        at = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert (len(set(found)), at) == (101, "")
    assert tab.get("/admin/dead-letters?after=nonsense").status_code == 200


def test_only_administrators_settle(app: Flask, make: Make, phone: PhoneSimulator) -> None:
    letter = bury(phone)
    for role in ("handler", "head", "auditor", "ethics"):
        officer = make.officer("PO-PSMGG", role)
        other = at_desk(app, officer)
        assert other.get("/admin/dead-letters").status_code == 403
        assert post(other, letter, "drop").status_code == 403
        with transaction(Principal.of_officer(officer)) as session:
            refused = session.scalar(
                text("SELECT guard.settle_dead_letter(:id, 'drop', true, now())"),
                {"id": letter},
            )
            assert refused is None
    assert one("d").state == "dead"


def test_what_waits_for_the_next_day_is_shown(
    app: Flask, tab: Browser, phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SMS_PER_DAY", 1)
    now = clock.now()
    with transaction(JOB):
        for number in range(3):
            outbox.owe(
                f"d{number}", "help", case_id=None, language="sw", values={}, now=now,
                recipient=f"+25571200000{number}",
            )  # fmt: skip
    outbox.deliver(now)
    page = tab.get("/admin/dead-letters").text
    assert "SMS that wait for the next day: 2." in page
    assert "The day&#39;s SMS are used up: the rest" in tab.get("/admin/alarms").text


# The page of a case.


@pytest.fixture
def case(app: Flask, make: Make, phone: PhoneSimulator) -> tuple[Browser, str, UUID]:
    """A case whose answer did not arrive, at its handler's desk."""
    handler = at_desk(app, make.officer("DODOMA-CC", "handler"))
    now = clock.now()
    receipt = make.case(now, phone=NUMBER)
    outbox.deliver(now)
    with transaction(Principal("hook")):
        delivery_reports.receive(phone.ledger()[0].id, "AbsentSubscriber", NUMBER, "", now)
    outbox.replay(now)
    return handler, f"/desk/case/{receipt.reference}", receipt.case_id


def test_the_case_says_so_and_why(case: tuple[Browser, str, UUID]) -> None:
    handler, address, _ = case
    page = handler.get(address).text
    assert page.count("SMS not reached the citizen: the phone is off or out of reach") == 2
    assert "The acknowledgement" in page
    assert NUMBER[1:] not in page
    assert "A message did not reach the citizen" in handler.get("/staff/notices").text


def test_sent_once_more_from_the_page(
    case: tuple[Browser, str, UUID], phone: PhoneSimulator, superuser: Behind
) -> None:
    handler, address, case_id = case
    (row,) = kit.of_case(superuser, "delivery_problem", case_id)
    answer = act(handler, address, "resend", problem=str(row["id"]))
    assert answer.status_code == 303
    outbox.deliver(clock.now())
    assert len(phone.ledger(NUMBER)) == 2
    page = handler.get(address).text
    assert "Send it once more by SMS" not in page
    assert "The SMS was sent once more" in page
    again = act(handler, address, "resend", problem=str(row["id"]))
    assert again.status_code == 422
    assert "Somebody chose another way for this message already." in again.text


@pytest.mark.parametrize("problem", ["", "x", "00000000-0000-0000-0000-000000000001"])
def test_a_problem_that_is_none_of_the_case(case: tuple[Browser, str, UUID], problem: str) -> None:
    handler, address, _ = case
    for verb in ("resend", "told"):
        assert act(handler, address, verb, problem=problem, way="letter").status_code == 422


def test_told_by_telephone_from_the_page(
    case: tuple[Browser, str, UUID], superuser: Behind
) -> None:
    handler, address, case_id = case
    (row,) = kit.of_case(superuser, "delivery_problem", case_id)
    wrong = act(handler, address, "told", problem=str(row["id"]), way="")
    assert wrong.status_code == 422
    assert "Choose how the citizen was told" in wrong.text
    assert act(handler, address, "told", problem=str(row["id"]), way="telephone").status_code == 303
    page = handler.get(address).text
    assert "The citizen was told by telephone" in page
    assert "Send it once more by SMS" not in page


def test_an_email_is_told_from_an_sms(
    tab: Browser, phone: PhoneSimulator, superuser: Behind
) -> None:
    letter = bury(phone)
    superuser.execute("UPDATE outbox SET channel = 'email' WHERE id = %s", [letter])
    page = tab.get("/admin/dead-letters").text
    assert "The e-mail may have arrived" in page
    assert f"/admin/dead-letters/{letter}/again" in page
    assert f"/admin/dead-letters/{letter}/drop" in page
    # What waits by e-mail waits for no SMS of the day.
    superuser.execute("UPDATE outbox SET state = 'queued' WHERE id = %s", [letter])
    with transaction(Principal.of_officer(kit.rows(superuser, "SELECT id FROM officer")[-1]["id"])):
        assert dead_letters.state(clock.now()).waiting == 0
