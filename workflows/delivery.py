"""Deeds by which a letter leaves. It leaves with the commit that makes it visible in the portal.

Each mail is fixed by its Message-ID before it is tried, and what is found half done later is never tried again by
itself: it is put before an officer. So at most one mail leaves per Message-ID, and no letter leaves twice.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import select
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
from workflows import cases, chain, communications, deadlines, letters
from workflows.cases import Deed, Happening
from workflows.lifecycle import CommunicationAction, CommunicationStatus, MoveNotAllowed
from workflows.models import Communication, Link, Notice, NoticeStatus, Recipient, Release

MAILS = Path(__file__).parent.parent / "templates" / "mail"
VISIBLE = (CommunicationStatus.SENDING, CommunicationStatus.SENT, CommunicationStatus.REPLIED)


class Forged(Exception):
    """The letter bears no approval by the desk for just these bytes, this mailbox, date and reference."""


class NotExpected(Exception):
    """A notice is due for a letter that is in no status in which one may leave."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter that was checked and is ready to leave."""

    letter: Communication
    recipient: Recipient
    release: Release
    is_new: bool


def deliver(means: Means, claim: Claim) -> None:
    """Let one notice leave, and with it the letter if it is not visible yet. The deed behind `workflows.deliver`."""
    notice_id = claim.ids["notice_id"]
    with means.database.reading() as session:
        notice = session.get_one(Notice, notice_id)
    if notice.status == NoticeStatus.DUE:
        _leave(means, claim, notice)
    elif notice.status == NoticeStatus.TRYING:
        _settle(means, claim, notice_id, NoticeStatus.UNCONFIRMED, "the worker stopped while the mail was under way")
    else:
        _only_finish(means, claim)


def confirm(session: Session, keys: Keyring, notice_id: str, arrived: bool, by: ActorId, now: datetime) -> None:
    """A person's word on a notice of which nobody knows: it arrived, or it did not.

    Raises NotPermitted, and MoveNotAllowed once it is settled.
    """
    cases.require(session, by, Permission.SEND_LETTER)
    notice = session.get_one(Notice, notice_id, with_for_update=True)
    if notice.status != NoticeStatus.UNCONFIRMED:
        outcome = CommunicationAction.CONFIRM_SENT if arrived else CommunicationAction.REFUSE
        raise MoveNotAllowed(NoticeStatus(notice.status), outcome)
    notice.status = NoticeStatus.ACCEPTED if arrived else NoticeStatus.REFUSED
    notice.settled_at = now
    letter = communications.locked(session, notice.communication_id)
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


def link_hash(token: str) -> str:
    """What the database keeps of the token in a link."""
    return sha256(token.encode()).hexdigest()


def _leave(means: Means, claim: Claim, notice: Notice) -> None:
    parcel = _checked(means, notice)
    token = new_token()
    if not _make_visible(means, parcel, notice.id, token):
        _only_finish(means, claim)
        return
    try:
        means.mailer.send(_notice_mail(means, parcel.recipient, notice, token))
    except mail.NotHandedOver as error:
        _wait(means, notice.id)
        raise jobs.Transient(str(error)) from error
    except mail.Refused as error:
        _settle(means, claim, notice.id, NoticeStatus.REFUSED, str(error))
    except mail.Unknown as error:
        _settle(means, claim, notice.id, NoticeStatus.UNCONFIRMED, str(error))
    else:
        _settle(means, claim, notice.id, NoticeStatus.ACCEPTED, "")


def _checked(means: Means, notice: Notice) -> Parcel:
    with means.database.reading() as session:
        letter = session.get_one(Communication, notice.communication_id)
        recipient = session.get_one(Recipient, letter.recipient_id)
        release = session.scalar(select(Release).where(Release.communication_id == letter.id))
    if letter.status not in VISIBLE:
        raise NotExpected(letter.status)
    if release is not None:
        return Parcel(letter, recipient, release, is_new=False)
    pdf = communications.frozen_pdf(means, letter)
    said = chain.approval_text(letter.id, recipient.mailbox, letter.dated_on, letter.reference, letters.sha256(pdf))
    if not chain.is_signed(means.keys.approval_public, said, letter.signature or ""):
        raise Forged(letter.id)
    return Parcel(letter, recipient, _release(means, letter, recipient, pdf), is_new=True)


def _release(means: Means, letter: Communication, recipient: Recipient, pdf: bytes) -> Release:
    pdf_id = new_id()
    place = released_place(pdf_id)
    means.storage.put(pdf_id, [sealing.seal(pdf, means.keys.recipients("portal"), place)])
    clocks = deadlines.clocks_for(letter.kind, letter.dated_on, deadlines.shipped_terms())
    return Release(
        id=new_id(),
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


def released_place(pdf_id: str) -> str:
    """Where the portal's copy of a letter is sealed to."""
    return sealing.label_of("release", "pdf", pdf_id)


def _make_visible(means: Means, parcel: Parcel, notice_id: str, token: str) -> bool:
    """Commit that this notice is being tried; False if somebody else took it up meanwhile."""
    now = means.clock()
    with means.database.transaction() as session:
        notice = session.get_one(Notice, notice_id, with_for_update=True)
        letter = communications.locked(session, parcel.letter.id)
        if notice.status != NoticeStatus.DUE or letter.status not in VISIBLE:
            return False
        notice.status, notice.tried_at = NoticeStatus.TRYING, now
        if parcel.is_new:
            session.add(parcel.release)
            session.flush()
        link = Link(release_id=parcel.release.id, notice_id=notice_id, token_hash=link_hash(token), made_at=now)
        session.add(link)
    return True


def _wait(means: Means, notice_id: str) -> None:
    """Nothing was handed over, so the same mail may be tried again, with a fresh link in it."""
    with means.database.transaction() as session:
        session.get_one(Notice, notice_id, with_for_update=True).status = NoticeStatus.DUE
        for link in session.scalars(select(Link).where(Link.notice_id == notice_id)):
            session.delete(link)


def _settle(means: Means, claim: Claim, notice_id: str, status: NoticeStatus, why: str) -> None:
    now = means.clock()
    with means.database.transaction() as session:
        notice = session.get_one(Notice, notice_id, with_for_update=True)
        notice.status, notice.settled_at, notice.explanation = status, now, why or None
        letter = communications.locked(session, notice.communication_id)
        if status == NoticeStatus.UNCONFIRMED:
            unknown = Deed(Happening.NOTICE_UNCONFIRMED, WORKER, now, why)
            cases.note_happening(session, means.keys, letter.case_id, unknown, letter)
        elif letter.status == CommunicationStatus.SENDING:
            arrived = status == NoticeStatus.ACCEPTED
            record_outcome(session, means.keys, letter, arrived, WORKER, now, why)
        jobs.finish(session, claim, now)


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
