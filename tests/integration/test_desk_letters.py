"""Writing a letter at the desk, and what stands in its way."""

import html
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from foundation.means import Means
from mandate.models import MandateHolder
from tests import factories
from tests.desk_visits import Colleague, actions_on, letter_path, status_of, summarise, text_of
from tests.fakes import FakeClock
from workflows import communications, drafting
from workflows.drafting import Fields
from workflows.lifecycle import CommunicationStatus
from workflows.models import Communication


def rewrite(means: Means, letter: Communication, **changes: Any) -> None:
    """Somebody edits the draft with the deed itself."""
    by = factories.actor(means)
    with means.database.transaction() as session:
        kept = drafting.fields_of(means.keys, letter)
        told = {name: getattr(kept, name) for name in Fields.__dataclass_fields__}
        fields = Fields(**{**told, **changes})
        communications.edit(session, means.keys, letter.id, fields, letter.dated_on, by, means.clock())


def test_a_letter_is_drafted_to_a_state_and_pressing_twice_drafts_one(noor: Colleague, means: Means) -> None:
    case = factories.accepted(means)
    page, typed = f"/desk/cases/{case.id}", {"state": "XXA", "kind": "AL"}
    first = noor.press(f"{page}/letters", page, **typed)
    assert "AL XXA 1/2026" in first.text
    second = noor.send(f"{page}/letters", letters="0", **typed)
    assert second.status_code == 409
    assert "changed by somebody else" in second.text
    with means.database.reading() as session:
        assert len(session.scalars(select(Communication)).all()) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"state": "FRA", "kind": "UA"}, "No Permanent Mission of this State is on record"),
        ({"state": "XXB", "kind": "OL"}, "There is no text for this kind of letter"),
        ({"state": "ZZZ", "kind": "UA"}, "Choose one of the answers that are offered here"),
        ({"state": "", "kind": "UA"}, "Choose a State"),
        ({"state": "XXB"}, "Choose the kind of letter"),
    ],
)
def test_a_letter_that_cannot_be_begun_says_why(
    noor: Colleague, means: Means, typed: dict[str, str], said: str
) -> None:
    page = f"/desk/cases/{factories.accepted(means).id}"
    answer = noor.send(f"{page}/letters", page, **typed)
    assert answer.status_code in {409, 422}
    assert said in text_of(answer)


def test_a_letter_is_drafted_on_an_accepted_case_only(noor: Colleague, means: Means) -> None:
    page = f"/desk/cases/{factories.triaged(means).id}"
    assert f"{page}/letters" not in actions_on(noor.get(page))
    answer = noor.send(f"{page}/letters", state="XXB", kind="UA", letters="0")
    assert (answer.status_code, "is not possible now" in answer.text) == (409, True)


def test_everything_that_is_missing_is_named_at_once(noor: Colleague, means: Means) -> None:
    case = factories.accepted(means, violation_types=None)
    page = f"/desk/cases/{case.id}"
    answer = noor.press(f"{page}/letters", page, state="XXB", kind="UA")
    for said in ("The subject is missing.", "The concern is missing.", "No interim measure", "no summary of facts"):
        assert said in answer.text
    assert "No right is cited" in answer.text
    assert "There is no question." not in answer.text, "a new letter has the suggested questions"
    assert not [action for action in actions_on(answer) if action.endswith("/submit")]


def test_an_officer_chooses_the_rights_where_the_source_chose_none(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means, violation_types=None)
    assert "No right is cited" in noor.text(letter_path(letter))
    answer = noor.press(
        f"{letter_path(letter)}/fields", letter_path(letter), **typed_of(means, letter), violation_types="SOL-02"
    )
    assert "The letter cannot be shown yet" not in answer.text
    assert "Annex" in answer.text


def typed_of(means: Means, letter: Communication, **changes: Any) -> dict[str, Any]:
    """What the form of a letter would send."""
    fields = drafting.fields_of(means.keys, factories.letter_now(means, letter.id))
    day = letter.dated_on
    shown = {
        "subject": fields.subject,
        "concern": fields.concern,
        "questions": "\n".join(fields.questions),
        "measures": "\n".join(fields.measures),
        "dated_on": [str(day.day), str(day.month), str(day.year)],
    }
    return {**shown, **changes}


def test_what_is_written_stands_in_the_preview_line_by_line(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means)
    typed = typed_of(means, letter, questions="First?\r\n\r\n  Second?  \r\n", measures="release her\nheal her")
    answer = noor.press(f"{letter_path(letter)}/fields", letter_path(letter), **typed)
    assert "The letter is saved." in answer.text
    assert "<li><p>First?</p></li><li><p>Second?</p></li>" in answer.text
    assert "<li><p>release her</p></li><li><p>heal her</p></li>" in answer.text


def test_the_preview_is_the_text_of_the_pdf_word_for_word(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means)
    found = re.search(r'<article class="letter".*?</article>', noor.get(letter_path(letter)).text, re.DOTALL)
    assert found is not None
    pdf = PdfReader(BytesIO(noor.get(f"{letter_path(letter)}/letter.pdf").data))
    printed = re.sub(r"\W+", "", "".join(page.extract_text() for page in pdf.pages))
    words = re.findall(r"\w{4,}", html.unescape(re.sub(r"<[^>]+>", " ", found[0])))
    assert len(words) > 200
    assert [word for word in words if word not in printed] == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"subject": "x" * 301}, "too long by 1 character"),
        ({"subject": "an\0arrest"}, "A sign that cannot be read"),
        ({"dated_on": ["31", "2", "2026"]}, "There is no such day"),
        ({"dated_on": ["", "", ""]}, "Give the date of the letter"),
        ({"violation_types": "SOL-999"}, "Choose one of the answers"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_the_others_are_kept(
    noor: Colleague, means: Means, typed: dict[str, Any], said: str
) -> None:
    letter = factories.drafted(means)
    before = factories.letter_now(means, letter.id).fields
    sent = typed_of(means, letter, **{"concern": "A concern that nobody saved.", **typed})
    answer = noor.send(f"{letter_path(letter)}/fields", letter_path(letter), **sent)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "A concern that nobody saved." in answer.text
    assert factories.letter_now(means, letter.id).fields == before


def test_two_officers_do_not_write_over_each_other(
    noor: Colleague, tomas: Colleague, means: Means, clock: FakeClock
) -> None:
    letter = factories.drafted(means)
    stale = {**typed_of(means, letter), "edited": letter.edited_at.isoformat()}
    clock.advance(minutes=1)
    noor.press(
        f"{letter_path(letter)}/fields", letter_path(letter), **typed_of(means, letter, subject="what Noor wrote")
    )
    answer = tomas.send(f"{letter_path(letter)}/fields", **{**stale, "subject": "what Tomas wrote"})
    assert answer.status_code == 409
    assert "changed by somebody else" in answer.text
    assert "what Tomas wrote" in answer.text
    with means.database.reading() as session:
        kept = drafting.fields_of(means.keys, session.get_one(Communication, letter.id))
    assert kept.subject == "what Noor wrote"


def test_words_that_give_the_source_away_are_shown_in_place_and_stop_the_letter(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means)
    rewrite(means, letter, concern="I am concerned, as Bruna Quist told me.")
    page = noor.get(letter_path(letter))
    assert "The text holds something that tells who the source is." in page.text
    assert "<mark>Bruna Quist</mark>" in page.text or "<mark>Bruna</mark>" in page.text
    answer = noor.send(f"{letter_path(letter)}/submit")
    assert answer.status_code == 409
    assert status_of(means, letter) == CommunicationStatus.DRAFT
    rewrite(means, letter, concern="I am concerned.")
    assert "tells who the source is" not in noor.text(letter_path(letter))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"naming": factories.told_to_all("initials")}, "names somebody who may not be named to this addressee"),
        ({"consent_to_send": "no"}, "did not agree that a letter is sent"),
        ({"states": ["XXA", "XXB"], "not_to": ["state:XXB"]}, "does not want that a letter goes to this addressee"),
        ({"states": ["XXA"]}, "did not name this addressee"),
        (
            {"precision": factories.told_to_all("region")},
            "tells the place more exactly than this addressee may know it",
        ),
    ],
)
def test_without_consent_no_letter_goes_on(noor: Colleague, means: Means, answers: dict[str, Any], said: str) -> None:
    letter = factories.drafted(means, **answers)
    assert said in noor.text(letter_path(letter))
    assert noor.send(f"{letter_path(letter)}/submit").status_code == 409
    assert status_of(means, letter) == CommunicationStatus.DRAFT


def test_a_sign_that_no_font_shows_is_told_when_the_letter_is_approved(amara: Colleague, means: Means) -> None:
    letter = factories.drafted(means)
    summarise(means, letter, "On 14 November 2026 she was reportedly taken \U0001f984.")
    with means.database.transaction() as session:
        communications.submit(session, means.keys, letter.id, factories.actor(means), means.clock())
    answer = amara.send(f"{letter_path(letter)}/approve", letter_path(letter), accepts="y")
    assert answer.status_code == 409
    assert "No letter can show these signs" in answer.text
    assert status_of(means, letter) == CommunicationStatus.IN_REVIEW


def test_a_letter_that_rests_on_nothing_given_says_what_is_not_on_record(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means)
    with means.database.transaction() as session:
        session.execute(update(MandateHolder).values(to_on=letter.dated_on - timedelta(days=1)))
    assert "No mandate holder is on record" in noor.text(letter_path(letter))
    assert noor.get(f"{letter_path(letter)}/letter.pdf").status_code == 303
