"""What the intake needs: additions, codes of persons, files of messages, reviews of texts, and cleaned copies.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

import foundation.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = foundation.db.Instant(timezone=True)


def upgrade() -> None:
    _add_what_comes_after_sending()
    _add_reviews_and_cleaned_copies()


def _add_what_comes_after_sending() -> None:
    op.create_table(
        "addition",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_addition_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addition")),
        sa.UniqueConstraint("submission_id", "sequence", name=op.f("uq_addition_submission_id_sequence")),
    )
    op.create_table(
        "consent_code",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("lookup", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_consent_code_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_code")),
        sa.UniqueConstraint("submission_id", "person_id", name=op.f("uq_consent_code_submission_id_person_id")),
        sa.UniqueConstraint("lookup", name=op.f("uq_consent_code_lookup")),
    )
    op.add_column("case", sa.Column("reprisal_at", INSTANT, nullable=True))
    with op.batch_alter_table("attachment") as table:
        table.add_column(sa.Column("message_id", sa.String(length=32), nullable=True))
        table.create_foreign_key(op.f("fk_attachment_message_id"), "message", ["message_id"], ["id"])
        table.create_index(op.f("ix_attachment_message_id"), ["message_id"])


def _add_reviews_and_cleaned_copies() -> None:
    op.create_table(
        "text_review",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("words_sha256", sa.String(length=64), nullable=False),
        sa.Column("reviewed_by", sa.String(length=60), nullable=False),
        sa.Column("reviewed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_review")),
    )
    op.create_table(
        "cleaned_copy",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("attachment_id", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("blob_id", sa.String(length=32), nullable=True),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("scan", sa.String(length=20), nullable=False),
        sa.Column("scan_name", sa.String(length=80), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachment.id"], name=op.f("fk_cleaned_copy_attachment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cleaned_copy")),
        sa.UniqueConstraint("attachment_id", name=op.f("uq_cleaned_copy_attachment_id")),
    )
