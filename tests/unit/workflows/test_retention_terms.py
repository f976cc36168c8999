"""How long what is kept: terms as data, counted in whole days of Geneva."""

import tomllib
from datetime import UTC, date, datetime, timedelta

import pytest

from workflows.lifecycle import CaseStatus
from workflows.retention_terms import AT_REST, TERMS_FILE, due_on, is_due, moved_before, read_schedule, shipped_schedule

DAYS = """
[declined]
days = 10
source = "x"
unverified = true
[referred]
days = 20
source = "x"
unverified = true
[withdrawn]
days = 1
source = "x"
unverified = true
[closed]
permanent = true
source = "x"
unverified = true
[sign_ins]
days = 3
source = "x"
unverified = true
[letters]
permanent = true
source = "x"
unverified = true
"""
SCHEDULE = read_schedule(DAYS)
MOVED = date(2026, 11, 23)


def test_the_whole_term_passes_before_a_case_may_be_disposed_of() -> None:
    assert due_on(CaseStatus.DECLINED, MOVED, SCHEDULE) == date(2026, 12, 4)
    assert due_on(CaseStatus.WITHDRAWN, MOVED, SCHEDULE) == date(2026, 11, 25)


@pytest.mark.parametrize("status", [status for status in CaseStatus if status not in AT_REST])
def test_a_case_in_work_is_never_due(status: CaseStatus) -> None:
    assert due_on(status, date(1990, 1, 1), SCHEDULE) is None
    assert moved_before(status, SCHEDULE, MOVED) is None


def test_what_is_kept_for_good_is_never_due() -> None:
    assert due_on(CaseStatus.CLOSED, date(1990, 1, 1), SCHEDULE) is None
    assert moved_before(CaseStatus.CLOSED, SCHEDULE, MOVED) is None


def test_days_are_those_of_geneva() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert not is_due(CaseStatus.WITHDRAWN, late, SCHEDULE, date(2026, 11, 24)), "it was the 23rd in Geneva already"
    assert is_due(CaseStatus.WITHDRAWN, late, SCHEDULE, date(2026, 11, 25))


@pytest.mark.parametrize("today", [date(2026, 3, 30), date(2026, 10, 26), date(2026, 11, 25)])
def test_the_query_and_the_rule_agree_at_every_hour_also_where_clocks_change(today: date) -> None:
    for hours in range(24 * 5):
        moved_at = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(hours=hours)
        before = moved_before(CaseStatus.WITHDRAWN, SCHEDULE, today)
        assert before is not None
        assert is_due(CaseStatus.WITHDRAWN, moved_at, SCHEDULE, today) == (moved_at < before), moved_at


@pytest.mark.parametrize("days", ["0", "-5"])
def test_a_term_of_no_days_is_refused(days: str) -> None:
    with pytest.raises(ValueError, match="above zero"):
        read_schedule(DAYS.replace("days = 10", f"days = {days}"))


def test_a_kind_without_a_term_is_refused() -> None:
    with pytest.raises(KeyError):
        read_schedule(DAYS.replace("[referred]", "[reffered]"))


def test_every_shipped_term_names_its_source_and_none_claims_to_be_settled() -> None:
    rows = tomllib.loads(TERMS_FILE.read_text())
    assert set(rows) == {*(status.value for status in AT_REST), "sign_ins", "letters"}
    for name, row in rows.items():
        assert row["source"], name
        assert row["unverified"] is True, name
    assert shipped_schedule().letters.length is None
