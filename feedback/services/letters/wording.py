"""What a letter says, in Swahili or in English. An office's letter is Swahili whatever the language
of the page from which it is printed; the English one says the same to who reads no Swahili."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date

from feedback.services.letters.facts import Both, Facts, Holder

OFFICE_DAY = 480  # working minutes
LANGUAGES = ("sw", "en")

_LABELS: dict[str, Both] = {
    "heading": ("JAMHURI YA MUUNGANO WA TANZANIA", "THE UNITED REPUBLIC OF TANZANIA"),
    "zanzibar": (
        "SERIKALI YA MAPINDUZI YA ZANZIBAR",
        "THE REVOLUTIONARY GOVERNMENT OF ZANZIBAR",
    ),
    "number": ("Kumb. Na.", "Ref. No."),
    "date": ("Tarehe:", "Date:"),
    "subject": ("Yah:", "Re:"),
    "copy": ("NAKALA", "COPY"),
    "secret": ("SIRI", "CONFIDENTIAL"),
    "page": ("Ukurasa", "Page"),
    "holders": ("Lilikokuwa, na kwa muda gani", "Where it lay, and for how long"),
    "place": ("Idara na taasisi", "Unit and institution"),
    "since": ("Tangu", "Since"),
    "time": ("Muda wa kazi", "Working time"),
    "nobody": ("bila afisa aliyepangiwa", "no officer was named"),
    "received_by": ("Imepokelewa na:", "Received by:"),
    "received_on": ("Tarehe:", "Date:"),
    "accounting": ("Afisa Masuuli", "The Accounting Officer"),
    "coordinator": ("MRATIBU WA MALALAMIKO", "COMPLAINTS COORDINATOR"),
    "ethics": ("AFISA MAADILI", "ETHICS OFFICER"),
    "citizen": ("Mwananchi aliyewasilisha shauri hili", "The citizen who brought this case"),
    "foot": (
        "Barua hii inathibitishwa kwa kuskani alama hii, au kwa kufungua:",
        "This letter is confirmed by scanning this code, or by opening:",
    ),
    "foot_more": (
        "Ukurasa huo unaonyesha namba, tarehe na aliyeandikiwa tu; hauonyeshi chochote cha shauri.",
        "That page shows number, date and addressee alone, and nothing of the case.",
    ),
}
_KINDS: dict[str, Both] = {
    "complaint": ("Lalamiko", "Complaint"),
    "suggestion": ("Pendekezo", "Suggestion"),
    "compliment": ("Pongezi", "Compliment"),
    "enquiry": ("Ulizo", "Enquiry"),
}
_WHY: dict[str, Both] = {
    "acknowledge": (
        "mwananchi hajathibitishiwa ndani ya muda kwamba linashughulikiwa",
        "nobody confirmed to the citizen in time that it is in hand",
    ),
    "answer": (
        "halijajibiwa ndani ya muda uliowekwa",
        "it was not answered within the time set",
    ),
    "appeal": (
        "mwananchi hakuridhika na majibu aliyopewa",
        "the citizen was not satisfied with the answer given",
    ),
    "unowned": ("halina afisa aliyepangiwa", "it has no officer in charge"),
    "transfer": (
        "limehamishwa mara nyingi bila kujibiwa",
        "it was handed on many times without an answer",
    ),
    "pause": (
        "muda wake umesimamishwa mara kwa mara kumsubiri mwananchi",
        "its clock was stopped again and again to wait for the citizen",
    ),
    "directive": (
        "agizo lililotolewa kulihusu halijatekelezwa kwa wakati",
        "a directive about it was not followed in time",
    ),
    "paper": (
        "barua ya mwananchi kulihusu ilipokelewa katika ofisi ya juu",
        "a letter of the citizen about it arrived at a high office",
    ),
}
_ASKS: dict[str, Both] = {
    "answer": (
        "Unaombwa kuhakikisha mwananchi anajibiwa ifikapo {by}.",
        "You are asked to see that the citizen is answered by {by}.",
    ),
    "explain": (
        "Unaombwa kuwasilisha kwa ofisi hii maelezo ya maandishi ya sababu za kuchelewa ifikapo "
        "{by}.",
        "You are asked to explain the delay to this office in writing by {by}.",
    ),
    "both": (
        "Unaombwa kuhakikisha mwananchi anajibiwa, na kuwasilisha kwa ofisi hii maelezo ya "
        "maandishi ya sababu za kuchelewa, ifikapo {by}.",
        "You are asked to see that the citizen is answered, and to explain the delay to this "
        "office in writing, by {by}.",
    ),
}
_APART: Both = (
    "Maelezo ya mwananchi na utambulisho wake havimo katika barua hii kwa sababu za usiri.",
    "What the citizen wrote, and who that is, does not stand in this letter, for confidence.",
)


def label(name: str) -> Both:
    """A word of the form in both languages."""
    return _LABELS[name]


def sheet(facts: Facts, language: str, number: str, issued: date, url: str, *, copy: bool) -> Any:
    """Everything that stands on the paper, for the template."""
    n = LANGUAGES.index(language)

    def say(name: str) -> str:
        return _LABELS[name][n]

    subject, opening, closing = {
        "escalation": _escalation,
        "reminder": _reminder,
        "final": _final,
    }[facts.kind](facts, n)
    final = facts.kind == "final"
    return {
        "language": language,
        "title": f"{number}: {subject}",
        "heading": say("zanzibar" if facts.zanzibar else "heading"),
        "sender": [facts.sender[n]],
        "labels": {
            "number": say("number"),
            "date": say("date"),
            "subject": say("subject"),
            "holders": say("holders"),
            "columns": [say("place"), say("since"), say("time")],
        },
        "number": number,
        "date": _day(issued.isoformat(), n),
        "mark": "" if facts.level == "open" else say("secret"),
        "addressee": _addressee(facts, n),
        "subject": subject,
        "opening": opening,
        "facts": _rows(facts, n),
        "holders": [] if final else [_holder(each, n) for each in facts.holders],
        "closing": closing,
        "signs": [each[n] for each in facts.signs],
        "received": [say("received_by"), say("received_on")] if facts.kind == "escalation" else [],
        "foot": [say("foot"), url, say("foot_more")],
        "page": say("page"),
        "copy": say("copy") if copy else "",
        "url": url,
    }


def _addressee(facts: Facts, n: int) -> list[str]:
    lines = [each[n] for each in facts.addressee]
    if facts.kind == "reminder":
        lines.insert(0, _LABELS["accounting"][n])
    return [f"{line}," for line in lines[:-1]] + [f"{lines[-1]}."] if n == 0 else lines


def _escalation(facts: Facts, n: int) -> tuple[str, list[str], list[str]]:
    why = _WHY.get(facts.driver, _WHY["answer"])[n]
    late = facts.late > 0 and not facts.answered
    restricted = facts.level == "restricted"
    if n:
        subject = f"CASE {facts.reference} " + ("IS LATE" if late else "NEEDS YOUR DECISION")
        opening = [
            f"The case named above came through the e-Mrejesho system. It is brought to you, rung "
            f"{facts.rung} of its ladder, because {why}, so that you direct that it be dealt with. "
            "The officer in charge stays responsible for it."
        ]
        whom = "the ethics officer" if restricted else "the complaints coordinator"
        closing = [
            f"{_APART[1]} Of what was done so far {whom} can tell you.",
            f"Please give the officer in charge a directive with a day, through {whom}.",
        ]
        return subject, opening, closing
    subject = f"SHAURI NAMBA {facts.reference} " + (
        "LILILOCHELEWA KUJIBIWA" if late else "LINALOHITAJI UAMUZI WAKO"
    )
    opening = [
        "Tafadhali husika na somo tajwa hapo juu.",
        f"Shauri hili liliwasilishwa kupitia mfumo wa e-Mrejesho. Kwa mujibu wa utaratibu "
        f"linaletwa kwako, ngazi ya {facts.rung}, kwa sababu {why}, ili uelekeze "
        "lishughulikiwe. Afisa aliyepangiwa anaendelea kuwajibika nalo.",
    ]
    whom = "afisa maadili" if restricted else "mratibu wa malalamiko"
    closing = [
        f"{_APART[0]} Hatua zilizofikiwa unaweza kuelezwa na {whom}.",
        f"Unaombwa kumpa afisa anayehusika agizo lenye tarehe, kupitia kwa {whom}.",
        "Nakutakia utekelezaji mwema.",
    ]
    return subject, opening, closing


def _reminder(facts: Facts, n: int) -> tuple[str, list[str], list[str]]:
    why, by = _WHY.get(facts.driver, _WHY["answer"])[n], _day(facts.by, n)
    late = facts.late > 0 and not facts.answered
    asked = _ASKS[facts.ask][n].format(by=by)
    if n:
        subject = f"REMINDER: CASE {facts.reference}" + (", WHICH IS LATE" if late else "")
        opening = [
            "The case named above came to your institution through the e-Mrejesho system. It has "
            f"reached this office because {why}."
        ]
        return subject, opening, [asked, f"{_APART[1]} Your institution finds it in the system."]
    subject = f"UKUMBUSHO: SHAURI NAMBA {facts.reference}" + (
        " LILILOCHELEWA KUJIBIWA" if late else ""
    )
    opening = [
        "Tafadhali husika na somo tajwa hapo juu.",
        "Shauri hili liliwasilishwa katika taasisi yako kupitia mfumo wa e-Mrejesho. Limefika "
        f"katika ofisi hii kwa sababu {why}.",
    ]
    closing = [
        asked,
        f"{_APART[0]} Taasisi yako inaliona shauri hili katika mfumo.",
        "Nakutakia utekelezaji mwema.",
    ]
    return subject, opening, closing


def _final(facts: Facts, n: int) -> tuple[str, list[str], list[str]]:
    if n:
        subject = f"FINAL ANSWER: CASE {facts.reference}"
        closing = [
            "This letter was made by the e-Mrejesho system and is valid without a signature. The "
            "code below shows that it is genuine."
        ]
        return subject, list(facts.words_en), closing
    subject = f"BARUA YA MWISHO: SHAURI NAMBA {facts.reference}"
    closing = [
        "Barua hii imetolewa na mfumo wa e-Mrejesho na ni halali bila sahihi. Alama iliyo chini "
        "inathibitisha kwamba ni halisi."
    ]
    return subject, list(facts.words_sw), closing


def _rows(facts: Facts, n: int) -> list[tuple[str, list[str]]]:
    """The facts of the case, as far as they say something."""
    final = facts.kind == "final"
    steps = [f"{each.number}. {each.name[n]}, {_day(each.day, n)}" for each in facts.steps]
    said: list[tuple[Both, str | list[str]]] = [
        (("Aina", "Kind"), _KINDS[facts.case_kind][n]),
        (("Linahusu", "About"), facts.category[n] if facts.category and not final else ""),
        (("Mahali", "Place"), "" if final else facts.place),
        (("Lilipokelewa", "Received on"), _day(facts.received, n)),
        (
            ("Mwananchi amejulishwa kwamba linashughulikiwa", "The citizen was told it is in hand"),
            "" if final else (("Ndiyo", "Yes") if facts.acknowledged else ("Hapana", "No"))[n],
        ),
        (("Siku ya mwisho ya kujibu", "To be answered by"), "" if final else _day(facts.due, n)),
        (
            ("Siku za kazi zilizopita tangu hapo", "Working days since then"),
            str(facts.late) if facts.late and not final else "",
        ),
        (
            ("Lilifika ngazi hii", "It reached this rung on"),
            _day(facts.reached, n) if facts.kind == "escalation" else "",
        ),
        (
            ("Ngazi zilizofikiwa", "Rungs reached")
            if facts.kind != "escalation"
            else ("Ngazi zilizotangulia", "Rungs before"),
            steps,
        ),
    ]
    return [
        (label[n], value if isinstance(value, list) else [value]) for label, value in said if value
    ]


def _holder(each: Holder, n: int) -> list[str]:
    place = each.place[n]
    if not each.owned:
        place = f"{place} ({_LABELS['nobody'][n]})"
    return [place, _day(each.since, n), _time(each.minutes, n)]


def _time(minutes: int, n: int) -> str:
    """Working time, by whole days of an office, or hours where it was less than one."""
    days, hours = minutes // OFFICE_DAY, minutes // 60
    if days:
        return f"days: {days}" if n else f"siku {days}"
    return f"hours: {hours}" if n else f"saa {hours}"


def _day(text: str, n: int) -> str:
    if not text:
        return ""
    return format_date(date.fromisoformat(text), "d MMMM y", locale=LANGUAGES[n])
