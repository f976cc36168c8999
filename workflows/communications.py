"""Deeds on letters: drafting, review, approval, and a person's decision to send.

Rendering, sealing and hashing happen outside of transactions; what they rest on is checked again inside.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from foundation import alarms, jobs, sealing
from foundation.actor import ActorId
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.keys import Keyring
from foundation.means import Means
from mandate import queries
from mandate.vocabulary import LetterKind
from workflows import asked_again, cases, chain, drafting, gate, letter_hold, letters
from workflows.cases import Deed, Happening
from workflows.drafting import Composed, Fields, NothingGiven
from workflows.gate import Closed
from workflows.kept_back import Obstacle
from workflows.letter_hold import LetterHeld
from workflows.lifecycle import (
    COMMUNICATION,
    CaseStatus,
    CommunicationAction,
    CommunicationStatus,
    MoveNotAllowed,
)
from workflows.models import (
    NOT_APPROVED,
    BurntReference,
    Case,
    Communication,
    Notice,
    NoticeStatus,
    Recipient,
    Release,
    Summary,
)

DELIVER = "workflows.deliver"
# The key of the one job that sends a notice begins with this and ends with the notice's id.
DELIVERS = "deliver:"
# An approval that the desk did not give. The subject is the letter's id.
APPROVAL_FORGED = "approval_forged"


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
    recipient = asked_again.recipient_of(mission)
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
    """Return, recall or withdraw a letter, with the reason; an approval it had is gone.

    A letter that is visible in the portal can only be withdrawn, which closes it there. Raises WasOpened if its
    addressee has opened it, MoveNotAllowed, NotPermitted.
    """
    letter = locked(session, letter_id)
    release = letter_hold.unopened_release(session, letter_id)
    if release is not None:
        if action != CommunicationAction.WITHDRAW:
            raise MoveNotAllowed(CommunicationStatus(letter.status), action)
        release.closed_at = now
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
        _refuse_own_edit(session, current, by)
        cases.perform(session, means.keys, current, Deed(CommunicationAction.APPROVE, by, now), **frozen)


def begin_sending(
    session: Session, means: Means, letter_id: str, by: ActorId, read_sha256: str | None = None
) -> Lapsed | None:
    """A person's decision that an approved letter leaves now, or that an undelivered one is tried again.

    Everything is asked again: consent, identity, holder, resolution, State, mailbox, date, and the approval's own
    signature. If something no longer holds, the approval lapses instead, and what changed is returned; a letter that
    was visible in the portal before cannot be a draft again, so there its second notice is refused. `read_sha256` is
    that of the PDF of which the sender read. Raises gate.Closed, LetterChanged, LetterHeld, LetterBlocked,
    MoveNotAllowed, NotPermitted.
    """
    now = means.clock()
    _require_open(session, means, letter_id)
    letter = locked(session, letter_id)
    if read_sha256 is not None and letter.letter_sha256 != read_sha256:
        raise LetterChanged
    _refuse_unsendable(session, letter)
    if session.scalar(select(Release.id).where(Release.communication_id == letter_id)) is not None:
        if found := asked_again.against_second_notice(session, means.keys, letter, now):
            raise LetterBlocked(found)
    elif changed := asked_again.changed(session, means.keys, letter, now):
        return _lapse(session, means.keys, letter, changed, by, now)
    cases.perform(session, means.keys, letter, Deed(CommunicationAction.BEGIN_SENDING, by, now))
    write_notice(session, letter, now)
    return None


def write_notice(session: Session, letter: Communication, now: datetime) -> Notice:
    """Write down one mail that is to be sent, with its Message-ID fixed, and the job that sends it."""
    earlier = session.scalar(select(func.max(Notice.written_at)).where(Notice.communication_id == letter.id))
    # The last notice of a letter is found by this instant, also where the clock was set back in between.
    written_at = max(now, earlier + timedelta(microseconds=1)) if earlier else now
    notice = Notice(id=new_id(), communication_id=letter.id, status=NoticeStatus.DUE, written_at=written_at)
    notice.message_id = f"<{notice.id}@notices.invalid>"
    session.add(notice)
    session.flush()
    jobs.enqueue(session, DELIVER, now, key=DELIVERS + notice.id, notice_id=notice.id)
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
    _refuse_own_edit(session, letter, by)
    cases.require(session, by, Permission.APPROVE_LETTER)
    composed = drafting.compose(session, keys, letter)
    _refuse_blocked(session, keys, letter, composed.text)
    if composed.unreviewed and not accepts_unreviewed:
        raise NeedsWord(composed.unreviewed)
    return composed


def _require_open(session: Session, means: Means, letter_id: str) -> None:
    try:
        gate.require_open(session, means.journal, means.clock(), about=letter_id)
    except OSError as error:
        raise Closed("the journal cannot be read") from error


def _refuse_own_edit(session: Session, letter: Communication, by: ActorId) -> None:
    # The facts of a letter are the summary in its language, so who wrote that has written the letter too.
    facts = select(Summary.by).where(Summary.case_id == letter.case_id, Summary.language == letter.language)
    if by in (letter.edited_by, session.scalar(facts.order_by(Summary.version.desc()).limit(1))):
        raise OwnEdit


def _refuse_unsendable(session: Session, letter: Communication) -> None:
    """Raise what no lapse can mend: a hold, a submission that was taken back, a case that is not worked on."""
    COMMUNICATION.after(CommunicationStatus(letter.status), CommunicationAction.BEGIN_SENDING)
    if letter_hold.is_held(session, letter):
        raise LetterHeld(letter.id)
    case = session.get_one(Case, letter.case_id)
    if case.status == CaseStatus.WITHDRAWN and letter.status == CommunicationStatus.UNDELIVERED:
        raise LetterBlocked([Obstacle(drafting.TAKEN_BACK)])
    if case.status != CaseStatus.ACCEPTED:
        raise MoveNotAllowed(CommunicationStatus(letter.status), CommunicationAction.BEGIN_SENDING)


def _lapse(
    session: Session, keys: Keyring, letter: Communication, changed: tuple[str, ...], by: ActorId, now: datetime
) -> Lapsed:
    lapse = Deed(CommunicationAction.LAPSE, by, now, ", ".join(changed))
    cases.perform(session, keys, letter, lapse, **NOT_APPROVED)
    asked_again.renew_recipient(session, letter, now)
    if asked_again.APPROVAL in changed:
        alarms.raise_alarm(session, APPROVAL_FORGED, letter.id, now)
    return Lapsed(changed)


def _refuse_blocked(session: Session, keys: Keyring, letter: Communication, text: str) -> None:
    found = drafting.obstacles(session, keys, letter, text)
    if found:
        raise LetterBlocked(found)


def _next_number(session: Session, state_code: str, year: int) -> str:
    # One counter per addressee and year over all kinds, as in the official register (domain: XXA 1/2026).
    taken = session.scalars(
        select(Communication.reference_number).where(
            Communication.reference_number.startswith(f"{state_code} "),
            Communication.reference_number.endswith(f"/{year}"),
        )
    )
    burnt = session.scalars(select(BurntReference.number))
    names = [*taken, *(number for number in burnt if _is_of(number, state_code, year))]
    last = max((int(number.split(" ")[1].split("/")[0]) for number in names), default=0)
    return f"{state_code} {last + 1}/{year}"


def _is_of(number: str, state_code: str, year: int) -> bool:
    return number.startswith(f"{state_code} ") and number.endswith(f"/{year}")
