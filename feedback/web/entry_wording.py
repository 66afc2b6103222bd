"""The record as words for an auditor: acts, actors, details, odd patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _

from feedback.models.columns import WAYS_IN
from feedback.rules import patterns as rules
from feedback.rules.changes import FIELDS
from feedback.services.texts.shipped import TEXTS
from feedback.web import change_wording, outcome_wording, text_wording, wording
from feedback.web.formats import day

ACTS = ("add", "change", "close")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def details(said: Mapping[str, str | int]) -> str:
    """What an entry says beside its act; what is not known here stands as the record has it."""
    labels = _labels()
    subject = str(said.get("subject", ""))
    return "; ".join(
        f"{labels.get(key, key)}: {_of_change(subject, key, said[key])}" for key in said
    )


def _of_change(subject: str, key: str, value: str | int) -> str | int:
    """What an entry about reference data says, in the words of its pages."""
    if subject not in change_wording.ADDRESS:
        return _value(key, value)
    text = str(value)
    if key == "subject":
        return change_wording.one(text)
    if key == "change" and text in ACTS:
        return change_wording.act(text)
    if key == "fields":
        named = {field.name for field in FIELDS[subject]}
        each = filter(None, text.split(","))
        return ", ".join(change_wording.label(subject, f) if f in named else f for f in each)
    if key == "problem":
        return change_wording.problem(text)
    return _value(key, value)


def _labels() -> dict[str, str]:
    return {
        "action": _("improvement action"),
        "capacity": _("capacity"),
        "case": _("number of the other case"),
        "cases": _("cases"),
        "category": _("subject"),
        "change": _("what is done"),
        "changed": _("changed"),
        "created": _("added"),
        "fields": _("fields"),
        "institution": _("number of the institution"),
        "key": _("code"),
        "problem": _("problem"),
        "subject": _("what it is about"),
        "unit": _("number of the unit"),
        "by": _("by"),
        "channel": _("channel"),
        "cycle": _("cycle"),
        "day": _("day"),
        "days": _("days"),
        "deputy": _("number of the deputy"),
        "entries": _("entries"),
        "entry": _("number of the entry"),
        "former": _("number of the former officer"),
        "half": _("half days"),
        "holds_from": _("holds from"),
        "how": _("how it came"),
        "institutions": _("institutions"),
        "kind": _("kind"),
        "level": _("confidentiality"),
        "moved_to": _("moved to"),
        "number": _("number"),
        "officer": _("number of the officer"),
        "outcome": _("outcome"),
        "owned": _("has an owner"),
        "parts": _("SMS each time"),
        "paused": _("the clock waits"),
        "post": _("number of the post"),
        "problems": _("problems"),
        "rating": _("rating"),
        "reason": _("reason"),
        "roles": _("roles"),
        "rung": _("rung"),
        "scope": _("for whom"),
        "share": _("share"),
        "status": _("status of the day"),
        "template": _("template"),
        "text": _("text"),
        "to": _("to number"),
        "version": _("version"),
        "way": _("way"),
        "words": _("with the words"),
    }


def _value(key: str, value: str | int) -> str | int:
    if key in ("owned", "paused", "words") and value in (0, 1):
        return _("yes") if value else _("no")
    if key == "text" and value in TEXTS:
        return text_wording.about(str(value))[0]
    if key in ("holds_from", "day", "moved_to") and _DAY.fullmatch(str(value)):
        return day(date.fromisoformat(str(value)))
    known = {
        "outcome": dict(outcome_wording.choices())
        | {"climbed": _("it climbed")}
        | dict.fromkeys(("ended", "own", "none", "beyond", "used", "below"), _("only logged")),
        "kind": {
            "escalation": _("a letter to a rung"),
            "reminder": _("a letter to the accounting officer"),
            "final": _("the final letter"),
        },
        "status": {
            "confirmed": _("Confirmed"),
            "expected": _("Expected, to be confirmed"),
            "moved": _("Moved to another day"),
            "removed": _("Removed"),
        },
        "channel": {"web": _("web"), "sms": "SMS", "ussd": "USSD", "paper": _("paper")},
        "level": {
            "open": _("Ordinary"),
            "confidential": _("Confidential"),
            "restricted": _("Ethics only"),
        },
        "how": {how: wording.way_in(how) for how in WAYS_IN},
        "way": {
            "holder": _("the holder of the post"),
            "deputy": _("the deputy"),
            "letter": _("a letter"),
            "skipped": _("passed over"),
        },
    }
    return known.get(key, {}).get(str(value), value)


def act(code: str) -> str:
    """An act or a look of the record."""
    return _acts().get(code, code)


def act_choices() -> list[tuple[str, str]]:
    """The acts to choose from, by their words."""
    return sorted(_acts().items(), key=lambda pair: pair[1])


def entry_kinds() -> list[tuple[str, str]]:
    """Kinds of entries to choose from."""
    return [
        ("look", _("Looks at cases")),
        ("act", _("Acts on cases")),
        ("other", _("What concerns no case")),
    ]


def actor(kind: str) -> str:
    """Who acted, where it was no officer."""
    return {
        "officer": _("Officer"),
        "public": _("Citizen"),
        "lodging": _("Citizen"),
        "login": _("Login"),
        "hook": _("Gateway"),
    }.get(kind, _("System"))


def pattern(kind: str) -> tuple[str, str]:
    """An odd pattern's name, and the rule by which it stands out."""
    days, times = rules.DAYS, rules.MANY_TIMES
    return {
        "after_recusal": (
            _("Looks after having been kept away"),
            _("Any look at a case after the officer stepped back from it or was excluded."),
        ),
        "one_person": (
            _("Looks at one person's cases"),
            _(
                "At least %(number)s cases from one and the same phone number, none of which was "
                "ever the officer's. Whose they are is not shown.",
                number=rules.SAME_PERSON,
            ),
        ),
        "after_handover": (
            _("Looks after handing over"),
            _(
                "At least %(number)s cases looked at after they had been given to somebody else.",
                number=rules.AFTER_HANDOVER,
            ),
        ),
        "many_looks": (
            _("Many cases in one day"),
            _(
                "At least %(number)s cases in a day, and more than %(times)s times the median of "
                "the officer's other days.",
                number=rules.MANY_CASES,
                times=times,
            ),
        ),
        "without_work": (
            _("Looks without work"),
            _(
                "At least %(number)s cases that the officer never owned nor acted on, and more "
                "than half of all that the officer looked at. Heads and oversight look at much.",
                number=rules.IDLE_CASES,
            ),
        ),
        "off_hours": (
            _("Looks out of hours"),
            _(
                "At least %(number)s looks between %(from_hour)s:00 and %(to_hour)s:00, at a "
                "weekend or on a day off.",
                number=rules.OFF_HOURS,
                from_hour=rules.NIGHT_FROM,
                to_hour=rules.NIGHT_TO,
            ),
        ),
        "openings": (
            _("Openings of the identity vault"),
            _(
                "At least %(number)s openings in %(days)s days.",
                number=rules.OPENINGS,
                days=days,
            ),
        ),
    }[kind]


def _acts() -> dict[str, str]:
    return {
        "lodged": _("Lodged"),
        "aged": _("Moved back in time, for a demonstration"),
        "looked": _("Looked at the case"),
        "file_read": _("Looked at a file"),
        "found_by_words": _("Some words of the case were shown by a search"),
        "files_added": _("Files were added"),
        "reference_imported": _("Reference data was loaded"),
        "demo_begun": _("A demonstration was begun"),
        "demo_loaded": _("Demonstration data was loaded"),
        "demo_logins": _("Demonstration logins were made"),
        "history_loaded": _("A made-up history was loaded"),
        "acknowledged": _("Acknowledged"),
        "answered": _("Answered"),
        "asked": _("Asked the citizen"),
        "noted": _("Wrote a note"),
        "assigned": _("Gave it to an officer"),
        "transferred": _("Transferred"),
        "classified": _("Set subject and confidentiality"),
        "classified_by_citizen": _("The citizen named the institution"),
        "made_anonymous": _("The citizen asked not to be named"),
        "confidentiality_raised": _("Raised the confidentiality"),
        "excluded": _("Kept an officer away"),
        "excluded_by_words": _("Officers kept away because of the citizen's words"),
        "looked_to_decide": _("Looked at the words to decide an exclusion"),
        "exclusion_confirmed": _("Confirmed an exclusion"),
        "exclusion_lifted": _("Lifted an exclusion"),
        "lowering_asked": _("Asked the citizen to lower the level"),
        "lowering_answered": _("The citizen answered whether to lower the level"),
        "extract_handed_over": _("Handed over an extract"),
        "looked_at_extract": _("Looked at an extract"),
        "looked_for_opinion": _("Looked at what an opinion is asked for"),
        "answered_partly": _("Gave part of the answer"),
        "opinion_asked": _("Asked for an opinion"),
        "opinion_given": _("Gave an opinion"),
        "opinion_declined": _("Declined an opinion"),
        "opinion_overdue": _("An opinion was overdue"),
        "extension_asked": _("Asked for more time"),
        "extension_granted": _("Gave more time"),
        "extension_refused": _("Gave no more time"),
        "reopened_by_office": _("Opened the case again"),
        "extract_answered": _("Answered an extract"),
        "delay_explained": _("Gave the reason for the delay"),
        "directed": _("Gave a directive"),
        "directive_done": _("Followed a directive"),
        "explanation_demanded": _("Demanded an explanation of the delay"),
        "reason_accepted": _("Accepted the reason for the delay"),
        "reason_rejected": _("Did not accept the reason for the delay"),
        "taken_over": _("Took the case over"),
        "handed_down": _("Handed the case down"),
        "delegated": _("Delegated the reading for a post"),
        "delegation_ended": _("Ended a delegation"),
        "recommended": _("Recommended a directive to a post"),
        "recommendation_laid_aside": _("Laid a recommended directive aside"),
        "escalated": _("Taken to a higher post"),
        "letter_handed_over": _("Handed a letter over"),
        "letter_issued": _("Issued a letter"),
        "letter_arrived": _("Logged a citizen's letter"),
        "letter_logged": _("A citizen's letter was put on the case"),
        "letter_fits_nothing": _("A citizen's letter fits no case"),
        "handed_over": _("Handed over from a closed account"),
        "citizen_message": _("The citizen wrote"),
        "withdrawn": _("Withdrawn by the citizen"),
        "accepted": _("The citizen is satisfied"),
        "rated": _("The citizen gave another rating"),
        "proof_released": _("The citizen made a PIN for the proof of filing"),
        "proof_revoked": _("The citizen ended the PIN of the proof of filing"),
        "proof_shown": _("The proof of filing was shown"),
        "not_fixed": _("The citizen says: not fixed"),
        "final_letter": _("The final letter was given"),
        "closed_by_silence": _("Closed after the citizen's silence"),
        "pause_over": _("The pause ran out"),
        "deadline_corrected": _("A deadline was computed again"),
        "receipt_code_sent": _("The secret code was sent again"),
        "identity_asked": _("Asked to open an identity"),
        "identity_allowed": _("Allowed the opening of an identity"),
        "identity_refused": _("Refused the opening of an identity"),
        "identity_closed": _("Ended the opening of an identity"),
        "identity_forgotten": _("The citizen had the identity removed"),
        "login": _("Logged in"),
        "login_refused": _("A login was refused"),
        "logout": _("Logged out"),
        "password_changed": _("Changed a password"),
        "session_ended": _("Ended a session"),
        "factor_set": _("Set up an authenticator"),
        "factor_removed": _("Switched the authenticator off"),
        "passkey_added": _("Added a passkey"),
        "passkey_removed": _("Removed a passkey"),
        "recovery_codes_made": _("Made recovery codes"),
        "recovery_code_used": _("Used a recovery code"),
        "code_redeemed": _("Set a password by a one-time code"),
        "grant_asked": _("Asked for a grant"),
        "grant_approved": _("Approved a grant"),
        "grant_refused": _("Refused a grant"),
        "officer_created": _("Added an officer"),
        "officer_deactivated": _("Closed an account"),
        "officer_activated": _("Opened an account again"),
        "roles_set": _("Set the roles of an officer"),
        "post_set": _("Set who holds a post"),
        "post_left": _("A post was left by a closed account"),
        "roster_set": _("Put an officer on the roster"),
        "roster_ended": _("Took an officer off the roster"),
        "duty_set": _("Set the days and the deputy of an officer"),
        "deputy_left": _("A deputy left: nobody stands in"),
        "moved_in_bulk": _("Gave it to an officer, with others in one act"),
        "bulk_undone": _("Gave it back: an act was undone"),
        "leave_added": _("Noted a leave"),
        "leave_ended": _("Ended a leave"),
        "calendar_corrected": _("Corrected the calendar"),
        "text_changed": _("Changed a text"),
        "change_asked": _("Asked for a change of reference data"),
        "change_approved": _("Agreed to a change of reference data"),
        "change_refused": _("Refused a change of reference data"),
        "change_cancelled": _("Cancelled a change of reference data"),
        "change_failed": _("A planned change could not be done"),
        "reference_changed": _("Reference data was changed"),
        "reference_forced": _("An import took the place of changes on screen"),
        "moved_with_place": _("Moved along with a place that closed"),
        "officer_moved": _("Moved an officer along with a place that closed"),
        "sheet_applied": _("Took over a CSV file"),
        "alarm_settled": _("Settled an alarm"),
        "answer_template_saved": _("Saved a template of answers"),
        "answer_template_retired": _("Let a template of answers be offered no more"),
        "task_added": _("Gave a task"),
        "task_done": _("Did a task"),
        "task_cancelled": _("Cancelled a task"),
        "task_handed_over": _("Gave a task back to the handler"),
        "record_verified": _("Verified the record"),
        "record_exported": _("Took a file of the record"),
        "heads_begun": _("Signed heads were begun in a new file"),
        "sms_not_reached": _("A message did not reach the citizen"),
        "sms_sent_again": _("Had an SMS sent once more"),
        "told_otherwise": _("Told the citizen in another way"),
        "dead_letter_sent": _("Had an SMS sent that had been given up"),
        "dead_letter_dropped": _("Let an SMS go that had been given up"),
        "dead_inbound_tried": _("Had an SMS read that had been given up"),
        "identity_looked": _("Looked at an identity"),
        "identity_removed": _("The sealed identity was removed, its time was over"),
        "words_removed": _("The words were removed, their time was over"),
        "copy_given": _("The citizen took a copy of everything kept"),
        "hold_set": _("Kept the case for a court or an inquiry"),
        "hold_ended": _("Ended the keeping for a court or an inquiry"),
        "retention_set": _("Set how long a category is kept"),
        "listed": _("Asked for the own list"),
        "reassignment_asked": _("Asked that another takes the case"),
        "officer_mail_begun": _("Named a mailbox for lists"),
        "officer_mail_confirmed": _("Confirmed a mailbox for lists"),
        "officer_mail_hours": _("Set the hours of the list by e-mail"),
        "officer_mail_removed": _("Removed the mailbox for lists"),
        "notices_chosen": _("Chose what need not be told"),
        "officer_phone_begun": _("Named a phone for work by SMS"),
        "officer_phone_confirmed": _("Confirmed a phone for work by SMS"),
        "officer_phone_removed": _("Removed a phone for work by SMS"),
        "officer_pin_changed": _("Changed the PIN of a phone"),
        "officer_pin_wrong": _("An SMS came with a wrong PIN"),
        "officer_pin_locked": _("A phone was locked after wrong PINs"),
        "officer_list_changed": _("Changed the list of the day by SMS"),
        "mail_stopped": _("The citizen stopped notices by e-mail"),
        "sms_stopped": _("A number asked for no more notices by SMS"),
        "sms_started": _("A number asked for notices by SMS again"),
        "merged": _("Joined to another case"),
        "led": _("Another case was joined to it"),
        "taken_apart": _("Taken out of a group of cases"),
        "linked": _("Linked to another case"),
        "unlinked": _("Took a link away"),
        "split": _("Had a second case made of it"),
        "words_covered": _("Covered words of the citizen"),
        "words_uncovered": _("Let covered words stand again"),
        "looked_at_covered": _("Looked at covered words"),
        "breach_report": _("Made a report of looks in a period"),
        "entered_for_citizen": _("Entered it for the citizen"),
        "file_numbered": _("Wrote down the office's file number"),
        "file_printed": _("Printed the whole file"),
        "improvement_proposed": _("Proposed an improvement action"),
        "improvement_made": _("Made an improvement action"),
        "improvement_changed": _("Changed owner or due date of an improvement action"),
        "improvement_done": _("Marked an improvement action as done"),
        "improvement_dropped": _("Gave an improvement action up"),
        "improvement_linked": _("Linked the case with an improvement action"),
        "improvement_unlinked": _("Took the case out of an improvement action"),
        "improvement_told": _("The citizen is told that an improvement is done"),
        "improvement_late": _("An improvement action passed its day"),
    }
