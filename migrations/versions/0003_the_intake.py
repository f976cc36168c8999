"""What the intake needs: who reviewed which text that sources decide by, and what became of cleaning each file.

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
