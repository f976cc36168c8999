"""Letters at the desk from review to reply: approval, sending, lapses, and the list of all letters."""

import hashlib
import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from foundation.means import Means
from foundation.uploads import sealed_from
from tests import factories
from tests.desk_visits import Colleague, actions_on, letter_path, status_of, summarise, text_of
from tests.fakes import FakeClock
from workflows import replies
from workflows.lifecycle import CommunicationStatus
from workflows.models import Communication, Notice, Release, Reply, ReplyFile
from workflows.replies import ReplyContent


def test_a_letter_is_submitted_returned_with_a_reason_and_submitted_again(
    noor: Colleague, amara: Colleague, means: Means
) -> None:
    letter = factories.drafted(means)
    assert "submitted for review" in noor.press(f"{letter_path(letter)}/submit", letter_path(letter)).text
    assert noor.send(f"{letter_path(letter)}/submit").status_code == 409
    empty = amara.send(f"{letter_path(letter)}/return", **{"return-why": ""})
    assert (empty.status_code, "Give the reason" in empty.text) == (422, True)
    amara.press(f"{letter_path(letter)}/return", letter_path(letter), **{"return-why": "Say since when."})
    page = noor.text(letter_path(letter))
    assert "Letter returned to the drafter" in page
    assert "Say since when." in page
    noor.press(f"{letter_path(letter)}/submit", letter_path(letter))
    assert status_of(means, letter) == CommunicationStatus.IN_REVIEW


def test_the_approver_takes_unreviewed_rows_upon_themselves_by_name(amara: Colleague, means: Means) -> None:
    letter = factories.in_review(means)
    page = amara.text(letter_path(letter))
    assert "I take it upon me that these are unreviewed: the title of the mandate, the mandate holder" in page
    refused = amara.send(f"{letter_path(letter)}/approve", letter_path(letter))
    assert (refused.status_code, "nobody has reviewed" in refused.text) == (409, True)
    assert status_of(means, letter) == CommunicationStatus.IN_REVIEW
    answer = amara.press(f"{letter_path(letter)}/approve", letter_path(letter), accepts="y")
    assert "approved and frozen" in answer.text
    assert "Amara Demo" in answer.text
    assert amara.send(f"{letter_path(letter)}/approve", seen="", accepts="y").status_code == 409


def test_who_edited_last_is_told_that_somebody_else_must_approve(amara: Colleague, means: Means) -> None:
    letter = factories.in_review(means)
    with means.database.transaction() as session:
        holder = factories.actor(means, factories.HOLDER)
        session.execute(update(Communication).values(edited_by=holder))
    answer = amara.send(f"{letter_path(letter)}/approve", letter_path(letter), accepts="y")
    assert answer.status_code == 409
    assert "nobody approves what they edited last" in answer.text
    assert status_of(means, letter) == CommunicationStatus.IN_REVIEW


def test_nobody_approves_a_text_that_they_have_not_read(amara: Colleague, means: Means) -> None:
    letter = factories.in_review(means)
    page = amara.get(letter_path(letter)).text
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert seen is not None
    summarise(means, letter, "Something else entirely was reported on 14 November 2026.")
    answer = amara.send(f"{letter_path(letter)}/approve", seen=seen[1], accepts="y")
    assert answer.status_code == 409
    assert "changed by somebody else while you had the page open" in answer.text
    assert status_of(means, letter) == CommunicationStatus.IN_REVIEW


@pytest.mark.parametrize("seen", [None, "", "0" * 64])
def test_an_approval_that_does_not_say_what_was_read_is_refused(
    amara: Colleague, means: Means, seen: str | None
) -> None:
    letter = factories.in_review(means)
    assert amara.send(f"{letter_path(letter)}/approve", seen=seen, accepts="y").status_code == 409
    assert status_of(means, letter) == CommunicationStatus.IN_REVIEW


def test_the_frozen_pdf_has_the_hash_that_the_page_shows_and_the_draft_says_that_it_is_one(
    noor: Colleague, amara: Colleague, means: Means
) -> None:
    letter = factories.in_review(means)
    draft = noor.get(f"{letter_path(letter)}/letter.pdf")
    assert "-draft.pdf" in draft.headers["Content-Disposition"]
    assert "DRAFT" in "".join(page.extract_text() for page in PdfReader(BytesIO(draft.data)).pages)
    amara.press(f"{letter_path(letter)}/approve", letter_path(letter), accepts="y")
    frozen = noor.get(f"{letter_path(letter)}/letter.pdf")
    assert frozen.headers["Content-Disposition"].startswith("attachment;")
    assert frozen.headers["Content-Type"] == "application/octet-stream"
    assert hashlib.sha256(frozen.data).hexdigest() in noor.get(letter_path(letter)).text
    assert "DRAFT" not in "".join(page.extract_text() for page in PdfReader(BytesIO(frozen.data)).pages)


def test_an_approved_letter_is_not_shown_anew_once_its_facts_have_changed(noor: Colleague, means: Means) -> None:
    letter = factories.approved(means)
    assert "arrested Ms. Idalia Venn at the port of Lumara" in noor.text(letter_path(letter))
    summarise(means, letter, "Something else entirely was reported.")
    page = noor.text(letter_path(letter))
    assert "Something else entirely" not in page
    assert "has changed since it was approved" in page


def test_an_approval_is_recalled_and_a_letter_withdrawn_with_a_reason(noor: Colleague, means: Means) -> None:
    letter = factories.approved(means)
    noor.press(f"{letter_path(letter)}/recall", letter_path(letter), **{"recall-why": "A date is wrong."})
    assert status_of(means, letter) == CommunicationStatus.DRAFT
    assert "A date is wrong." in noor.text(letter_path(letter))
    noor.press(f"{letter_path(letter)}/withdraw", letter_path(letter), **{"withdraw-why": "The case is over."})
    assert status_of(means, letter) == CommunicationStatus.WITHDRAWN
    assert actions_on(noor.get(letter_path(letter))) == {"/desk/sign-out"}


def test_the_last_page_says_to_whom_and_that_it_cannot_be_undone(noor: Colleague, means: Means) -> None:
    letter = factories.approved(means)
    page = noor.text(f"{letter_path(letter)}/send")
    assert "mission.xxb@example.org" in page
    assert "Permanent Mission of the Kingdom of Paradigmia" in page
    assert "This cannot be undone." in page
    assert "not dated today" not in page


def test_a_letter_is_sent_once_however_often_the_button_is_pressed(
    noor: Colleague, tomas: Colleague, means: Means
) -> None:
    letter = factories.approved(means)
    path = f"{letter_path(letter)}/send"
    sha256 = letter.letter_sha256
    assert "The letter is being sent." in noor.press(path, path).text
    for person in (noor, tomas):
        assert person.send(path, sha256=sha256).status_code == 409
    assert noor.get(path).headers["Location"] == letter_path(letter)
    with means.database.reading() as session:
        assert len(session.scalars(select(Notice)).all()) == 1


def test_a_letter_that_was_approved_anew_meanwhile_is_not_sent_from_an_old_page(noor: Colleague, means: Means) -> None:
    letter = factories.approved(means)
    answer = noor.send(f"{letter_path(letter)}/send", sha256="0" * 64)
    assert answer.status_code == 409
    assert status_of(means, letter) == CommunicationStatus.APPROVED


def test_a_draft_has_no_page_to_send_it(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means)
    assert noor.get(f"{letter_path(letter)}/send").headers["Location"] == letter_path(letter)
    answer = noor.send(f"{letter_path(letter)}/send", sha256="")
    assert answer.status_code == 409
    assert status_of(means, letter) == CommunicationStatus.DRAFT


def test_an_approval_that_lapses_says_why_in_words(noor: Colleague, means: Means, clock: FakeClock) -> None:
    letter = factories.approved(means)
    summarise(means, letter, "Something else entirely was reported on 14 November 2026.")
    clock.advance(days=1)
    again = Colleague(noor.client.application, means, factories.OFFICER)
    assert "not dated today" in again.text(f"{letter_path(letter)}/send")
    answer = again.press(f"{letter_path(letter)}/send", f"{letter_path(letter)}/send")
    assert status_of(means, letter) == CommunicationStatus.DRAFT
    for said in ("Approval lapsed", "The summary of facts was changed.", "dated is not today"):
        assert said in text_of(answer)
    assert "The letter is being sent." not in answer.text
    assert "The summary of facts was changed." in again.text(f"/desk/cases/{letter.case_id}"), "in the events too"


def answered(means: Means) -> Communication:
    """A letter that its addressee opened, acknowledged and answered."""
    letter = factories.sent(means)
    release = factories.release_of(means, letter.id)
    assert release is not None
    with means.database.transaction() as session:
        known = session.get_one(Release, release.id)
        known.opened_at = known.acknowledged_at = means.clock()
    files = [ReplyContent("note.txt", sealed_from(means.storage, b"A note verbale.\n"))]
    replies.reply(means, release.id, "The Government has taken note.\n\nAn inquiry is open.", files)
    factories.work(means)
    return letter


def test_after_sending_the_page_follows_the_letter_to_its_reply(noor: Colleague, means: Means) -> None:
    letter = answered(means)
    page = noor.text(letter_path(letter))
    for said in ("Accepted by the mail server", "Receipt acknowledged", "Answered", "reply due 23 Dec 2026"):
        assert said in page
    assert "An inquiry is open." in page
    with means.database.reading() as session:
        file = session.scalars(select(ReplyFile)).one()
    download = noor.get(f"/desk/reply-files/{file.id}")
    assert download.data == b"A note verbale.\n"
    assert download.headers["Content-Disposition"].startswith("attachment;")
    assert download.headers["Content-Type"] == "application/octet-stream"


def test_a_forged_reply_or_file_hides_nothing_else(noor: Colleague, means: Means) -> None:
    letter = answered(means)
    with means.database.transaction() as session:
        session.execute(update(Reply).values(envelope=b"forged"))
    page = noor.text(letter_path(letter))
    assert "Something on this page cannot be opened" in page
    assert "Answered" in page


def order_of(page: str) -> list[str]:
    return re.findall(r'href="/desk/letters/[0-9a-f]{32}">([^<]+)</a>', page)


def test_overdue_letters_come_first_then_those_that_nobody_opened(
    noor: Colleague, means: Means, clock: FakeClock
) -> None:
    overdue, unopened, fresh = factories.sent(means), factories.sent(means), factories.sent(means)
    review, draft = factories.in_review(means), factories.drafted(means)
    with means.database.transaction() as session:
        yesterday = clock().date() - timedelta(days=1)
        session.execute(update(Communication).where(Communication.id == overdue.id).values(reply_due_on=yesterday))
        session.execute(
            update(Communication).where(Communication.id == unopened.id).values(sent_at=clock() - timedelta(days=8))
        )
    page = noor.get("/desk/letters")
    wanted = [overdue, unopened, review, fresh, draft]
    assert order_of(page.text) == [one.reference for one in wanted]
    assert page.text.count("Not opened for 7 days") == 1
    assert page.text.count("Overdue") == 1


def test_letters_are_filtered_and_paged(noor: Colleague, means: Means) -> None:
    done, open_one = answered(means), factories.drafted(means)
    assert order_of(noor.get("/desk/letters").text) == [open_one.reference]
    assert order_of(noor.get("/desk/letters?show=answered").text) == [done.reference]
    for page in ("2", "0", "-1", "x", "9" * 30, "²"):
        assert noor.client.get("/desk/letters", query_string={"page": page}).status_code == 200
