"""What is odd about an answer, by examples; and what is not."""

from __future__ import annotations

import pytest

from feedback.rules.answers import Look, Remark, blanks, fill, of_answer, of_question

LIGHTS = "Taa za barabarani hazijawaka kwa wiki mbili."
WHEN = "Maji yatarudi lini?"
TITLE = "Naomba kujua hati ya kiwanja changu iko wapi?"


@pytest.mark.parametrize(
    ("words", "language", "asked"),
    [
        ("Taa zimetengenezwa jana.\nAsante.", "sw", LIGHTS),
        ("Taa zote zimewashwa leo.", "sw", LIGHTS),
        ("Matengenezo ya taa yalikamilika tarehe 5 Novemba.", "sw", LIGHTS),
        ("Tutarekebisha bomba Jumatatu saa tatu asubuhi.", "sw", WHEN),
        ("Fundi atafika ndani ya siku tatu kukagua mita yako.", "sw", ""),
        ("The team will come on 12 November to mend it.", "en", "When will the pipe be mended?"),
        ("We will pay it within 14 days of today.", "en", ""),
        ("Hati yako iko tayari, njoo uichukue.", "sw", TITLE),
        ("Piga 0800 110 016 au 026 232 1234 bila malipo.", "sw", ""),
        ("Ofisi iko wazi 08.00 - 15.30, tangu 12.11.2025, mwaka 2025-2026.", "sw", ""),
        ("Utawala wa mtaa na wataalamu wa kitaifa walikagua vitabu.", "sw", ""),
    ],
)
def test_nothing_is_odd_about_a_good_answer(words: str, language: str, asked: str) -> None:
    assert of_answer(Look(words, language, asked)) == []


@pytest.mark.parametrize(
    ("words", "language", "asked", "remark"),
    [
        ("Tayari.", "sw", "", Remark("short")),
        ("TAA ZOTE ZIMEREKEBISHWA LEO ASUBUHI", "sw", LIGHTS, Remark("capitals")),
        ("Kazi ilifanyika tarehe {siku} hapa mtaani.", "sw", "", Remark("unfilled", "{siku}")),
        ("Tutashughulikia suala lako la maji.", "sw", "", Remark("promise", "Tutashughulikia")),
        # A day in another sentence dates another thing.
        (
            "Tulikuja tarehe 5 Novemba. Suala lako litashughulikiwa.",
            "sw",
            "",
            Remark("promise", "litashughulikiwa"),
        ),
        ("Maji yanarudi hivi karibuni mtaani.", "sw", "", Remark("promise", "hivi karibuni")),
        ("Your case will be looked into by us.", "en", "", Remark("promise", "will be looked")),
        ("The road is repaired soon, thank you.", "en", "", Remark("promise", "soon")),
        ("Bomba limekaguliwa na fundi wetu.", "sw", WHEN, Remark("when", "lini")),
        (
            "Tumepokea barua pepe kutoka wilayani.",
            "sw",
            TITLE,
            Remark("question", "kujua, hati, kiwanja, changu"),
        ),
        (
            "Mvua ilinyesha sana wilayani mwezi uliopita.",
            "sw",
            "Mwalimu mkuu anatoza michango haramu.",
            Remark("subject", "mwalimu, mkuu, anatoza, michango"),
        ),
        ("Mpigie fundi wetu 0754 000 111 leo.", "sw", "", Remark("phone", "0754 000 111")),
        ("Mpigie fundi wetu +255 754 000 111 leo.", "sw", "", Remark("phone", "+255 754 000 111")),
        ("Andika kwa juma.kessy@example.go.tz leo hii.", "sw", "",
         Remark("email", "juma.kessy@example.go.tz")),
        ("Kitambulisho 19900101-12345-00001-23 kimepatikana leo.", "sw", "",
         Remark("id_number", "19900101-12345-00001-23")),
        ("Fedha ziko akaunti 0150 2234 5678 99 tangu jana.", "sw", "",
         Remark("number", "0150 2234 5678 99")),
        ("The pipe was repaired and the water is back.", "sw", "",
         Remark("language_en", "the, was, and, water")),
        ("Bomba la maji limetengenezwa na maji yako ya kutosha.", "en", "",
         Remark("language_sw", "la, maji, na, yako")),
    ],
)  # fmt: skip
def test_what_is_odd_is_told_with_its_reason(
    words: str, language: str, asked: str, remark: Remark
) -> None:
    assert remark in of_answer(Look(words, language, asked))


def test_the_reference_before_an_sms_is_not_what_is_asked() -> None:
    said = of_answer(Look("Shimo limefukiwa leo na kikosi chetu.", "sw", "0YKR-218T Asante"))
    assert not {each.code for each in said} & {"question", "subject"}
    said = of_answer(Look("Shimo limefukiwa leo.", "sw", "0YKR-218T Upande wa kushoto mjini"))
    assert "0ykr" not in "".join(each.about for each in said)


def test_an_answer_to_what_was_written_at_first_is_about_the_matter() -> None:
    again, first = "Bado, tatizo limerudi baada ya wiki", "Mtaro wa barabara umeziba"
    words = "Mtaro umezibuliwa leo na kikosi cha jiji."
    assert of_answer(Look(words, "sw", again, first)) == []
    assert [each.code for each in of_answer(Look(words, "sw", again))] == ["subject"]


def test_a_question_is_looked_at_for_less() -> None:
    assert of_question(Look("Ni lini?", "sw")) == []
    found = of_question(Look("What is the number of your house, 0754 000 111?", "sw"))
    assert [each.code for each in found] == ["language_en", "phone"]


def test_what_has_no_value_stays_to_be_filled_in() -> None:
    text = fill("{place}: {reference}, {siku}, {siku}", {"place": None, "reference": "7KQ2"})
    assert text == "{place}: 7KQ2, {siku}, {siku}"
    assert blanks(text) == ["{place}", "{siku}"]
