"""What is asked again when a person sends a letter: whether all that its approval rests on still holds.

Reads, but for the addressee of a letter that is a draft again, who is written down anew as on record.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from foundation.clock import geneva_day
from foundation.db import new_id
from foundation.keys import Keyring
from mandate import queries
from mandate.models import PermanentMission
from workflows import chain, drafting
from workflows.kept_back import Obstacle
from workflows.models import Communication, Recipient

DATE, RECIPIENT, APPROVAL = "date", "recipient", "approval"
OF_MISSION = ("name", "address_lines", "mailbox")


def changed(session: Session, keys: Keyring, letter: Communication, now: datetime) -> tuple[str, ...]:
    """What no longer holds of an approval, by name. Raises what composing the letter raises."""
    composed = drafting.compose(session, keys, letter)
    before = letter.rests_on or {}
    found = [name for name, value in composed.rests_on.items() if before.get(name) != value]
    if not _is_on_record(session, letter, now):
        found.append(RECIPIENT)
    if letter.dated_on != geneva_day(now):
        found.append(DATE)
    found.extend(obstacle.code for obstacle in drafting.obstacles(session, keys, letter, composed.text))
    mailbox = session.get_one(Recipient, letter.recipient_id).mailbox
    if not is_signed(keys, letter, mailbox, letter.letter_sha256 or ""):
        found.append(APPROVAL)
    return tuple(dict.fromkeys(found))


def against_second_notice(session: Session, keys: Keyring, letter: Communication, now: datetime) -> list[Obstacle]:
    """What forbids to tell once more of a letter that is visible already. It left on its date, so no day is asked."""
    composed = drafting.compose(session, keys, letter)
    found = drafting.obstacles(session, keys, letter, composed.text)
    if (letter.rests_on or {}).get("consent") != composed.rests_on["consent"]:
        found.append(Obstacle(drafting.CONSENT_CHANGED))
    if not _is_on_record(session, letter, now):
        found.append(Obstacle(drafting.RECIPIENT_CHANGED))
    return found


def is_signed(keys: Keyring, letter: Communication, mailbox: str, sha256: str) -> bool:
    """Whether the desk approved that just these bytes go to this mailbox, under the letter's date and reference."""
    said = chain.approval_text(letter.id, mailbox, letter.dated_on, letter.reference, sha256)
    return chain.is_signed(keys.public["approval"], said, letter.signature or "")


def recipient_of(mission: PermanentMission) -> Recipient:
    """The addressee of a letter, as a Permanent Mission is on record."""
    told = {name: getattr(mission, name) for name in OF_MISSION}
    return Recipient(id=new_id(), state_code=mission.state_code, language=mission.language, **told)


def renew_recipient(session: Session, letter: Communication, now: datetime) -> None:
    """Write the addressee of a draft down as on record today, so that the next approval is for that mailbox."""
    recipient = session.get_one(Recipient, letter.recipient_id)
    mission = queries.mission_of(session, recipient.state_code, geneva_day(now))
    if mission is not None:
        for name in OF_MISSION:
            setattr(recipient, name, getattr(mission, name))


def _is_on_record(session: Session, letter: Communication, now: datetime) -> bool:
    """Whether the addressee is on record today just as the letter names it, with the mailbox that was approved."""
    recipient = session.get_one(Recipient, letter.recipient_id)
    mission = queries.mission_of(session, recipient.state_code, geneva_day(now))
    return mission is not None and all(getattr(recipient, name) == getattr(mission, name) for name in OF_MISSION)
