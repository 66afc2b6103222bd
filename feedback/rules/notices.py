"""What an officer is told: which notices go at once, which wait for the list, which are a duty.

The source: "nobody idle, nothing unowned" and "haraka" of the project's sources, and rule 4 of the
product (a climbed case shall find who can decide). Whoever answers for a case cannot choose not to
hear of it; what merely says how something ended may be switched off.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAR_ES_SALAAM = ZoneInfo("Africa/Dar_es_Salaam")

URGENT = frozenset(
    {
        "escalated",
        "digest",
        "due_today",
        "will_climb",
        "directive",
        "rung_told",
        "explanation_asked",
        "reason_rejected",
        "handed_down",
        "recommended",
        "identity_asked",
        "grant_asked",
        "change_asked",
        "day_off_undecided",
        "extension_asked",
        "not_fixed",
        "officer_pin_locked",
        "reset_password",
        "reset_factors",
        "system_alarm",
    }
)
"""Somebody waits for this officer's decision, or something was done to the account."""
OPTIONAL = frozenset(
    {
        "accepted",
        "withdrawn",
        "climbed",
        "directive_done",
        "reason_accepted",
        "delegation_ended",
        "lowering_granted",
        "lowering_refused",
        "extract_answered",
        "extension_granted",
        "change_decided",
        "cases_taken_back",
    }
)
"""How something ended: nothing is to be done."""
DUTY = frozenset(
    {
        "assigned",
        "transferred",
        "explain",
        "cases_given",
        "cases_given_back",
        "joined",
        "reopened_by_office",
        "citizen_message",
        "paper_letter",
        "final_letter",
        "not_reached",
        "pause_over",
        "reminder",
        "extension_refused",
        "mentioned",
        "explained",
        "taken_over",
        "delegated",
        "opinion_asked",
        "opinion_given",
        "opinion_declined",
        "opinion_overdue",
        "task_given",
        "task_due",
        "task_back",
        "tasks_done",
        "extract",
        "reassignment_asked",
        "leave_entered",
        "improvement_given",
        "improvement_late",
        "identity_allowed",
        "identity_refused",
        "change_failed",
        "granted_roles",
        "granted_post",
        "account_opened",
    }
)
"""Part of the work: it waits for the list, and nobody can choose not to hear of it."""
OF_A_POST = frozenset({"escalated", "directive_done", "explained", "delegated", "recommended"})
"""Told to whoever stands on a rung, or reads for one."""
KINDS = URGENT | OPTIONAL | DUTY
AT_WORK = frozenset({"due_today", "will_climb"})
"""Urgent, but of one day: told while the officer is at work, or not at all; the desk keeps it."""
HOURS = range(6, 18)
"""Local hours at which a list by e-mail may be had."""
MOST_HOURS = 3
"""Lists in a day: more would be a message a case again."""


def is_urgent(kind: str) -> bool:
    """Whether it goes at once and does not wait for the next list."""
    return kind in URGENT


def goes_now(kind: str, made: date, today: date, *, at_work: bool) -> bool:
    """Whether an urgent notice made on a day is told now; `at_work`: its officer is there now."""
    return kind not in AT_WORK or (at_work and made == today)


def muted(wished: Collection[str]) -> list[str]:
    """What of the kinds that an officer does not want may be kept away."""
    return sorted(OPTIONAL.intersection(wished))


def next_list(hours: Collection[int], now: datetime) -> datetime:
    """The first moment after `now` (UTC) at which a list is due, at one of these local hours."""
    if not hours:
        raise ValueError("a list needs an hour")
    day = now.astimezone(DAR_ES_SALAAM).date()
    moments = (
        datetime.combine(day + timedelta(days=later), time(hour), DAR_ES_SALAAM).astimezone(UTC)
        for later in (0, 1)
        for hour in sorted(hours)
    )
    return next(moment for moment in moments if moment > now)
