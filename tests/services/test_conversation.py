"""Conversations by SMS as citizens hold them: several cases, pieces, repetitions, floods, stop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from feedback import clock, jobs
from feedback import models as m
from feedback.extensions import db
from feedback.services import conversation, desk, identity, intake, outbox, phones, retention
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind
from tests.services.test_intake import NUMBER, OTHER, Sms, institution, words_of
from tests.services.test_intake import phone as phone
from tests.services.test_intake import sms as sms

POWER = "Lalamiko TANESCO umeme unakatika kila siku"
WATER = "Lalamiko DAWASA hakuna maji wiki mbili"


def cases() -> list[Any]:
    """All cases, the oldest first."""
    with transaction(JOB):
        return list(db.session.execute(select(m.Case.__table__).order_by(m.Case.received_at)).all())


def asks(make: Make, case: Any, words: str = "Mtaa gani?", now: Any = None) -> None:
    """An officer of the institution asks."""
    act(make, case, lambda: desk.ask(case.id, words, now or case.received_at))


def answers(make: Make, case: Any, now: Any = None) -> None:
    """An officer of the institution answers."""
    act(make, case, lambda: desk.answer(case.id, "Tumerekebisha.", now or case.received_at))


def act(make: Make, case: Any, verb: Any) -> None:
    officer = make.officer(institution(case), "coordinator")
    with transaction(JOB):
        row = db.session.get(m.Case, case.id)
        row.handler_id, row.status = officer, "assigned"
    with transaction(Principal("officer", officer=officer)):
        verb()


@pytest.fixture
def two(sms: Sms) -> list[Any]:
    """One number, two cases at two institutions."""
    sms.send(POWER)
    sms.send(WATER)
    return cases()


def test_a_reply_goes_to_the_one_case_with_an_open_question(
    sms: Sms, two: list[Any], make: Make
) -> None:
    asks(make, two[0], now=sms.now)
    assert sms.send("Ni mtaa wa pili kutoka sokoni") == "lodge"
    assert [len(words_of(case.id)) for case in two] == [3, 1]
    assert (len(cases()), sms.owed()[-1]) == (2, "added")


def test_words_that_name_another_institution_are_no_reply(
    sms: Sms, two: list[Any], make: Make
) -> None:
    asks(make, two[0], now=sms.now)
    sms.send("Hospitali ya Muhimbili hawana dawa za sukari")
    assert len(cases()) == 3


def test_an_answer_may_speak_of_another_institution(sms: Sms, two: list[Any], make: Make) -> None:
    asks(make, two[0], now=sms.now)
    sms.send("Ndiyo, na nimeshawaambia DAWASA pia")
    assert (len(cases()), sms.owed()[-1]) == (2, "added")


def test_between_two_questions_the_citizen_is_asked_once_with_references_only(
    sms: Sms, two: list[Any], make: Make, phone: PhoneSimulator
) -> None:
    for case in two:
        asks(make, case, now=sms.now)
    first = sms.store("Ni mtaa wa pili kutoka sokoni")
    with transaction(JOB):
        intake.process(first, sms.now)
    sms.now += timedelta(minutes=10)
    sms.send("Tangu tarehe moja mwezi huu \U0001f621")
    assert sms.owed().count("which_case") == 1
    with transaction(JOB):
        kept = db.session.get(m.InboundMessage, first)
        assert (kept.state, kept.case_id) == ("held", None)
    outbox.deliver(sms.now)
    [text] = [each.text for each in phone.ledger(NUMBER) if "Jibu kwa kumbukumbu" in each.text]
    for case in two:
        assert case.reference in text
    for secret in ("TANESCO", "DAWASA", "umeme", "maji", "sokoni"):
        assert secret.lower() not in text.lower()
    # The choice, in any of its forms, takes both there, in their order and as written.
    sms.send(f"Jibu {two[1].reference.lower()}")
    assert words_of(two[1].id)[-2:] == [
        "Ni mtaa wa pili kutoka sokoni",
        "Tangu tarehe moja mwezi huu \U0001f621",
    ]
    assert len(words_of(two[0].id)) == 2
    assert (len(cases()), sms.owed().count("added")) == (2, 1)


def test_the_worker_makes_a_case_of_what_nobody_chose_for(
    sms: Sms, two: list[Any], make: Make
) -> None:
    for case in two:
        asks(make, case, now=sms.now)
    kept = sms.store("Ni mtaa wa pili kutoka sokoni")
    jobs.process_inbound()
    with transaction(JOB):
        row = db.session.get(m.InboundMessage, kept)
        assert (row.state, row.case_id) == ("held", None)
        row.next_attempt_at = clock.now()
    assert jobs.process_inbound() == {"done": 1, "failed": 0}
    with transaction(JOB):
        row = db.session.get(m.InboundMessage, kept, populate_existing=True)
        assert row.state == "done"
    assert words_of(row.case_id) == ["Ni mtaa wa pili kutoka sokoni"]


def test_another_phones_reference_is_no_choice(sms: Sms, two: list[Any], make: Make) -> None:
    for case in two:
        asks(make, case, now=sms.now)
    sms.send(POWER, sender=OTHER)
    strange = cases()[-1]
    kept = sms.store("Ni mtaa wa pili kutoka sokoni")
    with transaction(JOB):
        intake.process(kept, sms.now)
    sms.send(strange.reference)
    assert sms.owed()[-1] == "unknown_reference"
    with transaction(JOB):
        assert db.session.get(m.InboundMessage, kept).state == "held"
    assert len(words_of(strange.id)) == 1


@pytest.mark.parametrize(
    ("words", "reply"),
    [("MSIMBO", "receipt_code"), ("Nyongeza: nguzo imeanguka", "added")],
)
def test_the_choice_itself_is_answered(sms: Sms, two: list[Any], words: str, reply: str) -> None:
    sms.send(words)
    assert sms.owed()[-1] == "which_case"
    sms.send(two[0].reference)
    assert sms.owed()[-1] == reply


def test_none_of_them_is_a_case_of_its_own(sms: Sms, two: list[Any], make: Make) -> None:
    for case in two:
        asks(make, case, now=sms.now)
    sms.send("Ni mtaa wa pili kutoka sokoni")
    assert sms.send("MPYA") == "new"
    assert words_of(cases()[-1].id) == ["Ni mtaa wa pili kutoka sokoni"]
    assert len(cases()) == 3


@pytest.mark.parametrize("level", ["open", "confidential", "restricted"])
def test_without_an_answer_words_become_a_case_as_confidential_as_the_strictest(
    sms: Sms, make: Make, level: str
) -> None:
    sms.send(POWER)
    sms.send(
        {"open": WATER, "confidential": f"SIRI {WATER}", "restricted": f"{WATER} rushwa"}[level]
    )
    two = cases()
    asks(make, two[0], now=sms.now)
    with transaction(JOB):
        db.session.get(m.Case, two[1].id).status = "waiting_citizen"
    kept = sms.store("Ni mtaa wa pili kutoka sokoni")
    with transaction(JOB):
        intake.process(kept, sms.now)
    with transaction(JOB):
        assert intake.take(sms.now + conversation.KEPT_FOR - timedelta(seconds=1)) is None
    later = sms.now + conversation.KEPT_FOR
    with transaction(JOB):
        assert intake.take(later) == kept
    with transaction(JOB):
        assert intake.process(kept, later) == "unanswered"
    own = cases()[-1]
    assert words_of(own.id) == ["Ni mtaa wa pili kutoka sokoni"]
    # Nothing names an institution, so it is in triage, and confidential at least.
    assert institution(own) not in ("TANESCO", "DAWASA")
    assert own.confidentiality == ("restricted" if level == "restricted" else "confidential")
    with transaction(JOB):
        assert (
            len(db.session.scalars(select(m.Deadline.id).where(m.Deadline.case_id == own.id)).all())
            == 2
        )
    assert intake_again(kept, later) is None


def intake_again(kept: Any, now: Any) -> str | None:
    with transaction(JOB):
        return intake.process(kept, now)


def test_not_fixed_without_a_choice_reopens_what_was_answered_last(
    sms: Sms, two: list[Any], make: Make
) -> None:
    answers(make, two[1], now=sms.now)
    answers(make, two[0], now=sms.now + timedelta(minutes=1))
    sms.now += timedelta(minutes=2)
    kept = sms.store("Sijaridhika")
    with transaction(JOB):
        intake.process(kept, sms.now)
    assert sms.owed()[-1] == "which_case"
    with transaction(JOB):
        intake.process(kept, sms.now + conversation.KEPT_FOR)
    statuses = {case.reference: case.status for case in cases()}
    assert statuses[two[0].reference] == "assigned"
    assert statuses[two[1].reference] == "answered"


def test_satisfied_with_a_choice_closes_that_case(sms: Sms, two: list[Any], make: Make) -> None:
    for case in two:
        answers(make, case, now=sms.now)
    sms.send("Nimeridhika")
    sms.send(two[0].reference)
    assert {case.reference: case.status for case in cases()} == {
        two[0].reference: "closed",
        two[1].reference: "answered",
    }


def test_the_status_of_several_cases_is_one_neutral_text(
    sms: Sms, two: list[Any], phone: PhoneSimulator
) -> None:
    sms.send("HALI")
    outbox.deliver(sms.now)
    told = [each for each in phone.ledger(NUMBER) if "; " in each.text]
    (sent,) = [each for each in told if all(case.reference in each.text for case in two)]
    assert "TANESCO" not in sent.text
    assert sent.parts == 1


# Pieces of one message

PIECES = [
    ("1/2 DAWASA hakuna maji katika mtaa wetu", "2/2 tangu wiki iliyopita"),
    ("DAWASA hakuna maji katika mtaa wetu", "na mita haijasomwa"),
    ("x" * 3 + " DAWASA hakuna maji " + "mtaa wetu " * 13, "tunaomba msaada"),
]


@pytest.mark.parametrize(("first", "second"), PIECES)
def test_pieces_are_one_case_with_one_acknowledgement(sms: Sms, first: str, second: str) -> None:
    sms.send(first)
    sms.send(second)
    assert (sms.cases(), sms.owed()) == (1, ["received"])
    assert words_of(sms.case().id) == [first, second]


def test_pieces_in_the_wrong_order_are_one_case(sms: Sms) -> None:
    for words in reversed(PIECES[0]):
        sms.send(words)
    assert sms.cases() == 1


def test_what_comes_later_or_from_elsewhere_is_no_piece(sms: Sms) -> None:
    first, second = PIECES[1]
    sms.send(first)
    sms.send(second, sender=OTHER)
    sms.now += timedelta(minutes=6)
    sms.send(second)
    assert sms.cases() == 3


def test_corruption_in_the_second_piece_restricts_the_whole(sms: Sms) -> None:
    sms.send("1/2 DODOMA-CC afisa ardhi anadai")
    assert sms.case().confidentiality == "open"
    sms.send("2/2 rushwa ya laki mbili")
    assert (sms.cases(), sms.case().confidentiality) == (1, "restricted")
    with transaction(JOB):
        bodies = db.session.scalars(select(m.Message.body)).all()
    assert set(bodies) == {None}


def test_the_institution_in_the_second_piece_places_the_whole(sms: Sms) -> None:
    sms.send("1/2 Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    assert sms.case().triage
    sms.send("2/2 ofisi ya TANESCO")
    case = sms.case()
    assert (sms.cases(), case.triage, institution(case)) == (1, False, "TANESCO")
    assert len(words_of(case.id)) == 3  # the two pieces, and the officer's line of the transfer


# The same again, and too much


def test_the_same_again_within_a_day_joins_the_open_case(sms: Sms) -> None:
    sms.send(POWER)
    sms.now += timedelta(hours=3)
    sms.send("LALAMIKO Tanesco umeme unakatika  kila siku!!!")
    assert (sms.cases(), sms.owed()) == (1, ["received", "repeated"])
    assert len(words_of(sms.case().id)) == 2
    sms.now += timedelta(hours=25)
    sms.send(POWER)
    assert sms.cases() == 2


@pytest.mark.parametrize(
    "again",
    [
        POWER.replace("TANESCO", "DAWASA"),
        POWER.replace("Lalamiko", "Pongezi"),
        f"{POWER} nyumba 12",
    ],
)
def test_what_differs_in_kind_institution_or_number_is_another_case(sms: Sms, again: str) -> None:
    sms.send(f"{POWER} nyumba 11" if "12" in again else POWER)
    sms.send(again)
    assert sms.cases() == 2


def test_the_same_from_another_phone_is_another_case(sms: Sms) -> None:
    sms.send(POWER)
    sms.send(POWER, sender=OTHER)
    assert sms.cases() == 2


def test_a_flood_is_slowed_kept_and_one_case_with_one_reply(sms: Sms) -> None:
    sms.send(POWER)
    calm = [f"HALI {sms.case().reference}"] * (intake.FLOOD - 1)
    for words in calm:
        sms.send(words)
    owed = len(sms.owed())
    flood = [sms.store(f"Kero namba {n} ya mtaa wa {n} {'abcdefgh'[n] * 9}") for n in range(5)]
    for inbound in flood:
        with transaction(JOB):
            assert intake.process(inbound, sms.now) == "slowed"
    # Another phone's message waits for nothing.
    assert sms.send(WATER, sender=OTHER) == "lodge"
    # And a stop goes ahead of the flood.
    stop = sms.store("STOP")
    with transaction(JOB):
        assert intake.take(sms.now) == stop
    with transaction(JOB):
        assert intake.process(stop, sms.now) == "stop"
    for number, inbound in enumerate(flood):
        later = sms.now + intake.SLOWED
        with transaction(JOB):
            assert intake.take(later) == flood[number]
        with transaction(JOB):
            assert intake.process(inbound, later) == "lodge"
    own = [case for case in cases() if institution(case) == "TANESCO"]
    assert len(cases()) == 2
    assert len(words_of(own[0].id)) == 1 + len(flood)
    assert sms.owed()[owed:] == ["received", "stopped", "flood"]


# The phone


def remembered(number: str = NUMBER) -> Any:
    with transaction(JOB):
        return db.session.execute(
            select(m.Phone.__table__).where(m.Phone.number_hash == identity.number_hash(number))
        ).one()


def test_stop_answers_once_and_start_takes_it_back(sms: Sms, superuser: Behind) -> None:
    for words in ("STOP", "acha tafadhali", "Sitisha"):
        assert sms.send(words) == "stop"
    assert remembered().stopped_at is not None
    assert sms.owed() == ["stopped"]
    for words in ("ANZA", "endelea"):
        assert sms.send(words) == "start"
    assert remembered().stopped_at is None
    assert sms.owed() == ["stopped", "started", "help"]
    # Whoever is told nothing more for it: on record, without the number.
    found = kit.rows(superuser, "SELECT act, case_id, details FROM audit_entry ORDER BY at")
    assert [row["act"] for row in found] == ["sms_stopped", "sms_started"]
    assert all(row["case_id"] is None and not row["details"] for row in found)


def test_what_belongs_to_no_case_is_forgotten_after_a_month(
    sms: Sms, two: list[Any], phone: PhoneSimulator, superuser: Behind
) -> None:
    sms.send("HALI")
    sms.send("MSAADA")
    outbox.deliver(sms.now)
    sealed = """SELECT (SELECT count(*) FROM inbound_message WHERE length(number_hash) > 0
        AND length(sender) > 0 AND length(words) > 0) AS came, (SELECT count(*) FROM outbox
        WHERE template IN ('status_list', 'help') AND recipient IS NOT NULL) AS went,
        (SELECT count(*) FROM outbox WHERE "values" ? 'statuses') AS listed"""
    for days, left in ((29, (4, 2, 1)), (31, (2, 0, 0))):
        with transaction(JOB):
            retention.forget_caseless(sms.now + timedelta(days=days))
        assert tuple(kit.rows(superuser, sealed)[0].values()) == left


def test_the_gateways_own_stop_is_kept_and_answered_by_nothing(sms: Sms) -> None:
    for _ in range(2):
        with transaction(Principal("hook")):
            intake.opt_out(NUMBER, "15200", sms.now)
    with transaction(JOB):
        [inbound] = db.session.scalars(select(m.InboundMessage.id)).all()
    with transaction(JOB):
        intake.process(inbound, sms.now)
    assert remembered().stopped_at == sms.now
    assert sms.owed() == []


def test_the_chosen_language_outlives_the_words(sms: Sms, phone: PhoneSimulator) -> None:
    assert sms.send("LUGHA") == "language"
    assert sms.send("english") == "language"
    sms.send(POWER)
    sms.send("MSAADA")
    outbox.deliver(sms.now)
    texts = [each.text for each in phone.ledger(NUMBER)]
    assert texts[0].startswith("Lugha gani?")
    assert texts[1].startswith("We will write to you in English")
    assert any(text.startswith("We have your message") for text in texts)
    assert any(text.startswith("Write your problem") for text in texts)
    assert sms.case().language == "en"
    sms.send("KISWAHILI")
    assert remembered().language == "sw"


def test_a_number_is_forgotten_after_a_year_but_its_stop_is_not(sms: Sms) -> None:
    sms.send("KISWAHILI")
    sms.send("STOP", sender=OTHER)
    for days, gone in ((364, 0), (366, 1)):
        with transaction(JOB):
            assert phones.forget(sms.now + timedelta(days=days)) == gone
    assert remembered(OTHER).stopped_at is not None


# Secrecy and namelessness


@pytest.mark.parametrize("words", ["BILA JINA", "{reference} usitaje jina langu"])
def test_a_case_may_lose_its_name_later(sms: Sms, words: str) -> None:
    sms.send(POWER)
    assert sms.send(words.format(reference=sms.case().reference)) == "anonymous"
    case = sms.case()
    assert (sms.cases(), case.anonymous, case.reachable) == (1, True, True)
    assert sms.owed()[-1] == "made_anonymous"


def test_secrecy_asked_for_with_namelessness_is_not_lost(sms: Sms) -> None:
    sms.send(POWER)
    sms.send(f"SIRI {sms.case().reference} bila jina")
    assert (sms.case().anonymous, sms.case().confidentiality) == (True, "confidential")


# The last institution


def test_the_last_institution_is_suggested_and_can_be_corrected(
    sms: Sms, phone: PhoneSimulator
) -> None:
    sms.send(POWER)
    assert remembered().institution_id == sms.case().institution_id
    sms.send("Mmechelewa sana kuja kwangu nimesubiri siku nne")
    case = sms.case()
    assert (institution(case), case.triage, case.confidentiality) == (
        "TANESCO", True, "confidential",
    )  # fmt: skip
    assert sms.owed()[-1] == "received_suggested"
    outbox.deliver(sms.now)
    assert "TAASISI" in phone.ledger(NUMBER)[-1].text
    assert "TANESCO" not in phone.ledger(NUMBER)[-1].text
    sms.send("TAASISI dawasa")
    case = sms.case()
    assert (institution(case), case.triage) == ("DAWASA", False)
    assert remembered().institution_id == case.institution_id


@pytest.mark.parametrize(
    "words",
    [
        "Hakuna maji mtaani kwetu wiki nzima",  # a subject that is not the institution's
        "Mmechelewa sana kuja kwangu Mwanza",  # a place elsewhere
        "SIRI mmechelewa sana kuja kwangu",
        "Mmechelewa kuja na fundi anadai rushwa",
        "TANESCO au DAWASA wamechelewa sana",  # two names
    ],
)
def test_words_that_point_elsewhere_go_to_triage_at_home(sms: Sms, words: str) -> None:
    sms.send("DODOMA-CC taa za barabarani haziwaki" if "maji" not in words else POWER)
    sms.now += timedelta(minutes=10)
    sms.send(words)
    assert "received_suggested" not in sms.owed()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Tanesko umeme unakatika", "TANESCO"),
        ("Halmashauri ya Jiji la Doodma taka hazijazolewa", "DODOMA-CC"),
        ("dawassa hakuna maji", "DAWASA"),
    ],
)
def test_a_misspelt_institution_is_found(sms: Sms, words: str, code: str) -> None:
    sms.send(words)
    assert institution(sms.case()) == code


# Whatever is written

WRITTEN = st.lists(
    st.sampled_from(
        [
            "SIRI", "LALAMIKO", "tanesco", "1/2", "2/2", "stop", "mpya", "bila jina", "hali",
            "sijaridhika", "nyongeza", "lugha", "english", "taasisi", "\U0001f621", "\u2019",
            "maji", "rushwa",
        ]
    )
    | st.text(max_size=20),
    max_size=6,
).map(" ".join)  # fmt: skip


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(WRITTEN, min_size=1, max_size=4))
def test_every_word_is_kept_whatever_is_written(app: Flask, texts: list[str]) -> None:
    """Each message is acted on, or waits for its case; what became part of a case stands there to
    the last character, and the message itself is kept as it came."""
    sms = Sms()
    sms.count = db_count()
    sms.now += timedelta(hours=2 * sms.count)  # no example floods the next
    with app.app_context():
        for text in texts:
            inbound = sms.store(text)
            with transaction(JOB):
                intent = intake.process(inbound, sms.now)
            with transaction(JOB):
                row = db.session.get(m.InboundMessage, inbound)
                assert row.state in ("done", "held")
                kept = identity.unseal(row.words, f"inbound:{row.id}:words")
                assert kept == text
                case_id = row.case_id
            if intent == "lodge" and case_id is not None:
                assert text.replace("\0", "") in words_of(case_id)


def db_count() -> int:
    """How many messages came before, so that ids of the gateway stay unique."""
    with transaction(JOB):
        return len(db.session.scalars(select(m.InboundMessage.id)).all())
