"""What SMS say of the proof of a filing: to the citizen who asks for one, and to an office that
checks one. The second tells what the citizen lets be seen (`rules.proof`), and no more.
"""

from __future__ import annotations

from datetime import datetime

from feedback import clock
from feedback.rules.proof import Told
from feedback.services.texts.template import Template

_T = Template
TEMPLATES: dict[str, dict[str, Template]] = {
    "proof": {
        "sw": _T(
            (
                "Uthibitisho wa {reference}: {proof}",
                "PIN {pin}, hadi {due}.",
                "Ofisi ihakiki kwa SMS: HAKIKI {proof} {pin}",
            )
        ),
        "en": _T(
            (
                "Proof of {reference}: {proof}",
                "PIN {pin}, until {due}.",
                "An office checks it by SMS: VERIFY {proof} {pin}",
            )
        ),
    },
    "proof_valid": {
        "sw": _T(("SAHIHI: {facts}",)),
        "en": _T(("VALID: {facts}",)),
    },
    "proof_invalid": {
        "sw": _T(
            (
                "Namba ya uthibitisho au PIN si sahihi, au muda wa PIN umekwisha.",
                "Hakiki tena, au mwombe mwananchi PIN mpya.",
            )
        ),
        "en": _T(
            (
                "The proof code or the PIN is not right, or the PIN is over.",
                "Check both, or ask the citizen for a new PIN.",
            )
        ),
    },
    "proof_wait": {
        "sw": _T(("Umekosea mara nyingi. Subiri sekunde {seconds}, kisha utume tena.",)),
        "en": _T(("Too many wrong tries. Wait {seconds} seconds, then send it again.",)),
    },
}
KINDS = {
    "complaint": {"sw": "lalamiko", "en": "complaint"},
    "suggestion": {"sw": "pendekezo", "en": "suggestion"},
    "compliment": {"sw": "pongezi", "en": "compliment"},
    "enquiry": {"sw": "ulizo", "en": "enquiry"},
}
_SAYS = {
    "sw": {
        "restricted": "shauri la {day}.",
        "case": "{kind}, {day}, {institution}.",
        "acknowledged": "Ofisi ilithibitisha {day}.",
        "not_acknowledged": "Ofisi haijathibitisha.",
        "owed": "Halijajibiwa, mwisho {day}.",
        "owed_late": "Halijajibiwa, limechelewa siku {days} {of} kazi.",
        "owed_late_alone": "Limechelewa siku {days} {of} kazi.",
        "in_time_alone": "Muda wa jibu haujapita.",
        "ended": "Limekwisha.",
        "ended_late": "Limekwisha, lilichelewa siku {days} {of} kazi.",
        "answered": "Lilijibiwa {day}, kwa wakati.",
        "answered_late": "Lilijibiwa {day}, siku {days} {of} kazi baada ya muda.",
        "withdrawn": "Mwananchi ameliondoa.",
        "rung": "Ngazi {rung}.",
    },
    "en": {
        "restricted": "case of {day}.",
        "case": "{kind}, {day}, {institution}.",
        "acknowledged": "Acknowledged {day}.",
        "not_acknowledged": "Not acknowledged.",
        "owed": "Not answered, due {day}.",
        "owed_late": "Not answered, {days} working {of} late.",
        "owed_late_alone": "It is {days} working {of} late.",
        "in_time_alone": "The answer is not yet due.",
        "ended": "It has ended.",
        "ended_late": "It has ended, {days} working {of} late.",
        "answered": "Answered {day}, in time.",
        "answered_late": "Answered {day}, {days} working {of} late.",
        "withdrawn": "Withdrawn by the citizen.",
        "rung": "Rung {rung}.",
    },
}
_OF = {"sw": ("ya", "za"), "en": ("day", "days")}
"""Of one day, and of several."""


def in_words(told: Told, institution: str, language: str) -> str:
    """What a proof tells, in one part of an SMS; institution: its code, which is short."""
    say = _SAYS[language]
    days = told.days_late
    of = _OF[language][days != 1]
    if told.restricted:
        if told.stands == "open":
            name = "owed_late_alone" if days else "in_time_alone"
        else:
            name = "ended_late" if days else "ended"
        return _joined(
            say["restricted"].format(day=_day(told.received_at)), say[name].format(days=days, of=of)
        )
    parts = [
        say["case"].format(
            kind=KINDS[told.kind][language], day=_day(told.received_at), institution=institution
        )
    ]
    if told.acknowledged_at is not None:
        parts.append(say["acknowledged"].format(day=_day(told.acknowledged_at)))
    elif told.stands == "open":
        parts.append(say["not_acknowledged"])
    if told.stands == "open" and told.due_at is not None:
        name = "owed_late" if days else "owed"
        parts.append(say[name].format(days=days, of=of, day=_day(told.due_at)))
    elif told.answered_at is not None:
        name = "answered_late" if days else "answered"
        parts.append(say[name].format(days=days, of=of, day=_day(told.answered_at)))
    elif told.stands == "withdrawn":
        parts.append(say["withdrawn"])
    if told.rung:
        parts.append(say["rung"].format(rung=told.rung))
    return _joined(*parts)


def _joined(*parts: str) -> str:
    return " ".join(parts)


def _day(moment: datetime) -> str:
    return f"{clock.local_day(moment):%d/%m/%Y}"
