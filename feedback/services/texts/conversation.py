"""What a conversation by SMS needs beside the texts on a case: which case, which language, stop.

None of them tells what a case is about, or whose it is.
"""

from __future__ import annotations

from feedback.services.texts.template import Template

_T = Template
TEMPLATES: dict[str, dict[str, Template]] = {
    "which_case": {
        "sw": _T(
            (
                "Una mashauri kadhaa. Unahusu lipi?",
                "Jibu kwa kumbukumbu yake tu: {references}.",
                "Jipya: tuma MPYA",
            )
        ),
        "en": _T(
            (
                "You have several cases. Which is this about?",
                "Reply with its reference only: {references}.",
                "A new one: send NEW",
            )
        ),
    },
    "status_list": {
        "sw": _T(("Mashauri yako: {statuses}",)),
        "en": _T(("Your cases: {statuses}",)),
    },
    "repeated": {
        "sw": _T(
            (
                "{reference}: ujumbe huu tunao tayari, umeongezwa kwenye shauri hilo.",
                "Utajibiwa kufikia {due}.",
            )
        ),
        "en": _T(
            (
                "{reference}: we have this message already, it was added to that case.",
                "Answer due by {due}.",
            )
        ),
    },
    "flood": {
        "sw": _T(
            (
                "Tumepokea ujumbe mwingi kutoka namba hii.",
                "Wote umehifadhiwa na utasomwa kwa pamoja.",
                "Huna haja ya kurudia.",
            )
        ),
        "en": _T(
            (
                "We received many messages from this number.",
                "All are kept and will be read together.",
                "There is no need to repeat.",
            )
        ),
    },
    "received_suggested": {
        "sw": _T(
            (
                "Tumepokea. Kumbukumbu: {reference}.",
                "Utajibiwa kufikia {due}.",
                "Tumelipeleka taasisi uliyoiandikia mwisho. Siyo? Tuma TAASISI na jina lake",
            )
        ),
        "en": _T(
            (
                "Received. Reference: {reference}.",
                "Answer due by {due}.",
                "It went to the office you last wrote to. Wrong? Send INSTITUTION and its name",
            )
        ),
    },
    "made_anonymous": {
        "sw": _T(("{reference}: ofisi haitaoneshwa jina wala namba yako.",)),
        "en": _T(("{reference}: the office is not shown your name or number.",)),
    },
    "stopped": {
        "sw": _T(
            (
                "Hatutakutumia tena taarifa kwa SMS. Mashauri yako yanaendelea.",
                "Ukituandikia tutakujibu. Kurudisha: tuma ANZA",
            )
        ),
        "en": _T(
            (
                "We will send you no more notices by SMS. Your cases go on.",
                "When you write, we answer. To undo: send START",
            )
        ),
    },
    "started": {
        "sw": _T(("Utapokea tena taarifa za mashauri yako kwa SMS.", "Kusitisha: tuma ACHA")),
        "en": _T(("You get notices of your cases by SMS again.", "To stop: send STOP")),
    },
    "language_chosen": {
        "sw": _T(("Tutakuandikia kwa Kiswahili.", "For English send ENGLISH")),
        "en": _T(("We will write to you in English.", "Kwa Kiswahili tuma KISWAHILI")),
    },
    "language_asked": {
        "sw": _T(("Lugha gani? Tuma KISWAHILI au ENGLISH",)),
        "en": _T(("Which language? Send KISWAHILI or ENGLISH",)),
    },
}
