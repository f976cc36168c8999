"""Deeds on a submission in the making, and on the visits of its source.

A draft is sealed to its source alone. It is read, changed and sealed outside of any transaction, and written only
if nobody else has written meanwhile: so two open tabs do not lose each other's answers.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from foundation import sealing
from foundation.clock import geneva_day
from foundation.db import Database, new_id
from submissions import codes
from submissions.models import Draft, Source, Submission
from submissions.record_changes import with_answers, with_source

TRIES = 20


class CodeUnknown(Exception):
    """No draft and no submission belongs to this code, or the draft has expired."""


class VisitEnded(Exception):
    """The visit was ended on the server, or the draft expired meanwhile."""


class AlreadySubmitted(Exception):
    """The draft was submitted; what it said is now the submission."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A source who is there: what the encrypted cookie carries. `identity` opens the source's own envelopes."""

    source_id: str
    identity: str = field(repr=False)
    epoch: int


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of a draft: its name, and the key that opens it."""

    id: str
    name: str
    media_type: str
    size: int
    identity: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """A draft as its source sees it."""

    code: str = field(repr=False)
    answers: dict[str, Any] = field(default_factory=dict, repr=False)
    files: tuple[DraftFile, ...] = ()
    expires_on: date = date.max


def begin(database: Database, pepper: bytes, language: str, now: datetime, life: timedelta) -> Visitor:
    """Begin a draft with a fresh code, which is kept inside the sealed draft and nowhere else."""
    code = codes.new_code()
    credentials = codes.credentials(code, pepper)
    source_id = new_id()
    recipient = sealing.recipient_of(credentials.identity)
    today = geneva_day(now)
    draft = OpenDraft(code, expires_on=today + life)
    envelope = _seal(draft, source_id, recipient)
    with database.transaction() as session:
        session.add(
            Source(id=source_id, lookup=credentials.lookup, recipient=recipient, language=language, begun_on=today)
        )
        session.flush()
        session.add(Draft(source_id=source_id, envelope=envelope, expires_on=draft.expires_on))
    return Visitor(source_id, credentials.identity, 0)


def come_back(session: Session, pepper: bytes, typed: str, today: date) -> Visitor:
    """Let a source in by the code. Raises codes.CodeMistyped or CodeUnknown; an expired draft is unknown."""
    credentials = codes.credentials(codes.read_code(typed), pepper)
    source = session.scalar(select(Source).where(Source.lookup == credentials.lookup))
    if source is None:
        raise CodeUnknown
    alive = session.scalar(select(Draft.source_id).where(Draft.source_id == source.id, Draft.expires_on >= today))
    if alive is None and submission_of(session, source.id) is None:
        raise CodeUnknown
    return Visitor(source.id, credentials.identity, source.epoch)


def is_there(session: Session, visitor: Visitor) -> bool:
    """Whether the visit still counts on the server."""
    return session.scalar(select(Source.epoch).where(Source.id == visitor.source_id)) == visitor.epoch


def end_visits(session: Session, visitor: Visitor) -> None:
    """End this and every other visit of the same source."""
    session.execute(update(Source).where(Source.id == visitor.source_id).values(epoch=Source.epoch + 1))


def submission_of(session: Session, source_id: str) -> Submission | None:
    """The submission of a source, once there is one."""
    return session.scalar(select(Submission).where(Submission.source_id == source_id))


def submission_here(session: Session, visitor: Visitor) -> Submission:
    """The submission of a source who is there, with something left of it. Raises VisitEnded."""
    submission = submission_of(session, visitor.source_id)
    if submission is None or submission.erased_at is not None or not is_there(session, visitor):
        raise VisitEnded
    return submission


def open_draft(session: Session, visitor: Visitor, today: date) -> OpenDraft:
    """The draft of a visitor. Raises AlreadySubmitted, or VisitEnded if the visit was ended or the draft expired."""
    return _read(session, visitor, today)[0]


def draft_and_revision(session: Session, visitor: Visitor, today: date) -> tuple[OpenDraft, int]:
    """The draft with the number of its last change. Raises what `open_draft` raises."""
    return _read(session, visitor, today)


def change_draft(
    database: Database, visitor: Visitor, today: date, change: Callable[[OpenDraft], OpenDraft]
) -> OpenDraft:
    """Write what `change` makes of the draft; it may be called again when another tab has written meanwhile."""
    for _ in range(TRIES):
        with database.reading() as session:
            draft, revision = _read(session, visitor, today)
            recipient = session.scalars(select(Source.recipient).where(Source.id == visitor.source_id)).one()
        changed = change(draft)
        envelope = _seal(changed, visitor.source_id, recipient)
        if _write(database, visitor.source_id, revision, envelope):
            return changed
    raise RuntimeError("the draft was written by others all the time")


def save_answers(database: Database, visitor: Visitor, today: date, answers: dict[str, Any]) -> OpenDraft:
    """Add answers to the draft; those of other steps stay. Whoever says that it was done to them joins the victims."""
    return change_answers(database, visitor, today, lambda kept: with_source(with_answers(kept, answers)))


def change_answers(
    database: Database, visitor: Visitor, today: date, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> OpenDraft:
    """Write what `change` makes of the answers as they are now. It may raise, and then nothing is written."""
    return change_draft(database, visitor, today, lambda draft: replace(draft, answers=change(draft.answers)))


def _read(session: Session, visitor: Visitor, today: date) -> tuple[OpenDraft, int]:
    if not is_there(session, visitor):
        raise VisitEnded
    row = session.get(Draft, visitor.source_id)
    if row is None and submission_of(session, visitor.source_id):
        raise AlreadySubmitted
    if row is None or row.expires_on < today:
        raise VisitEnded
    return _open(row, visitor), row.revision


def _write(database: Database, source_id: str, revision: int, envelope: bytes) -> bool:
    statement = (
        update(Draft)
        .where(Draft.source_id == source_id, Draft.revision == revision)
        .values(envelope=envelope, revision=revision + 1)
        .returning(Draft.source_id)
    )
    with database.transaction() as session:
        return session.scalar(statement) is not None


def _seal(draft: OpenDraft, source_id: str, recipient: str) -> bytes:
    text = {"code": draft.code, "answers": draft.answers, "files": [asdict(file) for file in draft.files]}
    return sealing.seal(json.dumps(text).encode(), [recipient], _place(source_id))


def _open(row: Draft, visitor: Visitor) -> OpenDraft:
    text = json.loads(sealing.open_sealed(row.envelope, visitor.identity, _place(row.source_id)))
    files = tuple(DraftFile(**file) for file in text["files"])
    return OpenDraft(text["code"], text["answers"], files, row.expires_on)


def _place(source_id: str) -> str:
    return sealing.label_of("draft", "envelope", source_id)
