"""What is remembered of sources and what they told. Everything in words is sealed; what is left open is said here."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Base, new_id

Id = String(32)


class Stage(StrEnum):
    """How far a submission is, in what may be told to its source."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    TAKEN_UP = "taken_up"
    NOT_TAKEN_UP = "not_taken_up"
    REFERRED = "referred"
    LETTER_SENT = "letter_sent"
    REPLY_RECEIVED = "reply_received"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Author(StrEnum):
    """Who wrote a message."""

    SOURCE = "source"
    MANDATE = "mandate"


class AdditionKind(StrEnum):
    """What was told or decided after sending. A key is what later additions are signed with."""

    FACTS = "facts"
    CORRECTION = "correction"
    FILES = "files"
    REPRISAL = "reprisal"
    CONSENT = "consent"
    KEY = "key"


class AddedBy(StrEnum):
    """Who added something: the source, or one of the persons concerned, with a code of her own."""

    SOURCE = "source"
    PERSON = "person"


class Source(Base):
    """Who submits. Found only by what is derived from the code; `recipient` is the key to which their copy is sealed.

    `epoch` rises when the source ends all visits: a cookie with an older one is worth nothing.
    """

    __tablename__ = "source"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    lookup: Mapped[str] = mapped_column(String(32), unique=True)
    recipient: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(2))
    epoch: Mapped[int] = mapped_column(default=0)
    begun_on: Mapped[date]


class Draft(Base):
    """A submission in the making, sealed to its source alone. `revision` lets several tabs write without loss."""

    __tablename__ = "draft"

    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), primary_key=True)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    revision: Mapped[int] = mapped_column(default=0)
    expires_on: Mapped[date] = mapped_column(index=True)


class Submission(Base):
    """Information received, as given; never edited. One per source, so that sending twice is receiving once.

    Open to whoever reads the database: reference, language, time of receipt, kind, how the source relates to the
    alleged victims, whether they said who they are, and the stage. `facts` opens with the mandate key, `identity`
    with the identity key, `source_copy` with the code. From `erased_at` on the three are empty and stay so.
    """

    __tablename__ = "submission"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), unique=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    language: Mapped[str] = mapped_column(String(2))
    received_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(10))
    relation: Mapped[str] = mapped_column(String(20))
    identity_given: Mapped[bool]
    reachable: Mapped[bool]
    facts: Mapped[bytes] = mapped_column(LargeBinary)
    identity: Mapped[bytes | None] = mapped_column(LargeBinary)
    source_copy: Mapped[bytes] = mapped_column(LargeBinary)
    erased_at: Mapped[datetime | None]
    stage: Mapped[Stage] = mapped_column(String(20))


class StageReached(Base):
    """A stage with its day, for the time line that a source sees."""

    __tablename__ = "stage_reached"
    __table_args__ = (UniqueConstraint("submission_id", "sequence"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    sequence: Mapped[int]
    stage: Mapped[Stage] = mapped_column(String(20))
    reached_on: Mapped[date]


class Message(Base):
    """A message between a source and the mandate, sealed to both. Dated to the day only."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("submission_id", "sequence"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    sequence: Mapped[int]
    author: Mapped[Author] = mapped_column(String(10))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    written_on: Mapped[date]
    read_on: Mapped[date | None]


class Addition(Base):
    """What came after a submission was sent: a row of its own, so that nothing that was told is ever edited.

    `person_id` is the opaque id of a record in the facts, if it concerns one. The envelope holds the words and a
    signature (docs/decisions/0018). Dated to the day only.
    """

    __tablename__ = "addition"
    __table_args__ = (UniqueConstraint("submission_id", "sequence"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    sequence: Mapped[int]
    kind: Mapped[AdditionKind] = mapped_column(String(12))
    author: Mapped[AddedBy] = mapped_column(String(10))
    person_id: Mapped[str | None] = mapped_column(Id)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    made_on: Mapped[date]


class ConsentCode(Base):
    """A code with which one person decides what may be told about her. It is found like a source's, and opens no more.

    `envelope` says how she is called and what was chosen for her, sealed to her code alone.
    """

    __tablename__ = "consent_code"
    __table_args__ = (UniqueConstraint("submission_id", "person_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    person_id: Mapped[str] = mapped_column(Id)
    lookup: Mapped[str] = mapped_column(String(32), unique=True)
    recipient: Mapped[str] = mapped_column(String(80))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    made_on: Mapped[date]
    used_on: Mapped[date | None]


class Attachment(Base):
    """A file. Its own key lies in the draft, and from submitting on in `envelope`, sealed to the mandate.

    A file of a message is sealed to both sides, as the message is.
    """

    __tablename__ = "attachment"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), index=True)
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submission.id"), index=True)
    message_id: Mapped[str | None] = mapped_column(ForeignKey("message.id"), index=True)
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    envelope: Mapped[bytes | None] = mapped_column(LargeBinary)


class CleanedCopy(Base):
    """What became of cleaning one file, and of looking through it for viruses.

    `outcome` is a value of `submissions.cleaned.Result`; `reason` a code of the cleaner that refused. A copy that was
    made lies in the store as `blob_id`, its own key in `envelope`, sealed to the mandate.
    """

    __tablename__ = "cleaned_copy"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    attachment_id: Mapped[str] = mapped_column(ForeignKey("attachment.id"), unique=True)
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(40))
    blob_id: Mapped[str | None] = mapped_column(Id)
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    envelope: Mapped[bytes | None] = mapped_column(LargeBinary)
    scan: Mapped[str] = mapped_column(String(20))
    scan_name: Mapped[str] = mapped_column(String(80))
    made_on: Mapped[date]


class ReferenceCounter(Base):
    """The last number given in a year."""

    __tablename__ = "reference_counter"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
