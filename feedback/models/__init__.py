"""Tables of the system: columns and constraints only.

Every table of this folder is covered by row-level security or listed as reference data in
`migrations/sql/policies.sql`; a test compares the two.
"""

from feedback.models.attachments import (
    Attachment,
    AttachmentContent,
    FileKey,
    Upload,
    UploadPart,
)
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
from feedback.models.channels import InboundMessage, Outbox, ReceiptAttempt, ReceiptRequest
from feedback.models.figures import Figure, FigureDirty
from feedback.models.levels import Extract, Lowering
from feedback.models.people import (
    Credential,
    Leave,
    Officer,
    OfficerStanding,
    PeopleState,
    Post,
    PostHolding,
)
from feedback.models.records import (
    AuditEntry,
    AuditLink,
    AuditTail,
    IdentityOpening,
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
    "Attachment",
    "AttachmentContent",
    "AuditEntry",
    "AuditLink",
    "AuditTail",
    "Calendar",
    "CalendarCorrection",
    "Case",
    "Category",
    "Conflict",
    "Credential",
    "Deadline",
    "Directive",
    "Escalation",
    "Extract",
    "Figure",
    "FigureDirty",
    "FileKey",
    "Holiday",
    "IdentityOpening",
    "InboundMessage",
    "Institution",
    "LadderRung",
    "Leave",
    "Lowering",
    "Message",
    "Notice",
    "Officer",
    "OfficerStanding",
    "Outbox",
    "Pause",
    "PeopleState",
    "Place",
    "Post",
    "PostHolding",
    "ReceiptAttempt",
    "ReceiptRequest",
    "ReferenceState",
    "SealedIdentity",
    "ServiceStandard",
    "Submission",
    "Timer",
    "Unit",
    "Upload",
    "UploadPart",
]
