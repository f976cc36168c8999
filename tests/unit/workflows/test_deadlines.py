"""The clocks of a letter."""

from datetime import UTC, date, datetime, timedelta

import pytest

from foundation.clock import geneva_day
from mandate.vocabulary import LetterKind
from workflows.deadlines import STANDINGS, Standing, clocks_for, read_terms, shipped_terms, standing

DATED = date(2026, 3, 1)


@pytest.mark.parametrize(("kind", "days"), [("AL", 60), ("UA", 30), ("OL", 60)])
def test_a_reply_is_due_after_the_days_of_its_kind(kind: str, days: int) -> None:
    assert clocks_for(LetterKind(kind), DATED, shipped_terms()).reply_due_on == DATED + timedelta(days=days)


@pytest.mark.parametrize(("kind", "days"), [("AL", 60), ("UA", 60), ("OL", 2)])
def test_a_letter_may_be_published_only_when_the_whole_term_has_passed(kind: str, days: int) -> None:
    clocks = clocks_for(LetterKind(kind), DATED, shipped_terms())
    assert clocks.publishable_from == DATED + timedelta(days=days + 1)


@pytest.mark.parametrize("kind", list(LetterKind))
def test_a_reminder_is_due_after_the_reply(kind: LetterKind) -> None:
    clocks = clocks_for(kind, DATED, shipped_terms())
    assert clocks.reminder_due_on > clocks.reply_due_on


def test_an_allegation_is_not_published_while_a_reply_is_still_in_time() -> None:
    clocks = clocks_for(LetterKind.letter_of_allegation, DATED, shipped_terms())
    assert standing(clocks.reply_due_on, False, clocks.publishable_from) is Standing.OVERDUE


def test_terms_are_counted_in_days_over_a_change_of_the_clock_and_a_leap_day() -> None:
    over_leap = clocks_for(LetterKind.urgent_appeal, date(2028, 2, 15), shipped_terms())
    assert over_leap.reply_due_on == date(2028, 3, 16)
    late_in_the_evening = geneva_day(datetime(2026, 3, 28, 23, 30, tzinfo=UTC))
    assert clocks_for(LetterKind.urgent_appeal, late_in_the_evening, shipped_terms()).reply_due_on == date(2026, 4, 28)


def test_every_shipped_term_names_its_source_and_admits_that_it_was_not_verified() -> None:
    for terms in shipped_terms().values():
        for term in (terms.reply, terms.reminder, terms.publication):
            assert term.source
            assert term.unverified


def test_a_missing_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        read_terms('[AL.reply]\ndays = 60\nsource = "x"\nunverified = true\n')


def test_a_term_of_nothing_is_an_error() -> None:
    row = '[{kind}.{name}]\ndays = 0\nsource = "x"\nunverified = true\n'
    text = "".join(row.format(kind=k.value, name=n) for k in LetterKind for n in ("reply", "reminder", "publication"))
    with pytest.raises(ValueError, match="above zero"):
        read_terms(text)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 4, 22), Standing.NOT_DUE),
        (date(2026, 4, 23), Standing.DUE_SOON),
        (date(2026, 4, 30), Standing.DUE_SOON),
        (date(2026, 5, 1), Standing.OVERDUE),
    ],
)
def test_a_reply_stands_by_the_day_it_is_due(today: date, expected: Standing) -> None:
    assert standing(date(2026, 4, 30), False, today) is expected


def test_what_was_answered_is_never_overdue() -> None:
    assert standing(date(2026, 4, 30), True, date(2027, 1, 1)) is Standing.ANSWERED


def test_every_standing_has_words() -> None:
    assert set(STANDINGS) == set(Standing)
