"""Cases, clocks, words, the vault, the record; roles and row-level security from the start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.shorthands import fill

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_actor_id"), "audit_entry", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_case_id"), "audit_entry", ["case_id"], unique=False)
    op.create_table(
        "calendar",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("weekend", sa.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("code", name=op.f("uq_calendar_code")),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_sw", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("confidentiality", sa.String(), nullable=False),
        sa.Column("applies_to", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("keywords_sw", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("keywords_en", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("standard", sa.String(), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "confidentiality IN ('open', 'confidential', 'restricted')",
            name=op.f("ck_category_confidentiality"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("code", name=op.f("uq_category_code")),
    )
    op.create_table(
        "ladder_rung",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("copy", sa.String(), nullable=False),
        sa.Column("name_sw", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_rung")),
        sa.UniqueConstraint("ladder", "rung", name=op.f("uq_ladder_rung_ladder_rung")),
    )
    op.create_table(
        "receipt_attempt",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_receipt_attempt")),
    )
    op.create_table(
        "reference_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_state")),
    )
    op.create_table(
        "service_standard",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("acknowledge_days", sa.Integer(), nullable=False),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        sa.Column("max_rung", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('complaint', 'suggestion', 'compliment', 'enquiry', '*')",
            name=op.f("ck_service_standard_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_standard")),
        sa.UniqueConstraint("code", "kind", name=op.f("uq_service_standard_code_kind")),
    )
    op.create_table(
        "audit_link",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_link_entry_id")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_link_entry_id")),
    )
    op.create_table(
        "audit_tail",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_tail_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_tail")),
    )
    op.create_table(
        "holiday",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name_sw", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint(
            "status IN ('confirmed', 'expected', 'removed')", name=op.f("ck_holiday_status")
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_holiday_calendar_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint("calendar_id", "day", name=op.f("uq_holiday_calendar_id_day")),
    )
    op.create_table(
        "institution",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("name_sw", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("aliases", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('office', 'ministry', 'agency', 'region', 'council')",
            name=op.f("ck_institution_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_institution_calendar_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["institution.id"], name=op.f("fk_institution_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
        sa.UniqueConstraint("code", name=op.f("uq_institution_code")),
    )
    op.create_index(op.f("ix_institution_parent_id"), "institution", ["parent_id"], unique=False)
    op.create_index(
        op.f("ix_institution_path"), "institution", ["path"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "figure",
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("escalated", sa.Integer(), nullable=False),
        sa.Column("appealed", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("first_response", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("answer", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_figure_institution_id")
        ),
        sa.PrimaryKeyConstraint(
            "institution_id", "month", "category_id", "channel", "kind", name=op.f("pk_figure")
        ),
    )
    op.create_table(
        "figure_dirty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_figure_dirty_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_dirty")),
    )
    op.create_table(
        "place",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_place_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("name", "institution_id", name=op.f("uq_place_name_institution_id")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_sw", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_unit_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("institution_id", "code", name=op.f("uq_unit_institution_id_code")),
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("last_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "roles <@ ARRAY['handler', 'coordinator', 'head', 'oversight', 'ethics', 'admin', 'auditor']::text[]",
            name=op.f("ck_officer_roles"),
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_officer_institution_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_officer_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("username", name=op.f("uq_officer_username")),
    )
    op.create_index(op.f("ix_officer_unit_id"), "officer", ["unit_id"], unique=False)
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name_sw", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_post_institution_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_post_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint(
            "institution_id",
            "unit_id",
            "kind",
            name=op.f("uq_post_institution_id_unit_id_kind"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "calendar_correction",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadlines_moved", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_calendar_correction_calendar_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_calendar_correction_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_correction")),
    )
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("confidentiality", sa.String(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("triage", sa.Boolean(), nullable=False),
        sa.Column("cautious", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_response_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("appeals", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standard", sa.String(), nullable=False),
        sa.Column("max_rung", sa.Integer(), nullable=True),
        sa.Column("highest_rung", sa.Integer(), nullable=False),
        sa.Column("first_rung", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('web', 'sms', 'ussd', 'paper')", name=op.f("ck_case_channel")
        ),
        sa.CheckConstraint(
            "confidentiality IN ('open', 'confidential', 'restricted')",
            name=op.f("ck_case_confidentiality"),
        ),
        sa.CheckConstraint(
            "kind IN ('complaint', 'suggestion', 'compliment', 'enquiry')",
            name=op.f("ck_case_kind"),
        ),
        sa.CheckConstraint("language IN ('sw', 'en')", name=op.f("ck_case_language")),
        sa.CheckConstraint(
            "status IN ('new', 'assigned', 'in_progress', 'waiting_citizen', 'answered', 'closed', 'withdrawn')",
            name=op.f("ck_case_status"),
        ),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_case_rating")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_case_category_id")),
        sa.ForeignKeyConstraint(["handler_id"], ["officer.id"], name=op.f("fk_case_handler_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_case_institution_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_case_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("reference", name=op.f("uq_case_reference")),
    )
    op.create_index(
        "ix_case_handler_queue",
        "case",
        ["handler_id", "due_at", "id"],
        unique=False,
        postgresql_where="status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.create_index(
        "ix_case_institution_queue",
        "case",
        ["institution_id", "due_at", "id"],
        unique=False,
        postgresql_where="status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.create_index("ix_case_received", "case", ["institution_id", "received_at"], unique=False)
    op.create_index(
        "ix_case_restricted_queue",
        "case",
        ["due_at", "id"],
        unique=False,
        postgresql_where="confidentiality = 'restricted' AND status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.create_index(
        "ix_case_unit_queue",
        "case",
        ["unit_id", "due_at", "id"],
        unique=False,
        postgresql_where="status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.create_index(
        "ix_case_unowned",
        "case",
        ["institution_id", "due_at", "id"],
        unique=False,
        postgresql_where="handler_id IS NULL AND status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.create_table(
        "credential",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_credential_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "leave",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_leave_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    op.create_index(
        op.f("ix_leave_officer_id_last_day"), "leave", ["officer_id", "last_day"], unique=False
    )
    op.create_table(
        "post_holding",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("since_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "capacity IN ('holder', 'deputy')", name=op.f("ck_post_holding_capacity")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_post_holding_officer_id")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_holding_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_holding")),
    )
    op.create_index(
        op.f("ix_post_holding_officer_id"), "post_holding", ["officer_id"], unique=False
    )
    op.create_index(
        "uq_post_holding_current",
        "post_holding",
        ["post_id", "capacity"],
        unique=True,
        postgresql_where="until_day IS NULL",
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("dedupe", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_alarm_case_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_alarm_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_alarm_dedupe")),
    )
    op.create_index(op.f("ix_alarm_case_id"), "alarm", ["case_id"], unique=False)
    op.create_index(
        "ix_alarm_open",
        "alarm",
        ["institution_id", "at"],
        unique=False,
        postgresql_where="settled_at IS NULL",
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("by_officer_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_officer_id"], ["officer.id"], name=op.f("fk_assignment_by_officer_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_assignment_case_id")),
        sa.ForeignKeyConstraint(
            ["handler_id"], ["officer.id"], name=op.f("fk_assignment_handler_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_assignment_institution_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_assignment_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_case_id_at"), "assignment", ["case_id", "at"], unique=False)
    op.create_table(
        "conflict",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('named', 'recused', 'marked')", name=op.f("ck_conflict_reason")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_conflict_case_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_conflict_officer_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "officer_id", name=op.f("pk_conflict")),
    )
    op.create_index(op.f("ix_conflict_officer_id"), "conflict", ["officer_id"], unique=False)
    op.create_table(
        "deadline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("extension_days", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint("clock IN ('acknowledge', 'answer')", name=op.f("ck_deadline_clock")),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_deadline_calendar_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_deadline_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
        sa.UniqueConstraint(
            "case_id", "cycle", "clock", name=op.f("uq_deadline_case_id_cycle_clock")
        ),
    )
    op.create_index(
        "ix_deadline_running",
        "deadline",
        ["calendar_id"],
        unique=False,
        postgresql_where="met_at IS NULL",
    )
    op.create_table(
        "escalation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("copy_post_id", sa.Integer(), nullable=True),
        sa.Column("from_institution_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "clock IN ('acknowledge', 'answer', 'appeal')", name=op.f("ck_escalation_clock")
        ),
        sa.CheckConstraint(
            "way IN ('holder', 'deputy', 'letter', 'skipped')", name=op.f("ck_escalation_way")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_escalation_case_id")),
        sa.ForeignKeyConstraint(
            ["copy_post_id"], ["post.id"], name=op.f("fk_escalation_copy_post_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_institution_id"],
            ["institution.id"],
            name=op.f("fk_escalation_from_institution_id"),
        ),
        sa.ForeignKeyConstraint(
            ["handed_over_by"], ["officer.id"], name=op.f("fk_escalation_handed_over_by")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_escalation_officer_id")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_escalation_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint(
            "case_id",
            "cycle",
            "restricted",
            "rung",
            name=op.f("uq_escalation_case_id_cycle_restricted_rung"),
        ),
    )
    op.create_index(
        "ix_escalation_copy",
        "escalation",
        ["copy_post_id", "due_at", "id"],
        unique=False,
        postgresql_where="copy_post_id IS NOT NULL",
    )
    op.create_index(
        "ix_escalation_deputy",
        "escalation",
        ["officer_id", "due_at", "id"],
        unique=False,
        postgresql_where="way = 'deputy'",
    )
    op.create_index(
        "ix_escalation_letters",
        "escalation",
        ["from_institution_id", "due_at"],
        unique=False,
        postgresql_where="way = 'letter' AND handed_over_at IS NULL",
    )
    op.create_index("ix_escalation_post", "escalation", ["post_id", "due_at", "id"], unique=False)
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'done', 'dead')", name=op.f("ck_inbound_message_state")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_inbound_message_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_inbound_message_provider_id")),
    )
    op.create_index(
        "ix_inbound_message_waiting",
        "inbound_message",
        ["next_attempt_at"],
        unique=False,
        postgresql_where="state = 'new'",
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('citizen', 'acknowledgement', 'question', 'answer', 'note', 'transfer', 'directive', 'delay_reason', 'final_letter')",
            name=op.f("ck_message_kind"),
        ),
        sa.CheckConstraint("(body IS NULL) <> (sealed IS NULL)", name=op.f("ck_message_one_form")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_message_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_message_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_case_id_at"), "message", ["case_id", "at"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dedupe", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("institution_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_notice_case_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_notice_institution_id")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_notice_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_notice_dedupe")),
    )
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["officer_id", "at"],
        unique=False,
        postgresql_where="NOT read",
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dedupe", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unknown_attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("status_code", sa.String(), nullable=True),
        sa.Column("cost", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'unknown', 'delivered', 'failed', 'dead')",
            name=op.f("ck_outbox_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_outbox_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_outbox_dedupe")),
    )
    op.create_index(op.f("ix_outbox_case_id"), "outbox", ["case_id"], unique=False)
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["priority", "next_attempt_at"],
        unique=False,
        postgresql_where="state IN ('queued', 'sending', 'unknown')",
    )
    op.create_index(
        "ix_outbox_ended",
        "outbox",
        ["state"],
        unique=False,
        postgresql_where="state IN ('failed', 'dead')",
    )
    op.create_index("ix_outbox_provider_id", "outbox", ["provider_id"], unique=False)
    op.create_table(
        "pause",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("runs_out_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_pause_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index(op.f("ix_pause_case_id"), "pause", ["case_id"], unique=False)
    op.create_table(
        "sealed_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "field IN ('name', 'phone', 'email', 'persons')", name=op.f("ck_sealed_identity_field")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_sealed_identity_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_identity")),
        sa.UniqueConstraint("case_id", "field", name=op.f("uq_sealed_identity_case_id_field")),
    )
    op.create_index("ix_sealed_identity_number", "sealed_identity", ["number_hash"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_submission_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("case_id", name=op.f("uq_submission_case_id")),
    )
    op.create_table(
        "timer",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('ladder', 'window', 'pause', 'reminder')", name=op.f("ck_timer_purpose")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_timer_case_id")),
        sa.PrimaryKeyConstraint("case_id", "purpose", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["due_at"], unique=False, postgresql_where="NOT done")
    op.create_table(
        "directive",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_directive_case_id")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_directive_escalation_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_directive_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_directive_officer_id")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_directive_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directive")),
    )
    op.create_index(op.f("ix_directive_case_id"), "directive", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_directive_post_id_due_on"), "directive", ["post_id", "due_on"], unique=False
    )
    op.get_bind().exec_driver_sql(fill("guard.sql"))
    op.get_bind().exec_driver_sql(fill("policies.sql"))
    op.get_bind().exec_driver_sql(fill("gateway.sql"))


def downgrade() -> None:
    op.execute("DROP SCHEMA guard CASCADE")
    op.drop_index(op.f("ix_directive_post_id_due_on"), table_name="directive")
    op.drop_index(op.f("ix_directive_case_id"), table_name="directive")
    op.drop_table("directive")
    op.drop_index("ix_timer_due", table_name="timer", postgresql_where="NOT done")
    op.drop_table("timer")
    op.drop_table("submission")
    op.drop_index("ix_sealed_identity_number", table_name="sealed_identity")
    op.drop_table("sealed_identity")
    op.drop_index(op.f("ix_pause_case_id"), table_name="pause")
    op.drop_table("pause")
    op.drop_index("ix_outbox_provider_id", table_name="outbox")
    op.drop_index(
        "ix_outbox_ended", table_name="outbox", postgresql_where="state IN ('failed', 'dead')"
    )
    op.drop_index(
        "ix_outbox_due",
        table_name="outbox",
        postgresql_where="state IN ('queued', 'sending', 'unknown')",
    )
    op.drop_index(op.f("ix_outbox_case_id"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_notice_unread", table_name="notice", postgresql_where="NOT read")
    op.drop_table("notice")
    op.drop_index(op.f("ix_message_case_id_at"), table_name="message")
    op.drop_table("message")
    op.drop_index(
        "ix_inbound_message_waiting", table_name="inbound_message", postgresql_where="state = 'new'"
    )
    op.drop_table("inbound_message")
    op.drop_index("ix_escalation_post", table_name="escalation")
    op.drop_index(
        "ix_escalation_letters",
        table_name="escalation",
        postgresql_where="way = 'letter' AND handed_over_at IS NULL",
    )
    op.drop_index(
        "ix_escalation_deputy", table_name="escalation", postgresql_where="way = 'deputy'"
    )
    op.drop_index(
        "ix_escalation_copy", table_name="escalation", postgresql_where="copy_post_id IS NOT NULL"
    )
    op.drop_table("escalation")
    op.drop_index("ix_deadline_running", table_name="deadline", postgresql_where="met_at IS NULL")
    op.drop_table("deadline")
    op.drop_index(op.f("ix_conflict_officer_id"), table_name="conflict")
    op.drop_table("conflict")
    op.drop_index(op.f("ix_assignment_case_id_at"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_index("ix_alarm_open", table_name="alarm", postgresql_where="settled_at IS NULL")
    op.drop_index(op.f("ix_alarm_case_id"), table_name="alarm")
    op.drop_table("alarm")
    op.drop_index(
        "uq_post_holding_current", table_name="post_holding", postgresql_where="until_day IS NULL"
    )
    op.drop_index(op.f("ix_post_holding_officer_id"), table_name="post_holding")
    op.drop_table("post_holding")
    op.drop_index(op.f("ix_leave_officer_id_last_day"), table_name="leave")
    op.drop_table("leave")
    op.drop_table("credential")
    op.drop_index(
        "ix_case_unowned",
        table_name="case",
        postgresql_where="handler_id IS NULL AND status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.drop_index(
        "ix_case_unit_queue",
        table_name="case",
        postgresql_where="status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.drop_index(
        "ix_case_restricted_queue",
        table_name="case",
        postgresql_where="confidentiality = 'restricted' AND status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.drop_index("ix_case_received", table_name="case")
    op.drop_index(
        "ix_case_institution_queue",
        table_name="case",
        postgresql_where="status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.drop_index(
        "ix_case_handler_queue",
        table_name="case",
        postgresql_where="status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')",
    )
    op.drop_table("case")
    op.drop_table("calendar_correction")
    op.drop_table("post")
    op.drop_index(op.f("ix_officer_unit_id"), table_name="officer")
    op.drop_table("officer")
    op.drop_table("unit")
    op.drop_table("place")
    op.drop_table("figure_dirty")
    op.drop_table("figure")
    op.drop_index(op.f("ix_institution_path"), table_name="institution", postgresql_using="gin")
    op.drop_index(op.f("ix_institution_parent_id"), table_name="institution")
    op.drop_table("institution")
    op.drop_table("holiday")
    op.drop_table("audit_tail")
    op.drop_table("audit_link")
    op.drop_table("service_standard")
    op.drop_table("reference_state")
    op.drop_table("receipt_attempt")
    op.drop_table("ladder_rung")
    op.drop_table("category")
    op.drop_table("calendar")
    op.drop_index(op.f("ix_audit_entry_case_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_actor_id"), table_name="audit_entry")
    op.drop_table("audit_entry")
