"""Statuses of a case and the one table of allowed transitions.

Triage and lateness are no statuses: they follow from the routing and from the clocks. Who may
do what stands in `access`; whether a window is still open, in the service that knows the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from feedback.rules.deadlines import DAR_ES_SALAAM, local_day

MAX_APPEALS = 2
"""How often "not fixed" reopens a case."""
WINDOW_DAYS = 14
"""Calendar days after an answer in which the citizen accepts it or says "not fixed"."""
APPEAL_ANSWER_DAYS = 7
"""Working days for the answer in a cycle that an appeal opened."""
REOPEN_DAYS = 90
"""Calendar days after its end in which the office itself may open a case again."""
MAX_REOPENINGS = 2
"""How often the office takes its own answer back before its head alone may do it once more."""
REOPEN_ANSWER_DAYS = APPEAL_ANSWER_DAYS
"""Working days for the answer in a cycle that the office opened."""


class Status(StrEnum):
    """Where a case stands."""

    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING_CITIZEN = "waiting_citizen"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What a person, or time itself (`EXPIRE`), can do to a case."""

    ASSIGN = "assign"
    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    NOTE = "note"
    ANSWER = "answer"
    PARTIAL_ANSWER = "partial_answer"
    OPINION = "opinion"
    EXTEND = "extend"
    REOPEN = "reopen"
    TRANSFER = "transfer"
    CITIZEN_MESSAGE = "citizen_message"
    ACCEPT = "accept"
    NOT_FIXED = "not_fixed"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    RAISE_CONFIDENTIALITY = "raise_confidentiality"
    CLASSIFY = "classify"
    DIRECT = "direct"
    JUDGE = "judge"
    EXPLAIN = "explain"
    TAKE_OVER = "take_over"
    HAND_DOWN = "hand_down"
    RECOMMEND = "recommend"
    MERGE = "merge"
    TASK = "task"
    SPLIT = "split"
    REDACT = "redact"


class NotAllowed(ValueError):
    """The verb cannot be used on a case in this status."""

    def __init__(self, verb: Verb, status: Status) -> None:
        super().__init__(f"{verb} is not allowed while {status}")
        self.verb = verb
        self.status = status


NEW, ASSIGNED, IN_PROGRESS = Status.NEW, Status.ASSIGNED, Status.IN_PROGRESS
WAITING, ANSWERED = Status.WAITING_CITIZEN, Status.ANSWERED
CLOSED, WITHDRAWN = Status.CLOSED, Status.WITHDRAWN

OPEN = frozenset({NEW, ASSIGNED, IN_PROGRESS, WAITING})
"""Statuses in which the answer clock runs (or waits for the citizen)."""


def _keeps(*statuses: Status) -> dict[Status, Status]:
    return {status: status for status in statuses}


_BY_VERB: dict[Verb, dict[Status, Status]] = {
    # A second owner changes nothing about what was done so far.
    Verb.ASSIGN: {NEW: ASSIGNED, **_keeps(ASSIGNED, IN_PROGRESS, WAITING, ANSWERED)},
    # No human word without a named owner: acknowledging, asking and answering need one first.
    Verb.ACKNOWLEDGE: {ASSIGNED: IN_PROGRESS, **_keeps(IN_PROGRESS)},
    Verb.ASK: {ASSIGNED: WAITING, IN_PROGRESS: WAITING, **_keeps(WAITING)},
    Verb.ANSWER: {ASSIGNED: ANSWERED, IN_PROGRESS: ANSWERED, WAITING: ANSWERED},
    # Part of an answer is a human word and no answer: the clock runs on, a question stays open.
    Verb.PARTIAL_ANSWER: {ASSIGNED: IN_PROGRESS, **_keeps(IN_PROGRESS, WAITING)},
    Verb.OPINION: _keeps(ASSIGNED, IN_PROGRESS, WAITING),
    Verb.EXTEND: _keeps(ASSIGNED, IN_PROGRESS, WAITING),
    # The office finds its own answer wrong or incomplete; what was withdrawn stays so.
    Verb.REOPEN: {ANSWERED: IN_PROGRESS, CLOSED: IN_PROGRESS},
    Verb.NOTE: _keeps(*Status),
    Verb.DIRECT: _keeps(NEW, ASSIGNED, IN_PROGRESS, WAITING, ANSWERED),
    # What was ordered is done, or why it is late is said: by those who answer for the case.
    Verb.EXPLAIN: _keeps(*Status),
    # An official takes the handler's reason for a delay, or wants another: no clock moves by it.
    Verb.JUDGE: _keeps(NEW, ASSIGNED, IN_PROGRESS, WAITING),
    # A post takes the case, or gives it to an officer below: a named owner, and no transfer.
    Verb.TAKE_OVER: {NEW: ASSIGNED, **_keeps(ASSIGNED, IN_PROGRESS, WAITING)},
    Verb.HAND_DOWN: {NEW: ASSIGNED, **_keeps(ASSIGNED, IN_PROGRESS, WAITING)},
    Verb.RECOMMEND: _keeps(NEW, ASSIGNED, IN_PROGRESS, WAITING, ANSWERED),
    # A transfer names the new owner at once; a question to the citizen stays open.
    Verb.TRANSFER: {NEW: ASSIGNED, ASSIGNED: ASSIGNED, IN_PROGRESS: ASSIGNED, **_keeps(WAITING)},
    Verb.CLASSIFY: _keeps(NEW, ASSIGNED, IN_PROGRESS, WAITING),
    Verb.RAISE_CONFIDENTIALITY: _keeps(NEW, ASSIGNED, IN_PROGRESS, WAITING, ANSWERED),
    # Work to be done while the answer is still owed.
    Verb.TASK: _keeps(NEW, ASSIGNED, IN_PROGRESS, WAITING),
    # A duplicate lives on with the case that leads it: its citizen is answered when that one is,
    # and may say "not fixed" as before.
    Verb.MERGE: {NEW: ASSIGNED, **_keeps(ASSIGNED, IN_PROGRESS, WAITING)},
    Verb.SPLIT: _keeps(NEW, ASSIGNED, IN_PROGRESS, WAITING),
    Verb.REDACT: _keeps(*Status),
    # Words of a citizen are kept whatever the status; only waiting ends by them.
    Verb.CITIZEN_MESSAGE: {
        WAITING: IN_PROGRESS,
        **_keeps(NEW, ASSIGNED, IN_PROGRESS, ANSWERED, CLOSED, WITHDRAWN),
    },
    Verb.WITHDRAW: {
        NEW: WITHDRAWN,
        ASSIGNED: WITHDRAWN,
        IN_PROGRESS: WITHDRAWN,
        WAITING: WITHDRAWN,
    },
    Verb.ACCEPT: {ANSWERED: CLOSED},
    Verb.NOT_FIXED: {ANSWERED: ASSIGNED},
    Verb.EXPIRE: {ANSWERED: CLOSED},
}

WHILE_JOINED = frozenset(
    {
        Verb.NOTE,
        Verb.EXPLAIN,
        Verb.REDACT,
        Verb.CITIZEN_MESSAGE,
        Verb.WITHDRAW,
        Verb.RAISE_CONFIDENTIALITY,
        Verb.ACCEPT,
        Verb.NOT_FIXED,
        Verb.EXPIRE,
    }
)
"""What may be done to a case while another one leads it; everything else is done to that one."""

TRANSITIONS: Mapping[tuple[Verb, Status], Status] = MappingProxyType(
    {
        (verb, before): then
        for verb, statuses in _BY_VERB.items()
        for before, then in statuses.items()
    }
)
"""(verb, status before) to the status after; a pair that is missing is not allowed."""


def after(verb: Verb, status: Status) -> Status:
    """The status after `verb`; raises NotAllowed when the table has no such transition."""
    try:
        return TRANSITIONS[verb, status]
    except KeyError:
        raise NotAllowed(verb, status) from None


def allowed(status: Status) -> frozenset[Verb]:
    """The verbs that the table knows for `status`."""
    return frozenset(verb for verb, before in TRANSITIONS if before == status)


def window_end(answered_at: datetime) -> datetime:
    """The first moment, in UTC, at which the citizen's window after an answer is over.

    The day of the answer is day 0; the window lasts to midnight at the end of the 14th day after
    it in Dar es Salaam. Raises ValueError for a naive moment.
    """
    next_day = local_day(answered_at) + timedelta(days=WINDOW_DAYS + 1)
    return datetime.combine(next_day, time(), DAR_ES_SALAAM).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Appeal:
    """What "not fixed" leads to: the cycle and rung it opens, or the final letter."""

    allowed: bool
    cycle: int
    rung: int
    final_letter: bool


def appeal(
    appeals_so_far: int, highest_rung: int, top_rung: int, cycle: int | None = None
) -> Appeal:
    """What another "not fixed" does to a case that was appealed `appeals_so_far` times.

    `highest_rung` is the highest of all cycles, 0 when the case never climbed; `cycle` the present
    one, which cycles that the office opened may have put ahead of the appeals. An appeal opens the
    next cycle one rung higher, at most the ladder's top. After the last appeal it stays where it
    is, and a final letter names the bodies outside.
    """
    if cycle is None:
        cycle = appeals_so_far + 1
    if appeals_so_far >= MAX_APPEALS:
        return Appeal(allowed=False, cycle=cycle, rung=highest_rung, final_letter=True)
    rung = appealed_rung(highest_rung, top_rung)
    return Appeal(allowed=True, cycle=cycle + 1, rung=rung, final_letter=False)


def reopens_until(closed_at: datetime) -> date:
    """The last day in Dar es Salaam on which the office may open a closed case again."""
    return local_day(closed_at) + timedelta(days=REOPEN_DAYS)


def may_reopen(closed_at: datetime | None, now: datetime) -> bool:
    """Whether the office may still open a case again: one that has not closed yet, always."""
    return closed_at is None or local_day(now) <= reopens_until(closed_at)


def reopenings(cycle: int, appeals: int) -> int:
    """How often the office opened a case again: cycles after the first that no appeal opened."""
    return cycle - 1 - appeals


def appealed_rung(highest_rung: int, top_rung: int) -> int:
    """Where the ladder of a cycle begins that an appeal opened: one higher than it ever stood."""
    return min(highest_rung + 1, top_rung)


def reopened_rung(highest_rung: int, first_rung: int, top_rung: int) -> int:
    """Where the ladder of a cycle begins that the office opened, once its clock is missed.

    As high as the case ever stood, so that opening a case again is no way back to the bottom; and
    no higher, since nobody complained. 0 for a ladder without rungs.
    """
    return min(max(highest_rung, first_rung, 1), top_rung)
