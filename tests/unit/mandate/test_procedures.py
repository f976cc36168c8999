"""Other procedures that may help: what their rows must say, and what they must not."""

import re
from typing import Any

import pytest

from mandate.guide import MARKS, Chosen, Fit, Matter, Reason, Region, fit_of, points_to
from mandate.procedures import fitting, procedures, procedures_from
from mandate.rows import SIX, FactsWrong, read

SCRIPTS = {"ar": r"[\u0600-\u06ff]", "ru": r"[\u0400-\u04ff]", "zh": r"[\u4e00-\u9fff]"}


def test_each_row_names_itself_and_helps_in_six_languages_in_their_own_script() -> None:
    for row in procedures().rows:
        for text in (row.name, row.help):
            assert tuple(sorted(text)) == tuple(sorted(SIX))
            assert all(re.search(script, text[language]) for language, script in SCRIPTS.items()), row.id
    names = [row.name[language] for row in procedures().rows for language in SIX]
    assert len(set(names)) == len(names)


def test_no_row_gives_an_address_or_a_number_to_call() -> None:
    said = [text for row in procedures().rows for texts in (row.name, row.help) for text in texts.values()]
    contact = re.compile(r"https?:|www\.|@|\d{3}")
    assert not [text for text in said if contact.search(text)]
    assert contact.search("call 0123"), "the same search finds one"


def test_every_row_says_what_nobody_has_checked() -> None:
    assert all({"name", "help"} <= set(row.unverified) and row.source for row in procedures().rows)


def test_every_matter_and_every_region_with_a_court_points_to_something() -> None:
    pointed = {mark for row in procedures().rows for mark in row.fits}
    assert MARKS - pointed == {"elsewhere"}


def test_nothing_chosen_still_names_something() -> None:
    assert [row.id for _group, rows in fitting(points_to(Chosen())) for row in rows] == ["treaty-bodies"]


def test_groups_stand_in_their_order_and_without_doubles() -> None:
    everything = Chosen(reason=Reason.PUNISHED, matters=frozenset(Matter), region=Region.EUROPE)
    found = fitting(points_to(everything))
    ids = [row.id for _group, rows in found for row in rows]
    assert [group.value for group, _rows in found] == ["mandates", "committees", "regional", "organisations"]
    assert len(set(ids)) == len(ids) == len(procedures().rows) - 2, "all but the courts of two other regions"


@pytest.mark.parametrize(
    ("reason", "fit"),
    [
        (None, Fit.UNKNOWN),
        (Reason.UNKNOWN, Fit.UNKNOWN),
        (Reason.OTHER, Fit.ELSEWHERE),
        (Reason.PUNISHED, Fit.FITS),
        (Reason.LAW, Fit.FITS),
        (Reason.NO_COOPERATION, Fit.FITS),
    ],
)
def test_what_is_said_of_this_mandate(reason: Reason | None, fit: Fit) -> None:
    assert fit_of(Chosen(reason=reason)) is fit


def broken(**changes: Any) -> dict[str, Any]:
    content = dict(read("procedures.toml"))
    return {**content, "procedure": [{**content["procedure"][0], **changes}, *content["procedure"][1:]]}


@pytest.mark.parametrize(
    "changes",
    [{"fits": []}, {"fits": ["planted"]}, {"source": " "}, {"name": {"en": "Only English"}}, {"id": "torture"}],
)
def test_a_damaged_row_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FactsWrong):
        procedures_from(broken(**changes))
