"""What citizens answer in a word or two: no name, the example's name, SIRI for a case."""

from __future__ import annotations

import pytest

from tests.services.test_intake import Sms, institution, words_of
from tests.services.test_intake import phone as phone
from tests.services.test_intake import sms as sms


@pytest.mark.parametrize("answer", ["Sijui", "Siyo", "Ndiyo!", "I don't know"])
def test_an_answer_without_a_name_is_no_second_case(sms: Sms, answer: str) -> None:
    sms.send("Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    sms.send(answer)
    assert (sms.cases(), sms.owed()[-1]) == (1, "added")
    assert words_of(sms.case().id)[-1] == answer


def test_the_name_that_the_english_question_gives_as_an_example_is_known(sms: Sms) -> None:
    sms.send("Hakuna huduma nzuri hapa kwetu kwa muda mrefu")
    sms.send("Dodoma City")
    assert (institution(sms.case()), sms.case().triage) == ("DODOMA-CC", False)


def test_siri_for_a_case_says_that_it_is_confidential_now(sms: Sms) -> None:
    sms.send("DODOMA-CC taa za barabarani haziwaki")
    reference = sms.case().reference
    sms.send(f"SIRI {reference}")
    assert (sms.case().confidentiality, sms.owed()[-1]) == ("confidential", "made_confidential")
    assert words_of(sms.case().id) == ["DODOMA-CC taa za barabarani haziwaki"]
    sms.send(f"{reference} siri: jirani yangu anahusika")
    assert sms.owed()[-1] == "made_confidential"
    assert words_of(sms.case().id)[-1].endswith("jirani yangu anahusika")
