"""What a citizen says of an answer by SMS, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from feedback.services import desk
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.confidential_probe import Connection
from tests.services.test_intake import OTHER, Sms
from tests.services.test_intake import sms as sms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def answered(sms: Sms, make: Make) -> Any:
    """A case from this phone, answered a moment ago."""
    handler = make.officer("DODOMA-CC", "handler")
    sms.send("DODOMA-CC taa za barabarani haziwaki")
    case = sms.case()
    with transaction(Principal.of_officer(handler)):
        desk.answer(case.id, "Taa zitawaka kesho.", sms.now)
    sms.now += HOUR
    return case


@pytest.mark.parametrize(
    ("words", "rating", "remark"),
    [("SAWA 5 asante sana", 5, "asante sana"), ("OK 4 {} late", 4, "late"), ("sawa 3", 3, None)],
)
def test_a_rating_and_a_word_close_it(
    sms: Sms, answered: Any, superuser: Connection, words: str, rating: int, remark: str | None
) -> None:
    sms.send(words.format(answered.reference))
    assert (sms.case().status, sms.case().rating) == ("closed", rating)
    said = [m["body"] for m in kit.of_case(superuser, "message", answered.id)
            if m["kind"] == "remark"]  # fmt: skip
    assert said == ([remark] if remark else [])
    assert sms.owed()[-1] == "rated"
    sms.send(words.format(answered.reference))  # sent twice
    assert len(kit.of_case(superuser, "message", answered.id)) == 2 + len(said)
    assert sms.cases() == 1


def test_a_rating_can_be_changed_while_the_window_lasts(sms: Sms, answered: Any) -> None:
    sms.send("NIMERIDHIKA")
    assert sms.owed()[-1] == "closed"
    sms.send("SAWA 2")
    assert (sms.case().status, sms.case().rating) == ("closed", 2)
    sms.now += 15 * DAY
    sms.send(f"SAWA 5 {answered.reference}")
    assert sms.case().rating == 2


def test_the_word_of_a_case_that_is_not_open_is_sealed(
    sms: Sms, make: Make, superuser: Connection
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    sms.send("SIRI DODOMA-CC taa za barabarani haziwaki")
    case = sms.case()
    with transaction(Principal.of_officer(handler)):
        desk.answer(case.id, "Zitawaka.", sms.now)
    sms.send("SAWA 5 KITUMBUA asante")
    (word,) = [m for m in kit.of_case(superuser, "message", case.id) if m["kind"] == "remark"]
    assert word["body"] is None
    assert b"KITUMBUA" not in bytes(word["sealed"])


def test_bado_reopens_with_its_reason(sms: Sms, answered: Any, superuser: Connection) -> None:
    sms.send("BADO taa haziwaki")
    assert (sms.case().cycle, sms.case().appeals, sms.cases()) == (2, 1, 1)
    assert sms.owed()[-1] == "reopened"
    assert kit.of_case(superuser, "message", answered.id, "seq")[-1]["body"] == "BADO taa haziwaki"


@pytest.mark.parametrize("words", ["BADO hatujapata maji DAWASA", "SAWA 5 wamekuja DAWASA"])
def test_without_an_answer_to_judge_the_words_are_a_case(sms: Sms, words: str) -> None:
    sms.send("DODOMA-CC taa za barabarani haziwaki")
    sms.send(words)
    assert sms.cases() == 2


def test_without_a_reason_it_is_open_at_once_and_the_reason_follows(
    sms: Sms, answered: Any, superuser: Connection
) -> None:
    sms.send("SIJARIDHIKA")
    assert (sms.case().appeals, sms.owed()[-1]) == (1, "reopened_why")
    sms.now += HOUR
    sms.send("Taa zimewashwa upande mmoja tu wa barabara")
    assert sms.cases() == 1
    assert sms.owed()[-1] == "added"
    said = kit.of_case(superuser, "message", answered.id, "seq")[-1]
    assert (said["kind"], said["cycle"]) == ("citizen", 2)
    sms.send("Lalamiko jipya: DAWASA maji hayatoki")
    assert sms.cases() == 2


def test_another_phone_judges_nothing(sms: Sms, answered: Any) -> None:
    sms.send(f"SAWA 5 {answered.reference}", sender=OTHER)
    sms.send(f"BADO {answered.reference} giza", sender=OTHER)
    assert sms.case().status == "answered"


@pytest.mark.parametrize("words", ["BADO taa haziwaki", "SIJARIDHIKA"])
def test_silence_that_was_none_is_taken_back(sms: Sms, answered: Any, words: str) -> None:
    """The message was on its way when the window ended."""
    said_at = sms.case().window_ends_at - timedelta(minutes=1)
    sms.now = said_at + HOUR
    kit.sweep(sms.now)
    assert sms.case().status == "closed"
    sms.send(words, at=said_at)
    assert (sms.case().status, sms.case().appeals) == ("assigned", 1)
    assert sms.case().closed_at is None


def test_what_comes_after_the_window_is_too_late(sms: Sms, answered: Any) -> None:
    sms.now = sms.case().window_ends_at + HOUR
    kit.sweep(sms.now)
    sms.send(f"SIJARIDHIKA {answered.reference}")
    assert (sms.case().status, sms.owed()[-1]) == ("closed", "not_possible")


def test_the_third_not_fixed_names_the_next_body_of_an_open_case(
    sms: Sms, answered: Any, superuser: Connection
) -> None:
    for _ in range(2):
        sms.send("BADO taa haziwaki")
        case = sms.case()
        with transaction(Principal.of_officer(case.handler_id)):
            desk.answer(case.id, "Zimewaka.", sms.now)
        sms.now += HOUR
    sms.send("BADO taa haziwaki")
    (told,) = kit.rows(superuser, "SELECT * FROM outbox WHERE template = 'final_letter_to'")
    assert told["values"]["bodies"] == "THBUB (chragg.go.tz) au mahakama"
    sms.send("SAWA 5 asante")
    assert sms.case().rating is None  # the letter is the end of it
