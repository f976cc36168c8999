"""What the intake needs: who reviewed which text that sources decide by.

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
