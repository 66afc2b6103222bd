"""Conversations as a citizen sees them on a phone; `docs/conversations.md` is what they print.

MREJESHO_WRITE_DOCS=1 .venv/bin/python -m pytest -n 0 tests/conversations     writes the page
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from feedback.services import desk
from feedback.services.intake import FLOOD, SLOWED
from tests.conversations.page import told
from tests.conversations.telling import OFFICER, Telling
from tests.factories import Make
from tests.services import kit

NUMBER, OTHER = "+255712345678", "+255754000002"
DAY = timedelta(days=1)
Behind = psycopg.Connection[Any]


def newest(behind: Behind) -> Any:
    """The case that came last."""
    return kit.rows(behind, 'SELECT id FROM "case" ORDER BY received_at DESC LIMIT 1')[0]["id"]


def test_a_complaint_by_sms(telling: Telling, make: Make, superuser: Behind) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    reply = telling.writes(NUMBER, "Jiji la Dodoma, taka hazijazolewa Uhindini wiki mbili sasa 😡")
    assert telling.reference in reply
    case = newest(superuser)
    assert telling.code == ""
    telling.writes(NUMBER, f"MSIMBO {telling.reference}")
    assert telling.code
    telling.later("Two days later.", 2 * DAY)
    telling.office("The handler asks at the desk.", officer, desk.ask, case, "Ni mtaa gani?")
    telling.hears(NUMBER)
    telling.writes(NUMBER, f"{telling.reference} Ni mtaa wa Mtendeni, karibu na soko")
    telling.later("The next day.", DAY)
    telling.office(
        "The handler answers.", officer, desk.answer, case, "Taka zimezolewa leo asubuhi. Pole."
    )
    assert "Taka zimezolewa" in telling.hears(NUMBER)
    assert telling.writes(NUMBER, f"NIMERIDHIKA {telling.reference}")
    assert kit.case_row(superuser, case)["status"] == "closed"
    told(telling, "A complaint by SMS, a question, an answer")


def test_a_stranger_learns_nothing(telling: Telling, make: Make) -> None:
    make.officer("DODOMA-CC", "handler")
    telling.writes(NUMBER, "Jiji la Dodoma: maji yanavuja barabarani")
    reference = telling.reference
    stranger = telling.writes(OTHER, f"HALI {reference}")
    never_made = telling.writes(OTHER, "HALI ABCD-1234")
    assert stranger == never_made
    told(telling, "A stranger with the reference")


def test_where_the_institution_cannot_be_told(
    telling: Telling, make: Make, superuser: Behind
) -> None:
    make.officer("PO-PSMGG", "handler")
    make.officer("DODOMA-CC", "handler")
    telling.writes(NUMBER, "KERO mtaani kwetu kuna shimo kubwa la hatari")
    case = newest(superuser)
    telling.writes(NUMBER, "Jiji la Dodoma")
    assert not kit.case_row(superuser, case)["triage"]
    told(telling, "One question back")


def test_one_phone_and_several_cases(telling: Telling, make: Make, superuser: Behind) -> None:
    officer = make.officer("DODOMA-CC", "coordinator")
    telling.writes(NUMBER, "LALAMIKO Jiji la Dodoma taka hazijazolewa Uhindini")
    first = newest(superuser)
    telling.later("Ten minutes later.", timedelta(minutes=10))
    telling.writes(NUMBER, "lalamiko jiji la Doodma taka hazijazolewa uhindini!!")
    telling.writes(NUMBER, "LALAMIKO Jiji la Dodoma taa za barabarani haziwaki mtaa wa Kuu")
    second, reference = newest(superuser), telling.reference
    telling.office("The office asks about the first.", officer, desk.ask, first, "Tangu lini?")
    telling.hears(NUMBER)
    telling.office("And about the second.", officer, desk.ask, second, "Taa ngapi?")
    telling.hears(NUMBER)
    telling.later("Ten minutes later.", timedelta(minutes=10))
    assert "Jibu kwa kumbukumbu" in telling.writes(NUMBER, "Zote nne, upande wa kushoto")
    assert reference in telling.writes(NUMBER, reference)
    assert kit.case_row(superuser, second)["status"] != "waiting_citizen"
    assert kit.case_row(superuser, first)["status"] == "waiting_citizen"
    telling.writes(NUMBER, "HALI")
    told(telling, "One phone and several cases")


def test_language_and_stop(telling: Telling, make: Make) -> None:
    make.officer("DODOMA-CC", "handler")
    telling.writes(NUMBER, "LUGHA")
    telling.writes(NUMBER, "ENGLISH")
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa")
    telling.writes(NUMBER, "STOP")
    assert "again" in telling.writes(NUMBER, "START")
    told(telling, "Another language, stop and start")


def test_in_english(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "Dodoma City: the street lights have not worked for two weeks")
    case = newest(superuser)
    assert "with an officer" in telling.writes(NUMBER, "STATUS")
    telling.later("The next day.", DAY)
    telling.office("The handler asks at the desk.", handler, desk.ask, case, "Which street?")
    telling.hears(NUMBER)
    telling.writes(NUMBER, f"{telling.reference} Kuu Street, from the market to the bus stand")
    telling.office("The handler answers.", handler, desk.answer, case, "Repaired this morning.")
    telling.hears(NUMBER)
    telling.writes(NUMBER, "SATISFIED")
    assert kit.case_row(superuser, case)["status"] == "closed"
    told(telling, "The same in English")


def test_in_pieces(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.sends(
        NUMBER,
        "Jiji la Dodoma, naomba mtusaidie kuhusu barabara ya mtaa wetu wa Uhindini ambayo"
        " imeharibika tangu mvua za mwezi uliopita na sasa magari hayawezi ku",
    )
    telling.writes(NUMBER, "pita, wagonjwa wanabebwa kwa miguu hadi kituo cha afya")
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) == 1
    told(telling, "A message in pieces")


def test_other_kinds(telling: Telling, handler: int, superuser: Behind) -> None:
    for words in (
        "PENDEKEZO Jiji la Dodoma wekeni taa za barabarani Uhindini",
        "HONGERA Jiji la Dodoma kwa usafi wa soko kuu",
        "ULIZO Jiji la Dodoma leseni ya biashara inalipiwa wapi?",
    ):
        telling.writes(NUMBER, words)
        telling.later("An hour later.", timedelta(hours=1))
    kinds = kit.rows(superuser, 'SELECT kind FROM "case" ORDER BY received_at')
    assert [row["kind"] for row in kinds] == ["suggestion", "compliment", "enquiry"]
    told(telling, "A suggestion, a compliment, an enquiry")


def test_a_name_that_nobody_knows(telling: Telling, make: Make, superuser: Behind) -> None:
    make.officer("PO-PSMGG", "handler")
    telling.writes(NUMBER, "KERO mtaani kwetu kuna shimo kubwa la hatari")
    telling.writes(NUMBER, "TAASISI ofisi ya bwana mkubwa")
    case = kit.case_row(superuser, newest(superuser))
    assert (case["triage"], case["due_at"] is not None) == (True, True)
    told(telling, "No answer to the question")


def test_the_institution_used_last(
    telling: Telling, make: Make, handler: int, superuser: Behind
) -> None:
    make.officer("TANESCO", "handler")
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    telling.later("A week later.", 7 * DAY)
    telling.writes(NUMBER, "KERO mtaani kwetu kuna shimo kubwa la hatari")
    telling.writes(NUMBER, "TAASISI TANESCO")
    told(telling, "The institution used last")


def test_not_fixed_to_the_end(
    telling: Telling, make: Make, handler: int, superuser: Behind
) -> None:
    make.hold(make.officer("DODOMA-CC", "head"), "DODOMA-CC", "institution_head")
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    case = newest(superuser)
    for answer, back in (
        ("Taka zitazolewa Ijumaa.", "SIJARIDHIKA"),
        ("Gari limeharibika.", f"SIJARIDHIKA {telling.reference} bado zipo, zinanuka"),
        ("Tumefanya tuliloweza.", f"SIJARIDHIKA {telling.reference}"),
    ):
        telling.later("The next day.", DAY)
        acting = kit.case_row(superuser, case)["handler_id"]
        telling.office("The office answers.", acting, desk.answer, case, answer)
        telling.hears(NUMBER)
        telling.writes(NUMBER, back)
    assert kit.owed(superuser, case).count("final_letter_to") == 1
    told(telling, "Not fixed, and the final letter")


def test_satisfied_with_a_rating(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    case = newest(superuser)
    telling.later("The next day.", DAY)
    telling.office("The office answers.", handler, desk.answer, case, "Zimezolewa Uhindini.")
    telling.hears(NUMBER)
    telling.writes(NUMBER, "BADO")
    telling.writes(NUMBER, "Zimezolewa upande mmoja tu, nyuma ya soko bado")
    telling.later("The next day.", DAY)
    acting = kit.case_row(superuser, case)["handler_id"]
    telling.office("The office answers again.", acting, desk.answer, case, "Na nyuma ya soko.")
    telling.hears(NUMBER)
    telling.writes(NUMBER, "SAWA 5 asante sana")
    telling.writes(NUMBER, "SAWA 4")
    row = kit.case_row(superuser, case)
    assert (row["status"], row["rating"], row["appeals"]) == ("closed", 4, 1)
    told(telling, "Satisfied, with a rating and a word")


def test_proof_of_filing(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    telling.later("Four weeks later nobody has answered.", 28 * DAY)
    telling.hears(NUMBER)
    telling.writes(NUMBER, f"THIBITISHA {telling.reference}")
    telling.writes(OTHER, f"HAKIKI {telling.proof} {telling.pin}", OFFICER)
    telling.writes(OTHER, f"HAKIKI {telling.proof} 000000", OFFICER)
    assert kit.acts(superuser, newest(superuser)).count("proof_shown") == 1
    told(telling, "Proof of filing by SMS")


def test_a_confidential_case(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "SIRI Jiji la Dodoma mwalimu wa Uhindini anawapiga watoto")
    case = newest(superuser)
    assert kit.case_row(superuser, case)["confidentiality"] == "confidential"
    telling.writes(NUMBER, f"MSIMBO {telling.reference}")
    telling.later("The next day.", DAY)
    telling.office("The office answers.", handler, desk.answer, case, "Mwalimu amesimamishwa.")
    assert "simamishwa" not in telling.hears(NUMBER)
    telling.dials(NUMBER)
    telling.enters(NUMBER, "1")
    telling.picks(NUMBER, "Mashauri yangu")
    telling.enters(NUMBER, "1")
    telling.picks(NUMBER, "Soma jibu")
    assert "simamishwa" in telling.enters(NUMBER, telling.code)
    telling.enters(NUMBER, "00")
    told(telling, "A confidential case")


def test_secret_and_anonymous_later(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    assert "kwa siri" in telling.writes(NUMBER, f"SIRI {telling.reference}")
    telling.writes(NUMBER, f"BILA JINA {telling.reference}")
    case = kit.case_row(superuser, newest(superuser))
    assert (case["confidentiality"], case["anonymous"]) == ("confidential", True)
    told(telling, "A case made secret and anonymous later")


def test_after_a_stop(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    case = newest(superuser)
    telling.writes(NUMBER, "ACHA")
    telling.office("The handler acknowledges the case.", handler, desk.acknowledge, case)
    assert telling.hears(NUMBER) == ""
    telling.office("The handler answers.", handler, desk.answer, case, "Zimezolewa leo.")
    assert "Zimezolewa" in telling.hears(NUMBER)
    assert "HALI" not in telling.writes(NUMBER, "HALI")
    telling.writes(NUMBER, "ANZA")
    told(telling, "After a stop only answers come")


def test_help(telling: Telling) -> None:
    assert "Andika tatizo lako" in telling.writes(NUMBER, "Habari za leo")
    telling.writes(NUMBER, "MSAADA")
    telling.writes(NUMBER, "HELP")
    told(telling, "Help")


def test_a_flood(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "LALAMIKO Jiji la Dodoma nyumba namba 1 haina maji")
    begun = len(telling.lines)
    for house in range(2, FLOOD + 1):
        telling.sends(NUMBER, f"LALAMIKO Jiji la Dodoma nyumba namba {house} haina maji")
    telling.hears(NUMBER)
    telling.lines[begun:] = [
        f"*{FLOOD - 1} more like it within the hour, each answered as the first.*"
    ]
    for house in range(FLOOD + 1, FLOOD + 3):
        said = f"LALAMIKO Jiji la Dodoma nyumba namba {house} haina maji"
        assert telling.writes(NUMBER, said) == ""
    cases = len(kit.rows(superuser, 'SELECT id FROM "case"'))
    telling.later("Ten minutes later.", SLOWED)
    assert "kwa pamoja" in telling.hears(NUMBER)
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) == cases
    told(telling, "Many messages at once")
