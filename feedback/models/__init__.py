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
from feedback.models.figures import Figure, FigureDirty, FigureHeld, SmsCost
from feedback.models.forecasts import (
    CaseForecast,
    ForecastCell,
    ForecastState,
    RiskCell,
    WarningDay,
)
from feedback.models.improvements import Improvement, ImprovementCase
from feedback.models.inbox import CaseWords, SavedView
from feedback.models.learning import Correction, SuggestionModel
from feedback.models.letters import Letter, PaperLetter, PaperLetterCase
from feedback.models.levels import Extract, Lowering
from feedback.models.merging import CaseLink, CaseMerge, CaseSplit, Redaction
from feedback.models.notices import NoticeChoice, OfficerMail
from feedback.models.officer_phones import OfficerCommand, OfficerPhone
from feedback.models.offices import Extension, Opinion, Outcome
from feedback.models.officials import Delegation, ReasonDecision, Recommendation
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
    LadderChoice,
    LadderRung,
    Place,
    ReferenceState,
    ServiceStandard,
    Unit,
)
from feedback.models.tasks import Task
from feedback.models.teams import BulkMove, BulkMoveItem, Duty, Roster
from feedback.models.texts import TextVersion
from feedback.models.watching import JobRun, MachineClock

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
    "CaseForecast",
    "CaseLink",
    "CaseMerge",
    "CaseSplit",
    "CaseWords",
    "Category",
    "Conflict",
    "Correction",
    "Credential",
    "Deadline",
    "Delegation",
    "DeliveryProblem",
    "Directive",
    "Draft",
    "Duty",
    "Escalation",
    "Extension",
    "Extract",
    "Figure",
    "FigureDirty",
    "FigureHeld",
    "FilingProof",
    "FileKey",
    "ForecastCell",
    "ForecastState",
    "GrantRequest",
    "Holiday",
    "IdentityOpening",
    "Improvement",
    "ImprovementCase",
    "InboundMessage",
    "Institution",
    "LadderChoice",
    "JobRun",
    "LadderRung",
    "Leave",
    "Letter",
    "LoginAttempt",
    "LegalHold",
    "LoginAttempt",
    "Lowering",
    "MachineClock",
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
    "PaperLetter",
    "PaperLetterCase",
    "PaperRecord",
    "Passkey",
    "Pause",
    "PeopleState",
    "Phone",
    "Place",
    "Post",
    "PostHolding",
    "ReceiptAttempt",
    "ReceiptRequest",
    "RecoveryCode",
    "ReasonDecision",
    "Recommendation",
    "ReferenceChange",
    "Redaction",
    "ReferenceChange",
    "ReferenceState",
    "RetentionRule",
    "RiskCell",
    "Roster",
    "SavedView",
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
    "WarningDay",
]
