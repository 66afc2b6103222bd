"""What an e-mail to an officer says: references, days and numbers, never a word of a case.

A mailbox of an office is read by others. Of a case that is confidential not even the reference
stands here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from babel.dates import format_date

SUBJECTS = {
    "officer_mail_code": {
        "sw": "e-Mrejesho: msimbo wa kuthibitisha barua pepe",
        "en": "e-Mrejesho: the code that confirms this mailbox",
    },
    "officer_list_mail": {
        "sw": "e-Mrejesho: orodha yako ya leo",
        "en": "e-Mrejesho: your list of the day",
    },
    "officer_urgent_mail": {
        "sw": "e-Mrejesho: jambo la haraka linakusubiri",
        "en": "e-Mrejesho: something urgent waits for you",
    },
}
URGENT = {
    "escalated": {
        "sw": "Shauri lililochelewa limefika kwenye wadhifa wako",
        "en": "A late case reached your post",
    },
    "digest": {
        "sw": "Mashauri yaliyochelewa yamefika kwenye wadhifa wako",
        "en": "Late cases reached your post",
    },
    "rung_told": {
        "sw": "Kwa taarifa: mashauri yaliyochelewa yamefika kwenye wadhifa wako",
        "en": "For information: late cases reached your post",
    },
    "due_today": {
        "sw": "Mwisho wa kujibu shauri lako ni leo",
        "en": "A case of yours is due today",
    },
    "will_climb": {
        "sw": "Mashauri ya ofisi yako yanapanda ngazi wiki hii; tazama Matarajio kwenye dawati",
        "en": "Cases of your office go up the ladder this week; see Forecast at the desk",
    },
    "directive": {"sw": "Umepewa agizo", "en": "A directive was given to you"},
    "explanation_asked": {
        "sw": "Unatakiwa kueleza sababu ya kuchelewa",
        "en": "You must explain a delay",
    },
    "reason_rejected": {
        "sw": "Sababu yako ya kuchelewa haikukubaliwa; nyingine inatakiwa",
        "en": "Your reason for a delay was not accepted; another one is demanded",
    },
    "handed_down": {
        "sw": "Umekabidhiwa shauri pamoja na agizo",
        "en": "A case was handed to you with a directive",
    },
    "recommended": {
        "sw": "Pendekezo la agizo linasubiri uamuzi wako",
        "en": "A recommended directive waits for your decision",
    },
    "identity_asked": {
        "sw": "Ombi la kufungua utambulisho linasubiri uamuzi wako",
        "en": "A request to open an identity waits for your decision",
    },
    "grant_asked": {
        "sw": "Ombi la msimamizi linasubiri uamuzi wako",
        "en": "An administrator's request waits for your decision",
    },
    "day_off_undecided": {
        "sw": "Sikukuu iko karibu na bado haijathibitishwa: amua leo",
        "en": "A day off is near and not confirmed yet: decide today",
    },
    "change_asked": {
        "sw": "Badiliko la msimamizi mwingine linasubiri uamuzi wako",
        "en": "Another administrator's change waits for your decision",
    },
    "extension_asked": {
        "sw": "Ombi la kuongeza muda linasubiri uamuzi wako",
        "en": "A request for more time waits for your decision",
    },
    "not_fixed": {
        "sw": "Mwananchi hajaridhika; shauri limefunguliwa tena",
        "en": "The citizen says: not fixed; the case is open again",
    },
    "officer_pin_locked": {
        "sw": "PIN ya simu yako imefungwa",
        "en": "The PIN of your phone is locked",
    },
    "reset_password": {
        "sw": "Nenosiri la akaunti yako limebadilishwa na msimamizi",
        "en": "An administrator had a new password set for your account",
    },
    "system_alarm": {
        "sw": "Sehemu ya mfumo ilisimama; angalia kazi za mfumo",
        "en": "Part of the system stood still; see its jobs",
    },
    "reset_factors": {
        "sw": "Hatua ya pili ya kuingia imeondolewa na msimamizi",
        "en": "An administrator removed your second step",
    },
}
_HEADS = {
    "late": {"sw": "Yamechelewa", "en": "Late"},
    "today": {"sw": "Mwisho ni leo", "en": "Due today"},
    "week": {"sw": "Wiki hii", "en": "This week"},
}
_NUMBERS = {
    "confidential": {
        "sw": "Ya siri (yasome kwenye dawati): {count}",
        "en": "Confidential (read them at the desk): {count}",
    },
    "unread": {
        "sw": "Yenye ujumbe mpya wa mwananchi: {count}",
        "en": "With a new message: {count}",
    },
    "unowned": {
        "sw": "Yasiyo na mhusika katika taasisi: {count}",
        "en": "Without an owner in the institution: {count}",
    },
    "notices": {"sw": "Taarifa ambazo hujasoma: {count}", "en": "Notices not read: {count}"},
}
_AHEAD = {
    "climbs": {
        "sw": "Yatapanda ngazi wiki hii kama hakuna atakayeyashughulikia",
        "en": "They go up the ladder this week if nobody acts",
    },
    "climbed": {
        "sw": "Yaliyopanda ngazi tangu siku ya kazi iliyopita",
        "en": "They went up since the last working day began",
    },
    "nobody": {"sw": "halina mhusika", "en": "no owner"},
}
_MORE = {"sw": "  na mengine {count}", "en": "  and {count} more"}
_DESK = {"sw": "Dawati: {url}", "en": "The desk: {url}"}
_CLOSING = {
    "sw": "Barua hii hutumwa moja kwa moja; usiijibu. Saa za orodha: akaunti yako, Taarifa kwangu.",
    "en": "This is sent by itself; do not reply. The hours of the list: your account, "
    "How I am told.",
}
_CODE = {
    "sw": "Msimbo wa kuthibitisha barua pepe yako ya kazi katika e-Mrejesho: {code}\n\n"
    "Usimpe mtu. Kama hukuuomba, puuza barua hii.",
    "en": "The code that confirms your mailbox for work in e-Mrejesho: {code}\n\n"
    "Give it to nobody. If you did not ask for it, ignore this.",
}
MOST = 40
"""Cases named in one list."""


@dataclass(frozen=True, slots=True)
class Climb:
    """An ordinary case that goes up, or went: when, to which rung, and who has it."""

    reference: str
    day: date
    rung_sw: str
    rung_en: str
    handler: str | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """The warning of the morning: ordinary cases by name, of confidential ones their number."""

    climbs: Sequence[Climb] = ()
    climbs_closed: int = 0
    climbed: Sequence[Climb] = ()
    climbed_closed: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to warn of."""
        return not (self.climbs or self.climbed or self.climbs_closed or self.climbed_closed)


@dataclass(frozen=True, slots=True)
class Day:
    """What a list tells: (reference, day) of ordinary cases by `late`, `today` and `week`; counts
    of everything else."""

    cases: Mapping[str, Sequence[tuple[str, date]]] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not any(self.cases.values()) and not any(self.numbers.values())


def code(language: str, code: str) -> str:
    """The letter with a code."""
    return _CODE[language].format(code=code) + "\n"


def day(language: str, said: Day, url: str) -> str:
    """The letter with the list of the day."""
    parts = []
    for head, words in _HEADS.items():
        cases = said.cases.get(head, ())
        if not cases:
            continue
        lines = [f"{words[language]} ({len(cases)}):"]
        lines += [f"  {reference}  {_day(due, language)}" for reference, due in cases[:MOST]]
        if len(cases) > MOST:
            lines.append(_MORE[language].format(count=len(cases) - MOST))
        parts.append("\n".join(lines))
    numbers = [
        words[language].format(count=said.numbers[key])
        for key, words in _NUMBERS.items()
        if said.numbers.get(key)
    ]
    return _whole([*parts, "\n".join(numbers)], language, url)


def urgent(
    language: str, items: Sequence[tuple[str, str]], url: str, ahead: Ahead | None = None
) -> str:
    """The letter with what is urgent: (kind of notice, reference or nothing); the warning of the
    morning with its cases."""
    said = ["\n".join(urgent_lines(language, items))]
    return _whole([*said, *(_ahead(language, ahead) if ahead else [])], language, url)


def _ahead(language: str, said: Ahead) -> list[str]:
    """What climbs this week, and what climbed since the last working day began."""
    parts = []
    for head, climbs, closed in (
        ("climbs", said.climbs, said.climbs_closed),
        ("climbed", said.climbed, said.climbed_closed),
    ):
        if not climbs and not closed:
            continue
        lines = [f"{_AHEAD[head][language]} ({len(climbs) + closed}):"]
        lines += [
            f"  {each.reference}  {_day(each.day, language)}  "
            f"{each.rung_sw if language == 'sw' else each.rung_en}  "
            f"({each.handler or _AHEAD['nobody'][language]})"
            for each in climbs[:MOST]
        ]
        if len(climbs) > MOST:
            lines.append(_MORE[language].format(count=len(climbs) - MOST))
        if closed:
            lines.append("  " + _NUMBERS["confidential"][language].format(count=closed))
        parts.append("\n".join(lines))
    return parts


def urgent_lines(language: str, items: Sequence[tuple[str, str]]) -> list[str]:
    """What is urgent, a line each; the same for an SMS."""
    return [
        f"{URGENT[kind][language]}{f' ({reference})' if reference else ''}."
        for kind, reference in items
    ]


def _whole(parts: list[str], language: str, url: str) -> str:
    closing = (_DESK[language].format(url=url), _CLOSING[language])
    return "\n\n".join([*filter(None, parts), *closing]) + "\n"


def _day(due: date, language: str) -> str:
    return format_date(due, "d MMM", locale=language)
