"""Who a source is stands on one page of the desk and on no other."""

import re
from collections.abc import Mapping
from io import BytesIO

import pytest
from pypdf import PdfReader

from foundation.means import Means
from tests import factories
from tests.desk_visits import (
    PAGES,
    Colleague,
    events_of,
    page_of,
    submission_of,
)
from workflows.cases import Happening
from workflows.queries import Group

PLANTED = {
    "your_name": "Zephyrine Quillmark",
    "your_organisation": "Quillmark Relief",
    "your_email": "zephyrine@hidden.example",
    "your_phone": "+99 555 1234",
    "your_address": "9 Hidden Lane",
}


def all_pages(person: Colleague, known: Mapping[str, str]) -> list[str]:
    answers = [person.get(path.format(**known)) for path, _ in PAGES.values() if "{file}" not in path]
    answers += [person.get("/desk/"), *(person.get(f"/desk/queue?show={group}") for group in Group)]
    assert any(answer.data.startswith(b"%PDF") for answer in answers)
    return [printed(answer.data) if answer.data.startswith(b"%PDF") else answer.text for answer in answers]


def printed(pdf: bytes) -> str:
    """The words of a PDF and what it says of itself."""
    read = PdfReader(BytesIO(pdf))
    return " ".join([*(page.extract_text() for page in read.pages), str(read.metadata)])


@pytest.mark.parametrize("relation", ["organisation", "victim"])
def test_no_page_but_the_one_says_who_the_source_is(noor: Colleague, means: Means, relation: str) -> None:
    letter = factories.sent(means, **PLANTED)
    case = factories.case_now(means, letter.case_id)
    if relation == "victim":
        own = {"relation": "victim", "victims": [factories.SOURCE_AS_VICTIM], "naming": factories.told_to_all("none")}
        case = factories.triaged(means, **own, **PLANTED)
    submission = submission_of(means, case)
    known = {"case": case.id, "letter": letter.id}
    for text in all_pages(noor, known):
        assert not [word for word in PLANTED.values() if word in text]
    form = f"{page_of(case)}/identity/{submission.id}"
    answer = noor.send(form, page_of(case), **{f"s{submission.id[:6]}-purpose": "To ask for the medical report."})
    assert [word for word in PLANTED.values() if word in answer.text] == list(PLANTED.values()), "the search finds it"
    assert answer.headers["Cache-Control"] == "no-store"
    for text in all_pages(noor, known):
        assert not [word for word in PLANTED.values() if word in text]


def test_opening_the_identity_is_written_down_with_the_reason_first(noor: Colleague, means: Means) -> None:
    case = factories.triaged(means)
    submission = submission_of(means, case)
    form, name = f"{page_of(case)}/identity/{submission.id}", f"s{submission.id[:6]}-purpose"
    refused = noor.send(form, page_of(case), **{name: "  "})
    assert refused.status_code == 422
    assert "Give the reason why you need to know" in refused.text
    assert not events_of(means, case, Happening.IDENTITY_OPENED)
    noor.send(form, page_of(case), **{name: "To ask for the medical report."})
    assert len(events_of(means, case, Happening.IDENTITY_OPENED)) == 1
    shown = noor.text(page_of(case))
    assert "Identity of the source opened" in shown
    assert "To ask for the medical report." in shown


def test_the_identity_cannot_be_asked_for_by_get(noor: Colleague, means: Means) -> None:
    case = factories.triaged(means)
    assert noor.get(f"{page_of(case)}/identity/{submission_of(means, case).id}").status_code == 405


def test_a_name_that_was_set_apart_stands_with_the_identity_and_nowhere_else(noor: Colleague, means: Means) -> None:
    child = {**factories.IDALIA, "id": "child", "name": "Tilda Quaid", "own_wishes": "yes", "naming": {}}
    initials = {**child, "id": "seen", "name": "Osric Pell", "naming": {"mandate": "initials"}}
    letter = factories.drafted(means, victims=[factories.IDALIA, child, initials])
    case = factories.case_now(means, letter.case_id)
    known = {"case": case.id, "letter": letter.id}
    for text in all_pages(noor, known):
        assert not [name for name in ("Tilda", "Quaid", "Osric", "Pell") if name in text]
    page = noor.text(page_of(case))
    assert "2. Person" in page
    assert "3. O. P." in page
    assert page.count("The name is set apart.") == 2
    submission = submission_of(means, case)
    form, name = f"{page_of(case)}/identity/{submission.id}", f"s{submission.id[:6]}-purpose"
    shown = noor.send(form, page_of(case), **{name: "To write to her lawyer."}).text
    assert re.search(r"Name of 2\. Person</bdi></dt><dd[^>]*>Tilda Quaid<", shown)
    assert re.search(r"Name of 3\. O\. P\.</bdi></dt><dd[^>]*>Osric Pell<", shown)
