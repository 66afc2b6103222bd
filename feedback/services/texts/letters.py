"""What an e-mail to a citizen says, in Swahili and English.

As neutral as an SMS: no institution, no category, no word of the case but an office's own answer
or question on an open one. The subject is the same for all. What has no text here says only that
something happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from babel.dates import format_date

from feedback import clock

SUBJECT = {
    "sw": "e-Mrejesho {reference}: ujumbe kwako",
    "en": "e-Mrejesho {reference}: a message for you",
}
HAPPENED = "news"
SAYS: dict[str, dict[str, str]] = {
    "received": {
        "sw": "Tumepokea ujumbe wako. Kumbukumbu ni {reference}. Utajibiwa kufikia {due}.",
        "en": "We have your message. Its reference is {reference}. Answer due by {due}.",
    },
    "acknowledged": {
        "sw": "Afisa ameanza kushughulikia shauri lako {reference}. Jibu kufikia {due}.",
        "en": "An officer has begun work on your case {reference}. Answer due by {due}.",
    },
    "transferred": {
        "sw": "Shauri lako {reference} limehamishiwa ofisi inayohusika. Muda wa jibu "
        "haubadiliki: {due}.",
        "en": "Your case {reference} has moved to the office concerned. The answer is due as "
        "before: {due}.",
    },
    "taken_over": {
        "sw": "Ofisi ya juu sasa inashughulikia shauri lako {reference}. Muda wa jibu haubadiliki: "
        "{due}.",
        "en": "A higher office now handles your case {reference}. The answer is due as before: "
        "{due}.",
    },
    "answer": {
        "sw": "Jibu la shauri lako {reference}:",
        "en": "The answer to your case {reference}:",
    },
    "answer_waits": {
        "sw": "Jibu la shauri lako {reference} linakusubiri. Lisome kwa msimbo wako wa siri.",
        "en": "An answer to your case {reference} waits for you. Read it with your secret code.",
    },
    "partial_answer": {
        "sw": "Sehemu ya jibu la shauri lako {reference}; jibu kamili kufikia {due}:",
        "en": "Part of the answer to your case {reference}; the full answer is due by {due}:",
    },
    "partial_answer_waits": {
        "sw": "Sehemu ya jibu la shauri lako {reference} inakusubiri. Isome kwa msimbo wako wa "
        "siri.",
        "en": "Part of the answer to your case {reference} waits for you. Read it with your "
        "secret code.",
    },
    "extended": {
        "sw": "Ofisi imeongezewa muda wa kujibu shauri lako {reference}. Jibu kufikia {due}. "
        "Sababu:",
        "en": "The office was given more time to answer your case {reference}. Answer due by "
        "{due}. The reason:",
    },
    "extended_waits": {
        "sw": "Ofisi imeongezewa muda wa kujibu shauri lako {reference}. Jibu kufikia {due}. "
        "Soma sababu kwa msimbo wako wa siri.",
        "en": "The office was given more time to answer your case {reference}. Answer due by "
        "{due}. Read why with your secret code.",
    },
    "reopened_by_office": {
        "sw": "Ofisi imefungua tena shauri lako {reference} ili kulijibu upya. Jibu kufikia {due}.",
        "en": "The office has opened your case {reference} again to answer it anew. Answer due "
        "by {due}.",
    },
    "question": {
        "sw": "Ofisi ina swali kuhusu shauri lako {reference}:",
        "en": "The office has a question on your case {reference}:",
    },
    "question_waits": {
        "sw": "Swali kuhusu shauri lako {reference} linakusubiri. Lisome kwa msimbo wako wa siri.",
        "en": "A question on your case {reference} waits for you. Read it with your secret code.",
    },
    "reopened": {
        "sw": "Ombi lako la mapitio ya shauri {reference} limepokelewa. Ngazi ya juu italiangalia. "
        "Jibu kufikia {due}.",
        "en": "Your request for review of case {reference} was received. A higher office will look "
        "at it. Answer due by {due}.",
    },
    "reopened_why": {
        "sw": "Ombi lako la mapitio ya shauri {reference} limepokelewa. Jibu kufikia {due}. "
        "Tueleze nini bado hakijakaa sawa.",
        "en": "Your request for review of case {reference} was received. Answer due by {due}. "
        "Tell us what is still not right.",
    },
    "final_letter": {
        "sw": "Hatua zetu kuhusu shauri {reference} zimekamilika. Barua ya mwisho inakusubiri; "
        "inataja vyombo vingine unavyoweza kwenda: THBUB, TAKUKURU au mahakama.",
        "en": "Our own steps in case {reference} have ended. The final letter waits for you; it "
        "names the bodies outside to which you may turn: CHRAGG, TAKUKURU or a court.",
    },
    "final_letter_to": {
        "sw": "Hatua zetu kuhusu shauri {reference} zimekamilika. Sasa unaweza kwenda {bodies}. "
        "Barua ya mwisho inakusubiri; inaeleza jinsi ya kuvifikia vyombo hivyo.",
        "en": "Our own steps in case {reference} have ended. You may now turn to {bodies}. "
        "The final letter waits for you; it says how to reach them.",
    },
    "improvement_done": {
        "sw": "Ulichotueleza katika shauri {reference} kimefanyiwa kazi. Asante kwa kusaidia "
        "kuboresha huduma.",
        "en": "What you told us in case {reference} has been acted on. Thank you for helping to "
        "improve the service.",
    },
    "joined": {
        "sw": "Shauri lako {reference} linashughulikiwa pamoja na mengine ya jambo hilohilo. "
        "Utajibiwa kufikia {due}.",
        "en": "Your case {reference} is handled together with others about the same matter. "
        "Answer due by {due}.",
    },
    "divided": {
        "sw": "Shauri lako {reference} lina mambo mawili. La pili lina kumbukumbu {other}; msimbo "
        "wake wa siri upo kwenye ukurasa wa la kwanza.",
        "en": "Your case {reference} holds two matters. The second one has the reference {other}; "
        "its secret code stands on the page of the first.",
    },
    HAPPENED: {
        "sw": "Kuna taarifa mpya kuhusu shauri lako {reference}.",
        "en": "There is news of your case {reference}.",
    },
}
FOLLOW = {
    "sw": "Fuatilia, jibu au eleza kama umeridhika hapa:\n{url}\n"
    "Utaombwa msimbo wa siri uliopewa ulipotuma ujumbe wako. Hatuutumi kwa barua pepe, na "
    "hakuna afisa atakayekuomba.",
    "en": "Follow it, reply, or say whether you are satisfied:\n{url}\n"
    "You are asked for the secret code that you were given when you sent your message. We never "
    "send it by e-mail, and no officer will ask you for it.",
}
CLOSING = {
    "sw": "Usijibu barua pepe hii: haisomwi.",
    "en": "Do not reply to this e-mail: nobody reads it.",
}
STOP = {
    "sw": "Kuacha taarifa kama hii kwa barua pepe (majibu na maswali bado yatakuja):\n{stop}",
    "en": "To get no more notices like this by e-mail (answers and questions still come):\n{stop}",
}


def subject(language: str, reference: str) -> str:
    """The one line that a mailbox shows to whoever looks over a shoulder."""
    return SUBJECT[language].format(reference=reference)


def write(
    template: str,
    language: str,
    values: Mapping[str, str],
    *,
    url: str,
    words: str | None = None,
    stop: str = "",
) -> str:
    """The text of a letter. values: `reference`, `due` (an ISO moment), `other`.

    url: where the citizen is asked for the code. words: an office's own, as written. stop: ends
    the notices.
    """
    said = SAYS.get(template) or SAYS[HAPPENED]
    filled = {**values, "due": _day(values.get("due", ""), language)}
    parts = [said[language].format(**filled)]
    if words is not None:
        parts.append("\n".join(f"  {line}".rstrip() for line in words.strip().splitlines()))
    parts += [FOLLOW[language].format(url=url), CLOSING[language]]
    if stop:
        parts.append(STOP[language].format(stop=stop))
    return "\n\n".join(parts) + "\n"


def _day(value: str, language: str) -> str:
    if not value:
        return ""
    return format_date(clock.local_day(datetime.fromisoformat(value)), "d MMMM y", locale=language)
