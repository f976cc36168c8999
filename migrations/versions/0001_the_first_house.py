"""The first house: all records of the first release.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

import foundation.db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("totp_envelope", sa.LargeBinary(), nullable=False),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("created_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("disabled_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("disabled_by", sa.String(length=80), nullable=True),
        sa.CheckConstraint("language IN ('en', 'fr', 'es')", name=op.f("ck_account_language")),
        sa.CheckConstraint(
            "role IN ('officer', 'mandate_holder', 'auditor', 'operator')", name=op.f("ck_account_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "case",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("received_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("states", sa.JSON(), nullable=False),
        sa.Column("proposed", sa.String(length=30), nullable=False),
        sa.Column("proposed_letter", sa.String(length=2), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("look_by_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("decided_letter", sa.String(length=2), nullable=True),
        sa.Column("asked_source_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("source_wrote_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("reference", name=op.f("uq_case_reference")),
    )
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.create_index("ix_case_queue", ["status", "priority", "look_by_at", "id"], unique=False)
        batch_op.create_index("ix_case_asked", ["status", "asked_source_at", "id"], unique=False)
        batch_op.create_index("ix_case_received", ["status", "received_at", "id"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("written_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("due_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("sent_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("resend_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("lease_until", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("gave_up_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_waiting", ["done_at", "gave_up_at", "resend_at"], unique=False)

    op.create_table(
        "mandate",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("holder_title", sa.JSON(), nullable=False),
        sa.Column("holder_title_of", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unverified", sa.JSON(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=36), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_mandate")),
    )
    op.create_table(
        "mandate_holder",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("mandate_code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("gender", sa.String(length=12), nullable=False),
        sa.Column("nationality", sa.String(length=3), nullable=True),
        sa.Column("from_year", sa.Integer(), nullable=False),
        sa.Column("to_year", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("title_of", sa.JSON(), nullable=False),
        sa.Column("fictional", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unverified", sa.JSON(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=36), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate_holder")),
    )
    op.create_table(
        "permanent_mission",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address_lines", sa.JSON(), nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unverified", sa.JSON(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=36), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("language IN ('en', 'fr', 'es')", name=op.f("ck_permanent_mission_letter_language")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permanent_mission")),
    )
    with op.batch_alter_table("permanent_mission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permanent_mission_state_code"), ["state_code"], unique=False)

    op.create_table(
        "recipient",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("address_lines", sa.JSON(), nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
    )
    op.create_table(
        "reference_counter",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_reference_counter")),
    )
    op.create_table(
        "resolution",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("mandate_code", sa.String(length=12), nullable=False),
        sa.Column("body", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.Column("in_force_from", sa.Date(), nullable=True),
        sa.Column("in_force_until", sa.Date(), nullable=True),
        sa.Column("term_years", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unverified", sa.JSON(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=36), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolution")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lookup", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("begun_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("lookup", name=op.f("uq_source_lookup")),
    )
    op.create_table(
        "state",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("formal", sa.JSON(), nullable=False),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unverified", sa.JSON(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=36), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_state")),
    )
    op.create_table(
        "communication",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("recipient_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("reference", sa.String(length=30), nullable=False),
        sa.Column("reference_number", sa.String(length=20), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("edited_by", sa.String(length=60), nullable=False),
        sa.Column("edited_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=60), nullable=True),
        sa.Column("approved_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("template_version", sa.String(length=64), nullable=True),
        sa.Column("rests_on", sa.JSON(), nullable=True),
        sa.Column("pdf_id", sa.String(length=32), nullable=True),
        sa.Column("letter_sha256", sa.String(length=64), nullable=True),
        sa.Column("signature", sa.String(length=128), nullable=True),
        sa.Column("sent_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("reply_due_on", sa.Date(), nullable=True),
        sa.Column("reminder_due_on", sa.Date(), nullable=True),
        sa.Column("publish_from_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('approved', 'sending', 'sent', 'undelivered', 'replied'))"
            " = (letter_sha256 IS NOT NULL AND pdf_id IS NOT NULL AND signature IS NOT NULL)",
            name=op.f("ck_communication_frozen_when_approved"),
        ),
        sa.CheckConstraint(
            "(status IN ('sent', 'replied')) = (sent_at IS NOT NULL AND reply_due_on IS NOT NULL)",
            name=op.f("ck_communication_clocks_when_sent"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> edited_by", name=op.f("ck_communication_approver_is_not_last_editor")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_communication_case_id")),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name=op.f("fk_communication_recipient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communication")),
        sa.UniqueConstraint("reference_number", name=op.f("uq_communication_reference_number")),
    )
    with op.batch_alter_table("communication", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_communication_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_communication_status"), ["status"], unique=False)

    op.create_table(
        "draft",
        sa.Column("source_id", sa.String(length=32), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_draft_source_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_draft")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_expires_on"), ["expires_on"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("signed_in_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_account_id"), ["account_id"], unique=False)

    op.create_table(
        "submission",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("received_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("identity_given", sa.Boolean(), nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sa.Column("source_copy", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_submission_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("reference", name=op.f("uq_submission_reference")),
        sa.UniqueConstraint("source_id", name=op.f("uq_submission_source_id")),
    )
    op.create_table(
        "summary",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", foundation.db.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_summary_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summary")),
        sa.UniqueConstraint("case_id", "language", "version", name=op.f("uq_summary_case_id_language_version")),
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_assessment_case_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_assessment_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_case_id"), ["case_id"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=True),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_attachment_source_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_attachment_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "case_event",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("communication_id", sa.String(length=32), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=False),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("note_sha256", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_event_case_id")),
        sa.ForeignKeyConstraint(
            ["communication_id"], ["communication.id"], name=op.f("fk_case_event_communication_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
        sa.UniqueConstraint("case_id", "sequence", name=op.f("uq_case_event_case_id_sequence")),
    )
    op.create_table(
        "case_submission",
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_submission_case_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_case_submission_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_case_submission")),
    )
    with op.batch_alter_table("case_submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_submission_case_id"), ["case_id"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_message_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("submission_id", "sequence", name=op.f("uq_message_submission_id_sequence")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("communication_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("written_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("tried_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("settled_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("explanation", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["communication_id"], ["communication.id"], name=op.f("fk_notice_communication_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notice_message_id")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_communication_id"), ["communication_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_status"), ["status"], unique=False)

    op.create_table(
        "release",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("communication_id", sa.String(length=32), nullable=False),
        sa.Column("recipient_name", sa.String(length=300), nullable=False),
        sa.Column("reference", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("reply_due_on", sa.Date(), nullable=False),
        sa.Column("pdf_id", sa.String(length=32), nullable=False),
        sa.Column("released_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("opened_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("acknowledged_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.Column("closed_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["communication_id"], ["communication.id"], name=op.f("fk_release_communication_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("communication_id", name=op.f("uq_release_communication_id")),
    )
    op.create_table(
        "stage_reached",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_stage_reached_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_reached")),
        sa.UniqueConstraint("submission_id", "sequence", name=op.f("uq_stage_reached_submission_id_sequence")),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("release_id", sa.String(length=32), nullable=False),
        sa.Column("notice_id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("used_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_link_notice_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_link_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_token_hash")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_release_id"), ["release_id"], unique=False)

    op.create_table(
        "reply",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("release_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", foundation.db.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", foundation.db.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_reply_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint("release_id", "sequence", name=op.f("uq_reply_release_id_sequence")),
    )
    op.create_table(
        "reply_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("reply_id", sa.String(length=32), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_reply_file_reply_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_file")),
    )
    with op.batch_alter_table("reply_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reply_file_reply_id"), ["reply_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("reply_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reply_file_reply_id"))

    op.drop_table("reply_file")
    op.drop_table("reply")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_release_id"))

    op.drop_table("link")
    op.drop_table("stage_reached")
    op.drop_table("release")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_status"))
        batch_op.drop_index(batch_op.f("ix_notice_communication_id"))

    op.drop_table("notice")
    op.drop_table("message")
    with op.batch_alter_table("case_submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_submission_case_id"))

    op.drop_table("case_submission")
    op.drop_table("case_event")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_submission_id"))
        batch_op.drop_index(batch_op.f("ix_attachment_source_id"))

    op.drop_table("attachment")
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assessment_case_id"))

    op.drop_table("assessment")
    op.drop_table("summary")
    op.drop_table("submission")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_account_id"))

    op.drop_table("sign_in")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_expires_on"))

    op.drop_table("draft")
    with op.batch_alter_table("communication", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_communication_status"))
        batch_op.drop_index(batch_op.f("ix_communication_case_id"))

    op.drop_table("communication")
    op.drop_table("state")
    op.drop_table("source")
    op.drop_table("resolution")
    op.drop_table("reference_counter")
    op.drop_table("recipient")
    with op.batch_alter_table("permanent_mission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_permanent_mission_state_code"))

    op.drop_table("permanent_mission")
    op.drop_table("mandate_holder")
    op.drop_table("mandate")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_waiting")

    op.drop_table("job")
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_index("ix_case_received")
        batch_op.drop_index("ix_case_asked")
        batch_op.drop_index("ix_case_queue")

    op.drop_table("case")
    op.drop_table("account")
