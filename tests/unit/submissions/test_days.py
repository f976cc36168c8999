from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions.days import DayWrong, PartialDay, Wrong, read_day, require_full, require_past

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("boxes", "iso"),
    [
        (["27", "3", "2026"], "2026-03-27"),
        (["", "3", "2026"], "2026-03"),
        (["2026", "3", "27"], "2026-03-27"),
        (["2026", "3", ""], "2026-03"),
        ([" 27 ", "03", "2026 "], "2026-03-27"),
        (["٢٧", "٣", "٢٠٢٦"], "2026-03-27"),
        (["29", "2", "2024"], "2024-02-29"),
    ],
)
def test_a_day_is_read_in_either_order_and_in_digits_of_any_script(boxes, iso):
    assert read_day(boxes).iso == iso


@pytest.mark.parametrize("boxes", [[], [""], ["", "", ""], [" ", "\t", ""]])
def test_empty_boxes_are_no_day(boxes):
    assert read_day(boxes) is None


@pytest.mark.parametrize(
    ("boxes", "why"),
    [
        (["31", "2", "2026"], Wrong.NO_SUCH_DAY),
        (["0", "2", "2026"], Wrong.NO_SUCH_DAY),
        (["1", "13", "2026"], Wrong.NO_SUCH_DAY),
        (["29", "2", "2026"], Wrong.NO_SUCH_DAY),
        (["1", "May", "2026"], Wrong.NOT_NUMBERS),
        (["²", "2", "2026"], Wrong.NOT_NUMBERS),
        (["-1", "2", "2026"], Wrong.NOT_NUMBERS),
        (["1", "2", "20260"], Wrong.NOT_NUMBERS),
        (["1", "2", ""], Wrong.NO_YEAR),
        (["1", "", "2026"], Wrong.NO_MONTH),
        (["", "0", "2026"], Wrong.NO_SUCH_DAY),
        (["1", "2", "26"], Wrong.OTHER_CALENDAR),
        (["1", "2", "1405"], Wrong.OTHER_CALENDAR),
        (["1", "2", "2569"], Wrong.OTHER_CALENDAR),
    ],
)
def test_what_is_not_a_day_is_refused_with_its_reason(boxes, why):
    with pytest.raises(DayWrong) as refused:
        read_day(boxes)
    assert refused.value.why == why


def test_a_day_that_has_begun_somewhere_is_not_in_the_future():
    require_past(PartialDay(2026, 11, 24), TODAY)
    require_past(PartialDay(2026, 11), TODAY)


@pytest.mark.parametrize("day", [PartialDay(2026, 11, 25), PartialDay(2026, 12), PartialDay(2027, 1, 1)])
def test_a_day_that_has_begun_nowhere_is_in_the_future(day):
    with pytest.raises(DayWrong):
        require_past(day, TODAY)


def test_a_month_is_not_a_full_day():
    require_full(PartialDay(2026, 3, 1))
    with pytest.raises(DayWrong):
        require_full(PartialDay(2026, 3))


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_survives_being_kept_and_typed_again(day):
    kept = PartialDay.from_iso(day.isoformat())
    assert read_day([kept.strftime("%d"), kept.strftime("%m"), kept.strftime("%Y")]) == kept


def test_the_box_of_an_unknown_day_stays_empty():
    month = PartialDay.from_iso("2026-03")
    assert [month.strftime(part) for part in ("%d", "%m", "%Y")] == ["", "03", "2026"]


@given(st.lists(st.text(max_size=6), max_size=5))
def test_arbitrary_boxes_are_a_day_or_none_or_refused(boxes):
    try:
        day = read_day(boxes)
    except DayWrong:
        return
    assert day is None or PartialDay.from_iso(day.iso) == day


@pytest.mark.parametrize("boxes", [["", "", "2026"], ["2026", "", ""]])
def test_a_year_alone_is_kept_as_a_year(boxes):
    year = read_day(boxes)
    assert year == PartialDay(2026)
    assert year.iso == "2026"
    assert PartialDay.from_iso("2026") == year
    assert [year.strftime(part) for part in ("%d", "%m", "%Y")] == ["", "", "2026"]


def test_a_year_alone_is_not_a_full_day():
    with pytest.raises(DayWrong) as wrong:
        require_full(PartialDay(2026))
    assert wrong.value.why == Wrong.NO_MONTH
