"""Deeds on letters: drafting, review, approval, and a person's decision to send.

Rendering, sealing and hashing happen outside of transactions; what they rest on is checked again inside.
"""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from foundation import jobs, sealing
from foundation.actor import ActorId
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.keys import Keyring
from foundation.means import Means
from mandate import queries
from mandate.models import PermanentMission
from mandate.vocabulary import LetterKind
from workflows import cases, chain, drafting, letters
from workflows.cases import Deed, Happening
from workflows.drafting import Composed, Fields, NothingGiven, Obstacle
from workflows.lifecycle import CaseStatus, CommunicationAction, CommunicationStatus, MoveNotAllowed
from workflows.models import NOT_APPROVED, Case, Communication, Notice, NoticeStatus, Recipient

DELIVER = "workflows.deliver"


class LetterBlocked(Exception):
    """Something forbids the letter to go on; `obstacles` says what and where."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__(", ".join(obstacle.code for obstacle in obstacles))
        self.obstacles = obstacles


class OwnEdit(Exception):
    """Nobody approves what they edited last."""


class LetterChanged(Exception):
    """Somebody changed the letter while it was being read; look at it again."""


class NeedsWord(Exception):
    """The letter rests on rows that nobody reviewed; the approver must say so explicitly. `rows` names them."""

    def __init__(self, rows: tuple[str, ...]) -> None:
        super().__init__(", ".join(rows))
        self.rows = rows


class ReferenceTaken(Exception):
    """Another letter has this reference already."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The approval no longer held, and the letter is a draft again. `changed` names what it rested on."""

    changed: tuple[str, ...]


def draft(
    session: Session, keys: Keyring, case_id: str, kind: LetterKind, state_code: str, by: ActorId, now: datetime
) -> Communication:
    """Begin a letter to a State, in the language of its Permanent Mission, dated today.

    Raises NothingGiven without a mission on record, MoveNotAllowed unless the case is accepted, NotPermitted.
    """
    case = cases.lock(session, case_id)
    cases.require(session, by, Permission.DRAFT_LETTER)
    if case.status != CaseStatus.ACCEPTED:
        raise MoveNotAllowed(CaseStatus(case.status), CommunicationAction.SUBMIT)
    today = geneva_day(now)
    mission = queries.mission_of(session, state_code, today)
    if mission is None:
        raise NothingGiven("mission")
    recipient = _recipient(mission)
    session.add(recipient)
    number = _next_number(session, state_code, today.year)
    letter = Communication(
        id=new_id(),
        case_id=case_id,
        recipient_id=recipient.id,
        kind=kind,
        language=mission.language,
        reference=f"{kind.value} {number}",
        reference_number=number,
        dated_on=today,
        status=CommunicationStatus.DRAFT,
        edited_by=by,
        edited_at=now,
    )
    questions = tuple(letters.suggested_questions(kind, mission.language))
    letter.fields = drafting.seal_fields(keys, letter.id, Fields(questions=questions))
    session.add(letter)
    session.flush()
    cases.note_happening(session, keys, case_id, Deed(Happening.LETTER_DRAFTED, by, now), letter)
    return letter


def edit(
    session: Session, keys: Keyring, letter_id: str, fields: Fields, dated_on: date, by: ActorId, now: datetime
) -> None:
    """Change what an officer writes, and the date. Raises MoveNotAllowed unless it is a draft, NotPermitted."""
    letter = locked(session, letter_id)
    cases.require(session, by, Permission.DRAFT_LETTER)
    if letter.status != CommunicationStatus.DRAFT:
        raise MoveNotAllowed(CommunicationStatus(letter.status), CommunicationAction.SUBMIT)
    letter.fields = drafting.seal_fields(keys, letter.id, fields)
    letter.dated_on, letter.edited_by, letter.edited_at = dated_on, by, now
    cases.note_happening(session, keys, letter.case_id, Deed(Happening.LETTER_EDITED, by, now), letter)


def submit(session: Session, keys: Keyring, letter_id: str, by: ActorId, now: datetime) -> None:
    """Put a draft before an approver. Raises LetterBlocked, what composing raises, MoveNotAllowed, NotPermitted."""
    letter = locked(session, letter_id)
    composed = drafting.compose(session, keys, letter)
    _refuse_blocked(session, keys, letter, composed.text)
    cases.perform(session, keys, letter, Deed(CommunicationAction.SUBMIT, by, now))


def set_back(
    session: Session, keys: Keyring, letter_id: str, action: CommunicationAction, by: ActorId, now: datetime, why: str
) -> None:
    """Return, recall, lapse or withdraw a letter, with the reason; an approval it had is gone."""
    letter = locked(session, letter_id)
    cases.perform(session, keys, letter, Deed(action, by, now, why), **NOT_APPROVED)


def approve(
    means: Means, letter_id: str, by: ActorId, accepts_unreviewed: bool, read_sha256: str | None = None
) -> None:
    """Approve and freeze a letter: text, PDF, SHA-256, and a signature over what is to leave.

    `read_sha256` is `text_sha256` of the text that the approver had before them; any other text is not approved.
    Raises OwnEdit, LetterBlocked, NeedsWord, LetterChanged, MoveNotAllowed, NotPermitted.
    """
    now = means.clock()
    with means.database.reading() as session:
        letter = session.get_one(Communication, letter_id)
        composed = _approvable(session, means.keys, letter, by, accepts_unreviewed)
        if read_sha256 is not None and read_sha256 != text_sha256(composed.text):
            raise LetterChanged
        mailbox = session.get_one(Recipient, letter.recipient_id).mailbox
    pdf = render(letter, composed.text, is_draft=False)
    pdf_id, digest = new_id(), letters.sha256(pdf)
    means.storage.put(pdf_id, [sealing.seal(pdf, means.keys.recipients("mandate"), pdf_place(pdf_id))])
    text = chain.approval_text(letter.id, mailbox, letter.dated_on, letter.reference, digest)
    frozen = {
        "approved_by": by,
        "approved_at": now,
        "template_version": letters.template_version(LetterKind(letter.kind), letter.language),
        "rests_on": dict(composed.rests_on),
        "pdf_id": pdf_id,
        "letter_sha256": digest,
        "signature": chain.sign(means.keys.signs("approval"), text),
    }
    with means.database.transaction() as session:
        current = locked(session, letter_id)
        if current.edited_at != letter.edited_at:
            raise LetterChanged
        if drafting.compose(session, means.keys, current).rests_on != composed.rests_on:
            raise LetterChanged
        cases.perform(session, means.keys, current, Deed(CommunicationAction.APPROVE, by, now), **frozen)


def begin_sending(session: Session, keys: Keyring, letter_id: str, by: ActorId, now: datetime) -> Lapsed | None:
    """A person's decision that an approved letter leaves now, or that an undelivered one is tried again.

    Consent, identity, holder, resolution, State and date are asked again. If anything changed since the approval, the
    approval lapses instead, and what changed is returned. Raises MoveNotAllowed, also when the case is no longer
    accepted (its source may have taken it back since), NotPermitted.
    """
    letter = locked(session, letter_id)
    if session.get_one(Case, letter.case_id).status != CaseStatus.ACCEPTED:
        raise MoveNotAllowed(CommunicationStatus(letter.status), CommunicationAction.BEGIN_SENDING)
    changed = () if letter.status == CommunicationStatus.UNDELIVERED else _changed(session, keys, letter, now)
    if changed:
        lapse = Deed(CommunicationAction.LAPSE, by, now, ", ".join(changed))
        cases.perform(session, keys, letter, lapse, **NOT_APPROVED)
        return Lapsed(changed)
    cases.perform(session, keys, letter, Deed(CommunicationAction.BEGIN_SENDING, by, now))
    write_notice(session, letter, now)
    return None


def write_notice(session: Session, letter: Communication, now: datetime) -> Notice:
    """Write down one mail that is to be sent, with its Message-ID fixed, and the job that sends it."""
    notice = Notice(id=new_id(), communication_id=letter.id, status=NoticeStatus.DUE, written_at=now)
    notice.message_id = f"<{notice.id}@notices.invalid>"
    session.add(notice)
    session.flush()
    jobs.enqueue(session, DELIVER, now, key=f"deliver:{notice.id}", notice_id=notice.id)
    return notice


def locked(session: Session, letter_id: str) -> Communication:
    """A letter as it is now, its case held against others until the transaction ends."""
    cases.lock(session, session.get_one(Communication, letter_id).case_id)
    return session.get_one(Communication, letter_id, populate_existing=True)


def text_sha256(text: str) -> str:
    """By which a page that somebody read is compared with the letter as it is now."""
    return sha256(text.encode()).hexdigest()


def render(letter: Communication, text: str, is_draft: bool) -> bytes:
    """The PDF of a letter's text."""
    meta = letters.LetterMeta(letter.reference, letter.language, letter.reference, letter.dated_on, is_draft)
    return letters.to_pdf(letters.parse(text), meta)


def pdf_place(pdf_id: str) -> str:
    """Where a frozen PDF is sealed to."""
    return sealing.label_of("communication", "pdf", pdf_id)


def frozen_pdf(means: Means, letter: Communication) -> bytes:
    """The PDF of an approved letter, for whoever holds the mandate key."""
    if letter.pdf_id is None:
        raise LookupError("the letter was not approved")
    envelope = b"".join(means.storage.get(letter.pdf_id))
    return sealing.open_sealed(envelope, means.keys.identity("mandate"), pdf_place(letter.pdf_id))


def _approvable(
    session: Session, keys: Keyring, letter: Communication, by: ActorId, accepts_unreviewed: bool
) -> Composed:
    if letter.edited_by == by:
        raise OwnEdit
    cases.require(session, by, Permission.APPROVE_LETTER)
    composed = drafting.compose(session, keys, letter)
    _refuse_blocked(session, keys, letter, composed.text)
    if composed.unreviewed and not accepts_unreviewed:
        raise NeedsWord(composed.unreviewed)
    return composed


def _changed(session: Session, keys: Keyring, letter: Communication, now: datetime) -> tuple[str, ...]:
    composed = drafting.compose(session, keys, letter)
    before = letter.rests_on or {}
    changed = [name for name, value in composed.rests_on.items() if before.get(name) != value]
    if letter.dated_on != geneva_day(now):
        changed.append("date")
    changed.extend(obstacle.code for obstacle in drafting.obstacles(session, keys, letter.case_id, composed.text))
    return tuple(changed)


def _refuse_blocked(session: Session, keys: Keyring, letter: Communication, text: str) -> None:
    found = drafting.obstacles(session, keys, letter.case_id, text)
    if found:
        raise LetterBlocked(found)


def _recipient(mission: PermanentMission) -> Recipient:
    return Recipient(
        id=new_id(),
        state_code=mission.state_code,
        name=mission.name,
        address_lines=list(mission.address_lines),
        mailbox=mission.mailbox,
        language=mission.language,
    )


def _next_number(session: Session, state_code: str, year: int) -> str:
    # One counter per addressee and year over all kinds, as in the official register (domain: XXA 1/2026).
    taken = session.scalars(
        select(Communication.reference_number).where(
            Communication.reference_number.startswith(f"{state_code} "),
            Communication.reference_number.endswith(f"/{year}"),
        )
    )
    last = max((int(number.split(" ")[1].split("/")[0]) for number in taken), default=0)
    return f"{state_code} {last + 1}/{year}"
