"""Replaying the journal to a database that was put back: what had left stays gone, what was erased stays erased.

Each entry is replayed in the transaction that makes it known, and replaying it again changes nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from accounts import visits
from foundation import journal
from foundation.actor import WORKER
from foundation.alarms import raise_alarm
from foundation.journal import Entry
from foundation.keys import Keyring
from foundation.means import Means
from foundation.storage import BlobMissing
from submissions import intake, put_back
from submissions.models import Submission
from workflows import cases, communications, delivery, heads, parcels, retention, triage
from workflows.cases import Deed, Happening
from workflows.gate import RESTORED
from workflows.lifecycle import COMMUNICATION, CaseStatus, CommunicationAction, CommunicationStatus
from workflows.models import NOT_APPROVED, BurntReference, Case, Communication, Notice, NoticeStatus

WITHDRAWN = "withdrawn"
REPLAYED = "replayed"

# Alarms: a letter that left, of which this database knows no text; a database that was put back and brought up to date.
LEFT_BEFORE_RESTORE = "left_before_restore"
PUT_BACK = "put_back"

WHY_UNCONFIRMED = "it left before the database was put back; what became of it is not known"
WHY_WITHDRAWN = "a letter with this number left before the database was put back; its text is lost"


class NotUnderstood(Exception):
    """The journal holds a kind of entry that this release does not know. A newer one has written it."""


def replay(means: Means) -> list[Entry]:
    """Bring a database that was put back to what the journal knows, and give the entries that it had not known.

    Visits of sources and officers end, and numbers of submissions go on a thousand further, since nobody knows which
    were given. Run it while no worker runs. Raises NotUnderstood, OSError.
    """
    with means.database.reading() as session:
        forgotten = journal.unknown(session, means.journal)
    for entry in forgotten:
        if entry.kind not in REPLAYS:
            raise NotUnderstood(entry.kind)
    if forgotten:
        _begin_anew(means, forgotten)
    for entry in forgotten:
        REPLAYS[entry.kind](means, entry)
    return forgotten


def _begin_anew(means: Means, forgotten: list[Entry]) -> None:
    # This stands first: a replay that breaks off leaves entries unknown, so the gate stays shut and all is done again.
    heads_forgotten = " ".join(entry.id for entry in forgotten if entry.kind == heads.HEAD)
    told = means.journal.write(REPLAYED, means.clock(), first=forgotten[0].id, heads=heads_forgotten)
    with means.database.transaction() as session:
        now = means.clock()
        put_back.skip_references(session, now)
        put_back.end_all_visits(session)
        visits.sign_out_everybody(session, now)
        raise_alarm(session, PUT_BACK, told.id, now)
        journal.know(session, told, now)


def only_know(means: Means, entry: Entry) -> None:
    """Remember an entry after which nothing is to be done."""
    with means.database.transaction() as session:
        journal.know(session, entry, means.clock())


def left(means: Means, entry: Entry) -> None:
    """A letter left, so it never leaves by itself again: its notice goes before an officer, and its number is burnt."""
    number = " ".join(entry.ids["reference"].split()[-2:])
    letter_id = entry.ids["communication_id"]
    with means.database.transaction() as session:
        now = means.clock()
        if session.get(BurntReference, number) is None:
            session.add(BurntReference(number=number, burnt_at=now))
        same = or_(Communication.id == letter_id, Communication.reference_number == number)
        found = list(session.scalars(select(Communication.id).where(same)))
        for found_id in found:
            _hold_back(session, means.keys, found_id, entry, now)
        if letter_id not in found:
            raise_alarm(session, LEFT_BEFORE_RESTORE, letter_id, now)
    _show_again(means, entry)
    only_know(means, entry)


def _show_again(means: Means, entry: Entry) -> None:
    """Make a letter visible in the portal as it was: for its addressee, and so that its approval can lapse no more."""
    with means.database.reading() as session:
        notice = session.get(Notice, entry.ids["notice_id"])
        case = session.get(Case, entry.ids["case_id"])
    if notice is None or case is None or case.status == CaseStatus.WITHDRAWN:
        return
    try:
        parcel = parcels.checked(means, notice)
    except (parcels.Forged, parcels.NotExpected, BlobMissing):
        with means.database.transaction() as session:
            raise_alarm(session, LEFT_BEFORE_RESTORE, notice.communication_id, means.clock())
        return
    if parcel.is_new:
        parcel.release.released_at = entry.instant
        with means.database.transaction() as session:
            session.add(parcel.release)


def _hold_back(session: Session, keys: Keyring, letter_id: str, entry: Entry, now: datetime) -> None:
    letter = communications.locked(session, letter_id)
    if letter.id == entry.ids["communication_id"] and letter.letter_sha256 == entry.ids["letter_sha256"]:
        _put_before_an_officer(session, keys, letter, entry, now)
        return
    raise_alarm(session, LEFT_BEFORE_RESTORE, letter.id, now)
    if _may(letter, CommunicationAction.WITHDRAW):
        why = Deed(CommunicationAction.WITHDRAW, WORKER, now, WHY_WITHDRAWN)
        cases.perform(session, keys, letter, why, **NOT_APPROVED)


def _put_before_an_officer(session: Session, keys: Keyring, letter: Communication, entry: Entry, now: datetime) -> None:
    if _may(letter, CommunicationAction.FIND_LEFT):
        cases.perform(session, keys, letter, Deed(CommunicationAction.FIND_LEFT, WORKER, now))
    notice = session.get(Notice, entry.ids["notice_id"], with_for_update=True)
    if notice is None:
        notice = Notice(id=entry.ids["notice_id"], communication_id=letter.id, status=NoticeStatus.DUE)
        notice.message_id, notice.written_at = entry.ids["message_id"], entry.instant
        session.add(notice)
    if notice.status not in (NoticeStatus.DUE, NoticeStatus.TRYING):
        return
    notice.status, notice.explanation = NoticeStatus.UNCONFIRMED, WHY_UNCONFIRMED
    notice.tried_at, notice.settled_at = entry.instant, now
    unknown = Deed(Happening.NOTICE_UNCONFIRMED, WORKER, now, WHY_UNCONFIRMED)
    cases.note_happening(session, keys, letter.case_id, unknown, letter)


def _may(letter: Communication, action: CommunicationAction) -> bool:
    return action in COMMUNICATION.actions_from(CommunicationStatus(letter.status))


def withdrawn(means: Means, entry: Entry) -> None:
    """A source had taken a submission back, so it is taken back again, and nothing of it leaves."""
    submission_id = entry.ids["submission_id"]
    with means.database.transaction() as session:
        now = means.clock()
        if session.get(Submission, submission_id) is not None:
            # The job is for a submission that is still to be triaged; where there is a case, nothing waits for it.
            intake.take_back(session, submission_id, now)
            triage.withdraw(session, means.keys, submission_id, now)
        journal.know(session, entry, now)


def erased(means: Means, entry: Entry) -> None:
    """What a submission said was erased, so it is erased again. One that this database has forgotten needs nothing."""
    submission_id = entry.ids["submission_id"]
    with means.database.reading() as session:
        is_here = session.get(Submission, submission_id) is not None
    if is_here:
        retention.erase(means, submission_id, told=entry)
    only_know(means, entry)


REPLAYS: Mapping[str, Callable[[Means, Entry], None]] = {
    delivery.LEFT: left,
    WITHDRAWN: withdrawn,
    retention.ERASED: erased,
    heads.HEAD: only_know,
    RESTORED: only_know,
    REPLAYED: only_know,
}
