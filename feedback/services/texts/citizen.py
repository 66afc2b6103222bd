"""What an SMS to a citizen says, in Swahili and English.

A text names no institution, category or word of the case, except an office's own answer or
question on an open case. With the longest values each fits one GSM-7 part; a test tries them all.
"""

from __future__ import annotations

from feedback.services.texts.template import Template

_T = Template
TEMPLATES: dict[str, dict[str, Template]] = {
    "received": {
        "sw": _T(
            (
                "Tumepokea ujumbe wako. Kumbukumbu: {reference}.",
                "Utajibiwa kufikia {due}.",
                "Kujua hali tuma HALI {reference}.",
                "Kupata msimbo wa siri tuma MSIMBO {reference}.",
            )
        ),
        "en": _T(
            (
                "We have your message. Reference: {reference}.",
                "Answer due by {due}.",
                "For the status send STATUS {reference}.",
                "For your secret code send CODE {reference}.",
            )
        ),
    },
    "received_triage_question": {
        "sw": _T(
            (
                "Tumepokea. Kumbukumbu: {reference}.",
                "Utajibiwa kufikia {due}.",
                "Inahusu taasisi gani? Jibu kwa jina lake tu, mfano: Jiji la Dodoma",
            )
        ),
        "en": _T(
            (
                "Received. Reference: {reference}.",
                "Answer due by {due}.",
                "Which institution is it about? Reply with its name only, e.g. Dodoma City",
            )
        ),
    },
    "answer": {
        "sw": _T(
            ("Jibu la {reference}:",),
            after="Tuma NIMERIDHIKA {reference} au SIJARIDHIKA {reference}",
            pointer="Soma lote: {url}",
        ),
        "en": _T(
            ("Answer to {reference}:",),
            after="Send SATISFIED {reference} or NOT FIXED {reference}",
            pointer="Read it all: {url}",
        ),
    },
    "answer_waits": {
        "sw": _T(
            (
                "Jibu la {reference} linakusubiri.",
                "Lisome kwa msimbo: {url}",
                "Au piga {dial}",
            ),
            after="Huna msimbo? Tuma MSIMBO {reference}",
        ),
        "en": _T(
            (
                "An answer to {reference} waits for you.",
                "Read with your code: {url}",
                "Or dial {dial}",
            ),
            after="No code? Send CODE {reference}",
        ),
    },
    "partial_answer": {
        "sw": _T(
            ("Sehemu ya jibu la {reference}:",),
            after="Jibu kamili kufikia {due}",
            pointer="Soma lote: {url}",
        ),
        "en": _T(
            ("Part of the answer to {reference}:",),
            after="Full answer by {due}",
            pointer="Read it all: {url}",
        ),
    },
    "partial_answer_waits": {
        "sw": _T(
            (
                "Sehemu ya jibu la {reference} ipo.",
                "Soma kwa msimbo: {url}",
                "Au piga {dial}",
            ),
            after="Huna msimbo? Tuma MSIMBO {reference}",
        ),
        "en": _T(
            (
                "Part of an answer to {reference} waits.",
                "Read with your code: {url}",
                "Or dial {dial}",
            ),
            after="No code? Send CODE {reference}",
        ),
    },
    "extended": {
        "sw": _T(
            ("{reference}: muda zaidi.", "Jibu kufikia {due}."),
            pointer="Soma lote: {url}",
        ),
        "en": _T(
            ("{reference}: more time.", "Answer by {due}."),
            pointer="Read it all: {url}",
        ),
    },
    "extended_waits": {
        "sw": _T(
            ("{reference}: ofisi imeongezewa muda.", "Jibu kufikia {due}."),
            after="Sababu, kwa msimbo wako: {url}",
        ),
        "en": _T(
            ("{reference}: the office was given more time.", "Answer by {due}."),
            after="Why, with your code: {url}",
        ),
    },
    "reopened_by_office": {
        "sw": _T(
            (
                "{reference}: ofisi imefungua tena shauri lako ili kulijibu upya.",
                "Jibu kufikia {due}.",
            )
        ),
        "en": _T(
            (
                "{reference}: the office has opened your case again to answer it anew.",
                "Answer by {due}.",
            )
        ),
    },
    "question": {
        "sw": _T(
            ("Swali kuhusu {reference}:",),
            after="Jibu ukianza na {reference}",
            pointer="Soma lote: {url}",
        ),
        "en": _T(
            ("Question on {reference}:",),
            after="Reply starting with {reference}",
            pointer="Read it all: {url}",
        ),
    },
    "question_waits": {
        "sw": _T(
            (
                "Swali la {reference} linakusubiri.",
                "Lisome kwa msimbo: {url}",
                "Au piga {dial}",
            ),
            after="Huna msimbo? Tuma MSIMBO {reference}",
        ),
        "en": _T(
            (
                "A question on {reference} waits for you.",
                "Read with your code: {url}",
                "Or dial {dial}",
            ),
            after="No code? Send CODE {reference}",
        ),
    },
    "receipt_code": {
        "sw": _T(
            ("Msimbo wa siri wa {reference} ni {code}.", "Usimpe mtu mwingine."),
            after="Fuatilia: {url}",
        ),
        "en": _T(
            ("The secret code of {reference} is {code}.", "Give it to nobody."),
            after="Track: {url}",
        ),
    },
    "status": {
        "sw": _T(("{reference}: {status}.", "Mwisho wa kujibu: {due}.")),
        "en": _T(("{reference}: {status}.", "Answer due by {due}.")),
    },
    "unknown_reference": {
        "sw": _T(
            (
                "Hatujapata shauri la kumbukumbu hiyo kwa namba hii ya simu.",
                "Hakiki kumbukumbu kisha utume tena, au tuma MSAADA.",
            )
        ),
        "en": _T(
            (
                "We found no case of that reference for this phone number.",
                "Check the reference and send again, or send HELP.",
            )
        ),
    },
    "help": {
        "sw": _T(
            (
                "Andika tatizo lako na jina la taasisi, utume hapa.",
                "Hali: tuma HALI na kumbukumbu.",
                "Msimbo wa siri: MSIMBO na kumbukumbu.",
                "Kwa siri: anza na SIRI.",
            )
        ),
        "en": _T(
            (
                "Write your problem and the institution's name, send it here.",
                "Status: STATUS and reference.",
                "Secret code: CODE and reference.",
                "In confidence: begin with SECRET.",
            )
        ),
    },
    "acknowledged": {
        "sw": _T(("{reference}: afisa ameanza kushughulikia shauri lako.", "Jibu kufikia {due}.")),
        "en": _T(("{reference}: an officer has begun work on your case.", "Answer by {due}.")),
    },
    "transferred": {
        "sw": _T(
            (
                "{reference}: shauri lako limehamishiwa ofisi inayohusika.",
                "Muda wa jibu haubadiliki: {due}.",
            )
        ),
        "en": _T(
            (
                "{reference}: your case has moved to the office concerned.",
                "The answer is due as before: {due}.",
            )
        ),
    },
    "taken_over": {
        "sw": _T(
            (
                "{reference}: ofisi ya juu sasa inashughulikia shauri lako.",
                "Muda wa jibu haubadiliki: {due}.",
            )
        ),
        "en": _T(
            (
                "{reference}: a higher office now handles your case.",
                "The answer is due as before: {due}.",
            )
        ),
    },
    "improvement_done": {
        "sw": _T(
            (
                "{reference}: ulichotueleza kimefanyiwa kazi.",
                "Asante kwa kusaidia kuboresha huduma.",
            ),
            after="Soma: {url}",
        ),
        "en": _T(
            (
                "{reference}: what you told us has been acted on.",
                "Thank you for helping to improve the service.",
            ),
            after="Read: {url}",
        ),
    },
    "institution_unclear": {
        "sw": _T(
            (
                "{reference}: hatujatambua jina hilo.",
                "Huhitaji kufanya lolote: afisa atalipeleka shauri lako panapohusika.",
            )
        ),
        "en": _T(
            (
                "{reference}: we do not know that name.",
                "You need do nothing: an officer will pass your case to the right office.",
            )
        ),
    },
    "added": {
        "sw": _T(("{reference}: ujumbe wako umeongezwa kwenye shauri.",)),
        "en": _T(("{reference}: your message was added to the case.",)),
    },
    "made_confidential": {
        "sw": _T(("{reference}: shauri lako sasa linashughulikiwa kwa siri.",)),
        "en": _T(("{reference}: your case is now handled in confidence.",)),
    },
    "closed": {
        "sw": _T(("{reference}: shauri lako limefungwa.", "Asante kwa kutuandikia.")),
        "en": _T(("{reference}: your case is closed.", "Thank you for writing to us.")),
    },
    "reopened": {
        "sw": _T(
            (
                "{reference}: ombi lako la mapitio limepokelewa.",
                "Ngazi ya juu italiangalia.",
                "Jibu kufikia {due}.",
            )
        ),
        "en": _T(
            (
                "{reference}: your request for review was received.",
                "A higher office will look at it.",
                "Answer by {due}.",
            )
        ),
    },
    "reopened_why": {
        "sw": _T(
            (
                "{reference}: ombi lako la mapitio limepokelewa.",
                "Jibu kufikia {due}.",
                "Nini bado hakijakaa sawa? Jibu SMS hii.",
            )
        ),
        "en": _T(
            (
                "{reference}: your request for review was received.",
                "Answer by {due}.",
                "What is still not right? Reply to this SMS.",
            )
        ),
    },
    "rated": {
        "sw": _T(
            (
                "{reference}: shauri limefungwa. Asante kwa alama yako: {rating} kati ya 5.",
                "Kuibadilisha kabla ya {due}: tuma SAWA {reference} na alama",
            )
        ),
        "en": _T(
            (
                "{reference}: the case is closed. Thank you for your rating: {rating} of 5.",
                "To change it before {due} send OK {reference} and the rating",
            )
        ),
    },
    "not_possible": {
        "sw": _T(
            (
                "{reference}: ombi hilo haliwezekani katika hali ya sasa ya shauri.",
                "Kujua hali tuma HALI {reference}.",
            )
        ),
        "en": _T(
            (
                "{reference}: that cannot be done as the case now stands.",
                "For the status send STATUS {reference}.",
            )
        ),
    },
    "final_letter_to": {
        "sw": _T(
            ("{reference}: hatua zetu zimekamilika.", "Sasa nenda {bodies}."),
            after="Barua: {url}",
        ),
        "en": _T(
            ("{reference}: our own steps have ended.", "Now turn to {bodies}."),
            after="Letter: {url}",
        ),
    },
    "final_letter": {
        "sw": _T(
            (
                "{reference}: hatua zetu zimekamilika.",
                "Unaweza kwenda THBUB, TAKUKURU au mahakamani.",
            ),
            after="Barua: {url}",
        ),
        "en": _T(
            (
                "{reference}: our own steps have ended.",
                "You may turn to CHRAGG, TAKUKURU or a court.",
            ),
            after="Letter: {url}",
        ),
    },
}
# Neutral words: they tell how far the case is, and nothing of what it is about.
STATUS_WORDS: dict[str, dict[str, str]] = {
    "new": {"sw": "limepokelewa", "en": "received"},
    "assigned": {"sw": "lina afisa anayelishughulikia", "en": "with an officer"},
    "in_progress": {"sw": "linashughulikiwa", "en": "being worked on"},
    "waiting_citizen": {"sw": "linasubiri jibu lako", "en": "waiting for your reply"},
    # Not a status of its own: what is said of one in progress once part of the answer was given.
    "answered_partly": {"sw": "limejibiwa kwa sehemu", "en": "answered in part"},
    "answered": {"sw": "limejibiwa", "en": "answered"},
    "closed": {"sw": "limefungwa", "en": "closed"},
    "withdrawn": {"sw": "umeliondoa", "en": "withdrawn by you"},
}
