"""Tables of the system: columns and constraints only.

Every table of this folder is covered by row-level security or listed as reference data in
`migrations/sql/policies.sql`; a test compares the two.
"""

from feedback.models.accounts import (
    AccessCode,
    GrantRequest,
    LoginAttempt,
    Passkey,
    RecoveryCode,
    StaffSession,
    Totp,
)
from feedback.models.answers import AnswerTemplate
from feedback.models.attachments import (
    Attachment,
    AttachmentContent,
    FileKey,
    Upload,
    UploadPart,
)
from feedback.models.cases import (
    Assignment,
    Case,
    Conflict,
    Deadline,
    FilingProof,
    Message,
    Notice,
    Pause,
    Submission,
    Timer,
)
from feedback.models.changes import ReferenceChange
from feedback.models.channels import (
    DeliveryProblem,
    InboundMessage,
    Outbox,
    ReceiptAttempt,
    ReceiptRequest,
    SmsDay,
    UssdSession,
)
from feedback.models.climbing import Alarm, Directive, Escalation
from feedback.models.drafts import Draft
from feedback.models.figures import Figure, FigureDirty, SmsCost
from feedback.models.improvements import Improvement, ImprovementCase
from feedback.models.inbox import CaseWords, SavedView
from feedback.models.learning import Correction, SuggestionModel
from feedback.models.levels import Extract, Lowering
from feedback.models.merging import CaseLink, CaseMerge, CaseSplit, Redaction
from feedback.models.notices import NoticeChoice, OfficerMail
from feedback.models.officer_phones import OfficerCommand, OfficerPhone
from feedback.models.offices import Extension, Opinion, Outcome
from feedback.models.paper import OfficeFile, PaperRecord
from feedback.models.people import (
    Credential,
    Leave,
    Officer,
    OfficerStanding,
    PeopleState,
    Post,
    PostHolding,
)
from feedback.models.phones import Phone
from feedback.models.records import (
    AuditEntry,
    AuditLink,
    AuditPattern,
    AuditTail,
    CaseErasure,
    IdentityOpening,
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
from feedback.models.tasks import Task
from feedback.models.teams import BulkMove, BulkMoveItem, Duty, Roster
from feedback.models.texts import TextVersion

__all__ = [
    "AccessCode",
    "Alarm",
    "AnswerTemplate",
    "Assignment",
    "Attachment",
    "AttachmentContent",
    "AuditEntry",
    "AuditLink",
    "AuditPattern",
    "AuditTail",
    "BulkMove",
    "BulkMoveItem",
    "Calendar",
    "CalendarCorrection",
    "Case",
    "CaseErasure",
    "CaseWords",
    "CaseLink",
    "CaseMerge",
    "CaseSplit",
    "Category",
    "Conflict",
    "Correction",
    "Credential",
    "Deadline",
    "DeliveryProblem",
    "Directive",
    "Draft",
    "Duty",
    "Escalation",
    "Extension",
    "Extract",
    "Figure",
    "FigureDirty",
    "FilingProof",
    "FileKey",
    "GrantRequest",
    "Holiday",
    "IdentityOpening",
    "Improvement",
    "ImprovementCase",
    "InboundMessage",
    "Institution",
    "LadderRung",
    "Leave",
    "LoginAttempt",
    "LegalHold",
    "Lowering",
    "Message",
    "Notice",
    "NoticeChoice",
    "OfficeFile",
    "Officer",
    "OfficerCommand",
    "OfficerMail",
    "OfficerPhone",
    "OfficerStanding",
    "Opinion",
    "Outbox",
    "Outcome",
    "Passkey",
    "PaperRecord",
    "Pause",
    "PeopleState",
    "Phone",
    "Place",
    "Post",
    "PostHolding",
    "ReceiptAttempt",
    "ReceiptRequest",
    "RecoveryCode",
    "ReferenceChange",
    "Redaction",
    "ReferenceState",
    "RetentionRule",
    "SavedView",
    "Roster",
    "SealedIdentity",
    "ServiceStandard",
    "SmsCost",
    "SmsDay",
    "StaffSession",
    "Submission",
    "SuggestionModel",
    "Task",
    "TextVersion",
    "Timer",
    "Totp",
    "Unit",
    "Upload",
    "UploadPart",
    "UssdSession",
]
