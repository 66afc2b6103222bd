"""What administrators read about the texts that leave the system."""

from __future__ import annotations

from flask_babel import gettext as _

from feedback.services.texts import samples
from feedback.services.texts.checking import Problem
from feedback.services.texts.shipped import STATUS_PREFIX


def about(name: str) -> tuple[str, str]:
    """The name of a text, and when it is sent."""
    if samples.is_status(name):
        status = name.removeprefix(STATUS_PREFIX)
        return _statuses()[status], _("Stands in the text about the status of a case.")
    known = _abouts() | _of_conversations() | _to_officers()
    return known.get(name, (name.replace("_", " ").capitalize(), ""))


def described() -> set[str]:
    """The texts that `about` knows."""
    return set(_abouts() | _of_conversations() | _to_officers())


def _abouts() -> dict[str, tuple[str, str]]:
    return {
        "received": (
            _("Receipt"),
            _("At once, when a message has become a case."),
        ),
        "received_triage_question": (
            _("Receipt with a question"),
            _("At once, when an SMS does not tell which institution it is about."),
        ),
        "answer": (
            _("Answer"),
            _("When the office answers an open case. The office's words go with it."),
        ),
        "answer_waits": (
            _("An answer waits"),
            _("When the office answers a case that is not open: no word of it goes by SMS."),
        ),
        "partial_answer": (
            _("Part of the answer"),
            _("When the office gives part of the answer to an open case, with its words."),
        ),
        "partial_answer_waits": (
            _("Part of an answer waits"),
            _("When the office gives part of the answer to a case that is not open."),
        ),
        "extended": (
            _("More time"),
            _("When the head gave more time for the answer to an open case, with the reason."),
        ),
        "extended_waits": (
            _("More time, reason waits"),
            _("When the head gave more time for the answer to a case that is not open."),
        ),
        "reopened_by_office": (
            _("Opened again by the office"),
            _("When the office itself opens an answered or closed case again."),
        ),
        "question": (
            _("Question"),
            _("When the office asks about an open case. The office's words go with it."),
        ),
        "question_waits": (
            _("A question waits"),
            _("When the office asks about a case that is not open: no word of it goes by SMS."),
        ),
        "receipt_code": (
            _("Secret code"),
            _("When the citizen asks for the secret code again."),
        ),
        "status": (
            _("Status"),
            _("When the citizen asks by SMS how far the case is."),
        ),
        "unknown_reference": (
            _("Unknown reference"),
            _("When an SMS names a case that was not sent from the same number."),
        ),
        "help": (
            _("Help"),
            _("When the citizen asks by SMS for help."),
        ),
        "acknowledged": (
            _("Work has begun"),
            _("When an officer acknowledges the case."),
        ),
        "transferred": (
            _("Transferred"),
            _("When the case goes to another office."),
        ),
        "taken_over": (
            _("Taken over"),
            _("When a higher post makes the case its own."),
        ),
        "improvement_done": (
            _("An improvement is done"),
            _("When an office has acted on the cause of several cases: to each of their citizens."),
        ),
        "joined": (
            _("Handled with others"),
            _("When an officer joins the case to another one about the same matter."),
        ),
        "divided": (
            _("Divided"),
            _("When an officer makes a second case of another matter in the first."),
        ),
        "institution_unclear": (
            _("Institution not understood"),
            _("When the citizen's reply names no institution that is known."),
        ),
        "added": (
            _("Words added"),
            _("When an SMS was added to the case that it belongs to."),
        ),
        "made_confidential": (
            _("Made confidential"),
            _("When the citizen asks by SMS that the case be handled in confidence."),
        ),
        "closed": (
            _("Closed"),
            _("When the citizen says by SMS: satisfied."),
        ),
        "reopened": (
            _("Review received"),
            _("When the citizen says: not fixed."),
        ),
        "reopened_why": (
            _("Review received, reason asked"),
            _("When the citizen says by SMS: not fixed, and gives no reason."),
        ),
        "rated": (
            _("Rating received"),
            _("When the citizen is satisfied and gives a rating by SMS."),
        ),
        "proof": (
            _("Proof of filing"),
            _("When the citizen asks by SMS for the proof of filing: its code and a PIN."),
        ),
        "proof_valid": (
            _("The proof is valid"),
            _("When an office checks a proof of filing by SMS. The facts are filled in."),
        ),
        "proof_invalid": (
            _("The proof is not valid"),
            _("When an office checks a proof by SMS with a wrong code or PIN."),
        ),
        "proof_wait": (
            _("Too many wrong proofs"),
            _("When too many wrong codes or PINs came from a number."),
        ),
        "final_letter_to": (
            _("Final letter, with the next body"),
            _("When an open case was said to be not fixed for the last time."),
        ),
        "not_possible": (
            _("Not possible"),
            _("When an SMS asks for something that the state of the case does not allow."),
        ),
        "final_letter": (
            _("Final letter"),
            _("When the citizen says not fixed for the third time."),
        ),
    }


def _of_conversations() -> dict[str, tuple[str, str]]:
    return {
        "which_case": (
            _("Which case"),
            _("When an SMS may belong to several cases of the number."),
        ),
        "status_list": (
            _("Status of several cases"),
            _("When the citizen asks by SMS how far the cases are, and names none."),
        ),
        "repeated": (
            _("Sent before"),
            _("When an SMS says once more what the number sent on the same day."),
        ),
        "flood": (
            _("Too many messages"),
            _("When a number sends so many SMS that they are kept to be read together."),
        ),
        "received_suggested": (
            _("Receipt with a guess"),
            _("At once, when an SMS was passed to the institution that the number wrote to last."),
        ),
        "made_anonymous": (
            _("Made anonymous"),
            _("When the citizen asks by SMS to stay unknown to the office."),
        ),
        "stopped": (
            _("Notices stopped"),
            _("When the citizen asks by SMS for no more notices."),
        ),
        "started": (
            _("Notices begun again"),
            _("When the citizen asks by SMS for notices again."),
        ),
        "language_chosen": (
            _("Language chosen"),
            _("When the citizen chooses a language by SMS."),
        ),
        "language_asked": (
            _("Language asked"),
            _("When the citizen asks by SMS for another language and names none."),
        ),
        "dialled_without_words": (
            _("No words after dialling"),
            _("When the SMS that continues a USSD session has no words."),
        ),
    }


def _to_officers() -> dict[str, tuple[str, str]]:
    return {
        "officer_code": (
            _("Officer: code for a phone"),
            _("When an officer registers a phone. The code goes with it."),
        ),
        "officer_list": (
            _("Officer: list of cases"),
            _("When an officer asks for it by SMS. References and dates go with it."),
        ),
        "officer_list_day": (
            _("Officer: list of the day"),
            _("Each working day in the morning. References and dates go with it."),
        ),
        "officer_urgent": (
            _("Officer: something urgent"),
            _("At once, to an officer without e-mail. What it is goes with it."),
        ),
        "officer_list_empty": (
            _("Officer: no case"),
            _("When an officer asks for the list by SMS and nothing waits."),
        ),
        "officer_list_day_empty": (
            _("Officer: no case today"),
            _("Each working day in the morning, when nothing waits."),
        ),
        "officer_acknowledged": (
            _("Officer: acknowledged"),
            _("When an officer acknowledged a case by SMS."),
        ),
        "officer_asked": (
            _("Officer: asked"),
            _("When an officer asked the citizen by SMS."),
        ),
        "officer_answered": (
            _("Officer: answered"),
            _("When an officer answered the citizen by SMS."),
        ),
        "officer_reassign": (
            _("Officer: to be given to another"),
            _("When an officer asked by SMS that a case be given to another."),
        ),
        "officer_unknown": (
            _("Officer: unknown reference"),
            _("When an officer's SMS names no case on which the officer can act by SMS."),
        ),
        "officer_not_now": (
            _("Officer: not possible"),
            _("When the state of the case does not allow what an officer asks by SMS."),
        ),
        "officer_no_words": (
            _("Officer: words missing"),
            _("When an officer's SMS lacks the words for the citizen."),
        ),
        "officer_no_pin": (
            _("Officer: PIN missing"),
            _("When an officer's SMS lacks the PIN."),
        ),
        "officer_wrong_pin": (
            _("Officer: wrong PIN"),
            _("When the PIN in an officer's SMS is wrong."),
        ),
        "officer_wait": (
            _("Officer: wait"),
            _("When the PIN was wrong several times and the officer must wait."),
        ),
        "officer_locked": (
            _("Officer: locked"),
            _("When the PIN is locked after many wrong ones."),
        ),
    }


def _statuses() -> dict[str, str]:
    return {
        "new": _("Status: new"),
        "assigned": _("Status: assigned"),
        "in_progress": _("Status: in progress"),
        "waiting_citizen": _("Status: waiting for the citizen"),
        "answered_partly": _("Status: answered in part"),
        "answered": _("Status: answered"),
        "closed": _("Status: closed"),
        "withdrawn": _("Status: withdrawn"),
    }


def medium(code: str) -> str:
    """By what a text goes out."""
    return {"sms": _("SMS"), "ussd": _("USSD screen"), "email": _("Email")}[code]


def value(name: str) -> str:
    """What a placeholder is filled with."""
    return {
        "reference": _("The reference of the case"),
        "due": _("The day by which the answer is due"),
        "code": _("The secret code of the case"),
        "dial": _("What a phone dials for the menu; its sentence is left out where there is none"),
        "status": _("The word for the status of the case"),
        "references": _("The references of the cases that may be meant"),
        "statuses": _("The references of the citizen's cases, each with its status"),
        "url": _("The address of the page that shows a case"),
    }.get(name, name)


def problem(found: Problem) -> str:
    """What is wrong with a text, and what to do."""
    about = found.about
    return {
        "empty": _("Write the text here."),
        "long": _("This is too long: write at most %(most)s characters.", most=about),
        "braces": _("A brace stands alone. Write a value as {reference}, with both braces."),
        "format": _("%(names)s is not a value: write the name alone, in braces.", names=about),
        "unknown": _("%(names)s is not known to this text. Use the values listed.", names=about),
        "missing": _("%(names)s must stand in this text: the citizen needs it.", names=about),
        "together": _(
            "Give %(names)s a line without the date: a line with a date is left out where there "
            "is none.",
            names=about,
        ),
        "languages-differ": _(
            "%(names)s stands in the other language and not here. Both must say the same.",
            names=about,
        ),
        "alphabet": _(
            "An SMS cannot carry: %(characters)s. Take what is nearest, or write it otherwise.",
            characters=about,
        ),
        "too-long": _(
            "With the longest values this takes %(parts)s SMS. Shorten it to one, or two at most.",
            parts=about,
        ),
        "too-long-there": _(
            "With this word the text about the status takes %(parts)s SMS. Write a shorter word.",
            parts=about,
        ),
        "no-room": _(
            "Too little room is left. Shorten the text by %(number)s characters.", number=about
        ),
    }[found.code]


def refusal(code: str) -> str:
    """Why a text that is in order was not saved."""
    return {
        "bad-date": _("Choose a day that is not past."),
        "unchanged": _("This is what the text says already. Nothing was saved."),
        "two-parts": _("This text may take two SMS. Confirm the cost, or shorten it."),
        "clash": _("Somebody else saved this text meanwhile. Yours is not saved yet."),
    }[code]


def counted(places: int, parts: int) -> tuple[str, str]:
    """What the counter says of a text, by its kind and in words; of one that goes with an office's
    words, which takes no part by itself (0), how much room it leaves them."""
    kind = {0: "room", 1: "one", 2: "two"}.get(parts, "more")
    return kind, counts()[kind].format(places=places, parts=parts)


def counts() -> dict[str, str]:
    """What the counter says, with {places}, {parts} and {characters} for a script to fill in."""
    named = {"places": "{places}", "parts": "{parts}", "characters": "{characters}"}
    return {
        "one": _("With the longest values %(places)s of 160 characters: one SMS.", **named),
        "two": _("With the longest values %(places)s characters: two SMS each time.", **named),
        "more": _(
            "With the longest values %(places)s characters: %(parts)s SMS, too many.", **named
        ),
        "room": _("Characters left for the office's own words: %(places)s.", **named),
        "none": _("Not in the alphabet of an SMS: %(characters)s", **named),
    }
