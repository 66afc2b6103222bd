"""From an SMS to the right verb, with real words, real reference data and a real gateway peer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from feedback import models as m
from feedback.extensions import db
from feedback.services import desk, intake, outbox, receipts
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NUMBER = "+255712000001"
OTHER = "+255754000002"


class Sms:
    """Writes SMS as the hook stores them, lets the worker act, and reads what is owed."""

    def __init__(self) -> None:
        self.count = 0
        self.now = NOW

    def store(self, words: str, sender: str = NUMBER, at: datetime | None = None) -> UUID:
        self.count += 1
        self.now += timedelta(seconds=10)
        with transaction(Principal("hook")):
            intake.receive(
                provider_id=f"id{self.count}",
                sender=sender,
                words=words,
                received_at=at or self.now,
                now=self.now,
            )
        with transaction(JOB):
            return db.session.scalars(
                select(m.InboundMessage.id).where(m.InboundMessage.provider_id == f"id{self.count}")
            ).one()

    def send(self, words: str, sender: str = NUMBER, at: datetime | None = None) -> str | None:
        """Store and process; answers the intent."""
        inbound = self.store(words, sender, at)
        with transaction(JOB):
            return intake.process(inbound, self.now)

    def owed(self) -> list[str]:
        """Templates of all SMS owed, in order."""
        with transaction(JOB):
            return list(db.session.scalars(select(m.Outbox.template).order_by(m.Outbox.created_at)))

    def case(self) -> Any:
        """The newest case."""
        with transaction(JOB):
            return db.session.execute(
                select(m.Case.__table__).order_by(m.Case.received_at.desc()).limit(1)
            ).one()

    def cases(self) -> int:
        with transaction(JOB):
            return db.session.scalar(select(func.count()).select_from(m.Case)) or 0


@pytest.fixture
def sms(app: Flask) -> Sms:
    return Sms()


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        yield simulator


def institution(row: Any) -> str:
    with transaction(JOB):
        return db.session.scalars(
            select(m.Institution.code).where(m.Institution.id == row.institution_id)
        ).one()


def words_of(case_id: UUID) -> list[str]:
    from feedback.services import acts

    with transaction(JOB):
        found = db.session.scalars(
            select(m.Message).where(m.Message.case_id == case_id).order_by(m.Message.at)
        )
        return [acts.read(message) for message in found]


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("MALALAMIKO DODOMA-CC taa za barabarani haziwaki", "complaint", "DODOMA-CC"),
        ("DAWASA hakuna maji wiki mbili", "complaint", "DAWASA"),
        ("Lalamiko TANESCO umeme unakatika kila siku", "complaint", "TANESCO"),
        ("PONGEZI TANESCO mmefanya kazi nzuri", "compliment", "TANESCO"),
        ("MAONI kwa Jiji la Dodoma ongezeni mapipa ya taka", "suggestion", "DODOMA-CC"),
        ("ULIZO TANESCO ofisi inafungua saa ngapi", "enquiry", "TANESCO"),
        ("COMPLAINT TANESCO there is no power in our street", "complaint", "TANESCO"),
        ("QUESTION DAWASA when is the office open", "enquiry", "DAWASA"),
    ],
)
def test_words_become_a_case(sms: Sms, words: str, kind: str, code: str) -> None:
    assert sms.send(words) == "lodge"
    case = sms.case()
    assert (case.kind, case.channel, institution(case)) == (kind, "sms", code)
    assert (case.triage, case.reachable) == (False, True)
    assert words_of(case.id) == [words]
    assert sms.owed() == ["received"]


def test_the_acknowledgement_tells_reference_and_date_and_nothing_else(
    sms: Sms, phone: PhoneSimulator
) -> None:
    sms.send("Lalamiko TANESCO umeme unakatika kila siku")
    outbox.deliver(sms.now)
    [sent] = phone.ledger(NUMBER)
    assert sms.case().reference in sent.text
    assert "2026" in sent.text
    assert sent.parts == 1
    for secret in ("TANESCO", "umeme", "lalamiko", receipts_code(sms)):
        assert secret.lower() not in sent.text.lower()


def receipts_code(sms: Sms) -> str:
    case_id = sms.case().id
    with transaction(JOB):
        return receipts.code_for(case_id)


def test_an_unknown_institution_is_a_case_in_triage_and_one_question(
    sms: Sms, phone: PhoneSimulator
) -> None:
    sms.send("Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    case = sms.case()
    assert case.triage
    assert case.confidentiality == "confidential"
    assert sms.owed() == ["received_triage_question"]
    outbox.deliver(sms.now)
    [sent] = phone.ledger(NUMBER)
    assert case.reference in sent.text
    assert "taasisi gani" in sent.text


@pytest.mark.parametrize("answer", ["Jiji la Dodoma", "DODOMA-CC", "TAASISI Jiji la Dodoma"])
def test_the_answer_to_that_question_routes_the_case_and_its_clock_runs_on(
    sms: Sms, answer: str
) -> None:
    sms.send("Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    before = sms.case()
    assert sms.send(answer) == "institution"
    after = sms.case()
    assert (sms.cases(), after.id) == (1, before.id)
    assert institution(after) == "DODOMA-CC"
    assert (after.triage, after.confidentiality) == (False, "open")
    assert (after.due_at, after.received_at) == (before.due_at, before.received_at)
    assert sms.owed() == ["received_triage_question", "transferred"]
    with transaction(JOB):
        acts = db.session.scalars(
            select(m.AuditEntry.act).where(m.AuditEntry.case_id == after.id)
        ).all()
    assert "classified_by_citizen" in acts


def test_an_institution_from_another_phone_routes_nothing(sms: Sms) -> None:
    sms.send("Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    before = sms.case()
    sms.send("Jiji la Dodoma", sender=OTHER)
    with transaction(JOB):
        assert db.session.get(m.Case, before.id).triage


def test_an_institution_nobody_knows_is_left_to_an_officer(sms: Sms) -> None:
    sms.send("Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    assert sms.send("TAASISI ya mambo yasiyojulikana") == "institution"
    assert sms.case().triage
    assert sms.owed()[-1] == "institution_unclear"


def test_secrecy_that_the_citizen_asked_for_outlives_the_routing(sms: Sms) -> None:
    sms.send("SIRI Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    sms.send("Jiji la Dodoma")
    case = sms.case()
    assert (case.triage, case.confidentiality) == (False, "confidential")


def test_words_of_corruption_go_to_ethics(sms: Sms) -> None:
    sms.send("DODOMA-CC afisa ardhi anadai rushwa")
    assert sms.case().confidentiality == "restricted"


def test_an_anonymous_sms_keeps_the_number_sealed_for_the_relay_alone(
    sms: Sms, phone: PhoneSimulator
) -> None:
    sms.send("TANESCO umeme umekatika. bila jina")
    case = sms.case()
    assert (case.anonymous, case.reachable) == (True, True)
    outbox.deliver(sms.now)
    assert len(phone.ledger(NUMBER)) == 1


def test_one_message_makes_one_case_however_often_it_is_processed(sms: Sms) -> None:
    inbound = sms.store("TANESCO umeme umekatika")
    with transaction(JOB):
        assert intake.process(inbound, sms.now) == "lodge"
    with transaction(JOB):
        assert intake.process(inbound, sms.now) is None
    with transaction(JOB):
        row = db.session.get(m.InboundMessage, inbound)
        assert row.case_id is not None
        row.state = "new"
    with transaction(JOB):
        intake.process(inbound, sms.now)
    assert (sms.cases(), sms.owed()) == (1, ["received"])


def test_the_clock_begins_when_the_gateway_had_it(sms: Sms) -> None:
    sms.send("TANESCO umeme umekatika", at=NOW - timedelta(hours=11))
    assert sms.case().received_at == NOW - timedelta(hours=11)


def test_status_from_the_filing_number(sms: Sms, phone: PhoneSimulator) -> None:
    sms.send("Lalamiko TANESCO umeme unakatika kila siku")
    reference = sms.case().reference
    for words in (f"HALI {reference}", f"hali {reference.lower().replace('-', ' ')}", "HALI"):
        assert sms.send(words) == "status"
    assert sms.owed() == ["received", "status", "status", "status"]
    outbox.deliver(sms.now)
    text = phone.ledger(NUMBER)[-1].text
    assert text.startswith(f"{reference}: ")
    assert "TANESCO" not in text


@pytest.mark.parametrize("command", ["HALI", "MSIMBO", "NIMERIDHIKA", "SIJARIDHIKA"])
def test_another_phone_hears_what_an_unknown_reference_hears(sms: Sms, command: str) -> None:
    sms.send("TANESCO umeme umekatika")
    reference = sms.case().reference
    sms.send(f"{command} {reference}", sender=OTHER)
    sms.send(f"{command} 7K3M-9QXA", sender=OTHER)
    assert sms.owed() == ["received", "unknown_reference", "unknown_reference"]
    with transaction(JOB):
        rows = db.session.execute(
            select(m.Outbox.case_id, m.Outbox.values, m.Outbox.language).where(
                m.Outbox.template == "unknown_reference"
            )
        ).all()
    assert rows[0] == rows[1] == (None, {}, "sw")


def test_the_receipt_code_goes_to_the_filing_number_and_is_stored_nowhere(
    sms: Sms, phone: PhoneSimulator, superuser: Any
) -> None:
    sms.send("TANESCO umeme umekatika")
    assert sms.send(f"MSIMBO {sms.case().reference}") == "receipt_code"
    code = receipts_code(sms)
    assert (
        code
        not in superuser.execute("SELECT string_agg(outbox::text, ' ') FROM outbox").fetchone()[0]
    )
    outbox.deliver(sms.now)
    assert code in phone.ledger(NUMBER)[-1].text
    assert code not in phone.ledger(NUMBER)[0].text


@pytest.mark.parametrize("words", ["MSAADA", "HELP", "", "   ", "asante", "Habari", "\0"])
def test_help(sms: Sms, words: str) -> None:
    sms.send(words)
    assert (sms.cases(), sms.owed()) == (0, ["help"])


def test_a_reply_speaks_the_language_of_the_question(sms: Sms, phone: PhoneSimulator) -> None:
    sms.send("HELP")
    outbox.deliver(sms.now)
    assert phone.ledger()[0].text.startswith("Write your problem")


@pytest.fixture
def handled(sms: Sms, make: Make) -> tuple[Any, int]:
    """An open case with a handler."""
    handler = make.officer("DODOMA-CC", "handler")
    sms.send("DODOMA-CC taa za barabarani haziwaki")
    case = sms.case()
    assert case.handler_id == handler
    return case, handler


def as_handler(handler: int) -> Any:
    return transaction(Principal.of_officer(handler))


def test_an_answer_to_an_open_case_reaches_the_phone(
    sms: Sms, handled: tuple[Any, int], phone: PhoneSimulator
) -> None:
    case, handler = handled
    with as_handler(handler):
        desk.answer(case.id, "Taa zitawaka kesho jioni.", sms.now + timedelta(hours=1))
    outbox.deliver(sms.now + timedelta(hours=1))
    assert "Taa zitawaka kesho jioni." in phone.ledger(NUMBER)[-1].text


def test_of_a_confidential_case_the_sms_says_only_that_an_answer_waits(
    sms: Sms, make: Make, phone: PhoneSimulator
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    sms.send("SIRI DODOMA-CC taa za barabarani haziwaki")
    case = sms.case()
    assert case.confidentiality == "confidential"
    with as_handler(handler):
        desk.answer(case.id, "Taa zitawaka kesho jioni.", sms.now + timedelta(hours=1))
    outbox.deliver(sms.now + timedelta(hours=1))
    text = phone.ledger(NUMBER)[-1].text
    assert "Taa" not in text
    assert case.reference in text


def answered(sms: Sms, handled: tuple[Any, int]) -> Any:
    case, handler = handled
    with as_handler(handler):
        desk.answer(case.id, "Taa zitawaka kesho jioni.", sms.now)
    return case


@pytest.mark.parametrize("words", ["NIMERIDHIKA {}", "nimeridhika", "SATISFIED {}"])
def test_satisfied_closes(sms: Sms, handled: tuple[Any, int], words: str) -> None:
    case = answered(sms, handled)
    assert sms.send(words.format(case.reference)) == "satisfied"
    assert sms.case().status == "closed"
    assert sms.owed()[-1] == "closed"


@pytest.mark.parametrize("words", ["SIJARIDHIKA {}", "sijaridhika na jibu", "NOT FIXED {}"])
def test_not_fixed_reopens_once(sms: Sms, handled: tuple[Any, int], words: str) -> None:
    case = answered(sms, handled)
    assert sms.send(words.format(case.reference)) == "not_fixed"
    assert (sms.case().cycle, sms.case().appeals) == (2, 1)
    assert sms.owed()[-1] == "reopened_why"
    sms.send(f"SIJARIDHIKA {case.reference}")
    assert (sms.case().cycle, sms.case().appeals) == (2, 1)
    assert sms.owed()[-1] == "status"


def test_what_the_case_does_not_allow_is_said(sms: Sms, handled: tuple[Any, int]) -> None:
    case, _ = handled
    sms.send(f"NIMERIDHIKA {case.reference}")
    assert sms.owed()[-1] == "not_possible"
    assert sms.case().status == case.status


def test_more_words_for_a_case(sms: Sms, handled: tuple[Any, int]) -> None:
    case, _ = handled
    words = f"{case.reference} ni karibu na soko kuu"
    assert sms.send(words) == "add"
    assert words_of(case.id)[-1] == words
    assert (sms.cases(), sms.owed()[-1]) == (1, "added")


def test_more_words_from_another_phone_are_not_added(sms: Sms, handled: tuple[Any, int]) -> None:
    case, _ = handled
    sms.send(f"{case.reference} ni karibu na soko kuu", sender=OTHER)
    assert len(words_of(case.id)) == 1
    assert sms.owed()[-1] == "unknown_reference"


def test_the_only_case_that_waits_for_its_citizen_gets_the_reply(
    sms: Sms, handled: tuple[Any, int]
) -> None:
    case, handler = handled
    with as_handler(handler):
        desk.ask(case.id, "Ni mtaa gani?", sms.now)
    sms.send("ni mtaa wa uhuru karibu na msikiti")
    assert words_of(case.id)[-1] == "ni mtaa wa uhuru karibu na msikiti"
    assert (sms.cases(), sms.case().status) == (1, "in_progress")


def test_a_new_keyword_is_a_new_case_even_while_one_waits(
    sms: Sms, handled: tuple[Any, int]
) -> None:
    case, handler = handled
    with as_handler(handler):
        desk.ask(case.id, "Ni mtaa gani?", sms.now)
    sms.send("MALALAMIKO TANESCO umeme umekatika")
    assert sms.cases() == 2


def test_siri_makes_a_case_confidential(sms: Sms, handled: tuple[Any, int]) -> None:
    case, _ = handled
    sms.send("SIRI")
    assert sms.case().confidentiality == "confidential"
    assert sms.owed()[-1] == "made_confidential"


def test_a_sender_that_is_no_number_makes_a_case_and_gets_no_reply(sms: Sms) -> None:
    sms.send("TANESCO umeme umekatika", sender="JIRANI")
    assert (sms.cases(), sms.case().reachable, sms.owed()) == (1, False, [])
    sms.send("MSAADA", sender="JIRANI")
    assert sms.owed() == []


def test_a_message_that_cannot_be_processed_waits_alone_and_ends_visibly(sms: Sms) -> None:
    bad = sms.store("TANESCO umeme umekatika")
    good = sms.store("TANESCO umeme umekatika", sender=OTHER)
    now, waits, taken = sms.now, [], []
    for _ in range(intake.MOST_ATTEMPTS):
        with transaction(JOB):
            first = intake.take(now)
        taken.append(first)
        with transaction(JOB):
            second = intake.take(now)
        if second is not None:
            taken.append(second)
            with transaction(JOB):
                intake.process(good, now)
        with transaction(JOB):
            intake.spoil(bad, "ValueError", now)
        with transaction(JOB):
            row = db.session.get(m.InboundMessage, bad)
            waits.append((row.next_attempt_at - now).total_seconds())
            now = row.next_attempt_at
    assert taken.count(good) == 1
    assert taken.count(bad) == intake.MOST_ATTEMPTS
    assert waits[:3] == [30, 60, 120]
    assert max(waits) == 3600
    with transaction(JOB):
        row = db.session.get(m.InboundMessage, bad)
        assert (row.state, row.error) == ("dead", "ValueError")
        alarm = db.session.scalars(select(m.Alarm)).one()
        assert (alarm.kind, alarm.case_id) == ("inbound_dead", None)
        assert intake.take(now + timedelta(days=1)) is None


def test_messages_of_one_phone_go_in_their_order(sms: Sms) -> None:
    first = sms.store("Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    second = sms.store("Jiji la Dodoma")
    other = sms.store("TANESCO umeme umekatika", sender=OTHER)
    with transaction(JOB):
        assert intake.take(sms.now) == first
    with transaction(JOB):
        assert intake.take(sms.now) == other
    with transaction(JOB):
        assert intake.take(sms.now) is None
    with transaction(JOB):
        intake.process(first, sms.now)
    with transaction(JOB):
        assert intake.take(sms.now) == second
