"""Deeds by which a submission is received, and by which its source and the mandate stay in touch."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation import jobs, sealing
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.keys import Keyring
from foundation.means import Means
from submissions import additions, attachments, believed, confidentiality, drafts, questionnaire
from submissions.attachments import ReceivedFile
from submissions.drafts import OpenDraft, Visitor
from submissions.models import (
    Attachment,
    Author,
    Draft,
    Message,
    ReferenceCounter,
    Source,
    Stage,
    StageReached,
    Submission,
)

RECEIVED = "submissions.received"
MESSAGE_RECEIVED = "submissions.message_received"
WITHDRAWN = "submissions.withdrawn"

Identity = str | Sequence[str]


class DraftMoved(Exception):
    """Another tab wrote to the draft while it was being sealed for the mandate; what it wrote must come along."""


class SubmissionErased(Exception):
    """What this submission said was erased; nothing can be read of it or written to its source."""


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file of a message: its id, its name and its size."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """A message in words."""

    author: Author
    text: str
    written_on: date
    read_on: date | None
    files: tuple[MessageFile, ...] = ()


def submit(means: Means, visitor: Visitor) -> Submission:
    """Receive the draft as a submission. Doing it again gives the same submission.

    Raises VisitEnded if the visit was ended or the draft expired before it was submitted.
    """
    try:
        for _ in range(drafts.TRIES):
            with suppress(DraftMoved):
                return _submit_as_it_is(means, visitor)
        raise RuntimeError("the draft was written by others all the time")
    except (drafts.AlreadySubmitted, IntegrityError):
        # Another press of the same button was quicker; what it received is what counts.
        with means.database.reading() as session:
            return session.scalars(select(Submission).where(Submission.source_id == visitor.source_id)).one()


def _submit_as_it_is(means: Means, visitor: Visitor) -> Submission:
    now = means.clock()
    with means.database.reading() as session:
        draft, revision = drafts.draft_and_revision(session, visitor, geneva_day(now))
        source = session.get_one(Source, visitor.source_id)
    signed_with = additions.public_half(visitor.identity, means.keys.secret("pepper"))
    received = _sealed(means.keys, draft, source, signed_with, now)
    keys_of_files = {file.id: attachments.seal_key(means.keys, file) for file in draft.files}
    return _receive(means, received, keys_of_files, revision, now)


def facts_of(keys: Keyring, submission: Submission) -> dict[str, Any]:
    """What the submission says, for whoever holds the mandate key. Carries no word of who the source is.

    Raises SubmissionErased.
    """
    require_kept(submission)
    return _opened(submission.facts, keys.identity("mandate"), "facts", submission)


def current_facts(session: Session, keys: Keyring, submission: Submission) -> dict[str, Any]:
    """The facts with consents as they stand after all that was changed since sending.

    Whatever rests on consents asks here. Raises SubmissionErased.
    """
    facts = facts_of(keys, submission)
    return believed.as_they_stand(facts, additions.judged(session, keys, submission, facts))


def identity_of(keys: Keyring, submission: Submission) -> dict[str, str]:
    """Who the source is, for whoever holds the identity key. Raises SubmissionErased."""
    require_kept(submission)
    if submission.identity is None:
        return {}
    return _opened(submission.identity, keys.identity("identity"), "identity", submission)


def require_kept(submission: Submission) -> None:
    """Raise SubmissionErased if nothing of what it said is left."""
    if submission.erased_at is not None:
        raise SubmissionErased


def own_copy(visitor: Visitor, submission: Submission) -> dict[str, Any]:
    """The source's own copy of what they told, without their identity."""
    return _opened(submission.source_copy, visitor.identity, "source_copy", submission)


def files_of(session: Session, submission_id: str) -> list[Attachment]:
    """The files of a submission, but for those of messages."""
    own = (Attachment.submission_id == submission_id, Attachment.message_id.is_(None))
    return list(session.scalars(select(Attachment).where(*own)))


def write_to_mandate(means: Means, visitor: Visitor, words: str, files: Sequence[ReceivedFile] = ()) -> None:
    """Take a message from a source who is there. Raises FileRefused if they sent too many files in all."""
    now = means.clock()
    with means.database.reading() as session:
        submission = drafts.submission_here(session, visitor)
        source = session.get_one(Source, visitor.source_id)
    message = _sealed_message(means.keys, source.recipient, submission.id, Author.SOURCE, words, geneva_day(now))
    rows = _rows_of(means.keys, message, files, submission, source.recipient)
    with means.database.transaction() as session:
        _add_message(session, message)
        attachments.keep(session, submission.id, files, rows)
        jobs.enqueue(session, MESSAGE_RECEIVED, now, message_id=message.id, submission_id=submission.id)


def write_to_source(
    means: Means, submission_id: str, recipient: str, words: str, files: Sequence[ReceivedFile] = ()
) -> None:
    """Leave a message for a source, who finds it when they come back with the code.

    `recipient` is the source's public key, of which the caller made sure that it is theirs. Raises SubmissionErased.
    """
    today = geneva_day(means.clock())
    message = _sealed_message(means.keys, recipient, submission_id, Author.MANDATE, words, today)
    with means.database.reading() as session:
        submission = session.get_one(Submission, submission_id)
    rows = _rows_of(means.keys, message, files, submission, recipient)
    with means.database.transaction() as session:
        _add_message(session, message)
        attachments.stay(session, files, rows)


def messages_of(session: Session, submission_id: str, identity: Identity) -> list[OpenMessage]:
    """All messages in order, opened with the key of one of the two sides."""
    found = session.scalars(select(Message).where(Message.submission_id == submission_id).order_by(Message.sequence))
    files = _files_of_messages(session, submission_id, identity)
    return [
        OpenMessage(row.author, _words(row, identity), row.written_on, row.read_on, tuple(files.get(row.id, ())))
        for row in found
    ]


def file_for_source(session: Session, visitor: Visitor, file_id: str) -> Attachment | None:
    """A file of a message to or from a source who is there; None for any other. Raises VisitEnded."""
    submission = drafts.submission_here(session, visitor)
    own = select(Attachment).where(Attachment.id == file_id, Attachment.submission_id == submission.id)
    return session.scalar(own.where(Attachment.message_id.is_not(None)))


def mark_read(session: Session, submission_id: str, author: Author, today: date) -> None:
    """Remember the day on which the messages of one side were first read by the other."""
    unread = (Message.submission_id == submission_id, Message.author == author, Message.read_on.is_(None))
    session.execute(update(Message).where(*unread).values(read_on=today))


def unread_from_mandate(session: Session, submission_id: str) -> bool:
    """Whether the source has messages that they have not read."""
    unread = (Message.submission_id == submission_id, Message.author == Author.MANDATE, Message.read_on.is_(None))
    return session.scalar(select(Message.id).where(*unread).limit(1)) is not None


def stages_of(session: Session, submission_id: str) -> list[StageReached]:
    """The time line of a submission."""
    reached = select(StageReached).where(StageReached.submission_id == submission_id)
    return list(session.scalars(reached.order_by(StageReached.sequence)))


def tell_stage(session: Session, submission_id: str, stage: Stage, today: date) -> None:
    """Write down how far a submission is; the same stage twice in a row is told once."""
    submission = session.get_one(Submission, submission_id, with_for_update=True)
    if submission.stage == stage:
        return
    submission.stage = stage
    _reach(session, submission_id, stage, today)


def withdraw(means: Means, visitor: Visitor) -> None:
    """The source takes the submission back. What has not been sent will not be sent."""
    now = means.clock()
    with means.database.transaction() as session:
        submission = drafts.submission_here(session, visitor)
        take_back(session, submission.id, now)


def take_back(session: Session, submission_id: str, now: datetime) -> None:
    """Write down that a submission was taken back, and have withdrawn what rests on it."""
    tell_stage(session, submission_id, Stage.WITHDRAWN, geneva_day(now))
    jobs.enqueue(session, WITHDRAWN, now, key=f"withdrawn:{submission_id}", submission_id=submission_id)


def _sealed(keys: Keyring, draft: OpenDraft, source: Source, signed_with: str, now: datetime) -> Submission:
    # What stands behind a question that is not asked any more stayed in the draft, and goes no further.
    answers = questionnaire.given(draft.answers)
    parted = confidentiality.part(answers)
    facts = {**parted.facts, believed.SOURCE_KEY: signed_with}
    submission_id = new_id()
    return Submission(
        id=submission_id,
        source_id=source.id,
        language=source.language,
        received_at=now,
        kind=str(answers.get("kind", "people")),
        relation=str(answers.get("relation", "other")),
        identity_given=bool(parted.identity.get("your_name")),
        reachable=parted.reachable,
        facts=_seal(facts, keys.recipients("mandate"), "facts", submission_id),
        identity=_seal(parted.identity, keys.recipients("identity"), "identity", submission_id)
        if parted.identity
        else None,
        source_copy=_seal(parted.source_copy, [source.recipient], "source_copy", submission_id),
        stage=Stage.RECEIVED,
    )


def _receive(
    means: Means, received: Submission, keys_of_files: Mapping[str, bytes], revision: int, now: datetime
) -> Submission:
    with means.database.transaction() as session:
        draft = session.get(Draft, received.source_id, with_for_update=True)
        if draft is None:
            raise drafts.AlreadySubmitted
        if draft.revision != revision:
            raise DraftMoved
        received.reference = _next_reference(session, now)
        session.add(received)
        session.flush()
        _reach(session, received.id, Stage.RECEIVED, geneva_day(now))
        for file_id, envelope in keys_of_files.items():
            attachment = session.get_one(Attachment, file_id)
            attachment.submission_id, attachment.envelope = received.id, envelope
        session.delete(draft)
        jobs.enqueue(session, RECEIVED, now, key=f"received:{received.id}", submission_id=received.id)
    return received


def _next_reference(session: Session, now: datetime) -> str:
    # One statement, so that the database itself numbers submissions that arrive at the same time.
    year = geneva_day(now).year
    table = ReferenceCounter.__tablename__
    number = session.scalar(
        text(
            f"INSERT INTO {table} (year, last) VALUES (:year, 1)"  # noqa: S608 - the table's name is ours
            f" ON CONFLICT (year) DO UPDATE SET last = {table}.last + 1 RETURNING last"
        ),
        {"year": year},
    )
    return f"IES-{year}-{number:05d}"


def _reach(session: Session, submission_id: str, stage: Stage, today: date) -> None:
    told = session.scalar(select(func.count()).where(StageReached.submission_id == submission_id)) or 0
    session.add(StageReached(submission_id=submission_id, sequence=told + 1, stage=stage, reached_on=today))


def _sealed_message(
    keys: Keyring, recipient: str, submission_id: str, author: Author, words: str, today: date
) -> Message:
    message_id = new_id()
    recipients = [recipient, *keys.recipients("mandate")]
    envelope = sealing.seal(words.encode(), recipients, sealing.label_of("message", "envelope", message_id))
    return Message(id=message_id, submission_id=submission_id, author=author, envelope=envelope, written_on=today)


def _add_message(session: Session, message: Message) -> None:
    # The row of the submission is locked, so that two messages at once get different places in the order.
    require_kept(session.get_one(Submission, message.submission_id, with_for_update=True, populate_existing=True))
    last = session.scalar(select(func.max(Message.sequence)).where(Message.submission_id == message.submission_id))
    message.sequence = (last or 0) + 1
    session.add(message)
    session.flush()


def _rows_of(
    keys: Keyring, message: Message, files: Sequence[ReceivedFile], submission: Submission, recipient: str
) -> list[Attachment]:
    rows = [attachments.received(keys, file, submission, [recipient]) for file in files]
    for row in rows:
        row.message_id = message.id
    return rows


def _files_of_messages(session: Session, submission_id: str, identity: Identity) -> dict[str, list[MessageFile]]:
    own = select(Attachment).where(Attachment.submission_id == submission_id, Attachment.message_id.is_not(None))
    found: dict[str, list[MessageFile]] = {}
    for row in session.scalars(own.order_by(Attachment.id)):
        # A file that does not open is named by no name; the words beside it are read all the same.
        name = "?"
        with suppress(sealing.CannotOpen):
            name = attachments.key_for(row, identity)[0]
        found.setdefault(row.message_id or "", []).append(MessageFile(row.id, name, row.size))
    return found


def _words(message: Message, identity: Identity) -> str:
    place = sealing.label_of("message", "envelope", message.id)
    return sealing.open_sealed(message.envelope, identity, place).decode()


def _seal(content: Mapping[str, Any], recipients: list[str], column: str, submission_id: str) -> bytes:
    return sealing.seal(json.dumps(content).encode(), recipients, sealing.label_of("submission", column, submission_id))


def _opened(envelope: bytes, identity: Identity, column: str, submission: Submission) -> dict[str, Any]:
    place = sealing.label_of("submission", column, submission.id)
    opened: dict[str, Any] = json.loads(sealing.open_sealed(envelope, identity, place))
    return opened
