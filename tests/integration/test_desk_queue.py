"""The queue: order, pages, groups, and finding by reference."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from foundation.db import new_id
from foundation.means import Means
from submissions import intake
from tests import factories
from tests.desk_visits import (
    Colleague,
    page_of,
)
from tests.fakes import FakeClock
from workflows import cases
from workflows.lifecycle import CaseStatus
from workflows.models import Case
from workflows.queries import PAGE


def many_cases(means: Means, number: int, **more: Any) -> list[Case]:
    start = means.clock() - timedelta(days=90)
    made = [
        Case(
            id=new_id(),
            reference=f"IES-2025-{n:05d}",
            status=CaseStatus.IN_TRIAGE if n % 2 else CaseStatus.RECEIVED,
            language="fr",
            received_at=start + timedelta(hours=n),
            states=["XXA"],
            proposed="letter_of_allegation",
            priority=1 + n % 3,
            # Several cases are to be looked at by the same instant, so that a page can end among equals.
            look_by_at=start + timedelta(hours=n // 7),
            moved_at=start,
            **more,
        )
        for n in range(number)
    ]
    with means.database.transaction() as session:
        session.add_all(made)
    return sorted(made, key=lambda one: (one.priority, one.look_by_at, one.id))


def references(page: str) -> list[str]:
    return re.findall(r'href="/desk/cases/[0-9a-f]{32}">([^<]+)</a>', page)


def link(page: str, relation: str) -> str | None:
    found = re.search(rf'rel="{relation}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def test_the_pages_of_the_queue_hold_every_case_once_in_order_both_ways(noor: Colleague, means: Means) -> None:
    expected = [one.reference for one in many_cases(means, 2 * PAGE + 13)]
    address: str | None = "/desk/queue?show=to_decide"
    forward: list[str] = []
    while address:
        page = noor.get(address).text
        forward += references(page)
        last, address = address, link(page, "next")
    assert forward == expected
    backward: list[str] = []
    address = last
    while address:
        page = noor.get(address).text
        backward = references(page) + backward
        address = link(page, "prev")
    assert backward == expected


def test_closed_cases_stand_with_the_newest_first_and_on_pages(noor: Colleague, means: Means) -> None:
    many_cases(means, PAGE + 3)
    with means.database.transaction() as session:
        session.execute(update(Case).values(status=CaseStatus.CLOSED))
    first = noor.get("/desk/queue?show=closed").text
    following = link(first, "next")
    assert following is not None
    seen = references(first) + references(noor.get(following).text)
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == PAGE + 3


@pytest.mark.parametrize("cursor", ["", "~", "x~y~z", "1~2026-11-23~" + "0" * 32, "\0", "é" * 50, "99999999999~a~b"])
def test_a_cursor_that_makes_no_sense_is_the_first_page(noor: Colleague, means: Means, cursor: str) -> None:
    many_cases(means, 3)
    for name in ("after", "before"):
        answer = noor.client.get("/desk/queue", query_string={"show": "to_decide", name: cursor})
        assert len(references(answer.text)) == 3


def test_what_is_urgent_comes_first_and_lateness_is_asked_of_the_clock(
    noor: Colleague, means: Means, clock: FakeClock
) -> None:
    factories.triaged(means, going_on="no", at_stake=["none"], may_happen=None, may_happen_by=None)
    urgent = factories.triaged(means)
    page = noor.get("/desk/")
    assert references(page.text)[0] == urgent.reference
    assert "Urgent appeal" in page.text
    assert "Overdue" not in page.text
    clock.advance(minutes=50)
    noor.get("/desk/")
    clock.now = urgent.look_by_at + timedelta(minutes=1)
    assert "Overdue" in Colleague(noor.client.application, means, factories.OFFICER).text("/desk/")


def test_cases_in_work_follow_below_when_all_that_is_to_be_decided_fits(noor: Colleague, means: Means) -> None:
    in_work, waiting = factories.accepted(means), factories.triaged(means)
    assert references(noor.get("/desk/").text) == [waiting.reference, in_work.reference]
    assert references(noor.get("/desk/queue?show=in_work").text) == [in_work.reference]


def test_a_case_whose_source_was_asked_stands_in_its_group_until_the_source_writes(
    noor: Colleague, means: Means
) -> None:
    factories.prepared(means)
    visitor = factories.visited(means)
    submission = intake.submit(means, visitor)
    factories.work(means)
    with means.database.reading() as session:
        case = cases.case_of(session, submission.id)
    assert case is not None
    assert references(noor.get("/desk/queue?show=waiting").text) == []
    form = f"{page_of(case)}/messages/{submission.id}"
    noor.press(form, page_of(case), **{f"s{submission.id[:6]}-message": "Where is she held?"})
    assert references(noor.get("/desk/queue?show=waiting").text) == [case.reference]
    intake.write_to_mandate(means, visitor, "In the tower.")
    factories.work(means)
    assert references(noor.get("/desk/queue?show=waiting").text) == []
    assert "Wrote on" in noor.get("/desk/").text


def test_a_case_and_a_letter_are_found_by_reference(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means)
    case = factories.case_now(means, letter.case_id)
    found = noor.client.get("/desk/find", query_string={"reference": f" {case.reference.lower()} "})
    assert found.headers["Location"] == page_of(case)
    for typed in (letter.reference, letter.reference_number.lower()):
        found = noor.client.get("/desk/find", query_string={"reference": typed})
        assert found.headers["Location"] == f"/desk/letters/{letter.id}"
    for typed in ("IES-1999-00001", "", "\0", "%", "a b c d"):
        found = noor.client.get("/desk/find", query_string={"reference": typed}, follow_redirects=True)
        assert "No case and no letter has this reference." in found.text


@pytest.mark.parametrize(("language", "name"), [("en", "Exemplia"), ("fr", "Exemplie"), ("es", "Ejemplia")])
def test_states_are_named_in_the_language_of_the_desk(noor: Colleague, means: Means, language: str, name: str) -> None:
    factories.triaged(means, states=["XXA"])
    noor.client.set_cookie("language", language, path="/desk")
    page = noor.get("/desk/").text
    assert name in page
    assert f'lang="{language}"' in page
