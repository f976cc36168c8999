"""The page of a case: reasons, consent, decisions, the summary of facts, files and messages."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from accounts.permissions import Role
from foundation.means import Means
from submissions import drafts, intake
from submissions.models import Message
from tests import factories
from tests.desk_visits import (
    Colleague,
    an_attachment,
    by_role,
    count,
    events_of,
    page_of,
    submission_of,
    text_of,
)
from workflows import cases
from workflows.lifecycle import CaseStatus
from workflows.models import Case, Summary


def test_the_reasons_stand_in_words_and_the_passages_are_marked_where_they_are(noor: Colleague, means: Means) -> None:
    told = "Il est détenu <script>alert(1)</script> au secret & sans nouvelles. They hold him incommunicado."
    case = factories.triaged(means, what_happened=told)
    page = noor.get(page_of(case)).text
    assert "<script>" not in page
    marks = re.findall(r'<mark id="[^"]+">([^<]+)</mark>', page)
    assert "incommunicado" in marks
    plain = text_of(noor.get(page_of(case)))
    assert "& sans nouvelles" in plain
    assert "Rests on:" in plain
    anchors = set(re.findall(r'href="#([^"]+)"', page)) - {"main"}
    assert anchors <= set(re.findall(r'id="([^"]+)"', page)), "each reason leads to a place on the page"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"consent_to_send": "no"}, "May not be sent"),
        ({"consent_to_send": "yes"}, "May be sent"),
        ({"states": ["XXA", "XXB"], "not_to": ["state:XXB"]}, "But not to: "),
        ({}, "The source is never named."),
        ({"relation": "victim", "victims": [factories.SOURCE_AS_VICTIM]}, "agrees to be named as such to some"),
    ],
)
def test_consent_is_said_plainly(noor: Colleague, means: Means, answers: dict[str, Any], words: str) -> None:
    assert words in noor.text(page_of(factories.triaged(means, **answers)))


def test_a_decision_is_recorded_with_its_reason_and_by_whom(noor: Colleague, means: Means) -> None:
    case = factories.triaged(means)
    answer = noor.press(f"{page_of(case)}/decision", page_of(case), decision="accept_ol", why="It is about a law.")
    assert "Your decision is recorded." in answer.text
    assert factories.case_now(means, case.id).status == CaseStatus.ACCEPTED
    assert factories.case_now(means, case.id).decided_letter == "OL"
    assert "Accepted 23 Nov 2026, 10:00 · Noor Demo It is about a law." in text_of(answer)


def test_deciding_twice_is_deciding_once_and_the_second_press_is_told_so(noor: Colleague, means: Means) -> None:
    case = factories.triaged(means)
    path, typed = f"{page_of(case)}/decision", {"decision": "decline", "why": "It fits no mandate of ours."}
    assert noor.send(path, page_of(case), **typed).status_code == 303
    answer = noor.send(path, **typed)
    assert answer.status_code == 409
    assert "is not possible now" in answer.text
    assert "It fits no mandate of ours." in answer.text
    assert len(events_of(means, case, "decline")) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"decision": "decline", "why": "   "}, "Give the reason for your decision"),
        ({"why": "Because it is so."}, "Choose what you decide"),
        ({"decision": "withdraw", "why": "Because it is so."}, "Choose one of the answers"),
        ({"decision": "decline", "why": "Because\0 it is so."}, "A sign that cannot be read"),
        ({"decision": "decline", "why": "x" * 2001}, "too long"),
    ],
)
def test_a_decision_that_is_incomplete_or_forged_changes_nothing_and_keeps_what_was_typed(
    noor: Colleague, means: Means, typed: dict[str, str], said: str
) -> None:
    case = factories.triaged(means)
    answer = noor.send(f"{page_of(case)}/decision", page_of(case), **typed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert typed["why"].strip().replace("\0", "") in answer.text.replace("\0", "").replace("\ufffd", "")
    assert factories.case_now(means, case.id).status == CaseStatus.IN_TRIAGE


def test_only_the_decisions_that_the_status_allows_are_offered(noor: Colleague, means: Means) -> None:
    triaged, accepted = factories.triaged(means), factories.accepted(means)
    assert {"accept_ua", "decline", "refer"} <= set(re.findall(r'value="(\w+)"', noor.get(page_of(triaged)).text))
    offered = set(re.findall(r'name="decision" type="radio" value="(\w+)"', noor.get(page_of(accepted)).text))
    assert offered == {"close"}


def save(person: Colleague, case: Case, words: str, page: str = "", language: str = "en", **more: str) -> Any:
    path = f"{page_of(case)}/summary/{language}"
    return person.press(path, page or f"{page_of(case)}?summary={language}", summary=words, **more)


def test_a_saved_summary_is_shown_with_what_may_give_the_source_away(noor: Colleague, means: Means) -> None:
    case = factories.accepted(means)
    answer = save(noor, case, "On 14 November my brother was reportedly arrested.")
    assert "The summary is saved." in answer.text
    assert "<mark>my brother</mark>" in answer.text
    assert "<mark>" not in save(noor, case, "On 14 November a person was reportedly arrested.").text


def test_saving_the_same_words_twice_is_one_version(noor: Colleague, means: Means) -> None:
    case = factories.accepted(means)
    for _ in range(2):
        save(noor, case, "On 14 November a person was reportedly arrested.", version="0")
    assert count(means, Summary) == 1


def test_two_officers_do_not_write_over_each_other(noor: Colleague, tomas: Colleague, means: Means) -> None:
    case = factories.accepted(means)
    save(noor, case, "What Noor wrote.", version="0")
    answer = save(tomas, case, "What Tomas wrote meanwhile.", version="0")
    assert answer.status_code == 409
    assert "changed by somebody else" in answer.text
    assert "What Tomas wrote meanwhile." in answer.text
    with means.database.reading() as session:
        assert cases.latest_summary(session, means.keys, case.id, "en") == "What Noor wrote."


def test_a_summary_has_its_language_and_no_other_than_those_of_letters(noor: Colleague, means: Means) -> None:
    case = factories.accepted(means, states=["XXA"])
    save(noor, case, "Une personne aurait été arrêtée.", language="fr")
    assert "Une personne aurait été arrêtée." in noor.get(page_of(case)).text, "as its mission is written to"
    assert "Une personne" not in noor.get(f"{page_of(case)}?summary=en").text
    assert noor.send(f"{page_of(case)}/summary/ru", summary="Текст").status_code == 404


def test_a_file_of_a_source_is_saved_and_never_shown_by_the_browser(noor: Colleague, means: Means) -> None:
    content = b"<html><script>alert(1)</script></html>"
    case = factories.triaged(means, files={"r\u00e9sum\u00e9.txt": content})
    page = noor.get(page_of(case)).text
    assert "r\u00e9sum\u00e9.txt" in page
    answer = noor.get(f"/desk/attachments/{an_attachment(means).id}")
    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_file_of_a_draft_is_nobodys_at_the_desk(noor: Colleague, means: Means) -> None:
    factories.prepared(means)
    factories.visited(means, files={"list.txt": b"a list"})
    assert noor.get(f"/desk/attachments/{an_attachment(means).id}").status_code == 404


def test_a_file_whose_parts_are_gone_is_a_page_that_is_not_there(noor: Colleague, means: Means) -> None:
    factories.triaged(means, files={"list.txt": b"a list"})
    attachment = an_attachment(means)
    means.storage.delete(attachment.id)
    assert noor.get(f"/desk/attachments/{attachment.id}").status_code == 404


@pytest.fixture
def written(means: Means) -> tuple[Case, drafts.Visitor]:
    """A case whose source wrote once."""
    factories.prepared(means)
    visitor = factories.visited(means)
    submission = intake.submit(means, visitor)
    factories.work(means)
    intake.write_to_mandate(means, visitor, "She was moved to another cell.")
    factories.work(means)
    with means.database.reading() as session:
        case = cases.case_of(session, submission.id)
    assert case is not None
    return case, visitor


def test_what_a_source_wrote_is_shown_until_somebody_marks_it_as_read(
    desk: Flask, means: Means, noor: Colleague, written: tuple[Case, drafts.Visitor]
) -> None:
    case, _ = written
    auditor = by_role(desk, means, Role.AUDITOR)
    for person in (auditor, noor):
        assert "She was moved to another cell." in person.text(page_of(case))
    assert "not read yet" in noor.text(page_of(case)), "looking alone marks nothing"
    answer = noor.press(f"{page_of(case)}/read", page_of(case))
    assert "read on 23 Nov 2026" in text_of(answer)
    assert factories.case_now(means, case.id).source_wrote_at is None


def test_a_message_that_came_meanwhile_is_not_marked_as_read(
    noor: Colleague, means: Means, written: tuple[Case, drafts.Visitor]
) -> None:
    case, visitor = written
    intake.write_to_mandate(means, visitor, "She is ill.")
    answer = noor.send(f"{page_of(case)}/read", seen="1")
    assert answer.status_code == 409
    assert "The source wrote again meanwhile." in answer.text
    assert factories.case_now(means, case.id).source_wrote_at is not None


def test_a_message_left_twice_is_left_once(noor: Colleague, means: Means) -> None:
    case = factories.triaged(means)
    submission = submission_of(means, case)
    path, typed = f"{page_of(case)}/messages/{submission.id}", {f"s{submission.id[:6]}-message": "Where is she held?"}
    for _ in range(2):
        assert "Where is she held?" in noor.press(path, page_of(case), **typed).text
    assert count(means, Message) == 1
    empty = noor.send(path, page_of(case), **{f"s{submission.id[:6]}-message": " "})
    assert (empty.status_code, "Write your message first" in empty.text) == (422, True)


def test_an_envelope_that_does_not_open_hides_nothing_else(
    noor: Colleague, means: Means, written: tuple[Case, drafts.Visitor]
) -> None:
    case, _ = written
    whole = noor.text(page_of(case))
    assert "cannot be opened" not in whole
    with means.database.transaction() as session:
        session.execute(update(Message).values(envelope=b"forged"))
    page = noor.text(page_of(case))
    assert "Something on this page cannot be opened" in page
    assert "What the source told" in page
