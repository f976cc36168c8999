"""Deeds by which something is added after sending: more facts, corrections, files, a reprisal, changed consents.

Each addition is a row of its own, signed by who adds it (docs/decisions/0018), sealed to the mandate and to those who
may read it again. What is sealed holds its own place in the order, so two at once are numbered by trying again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation import jobs, sealing, signing
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.keys import Keyring, public_half_of_signing
from foundation.means import Means
from submissions import attachments, believed, codes, confidentiality, drafts
from submissions.attachments import ReceivedFile
from submissions.believed import Judged, Opened
from submissions.drafts import VisitEnded, Visitor
from submissions.models import AddedBy, Addition, AdditionKind, Source, Submission

RECEIVED = "submissions.addition_received"
# Of a person in danger, and of consents that changed, the mandate learns before all else.
URGENT = "submissions.urgent_addition_received"
URGENT_KINDS = frozenset({AdditionKind.REPRISAL, AdditionKind.CONSENT})

Also = Callable[[Session], None]


class Moved(Exception):
    """Something else was added while this was being sealed; it must take the next place."""


@dataclass(frozen=True, slots=True)
class Adding:
    """What is to be added, and by whom. `readers` are the keys to which it is sealed beside the mandate's."""

    submission_id: str
    kind: AdditionKind
    content: Mapping[str, Any] = field(repr=False)
    signer: str = field(repr=False)
    readers: Sequence[str]
    author: AddedBy = AddedBy.SOURCE
    person_id: str | None = None


def tell(means: Means, visitor: Visitor, kind: AdditionKind, content: Mapping[str, Any]) -> None:
    """Add words of a source who is there. The same words twice in a row are one addition. Raises VisitEnded."""
    with means.database.reading() as session:
        every = readable(session, visitor)
    if not every or (every[-1].kind, every[-1].content) != (kind, content):
        append(means, by_source(means, visitor, kind, content))


def add_files(means: Means, visitor: Visitor, files: Sequence[ReceivedFile]) -> None:
    """Add files of a source who is there; each was sealed as it arrived. Raises VisitEnded, FileRefused."""
    with means.database.reading() as session:
        submission = drafts.submission_here(session, visitor)
    listed = [{"id": file.upload.id, "name": file.name, "size": file.upload.size} for file in files]
    adding = by_source(means, visitor, AdditionKind.FILES, {"files": listed})
    rows = [attachments.received(means.keys, file, submission, []) for file in files]
    append(means, adding, lambda session: attachments.keep(session, submission.id, files, rows))


def decide(means: Means, visitor: Visitor, said: Mapping[str, Any], person_id: str | None = None) -> None:
    """Change what may be told to whom: about everybody, or about one person. Raises VisitEnded.

    Persons with a code of their own can read it, since it is about them.
    """
    said = believed.sound(said)
    with means.database.reading() as session:
        every = judged_here(session, visitor, means.keys)
    last = every[-1].opened if every else None
    if last and (last.kind, last.person_id, last.content) == (AdditionKind.CONSENT, person_id, said):
        return
    keys = consent_keys(every)
    about = [key for concerned, key in keys.items() if person_id in (None, concerned)]
    append(means, by_source(means, visitor, AdditionKind.CONSENT, said, person_id, about))


def by_source(
    means: Means,
    visitor: Visitor,
    kind: AdditionKind,
    content: Mapping[str, Any],
    person_id: str | None = None,
    others: Sequence[str] = (),
) -> Adding:
    """An addition of a source who is there, which the source can read again. Raises VisitEnded."""
    with means.database.reading() as session:
        submission = drafts.submission_here(session, visitor)
        recipient = session.get_one(Source, visitor.source_id).recipient
    signer = codes.signing_key(visitor.identity, means.keys.secret("pepper"))
    return Adding(submission.id, kind, content, signer, [recipient, *others], person_id=person_id)


def append(means: Means, adding: Adding, also: Also | None = None) -> str:
    """Write an addition in its place in the order, with whatever `also` writes in the same transaction.

    Gives its id. Raises VisitEnded if the submission was erased meanwhile.
    """
    for _ in range(drafts.TRIES):
        with means.database.reading() as session:
            row = _sealed(means, adding, _last(session, adding.submission_id) + 1)
        try:
            with means.database.transaction() as session:
                _write(session, means, row, also)
        except Moved:
            continue
        return row.id
    raise RuntimeError("others added something all the time")


def opened_with(session: Session, submission_id: str, identity: str | Sequence[str]) -> list[Opened]:
    """All additions in order, each open as far as this key opens it."""
    own = select(Addition).where(Addition.submission_id == submission_id)
    return [_opened(row, identity) for row in session.scalars(own.order_by(Addition.sequence))]


def readable(session: Session, visitor: Visitor) -> list[Opened]:
    """All additions to the submission of a source who is there, with those that only others can read still closed."""
    submission = drafts.submission_here(session, visitor)
    return opened_with(session, submission.id, visitor.identity)


def judged_here(session: Session, visitor: Visitor, keys: Keyring) -> list[Judged]:
    """The additions as the source can judge them, who knows the key of the source."""
    return believed.judged(public_half(visitor.identity, keys.secret("pepper")), readable(session, visitor))


def judged(session: Session, keys: Keyring, submission: Submission, facts: Mapping[str, Any]) -> list[Judged]:
    """All additions as whoever holds the mandate key judges them, from the key that came inside the facts."""
    every = opened_with(session, submission.id, keys.identity("mandate"))
    return believed.judged(str(facts.get(believed.SOURCE_KEY, "")), every)


def own_choices(session: Session, visitor: Visitor, keys: Keyring, own: Mapping[str, Any]) -> dict[str, Any]:
    """The source's own copy with consents as the source last chose them; what persons decided themselves stays out."""
    told = {**own, "victims": confidentiality.people_in(own)}
    every = judged_here(session, visitor, keys)
    changes = [one.opened.change for one in every if one.is_believed and one.opened.kind == AdditionKind.CONSENT]
    return confidentiality.with_changes(told, changes)


def consent_keys(every: Sequence[Judged]) -> dict[str, str]:
    """To which keys persons with a code of their own read, by person, as the source said when the code was made."""
    keys = [one.opened for one in every if one.is_believed and one.opened.kind == AdditionKind.KEY]
    return {one.person_id: str(one.content["recipient"]) for one in keys if one.person_id and one.content}


def public_half(identity: str, pepper: bytes) -> str:
    """By which additions of the holder of a code are known."""
    return public_half_of_signing(codes.signing_key(identity, pepper))


def _sealed(means: Means, adding: Adding, sequence: int) -> Addition:
    about = {"submission_id": adding.submission_id, "kind": adding.kind.value, "author": adding.author.value}
    more = {"sequence": sequence, "person_id": adding.person_id, "made_on": geneva_day(means.clock())}
    unsigned = Opened(id=new_id(), content=adding.content, **about, **more)  # type: ignore[arg-type]
    text = {"content": adding.content, "signature": signing.sign(adding.signer, unsigned.text)}
    recipients = [*adding.readers, *means.keys.recipients("mandate")]
    envelope = sealing.seal(json.dumps(text).encode(), recipients, _place(unsigned.id))
    return Addition(id=unsigned.id, envelope=envelope, **about, **more)


def _write(session: Session, means: Means, row: Addition, also: Also | None) -> None:
    submission = session.get_one(Submission, row.submission_id, with_for_update=True, populate_existing=True)
    if submission.erased_at is not None:
        raise VisitEnded
    if _last(session, row.submission_id) + 1 != row.sequence:
        raise Moved
    session.add(row)
    session.flush()
    if also is not None:
        also(session)
    about = {"addition_id": row.id, "submission_id": row.submission_id}
    if row.kind in URGENT_KINDS:
        jobs.enqueue(session, URGENT, means.clock(), **about)
    else:
        jobs.enqueue(session, RECEIVED, means.clock(), **about)


def _last(session: Session, submission_id: str) -> int:
    return session.scalar(select(func.max(Addition.sequence)).where(Addition.submission_id == submission_id)) or 0


def _opened(row: Addition, identity: str | Sequence[str]) -> Opened:
    content, signature = None, ""
    try:
        text = json.loads(sealing.open_sealed(row.envelope, identity, _place(row.id)))
        content, signature = dict(text["content"]), str(text["signature"])
    except (sealing.CannotOpen, ValueError, TypeError, KeyError):
        # Anybody may have written it; what cannot be read is shown as such and trusted in nothing.
        content = None
    about = (row.id, row.submission_id, row.sequence, str(row.kind), str(row.author), row.person_id, row.made_on)
    return Opened(*about, content, signature)


def _place(addition_id: str) -> str:
    return sealing.label_of("addition", "envelope", addition_id)
