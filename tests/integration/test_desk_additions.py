"""What the desk sees of what came after sending, and how it answers with a file."""

from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete

from foundation.means import Means
from foundation.uploads import sealed_from
from submissions import additions, attachments, intake
from submissions.models import Addition, AdditionKind
from tests import factories
from tests.after_sending import CLOSED, VENN, Sent, sent
from tests.desk_visits import Colleague, desk_means, make_desk, page_of
from workflows import cases
from workflows.models import Case


@pytest.fixture
def desk(means: Means, instance: Path) -> Flask:
    return make_desk(desk_means(means, instance))


@pytest.fixture
def one(means: Means) -> Sent:
    made = sent(means)
    factories.work(means)
    return made


def case_of(means: Means, one: Sent) -> Case:
    with means.database.reading() as session:
        case = cases.case_of(session, one.submission.id)
    assert case is not None
    return case


@pytest.fixture
def officer(desk: Flask, means: Means) -> Colleague:
    return Colleague(desk, means, factories.OFFICER)


def test_a_case_shows_what_was_added_and_from_whom(means: Means, one: Sent, officer: Colleague) -> None:
    additions.tell(means, one.visitor, AdditionKind.CORRECTION, {"words": "On the 13th."})
    additions.decide(means, one.visitor, CLOSED, VENN)
    factories.work(means)
    page = officer.text(page_of(case_of(means, one)))
    for said in (
        "Added after sending",
        "On the 13th.",
        "What may be told was changed",
        "1. Idalia Venn",
        "The public · How they may be called: Nothing",
        "Harbour Freight · Place: Only the State",
    ):
        assert said in page, said
    assert "Not signed" not in page
    assert "missing or was changed" not in page


def test_a_reprisal_is_marked_in_the_queue_until_somebody_has_read_it(
    means: Means, one: Sent, officer: Colleague
) -> None:
    assert "Reprisal" not in officer.text("/desk/queue")
    additions.tell(means, one.visitor, AdditionKind.REPRISAL, {"words": "They came back.", "danger": True})
    factories.work(means)
    assert "Reprisal reported" in officer.text("/desk/queue")
    path = page_of(case_of(means, one))
    page = officer.text(path)
    assert "In danger now" in page
    assert "They came back." in page
    additions.tell(means, one.visitor, AdditionKind.FACTS, {"words": "One more."})
    factories.work(means)
    officer.press(f"{path}/read", path)
    assert "Reprisal" not in officer.text("/desk/queue")


def test_what_came_while_the_page_was_open_is_not_taken_for_read(means: Means, one: Sent, officer: Colleague) -> None:
    additions.tell(means, one.visitor, AdditionKind.REPRISAL, {"words": "", "danger": False})
    factories.work(means)
    path = page_of(case_of(means, one))
    officer.get(path)
    stale = officer.send(f"{path}/read", path, seen="0")
    assert stale.status_code == 409
    assert "Reprisal reported" in officer.text("/desk/queue")


def test_the_desk_says_that_something_was_taken_out_of_the_database(
    means: Means, one: Sent, officer: Colleague
) -> None:
    additions.decide(means, one.visitor, CLOSED, VENN)
    factories.work(means)
    with means.database.transaction() as session:
        session.execute(delete(Addition))
    assert "missing or was changed" in officer.text(page_of(case_of(means, one)))


def test_an_officer_sends_a_file_with_a_message_and_the_source_opens_it(
    means: Means, one: Sent, officer: Colleague
) -> None:
    path = page_of(case_of(means, one))
    action = f"{path}/messages/{one.submission.id}"
    prefix = f"s{one.submission.id[:6]}-"
    words = {f"{prefix}message": "Please sign this."}
    refused = officer.send(action, path, **words, **{f"{prefix}files": (BytesIO(b"MZ\x00\x01"), "tool.exe")})
    assert refused.status_code == 422
    assert "tool.exe was not added" in refused.text
    for _ in range(2):
        officer.press(action, path, **words, **{f"{prefix}files": (BytesIO(b"a form"), "form.txt")})
    with means.database.reading() as session:
        [message] = intake.messages_of(session, one.submission.id, one.visitor.identity)
        file = intake.file_for_source(session, one.visitor, message.files[0].id)
    assert file is not None
    assert attachments.key_for(file, one.visitor.identity)[0] == "form.txt"
    assert "form.txt" in officer.text(path)
    factories.work(means)
    assert officer.get(f"/desk/attachments/{file.id}").data == b"a form"


def test_an_officer_opens_what_a_source_added(means: Means, one: Sent, officer: Colleague) -> None:
    file = attachments.receive("a.txt", sealed_from(means.storage, b"text"))
    additions.add_files(means, one.visitor, [file])
    factories.work(means)
    page = officer.get(page_of(case_of(means, one))).text
    assert f"/desk/attachments/{file.upload.id}" in page
    assert officer.get(f"/desk/attachments/{file.upload.id}").data == b"text"
