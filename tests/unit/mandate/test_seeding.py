"""What is seeded is read back. The database is in memory: nothing else of it is tested here."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from mandate.models import ALWAYS, Mandate, MandateHolder, PermanentMission, Resolution, Sourced, State
from mandate.queries import holder_on, mandate_on, mission_of, resolution_on, state_on, states_on
from mandate.seeding import DemoAndRealMixed, seed

TODAY = date(2026, 11, 23)
RECORDS = (Mandate, MandateHolder, Resolution, State, PermanentMission)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    for record in RECORDS:
        record.__table__.create(engine)  # type: ignore[attr-defined]
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def count(session: Session, record: type[Sourced]) -> int:
    return session.scalar(select(func.count()).select_from(record)) or 0


def test_seeding_twice_changes_nothing(session: Session) -> None:
    seed(session, demo=True)
    first = [count(session, record) for record in RECORDS]
    seed(session, demo=True)
    assert [count(session, record) for record in RECORDS] == first == [1, 1, 7, 197, 2]


def test_real_use_knows_no_fiction(session: Session) -> None:
    seed(session, demo=False)
    assert count(session, State) == 195
    assert count(session, PermanentMission) == 0
    assert state_on(session, "XXA", TODAY) is None
    assert count(session, MandateHolder) == 4


def test_in_a_demonstration_the_fictional_holder_signs_and_the_real_one_is_absent(session: Session) -> None:
    seed(session, demo=True)
    holder = holder_on(session, TODAY)
    assert holder is not None
    assert (holder.name, holder.fictional) == ("Dr. Amara Exemple", True)
    assert holder.title["fr"].startswith("Experte indépendante")
    assert holder.title_of["es"].startswith("de la Experta")
    assert session.scalars(select(MandateHolder.name)).all() == ["Dr. Amara Exemple"]


def test_the_real_holder_is_given_from_her_first_day_and_former_holders_never(session: Session) -> None:
    seed(session, demo=False)
    now = holder_on(session, TODAY)
    assert now is not None
    assert now.id == "bailliet"
    assert holder_on(session, date(2020, 1, 1)) is None


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True)])
def test_a_database_never_goes_from_demonstration_to_real_use_or_back(
    session: Session, first: bool, second: bool
) -> None:
    seed(session, demo=first)
    with pytest.raises(DemoAndRealMixed):
        seed(session, demo=second)


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2005, 4, 19), None),
        (date(2005, 4, 20), "2005/55"),
        (date(2023, 7, 11), "44/11"),
        (date(2023, 7, 12), "53/5"),
        (TODAY, "53/5"),
    ],
)
def test_a_letter_cites_the_resolution_of_its_day(session: Session, day: date, number: str | None) -> None:
    seed(session, demo=True)
    found = resolution_on(session, day)
    assert (found.number if found else None) == number


@pytest.mark.parametrize(("day", "past"), [(date(2026, 7, 11), False), (date(2026, 7, 12), True), (TODAY, True)])
def test_a_resolution_whose_years_have_run_out_says_so(session: Session, day: date, past: bool) -> None:
    seed(session, demo=True)
    resolution = resolution_on(session, day)
    assert resolution is not None
    assert resolution.is_past_term(day) is past


def test_a_resolution_with_a_recorded_end_is_never_past_its_term(session: Session) -> None:
    seed(session, demo=True)
    ended = session.get_one(Resolution, "hrc-44-11")
    assert ended.is_past_term(TODAY) is False


def test_a_row_that_a_person_confirmed_is_not_overwritten(session: Session) -> None:
    seed(session, demo=True)
    confirmed, other = session.get_one(State, ("FRA", ALWAYS)), session.get_one(State, ("ESP", ALWAYS))
    confirmed.names = other.names = {"en": "changed by hand"}
    confirmed.reviewed_by, confirmed.confirmed_on = "a-person", TODAY
    session.flush()
    seed(session, demo=True)
    assert confirmed.names == {"en": "changed by hand"}
    assert other.names["fr"] == "Espagne"


def test_no_seeded_row_is_reviewed(session: Session) -> None:
    seed(session, demo=True)
    rows = [row for record in RECORDS for row in session.scalars(select(record)) if isinstance(row, Sourced)]
    assert len(rows) == 208
    assert not any(row.is_reviewed or row.reviewed_by or row.confirmed_on for row in rows)
    assert all(row.source for row in rows)


def test_a_mission_is_found_through_its_state_and_day(session: Session) -> None:
    seed(session, demo=True)
    mission = mission_of(session, "XXA", TODAY)
    assert mission is not None
    assert (mission.mailbox, mission.language) == ("mission.xxa@example.org", "fr")
    mission.valid_to = date(2026, 1, 1)
    session.flush()
    assert mission_of(session, "XXA", TODAY) is None
    assert mission_of(session, "FRA", TODAY) is None


def test_a_state_bears_the_name_of_the_day(session: Session) -> None:
    seed(session, demo=True)
    old = session.get_one(State, ("XXA", ALWAYS))
    old.valid_to = date(2026, 5, 31)
    session.add(
        State(
            code="XXA",
            valid_from=date(2026, 6, 1),
            status="fictional",
            names={"en": "New Exemplia"},
            formal={},
            forms={},
            source="test",
            unverified=[],
        )
    )
    session.flush()
    before, after = state_on(session, "XXA", date(2026, 5, 31)), state_on(session, "XXA", date(2026, 6, 1))
    assert before is not None
    assert after is not None
    assert (before.names["en"], after.names["en"]) == ("Exemplia", "New Exemplia")
    assert [row.names["en"] for row in states_on(session, TODAY) if row.code == "XXA"] == ["New Exemplia"]


def test_the_mandate_has_its_titles(session: Session) -> None:
    seed(session, demo=True)
    mandate = mandate_on(session, TODAY)
    assert mandate is not None
    assert mandate.code == "IES"
    assert mandate.holder_title_of["masculine"]["es"].startswith("del Experto")
