"""Column shorthands shared by the tables."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Integer, Uuid
from sqlalchemy.orm import mapped_column

from feedback.clock import UtcDateTime

Key = Annotated[int, mapped_column(Integer, Identity(), primary_key=True)]
# Random, so that an identifier tells neither order nor number of cases.
RandomKey = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=uuid4)]
CaseKey = Annotated[UUID, mapped_column(Uuid, ForeignKey("case.id"))]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]

KINDS = ("complaint", "suggestion", "compliment", "enquiry")
LEVELS = ("open", "confidential", "restricted")
CHANNELS = ("web", "sms", "ussd", "paper")
# How something came that an officer enters for a citizen, by the channel "paper".
WAYS_IN = ("letter", "visit", "call")
# How a citizen is written to.
CONTACTS = ("sms", "email")
# Which e-mails go to an address: none, those that a citizen waits for, every one.
MAILS = ("none", "direct", "all")
STATUSES = (
    "new",
    "assigned",
    "in_progress",
    "waiting_citizen",
    "answered",
    "closed",
    "withdrawn",
)
MESSAGES = (
    "citizen",
    # The citizen's word with the rating.
    "remark",
    "acknowledgement",
    "question",
    "partial_answer",
    "answer",
    "note",
    "transfer",
    "directive",
    "delay_reason",
    "final_letter",
    # Why the office itself opened the case again: the citizen reads it.
    "reopening",
    # What another unit is asked for, and what it says.
    "opinion_request",
    "opinion",
    # Why the office needs longer, and what the head decided.
    "extension_request",
    "extension",
    # Why cases were joined, or one was divided.
    "merge",
    "split",
)
# What makes a case climb.
DRIVERS = (
    "acknowledge",
    "answer",
    "appeal",
    "unowned",
    "transfer",
    "pause",
    "directive",
    "paper",
)
TASKS = ("inspect", "repair", "call", "write", "other")
# An order, or an explanation of the delay that is demanded.
DIRECTIVES = ("order", "explanation")
# What a rung asks of its post: see `migrations/sql/officials.sql`.
ASKS = ("explanation", "decision", "accepted")
TASK_STATES = ("open", "done", "cancelled")
ROLES = (
    "handler",
    "coordinator",
    "head",
    "oversight",
    "ethics",
    "admin",
    "auditor",
    # Enters what comes on paper or by word of mouth, and reads no case.
    "registry",
)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """A named CHECK that the column holds one of the values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
