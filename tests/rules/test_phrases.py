"""SMS as citizens write them, and what each asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.commands import ALONE, COMMANDS, KINDS, LANGUAGES, Intent
from feedback.rules.phrases import parse
from feedback.rules.reference import find_references, make_reference

REF = make_reference(bytes.fromhex("1234567890"))
INTENTS = """
28T5-CY40                                   | status       | ref
28t5cy40                                    | status       | ref
HALI 28T5-CY40                              | status       | ref
hali 28t5 cy40                              | status       | ref
Hali: 28T5-CY40.                            | status       | ref
STATUS 28T5CY40                             | status       | ref
28T5-CY40 hali                              | status       | ref
HALI                                        | status       | -
hali tafadhali                              | status       | -
HALI 28T5-CY41                              | status       | -
HALI 28T5CY4                                | status       | -
Hali ya barabara yetu ni mbaya sana         | lodge        | -
Status of my road is bad                    | lodge        | -
MSIMBO 28T5-CY40                            | receipt_code | ref
code 28t5-cy4o                              | receipt_code | ref
MSIMBO                                      | receipt_code | -
MSAADA                                      | help         | -
msaada tafadhali                            | help         | -
Help me                                     | help         | -
HELP!                                       | help         | -
habari                                      | help         | -
help me please                              | lodge        | -
jinsi ya kutumia                            | help         | -
msada                                       | help         | -
STOP                                        | stop         | -
ACHA                                        | stop         | -
Sitisha tafadhali                           | stop         | -
acha kutuma sms                             | stop         | -
Stop the noise at night                     | lodge        | -
Acha nieleze shida yangu                    | lodge        | -
sitisha 28T5-CY40                           | add          | ref
ANZA                                        | start        | -
endelea                                     | start        | -
start again                                 | start        | -
Start work on our road                      | lodge        | -
LUGHA                                       | language     | -
language                                    | language     | -
KISWAHILI                                   | language     | -
English please                              | language     | -
lugha ya kiingereza                         | language     | -
Lugha ya afisa ni mbaya                     | lodge        | -
English teacher is missing                  | lodge        | -
BILA JINA                                   | anonymous    | -
28T5-CY40 bila jina                         | anonymous    | ref
tafadhali usitaje jina langu                | lodge        | -
usitaje jina langu tafadhali                | anonymous    | -
NYONGEZA nguzo imeanguka                    | add          | -
Ongeza taa mtaani kwetu                     | lodge        | -
mpya                                        | new          | -
NEW                                         | new          | -
New road is broken                          | lodge        | -
Jibu 28T5-CY40                              | status       | ref
kumbukumbu ni 28T5-CY40                     | status       | ref
hali ya shauri langu                        | status       | -
limefika wapi                               | status       | -
staus 28T5-CY40                             | status       | ref
nimelidhika                                 | satisfied    | -
Tatizo limetatuliwa asante                  | satisfied    | -
bado haijatatuliwa                          | not_fixed    | -
Haijatatuliwa kero ya maji mtaani           | lodge        | -
i am not satisfied                          | not_fixed    | -
SIRI 28T5-CY40 bila jina                    | anonymous    | ref
Msaada wa kisheria hatupati hapa            | lodge        | -
NIMERIDHIKA 28T5-CY40                       | satisfied    | ref
nimeridhika asante                          | satisfied    | -
28T5-CY40 nimeridhika sana                  | satisfied    | ref
Nimeridhika 28T5-CY40 asanteni              | satisfied    | ref
SATISFIED 28T5-CY40                         | satisfied    | ref
SIJARIDHIKA 28T5-CY40 bado maji hakuna      | not_fixed    | ref
sijaridhika                                 | not_fixed    | -
Sijaridhika na majibu yenu                  | not_fixed    | -
not fixed 28T5-CY40                         | not_fixed    | ref
NOT SATISFIED                               | not_fixed    | -
Sijaridhika na huduma za hospitali          | lodge        | -
28T5-CY40 maji bado hakuna                  | add          | ref
maji bado hakuna, namba 28T5-CY40           | add          | ref
LALAMIKO kuhusu 28T5-CY40 bado              | add          | ref
SIRI 28T5-CY40                              | add          | ref
SIRI                                        | add          | -
TAASISI tanesco                             | institution  | -
institution Temeke municipal                | institution  | -
taasisi                                     | lodge        | -
maji hakuna siku tatu                       | lodge        | -
MALALAMIKO                                  | lodge        | -
asante                                      | empty        | -
Asante sana!                                | empty        | -
ok                                          | empty        | -
...                                         | empty        | -
\U0001f621\U0001f621                        | empty        | -
"""
CASES = [tuple(cell.strip() for cell in line.split("|")) for line in INTENTS.strip().splitlines()]


@pytest.mark.parametrize(("text", "intent", "reference"), CASES)
def test_intents(text: str, intent: str, reference: str) -> None:
    parsed = parse(text)
    assert (parsed.intent, parsed.reference) == (intent, REF if reference == "ref" else None)
    assert parsed.body == text
    assert (parsed.kind is not None) == (intent == "lodge")


def test_silence() -> None:
    for text in ("", "   ", "\n"):
        assert parse(text).intent is Intent.EMPTY


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("maji hakuna", "complaint"),
        ("MALALAMIKO maji hakuna", "complaint"),
        ("Lalamiko: maji hakuna", "complaint"),
        ("KERO barabara mbovu", "complaint"),
        ("TAARIFA daraja limevunjika", "complaint"),
        ("COMPLAINT no water", "complaint"),
        ("MAONI yangu ni haya", "suggestion"),
        ("pendekezo, wekeni taa", "suggestion"),
        ("Suggestion: more lights", "suggestion"),
        ("PONGEZI kwa wauguzi", "compliment"),
        ("Hongera kwa kazi nzuri", "compliment"),
        ("ULIZO ofisi inafunguliwa lini", "enquiry"),
        ("swali: ofisi iko wapi", "enquiry"),
        ("Naomba kuuliza: ofisi iko wapi", "enquiry"),
        ("naomba kujua mwenge utafika lini", "enquiry"),
        ("SIRI naomba kujua shauri langu", "enquiry"),
        ("naomba maji mtaani kwetu", "complaint"),
        ("question where is the office", "enquiry"),
        ("SIRI PONGEZI kwa wauguzi", "compliment"),
        ("PONGEZI SIRI kwa wauguzi", "compliment"),
        ("\u201cMAONI\u201d wekeni taa", "suggestion"),
        ("Wekeni taa, hayo ndiyo maoni yangu", "complaint"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    parsed = parse(text)
    assert (parsed.intent, parsed.kind) == (Intent.LODGE, kind)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("SIRI afisa ardhi ameuza kiwanja", True),
        ("MALALAMIKO SIRI afisa ardhi", True),
        ("siri: kiwanja", True),
        ("SECRET my complaint", True),
        ("28T5-CY40 SIRI", True),
        ("kiwanja kimeuzwa kwa siri", False),
        ("MALALAMIKO kiwanja", False),
    ],
)
def test_secrecy_is_asked_for_at_the_beginning(text: str, secret: bool) -> None:
    assert parse(text).secret is secret


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("LUGHA", None),
        ("LUGHA KISWAHILI", "sw"),
        ("ENGLISH", "en"),
        ("lugha ya kingereza", "en"),
        ("tumia kiswahili tafadhali", "sw"),
    ],
)
def test_the_language_that_is_asked_for(text: str, chosen: str | None) -> None:
    parsed = parse(text)
    assert (parsed.intent, parsed.chosen) == (Intent.LANGUAGE, chosen)
    assert chosen is None or parsed.language == chosen


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("28T5-CY40", True),
        ("Jibu kwa kumbukumbu 28T5-CY40", True),
        ("HALI 28T5-CY40", False),
        ("28T5-CY40 hali", False),
        ("28T5-CY40 maji", False),
        ("7K3M-9QXA 28T5-CY40", False),
    ],
)
def test_a_reference_alone_is_the_answer_to_which_case(text: str, alone: bool) -> None:
    assert parse(text).alone is alone


@pytest.mark.parametrize(
    ("text", "anonymous"),
    [
        ("BILA JINA afisa ardhi ameuza kiwanja", True),
        ("afisa ameuza kiwanja, tafadhali usitaje jina langu", True),
        ("Anonymous: the nurse was rude", True),
        ("mtoto hana jina", False),
        ("maji hakuna", False),
    ],
)
def test_anonymity_is_heard_anywhere(text: str, anonymous: bool) -> None:
    assert parse(text).anonymous is anonymous


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("maji hakuna mtaa wetu", "sw"),
        ("There is no water in our street", "en"),
        ("STATUS 28T5-CY40", "en"),
        ("HALI 28T5-CY40", "sw"),
        ("HELP", "en"),
        ("TANESCO", "sw"),
        ("", "sw"),
    ],
)
def test_the_language_is_the_one_of_most_words_and_swahili_in_doubt(
    text: str, language: str
) -> None:
    assert parse(text).language == language


def test_a_bare_name_answers_our_question_when_it_is_known() -> None:
    assert parse("Tanesco").intent is Intent.LODGE
    assert parse("Tanesco", lambda text: text == "Tanesco").intent is Intent.INSTITUTION
    assert parse("Tanesco umeme", lambda text: text == "Tanesco").intent is Intent.LODGE
    assert parse(f"HALI {REF}", lambda _: True).intent is Intent.STATUS


WORDS = st.lists(
    st.sampled_from(
        [
            *COMMANDS,
            *KINDS,
            "SIRI",
            "secret",
            REF,
            REF.lower(),
            "taasisi",
            "asante",
            "maji",
            *LANGUAGES,
            "bila jina",
            "nyongeza",
            "mpya",
            "1/2",
            "-",
            ":",
        ]
    )
    | st.text(max_size=8)
).map(" ".join)


@pytest.mark.parametrize("reference", ["0YHW-000Y", "0YHW 000Y", "0yhw000y"])
def test_a_command_word_is_not_taken_for_half_of_a_reference(reference: str) -> None:
    # CODE 0YHW would pass the check as C0DE-0YHW
    assert find_references("CODE 0YHW") == ["C0DE-0YHW"]
    parsed = parse(f"CODE {reference}")
    assert (parsed.intent, parsed.reference) == (Intent.RECEIPT_CODE, "0YHW-000Y")


@given(WORDS | st.text())
def test_parsing_never_fails_and_never_loses_a_word(text: str) -> None:
    parsed = parse(text)
    assert parsed.body == text
    assert parsed.language in {"sw", "en"}
    assert (parsed.kind is not None) == (parsed.intent is Intent.LODGE)
    assert not (parsed.alone and parsed.reference is None)
    assert (parsed.chosen is not None) <= (parsed.intent is Intent.LANGUAGE)
    if parsed.intent in {Intent.LODGE, Intent.EMPTY, Intent.LANGUAGE, Intent.INSTITUTION, *ALONE}:
        assert parsed.reference is None


@given(st.binary(min_size=5, max_size=5).map(make_reference), st.sampled_from(sorted(COMMANDS)))
def test_a_command_with_a_reference_is_understood(reference: str, command: str) -> None:
    for text in (f"{command} {reference}", f"{command.upper()}:{reference.lower()}"):
        parsed = parse(text)
        meant = Intent.ADD if COMMANDS[command] in ALONE else COMMANDS[command]
        assert (parsed.intent, parsed.reference) == (meant, reference)


@given(st.text(max_size=60), st.binary(min_size=5, max_size=5).map(make_reference))
def test_words_with_a_reference_never_make_a_new_case(words: str, reference: str) -> None:
    text = f"{reference} {words}"
    if find_references(text)[:1] == [reference]:
        assert parse(text).intent not in {Intent.LODGE, Intent.EMPTY}
