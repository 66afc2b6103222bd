"""What officers and administrators read about SMS and e-mails that were sent: never a number or
a word of one.
"""

from __future__ import annotations

from flask_babel import gettext as _

from feedback.rules.sending import Kind, kind
from feedback.services.dead_letters import Letter


def not_reached(outcome: str) -> str:
    """That an SMS did not arrive, and why."""
    # Whole sentences in the table: the extractor of translations looks into no composed ones.
    return {
        "absent": _("SMS not reached the citizen: the phone is off or out of reach"),
        "blocked": _("SMS not reached the citizen: the number is blocked"),
        "no_such_number": _("SMS not reached the citizen: the number does not exist"),
        "expired": _("SMS not reached the citizen: its time ran out on the network"),
        "opted_out": _("SMS not sent: the citizen asked for no more SMS"),
        "no_number": _("SMS not sent: there is no number"),
        "country": _("SMS not sent: the number belongs to another country"),
        "too_many": _("SMS not sent: the number had too many SMS on the last days"),
        "refused": _("SMS not reached the citizen: the network refused it"),
        "unknown": _("It is not known whether the SMS reached the citizen"),
        "given_up": _("SMS not sent: the gateway could not be reached for days"),
        "mail_refused": _("E-mail not reached the citizen: it was refused"),
        "mail_unknown": _("It is not known whether the e-mail reached the citizen"),
    }[outcome]


def way(code: str) -> str:
    """How the citizen was told instead."""
    return {
        "sms": _("The SMS was sent once more"),
        "telephone": _("The citizen was told by telephone"),
        "letter": _("The citizen was told by letter"),
        "reached": _("The SMS reached the citizen after all"),
    }[code]


def ways() -> list[tuple[str, str]]:
    """Other ways to choose from."""
    return [("telephone", _("By telephone")), ("letter", _("By letter"))]


def subject(template: str) -> str:
    """What an SMS was about, without its words."""
    named = {
        "received": _("The acknowledgement"),
        "received_triage_question": _("The acknowledgement"),
        "acknowledged": _("That an officer has it in hand"),
        "answer": _("The answer"),
        "answer_waits": _("The answer"),
        "partial_answer": _("Part of the answer"),
        "partial_answer_waits": _("Part of the answer"),
        "extended": _("That the answer takes longer"),
        "extended_waits": _("That the answer takes longer"),
        "reopened_by_office": _("That the case is open again"),
        "question": _("The question"),
        "question_waits": _("The question"),
        "transferred": _("The transfer"),
        "taken_over": _("That a higher office has it in hand"),
        "joined": _("That it is handled with others"),
        "divided": _("That a second case was made of it"),
        "receipt_code": _("The secret code"),
        "final_letter": _("The final letter"),
        "final_letter_to": _("The final letter"),
        "reopened": _("That the case is open again"),
        "reopened_why": _("That the case is open again"),
        "proof": _("The proof of filing"),
        "improvement_done": _("That an improvement is done"),
    }
    if template in named:
        return named[template]
    return _("A reply to an SMS") if kind(template) is Kind.ASKED else _("A notice")


def given_up(letter: Letter) -> str:
    """Why an SMS or e-mail was given up, with the code for whoever looks it up."""
    if letter.kind == "inbound":
        said = _("It could not be read")
    elif letter.kind == "email":
        said = _given_up_by_mail(letter)
    elif letter.ambiguous:
        said = _("It may have arrived: the gateway's answers were lost")
    else:
        said = _("The gateway did not take it for days")
    return f"{said} ({letter.code})" if letter.code else said


def _given_up_by_mail(letter: Letter) -> str:
    if letter.ambiguous:
        return _("The e-mail may have arrived: the mail server's answers were lost")
    return _("The mail server did not take the e-mail for days")
