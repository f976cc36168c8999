"""Deeds on codes with which one person decides what may be told about her, without whoever told us of her.

Her code opens what she is called and what was chosen for her, and no other word. Who made it is told that she decided,
not what: what she is asked at home, she need not have told.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from foundation import sealing
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.means import Means
from submissions import additions, believed, codes, confidentiality, drafts
from submissions.additions import Adding
from submissions.drafts import CodeUnknown, VisitEnded, Visitor
from submissions.models import AddedBy, AdditionKind, ConsentCode

# What of a person's record lies under her code; all else about her stays with the source and the mandate.
HERS = ("id", "kind", "basis", "minor", "sexual_violence", "decided")


class CodeInUse(Exception):
    """The person has come back with her code; nobody else can put another in its place."""


class NotConcerned(Exception):
    """The submission knows no such person, or it is the source."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who came back with a consent code: what the encrypted cookie carries."""

    code_id: str
    identity: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person sees: how she is called, what may be told about her, and to whom it could be told."""

    called: str
    person: Mapping[str, Any]
    audiences: Mapping[str, str]
    decided_on: date | None


def make(means: Means, visitor: Visitor, own: Mapping[str, Any], person_id: str) -> str:
    """A code for one person of a submission, shown once and kept nowhere. `own` is the source's copy.

    One that nobody has used yet is replaced. Raises NotConcerned, CodeInUse, VisitEnded.
    """
    with means.database.reading() as session:
        told = additions.own_choices(session, visitor, means.keys, own)
        submission = drafts.submission_here(session, visitor)
    person = next((each for each in told["victims"] if each["id"] == person_id), None)
    if person is None or person.get("is_source"):
        raise NotConcerned
    code = codes.new_code()
    made = codes.credentials(code, means.keys.secret("pepper"))
    recipient = sealing.recipient_of(made.identity)
    row = ConsentCode(id=new_id(), submission_id=submission.id, person_id=person_id, made_on=geneva_day(means.clock()))
    row.lookup, row.recipient = made.lookup, recipient
    row.envelope = sealing.seal(json.dumps(_told_to(person, told)).encode(), [recipient], _place(row.id))
    key = {"key": additions.public_half(made.identity, means.keys.secret("pepper")), "recipient": recipient}
    adding = additions.by_source(means, visitor, AdditionKind.KEY, key, person_id)
    additions.append(means, adding, lambda session: _replace(session, row))
    return code


def come_in(session: Session, pepper: bytes, typed: str, today: date) -> Holder:
    """Let a person in by her code, and remember that it is in use. Raises codes.CodeMistyped or CodeUnknown."""
    made = codes.credentials(codes.read_code(typed), pepper)
    row = session.scalar(select(ConsentCode).where(ConsentCode.lookup == made.lookup))
    if row is None:
        raise CodeUnknown
    session.execute(
        update(ConsentCode).where(ConsentCode.id == row.id, ConsentCode.used_on.is_(None)).values(used_on=today)
    )
    return Holder(row.id, made.identity)


def choices_of(session: Session, holder: Holder) -> Choices:
    """What may be told about the holder of a code, as it was chosen last. Raises VisitEnded."""
    row = _there(session, holder)
    told = json.loads(sealing.open_sealed(row.envelope, holder.identity, _place(row.id)))
    every = additions.opened_with(session, row.submission_id, holder.identity)
    mine = [one for one in every if one.kind == AdditionKind.CONSENT and one.content is not None]
    standing = confidentiality.with_changes(
        {"victims": [told["person"]], **told["all"]},
        [one.change for one in mine if one.person_id in (None, row.person_id)],
    )
    decided = [one.made_on for one in mine if one.author == AddedBy.PERSON]
    person = _with_wishes(standing["victims"][0], standing)
    return Choices(told["called"], person, told["audiences"], decided[-1] if decided else None)


def decide(means: Means, holder: Holder, said: Mapping[str, Any]) -> None:
    """What a person decides about herself, which her source can make stricter afterwards and never looser.

    Raises VisitEnded.
    """
    with means.database.reading() as session:
        row = _there(session, holder)
    signer = codes.signing_key(holder.identity, means.keys.secret("pepper"))
    own = (row.recipient,) if row.recipient == sealing.recipient_of(holder.identity) else ()
    about = {name: value for name, value in believed.sound(said).items() if name in {"naming", "precision", "basis"}}
    adding = Adding(
        row.submission_id, AdditionKind.CONSENT, about, signer, own, author=AddedBy.PERSON, person_id=row.person_id
    )
    additions.append(means, adding)


def in_use(session: Session, submission_id: str) -> dict[str, bool]:
    """For which persons there are codes, and whether somebody came back with them."""
    rows = select(ConsentCode.person_id, ConsentCode.used_on).where(ConsentCode.submission_id == submission_id)
    return {row.person_id: row.used_on is not None for row in session.execute(rows)}


def called(person: Mapping[str, Any]) -> str:
    """The name by which a person knows that she is meant, if there is one; other words about her may tell more."""
    return str(person.get("name") or person.get("initials") or "")


def _told_to(person: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    names = {f"{confidentiality.OTHER}{each['id']}": str(each.get("name", "")) for each in told.get("stakeholders", ())}
    hers = {name: person[name] for name in HERS if name in person}
    return {
        "called": called(person),
        "person": {**_with_wishes(person, told), **hers},
        "all": {name: told.get(name, {}) for name in ("naming", "precision")},
        "audiences": {one: names.get(one, "") for one in confidentiality.audiences(told)},
    }


def _with_wishes(person: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    own = person if person.get("own_wishes") == "yes" else told
    hers = {name: person[name] for name in (*HERS, "own_wishes") if name in person}
    return {**hers, "naming": own.get("naming", {}), "precision": own.get("precision", {})}


def _there(session: Session, holder: Holder) -> ConsentCode:
    row = session.get(ConsentCode, holder.code_id)
    if row is None:
        raise VisitEnded
    return row


def _replace(session: Session, row: ConsentCode) -> None:
    same = (ConsentCode.submission_id == row.submission_id, ConsentCode.person_id == row.person_id)
    session.execute(delete(ConsentCode).where(*same, ConsentCode.used_on.is_(None)))
    if session.scalar(select(ConsentCode.id).where(*same)) is not None:
        raise CodeInUse
    session.add(row)
    session.flush()


def _place(code_id: str) -> str:
    return sealing.label_of("consent_code", "envelope", code_id)
