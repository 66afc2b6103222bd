"""What an SMS to an officer says: references and dates, never a word of a case."""

from __future__ import annotations

from feedback.services.texts.template import Template

_T = Template
_DESK = {"sw": "Mengine yako kwenye dawati.", "en": "See the desk for others."}
TEMPLATES: dict[str, dict[str, Template]] = {
    "officer_code": {
        "sw": _T(
            ("Msimbo wa kuthibitisha simu yako ya kazi katika e-Mrejesho:",),
            after="(usimpe mtu). Kama hukuuomba, puuza ujumbe huu.",
        ),
        "en": _T(
            ("The code that confirms your phone for work in e-Mrejesho:",),
            after="(give it to nobody). If you did not ask for it, ignore this.",
        ),
    },
    "officer_list": {
        "sw": _T(("Mashauri yako na mwisho wa kujibu:",)),
        "en": _T(("Your cases and when due:",)),
    },
    "officer_list_day": {
        "sw": _T(("Leo. Mashauri yako na mwisho wa kujibu:",)),
        "en": _T(("Today. Your cases and when due:",)),
    },
    "officer_list_empty": {
        "sw": _T(("Huna shauri la kawaida linalosubiri.", _DESK["sw"])),
        "en": _T(("No ordinary case waits for you.", _DESK["en"])),
    },
    "officer_list_day_empty": {
        "sw": _T(("Leo huna shauri la kawaida linalosubiri.", _DESK["sw"])),
        "en": _T(("Today no ordinary case waits for you.", _DESK["en"])),
    },
    "officer_urgent": {
        "sw": _T(("Haraka:",), after="Tazama dawati la e-Mrejesho."),
        "en": _T(("Urgent:",), after="See the desk of e-Mrejesho."),
    },
    "officer_acknowledged": {
        "sw": _T(("{reference}: umelipokea. Mwananchi ataarifiwa.",)),
        "en": _T(("{reference}: acknowledged. The citizen is told.",)),
    },
    "officer_asked": {
        "sw": _T(("{reference}: swali limetumwa kwa mwananchi.",)),
        "en": _T(("{reference}: the question is sent to the citizen.",)),
    },
    "officer_answered": {
        "sw": _T(("{reference}: jibu limetumwa kwa mwananchi.",)),
        "en": _T(("{reference}: the answer is sent to the citizen.",)),
    },
    "officer_reassign": {
        "sw": _T(
            (
                "{reference}: ombi lako limefika kwa mratibu na mkuu wa taasisi.",
                "Shauri bado ni lako hadi lipangwe upya.",
            )
        ),
        "en": _T(
            (
                "{reference}: your request went to the coordinator and the head.",
                "The case is yours until it is given to another.",
            )
        ),
    },
    "officer_unknown": {
        "sw": _T(
            (
                "Hakuna shauri la kumbukumbu hiyo unaloweza kulishughulikia kwa SMS.",
                "Hakiki kumbukumbu au tumia dawati.",
            )
        ),
        "en": _T(
            (
                "There is no case of that reference on which you can act by SMS.",
                "Check the reference or use the desk.",
            )
        ),
    },
    "officer_not_now": {
        "sw": _T(("{reference}: haiwezekani katika hali ya sasa ya shauri. Tazama dawati.",)),
        "en": _T(("{reference}: not possible as the case now stands. See the desk.",)),
    },
    "officer_no_words": {
        "sw": _T(
            (
                "Andika: JIBU, PIN, kumbukumbu, kisha maneno.",
                "Mfano: JIBU PIN 7K2M-9QXA maneno",
            )
        ),
        "en": _T(
            ("Write: ANSWER, PIN, reference, then your words.", "E.g. ANSWER PIN 7K2M-9QXA words")
        ),
    },
    "officer_no_pin": {
        "sw": _T(
            (
                "Weka PIN baada ya neno la kwanza.",
                "ORODHA PIN. POKEA PIN kumbukumbu.",
                "ULIZA, JIBU au REJESHA: PIN, kumbukumbu, maneno.",
            )
        ),
        "en": _T(
            (
                "Put your PIN after the first word.",
                "LIST PIN. ACKNOWLEDGE PIN reference.",
                "ASK, ANSWER or REASSIGN: PIN, reference, words.",
            )
        ),
    },
    "officer_wrong_pin": {
        "sw": _T(("PIN si sahihi. Hakuna kilichofanyika.", "Ukikosea mara nyingi PIN itafungwa.")),
        "en": _T(("The PIN is wrong. Nothing was done.", "After many wrong ones it is locked.")),
    },
    "officer_wait": {
        "sw": _T(
            ("PIN imekosewa mara kadhaa. Hakuna kilichofanyika.", "Subiri kisha ujaribu tena.")
        ),
        "en": _T(("Several wrong PINs. Nothing was done.", "Wait a while, then try again.")),
    },
    "officer_locked": {
        "sw": _T(
            (
                "PIN imefungwa kwa kukosewa mara nyingi.",
                "Weka mpya katika akaunti yako ya wavuti.",
            )
        ),
        "en": _T(("The PIN is locked after many wrong ones.", "Set a new one on the web.")),
    },
}
