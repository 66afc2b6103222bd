"""Conversations by USSD, screen by screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from feedback.services import desk
from tests.conversations.page import told
from tests.conversations.telling import Telling
from tests.conversations.test_conversations import newest
from tests.services import kit

NUMBER = "+255712345678"
WORDS = "Shule ya msingi Uhindini haina madawati"
Behind = psycopg.Connection[Any]


def picks(telling: Telling, *labels: str) -> None:
    for label in labels:
        telling.picks(NUMBER, label)


def to_words(telling: Telling) -> None:
    """From dialling to the screen that takes the words, by the typed name of the institution."""
    telling.dials(NUMBER)
    picks(telling, "Kiswahili", "Tuma mrejesho", "Lalamiko")
    telling.enters(NUMBER, "Jiji la Dodoma")
    telling.enters(NUMBER, "99")
    telling.picks(NUMBER, "Shule za awali")


def test_filing(telling: Telling, handler: int, superuser: Behind) -> None:
    to_words(telling)
    telling.enters(NUMBER, WORDS)
    telling.picks(NUMBER, "Endelea")
    telling.enters(NUMBER, "Uhindini")
    picks(telling, "Kawaida", "Bila jina")
    assert "Kumbukumbu" in telling.picks(NUMBER, "Tuma")
    assert telling.reference in telling.hears(NUMBER)
    assert kit.case_row(superuser, newest(superuser))["channel"] == "ussd"
    told(telling, "A complaint by USSD")


def test_by_region(telling: Telling) -> None:
    telling.dials(NUMBER)
    picks(telling, "Kiswahili", "Tuma mrejesho", "Lalamiko", "kwa mkoa")
    telling.enters(NUMBER, "99")
    telling.enters(NUMBER, "0")
    telling.picks(NUMBER, "Dodoma")
    telling.enters(NUMBER, "99")
    telling.picks(NUMBER, "Kondoa")
    telling.enters(NUMBER, "00")
    told(telling, "An institution by region, page by page")


def test_filing_in_english(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.dials(NUMBER)
    picks(telling, "English", "Send feedback", "Suggestion")
    telling.enters(NUMBER, "Dodoma City")
    telling.enters(NUMBER, "1")
    telling.enters(NUMBER, "Please put lights on Kuu Street")
    picks(telling, "Go on")
    telling.enters(NUMBER, "1")
    picks(telling, "Open", "Without name")
    assert "Reference" in telling.picks(NUMBER, "Send")
    told(telling, "A suggestion by USSD in English")


def test_words_by_sms(telling: Telling, handler: int, superuser: Behind) -> None:
    to_words(telling)
    telling.enters(NUMBER, "1")
    telling.enters(NUMBER, "Uhindini")
    picks(telling, "Siri", "Bila jina")
    assert "SMS" in telling.picks(NUMBER, "Tuma")
    telling.later("Five minutes later.", timedelta(minutes=5))
    telling.writes(NUMBER, telling.ticket)
    telling.writes(
        NUMBER, f"{telling.ticket} Shule ya msingi Uhindini haina madawati, watoto wanakaa chini 😡"
    )
    case = kit.case_row(superuser, newest(superuser))
    assert (case["channel"], case["confidentiality"]) == ("ussd", "confidential")
    told(telling, "By USSD, the words by SMS")


def test_resumed(telling: Telling, handler: int) -> None:
    to_words(telling)
    telling.enters(NUMBER, WORDS)
    telling.drops(NUMBER, "The connection breaks off. Twenty minutes later:")
    telling.clock.shift(timedelta(minutes=20))
    telling.dials(NUMBER)
    assert WORDS in telling.picks(NUMBER, "Ndiyo")
    telling.picks(NUMBER, "Endelea")
    telling.enters(NUMBER, "1")
    picks(telling, "Kawaida", "Bila jina", "Tuma")
    told(telling, "A session that broke off")


def test_following(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    case = newest(superuser)
    telling.dials(NUMBER)
    picks(telling, "Kiswahili", "Mashauri yangu", telling.reference, "Nitumie msimbo")
    telling.enters(NUMBER, "00")
    assert telling.code in telling.hears(NUMBER)
    telling.later("The next day.", timedelta(days=1))
    telling.office("The office answers.", handler, desk.answer, case, "Zimezolewa leo asubuhi.")
    telling.hears(NUMBER)
    telling.dials(NUMBER)
    picks(telling, "Mashauri yangu", telling.reference, "Soma jibu")
    telling.enters(NUMBER, telling.code)
    telling.enters(NUMBER, "0")
    telling.picks(NUMBER, "Sijaridhika")
    telling.enters(NUMBER, "Bado zipo nyuma ya soko")
    telling.enters(NUMBER, "00")
    assert "mapitio" in telling.hears(NUMBER)
    told(telling, "Status, answer and not fixed by USSD")


def test_satisfied_and_a_proof(telling: Telling, handler: int, superuser: Behind) -> None:
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    case = newest(superuser)
    telling.writes(NUMBER, f"MSIMBO {telling.reference}")
    telling.later("The next day.", timedelta(days=1))
    telling.office("The office answers.", handler, desk.answer, case, "Zimezolewa leo asubuhi.")
    telling.hears(NUMBER)
    telling.dials(NUMBER)
    picks(telling, "Kiswahili", "Mashauri yangu", telling.reference, "Soma jibu")
    telling.enters(NUMBER, telling.code)
    telling.enters(NUMBER, "0")
    picks(telling, "Nimeridhika", "Ndiyo", "Vizuri sana")
    telling.enters(NUMBER, "Asanteni, mtaa ni msafi")
    telling.picks(NUMBER, "Uthibitisho")
    assert telling.pin
    telling.hears(NUMBER)
    row = kit.case_row(superuser, case)
    assert (row["status"], row["rating"]) == ("closed", 5)
    told(telling, "Satisfied, and a proof, by USSD")


def test_help(telling: Telling) -> None:
    telling.dials(NUMBER)
    picks(telling, "Kiswahili", "Msaada")
    telling.enters(NUMBER, "99")
    telling.enters(NUMBER, "99")
    telling.enters(NUMBER, "00")
    told(telling, "Help by USSD")
