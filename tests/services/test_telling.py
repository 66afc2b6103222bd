"""Officers told outside the desk: urgent things at once, one list at chosen hours, none twice."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask

from feedback.rules import notices as rules
from feedback.services import marks, notices, officer_mail, outbox, passwords, staffing, telling
from feedback.services.errors import Refused
from feedback.services.texts import officer_letters
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from local.phone.mailbox import Mailbox
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind
from tests.services.officer_kit import PHONE, register

ADDRESS = "neema.mushi@dodoma.example.org"
TUESDAY = timedelta(hours=22)  # 7:00, from Monday 9:00


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with few rounds, for PINs."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(1, 8, 1))


@pytest.fixture
def officer(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler")


def code(box: Mailbox, now: datetime) -> str:
    outbox.deliver(now)
    found = re.search(r"\b\d{6}\b", box.letters(ADDRESS)[-1].text)
    assert found
    return found[0]


def confirm(officer: int, box: Mailbox, now: datetime) -> None:
    with transaction(Principal.of_officer(officer)):
        officer_mail.begin(ADDRESS, now)
    said = code(box, now)
    with transaction(Principal.of_officer(officer)):
        assert officer_mail.confirm(said, now)


def tell(now: datetime) -> dict[str, int]:
    done = telling.send_due(now, 10)
    outbox.deliver(now)
    return done


def urgent(officer: int, case_id: object, now: datetime, kind: str = "directive") -> None:
    with transaction(JOB):
        marks.notices([officer], kind, case_id, now)  # type: ignore[arg-type]


def test_a_mailbox_counts_once_its_code_came_back(
    officer: int, box: Mailbox, monday: datetime
) -> None:
    with transaction(Principal.of_officer(officer)):
        officer_mail.begin(ADDRESS, monday)
    said = code(box, monday)
    wrong = f"{(int(said) + 1) % 10**6:06}"
    with transaction(Principal.of_officer(officer)):
        assert not officer_mail.confirm(wrong, monday)
        with pytest.raises(Refused, match="too-soon"):
            officer_mail.begin(ADDRESS, monday)
    assert tell(monday + TUESDAY) == {"urgent": 0, "lists": 0}  # not confirmed: nothing goes there
    with transaction(Principal.of_officer(officer)):
        assert officer_mail.confirm(said, monday + timedelta(minutes=5))
        found = officer_mail.of(officer, monday)
        assert found is not None
        assert (found.address, found.confirmed, found.hours) == (ADDRESS, True, (7,))


@pytest.mark.parametrize("address", ["", "neema", "a@b.example,c@d.example", "a@b.example\n"])
def test_only_one_address_is_taken(
    officer: int, box: Mailbox, monday: datetime, address: str
) -> None:
    with transaction(Principal.of_officer(officer)):
        if address.endswith("\n"):
            officer_mail.begin(address, monday)  # what stands around it is cut off
        else:
            with pytest.raises(Refused, match="bad-mail"):
                officer_mail.begin(address, monday)


def test_one_list_at_each_hour_with_references_and_days_alone(
    app: Flask, make: Make, officer: int, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    confirm(officer, box, monday)
    with transaction(Principal.of_officer(officer)):
        officer_mail.set_hours([14, 7], monday)
    ordinary = make.case(monday, body="Taa ya Makole haiwaki.")
    hidden = make.case(monday, confidentiality="confidential")
    assert tell(monday + timedelta(hours=5))["lists"] == 1  # Monday 14:00
    now = monday + timedelta(days=30) + TUESDAY  # late by then
    runs = kit.together(app, [lambda: telling.send_due(now, 10)] * 3)
    assert sum(run["lists"] for run in runs) == 1
    outbox.deliver(now)
    letter = box.letters(ADDRESS)[-1]
    assert ordinary.reference in letter.text
    assert hidden.reference not in letter.text
    assert "Confidential" in letter.text or "Ya siri" in letter.text
    assert "Makole" not in letter.text
    assert tell(now + timedelta(minutes=1))["lists"] == 0
    assert tell(now + timedelta(hours=7))["lists"] == 1
    (row,) = kit.rows(superuser, "SELECT next_at FROM officer_mail")
    assert row["next_at"] == now + timedelta(days=1)


@pytest.mark.parametrize("why", ["empty", "weekend", "leave", "half week", "inactive"])
def test_no_list_where_none_is_due(
    make: Make, officer: int, box: Mailbox, monday: datetime, superuser: Behind, why: str
) -> None:
    confirm(officer, box, monday)
    if why != "empty":
        make.case(monday)
        with transaction(Principal.of_officer(officer)):
            notices.mark_read(monday)
    now = monday + TUESDAY
    if why == "weekend":
        now += timedelta(days=4)
    if why == "leave":
        make.leave(officer, now.date(), now.date())
    if why == "half week":
        superuser.execute("INSERT INTO duty VALUES (%s, '{1,3,5}', '{}')", [officer])
    if why == "inactive":
        admin = make.officer("PO-PSMGG", "admin")
        with transaction(Principal.of_officer(admin)):
            staffing.deactivate(officer, now)
    if why == "weekend":
        # The slots of the working days between go first.
        tell(monday + TUESDAY)
        telling.send_due(now - timedelta(days=1), 10)
    assert tell(now)["lists"] == 0


def test_what_is_urgent_goes_at_once_and_once(
    app: Flask, make: Make, officer: int, box: Mailbox, monday: datetime
) -> None:
    confirm(officer, box, monday)
    case, hidden = make.case(monday), make.case(monday, confidentiality="confidential")
    assert tell(monday)["urgent"] == 0  # a case given waits for the list
    now = monday + timedelta(hours=1)
    urgent(officer, case.case_id, now)
    urgent(officer, hidden.case_id, now)
    later = now + timedelta(seconds=30)
    runs = kit.together(app, [lambda: telling.send_due(later, 10)] * 3)
    assert sum(run["urgent"] for run in runs) == 1
    outbox.deliver(later)
    letter = box.letters(ADDRESS)[-1]
    assert case.reference in letter.text
    assert hidden.reference not in letter.text
    assert tell(later + timedelta(hours=1))["urgent"] == 0


def test_without_a_mailbox_what_is_urgent_goes_by_sms(
    make: Make, officer: int, phone: PhoneSimulator, monday: datetime
) -> None:
    register(officer, monday)
    case = make.case(monday)
    urgent(officer, case.case_id, monday)
    assert tell(monday)["urgent"] == 1
    assert case.reference in phone.ledger(PHONE)[-1].text
    # What was read in the desk meanwhile is not told again; nor is a case one no longer sees.
    now = monday + timedelta(hours=1)
    urgent(officer, case.case_id, now)
    with transaction(Principal.of_officer(officer)):
        notices.mark_read(now)
    assert tell(now)["urgent"] == 0


def test_only_what_is_no_duty_can_be_kept_away(make: Make, officer: int, monday: datetime) -> None:
    with transaction(Principal.of_officer(officer)):
        officer_mail.choose({"accepted", "assigned", "directive"}, monday)
        assert officer_mail.unwanted() == {"accepted"}
    case = make.case(monday)  # tells of "assigned"
    with transaction(JOB):
        marks.notices([officer], "accepted", case.case_id, monday)
    with transaction(Principal.of_officer(officer)):
        assert notices.unread() == 1
        assert {row.kind: row.read for row in notices.latest()} == {
            "assigned": False,
            "accepted": True,
        }


def test_an_unproven_address_is_forgotten_and_a_reset_takes_it_away(
    make: Make, officer: int, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    with transaction(Principal.of_officer(officer)):
        officer_mail.begin(ADDRESS, monday)
    with transaction(JOB):
        assert officer_mail.forget(monday + timedelta(hours=2)) == 0
        assert officer_mail.forget(monday + timedelta(days=2)) == 1
    confirm(officer, box, monday + timedelta(days=2))
    superuser.execute("DELETE FROM credential WHERE officer_id = %s", [officer])
    assert not kit.rows(superuser, "SELECT 1 FROM officer_mail")


def test_every_urgent_kind_has_its_words() -> None:
    assert set(officer_letters.URGENT) == rules.URGENT
    assert len(rules.KINDS) == len(rules.URGENT) + len(rules.OPTIONAL) + len(rules.DUTY)
