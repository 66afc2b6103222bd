"""Words to an institution, a place, a category: what is found, and what is left to a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.routing import (
    Gazetteer,
    Match,
    find_category,
    find_institution,
    find_places,
    is_integrity,
    names_only,
    normalise,
)

GAZETTEER = Gazetteer(
    institutions={
        "TANESCO": ("Shirika la Umeme Tanzania", "tanesko"),
        "DAWASA": ("Mamlaka ya Maji Dar es Salaam", "dawasco"),
        "TRA": ("Mamlaka ya Mapato", "Tanzania Revenue Authority"),
        "TEMEKE-MC": ("Manispaa ya Temeke", "temeke"),
        "KINONDONI-MC": ("Manispaa ya Kinondoni", "kinondoni"),
        "KONDOA-DC": ("Halmashauri ya Wilaya ya Kondoa", "kondoa dc", "kondoa"),
        "KONDOA-TC": ("Halmashauri ya Mji wa Kondoa", "kondoa tc", "kondoa"),
        "MOSHI-MC": ("Manispaa ya Moshi", "moshi"),
        "MBEYA-CC": ("Jiji la Mbeya", "mbeya"),
        "NGORO-DC": ("Ng'oro", "N\u2019goro"),
    },
    places={
        "Mbagala": "TEMEKE-MC",
        "Chang'ombe": "TEMEKE-MC",
        "Same": "SAME-DC",
        "Bereko": "KONDOA-DC",
    },
    categories={
        "WATER": ("maji", "hakuna maji", "bomba", "water"),
        "ROADS": ("barabara", "mashimo", "road", "pothole"),
        "SCHOOL": ("shule", "mwalimu", "school"),
    },
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  Ng'ombe na NG\u2019OMBE! ", "ngombe na ngombe"),
        ("DODOMA-CC: maji,taka", "dodoma cc maji taka"),
        ("Cr\u00e8me \u2014 br\u00fbl\u00e9e_2", "creme brulee 2"),
        ("\U0001f621", ""),
        ("", ""),
    ],
)
def test_normal_form(text: str, plain: str) -> None:
    assert normalise(text) == plain


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        # by code, in any case, anywhere; a code goes before a name
        ("TANESCO umeme umekatika", "", "TANESCO"),
        ("umeme umekatika, tanesco hawaji Temeke", "", "TANESCO"),
        ("KONDOA-TC taka", "", "KONDOA-TC"),
        ("kondoa tc taka", "", "KONDOA-TC"),
        # by name or alias; the longest decides
        ("manispaa ya Temeke taka", "", "TEMEKE-MC"),
        ("Halmashauri ya mji wa Kondoa taka", "", "KONDOA-TC"),
        ("shirika la umeme tanzania", "", "TANESCO"),
        ("ng'oro maji", "", "NGORO-DC"),
        # misspelt
        ("taneskoo hawajaja", "", "TANESCO"),
        ("Kinondon barabara", "", "KINONDONI-MC"),
        ("manispa ya kinondoni", "", "KINONDONI-MC"),
        # two: a code at the beginning, or the place, decides; else nobody guesses
        ("TANESCO na DAWASA", "", "TANESCO"),
        ("MALALAMIKO DAWASA wanasema ni TANESCO", "", "DAWASA"),
        ("umeme na maji, tanesco na dawasa", "", None),
        ("taka za kondoa", "", None),
        ("taka za kondoa", "Bereko", "KONDOA-DC"),
        ("taka za kondoa", "Mbagala", None),
        ("temeke au kinondoni", "manispaa ya temeke", "TEMEKE-MC"),
        # an ordinary word is a name only beside a word that says so
        ("moshi mwingi unatoka kiwandani", "", None),
        ("taka katika mji wa moshi", "", "MOSHI-MC"),
        ("moshi manispaa taka", "", "MOSHI-MC"),
        ("Moshi", "", "MOSHI-MC"),
        # words that only look like a name
        ("huduma mbaya sana", "", None),
        ("tunaomba kuondoa taka", "", None),
        ("", "", None),
        ("maji hakuna", "", None),
    ],
)
def test_institutions(text: str, place: str, found: str | None) -> None:
    match = find_institution(text, GAZETTEER, place)
    assert (match.code if match else None) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("TANESCO umeme", "tanesco"),
        ("manispaa ya Temeke taka", "manispaa ya temeke"),
        ("Kinondon barabara", "kinondon ~ kinondoni"),
    ],
)
def test_the_reason_is_told(text: str, reason: str) -> None:
    match = find_institution(text, GAZETTEER)
    assert match is not None
    assert match.reason == reason


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TANESCO", "TANESCO"),
        ("ni Tanesko.", "TANESCO"),
        ("manispaa ya kinondon", "KINONDONI-MC"),
        ("kondoa", None),
        ("Tanesco umeme hakuna", None),
        ("maji hakuna", None),
        ("", None),
    ],
)
def test_a_text_that_is_only_a_name(text: str, found: str | None) -> None:
    match = names_only(text, GAZETTEER)
    assert (match.code if match else None) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mbagala", {"TEMEKE-MC"}),
        ("maji hakuna mbagala tangu jana", {"TEMEKE-MC"}),
        ("kati ya Mbagala na Chang'ombe", {"TEMEKE-MC"}),
        ("Mbagala au Bereko", {"TEMEKE-MC", "KONDOA-DC"}),
        ("same", {"SAME-DC"}),
        ("the same problem every day", set()),
        ("wilaya ya Same maji hakuna", {"SAME-DC"}),
        ("", set()),
    ],
)
def test_places(text: str, found: set[str]) -> None:
    assert find_places(text, GAZETTEER) == found


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("Barabara ina mashimo, maji yanatuama", Match("ROADS", "barabara, mashimo")),
        ("hakuna maji shuleni", Match("WATER", "hakuna maji")),
        ("watoto wako shuleni", Match("SCHOOL", "shule")),
        ("potholes everywhere", Match("ROADS", "pothole")),
        ("maji na barabara", None),
        ("maji maji maji, barabara na mashimo", Match("ROADS", "barabara, mashimo")),
        ("habari za asubuhi", None),
        ("", None),
    ],
)
def test_categories(text: str, match: Match | None) -> None:
    assert find_category(text, GAZETTEER) == match


@pytest.mark.parametrize(
    "text",
    [
        "Afisa ardhi ameniomba RUSHWA",
        "wanataka hongo",
        "alihongwa na mkandarasi",
        "daktari anataka kitu kidogo",
        "The clerk asked for a bribe",
        "corruption!",
        "unyanyasaji wa mtumishi",
        "muuguzi amenitukana",
        "polisi wananyanyasa vijana",
        "The nurse insulted my mother",
        "matumizi mabaya ya madaraka",
    ],
)
def test_words_of_corruption_and_conduct(text: str) -> None:
    assert is_integrity(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "maji hakuna",
        "Hongera kwa huduma nzuri",
        "jirani ananitukana",
        "unyanyasaji wa watoto nyumbani",
        "daktari hayupo",
    ],
)
def test_other_words(text: str) -> None:
    assert not is_integrity(text)


@given(st.text(), st.text(max_size=20))
def test_reading_never_fails(text: str, place: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    find_institution(text, GAZETTEER, place)
    find_category(text, GAZETTEER)
    find_places(text, GAZETTEER)
    names_only(text, GAZETTEER)
    is_integrity(text)


@given(st.sampled_from(["TANESCO", "DAWASA", "TRA", "KONDOA-TC"]), st.text(max_size=30))
def test_a_code_that_opens_a_text_is_always_found(code: str, words: str) -> None:
    match = find_institution(f"{code} {words}", GAZETTEER)
    if not normalise(words).startswith(("dc", "tc", "mc")):
        assert match is not None
        assert match.code == code
