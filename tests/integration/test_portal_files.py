"""Files of replies: sealed as they arrive, for the mandate and the portal, and received once."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from foundation.means import Means
from foundation.uploads import sealed_from
from tests import factories
from tests.factories import release_of
from tests.fakes import FakeMailer
from tests.portal_visits import Browser, make_portal, multipart, portal_means
from workflows import replies
from workflows.models import Communication, Release, Reply, ReplyFile
from workflows.replies import LetterClosed, ReplyContent

LETTER = "/portal/en/letter"
LONG = b"A line of the annex.\n" * 150_000
PROGRAM = b"MZ\x90\x00" + bytes(60)


@pytest.fixture
def letter(means: Means) -> Communication:
    """A letter that was sent to XXB."""
    return factories.sent(means)


@pytest.fixture
def inside(means: Means, instance: Path, letter: Communication, mailer: FakeMailer) -> Browser:
    """A browser in which that letter is open."""
    browser = Browser(make_portal(portal_means(means, instance)))
    browser.open(mailer.sent[0])
    return browser


def the_release(means: Means, letter: Communication) -> Release:
    release = release_of(means, letter.id)
    assert release is not None
    return release


def rows(means: Means) -> tuple[int, int]:
    """How many replies and how many files of replies there are."""
    with means.database.reading() as session:
        counted = [session.scalar(select(func.count()).select_from(row)) or 0 for row in (Reply, ReplyFile)]
    return counted[0], counted[1]


def test_a_file_of_several_parts_opens_for_the_mandate_and_for_the_portal(means: Means, inside: Browser) -> None:
    inside.post(LETTER, words="", attempt=inside.attempt(), files={"annex.txt": LONG})
    with means.database.reading() as session:
        file = session.scalars(select(ReplyFile)).one()
    assert len(means.storage.get(file.id)) == 4
    for reader in ("mandate", "portal"):
        assert replies.read_reply_file(means, file, reader) == ("annex.txt", LONG)  # type: ignore[arg-type]


def test_the_same_reply_with_the_same_files_is_received_once_and_stored_once(means: Means, inside: Browser) -> None:
    fields = {"csrf_token": inside.token(), "attempt": inside.attempt(), "words": "See the annex."}
    before = len(dict(means.storage.ids()))
    for content, expected in ((LONG, 1), (LONG, 1), (LONG + b"One line more.\n", 2)):
        sent = {**fields, "files": multipart({"annex.txt": content})}
        answer = inside.client.post(LETTER, data=sent, content_type="multipart/form-data")
        answer.request.environ["wsgi.input"].close()
        assert answer.status_code == 303
        assert rows(means) == (expected, expected)
        assert len(dict(means.storage.ids())) == before + expected


def test_of_a_reply_that_is_refused_no_file_stays(means: Means, inside: Browser) -> None:
    before = dict(means.storage.ids())
    page = inside.post(LETTER, words="x", attempt=inside.attempt(), files={"annex.txt": LONG, "annex.pdf": PROGRAM})
    assert page.status_code == 422
    assert (rows(means), dict(means.storage.ids())) == ((0, 0), before)


def test_of_a_reply_to_a_closed_letter_no_file_is_kept(means: Means, letter: Communication) -> None:
    release = the_release(means, letter)
    with means.database.transaction() as session:
        session.get_one(Release, release.id).closed_at = means.clock()
    upload = sealed_from(means.storage, LONG)
    with pytest.raises(LetterClosed):
        replies.reply(means, release.id, "", [ReplyContent("annex.txt", upload)])
    upload.discard()
    assert upload.id not in dict(means.storage.ids())


def test_a_reply_that_was_received_keeps_its_files(means: Means, letter: Communication) -> None:
    release, upload = the_release(means, letter), sealed_from(means.storage, LONG)
    replies.reply(means, release.id, "", [ReplyContent("annex.txt", upload)])
    upload.discard()
    assert upload.id in dict(means.storage.ids())
