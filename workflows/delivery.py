"""Deeds by which a letter leaves. It leaves with the commit that makes it visible in the portal.

Each mail is fixed by its Message-ID before it is tried, and what is found half done later is never tried again by
itself: it is put before an officer. So at most one mail leaves per Message-ID, and no letter leaves twice. That a
mail is about to leave is in the journal before, so that a database that is put back to yesterday knows it too.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from foundation import alarms, jobs, journal, mail
from foundation.actor import WORKER, ActorId
from foundation.clock import geneva_day
from foundation.jobs import Claim, NotNow
from foundation.journal import Entry
from foundation.keys import Keyring, new_token
from foundation.means import Means
from foundation.storage import StorageFull
from submissions.models import Stage
from workflows import audit, cases, communications, deadlines, gate, letter_hold, parcels
from workflows.cases import Deed, Happening
from workflows.letter_hold import LetterHeld
from workflows.lifecycle import CaseStatus, CommunicationAction, CommunicationStatus, MoveNotAllowed
from workflows.models import Case, Communication, Link, Notice, NoticeStatus
from workflows.parcels import VISIBLE, Forged, NotExpected, Parcel

LEFT = "left"
STOPPED = "the worker stopped while the mail was under way"


class TakenBack(Exception):
    """The source took the submission back before the letter had left."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mail, and why."""

    status: NoticeStatus
    why: str = ""


def deliver(means: Means, claim: Claim) -> None:
    """Let one notice leave, and with it the letter if it is not visible yet. The deed behind `workflows.deliver`."""
    with means.database.reading() as session:
        notice = session.get_one(Notice, claim.ids["notice_id"])
    if notice.status == NoticeStatus.TRYING:
        _settle(means, claim, notice, Outcome(NoticeStatus.UNCONFIRMED, STOPPED))
    elif notice.status != NoticeStatus.DUE:
        _only_finish(means, claim)
    elif half_done := _left_unseen(means, claim, notice):
        _settle(means, claim, notice, Outcome(NoticeStatus.UNCONFIRMED, STOPPED), half_done)
    else:
        _leave_or_alarm(means, claim, notice)


def confirm(session: Session, keys: Keyring, notice_id: str, arrived: bool, by: ActorId, now: datetime) -> None:
    """A person's word on a notice of which nobody knows: it arrived, or it did not.

    Raises NotPermitted, and MoveNotAllowed once it is settled.
    """
    cases.require(session, by, Permission.SEND_LETTER)
    letter, notice = _held(session, session.get_one(Notice, notice_id))
    if notice.status != NoticeStatus.UNCONFIRMED:
        outcome = CommunicationAction.CONFIRM_SENT if arrived else CommunicationAction.REFUSE
        raise MoveNotAllowed(NoticeStatus(notice.status), outcome)
    notice.status = NoticeStatus.ACCEPTED if arrived else NoticeStatus.REFUSED
    notice.settled_at = now
    if letter.status == CommunicationStatus.SENDING:
        record_outcome(session, keys, letter, arrived, by, now)


def record_outcome(
    session: Session, keys: Keyring, letter: Communication, arrived: bool, by: ActorId, now: datetime, why: str = ""
) -> None:
    """Move a letter that is being sent: to sent, with its clocks and word to its sources, or to not delivered."""
    if not arrived:
        cases.perform(session, keys, letter, Deed(CommunicationAction.REFUSE, by, now, why))
        return
    clocks = deadlines.clocks_for(letter.kind, letter.dated_on, deadlines.shipped_terms())
    cases.perform(
        session,
        keys,
        letter,
        Deed(CommunicationAction.CONFIRM_SENT, by, now),
        sent_at=now,
        reply_due_on=clocks.reply_due_on,
        reminder_due_on=clocks.reminder_due_on,
        publish_from_on=clocks.publishable_from,
    )
    cases.tell_sources(session, letter.case_id, Stage.LETTER_SENT, geneva_day(now))


def _left_unseen(means: Means, claim: Claim, notice: Notice) -> list[Entry]:
    """Entries by which an earlier attempt said that this mail leaves, and which it did not live to commit.

    Raises NotNow while nothing may leave, or while the journal cannot be read.
    """
    now = means.clock()
    try:
        with means.database.reading() as session:
            gate.require_open(session, means.journal, now, about=notice.communication_id)
    except gate.Closed as error:
        own = _unknown_of(means, notice) if claim.attempt > 1 else []
        if not own:
            raise NotNow(str(error)) from error
        return own
    except OSError as error:
        raise NotNow("the journal is away") from error
    return []


def _unknown_of(means: Means, notice: Notice) -> list[Entry]:
    with means.database.reading() as session:
        unknown = journal.unknown(session, means.journal)
    return [entry for entry in unknown if entry.kind == LEFT and entry.ids.get("notice_id") == notice.id]


def _leave_or_alarm(means: Means, claim: Claim, notice: Notice) -> None:
    try:
        _leave(means, claim, notice)
    except Forged:
        with means.database.transaction() as session:
            alarms.raise_alarm(session, communications.APPROVAL_FORGED, notice.communication_id, means.clock())
        raise


def _leave(means: Means, claim: Claim, notice: Notice) -> None:
    parcel = _parcel(means, notice)
    token = new_token()
    written = parcels.notice_mail(means, parcel.recipient, notice, token)
    entry = _write_down(means, parcel.letter, notice)
    try:
        with _known_in_any_case(means, entry):
            _make_visible(means, claim, parcel, notice, token, entry)
        means.mailer.send(written)
    except TakenBack:
        why = "the source took the submission back before it left"
        _settle(means, claim, notice, Outcome(NoticeStatus.REFUSED, why))
    except LetterHeld:
        _settle(means, claim, notice, Outcome(NoticeStatus.REFUSED, "held by an officer before it left"))
    except mail.NotHandedOver as error:
        _wait(means, claim, notice, str(error))
    except mail.Refused as error:
        _settle(means, claim, notice, Outcome(NoticeStatus.REFUSED, str(error)))
    except mail.Unknown as error:
        _settle(means, claim, notice, Outcome(NoticeStatus.UNCONFIRMED, str(error)))
    else:
        _settle(means, claim, notice, Outcome(NoticeStatus.ACCEPTED))


def _parcel(means: Means, notice: Notice) -> Parcel:
    try:
        return parcels.checked(means, notice)
    except (OSError, StorageFull) as error:
        raise jobs.Transient("the store of files is away or full") from error


def _write_down(means: Means, letter: Communication, notice: Notice) -> Entry:
    """Put into the journal that this mail leaves. Raises NotNow while the journal is away."""
    try:
        return means.journal.write(
            LEFT,
            means.clock(),
            case_id=letter.case_id,
            communication_id=letter.id,
            notice_id=notice.id,
            message_id=notice.message_id,
            reference=letter.reference,
            letter_sha256=letter.letter_sha256 or "",
        )
    except OSError as error:
        raise NotNow("the journal is away") from error


@contextmanager
def _known_in_any_case(means: Means, entry: Entry) -> Iterator[None]:
    """What was written down and then did not happen is known too, or it would look like something forgotten."""
    try:
        yield
    except Exception:
        # While the database is away it cannot be made known; the next attempt then finds it and asks a person.
        with suppress(OperationalError), means.database.transaction() as session:
            journal.know(session, entry, means.clock())
        raise


def _make_visible(means: Means, claim: Claim, parcel: Parcel, notice: Notice, token: str, entry: Entry) -> None:
    """Commit that this notice is being tried. Raises LeaseLost, Forged, NotExpected, TakenBack, LetterHeld."""
    now = means.clock()
    with means.database.transaction() as session:
        letter, current = _held(session, notice)
        _require_decided(session, means.keys, letter, current)
        current.status, current.tried_at = NoticeStatus.TRYING, now
        if parcel.is_new:
            session.add(parcel.release)
            session.flush()
        hashed = parcels.link_hash(means.keys, token)
        session.add(Link(release_id=parcel.release.id, notice_id=notice.id, token_hash=hashed, made_at=now))
        journal.know(session, entry, now)
        jobs.renew(session, claim, now, means.lease)


def _require_decided(session: Session, keys: Keyring, letter: Communication, notice: Notice) -> None:
    # A status can be written by whoever can write to the database; the sealed event behind it cannot.
    if audit.verify(session, keys, letter.case_id):
        raise Forged(letter.id)
    if letter_hold.is_held(session, letter):
        raise LetterHeld(letter.id)
    is_withdrawn = session.get_one(Case, letter.case_id).status == CaseStatus.WITHDRAWN
    # A letter that is known to have arrived has left, so that its addressee may ask for another link.
    if is_withdrawn and letter.status == CommunicationStatus.SENDING:
        raise TakenBack
    if notice.status != NoticeStatus.DUE or letter.status not in VISIBLE:
        raise NotExpected(letter.status)


def _wait(means: Means, claim: Claim, notice: Notice, why: str) -> None:
    """Nothing was handed over, so the same mail may be tried again later, with a fresh link in it."""
    now = means.clock()
    with means.database.transaction() as session:
        _, current = _held(session, notice)
        current.status = NoticeStatus.DUE
        session.execute(delete(Link).where(Link.notice_id == notice.id))
        jobs.put_off(session, claim, now, why)


def _settle(means: Means, claim: Claim, notice: Notice, outcome: Outcome, half_done: Iterable[Entry] = ()) -> None:
    now = means.clock()
    with means.database.transaction() as session:
        letter, current = _held(session, notice)
        # The addressee may have opened the letter before its mail server said that it had taken the mail.
        if current.status != NoticeStatus.ACCEPTED:
            current.status, current.settled_at, current.explanation = outcome.status, now, outcome.why or None
            _tell(session, means.keys, letter, outcome, now)
        for entry in half_done:
            journal.know(session, entry, now)
        jobs.finish(session, claim, now)


def _tell(session: Session, keys: Keyring, letter: Communication, outcome: Outcome, now: datetime) -> None:
    if outcome.status == NoticeStatus.UNCONFIRMED:
        unknown = Deed(Happening.NOTICE_UNCONFIRMED, WORKER, now, outcome.why)
        cases.note_happening(session, keys, letter.case_id, unknown, letter)
    elif letter.status == CommunicationStatus.SENDING:
        arrived = outcome.status == NoticeStatus.ACCEPTED
        record_outcome(session, keys, letter, arrived, WORKER, now, outcome.why)


def _held(session: Session, notice: Notice) -> tuple[Communication, Notice]:
    """Letter and notice as they are now. The case is held first, as every deed does, so that no two wait in a ring."""
    letter = communications.locked(session, notice.communication_id)
    return letter, session.get_one(Notice, notice.id, with_for_update=True, populate_existing=True)


def _only_finish(means: Means, claim: Claim) -> None:
    with means.database.transaction() as session:
        jobs.finish(session, claim, means.clock())
