"""What is remembered of our work: cases with their events, letters with their lives, and what recipients answered.

Words are sealed; statuses, dates and codes stand open, so that queues and clocks work without opening anything.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Base, new_id
from mandate.vocabulary import LetterKind
from workflows.assessment import ProposalKind
from workflows.lifecycle import CaseStatus, CommunicationStatus

Id = String(32)
Actor = String(60)


KEPT = "kept_since IS NOT NULL"


class Case(Base):
    """Our work on one or more submissions. `reference` is that of its first submission.

    `asked_source_at`, `source_wrote_at` and `reprisal_at`, when a source last told of a reprisal that nobody has read
    yet, are flags with a date, not statuses: work goes on meanwhile. `moved_at` is
    when the status last changed, from which terms of keeping count; from `kept_since` on nothing of it is disposed of.
    """

    __tablename__ = "case"
    # One index for each order in which the desk lists cases; `id` at the end makes a page begin where the last ended.
    __table_args__ = (
        Index("ix_case_queue", "status", "priority", "look_by_at", "id"),
        Index("ix_case_asked", "status", "asked_source_at", "id"),
        Index("ix_case_received", "status", "received_at", "id"),
        Index("ix_case_moved", "status", "moved_at", "id"),
        Index("ix_case_kept", "kept_since", "id", sqlite_where=text(KEPT), postgresql_where=text(KEPT)),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[CaseStatus] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    received_at: Mapped[datetime]
    states: Mapped[list[str]] = mapped_column(JSON)
    proposed: Mapped[ProposalKind] = mapped_column(String(30))
    proposed_letter: Mapped[LetterKind | None] = mapped_column(String(2))
    priority: Mapped[int]
    look_by_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    kept_since: Mapped[datetime | None]
    decided_letter: Mapped[LetterKind | None] = mapped_column(String(2))
    asked_source_at: Mapped[datetime | None]
    source_wrote_at: Mapped[datetime | None]
    reprisal_at: Mapped[datetime | None]


class CaseSubmission(Base):
    """Which submissions a case rests on. A submission belongs to one case.

    `seal` binds what the submission said, and `source_seal` to whom answers to its source are sealed, as both were
    when triage read them: whoever writes to the database later can change neither unseen (workflows/bindings.py).
    """

    __tablename__ = "case_submission"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    seal: Mapped[str] = mapped_column(String(64))
    source_seal: Mapped[str] = mapped_column(String(64))


class KeptAssessment(Base):
    """What triage found and proposed, sealed; kept also when a person decided otherwise."""

    __tablename__ = "assessment"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]


OPENED = "action = 'identity_opened'"


class CaseEvent(Base):
    """One thing that happened to a case, in order. Together the events of a case form a chain (workflows/chain.py)."""

    __tablename__ = "case_event"
    # The second is small, since it holds only the events that the list of opened identities shows.
    __table_args__ = (
        UniqueConstraint("case_id", "sequence"),
        Index("ix_case_event_opened", "at", "id", sqlite_where=text(OPENED), postgresql_where=text(OPENED)),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    communication_id: Mapped[str | None] = mapped_column(ForeignKey("communication.id"))
    sequence: Mapped[int]
    action: Mapped[str] = mapped_column(String(30))
    from_status: Mapped[str] = mapped_column(String(20))
    to_status: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(Actor)
    at: Mapped[datetime]
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    note_digest: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))


class ChainHead(Base):
    """How far the chain of a case was when it last left the database in a signed head (workflows/heads.py).

    It only saves work: one that was tampered with is found, since events that are in no head are (`heads.verify`).
    """

    __tablename__ = "chain_head"

    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    sequence: Mapped[int]


class Summary(Base):
    """An officer's neutral summary of the facts, in a letter's language. Every save is a version of its own."""

    __tablename__ = "summary"
    __table_args__ = (UniqueConstraint("case_id", "language", "version"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    language: Mapped[str] = mapped_column(String(2))
    version: Mapped[int]
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    by: Mapped[str] = mapped_column(Actor)
    at: Mapped[datetime]


class Recipient(Base):
    """To whom a letter goes, as known when it was drafted."""

    __tablename__ = "recipient"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    state_code: Mapped[str] = mapped_column(String(3))
    name: Mapped[str] = mapped_column(String(300))
    address_lines: Mapped[list[str]] = mapped_column(JSON)
    mailbox: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))


FROZEN = "('approved', 'sending', 'sent', 'undelivered', 'replied')"
LEFT = "('sent', 'replied')"


class Communication(Base):
    """One letter to one recipient with its life.

    `fields` holds what the officer wrote, sealed; the text is always composed from it. What is approved is frozen:
    the PDF's bytes (sealed, under `pdf_id` in the store), their SHA-256, and a signature over what is to leave.
    """

    __tablename__ = "communication"
    __table_args__ = (
        CheckConstraint(
            f"(status IN {FROZEN}) = (letter_sha256 IS NOT NULL AND pdf_id IS NOT NULL AND signature IS NOT NULL)",
            name="frozen_when_approved",
        ),
        CheckConstraint(
            f"(status IN {LEFT}) = (sent_at IS NOT NULL AND reply_due_on IS NOT NULL)", name="clocks_when_sent"
        ),
        CheckConstraint("approved_by IS NULL OR approved_by <> edited_by", name="approver_is_not_last_editor"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    recipient_id: Mapped[str] = mapped_column(ForeignKey("recipient.id"))
    kind: Mapped[LetterKind] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(2))
    reference: Mapped[str] = mapped_column(String(30))
    reference_number: Mapped[str] = mapped_column(String(20), unique=True)
    dated_on: Mapped[date]
    status: Mapped[CommunicationStatus] = mapped_column(String(20), index=True)
    fields: Mapped[bytes] = mapped_column(LargeBinary)
    edited_by: Mapped[str] = mapped_column(Actor)
    edited_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(Actor)
    approved_at: Mapped[datetime | None]
    template_version: Mapped[str | None] = mapped_column(String(64))
    rests_on: Mapped[dict[str, str] | None] = mapped_column(JSON)
    pdf_id: Mapped[str | None] = mapped_column(Id)
    letter_sha256: Mapped[str | None] = mapped_column(String(64))
    signature: Mapped[str | None] = mapped_column(String(128))
    sent_at: Mapped[datetime | None]
    reply_due_on: Mapped[date | None]
    reminder_due_on: Mapped[date | None]
    publish_from_on: Mapped[date | None]
    held_at: Mapped[datetime | None]


class BurntReference(Base):
    """A number that a letter bore which this database has forgotten. No letter may bear it again."""

    __tablename__ = "burnt_reference"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    burnt_at: Mapped[datetime]


# What a letter loses together with its approval; a hold is on what was approved.
NOT_APPROVED: Mapping[str, None] = dict.fromkeys(
    ("approved_by", "approved_at", "template_version", "rests_on", "pdf_id", "letter_sha256", "signature", "held_at")
)


class Release(Base):
    """A letter made visible to its addressee in the portal, sealed to the portal's key under `pdf_id`.

    With `mailbox` and `signature`, which are those of the approval, the portal can prove what it shows by itself.
    """

    __tablename__ = "release"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    communication_id: Mapped[str] = mapped_column(ForeignKey("communication.id"), unique=True)
    recipient_name: Mapped[str] = mapped_column(String(300))
    reference: Mapped[str] = mapped_column(String(30))
    kind: Mapped[LetterKind] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(2))
    dated_on: Mapped[date]
    reply_due_on: Mapped[date]
    pdf_id: Mapped[str] = mapped_column(Id)
    mailbox: Mapped[str] = mapped_column(String(254))
    signature: Mapped[str] = mapped_column(String(128))
    released_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]


class NoticeStatus(StrEnum):
    """What is known of one mail about a letter. `trying` found later means that nobody knows."""

    DUE = "due"
    TRYING = "trying"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"


class Notice(Base):
    """One mail that tells an addressee of a letter, without a word of it. One Message-ID, at most one mail.

    The link in it works once; only its hash is kept.
    """

    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    communication_id: Mapped[str] = mapped_column(ForeignKey("communication.id"), index=True)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    status: Mapped[NoticeStatus] = mapped_column(String(20), index=True)
    written_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    explanation: Mapped[str | None] = mapped_column(String(200))


class Link(Base):
    """A way into one released letter, told in one notice. Used once, it is worth nothing."""

    __tablename__ = "link"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    release_id: Mapped[str] = mapped_column(ForeignKey("release.id"), index=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Reply(Base):
    """What a recipient sends back; there may be several. Sealed to the mandate and to the portal."""

    __tablename__ = "reply"
    __table_args__ = (UniqueConstraint("release_id", "sequence"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    release_id: Mapped[str] = mapped_column(ForeignKey("release.id"))
    sequence: Mapped[int]
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]


class ReplyFile(Base):
    """A file that came with a reply; its key is in `envelope`."""

    __tablename__ = "reply_file"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    reply_id: Mapped[str] = mapped_column(ForeignKey("reply.id"), index=True)
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    envelope: Mapped[bytes] = mapped_column(LargeBinary)


class DisposalGround(StrEnum):
    """Why something is disposed of."""

    TERM_OVER = "term_over"
    SOURCE_ASKED = "source_asked"
    RECEIVED_IN_ERROR = "received_in_error"


class Disposal(Base):
    """A decision of two persons that a submission is erased, and afterwards the tombstone that says so."""

    __tablename__ = "disposal"
    __table_args__ = (CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_persons"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    ground: Mapped[DisposalGround] = mapped_column(String(30))
    proposed_by: Mapped[str] = mapped_column(Actor)
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(Actor)
    confirmed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
