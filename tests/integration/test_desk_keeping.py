"""Record keeping at the desk: two people, the list of what is due, and the pages of what was erased."""

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.permissions import Role
from foundation.means import Means
from submissions.models import Submission
from tests import factories
from tests.desk_visits import (
    Colleague,
    actions_on,
    by_role,
    count,
    letter_path,
    page_of,
    submission_of,
    text_of,
)
from tests.fakes import FakeClock
from workflows import triage
from workflows.lifecycle import CaseAction
from workflows.models import Case, Disposal

WHY = "She rang and asked for it."
TOLD = "took Idalia Venn away"


@pytest.fixture
def declined(means: Means) -> Case:
    """A case that was not taken up, with a file."""
    case = factories.triaged(means, files={"list.txt": b"a list"})
    with means.database.transaction() as session:
        by = factories.actor(means)
        triage.decide(session, means.keys, case.id, CaseAction.DECLINE, by, means.clock(), "It fits no mandate.")
    return factories.case_now(means, case.id)


def erasure_of(means: Means, case: Case) -> tuple[str, str]:
    """Where its submission is proposed for erasure, and what stands before the names of its fields."""
    submission = submission_of(means, case)
    return f"{page_of(case)}/erasure/{submission.id}", f"s{submission.id[:6]}"


def propose(person: Colleague, means: Means, case: Case, ground: str = "source_asked") -> str:
    """Press the button, and give the text of the page that comes."""
    path, prefix = erasure_of(means, case)
    fields = {f"{prefix}-ground": ground, f"{prefix}-words": WHY}
    return text_of(person.press(path, page_of(case), **fields))


def test_two_people_erase_what_a_source_told_and_the_pages_say_so(
    noor: Colleague, tomas: Colleague, means: Means, declined: Case
) -> None:
    assert TOLD in noor.text(page_of(declined))
    page = propose(noor, means, declined)
    assert "The erasure is proposed. A second person decides." in page
    assert "You proposed it. A second person must look at it." in page
    assert "Open the case to confirm or decline it." in tomas.text("/desk/keeping")
    path, _ = erasure_of(means, declined)
    seen = tomas.get(page_of(declined))
    assert WHY in seen.text
    assert "This cannot be undone." in seen.text
    confirmed = tomas.press(f"{path}/confirm", page_of(declined))
    assert "The erasure is confirmed and will be done at once." in confirmed.text
    assert TOLD in text_of(confirmed), "the worker erases, not the button"
    factories.work(means)
    after = noor.text(page_of(declined))
    for gone in (TOLD, WHY, "list.txt", "It fits no mandate."):
        assert gone not in after
    said = (
        f"What the source of {declined.reference} told was erased on 23 Nov 2026: The source asked for it. "
        "Proposed by Noor Demo, confirmed by Tomas Demo."
    )
    for page in (after, noor.text("/desk/keeping")):
        assert said in page
    assert declined.reference in noor.text("/desk/queue?show=closed")


def test_whoever_proposed_sees_no_button_to_confirm_and_is_refused_if_they_press_it(
    noor: Colleague, tomas: Colleague, means: Means, declined: Case
) -> None:
    propose(noor, means, declined)
    path, prefix = erasure_of(means, declined)
    assert f"{path}/confirm" in actions_on(tomas.get(page_of(declined)))
    assert f"{path}/confirm" not in actions_on(noor.get(page_of(declined)))
    with means.database.reading() as session:
        proposed = session.scalars(select(Disposal)).one()
    answer = noor.send(f"{path}/confirm", **{f"{prefix}-seen": proposed.id})
    assert answer.status_code == 409
    assert "You proposed this erasure yourself." in answer.text
    factories.work(means)
    with means.database.reading() as session:
        assert session.get_one(Submission, proposed.submission_id).erased_at is None


def test_a_proposal_is_declined_with_a_reason_and_the_old_page_confirms_nothing(
    noor: Colleague, tomas: Colleague, means: Means, declined: Case
) -> None:
    propose(noor, means, declined)
    path, prefix = erasure_of(means, declined)
    with means.database.reading() as session:
        first = session.scalars(select(Disposal.id)).one()
    empty = tomas.send(f"{path}/decline", page_of(declined))
    assert (empty.status_code, "Give the reason" in empty.text) == (422, True)
    answer = tomas.press(f"{path}/decline", page_of(declined), **{f"{prefix}-refusal": "She did not ask."})
    assert "The proposal is declined." in answer.text
    assert "She did not ask." in answer.text
    propose(noor, means, declined, "received_in_error")
    late = tomas.send(f"{path}/confirm", **{f"{prefix}-seen": first})
    assert late.status_code == 409
    assert "This proposal was decided meanwhile" in late.text


def test_a_record_that_is_kept_offers_no_erasure_until_that_is_lifted(
    noor: Colleague, tomas: Colleague, means: Means, declined: Case
) -> None:
    path, _ = erasure_of(means, declined)
    page = noor.press(f"{page_of(declined)}/keep", page_of(declined), **{"hold-why": "A court asked for it."})
    assert "Kept from disposal since 23 Nov 2026" in text_of(page)
    assert "A court asked for it." in page.text
    assert path not in actions_on(page)
    assert declined.reference in noor.text("/desk/keeping").split("Kept from disposal")[-1]
    refused = noor.send(path, **{f"{erasure_of(means, declined)[1]}-ground": "source_asked"} | words(means, declined))
    assert refused.status_code == 409
    assert "is kept from disposal" in refused.text
    lifted = tomas.press(f"{page_of(declined)}/keep/lift", page_of(declined), **{"hold-why": "It is over."})
    assert "The record is no longer kept from disposal." in lifted.text
    assert path in actions_on(lifted)


def words(means: Means, case: Case) -> dict[str, str]:
    return {f"{erasure_of(means, case)[1]}-words": WHY}


def test_cases_whose_term_is_over_are_listed_and_nothing_is_erased_by_itself(
    noor: Colleague, means: Means, declined: Case, clock: FakeClock
) -> None:
    assert "No case has reached the end of its term." in noor.text("/desk/keeping")
    clock.advance(days=731)
    noor._sign_in()
    page = noor.text("/desk/keeping")
    assert f"{declined.reference} Not taken up 23 Nov 2026 23 Nov 2028" in page
    factories.work(means)
    assert count(means, Disposal) == 0
    assert "The erasure is proposed." in propose(noor, means, declined, "term_over")


def test_the_term_is_refused_as_a_ground_before_it_is_over(noor: Colleague, means: Means, declined: Case) -> None:
    assert "The record of this case must be kept longer." in propose(noor, means, declined, "term_over")


def test_a_case_in_work_offers_no_erasure_and_says_why(noor: Colleague, means: Means) -> None:
    case = factories.accepted(means)
    page = noor.get(page_of(case))
    assert "Somebody works on this case, so nothing of it can be erased." in page.text
    assert erasure_of(means, case)[0] not in actions_on(page)


def test_an_erased_case_cannot_be_reopened_and_its_letter_keeps_its_pdf(
    noor: Colleague, tomas: Colleague, means: Means
) -> None:
    letter = factories.sent(means)
    case = factories.case_now(means, letter.case_id)
    noor.press(f"{page_of(case)}/decision", page_of(case), decision="close", why="Done.")
    propose(noor, means, case)
    path, _ = erasure_of(means, case)
    tomas.press(f"{path}/confirm", page_of(case))
    factories.work(means)
    answer = noor.send(f"{page_of(case)}/decision", page_of(case), decision="reopen", why="Once more.")
    assert answer.status_code == 409
    assert "nobody can work on this case any more" in answer.text
    page = noor.get(letter_path(letter))
    assert page.status_code == 200
    assert "The frozen PDF holds just what was approved." in page.text
    assert noor.get(f"{letter_path(letter)}/letter.pdf").data.startswith(b"%PDF")


def test_the_page_of_a_letter_that_lost_its_words_says_so(noor: Colleague, tomas: Colleague, means: Means) -> None:
    letter = factories.drafted(means)
    case = factories.case_now(means, letter.case_id)
    noor.press(f"{letter_path(letter)}/withdraw", letter_path(letter), **{"withdraw-why": "It is not needed."})
    noor.press(f"{page_of(case)}/decision", page_of(case), decision="close", why="Done.")
    propose(noor, means, case)
    tomas.press(f"{erasure_of(means, case)[0]}/confirm", page_of(case))
    factories.work(means)
    page = noor.text(letter_path(letter))
    assert "The letter cannot be shown: What the source told was erased, so that this is no longer possible." in page
    assert noor.get(f"{letter_path(letter)}/letter.pdf").status_code == 303


def test_an_auditor_sees_the_page_without_a_button(desk: Flask, means: Means, declined: Case) -> None:
    auditor = by_role(desk, means, Role.AUDITOR)
    assert auditor.get("/desk/keeping").status_code == 200
    assert not [path for path in actions_on(auditor.get(page_of(declined))) if "/erasure/" in path or "/keep" in path]
