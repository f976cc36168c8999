"""Deeds of a recipient who holds a link: read the letter, acknowledge it, reply, ask for a new link.

The portal touches releases, links and replies alone. What follows for the case is done by the worker, which is told
by a job: so whoever takes the portal cannot move a case or a communication.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from foundation import jobs, sealing
from foundation.actor import WORKER, recipient_actor
from foundation.alarms import raise_alarm
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.jobs import Job
from foundation.keys import Keyring
from foundation.means import Means
from foundation.uploads import Upload
from submissions.attachments import TOO_MANY, FileRefused, media_type_of
from submissions.models import Stage
from workflows import cases, chain, communications, delivery, letters, parcels
from workflows.cases import Deed, Happening
from workflows.letter_hold import LetterHeld
from workflows.lifecycle import CommunicationAction, CommunicationStatus
from workflows.models import Communication, Link, Notice, NoticeStatus, Release, Reply, ReplyFile

OPENED = "workflows.letter_opened"
ACKNOWLEDGED = "workflows.letter_acknowledged"
REPLIED = "workflows.reply_received"
LINK_ASKED = "workflows.link_asked"
NOT_AS_APPROVED = "workflows.letter_not_as_approved"

FILES_MOST = 5
LINK_AT_MOST_EVERY = timedelta(hours=1)

LinkState = Literal["open", "used", "held", "unknown"]


class LinkUsed(Exception):
    """The link was used already; a new one can be asked for."""


class LinkUnknown(Exception):
    """No letter belongs to this link: it was altered, or withdrawn when a newer one was sent."""


class NotAsApproved(Exception):
    """What lies in the store for this letter is not what the desk approved."""


class LetterClosed(Exception):
    """The letter can no longer be read or answered here."""


@dataclass(frozen=True, slots=True)
class ReplyContent:
    """A file as it was sent, sealed, with the name that it had."""

    name: str
    upload: Upload


@dataclass(frozen=True, slots=True)
class OpenReply:
    """A reply in words, with its files by id, name and size."""

    id: str
    received_at: datetime
    words: str
    files: tuple[tuple[str, str, int], ...]


def link_state(session: Session, keys: Keyring, token: str) -> LinkState:
    """What a link is worth; asking changes nothing, since mail scanners open every link."""
    known = select(Link.used_at, Release.held_at).join(Release).where(Link.token_hash == parcels.link_hash(keys, token))
    link = session.execute(known).one_or_none()
    if link is None:
        return "unknown"
    if link.held_at is not None:
        return "held"
    return "open" if link.used_at is None else "used"


def exchange(session: Session, keys: Keyring, token: str, now: datetime) -> Release:
    """Use a link once. Raises LinkUsed, LinkUnknown, LetterClosed, LetterHeld; what is raised uses up no link."""
    own = Link.token_hash == parcels.link_hash(keys, token)
    used = update(Link).where(own, Link.used_at.is_(None)).values(used_at=now).returning(Link.id, Link.release_id)
    link = session.execute(used).one_or_none()
    if link is None:
        raise LinkUnknown if session.scalar(select(Link.id).where(own)) is None else LinkUsed
    release = _kept(session, link.release_id)
    if release.opened_at is None:
        release.opened_at = now
    # Told for each link, since each proves that the mail in which it stood has arrived.
    jobs.enqueue(session, OPENED, now, key=f"opened:{link.id}", release_id=release.id)
    return release


def open_release(session: Session, release_id: str) -> Release:
    """A letter that its addressee may read now. Raises LetterClosed, LetterHeld."""
    return _still_open(session.get(Release, release_id))


def read_letter(means: Means, release: Release) -> bytes:
    """The PDF, opened with the portal's key and proved to be what the desk approved for this addressee.

    Raises NotAsApproved: then somebody exchanged it, and the worker is told so that a person looks.
    """
    envelope = b"".join(means.storage.get(release.pdf_id))
    try:
        pdf = sealing.open_sealed(envelope, means.keys.identity("portal"), parcels.released_place(release.id))
    except sealing.CannotOpen:
        pdf = b""
    digest = letters.sha256(pdf)
    said = chain.approval_text(release.communication_id, release.mailbox, release.dated_on, release.reference, digest)
    if not chain.is_signed(means.keys.public["approval"], said, release.signature):
        _tell_of_forgery(means, release)
        raise NotAsApproved(release.id)
    return pdf


def _tell_of_forgery(means: Means, release: Release) -> None:
    with means.database.transaction() as session:
        jobs.enqueue(session, NOT_AS_APPROVED, means.clock(), key=f"forged:{release.id}", release_id=release.id)


def alarm_of_forgery(session: Session, keys: Keyring, release_id: str, now: datetime) -> None:
    """The worker's part of a letter that is not what was approved: a person is told."""
    raise_alarm(session, communications.APPROVAL_FORGED, session.get_one(Release, release_id).communication_id, now)


def acknowledge(session: Session, release_id: str, now: datetime) -> None:
    """Record that the addressee received the letter; a second time changes nothing."""
    release = _kept(session, release_id)
    if release.acknowledged_at is None:
        release.acknowledged_at = now
        jobs.enqueue(session, ACKNOWLEDGED, now, key=f"acknowledged:{release.id}", release_id=release.id)


def ask_new_link(session: Session, keys: Keyring, token: str, now: datetime) -> None:
    """Ask that a new link be mailed to the mailbox on record, at most one an hour.

    Raises LinkUnknown, LetterClosed, LetterHeld.
    """
    release_id = session.scalar(select(Link.release_id).where(Link.token_hash == parcels.link_hash(keys, token)))
    if release_id is None:
        raise LinkUnknown
    release = _kept(session, release_id)
    asked = select(Job.id).where(Job.name == LINK_ASKED, Job.key.startswith(f"link:{release.id}:"))
    if session.scalar(asked.where(Job.written_at > now - LINK_AT_MOST_EVERY).limit(1)) is None:
        jobs.enqueue(session, LINK_ASKED, now, key=f"link:{release.id}:{now.timestamp():.6f}", release_id=release.id)


def reply(means: Means, release_id: str, words: str, files: Sequence[ReplyContent], attempt: str = "") -> str:
    """Receive a reply with its files; returns its id. The same content in the same `attempt` is received once.

    Raises LetterClosed, FileRefused. Of files of which it raises or which came before, nothing is kept.
    """
    now = means.clock()
    row = Reply(id=_reply_id(release_id, attempt or new_id(), words, files), release_id=release_id, received_at=now)
    media_types = _allowed(files)
    with means.database.reading() as session:
        open_release(session, release_id)
        if session.get(Reply, row.id) is not None:
            return row.id
    row.envelope = sealing.seal(words.encode(), means.keys.recipients("mandate", "portal"), _reply_place(row))
    rows = [_file_row(means.keys, row.id, *one) for one in zip(files, media_types, strict=True)]
    with means.database.transaction() as session:
        # The row of the release is kept from others, so that replies sent at the same time are numbered in turn.
        _kept(session, release_id)
        if session.get(Reply, row.id) is not None:
            return row.id
        last = session.scalar(select(func.max(Reply.sequence)).where(Reply.release_id == release_id))
        row.sequence = (last or 0) + 1
        session.add(row)
        session.flush()
        session.add_all(rows)
        jobs.enqueue(session, REPLIED, now, key=f"reply:{row.id}", reply_id=row.id)
        session.flush()
        # Kept before the commit: if its answer is lost, rows may name the files, and what no row names is swept.
        for file in files:
            file.upload.keep()
    return row.id


def replies_of(
    session: Session, keys: Keyring, release_id: str, reader: Literal["mandate", "portal"]
) -> list[OpenReply]:
    """The replies to a letter in order, for whoever holds the mandate key or the portal's."""
    rows = session.scalars(select(Reply).where(Reply.release_id == release_id).order_by(Reply.sequence))
    return [_opened(session, keys, row, reader) for row in rows]


def read_reply_file(means: Means, file: ReplyFile, reader: Literal["mandate", "portal"]) -> tuple[str, bytes]:
    """Name and content of a file that came with a reply."""
    name, identity = _file_key(means.keys, file, reader)
    return name, sealing.open_parts(means.storage.get(file.id), identity, file.id)


def letter_opened(session: Session, keys: Keyring, release_id: str, now: datetime) -> None:
    """The worker's part of opening: an event, and proof that a notice of which nobody knew has arrived."""
    _note(session, keys, release_id, Happening.LETTER_OPENED, now)


def letter_acknowledged(session: Session, keys: Keyring, release_id: str, now: datetime) -> None:
    """The worker's part of an acknowledgement."""
    _note(session, keys, release_id, Happening.LETTER_ACKNOWLEDGED, now)


def record_reply(session: Session, keys: Keyring, reply_id: str, now: datetime) -> None:
    """The worker's part of a reply: the letter is answered, and its sources are told so."""
    row = session.get_one(Reply, reply_id, with_for_update=True)
    if row.recorded_at is not None:
        return
    row.recorded_at = now
    letter = _letter(session, row.release_id)
    _has_arrived(session, keys, letter, now)
    cases.perform(session, keys, letter, Deed(CommunicationAction.RECORD_REPLY, WORKER, now))
    cases.tell_sources(session, letter.case_id, Stage.REPLY_RECEIVED, geneva_day(now))


def send_new_link(session: Session, keys: Keyring, release_id: str, now: datetime) -> Notice:
    """The worker's part of asking for a link: one more notice to the same mailbox."""
    letter = _letter(session, release_id)
    _note(session, keys, release_id, Happening.LINK_ASKED, now)
    return communications.write_notice(session, letter, now)


def _note(session: Session, keys: Keyring, release_id: str, what: Happening, now: datetime) -> None:
    letter = _letter(session, release_id)
    by = recipient_actor(letter.recipient_id)
    cases.note_happening(session, keys, letter.case_id, Deed(what, by, now), letter)
    _has_arrived(session, keys, letter, now)


def _has_arrived(session: Session, keys: Keyring, letter: Communication, now: datetime) -> None:
    """Whoever used the link in a mail has had the mail, whatever was believed of it before."""
    used = select(Link.notice_id).join(Release).where(Release.communication_id == letter.id, Link.used_at.is_not(None))
    proven = update(Notice).where(Notice.id.in_(used), Notice.status != NoticeStatus.ACCEPTED)
    session.execute(proven.values(status=NoticeStatus.ACCEPTED, settled_at=now))
    if letter.status in (CommunicationStatus.SENDING, CommunicationStatus.UNDELIVERED):
        delivery.record_outcome(session, keys, letter, True, WORKER, now)


def _kept(session: Session, release_id: str) -> Release:
    """The release, kept from others until the transaction ends. Raises LetterClosed, LetterHeld."""
    return _still_open(session.get(Release, release_id, with_for_update=True, populate_existing=True))


def _still_open(release: Release | None) -> Release:
    if release is None or release.closed_at is not None:
        raise LetterClosed
    if release.held_at is not None:
        raise LetterHeld(release.communication_id)
    return release


def _letter(session: Session, release_id: str) -> Communication:
    return communications.locked(session, session.get_one(Release, release_id).communication_id)


def _allowed(files: Sequence[ReplyContent]) -> list[str]:
    """The kinds of the files. Refuses a reply for its worst file."""
    if len(files) > FILES_MOST:
        raise FileRefused(TOO_MANY)
    return [media_type_of(file.name, file.upload) for file in files]


def _reply_id(release_id: str, attempt: str, words: str, files: Sequence[ReplyContent]) -> str:
    # With the letter in it, no attempt can hit a reply to another one; with the content in it, nothing that somebody
    # changed after going back in the browser is taken for what was received before.
    contents = [file.upload.sha256 for file in files]
    return sha256(json.dumps([release_id, attempt, words, contents]).encode()).hexdigest()[:32]


def _file_row(keys: Keyring, reply_id: str, file: ReplyContent, media_type: str) -> ReplyFile:
    upload = file.upload
    told = json.dumps({"identity": upload.identity, "name": file.name}).encode()
    envelope = sealing.seal(told, keys.recipients("mandate", "portal"), _file_place(reply_id, upload.id))
    return ReplyFile(id=upload.id, reply_id=reply_id, media_type=media_type, size=upload.size, envelope=envelope)


def _opened(session: Session, keys: Keyring, row: Reply, reader: Literal["mandate", "portal"]) -> OpenReply:
    words = sealing.open_sealed(row.envelope, keys.identity(reader), _reply_place(row)).decode()
    files = session.scalars(select(ReplyFile).where(ReplyFile.reply_id == row.id))
    told = tuple((file.id, _file_key(keys, file, reader)[0], file.size) for file in files)
    return OpenReply(row.id, row.received_at, words, told)


def _file_key(keys: Keyring, file: ReplyFile, reader: Literal["mandate", "portal"]) -> tuple[str, str]:
    told = json.loads(sealing.open_sealed(file.envelope, keys.identity(reader), _file_place(file.reply_id, file.id)))
    return told["name"], told["identity"]


def _reply_place(row: Reply) -> str:
    # With the letter in it, a reply cannot be moved to another letter.
    return sealing.label_of("reply", "envelope", f"{row.release_id}/{row.id}")


def _file_place(reply_id: str, file_id: str) -> str:
    return sealing.label_of("reply_file", "envelope", f"{reply_id}/{file_id}")
