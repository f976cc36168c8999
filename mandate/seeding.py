"""Writing the shipped facts into the database: at every start, with the same result.

A row that a signed-in person has confirmed is left as it is: their word outranks the file.
"""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from mandate.facts import demo_facts, mandate_facts, states
from mandate.models import ALWAYS, Mandate, MandateHolder, PermanentMission, Resolution, Sourced, State
from mandate.shapes import HolderFacts, MandateFacts, MissionFacts, ResolutionFacts, StateFacts

Row = TypeVar("Row", Mandate, MandateHolder, Resolution, State, PermanentMission)


class DemoAndRealMixed(Exception):
    """A database holds fictional rows and is to become real, or the reverse: a fiction could sign a real letter."""


def seed(session: Session, demo: bool) -> None:
    """Insert or update all shipped rows. In demo mode the fictional holder stands in the real holders' place.

    Raises DemoAndRealMixed before anything is written.
    """
    _refuse_mixture(session, demo)
    facts = mandate_facts()
    _put(session, _mandate(facts))
    for resolution in facts.resolutions:
        _put(session, _resolution(facts, resolution))
    for state in states().values():
        _put(session, _state(state))
    if demo:
        _seed_demo(session, facts)
    else:
        for holder in facts.holders:
            _put(session, _holder(facts, holder))
    session.flush()


def _refuse_mixture(session: Session, demo: bool) -> None:
    if session.scalars(select(MandateHolder).where(MandateHolder.fictional.is_not(demo))).first():
        raise DemoAndRealMixed("start with an empty database to change between demonstration and real use")


def _seed_demo(session: Session, facts: MandateFacts) -> None:
    fiction = demo_facts()
    for state in fiction.states.values():
        _put(session, _state(state))
    for mission in fiction.missions:
        _put(session, _mission(mission))
    holder = _holder(facts, fiction.holder)
    holder.fictional = True
    _put(session, holder)


def _put(session: Session, row: Row) -> None:
    """Insert `row`, or bring the one with its key up to date unless a person has confirmed that one."""
    mapper = type(row).__mapper__
    known: Sourced | None = session.get(type(row), mapper.primary_key_from_instance(row))
    if known is None:
        session.add(row)
    elif not known.is_reviewed:
        session.merge(row)


def _mandate(facts: MandateFacts) -> Mandate:
    return Mandate(
        code=facts.code,
        valid_from=ALWAYS,
        title=dict(facts.title),
        holder_title={gender: dict(title) for gender, title in facts.holder_title.items()},
        holder_title_of={gender: dict(title) for gender, title in facts.holder_title_of.items()},
        source=facts.source,
        unverified=[],
    )


def _resolution(facts: MandateFacts, row: ResolutionFacts) -> Resolution:
    return Resolution(
        id=row.id,
        mandate_code=facts.code,
        body=row.body,
        number=row.number,
        year=row.year,
        adopted_on=row.adopted_on,
        in_force_from=row.in_force_from,
        in_force_until=row.in_force_until,
        term_years=row.term_years,
        source=row.source,
        unverified=list(row.unverified),
    )


def _holder(facts: MandateFacts, row: HolderFacts) -> MandateHolder:
    return MandateHolder(
        id=row.id,
        mandate_code=facts.code,
        name=row.name,
        gender=row.gender.value,
        nationality=row.nationality,
        from_year=row.from_year,
        to_year=row.to_year,
        from_on=row.from_on,
        to_on=row.to_on,
        title=dict(facts.holder_title[row.gender]),
        title_of=dict(facts.holder_title_of[row.gender]),
        fictional=False,
        source=row.source,
        unverified=list(row.unverified),
    )


def _state(row: StateFacts) -> State:
    return State(
        code=row.code,
        valid_from=row.valid_from or ALWAYS,
        valid_to=row.valid_to,
        status=row.status.value,
        names=dict(row.names),
        formal=dict(row.formal),
        forms=dict(row.forms),
        source=row.source,
        unverified=list(row.unverified),
    )


def _mission(row: MissionFacts) -> PermanentMission:
    return PermanentMission(
        id=row.id,
        state_code=row.state,
        name=row.name,
        address_lines=list(row.address),
        mailbox=row.mailbox,
        language=row.language,
        valid_from=ALWAYS,
        source=row.source,
        unverified=[],
    )
