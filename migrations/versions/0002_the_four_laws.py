"""What the four laws need: alarms, the journal's entries, holds, disposals, and seals over what a case rests on.

Revision ID: 0002
Revises: 0001

A case that an older release opened bears no seal over its submission, and notes of its events are bound as that
release bound them: `flask audit verify` tells of both. An account that it added bears no seal and lets nobody in.
No installation with real cases ran such a release.
"""

import sqlalchemy as sa
from alembic import op

import foundation.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = foundation.db.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("standing", sa.String(length=130), nullable=True),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("settled_by", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("standing", name=op.f("uq_alarm_standing")),
    )
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
    )
    op.create_index(op.f("ix_journal_entry_kind"), "journal_entry", ["kind"])
    op.create_table(
        "journal_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("complete_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_mark")),
    )
    op.create_table(
        "burnt_reference",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("burnt_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_burnt_reference")),
    )
    op.create_table(
        "disposal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("ground", sa.String(length=30), nullable=False),
        sa.Column("proposed_by", sa.String(length=60), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("confirmed_by", sa.String(length=60), nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_disposal_two_persons")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_disposal_case_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_disposal_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_disposal_submission_id")),
    )
    op.create_index(op.f("ix_disposal_case_id"), "disposal", ["case_id"])
    _add_what_is_remembered_of_cases()
    _add_what_is_remembered_of_letters()
    _add_seals_of_accounts()


def _add_what_is_remembered_of_cases() -> None:
    op.add_column("submission", sa.Column("erased_at", INSTANT, nullable=True))
    op.add_column("case", sa.Column("moved_at", INSTANT, nullable=True))
    op.add_column("case", sa.Column("kept_since", INSTANT, nullable=True))
    op.execute('UPDATE "case" SET moved_at = received_at')
    with op.batch_alter_table("case") as table:
        table.alter_column("moved_at", existing_type=INSTANT, nullable=False)
        table.create_index("ix_case_moved", ["status", "moved_at", "id"])
    kept = sa.text("kept_since IS NOT NULL")
    op.create_index("ix_case_kept", "case", ["kept_since", "id"], sqlite_where=kept, postgresql_where=kept)
    op.add_column("case_submission", sa.Column("seal", sa.String(length=64), nullable=True))
    op.add_column("case_submission", sa.Column("source_seal", sa.String(length=64), nullable=True))
    op.execute("UPDATE case_submission SET seal = '', source_seal = ''")
    with op.batch_alter_table("case_submission") as table:
        table.alter_column("seal", existing_type=sa.String(length=64), nullable=False)
        table.alter_column("source_seal", existing_type=sa.String(length=64), nullable=False)
    with op.batch_alter_table("case_event") as table:
        table.alter_column("note_sha256", new_column_name="note_digest", existing_type=sa.String(length=64))
    opened = sa.text("action = 'identity_opened'")
    op.create_index("ix_case_event_opened", "case_event", ["at", "id"], sqlite_where=opened, postgresql_where=opened)
    op.create_table(
        "chain_head",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_chain_head_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_chain_head")),
    )


def _add_what_is_remembered_of_letters() -> None:
    op.add_column("communication", sa.Column("held_at", INSTANT, nullable=True))
    op.add_column("release", sa.Column("held_at", INSTANT, nullable=True))
    for name, length in (("mailbox", 254), ("signature", 128)):
        op.add_column("release", sa.Column(name, sa.String(length=length), nullable=True))
        op.execute(f"UPDATE release SET {name} = ''")  # noqa: S608 - both names are ours
    with op.batch_alter_table("release") as table:
        for name, length in (("mailbox", 254), ("signature", 128)):
            table.alter_column(name, existing_type=sa.String(length=length), nullable=False)


def _add_seals_of_accounts() -> None:
    for name in ("totp_digest", "seal"):
        op.add_column("account", sa.Column(name, sa.String(length=64), nullable=True))
    op.execute("UPDATE account SET totp_digest = '', seal = ''")
    with op.batch_alter_table("account") as table:
        for name in ("totp_digest", "seal"):
            table.alter_column(name, existing_type=sa.String(length=64), nullable=False)
