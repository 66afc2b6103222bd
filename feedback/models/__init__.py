"""Tables of the system: columns and constraints only.

Every table of this folder is covered by row-level security or listed as reference data in
`migrations/sql/policies.sql`; a test compares the two.
"""

from feedback.models.cases import (
    Alarm,
    Assignment,
    Case,
    Conflict,
    Deadline,
    Directive,
    Escalation,
    Message,
    Notice,
    Pause,
    Submission,
    Timer,
)
from feedback.models.channels import InboundMessage, Outbox, ReceiptAttempt
from feedback.models.figures import Figure, FigureDirty
from feedback.models.people import Credential, Leave, Officer, Post, PostHolding
from feedback.models.records import (
    AuditEntry,
    AuditLink,
    AuditPattern,
    AuditTail,
    CaseErasure,
    LegalHold,
    RetentionRule,
    SealedIdentity,
)
from feedback.models.reference import (
    Calendar,
    CalendarCorrection,
    Category,
    Holiday,
    Institution,
    LadderRung,
    Place,
    ReferenceState,
    ServiceStandard,
    Unit,
)

__all__ = [
    "Alarm",
    "Assignment",
    "AuditEntry",
    "AuditLink",
    "AuditPattern",
    "AuditTail",
    "Calendar",
    "CalendarCorrection",
    "Case",
    "CaseErasure",
    "Category",
    "Conflict",
    "Credential",
    "Deadline",
    "Directive",
    "Escalation",
    "Figure",
    "FigureDirty",
    "Holiday",
    "InboundMessage",
    "Institution",
    "LadderRung",
    "Leave",
    "LegalHold",
    "Message",
    "Notice",
    "Officer",
    "Outbox",
    "Pause",
    "Place",
    "Post",
    "PostHolding",
    "ReceiptAttempt",
    "ReferenceState",
    "RetentionRule",
    "SealedIdentity",
    "ServiceStandard",
    "Submission",
    "Timer",
    "Unit",
]
