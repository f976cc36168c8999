"""Deeds by which a letter leaves. It leaves with the commit that makes it visible in the portal.

Each mail is fixed by its Message-ID before it is tried, and what is found half done later is never tried again by
itself: it is put before an officer. So at most one mail leaves per Message-ID, and no letter leaves twice.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from foundation import jobs, mail, sealing
from foundation.actor import WORKER, ActorId
from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.jobs import Claim
from foundation.keys import Keyring, new_token
from foundation.means import Means
from submissions.models import Stage
from workflows import audit, cases, chain, communications, deadlines, letters
from workflows.cases import Deed, Happening
from workflows.lifecycle import CaseStatus, CommunicationAction, CommunicationStatus, MoveNotAllowed
from workflows.models import Case, Communication, Link, Notice, NoticeStatus, Recipient, Release

MAILS = Path(__file__).parent.parent / "templates" / "mail"
VISIBLE = (CommunicationStatus.SENDING, CommunicationStatus.SENT, CommunicationStatus.REPLIED)


class Forged(Exception):
    """The letter bears no approval by the desk for just these bytes, this mailbox, date and reference.

    Or the case's chain of events does not show that a person decided to send it.
    """


class NotExpected(Exception):
    """A notice is due for a letter that is in no status in which one may leave."""


class TakenBack(Exception):
    """The source took the submission back before the letter had left."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter that was checked and is ready to leave."""

    letter: Communication
    recipient: Recipient
    release: Release
    is_new: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mail."""

    status: NoticeStatus
    why: str
    at: datetime


def deliver(means: Means, claim: Claim) -> None:
    """Let one notice leave, and with it the letter if it is not visible yet. The deed behind `workflows.deliver`."""
    notice_id = claim.ids["notice_id"]
    with means.database.reading() as session:
        notice = session.get_one(Notice, notice_id)
    if notice.status == NoticeStatus.DUE:
        _leave(means, claim, notice)
    elif notice.status == NoticeStatus.TRYING:
        _settle(means, claim, notice, NoticeStatus.UNCONFIRMED, "the worker stopped while the mail was under way")
    else:
        _only_finish(means, claim)


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


def link_hash(keys: Keyring, token: str) -> str:
    """What the database keeps of the token in a link; whoever can write there still cannot make a link that opens."""
    return sealing.keyed_hash(keys.secret("tokens"), token.encode())


def _leave(means: Means, claim: Claim, notice: Notice) -> None:
    parcel = _checked(means, notice)
    token = new_token()
    written = _notice_mail(means, parcel.recipient, notice, token)
    try:
        _make_visible(means, claim, parcel, notice, token)
        means.mailer.send(written)
    except TakenBack:
        _settle(means, claim, notice, NoticeStatus.REFUSED, "the source took the submission back before it left")
    except mail.NotHandedOver as error:
        _wait(means, claim, notice, str(error))
    except mail.Refused as error:
        _settle(means, claim, notice, NoticeStatus.REFUSED, str(error))
    except mail.Unknown as error:
        _settle(means, claim, notice, NoticeStatus.UNCONFIRMED, str(error))
    else:
        _settle(means, claim, notice, NoticeStatus.ACCEPTED, "")


def _checked(means: Means, notice: Notice) -> Parcel:
    """The letter, its approval checked anew for each mail: the mailbox of a second notice could have been changed."""
    with means.database.reading() as session:
        letter = session.get_one(Communication, notice.communication_id)
        recipient = session.get_one(Recipient, letter.recipient_id)
        release = session.scalar(select(Release).where(Release.communication_id == letter.id))
    if letter.status not in VISIBLE:
        raise NotExpected(letter.status)
    pdf = communications.frozen_pdf(means, letter)
    digest = letters.sha256(pdf)
    said = chain.approval_text(letter.id, recipient.mailbox, letter.dated_on, letter.reference, digest)
    is_signed = chain.is_signed(means.keys.public["approval"], said, letter.signature or "")
    if not is_signed or digest != letter.letter_sha256:
        raise Forged(letter.id)
    if release is not None:
        return Parcel(letter, recipient, release, is_new=False)
    return Parcel(letter, recipient, _release(means, letter, recipient, pdf), is_new=True)


def _release(means: Means, letter: Communication, recipient: Recipient, pdf: bytes) -> Release:
    release_id, pdf_id = new_id(), new_id()
    place = released_place(release_id)
    means.storage.put(pdf_id, [sealing.seal(pdf, means.keys.recipients("portal"), place)])
    clocks = deadlines.clocks_for(letter.kind, letter.dated_on, deadlines.shipped_terms())
    return Release(
        id=release_id,
        communication_id=letter.id,
        recipient_name=recipient.name,
        reference=letter.reference,
        kind=letter.kind,
        language=letter.language,
        dated_on=letter.dated_on,
        reply_due_on=clocks.reply_due_on,
        pdf_id=pdf_id,
        released_at=means.clock(),
    )


def released_place(release_id: str) -> str:
    """Where the portal's copy of a letter is sealed to: another release that names its file cannot open it."""
    return sealing.label_of("release", "pdf", release_id)


def _make_visible(means: Means, claim: Claim, parcel: Parcel, notice: Notice, token: str) -> None:
    """Commit that this notice is being tried. Raises LeaseLost, Forged, NotExpected, TakenBack."""
    now = means.clock()
    with means.database.transaction() as session:
        letter, current = _held(session, notice)
        # A status can be written by whoever can write to the database; the sealed event behind it cannot.
        if audit.verify(session, means.keys, letter.case_id):
            raise Forged(letter.id)
        if parcel.is_new and session.get_one(Case, letter.case_id).status == CaseStatus.WITHDRAWN:
            raise TakenBack
        if current.status != NoticeStatus.DUE or letter.status not in VISIBLE:
            raise NotExpected(letter.status)
        current.status, current.tried_at = NoticeStatus.TRYING, now
        if parcel.is_new:
            session.add(parcel.release)
            session.flush()
        session.add(
            Link(
                release_id=parcel.release.id, notice_id=notice.id, token_hash=link_hash(means.keys, token), made_at=now
            )
        )
        jobs.renew(session, claim, now, means.lease)


def _wait(means: Means, claim: Claim, notice: Notice, why: str) -> None:
    """Nothing was handed over, so the same mail may be tried again later, with a fresh link in it."""
    now = means.clock()
    with means.database.transaction() as session:
        _, current = _held(session, notice)
        current.status = NoticeStatus.DUE
        session.execute(delete(Link).where(Link.notice_id == notice.id))
        jobs.put_off(session, claim, now, why)


def _settle(means: Means, claim: Claim, notice: Notice, status: NoticeStatus, why: str) -> None:
    now = means.clock()
    with means.database.transaction() as session:
        letter, current = _held(session, notice)
        # The addressee may have opened the letter before its mail server said that it had taken the mail.
        if current.status != NoticeStatus.ACCEPTED:
            current.status, current.settled_at, current.explanation = status, now, why or None
            _tell(session, means.keys, letter, Outcome(status, why, now))
        jobs.finish(session, claim, now)


def _tell(session: Session, keys: Keyring, letter: Communication, outcome: Outcome) -> None:
    if outcome.status == NoticeStatus.UNCONFIRMED:
        unknown = Deed(Happening.NOTICE_UNCONFIRMED, WORKER, outcome.at, outcome.why)
        cases.note_happening(session, keys, letter.case_id, unknown, letter)
    elif letter.status == CommunicationStatus.SENDING:
        arrived = outcome.status == NoticeStatus.ACCEPTED
        record_outcome(session, keys, letter, arrived, WORKER, outcome.at, outcome.why)


def _held(session: Session, notice: Notice) -> tuple[Communication, Notice]:
    """Letter and notice as they are now. The case is held first, as every deed does, so that no two wait in a ring."""
    letter = communications.locked(session, notice.communication_id)
    return letter, session.get_one(Notice, notice.id, with_for_update=True, populate_existing=True)


def _only_finish(means: Means, claim: Claim) -> None:
    with means.database.transaction() as session:
        jobs.finish(session, claim, means.clock())


def _notice_mail(means: Means, recipient: Recipient, notice: Notice, token: str) -> mail.Letterbox:
    """A mail that tells of a letter without a word of it: no reference, no subject, no name."""
    environment = Environment(loader=FileSystemLoader(MAILS), undefined=StrictUndefined, autoescape=False)  # noqa: S701
    template = environment.get_template(f"letter_notice/{recipient.language}.txt")
    text = template.render(link=f"{means.portal_url}/portal/{recipient.language}/letter/{token}")
    subject, _, body = text.partition("\n\n")
    return mail.Letterbox(
        to=recipient.mailbox,
        sender=means.mail_from,
        subject=subject.strip(),
        text=body,
        message_id=notice.message_id,
        language=recipient.language,
        written_at=notice.written_at,
    )
