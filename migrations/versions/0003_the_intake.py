"""What the intake needs: what became of cleaning each file.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
