"""When an SMS may go, and how many in a day.

Whoever asked is answered at any hour. What nobody asked for waits until the morning, counts
against a smaller share of the day's budget, and is not sent at all to who said STOP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAR_ES_SALAAM = ZoneInfo("Africa/Dar_es_Salaam")


class Kind(StrEnum):
    """Why an SMS is sent."""

    ASKED = "asked"  # a reply to what the citizen just sent, the acknowledgement among them
    OFFICER = "officer"  # a reply to an officer whose PIN was right
    DIRECT = "direct"  # an office's answer to the citizen's case, or its question
    NOTICE = "notice"  # everything else


AT_ONCE = frozenset({Kind.ASKED, Kind.OFFICER})

# Every text that is sent, and why. A text that is missing here counts as a notice, and a test
# fails until it is named.
KINDS: dict[str, Kind] = {
    "received": Kind.ASKED,
    "received_triage_question": Kind.ASKED,
    "receipt_code": Kind.ASKED,
    "status": Kind.ASKED,
    "unknown_reference": Kind.ASKED,
    "help": Kind.ASKED,
    "institution_unclear": Kind.ASKED,
    "added": Kind.ASKED,
    "made_confidential": Kind.ASKED,
    "closed": Kind.ASKED,
    "reopened": Kind.ASKED,
    "reopened_why": Kind.ASKED,
    "rated": Kind.ASKED,
    "not_possible": Kind.ASKED,
    "proof": Kind.ASKED,
    "proof_valid": Kind.ASKED,
    "proof_invalid": Kind.ASKED,
    "proof_wait": Kind.ASKED,
    "final_letter": Kind.ASKED,
    "final_letter_to": Kind.ASKED,
    "dialled_without_words": Kind.ASKED,
    "which_case": Kind.ASKED,
    "status_list": Kind.ASKED,
    "repeated": Kind.ASKED,
    "flood": Kind.ASKED,
    "received_suggested": Kind.ASKED,
    "made_anonymous": Kind.ASKED,
    "stopped": Kind.ASKED,
    "started": Kind.ASKED,
    "language_chosen": Kind.ASKED,
    "language_asked": Kind.ASKED,
    "answer": Kind.DIRECT,
    "answer_waits": Kind.DIRECT,
    "partial_answer": Kind.DIRECT,
    "partial_answer_waits": Kind.DIRECT,
    # It changes what the citizen was promised.
    "extended": Kind.DIRECT,
    "extended_waits": Kind.DIRECT,
    "question": Kind.DIRECT,
    "question_waits": Kind.DIRECT,
    "officer_code": Kind.ASKED,
    "officer_no_pin": Kind.ASKED,
    "officer_wrong_pin": Kind.ASKED,
    "officer_wait": Kind.ASKED,
    "officer_locked": Kind.ASKED,
    "officer_unknown": Kind.OFFICER,
    "officer_not_now": Kind.OFFICER,
    "officer_no_words": Kind.OFFICER,
    "officer_list": Kind.OFFICER,
    "officer_list_empty": Kind.OFFICER,
    "officer_acknowledged": Kind.OFFICER,
    "officer_asked": Kind.OFFICER,
    "officer_answered": Kind.OFFICER,
    "officer_reassign": Kind.OFFICER,
    "acknowledged": Kind.NOTICE,
    "transferred": Kind.NOTICE,
    "taken_over": Kind.NOTICE,
    "reopened_by_office": Kind.NOTICE,
    "improvement_done": Kind.NOTICE,
    "joined": Kind.NOTICE,
    "divided": Kind.NOTICE,
    "officer_list_day": Kind.NOTICE,
    "officer_list_day_empty": Kind.NOTICE,
    "officer_urgent": Kind.NOTICE,
    "officer_mail_code": Kind.ASKED,
    "officer_list_mail": Kind.NOTICE,
    "officer_urgent_mail": Kind.NOTICE,
}

# Why a row waits though its time has come.
QUIET, OVER_BUDGET, OVER_NUMBER = "quiet", "budget", "number"
HELD = (QUIET, OVER_BUDGET, OVER_NUMBER)
# What a number has had too many of is given up after so long: an automatic reply that is days old
# helps nobody, and whoever fills in forms with a stranger's number shall not fill weeks.
TOO_LATE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of Dar es Salaam at which nobody is woken; none where both are the same."""

    begin: int
    end: int

    def cover(self, moment: datetime) -> bool:
        """Whether the moment lies within them."""
        hour = moment.astimezone(DAR_ES_SALAAM).hour
        if self.begin <= self.end:
            return self.begin <= hour < self.end
        return hour >= self.begin or hour < self.end

    def over(self, moment: datetime) -> datetime:
        """When those that cover the moment are over."""
        return _next_hour(moment, self.end)


@dataclass(frozen=True, slots=True)
class Budget:
    """SMS in a day: to one number, in all, and the percentage of all kept for who asked."""

    per_number: int
    per_day: int
    reserve: int

    def of_day(self, kind: Kind) -> int:
        """How many of all may have been sent when the next of this kind goes."""
        if kind in AT_ONCE:
            return self.per_day
        return self.per_day * (100 - self.reserve) // 100

    def of_number(self, kind: Kind) -> int | None:
        """How many automatic ones one number gets; None: what an office causes is not counted,
        else a stranger's forms could keep its answer from the citizen."""
        return self.per_number if kind is Kind.ASKED else None


def kind(template: str) -> Kind:
    """Why this text is sent."""
    return KINDS.get(template, Kind.NOTICE)


def kinds_held(held: Kind) -> tuple[str, ...]:
    """The texts that wait when one of this kind must: its own and those of less weight."""
    order = list(Kind)
    return tuple(name for name, each in KINDS.items() if order.index(each) >= order.index(held))


def earliest(kind: Kind, now: datetime, quiet: QuietHours) -> datetime:
    """When an SMS that is ready now may go."""
    return quiet.over(now) if kind not in AT_ONCE and quiet.cover(now) else now


def next_day(now: datetime, quiet: QuietHours) -> datetime:
    """When what is over the day's budget goes: the next day, after its quiet hours."""
    begins = _next_hour(now, 0)
    return quiet.over(begins) if quiet.cover(begins) else begins


def respects_stop(kind: Kind) -> bool:
    """Whether who said STOP gets it no more; replies and an office's own words are wanted."""
    return kind is Kind.NOTICE


def _next_hour(moment: datetime, hour: int) -> datetime:
    local = moment.astimezone(DAR_ES_SALAAM)
    day = local.date()
    if local.time() >= time(hour):
        day += timedelta(days=1)
    return datetime.combine(day, time(hour), DAR_ES_SALAAM).astimezone(UTC)
