"""What a person must look at although nobody asked for it: a broken record, an envelope that does not open.

An alarm carries a code and the id of what it is about, never a word of it. One that is raised again while it stands
open is the same alarm.
"""

from datetime import datetime

from sqlalchemy import String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.actor import ActorId
from foundation.db import Base, new_id


class Alarm(Base):
    """Something that is not as it must be. `standing` is unique while the alarm is open, and empty once settled."""

    __tablename__ = "alarm"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    standing: Mapped[str | None] = mapped_column(String(130), unique=True)
    raised_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(60))


def raise_alarm(session: Session, code: str, subject: str, now: datetime) -> None:
    """Put something before a person, once as long as it is not settled."""
    standing = f"{code}:{subject}"
    if session.scalar(select(Alarm.id).where(Alarm.standing == standing)) is not None:
        return
    try:
        with session.begin_nested():
            session.add(Alarm(id=new_id(), code=code, subject=subject, standing=standing, raised_at=now))
    except IntegrityError:
        # Another process saw the same at the same moment, and has raised it.
        return


def open_alarms(session: Session) -> list[Alarm]:
    """What waits for a person, oldest first."""
    return list(session.scalars(select(Alarm).where(Alarm.standing.is_not(None)).order_by(Alarm.raised_at)))


def settle(session: Session, alarm_id: str, by: ActorId, now: datetime) -> bool:
    """A person's word that an alarm was looked into. Says whether it stood open."""
    standing = update(Alarm).where(Alarm.id == alarm_id, Alarm.standing.is_not(None)).returning(Alarm.id)
    return session.scalar(standing.values(standing=None, settled_at=now, settled_by=by)) is not None
