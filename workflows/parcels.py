"""What leaves: a letter that was checked against its approval, sealed for its addressee, and the mail that tells of it.

Opens, seals and reads outside of transactions; what must still be so when the letter leaves is asked by delivery.
"""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import select

from foundation import mail, sealing
from foundation.db import new_id
from foundation.keys import Keyring
from foundation.means import Means
from foundation.sealing import CannotOpen
from workflows import asked_again, communications, deadlines, letters
from workflows.lifecycle import CommunicationStatus
from workflows.models import Communication, Notice, Recipient, Release

MAILS = Path(__file__).parent.parent / "templates" / "mail"
VISIBLE = (CommunicationStatus.SENDING, CommunicationStatus.SENT, CommunicationStatus.REPLIED)


class Forged(Exception):
    """The letter bears no approval by the desk for just these bytes, this mailbox, date and reference.

    Or the case's chain of events does not show that a person decided to send it.
    """


class NotExpected(Exception):
    """A notice is due for a letter that is in no status in which one may leave."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter that was checked and is ready to leave."""

    letter: Communication
    recipient: Recipient
    release: Release
    is_new: bool


def checked(means: Means, notice: Notice) -> Parcel:
    """The letter, its approval checked anew for each mail: the mailbox of a second notice could have been changed.

    Raises Forged, NotExpected.
    """
    with means.database.reading() as session:
        letter = session.get_one(Communication, notice.communication_id)
        recipient = session.get_one(Recipient, letter.recipient_id)
        release = session.scalar(select(Release).where(Release.communication_id == letter.id))
    if letter.status not in VISIBLE:
        raise NotExpected(letter.status)
    pdf = _approved_pdf(means, letter, recipient.mailbox)
    if release is not None:
        return Parcel(letter, recipient, release, is_new=False)
    return Parcel(letter, recipient, _release(means, letter, recipient, pdf), is_new=True)


def _approved_pdf(means: Means, letter: Communication, mailbox: str) -> bytes:
    try:
        pdf = communications.frozen_pdf(means, letter)
    except CannotOpen as error:
        raise Forged(letter.id) from error
    digest = letters.sha256(pdf)
    if digest != letter.letter_sha256 or not asked_again.is_signed(means.keys, letter, mailbox, digest):
        raise Forged(letter.id)
    return pdf


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
        mailbox=recipient.mailbox,
        signature=letter.signature or "",
        released_at=means.clock(),
    )


def released_place(release_id: str) -> str:
    """Where the portal's copy of a letter is sealed to: another release that names its file cannot open it."""
    return sealing.label_of("release", "pdf", release_id)


def link_hash(keys: Keyring, token: str) -> str:
    """What the database keeps of the token in a link; whoever can write there still cannot make a link that opens."""
    return sealing.keyed_hash(keys.secret("tokens"), token.encode())


def notice_mail(means: Means, recipient: Recipient, notice: Notice, token: str) -> mail.Letterbox:
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
