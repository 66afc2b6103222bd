"""E-mail to citizens against a real SMTP server: what is owed arrives, neutral, at most twice."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

import config
from feedback import mail
from feedback import models as m
from feedback.extensions import db
from feedback.gateway import Accepted, Rejected, Transient, Unknown
from feedback.services import citizen, desk, identity, mailing, outbox, retention
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from local.phone.mailbox import Mailbox
from tests.conftest import environment
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

ADDRESS = "asha@example.org"
NUMBER = "+255712000001"
LATER = timedelta(minutes=6)


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler")


def row(dedupe: str) -> Any:
    with transaction(JOB):
        return db.session.execute(
            select(m.Outbox.__table__).where(m.Outbox.dedupe.startswith(dedupe))
        ).one()


def ways(behind: Behind) -> list[tuple[str, str]]:
    found = kit.rows(behind, "SELECT template, channel FROM outbox ORDER BY created_at, channel")
    return [(row["template"], row["channel"]) for row in found]


def work(handler: int, case: Any, now: datetime) -> None:
    """The office asks, the citizen is silent, the office answers."""
    with transaction(Principal.of_officer(handler)):
        desk.acknowledge(case.case_id, now)
    with transaction(Principal.of_officer(handler)):
        desk.ask(case.case_id, "Ni barabara ipi?", now + timedelta(hours=1))
    with transaction(Principal.of_officer(handler)):
        desk.answer(case.case_id, "Taa zitawekwa.\n\nAsante.", now + timedelta(hours=2))


def test_who_has_no_number_gets_everything_by_mail(
    make: Make, handler: int, box: Mailbox, phone: PhoneSimulator, monday: datetime
) -> None:
    case = make.case(monday, email=ADDRESS)
    work(handler, case, monday)
    assert outbox.deliver(monday + timedelta(hours=3)).sent == 4
    letters = box.letters(ADDRESS)
    assert len(letters) == 4
    assert not phone.ledger()
    (answer,) = [letter for letter in letters if "Taa zitawekwa" in letter.text]
    assert "  Taa zitawekwa.\n\n  Asante.\n" in answer.text
    assert f"/track?reference={case.reference}" in answer.text
    assert answer.headers["From"] == "e-Mrejesho <mrejesho@example.org>"
    assert answer.headers["Auto-Submitted"] == "auto-generated"
    for letter in letters:
        whole = letter.text + str(letter.headers)
        assert letter.subject == f"e-Mrejesho {case.reference}: ujumbe kwako"
        for secret in (case.receipt_code, "Dodoma", "barabarani"):
            assert secret not in whole


def test_who_has_both_gets_sms_and_by_mail_what_is_worth_keeping(
    make: Make, handler: int, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, email=ADDRESS, phone=NUMBER, language="en")
    work(handler, case, monday)
    assert ways(superuser) == [
        ("received", "sms"),
        ("acknowledged", "sms"),
        ("question", "email"),
        ("question", "sms"),
        ("answer", "email"),
        ("answer", "sms"),
    ]
    outbox.deliver(monday + timedelta(hours=3))
    assert [letter.subject for letter in box.letters()] == [
        f"e-Mrejesho {case.reference}: a message for you"
    ] * 2


@pytest.mark.parametrize("level", ["confidential", "restricted"])
def test_no_word_of_what_is_not_open(
    make: Make, handler: int, box: Mailbox, monday: datetime, level: str
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    case = make.case(monday, email=ADDRESS, confidentiality=level)
    with transaction(Principal.of_officer(handler if level == "confidential" else ethics)):
        desk.answer(case.case_id, "Afisa amechukuliwa hatua.", monday)
    outbox.deliver(monday)
    answer = box.letters()[-1]
    assert "linakusubiri" in answer.text
    assert "hatua" not in answer.text


def test_words_that_waited_while_the_level_rose_do_not_go(
    make: Make, handler: int, box: Mailbox, monday: datetime
) -> None:
    case = make.case(monday, email=ADDRESS)
    with transaction(Principal.of_officer(handler)):
        desk.answer(case.case_id, "Maneno ya ofisi.", monday)
    with transaction(Principal.of_case(case.case_id)):
        citizen.raise_confidentiality(case.case_id, "confidential", monday)
    outbox.deliver(monday)
    assert "Maneno" not in "".join(letter.text for letter in box.letters())


def test_without_a_server_nothing_is_owed(
    make: Make, handler: int, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, email=ADDRESS)
    work(handler, case, monday)
    assert ways(superuser) == []


def test_an_unknown_citizen_has_no_address(
    make: Make, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, email=ADDRESS, anonymous=True)
    assert kit.case_row(superuser, case.case_id)["mail"] == "none"
    assert ways(superuser) == []


def test_who_is_forgotten_gets_no_mail(
    make: Make, handler: int, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, email=ADDRESS)
    with transaction(Principal.of_case(case.case_id)):
        citizen.forget_me(case.case_id, monday)
    work(handler, case, monday + timedelta(days=1))
    outbox.deliver(monday + timedelta(days=2))
    assert box.letters() == []
    assert row("email:received").status_code == "forgotten"


def test_retention_takes_the_address(
    make: Make, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, email=ADDRESS)
    with transaction(JOB):
        retention._without_identity([case.case_id], monday)
    assert kit.case_row(superuser, case.case_id)["mail"] == "none"
    outbox.deliver(monday)
    assert row("email:received").status_code == "no-address"


def test_notices_stop_and_answers_come(
    make: Make, handler: int, box: Mailbox, monday: datetime, app: Flask, superuser: Behind
) -> None:
    case = make.case(monday, email=ADDRESS)
    outbox.deliver(monday)
    (received,) = box.letters()
    address = re.search(r"/mail/stop/\S+", received.text)
    assert address
    assert address[0] in received.headers["List-Unsubscribe"]
    assert received.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    tab = app.test_client()
    assert tab.get(address[0]).status_code == 200  # a scanner that follows links stops nothing
    assert kit.case_row(superuser, case.case_id)["mail"] == "all"
    # As a mail program posts it: no cookie, no token.
    for _ in range(2):
        answer = tab.post(address[0], data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert case.reference not in answer.text
    assert kit.acts(superuser, case.case_id).count("mail_stopped") == 1
    for wrong in (address[0][:-1], address[0][:-4] + "AAAA", "/mail/stop/x", "/mail/stop/é"):
        assert tab.post(wrong).status_code == 404
    work(handler, case, monday)
    outbox.deliver(monday + timedelta(hours=3))
    later = box.letters()[1:]
    assert len(later) == 2
    assert not any("List-Unsubscribe" in letter.headers for letter in later)


# What the server's answers mean


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        ({"step": "rcpt", "answer": "550 5.1.1 no such user"}, "failed", "smtp-550"),
        ({"step": "rcpt", "answer": "450 4.2.1 later"}, "queued", "smtp-450"),
        ({"step": "data", "answer": "554 5.7.1 not wanted"}, "failed", "smtp-554"),
        ({"step": "data", "answer": "451 4.3.0 later"}, "queued", "smtp-451"),
        ({"step": "mail", "answer": "550 5.7.1 not you"}, "queued", "sender-550"),
        ({"step": "rcpt", "drop": True}, "queued", "SMTPServerDisconnected"),
        ({"step": "data", "drop": True}, "unknown", "SMTPServerDisconnected"),
        ({"step": "data", "hang_s": 1}, "unknown", "SMTPServerDisconnected"),
    ],
)
def test_outcomes(
    make: Make,
    box: Mailbox,
    monday: datetime,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    state: str,
    code: str,
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    make.case(monday, email=ADDRESS)
    box.fault(**fault)
    outbox.deliver(monday)
    found = row("email:received")
    assert (found.state, found.status_code) == (state, code)


def test_after_an_unknown_outcome_one_more_copy_of_the_same_letter(
    make: Make, box: Mailbox, monday: datetime
) -> None:
    make.case(monday, email=ADDRESS)
    box.fault("data", drop=True, times=5)
    for n in range(6):
        now = monday + n * LATER
        outbox.replay(now)
        outbox.deliver(now)
    letters = box.letters()
    assert len(letters) == 2
    assert len({letter.headers["Message-ID"] for letter in letters}) == 1
    assert str(row("email:received").id) in letters[0].headers["Message-ID"]
    assert row("email:received").state == "dead"


def test_a_worker_that_died_in_between_is_found(
    make: Make, box: Mailbox, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.case(monday, email=ADDRESS)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(outbox, "_finish", die)
        with pytest.raises(KeyboardInterrupt):
            outbox.deliver(monday)
    assert row("email:received").state == "sending"
    outbox.replay(monday + 2 * outbox.LEASE)
    outbox.deliver(monday + 2 * outbox.LEASE + LATER)
    assert row("email:received").state == "sent"
    assert len({letter.headers["Message-ID"] for letter in box.letters()}) == 1


def test_mail_that_is_out_holds_up_no_sms(
    make: Make, phone: PhoneSimulator, app: Flask, monday: datetime
) -> None:
    for _ in range(5):
        make.case(monday, email=ADDRESS)
    make.case(monday + timedelta(seconds=1), phone=NUMBER)
    app.config["SMTP"]["port"] = 1  # nobody listens there
    done = outbox.deliver(monday + timedelta(seconds=2))
    assert (done.sent, done.postponed) == (1, 2)
    assert len(phone.ledger(NUMBER)) == 1


def test_a_report_of_an_sms_settles_no_mail(
    make: Make, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    """The same citizen's number: an e-mail whose fate is unknown is not taken for the SMS."""
    from feedback.services import delivery_reports

    case = make.case(monday, email=ADDRESS, phone=NUMBER)
    superuser.execute(
        "UPDATE outbox SET channel = 'email', state = 'unknown', unknown_attempts = 1"
        " WHERE case_id = %s",
        [case.case_id],
    )
    with transaction(Principal("hook")):
        delivery_reports.receive("ATX1", "Success", NUMBER, "", monday)
    outbox.replay(monday + timedelta(minutes=2))
    assert row("received").state == "unknown"


def test_a_report_under_the_id_of_a_letter_moves_nothing(
    make: Make, box: Mailbox, monday: datetime
) -> None:
    """Whoever got the letter knows its id; no mail server reports to the hook."""
    from feedback.services import delivery_reports

    make.case(monday, email=ADDRESS)
    assert outbox.deliver(monday).sent == 1
    letter = row("email:received").provider_id
    with transaction(Principal("hook")):
        delivery_reports.receive(letter, "Failed", "", "", monday)
    outbox.replay(monday + timedelta(minutes=2))
    assert row("email:received").state == "sent"


def test_a_strangers_address_is_not_flooded(
    make: Make, box: Mailbox, app: Flask, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SMS_PER_NUMBER", 2)
    for case in range(4):
        make.case(monday, email=ADDRESS if case % 2 else ADDRESS.upper())
    done = outbox.deliver(monday)
    assert (done.sent, done.rejected) == (2, 0)
    assert len(box.letters()) == 2  # the others wait for the next day


@pytest.mark.parametrize(
    "address",
    ["a@example.org\r\nBcc: b@example.org", "a@example.org\nX: y", "ä@example.org", "a b@x", ""],
)
def test_no_header_is_smuggled_in(app: Flask, box: Mailbox, address: str) -> None:
    letter = mail.Letter("e-Mrejesho", "x", "<1@x>")
    result = mail.send(app.config, address, letter)
    assert isinstance(result, Rejected | Transient | Accepted)
    for taken in box.letters():
        assert set(taken.headers) & {"Bcc", "X"} == set()
        assert "\n" not in taken.to
    if "\n" in address:
        assert result == Rejected("bad-header")


def test_a_subject_with_a_line_break_is_refused(app: Flask, box: Mailbox) -> None:
    letter = mail.Letter("x\nBcc: b@example.org", "x", "<1@x>")
    assert mail.send(app.config, ADDRESS, letter) == Rejected("bad-header")


def test_a_server_that_is_not_there_or_speaks_no_tls(app: Flask, box: Mailbox) -> None:
    letter = mail.Letter("x", "x", "<1@x>")
    for change in ({"port": 1}, {"security": "starttls"}, {"security": "tls"}, {"user": "u"}):
        server = {**app.config["SMTP"], **change}
        result = mail.send({**app.config, "SMTP": server}, ADDRESS, letter)
        assert isinstance(result, Transient), change
        assert result.everyone
    assert not isinstance(result, Unknown)
    assert box.letters() == []


def test_the_address_is_nowhere_in_plain(
    make: Make, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, email=ADDRESS)
    outbox.deliver(monday)
    for table in ("outbox", "case", "sealed_identity", "audit_entry"):
        assert ADDRESS not in str(kit.rows(superuser, f'SELECT t::text FROM "{table}" t'))  # noqa: S608
    with transaction(JOB):
        assert identity.email_of(case.case_id) == ADDRESS
        assert mailing.case_to_stop("") is None


def test_a_level_that_let_nothing_go_is_told_apart(
    make: Make, box: Mailbox, monday: datetime, superuser: Behind
) -> None:
    """A notice that waited while the citizen stopped the notices is not sent."""
    case = make.case(monday, email=ADDRESS)
    with transaction(JOB) as session:
        session.execute(update(m.Case).where(m.Case.id == case.case_id).values(mail="direct"))
    outbox.deliver(monday)
    assert row("email:received").status_code == "opted-out"
    assert box.letters() == []


# Settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        (
            {"SMTP_URL": "smtp://127.0.0.1:2525"},
            ("127.0.0.1", 2525, "none", "", ""),
        ),
        (
            {"SMTP_URL": "smtps://ofisi:a%40b@mail.go.tz"},
            ("mail.go.tz", 465, "tls", "ofisi", "a@b"),
        ),
        (
            {"SMTP_HOST": "mail.go.tz", "SMTP_USER": "u", "SMTP_PASSWORD": "p"},
            ("mail.go.tz", 587, "starttls", "u", "p"),
        ),
        (
            {"SMTP_HOST": "mail.go.tz", "SMTP_PORT": "2465", "SMTP_TLS": "tls"},
            ("mail.go.tz", 2465, "tls", "", ""),
        ),
    ],
)
def test_settings(given: dict[str, str], expected: tuple[Any, ...] | None) -> None:
    env = {
        **environment({"DATABASE_URL": "postgresql://127.0.0.1/x"}),
        "MAIL_FROM": "a@b.tz",
        **given,
    }
    found = config.load(env)["SMTP"]
    assert (tuple(found.values()) if found else None) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"SMTP_URL": "http://x", "MAIL_FROM": "a@b"},
        {"SMTP_URL": "smtp://x:99999", "MAIL_FROM": "a@b"},
        {"SMTP_HOST": "x", "SMTP_TLS": "maybe", "MAIL_FROM": "a@b"},
        {"SMTP_HOST": "x"},
        {"SMTP_HOST": "x", "MAIL_FROM": "a@b\nBcc: c@d"},
    ],
)
def test_settings_that_cannot_be_read(given: dict[str, str]) -> None:
    with pytest.raises(config.ConfigurationError):
        config.load({**environment({"DATABASE_URL": "postgresql://x"}), **given})
