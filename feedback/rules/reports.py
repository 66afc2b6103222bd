"""What a delivery report means, and which of several counts.

Reports come twice, late and out of order, so the order in which they come decides nothing: of all
reports of a message the one that stands first in `RANK` counts. "Success" is first, since there
it means "on the handset": nothing moves a message that reached it. Among failures the more
particular tells more. A report later than `WINDOW` after the message was taken counts no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

WINDOW = timedelta(days=3)
SUCCESS, EXPIRED = "Success", "Expired"
UNDERWAY = frozenset({"Sent", "Submitted", "Buffered"})
# Reasons that say more than the status they come with; others add nothing to it.
REASONS = (
    "UserDoesNotExist",
    "NotNetworkSubscriber",
    "UserInBlackList",
    "DoNotDisturbRejection",
    "UserAccountSuspended",
    "UserIsInactive",
)
FAILURES = ("AbsentSubscriber", "Rejected", "Failed", EXPIRED)
RANK = (SUCCESS, *REASONS, *FAILURES)
STATUSES = frozenset({SUCCESS, *FAILURES, *UNDERWAY})

# What the desk reads of a message that did not arrive, by the codes of reports, of the gateway's
# own answer and of our own checks. What is missing here was refused for a reason unknown to us.
PROBLEMS = {
    "absent": ("AbsentSubscriber", "UserIsInactive"),
    "blocked": ("UserInBlackList", "DoNotDisturbRejection", "UserAccountSuspended", "406", "409"),
    "no_such_number": (
        "UserDoesNotExist",
        "NotNetworkSubscriber",
        "403",
        "404",
        "invalid-number",
    ),
    "expired": (EXPIRED,),
    "opted_out": ("opted-out",),
    "no_number": ("no-number",),
    "country": ("country",),
    "too_many": ("daily-limit",),
}
# An e-mail that ended: only the servers know more, and tell it to nobody.
MAIL_REFUSED, MAIL_UNKNOWN = "mail_refused", "mail_unknown"
OUTCOMES = (*PROBLEMS, "refused", "unknown", "given_up", MAIL_REFUSED, MAIL_UNKNOWN)
# Sending again leads nowhere.
POINTLESS = frozenset({"opted_out", "no_number", "country", "too_many", MAIL_REFUSED, MAIL_UNKNOWN})


def code(status: str, reason: str | None) -> str | None:
    """The code of a report; None while the message is under way."""
    if status not in RANK:
        return None
    if status in (SUCCESS, EXPIRED) or reason not in REASONS:
        return status
    return reason


def counts(at: datetime, taken_at: datetime) -> bool:
    """Whether a report of that moment still counts for a message taken then."""
    return at <= taken_at + WINDOW


def moves(standing: str | None, reported: str) -> bool:
    """Whether a report takes the place of what stands. `standing`: the code of the report that
    counted so far; anything else is none."""
    return standing not in RANK or RANK.index(reported) < RANK.index(standing)


def state(code: str) -> str:
    """The state that a report leads to."""
    return {SUCCESS: "delivered", EXPIRED: "expired"}.get(code, "failed")


def problem(state: str, code: str | None, unknown_attempts: int) -> str | None:
    """Why a message did not reach the citizen; None while it may, or where it did."""
    if state == "dead":
        return "unknown" if unknown_attempts else "given_up"
    if state not in ("failed", "expired", "suppressed"):
        return None
    return next((name for name, codes in PROBLEMS.items() if code in codes), "refused")


def mail_problem(state: str, unknown_attempts: int) -> str | None:
    """The same of an e-mail: one that its reader wanted no more is no problem."""
    if state not in ("failed", "dead"):
        return None
    return MAIL_UNKNOWN if state == "dead" and unknown_attempts else MAIL_REFUSED
