"""USSD after the filing: status, the answer, acts, lowering, and a case whose words come by SMS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback import jobs
from feedback.services import desk, intake, lowering, vault
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.web.dialled import NUMBER, Dialled, dialled
from tests.web.story import HOUR

Behind = psycopg.Connection[Any]
ANSWER = "Taa zimetengenezwa \u2018leo\u2019 asubuhi. " * 12


class Office:
    """A case filed from the phone and the officer who has it."""

    def __init__(self, make: Make, clock: Any, **fields: Any) -> None:
        self.clock, self.make = clock, make
        self.handler = make.officer("DODOMA-CC", "handler")
        self.receipt = make.case(datetime.now(UTC), channel="ussd", phone=NUMBER, **fields)

    def act(self, verb: Any, *given: Any) -> None:
        self.clock.shift(HOUR)
        with transaction(Principal.of_officer(self.handler)):
            verb(self.receipt.case_id, *given, datetime.now(UTC))


@pytest.fixture
def phone(app: Flask, clock: Any) -> Dialled:
    return dialled(app)


@pytest.fixture
def office(make: Make, clock: Any) -> Office:
    return Office(make, clock)


def to_case(phone: Dialled, reference: str) -> str:
    """The screen of a case among the own ones."""
    phone.dial("1*2" if "chagua lugha" in phone.dial() else "2")
    return phone.pick(reference)


def test_status_names_the_case_and_the_day_and_nothing_else(phone: Dialled, office: Office) -> None:
    screen = to_case(phone, office.receipt.reference)
    assert "lina afisa anayelishughulikia" in screen
    assert "Kujibu: 28/11/2025" in screen
    office.act(desk.answer, ANSWER)
    screen = to_case(phone, office.receipt.reference)
    assert "limejibiwa." in screen
    assert "Kujibu" not in screen
    for told in ("Taa", "Dodoma", "kawaida"):
        assert told not in "".join(phone.screens[-3:])


def test_the_answer_is_read_page_by_page_with_the_receipt_code(
    phone: Dialled, office: Office, query_count: Any
) -> None:
    to_case(phone, office.receipt.reference)
    phone.pick("Soma jibu")
    phone.put(office.receipt.receipt_code.lower().replace("-", " "))
    assert "bado hakuna jibu" in phone.screens[-1]
    office.act(desk.answer, ANSWER)
    to_case(phone, office.receipt.reference)
    phone.pick("Soma jibu")
    phone.put(office.receipt.receipt_code)
    read = [phone.screens[-1]]
    while "99 Zaidi" in read[-1]:
        read.append(phone.put("99"))
    assert phone.put("99") == read[-1]
    words = " ".join(page.removeprefix("CON ").rpartition("\n")[0] for page in read)
    assert words == " ".join(ANSWER.replace("\u2018", "'").replace("\u2019", "'").split())
    for page in reversed(read[:-1]):
        assert phone.put("0") == page
    assert "limejibiwa" in phone.put("0")


@pytest.mark.parametrize("level", ["open", "confidential", "restricted"])
def test_without_the_code_nothing_is_read_and_wrong_ones_slow_down(
    make: Make, phone: Dialled, clock: Any, level: str
) -> None:
    receipt = make.case(datetime.now(UTC), phone=NUMBER, confidentiality=level)
    to_case(phone, receipt.reference)
    phone.pick("Soma jibu")
    for wrong in ("0000-0000-000", "maji", "1"):
        assert "haulingani" in phone.put(wrong)
    waited = phone.put("x")
    assert "haulingani" in waited or "sekunde" in waited
    assert "sekunde" in phone.put(receipt.receipt_code)
    clock.shift(timedelta(minutes=3))
    assert "bado hakuna jibu" in phone.put(receipt.receipt_code)


def test_wrong_codes_of_a_number_count_over_all_references(
    make: Make, phone: Dialled, clock: Any
) -> None:
    receipts = [make.case(datetime.now(UTC), phone=NUMBER) for _ in range(5)]
    said = []
    for receipt in receipts:
        to_case(phone, receipt.reference)
        phone.pick("Soma jibu")
        said.append(phone.put("0000-0000-000"))
    assert "haulingani" in said[0]
    assert "sekunde" in said[-1]


def test_another_phones_case_is_read_with_both_numbers_and_not_acted_on(
    app: Flask, phone: Dialled, office: Office
) -> None:
    office.act(desk.answer, "Limefanyika.")
    other = dialled(app, number="+255712000099")
    other.dial("1*2")
    assert "Hakuna shauri" in other.screens[-1]
    other.pick("Kumbukumbu nyingine")
    assert "si sahihi" in other.put("XXXX")
    other.put(office.receipt.reference.lower())
    assert "Limefanyika." in other.put(office.receipt.receipt_code)
    screen = other.put("0")
    assert "Soma jibu" in screen
    assert "ridhika" not in screen


def test_not_fixed_reopens_one_rung_higher_with_the_words_as_typed(
    phone: Dialled, office: Office, superuser: Behind
) -> None:
    office.act(desk.answer, "Limefanyika.")
    to_case(phone, office.receipt.reference)
    phone.pick("Sijaridhika")
    assert "Andika maneno" in phone.put("  ")
    words = "HALI bado * mbaya\u2026"
    assert "Tumepokea. Utapata SMS." in phone.put(words)
    assert "ridhika" not in phone.screens[-1]
    assert kit.case_row(superuser, office.receipt.case_id)["status"] == "answered"
    jobs.process_inbound()
    case = kit.case_row(superuser, office.receipt.case_id)
    assert (case["cycle"], case["appeals"], case["status"]) == (2, 1, "assigned")
    said = kit.of_case(superuser, "message", office.receipt.case_id, "seq")
    assert said[-1]["body"] == words
    assert "reopened" in kit.owed(superuser, office.receipt.case_id)
    assert len(kit.rows(superuser, "SELECT id FROM inbound_message")) == 1


def test_satisfied_closes(phone: Dialled, office: Office, superuser: Behind) -> None:
    office.act(desk.answer, "Limefanyika.")
    to_case(phone, office.receipt.reference)
    phone.pick("Nimeridhika")
    phone.pick("Ndiyo")
    phone.pick("Vizuri")
    phone.put("Asante, mmefika mapema")
    jobs.process_inbound()
    row = kit.case_row(superuser, office.receipt.case_id)
    assert (row["status"], row["rating"]) == ("closed", 4)
    said = kit.of_case(superuser, "message", office.receipt.case_id, "seq")[-1]
    assert (said["kind"], said["body"]) == ("remark", "Asante, mmefika mapema")


def test_neither_rating_nor_word_is_asked_of_anybody(
    phone: Dialled, office: Office, superuser: Behind
) -> None:
    office.act(desk.answer, "Limefanyika.")
    to_case(phone, office.receipt.reference)
    for choice in ("Nimeridhika", "Ndiyo", "Bila alama"):
        phone.pick(choice)
    phone.put("1")
    jobs.process_inbound()
    row = kit.case_row(superuser, office.receipt.case_id)
    assert (row["status"], row["rating"]) == ("closed", None)
    assert "remark" not in {m["kind"] for m in kit.of_case(superuser, "message", row["id"], "seq")}


@pytest.mark.parametrize("words", ["hali ni mbaya", "nimeridhika", "MSAADA", "4821 shilingi"])
def test_words_are_added_as_typed_whatever_they_look_like(
    phone: Dialled, office: Office, superuser: Behind, words: str
) -> None:
    to_case(phone, office.receipt.reference)
    phone.pick("Ongeza maneno")
    phone.put(words)
    jobs.process_inbound()
    said = kit.of_case(superuser, "message", office.receipt.case_id, "seq")
    assert said[-1]["body"] == words
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) == 1


def test_a_new_code_is_sent_to_the_number(
    phone: Dialled, office: Office, superuser: Behind
) -> None:
    to_case(phone, office.receipt.reference)
    phone.pick("Nitumie msimbo")
    jobs.process_inbound()
    assert "receipt_code" in kit.owed(superuser, office.receipt.case_id)


def test_an_act_is_done_for_the_filing_number_alone(
    app: Flask, office: Office, superuser: Behind
) -> None:
    """Even if the list of cases were made up: the worker asks for the number's proof."""
    office.act(desk.answer, "Limefanyika.")
    with transaction(Principal("hook")):
        intake.receive(
            provider_id="ussd:x",
            sender="+255712000099",
            words="",
            received_at=datetime.now(UTC),
            now=datetime.now(UTC),
            asked={
                "act": "satisfied",
                "reference": office.receipt.reference,
                "language": "sw",
            },
        )
    jobs.process_inbound()
    assert kit.case_row(superuser, office.receipt.case_id)["status"] == "answered"


@pytest.mark.parametrize(("choice", "level"), [("Ndiyo", "open"), ("Hapana", "confidential")])
def test_the_office_asks_to_lower_the_level_and_the_citizen_answers(
    make: Make, phone: Dialled, clock: Any, superuser: Behind, choice: str, level: str
) -> None:
    office = Office(make, clock, confidentiality="confidential")
    office.act(lowering.ask)
    screen = to_case(phone, office.receipt.reference)
    assert "usiri" not in screen  # with the code alone
    phone.pick("Soma jibu")
    phone.put(office.receipt.receipt_code, "0")
    phone.pick("Jibu kuhusu usiri")
    assert "Kawaida" in phone.screens[-1]
    assert "Tumepokea jibu lako" in phone.pick(choice)
    assert kit.case_row(superuser, office.receipt.case_id)["confidentiality"] == level
    assert "usiri" not in phone.screens[-1]


def test_a_number_that_wrote_without_a_name_is_for_the_relay_alone(make: Make, clock: Any) -> None:
    office = Office(make, clock, anonymous=True, persons="Bwana Fulani")
    with transaction(Principal.of_officer(office.handler)):
        assert vault.fields_of(office.receipt.case_id) == ["persons"]
    with pytest.raises(Refused, match="bad-target"):
        office.act(vault.ask, ["phone"], "Kumpigia.")
    named = Office(make, clock)
    with transaction(Principal.of_officer(named.handler)):
        assert "phone" in vault.fields_of(named.receipt.case_id)


def test_the_database_itself_opens_no_number_without_a_name(
    make: Make, clock: Any, superuser: Behind
) -> None:
    office = Office(make, clock, anonymous=True)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        superuser.execute(
            "INSERT INTO identity_opening (id, case_id, officer_id, role, fields, reason, asked_at,"
            " looks) VALUES (gen_random_uuid(), %s, %s, 'handler', '{phone}', '', now(), 0)",
            (office.receipt.case_id, office.handler),
        )


# A case whose words come by SMS


def begun(phone: Dialled, level: str = "Siri") -> str:
    """A case that waits for its words; the ticket."""
    phone.dial("1*1*3*DODOMA-CC*1")
    assert "jibu 1" in phone.screens[-1]
    phone.put("1", "Uhindini")
    phone.pick(level)
    phone.pick("Bila jina")
    screen = phone.pick("Tuma")
    assert screen.startswith("END Sasa tuma SMS kwenda 15200")
    return screen.partition("Anza na ")[2][:4]


def sms(words: str, number: str = NUMBER) -> None:
    now = datetime.now(UTC)
    with transaction(Principal("hook")):
        intake.receive(
            provider_id=f"sms:{number}:{words}",
            sender=number,
            words=words,
            received_at=now,
            now=now,
        )
    jobs.process_inbound()


def bodies(superuser: Behind) -> list[str]:
    return [row["body"] for row in kit.rows(superuser, "SELECT body FROM message ORDER BY at, seq")]


@pytest.mark.parametrize(
    "written", ["{} Asante\u2019 kwa taa * mpya", "{}: Asante kwa taa", " {}\nAsante"]
)
def test_the_sms_with_the_ticket_makes_the_case_begun_here(
    phone: Dialled, make: Make, superuser: Behind, clock: Any, written: str
) -> None:
    make.officer("DODOMA-CC", "handler")
    ticket = begun(phone, "Kawaida")
    phone.hang_up()
    assert kit.rows(superuser, 'SELECT id FROM "case"') == []
    clock.shift(timedelta(hours=11))
    sms(written.format(ticket))
    (case,) = kit.rows(superuser, 'SELECT * FROM "case"')
    assert (case["kind"], case["channel"], case["place"]) == ("compliment", "ussd", "Uhindini")
    assert (case["anonymous"], case["triage"], case["reachable"]) == (True, False, True)
    assert bodies(superuser) == [written.format(ticket).split(ticket, 1)[1].lstrip(" :\n")]
    assert kit.owed(superuser, case["id"]) == ["received"]
    # Once: afterwards the same digits are words like any other.
    clock.shift(timedelta(hours=1))
    sms(f"{ticket} Barabara ya shule imeharibika kwa mvua")
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) == 2


def test_the_level_chosen_holds_for_the_words_that_come_by_sms(
    phone: Dialled, superuser: Behind
) -> None:
    sms(f"{begun(phone)} Asante kwa taa mpya")
    (case,) = kit.rows(superuser, 'SELECT * FROM "case"')
    assert case["confidentiality"] == "confidential"
    assert bodies(superuser) == [None]


def test_without_the_sms_nothing_half_made_appears(
    phone: Dialled, superuser: Behind, clock: Any
) -> None:
    begun(phone)
    clock.shift(timedelta(hours=25))
    assert jobs.purge()["ussd_sessions"] == 1
    for table in ('"case"', "outbox", "ussd_session", "inbound_message"):
        assert kit.rows(superuser, f"SELECT * FROM {table}") == []  # noqa: S608


@pytest.mark.parametrize("late", [False, True])
def test_another_number_or_too_late_is_an_sms_like_any_other(
    phone: Dialled, superuser: Behind, clock: Any, late: bool
) -> None:
    ticket = begun(phone)
    clock.shift(timedelta(hours=13 if late else 1))
    sms(f"{ticket} Asante kwa taa mpya", NUMBER if late else "+255712000099")
    (case,) = kit.rows(superuser, 'SELECT * FROM "case"')
    assert case["channel"] == "sms"


def test_a_ticket_alone_is_asked_for_its_words_and_goes_on_waiting(
    phone: Dialled, superuser: Behind
) -> None:
    ticket = begun(phone)
    sms(f"{ticket}.")
    assert [r["template"] for r in kit.rows(superuser, "SELECT template FROM outbox")] == [
        "dialled_without_words"
    ]
    sms(f"{ticket} Asante")
    (case,) = kit.rows(superuser, 'SELECT * FROM "case"')
    assert case["channel"] == "ussd"


def test_what_waits_for_its_words_is_not_offered_and_outlives_a_new_session(
    phone: Dialled, superuser: Behind
) -> None:
    ticket = begun(phone)
    assert "Tuma mrejesho" in phone.dial()
    phone.put("1", "1")
    phone.dial()
    phone.put("2")
    sms(f"{ticket} Asante")
    assert [c["kind"] for c in kit.rows(superuser, 'SELECT kind FROM "case"')] == ["compliment"]


def test_words_for_a_case_are_no_ticket_of_another(
    phone: Dialled, office: Office, superuser: Behind
) -> None:
    """An act from the menu says itself what it is about, whatever its words begin with."""
    ticket = begun(phone)
    to_case(phone, office.receipt.reference)
    phone.pick("Ongeza maneno")
    phone.put(f"{ticket} shilingi")
    jobs.process_inbound()
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) == 1
    said = kit.of_case(superuser, "message", office.receipt.case_id, "seq")
    assert said[-1]["body"] == f"{ticket} shilingi"
