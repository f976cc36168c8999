"""Sealing everything anew to a new key: one table of every sealed place, and a pass over it that may be killed.

A pass needs no memory of its own: what opens with the new key is done, all else is opened with the key before it,
sealed anew outside of any transaction, and written only where nobody has written meanwhile. So a pass that was killed
is run again, and what was left alone is done by the next.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from accounts.models import Account
from foundation.keys import KeyMissing, Keyring, SealingKey
from foundation.means import Means
from foundation.sealing import CannotOpen, label_of, open_sealed, seal
from foundation.storage import BlobMissing
from submissions import additions, intake
from submissions.models import (
    AddedBy,
    Addition,
    AdditionKind,
    Attachment,
    CleanedCopy,
    Message,
    Source,
    Submission,
)
from workflows import bindings, communications, outdated, parcels
from workflows.models import (
    CaseEvent,
    CaseSubmission,
    Communication,
    KeptAssessment,
    Release,
    Reply,
    ReplyFile,
    Summary,
)

BATCH = 50


class NotBound(Exception):
    """Nothing proves to whom this was sealed beside the mandate, so it is not sealed to anybody anew."""


def _nobody(session: Session, keys: Keyring, row: Any) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Place:
    """One column that holds envelopes, or names of envelopes in the store: who opens them, and their label.

    `also` gives the public halves of those who are no process of ours. Raises NotBound.
    """

    column: InstrumentedAttribute[Any]
    keys: tuple[SealingKey, ...]
    label: Callable[[Any, str], str]
    in_store: bool = False
    also: Callable[[Session, Keyring, Any], list[str]] = _nobody

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.column.class_.__tablename__}.{self.column.key}"


def _own(table: str, column: str = "envelope") -> Callable[[Any, str], str]:
    def label(row: Any, blob_id: str) -> str:
        return label_of(table, column, row.id)

    return label


def _frozen(row: Communication, blob_id: str) -> str:
    return communications.pdf_place(blob_id)


def _released(row: Release, blob_id: str) -> str:
    return parcels.released_place(row.id)


def _reply(row: Reply, blob_id: str) -> str:
    return label_of("reply", "envelope", f"{row.release_id}/{row.id}")


def _reply_file(row: ReplyFile, blob_id: str) -> str:
    return label_of("reply_file", "envelope", f"{row.reply_id}/{row.id}")


def _of_message(session: Session, keys: Keyring, row: Attachment) -> list[str]:
    return _the_source(session, keys, row) if row.message_id else []


def _of_addition(session: Session, keys: Keyring, row: Addition) -> list[str]:
    source = _the_source(session, keys, row)
    if row.kind != AdditionKind.CONSENT:
        return source
    submission = session.get_one(Submission, row.submission_id)
    every = additions.judged(session, keys, submission, intake.facts_of(keys, submission))
    readers = additions.consent_keys(every).items()
    concerned = [key for person_id, key in readers if row.person_id in (None, person_id)]
    return concerned if row.author == AddedBy.PERSON else [*source, *concerned]


def _the_source(session: Session, keys: Keyring, row: Message | Attachment | Addition) -> list[str]:
    # Whoever can write to the database could have put a key of their own in the place of the source's.
    submission = session.get_one(Submission, row.submission_id or "")
    recipient = session.get_one(Source, submission.source_id).recipient
    bound = session.get(CaseSubmission, submission.id)
    if bound is None or bindings.difference(keys, bound, submission, recipient) in UNPROVEN:
        raise NotBound(row.id)
    return [recipient]


UNPROVEN = (bindings.NOT_SEALED, bindings.SOURCE_KEY_SWAPPED)
MANDATE: tuple[SealingKey, ...] = ("mandate",)
IDENTITY: tuple[SealingKey, ...] = ("identity",)
ANSWERS: tuple[SealingKey, ...] = ("mandate", "portal")
PLACES = (
    Place(Submission.facts, MANDATE, _own("submission", "facts")),
    Place(Submission.identity, IDENTITY, _own("submission", "identity")),
    Place(Message.envelope, MANDATE, _own("message"), also=_the_source),
    Place(Attachment.envelope, MANDATE, _own("attachment"), also=_of_message),
    Place(CleanedCopy.envelope, MANDATE, _own("cleaned_copy")),
    Place(Addition.envelope, MANDATE, _own("addition"), also=_of_addition),
    Place(Account.totp_envelope, IDENTITY, _own("account", "totp")),
    Place(KeptAssessment.envelope, MANDATE, _own("assessment")),
    Place(CaseEvent.note, MANDATE, _own("case_event", "note")),
    Place(Summary.envelope, MANDATE, _own("summary")),
    Place(Communication.fields, MANDATE, _own("communication", "fields")),
    Place(Communication.pdf_id, MANDATE, _frozen, in_store=True),
    Place(Release.pdf_id, ("portal",), _released, in_store=True),
    Place(Reply.envelope, ANSWERS, _reply),
    Place(ReplyFile.envelope, ANSWERS, _reply_file),
)

# Sealed columns that no rotation touches, each with the reason.
EXEMPT = {
    "consent_code.envelope": "sealed to the code of one person alone",
    "draft.envelope": "sealed to its source alone",
    "submission.source_copy": "sealed to its source alone",
}


@dataclass(slots=True)
class Tally:
    """What a pass found. `stale` opened with an older key only; of these `anew` were sealed anew.

    `unopened` opened with no key at hand, and `unproven` are messages of which nobody can say to whom they may be
    sealed: either their submission is not triaged yet, or the source's key was swapped.
    """

    fresh: int = 0
    stale: int = 0
    anew: int = 0
    unopened: int = 0
    unproven: int = 0

    @property
    def left(self) -> int:
        """What still opens with an older key only, after this pass."""
        return self.stale - self.anew


@dataclass(frozen=True, slots=True)
class Stale:
    """An envelope that must be sealed anew: where it is, what stood there, and what it says."""

    place: Place
    row_id: str
    before: Any
    after: Any
    parts: list[bytes] | None = None


def places_of(keys: Keyring, name: SealingKey) -> list[Place]:
    """Where envelopes lie that are sealed to a key, as far as this process opens them. Everything is to recovery."""
    concerned = [place for place in PLACES if name == "recovery" or name in place.keys]
    return [place for place in concerned if _opener(keys, place) is not None]


def reseal(means: Means, name: SealingKey, fresh: str = "", batch: int = BATCH) -> Tally:
    """One pass over everything that is sealed to the key `name`; sealed anew is what does not open with `fresh`.

    `fresh` is the private half to be sealed to from now on, the first this process holds unless it is given.
    """
    fresh, tally = fresh or _first(means.keys, name), Tally()
    for place in places_of(means.keys, name):
        for rows in _batches(means, place, batch):
            _write(means, _look(means, place, rows, fresh, tally), tally)
    return tally


def survey(means: Means, name: SealingKey, fresh: str = "") -> Tally:
    """What a pass would find now; changes nothing."""
    fresh, tally = fresh or _first(means.keys, name), Tally()
    for place in places_of(means.keys, name):
        for rows in _batches(means, place, BATCH):
            for row in rows:
                _standing(means, place, row, fresh, tally)
    return tally


def _first(keys: Keyring, name: SealingKey) -> str:
    return keys.identity(name)[0]


def _opener(keys: Keyring, place: Place) -> SealingKey | None:
    return next((name for name in place.keys if name in keys.private), None)


def _batches(means: Means, place: Place, size: int) -> Iterator[Sequence[Any]]:
    record, last = place.column.class_, ""
    while True:
        with means.database.reading() as session:
            following = select(record).where(record.id > last).order_by(record.id).limit(size)
            rows = session.scalars(following).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _look(means: Means, place: Place, rows: Sequence[Any], fresh: str, tally: Tally) -> list[Stale]:
    found: list[Stale] = []
    with means.database.reading() as session:
        for row in rows:
            text = _standing(means, place, row, fresh, tally)
            if text is not None:
                found.extend(_anew(session, means.keys, place, row, text, tally))
    return found


def _standing(means: Means, place: Place, row: Any, fresh: str, tally: Tally) -> bytes | None:
    """The words of an envelope that only an older key opens; None for all others, which are counted."""
    value = getattr(row, place.column.key)
    if not value:
        return None
    try:
        envelope = b"".join(means.storage.get(value)) if place.in_store else value
        label = place.label(row, value if place.in_store else "")
        text = _only_older_opens(means.keys, place, envelope, label, fresh)
    except (CannotOpen, BlobMissing):
        tally.unopened += 1
        return None
    if text is None:
        tally.fresh += 1
    else:
        tally.stale += 1
    return text


def _only_older_opens(keys: Keyring, place: Place, envelope: bytes, label: str, fresh: str) -> bytes | None:
    try:
        open_sealed(envelope, fresh, label)
    except CannotOpen:
        opener = _opener(keys, place)
        if opener is None:
            raise KeyMissing(f"this process does not open {place.name}") from None
        return open_sealed(envelope, keys.identity(opener), label)
    return None


def _anew(session: Session, keys: Keyring, place: Place, row: Any, text: bytes, tally: Tally) -> Iterator[Stale]:
    before = getattr(row, place.column.key)
    try:
        recipients = [*place.also(session, keys, row), *keys.recipients(*place.keys)]
    except NotBound:
        tally.unproven += 1
        return
    if not place.in_store:
        yield Stale(place, row.id, before, seal(text, recipients, place.label(row, "")))
        return
    # Named after what it replaces, so that a pass after a killed one writes over what that one left.
    blob_id = sha256(f"{before}:{recipients}".encode()).hexdigest()[:32]
    yield Stale(place, row.id, before, blob_id, [seal(text, recipients, place.label(row, blob_id))])


def _write(means: Means, found: Sequence[Stale], tally: Tally) -> None:
    for one in found:
        if one.parts is not None:
            means.storage.put(one.after, one.parts)
    if not found:
        return
    with means.database.transaction() as session:
        written = sum(_replace(session, means, one) for one in found)
    tally.anew += written


def _replace(session: Session, means: Means, one: Stale) -> bool:
    record, column = one.place.column.class_, one.place.column
    unchanged = update(record).where(record.id == one.row_id, column == one.before)
    replaced = session.scalar(unchanged.values({column.key: one.after}).returning(record.id)) is not None
    if one.parts is not None:
        outdated.leave_behind(session, one.before if replaced else one.after, means.clock)
    return replaced
