"""Official letters: numbers without a gap, files that stay the same, proof that one is genuine."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import segno
from flask import Flask
from PIL import Image

from feedback.services import citizen, desk, letters, retention, views
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.services.letters import facts as facts_of
from feedback.services.letters import issuing, printing, wording, writing
from feedback.services.letters.facts import Facts, Holder, Step
from feedback.transaction import JOB, Principal, transaction
from tests import pages
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
DAY = timedelta(days=1)
CHECK = Principal("letter-check")
URL = "https://mrejesho.example/letters/0123456789ABCDEFGHJKMNPQRS"
FACTS = Facts(
    kind="escalation",
    reference="7K3M-QX9R",
    case_kind="complaint",
    level="open",
    zanzibar=False,
    sender=("Halmashauri ya Jiji la Dodoma", "Dodoma City Council"),
    addressee=(("Mkurugenzi wa Halmashauri", "Council Director"),),
    signs=(("Mratibu wa malalamiko", "Complaints coordinator"),),
    received="2025-11-10",
    due="2025-11-28",
    late=4,
    acknowledged=False,
    answered=False,
    rung=3,
    driver="answer",
    reached="2025-12-08",
    category=("Barabara", "Roads"),
    place="Uhindini",
    steps=(Step(1, ("Mkuu wa Idara", "Head of unit"), "2025-12-02"),),
    holders=(Holder(("Idara ya Ujenzi", "Works"), "2025-11-10", 1500, True),),
    ask="both",
    by="2025-12-12",
    words_sw=("Hatua za ndani zimekwisha.",),
    words_en=("The steps inside are used up.",),
)


def sheet(facts: Facts, language: str = "sw", *, copy: bool = False) -> Any:
    return wording.sheet(facts, language, "EM/X/2025/1", date(2025, 12, 9), URL, copy=copy)


def token_of(content: bytes) -> str:
    """What the QR code of a letter leads to, which stands beside it as well."""
    return pages.text(content).partition("/letters/")[2][:26]


def late_case(make: Make, monday: datetime, **fields: Any) -> Receipt:
    receipt = make.case(monday, **fields)
    kit.sweep(monday + 60 * DAY)
    return receipt


def rung_of(behind: Behind, receipt: Receipt, number: int = 1) -> UUID:
    rungs = {row["rung"]: row["id"] for row in kit.rungs(behind, receipt.case_id)}
    return UUID(str(rungs[number]))


# The paper


@pytest.mark.parametrize("kind", ["escalation", "reminder", "final"])
@pytest.mark.parametrize("language", ["sw", "en"])
def test_a_letter_on_one_page(kind: str, language: str, monday: datetime) -> None:
    facts = replace(FACTS, kind=kind)
    made = printing.pdf(sheet(facts, language), monday)
    assert made == printing.pdf(sheet(facts, language), monday)
    assert made != printing.pdf(sheet(facts, language, copy=True), monday)
    assert pages.number(made) == 1
    said = pages.text(made)
    for each in ("7K3M-QX9R", "EM/X/2025/1", URL, "e-Mrejesho" if kind != "final" else ""):
        assert each.replace(" ", "") in said
    heading = {"sw": "JAMHURIYAMUUNGANOWATANZANIA", "en": "THEUNITEDREPUBLICOFTANZANIA"}
    assert said.startswith(heading[language])
    assert ("NAKALA" if language == "sw" else "COPY") not in said
    assert ("Uhindini" in said) is (kind != "final")


def test_what_is_marked_on_it(monday: datetime) -> None:
    for level, marked in (("open", False), ("confidential", True), ("restricted", True)):
        said = pages.text(printing.pdf(sheet(replace(FACTS, level=level)), monday))
        assert ("2025SIRI" in said) is marked
    said = pages.text(printing.pdf(sheet(replace(FACTS, zanzibar=True), copy=True), monday))
    assert "NAKALA" in said
    assert "SERIKALIYAMAPINDUZIYAZANZIBAR" in said
    assert "Uhindini" in pages.text(printing.pdf(sheet(FACTS), monday))


HOSTILE = (
    '#import "@preview/x:1": *',
    "$ alpha $ \\ \\u{41}",
    "*nyota* _mstari_ `msimbo` @rejea <lebo> [x] ]",
    "= Kichwa // maelezo /* zaidi */",
    '#panic("x") #{ } #sys.inputs #read("/etc/passwd")',
    "A ~ -- --- ... 'x' & < > \"",
    "x" * 400,
    "\u05e9\u05dc\u05d5\u05dd",
)


def test_no_word_is_read_as_markup(monday: datetime) -> None:
    for each in HOSTILE:
        facts = replace(FACTS, place=each, addressee=((each, each), ("Taasisi", "X")))
        said = pages.text(printing.pdf(sheet(facts), monday))
        wanted = each.replace(" ", "")
        assert said.count(wanted) + said.count(wanted[::-1]) >= 2, each


def test_what_hides_or_turns_words_round_is_left_out() -> None:
    assert printing.plain("a\u202eb\x00c\u200bd\u2066e") == "a b c d e"
    assert printing.plain({"a": ["b\x07", ("c", 1)]}) == {"a": ["b ", ["c", 1]]}


def test_the_code_leads_to_the_page_that_confirms_it(monday: datetime) -> None:
    """The picture is, module by module, the code of the address."""
    with printing._lock:
        png = printing._compiler().compile(
            format="png", ppi=254, sys_inputs={"letter": printing.data(sheet(FACTS))}
        )
    assert isinstance(png, bytes)
    page = Image.open(io.BytesIO(png)).convert("L")  # a millimetre is ten points
    corner = page.crop((250, page.height - 370, 490, page.height)).point(
        [255 if level < 60 else 0 for level in range(256)]
    )
    left, top, right, bottom = corner.getbbox() or (0, 0, 0, 0)
    matrix = segno.make(URL, error="m", micro=False).matrix
    size = len(matrix)
    module = (right - left) / size
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            place = int(left + (x + 0.5) * module), int(top + (y + 0.5) * (bottom - top) / size)
            assert bool(corner.getpixel(place)) is bool(dark), (x, y)


def test_facts_are_read_back_as_they_were() -> None:
    assert facts_of.read(FACTS.text()) == FACTS
    bare = replace(FACTS, category=None, steps=(), holders=())
    assert facts_of.read(bare.text()) == bare
    assert bare.digest() != FACTS.digest()


# Issuing


def test_a_letter_is_issued_once_and_stays_as_it_was(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler", name="Asha Mwita")
    receipt = late_case(make, monday, category="ROADS", place="Mtaa wa Uhindini")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    now = monday + 61 * DAY
    rung = rung_of(superuser, receipt)
    with as_officer(coordinator), pytest.raises(Refused, match="not-found"):
        letters.issued(rung)
    with as_officer(coordinator):
        first = letters.issue(rung, now)
    with as_officer(coordinator):
        assert letters.issue(rung, now + DAY) == first == letters.issued(rung)
        made, name = issuing.paper(first, now)
    assert name == "EM-DODOMA-CC-2026-1.pdf"
    said = pages.text(made)
    assert "Taa" not in said  # no word of the case
    assert "Asha" not in said  # and of nobody who works on it
    assert "MtaawaUhindini" in said
    # The case goes on; the letter says what it said.
    with as_officer(handler):
        desk.answer(receipt.case_id, "Zimetengenezwa.", now)
    with as_officer(coordinator):
        assert issuing.paper(first, now + timedelta(minutes=30))[0] == made
        copy, _name = issuing.paper(first, now + timedelta(hours=1))
        english, _name = issuing.paper(first, now, "en")
    assert "NAKALA" in pages.text(copy)
    assert pages.text(copy).replace("NAKALA", "") == said
    assert "Councilfor" not in said
    assert "isbroughttoyou" in pages.text(english)
    assert kit.acts(superuser, receipt.case_id).count("letter_issued") == 1


def test_numbers_have_no_gap_with_eight_at_once(
    app: Flask, make: Make, monday: datetime, superuser: Behind
) -> None:
    cases = [make.case(monday) for _each in range(8)]
    kit.sweep(monday + 60 * DAY)
    coordinator = make.officer("DODOMA-CC", "coordinator")
    now = monday + 61 * DAY

    def issue(number: int) -> UUID | None:
        with transaction(Principal.of_officer(coordinator)):
            letter = letters.issue(rungs[number % 7], now)
            if number % 7 == 6:
                raise ValueError  # a number that was taken and is given back
            return letter

    rungs = [rung_of(superuser, case) for case in cases]
    found = kit.together(app, [lambda number=number: issue(number) for number in range(16)])
    made = {each for each in found if isinstance(each, UUID)}
    assert len(made) == 6  # of a rung one letter, whoever issued it first
    with transaction(Principal.of_officer(coordinator)):
        letters.issue(rungs[7], now)
    rows = kit.rows(superuser, "SELECT number FROM letter ORDER BY number")
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]


def test_numbers_begin_anew_with_the_year_and_by_institution(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    first, second = late_case(make, monday), late_case(make, monday, institution="KONDOA-DC")
    for receipt, place, when in (
        (first, "DODOMA-CC", 40),
        (second, "KONDOA-DC", 40),
        (first, "DODOMA-CC", 61),
    ):
        with transaction(Principal.of_officer(make.officer(place, "coordinator"))):
            number = {40: 1, 61: 2}[when]
            letters.issue(rung_of(superuser, receipt, number), monday + when * DAY)
    rows = kit.rows(superuser, "SELECT year, number FROM letter ORDER BY year, institution_id")
    assert [(row["year"], row["number"]) for row in rows] == [(2025, 1), (2025, 1), (2026, 1)]


# Whether it is genuine


@pytest.fixture
def issued(make: Make, monday: datetime, superuser: Behind) -> tuple[UUID, str]:
    receipt = late_case(make, monday)
    coordinator = make.officer("DODOMA-CC", "coordinator")
    with transaction(Principal.of_officer(coordinator)):
        letter = letters.issue(rung_of(superuser, receipt), monday + 61 * DAY)
        made, _name = issuing.paper(letter, monday + 61 * DAY)
    return letter, token_of(made)


def test_a_genuine_letter_tells_number_day_and_addressee(
    issued: tuple[UUID, str], monday: datetime
) -> None:
    with transaction(CHECK):
        found = issuing.genuine(issued[1])
    assert found is not None
    assert (found.number, found.at) == ("EM/DODOMA-CC/2026/1", monday + 61 * DAY)
    assert found.name_sw.startswith("Mkuu wa Idara au Kitengo")


def test_a_letter_that_was_altered_is_as_unknown_as_a_forged_one(
    issued: tuple[UUID, str], superuser: Behind
) -> None:
    token = issued[1]
    forged = [token[:-1] + ("0" if token[-1] != "0" else "1"), token[::-1], "", "x", token * 3]
    with transaction(CHECK):
        assert [issuing.genuine(each) for each in forged] == [None] * len(forged)
    superuser.execute("CREATE TEMP TABLE as_issued AS SELECT * FROM letter")
    for change in (
        "number = 99",
        "year = 2025",
        "at = at - interval '2 days'",
        "addressee_sw = 'Katibu Mkuu Kiongozi'",
        "digest = '\\x00'",
        "institution_id = (SELECT id FROM institution WHERE code = 'CS')",
    ):
        superuser.execute(f"UPDATE letter SET {change}")  # type: ignore[call-overload]  # noqa: S608
        with transaction(CHECK):
            assert issuing.genuine(token) is None, change
        superuser.execute("DELETE FROM letter")
        superuser.execute("INSERT INTO letter SELECT * FROM as_issued")
    superuser.execute("DROP TABLE as_issued")
    with transaction(CHECK):
        assert issuing.genuine(token)


def test_only_the_purpose_itself_may_ask(issued: tuple[UUID, str], make: Make) -> None:
    for principal in (Principal("figures"), Principal.of_officer(make.officer("DAWASA", "head"))):
        with transaction(principal):
            assert issuing.genuine(issued[1]) is None


def test_facts_that_somebody_altered_are_not_printed(
    issued: tuple[UUID, str], make: Make, superuser: Behind, monday: datetime
) -> None:
    letter, _token = issued
    coordinator = make.officer("DODOMA-CC", "coordinator")
    superuser.execute("UPDATE letter SET digest = '\\x00'")
    with transaction(Principal.of_officer(coordinator)), pytest.raises(Refused, match="not-found"):
        issuing.paper(letter, monday)


def test_retention_takes_what_stands_in_it_and_leaves_the_number(
    issued: tuple[UUID, str], make: Make, superuser: Behind, monday: datetime
) -> None:
    letter, token = issued
    (row,) = kit.rows(superuser, "SELECT case_id FROM letter")
    with transaction(JOB):
        retention._without_identity([row["case_id"]], monday)
        retention._without_words([row["case_id"]], monday)
    coordinator = make.officer("DODOMA-CC", "coordinator")
    with transaction(Principal.of_officer(coordinator)), pytest.raises(Refused, match="gone"):
        issuing.paper(letter, monday)
    with transaction(CHECK):
        assert issuing.genuine(token) is not None


# From an official to the accounting officer


def test_an_official_writes_to_the_accounting_officer(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    ras = make.officer("RS-DODOMA", "oversight", name="Juma Bakari")
    make.hold(ras, "RS-DODOMA", "institution_head")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    receipt = late_case(make, monday)
    now = monday + 61 * DAY
    day = now.date()
    with transaction(Principal.of_officer(ras)):
        letter = writing.remind(receipt.case_id, "explain", day + 7 * DAY, now)
        (listed,) = issuing.of_case(receipt.case_id, "reminder")
        said = pages.text(issuing.paper(letter, now)[0])
    assert (listed.id, listed.number) == (letter, "EM/RS-DODOMA/2026/1")
    assert "AfisaMasuuli,MkurugenziwaHalmashauri,HalmashauriyaJijilaDodoma." in said
    assert "maelezoyamaandishi" in said
    assert "KATIBUTAWALAWAMKOA" in said
    assert "17Januari2026" in said
    assert "Juma" not in said
    # Those of the institution see that it was written; its own head writes none to himself.
    with transaction(Principal.of_officer(head)):
        assert issuing.of_case(receipt.case_id, "reminder") == [listed]
        with pytest.raises(Refused, match="not-allowed"):
            writing.remind(receipt.case_id, "explain", day + 7 * DAY, now)
    with transaction(Principal.of_officer(ras)):
        for ask, by, code in (
            ("all", day + DAY, "bad-target"),
            ("answer", day, "bad-date"),
            ("answer", day + 91 * DAY, "far"),
        ):
            with pytest.raises(Refused, match=code):
                writing.remind(receipt.case_id, ask, by, now)
    make.exclude(receipt.case_id, head, now)
    with transaction(Principal.of_officer(ras)), pytest.raises(Refused, match="concerned"):
        writing.remind(receipt.case_id, "answer", day + DAY, now)
    stranger = make.officer("TANGA-CC", "oversight", "head")
    with transaction(Principal.of_officer(stranger)), pytest.raises(Refused, match="not-found"):
        writing.remind(receipt.case_id, "answer", day + DAY, now)


def test_of_a_restricted_case_none_goes_to_the_institution(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    receipt = late_case(make, monday, confidentiality="restricted", category="ROADS")
    chief = make.officer("CS", "oversight")
    make.hold(chief, "CS", "ethics_post")
    now = monday + 61 * DAY
    with transaction(Principal.of_officer(chief)), pytest.raises(Refused, match="not-allowed"):
        writing.remind(receipt.case_id, "answer", now.date() + DAY, now)
    # To its own rungs the ethics officer carries them, in the own institution's name.
    with transaction(Principal.of_officer(ethics)):
        letter = letters.issue(rung_of(superuser, receipt), now)
        said = pages.text(issuing.paper(letter, now)[0])
    assert "EM/ETHICS/2026/1" in said
    assert "SIRI" in said
    assert "AFISAMAADILI" in said
    for told in ("Dodoma", "Barabara", "Ujenzi"):
        assert told not in said
    coordinator = make.officer("DODOMA-CC", "coordinator")
    with transaction(Principal.of_officer(coordinator)), pytest.raises(Refused, match="not-found"):
        issuing.paper(letter, now)


# The final one


def test_the_final_letter_as_a_document(make: Make, monday: datetime, superuser: Behind) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    owner, now = Principal.of_case(receipt.case_id), monday
    words = {"sw": ["Hatua zimekwisha.", "Nenda mahakamani."], "en": ["The steps are used up."]}
    with transaction(owner), pytest.raises(Refused, match="not-found"):
        writing.final(receipt.case_id, words, now)
    for _cycle in range(3):
        now += DAY
        with transaction(Principal.of_officer(handler)):
            desk.answer(receipt.case_id, "Imetengenezwa.", now)
        with transaction(owner):
            citizen.not_fixed(receipt.case_id, "Bado.", now)
    with transaction(owner):
        letter = writing.final(receipt.case_id, words, now)
        assert writing.final(receipt.case_id, {"sw": ["x"], "en": ["x"]}, now + DAY) == letter
        made, name = issuing.paper(letter, now)
        assert "Thestepsareusedup." in pages.text(issuing.paper(letter, now, "en")[0])
    assert name == "EM-DODOMA-CC-2025-1.pdf"
    said = pages.text(made)
    assert "Hatuazimekwisha.Nendamahakamani." in said
    assert receipt.reference in said
    assert "nihalalibilasahihi" in said
    # The office hands the same one over; another's citizen never sees it.
    with transaction(Principal.of_officer(handler)):
        assert writing.final(receipt.case_id, words, now) == letter
        assert issuing.paper(letter, now)[0] == made
    other = make.case(monday)
    with transaction(Principal.of_case(other.case_id)), pytest.raises(Refused, match="not-found"):
        issuing.paper(letter, now)
    with transaction(Principal.of_case(receipt.case_id)):
        assert views.for_citizen(receipt.case_id, now).reference == receipt.reference
