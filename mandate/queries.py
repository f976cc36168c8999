"""What was given on a day. Each answers None where nothing is recorded for it; the later of two spans counts."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from mandate.models import Mandate, MandateHolder, PermanentMission, Resolution, State

FirstDay = InstrumentedAttribute[date] | InstrumentedAttribute[date | None]


def mandate_on(session: Session, day: date) -> Mandate | None:
    """The mandate under the title that it had on `day`."""
    query = select(Mandate).where(*_covers(Mandate.valid_from, Mandate.valid_to, day))
    return session.scalars(query.order_by(Mandate.valid_from.desc())).first()


def holder_on(session: Session, day: date) -> MandateHolder | None:
    """Who held the mandate on `day`; holders remembered by years alone are never given."""
    query = select(MandateHolder).where(*_covers(MandateHolder.from_on, MandateHolder.to_on, day))
    return session.scalars(query.order_by(MandateHolder.from_on.desc())).first()


def resolution_on(session: Session, day: date) -> Resolution | None:
    """The resolution that letters of `day` cite. Ask it `is_past_term`: its end may be unknown."""
    query = select(Resolution).where(*_covers(Resolution.in_force_from, Resolution.in_force_until, day))
    return session.scalars(query.order_by(Resolution.in_force_from.desc())).first()


def state_on(session: Session, code: str, day: date) -> State | None:
    """The State with the names that it had on `day`."""
    query = select(State).where(State.code == code, *_covers(State.valid_from, State.valid_to, day))
    return session.scalars(query.order_by(State.valid_from.desc())).first()


def states_on(session: Session, day: date) -> Sequence[State]:
    """All States with the names that they had on `day`, in the order of their codes; in demo mode the fictional too."""
    query = select(State).where(*_covers(State.valid_from, State.valid_to, day)).order_by(State.code, State.valid_from)
    return list({state.code: state for state in session.scalars(query)}.values())


def mission_of(session: Session, state_code: str, day: date) -> PermanentMission | None:
    """The Permanent Mission through which a letter of `day` reaches a State."""
    spans = _covers(PermanentMission.valid_from, PermanentMission.valid_to, day)
    query = select(PermanentMission).where(PermanentMission.state_code == state_code, *spans)
    return session.scalars(query.order_by(PermanentMission.valid_from.desc())).first()


def _covers(
    first: FirstDay, last: InstrumentedAttribute[date | None], day: date
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return first <= day, or_(last.is_(None), last >= day)
