"""The portal: a link that works once, a session on one letter, acknowledgement and reply."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, inspect, select, update

from foundation import alarms, sealing
from foundation.db import Base
from foundation.keys import KeyMissing
from foundation.mail import Unknown
from foundation.means import Means
from foundation.uploads import sealed_from
from submissions.attachments import BYTES_MOST, FileRefused
from submissions.models import Stage, Submission
from tests import factories
from tests.factories import letter_now, notices_of, release_of, work
from tests.fakes import FakeClock, FakeMailer
from tests.portal_visits import Browser, make_portal, path_in, portal_means, token_in
from workflows import letter_hold, parcels, replies
from workflows.lifecycle import CommunicationStatus
from workflows.models import CaseEvent, Communication, Link, NoticeStatus, Release, Reply, ReplyFile
from workflows.replies import LetterClosed, LinkUsed, ReplyContent

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
LETTER = "/portal/en/letter"


@pytest.fixture
def portal(means: Means, instance: Path) -> Flask:
    """The face on the means of the test, with the portal's keys alone."""
    return make_portal(portal_means(means, instance))


@pytest.fixture
def letter(means: Means) -> Communication:
    """A letter that was sent to XXB."""
    return factories.sent(means)


@pytest.fixture
def inside(portal: Flask, letter: Communication, mailer: FakeMailer) -> Browser:
    """A browser in which that letter is open."""
    browser = Browser(portal)
    assert browser.open(mailer.sent[0]).status_code == 200
    return browser


def everything(means: Means) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with means.database.reading() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in Base.metadata.sorted_tables}


def count(means: Means, row: type) -> int:
    with means.database.reading() as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


def actions_of(means: Means, letter: Communication) -> list[str]:
    with means.database.reading() as session:
        events = select(CaseEvent.action).where(CaseEvent.communication_id == letter.id).order_by(CaseEvent.sequence)
        return list(session.scalars(events))


def test_looking_at_a_link_changes_nothing_and_shows_nothing(
    means: Means, portal: Flask, letter: Communication, mailer: FakeMailer
) -> None:
    path, before = path_in(mailer.sent[0]), everything(means)
    for _ in range(3):
        assert portal.test_client().head(path).status_code == 200
        page = portal.test_client().get(path)
    assert page.status_code == 200
    for secret in (letter.reference, "XXB", "Paradigmia", "Idalia", "Urgent"):
        assert secret not in page.text
    assert everything(means) == before
    assert count(means, Link) == 1, "there was a link that could have been used"


def test_the_button_opens_the_letter_and_uses_up_the_link(
    means: Means, portal: Flask, letter: Communication, mailer: FakeMailer
) -> None:
    page = Browser(portal).open(mailer.sent[0])
    assert letter.reference in page.text
    assert "23 December 2026" in page.text
    assert "23 January 2027" in page.text
    work(means)
    assert actions_of(means, letter)[-1] == "letter_opened"
    with means.database.reading() as session:
        assert session.scalars(select(Link.used_at)).one() == means.clock()


def test_without_the_token_of_the_page_the_link_is_not_used_up(
    means: Means, portal: Flask, letter: Communication, mailer: FakeMailer
) -> None:
    assert portal.test_client().post(path_in(mailer.sent[0])).status_code == 400
    assert Browser(portal).open(mailer.sent[0]).status_code == 200


def test_of_twenty_who_press_at_once_one_gets_in(means: Means, letter: Communication, mailer: FakeMailer) -> None:
    token = token_in(mailer.sent[0])

    def press(_: int) -> str:
        try:
            with means.database.transaction() as session:
                return replies.exchange(session, means.keys, token, means.clock()).id
        except LinkUsed:
            return "used"

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(press, range(20)))
    assert sorted(answers) == sorted([release_id(means, letter), *["used"] * 19])


def release_id(means: Means, letter: Communication) -> str:
    release = release_of(means, letter.id)
    assert release is not None
    return release.id


def test_a_used_link_says_so_and_offers_a_new_one(
    means: Means, portal: Flask, inside: Browser, mailer: FakeMailer
) -> None:
    somebody = Browser(portal)
    page = somebody.get(path_in(mailer.sent[0]))
    assert page.status_code == 410
    assert "used already" in page.text
    assert somebody.post(path_in(mailer.sent[0])).status_code == 410
    assert somebody.get(LETTER).status_code == 403


def test_a_new_link_goes_to_the_mailbox_on_record_at_most_once_an_hour(
    means: Means, clock: FakeClock, portal: Flask, inside: Browser, mailer: FakeMailer
) -> None:
    clock.advance(minutes=59)
    somebody = Browser(portal)
    for _ in range(3):
        somebody.get(path_in(mailer.sent[0]))
        page = somebody.post(path_in(mailer.sent[0]) + "/new")
        assert "new link" in page.text
        work(means)
        clock.advance(minutes=2)
    assert [mail.to for mail in mailer.sent] == ["mission.xxb@example.org"] * 2
    assert mailer.sent[0].message_id != mailer.sent[1].message_id
    assert Browser(portal).open(mailer.sent[1]).status_code == 200
    clock.advance(hours=1)
    somebody.get(path_in(mailer.sent[0]))
    somebody.post(path_in(mailer.sent[0]) + "/new")
    work(means)
    assert len(mailer.sent) == 3


def altered(token: str) -> str:
    return token[:-1] + ("A" if token[-1] != "A" else "B")


@pytest.mark.parametrize("method", ["get", "post", "new"])
def test_an_altered_link_and_one_that_never_was_are_told_the_same(
    portal: Flask, letter: Communication, mailer: FakeMailer, method: str
) -> None:
    pages = []
    for token in (altered(token_in(mailer.sent[0])), "x" * 43, "x", "%00", "%F0%9F%92%A3", "..."):
        browser = Browser(portal)
        browser.get(path_in(mailer.sent[0]))
        path = f"{LETTER}/{token}"
        page = browser.get(path) if method == "get" else browser.post(path + ("/new" if method == "new" else ""))
        pages.append((page.status_code, page.text.replace(token, "")))
    assert {code for code, _ in pages} == {404}
    assert "This link is not valid" in pages[0][1]
    assert pages[0][1] == pages[1][1]


def test_the_languages_of_the_link_page_keep_the_link(portal: Flask, letter: Communication, mailer: FakeMailer) -> None:
    page = Browser(portal).get(path_in(mailer.sent[0]))
    for code in ("fr", "es", "ar", "ru", "zh"):
        assert f'href="/portal/{code}/letter/{token_in(mailer.sent[0])}"' in page.text
    arabic = Browser(portal).get(f"/portal/ar/letter/{token_in(mailer.sent[0])}")
    assert 'lang="ar" dir="rtl"' in arabic.text


def test_opening_the_letter_proves_that_an_unconfirmed_notice_arrived(
    means: Means, portal: Flask, mailer: FakeMailer
) -> None:
    kept = FakeMailer()

    class Lost:
        def send(self, mail: Any) -> None:
            kept.send(mail)
            raise Unknown("lost")

    letter = factories.sent(replace(means, mailer=Lost()))
    assert notices_of(means, letter.id)[0].status == NoticeStatus.UNCONFIRMED
    Browser(portal).open(kept.sent[0])
    work(means)
    assert letter_now(means, letter.id).status == CommunicationStatus.SENT
    assert notices_of(means, letter.id)[0].status == NoticeStatus.ACCEPTED


def test_a_letter_that_was_given_up_as_not_delivered_is_sent_once_it_is_opened_and_can_be_answered(
    means: Means, portal: Flask, letter: Communication, mailer: FakeMailer
) -> None:
    gone = {"status": "undelivered", "sent_at": None, "reply_due_on": None}
    with means.database.transaction() as session:
        session.execute(update(Communication).where(Communication.id == letter.id).values(**gone))
    browser = Browser(portal)
    browser.open(mailer.sent[0])
    browser.post(LETTER, words="We have looked into it.", attempt=browser.attempt())
    work(means)
    assert letter_now(means, letter.id).status == CommunicationStatus.REPLIED


def test_the_pdf_is_the_approved_letter(means: Means, inside: Browser, letter: Communication) -> None:
    answer = inside.get("/portal/en/pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=UA-XXB-1-2026.pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert sha256(answer.data).hexdigest() == letter.letter_sha256
    words = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    assert "Idalia" in words


def test_a_release_that_was_pointed_at_the_file_of_another_shows_nothing(
    means: Means, inside: Browser, letter: Communication
) -> None:
    other = release_of(means, factories.sent(means, state="XXA").id)
    assert other is not None
    with means.database.transaction() as session:
        mine = update(Release).where(Release.communication_id == letter.id)
        session.execute(mine.values(pdf_id=other.pdf_id))
    answer = inside.get("/portal/en/pdf")
    assert "This letter cannot be opened just now" in answer.text
    assert b"%PDF" not in answer.data


def test_acknowledging_twice_is_acknowledging_once(
    means: Means, clock: FakeClock, inside: Browser, letter: Communication
) -> None:
    page = inside.post("/portal/en/acknowledge")
    assert "acknowledged" in page.text
    token, first = inside.token(), means.clock()
    clock.advance(minutes=1)
    inside.client.post("/portal/en/acknowledge", data={"csrf_token": token})
    work(means)
    assert actions_of(means, letter).count("letter_acknowledged") == 1
    release = release_of(means, letter.id)
    assert release is not None
    assert release.acknowledged_at == first


def test_a_reply_with_files_is_received_shown_and_told_to_the_sources(
    means: Means, inside: Browser, letter: Communication
) -> None:
    words = "Madame l’Experte,\n\nنص الرد <b>"
    page = inside.post(LETTER, words=words, attempt=inside.attempt(), files={"annexe é.png": PNG})
    assert "received" in page.text
    assert "نص الرد &lt;b&gt;" in page.text
    file_url = re.search(r'href="(/portal/en/files/[0-9a-f]{32})"', page.text)
    assert file_url is not None
    answer = inside.get(file_url.group(1))
    assert (answer.data, answer.mimetype) == (PNG, "image/png")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    work(means)
    assert letter_now(means, letter.id).status == CommunicationStatus.REPLIED
    with means.database.reading() as session:
        (seen,) = replies.replies_of(session, means.keys, release_id(means, letter), "mandate")
        assert session.scalars(select(Submission.stage)).all() == [Stage.REPLY_RECEIVED]
    assert seen.words == words


def test_a_reply_is_recorded_once_even_when_its_job_runs_twice(
    means: Means, inside: Browser, letter: Communication
) -> None:
    inside.post(LETTER, words="Once.", attempt=inside.attempt())
    work(means)
    with means.database.transaction() as session:
        reply_id = session.scalars(select(Reply.id)).one()
        replies.record_reply(session, means.keys, reply_id, means.clock())
    assert actions_of(means, letter).count("record_reply") == 1


def test_pressing_send_twice_is_one_reply_but_what_was_changed_in_between_is_another(
    means: Means, inside: Browser
) -> None:
    attempt, token = inside.attempt(), inside.token()
    for words in ("The same.", "The same.", "Not the same."):
        inside.client.post(LETTER, data={"csrf_token": token, "attempt": attempt, "words": words})
    assert count(means, Reply) == 2


def test_replies_sent_at_the_same_time_are_all_received_and_numbered(means: Means, letter: Communication) -> None:
    own = release_id(means, letter)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: replies.reply(means, own, f"Reply {n}", []), range(8)))
    with means.database.reading() as session:
        assert sorted(session.scalars(select(Reply.sequence))) == list(range(1, 9))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"annex.pdf": PNG}, "annex.pdf cannot be accepted: its content is not what"),
        ({"annex.pdf": b""}, "annex.pdf cannot be accepted: the file is empty"),
        (
            {"annex.exe": b"MZ\x90\x00" + bytes(60)},
            "annex.exe cannot be accepted: it is not a file of one",
        ),
        ({"annex.txt": b"a" * (BYTES_MOST + 1)}, "annex.txt cannot be accepted: it is larger than 50 MB"),
        ({f"{n}.txt": b"text" for n in range(6)}, "More than five files were chosen"),
    ],
)
def test_a_file_that_cannot_be_accepted_is_named_and_the_text_is_kept(
    means: Means, inside: Browser, files: dict[str, bytes], said: str
) -> None:
    page = inside.post(LETTER, words="What was typed.", attempt=inside.attempt(), files=files)
    assert page.status_code == 422
    assert said in page.text
    assert ">What was typed.</textarea>" in page.text
    assert "choose all of them again" in page.text
    assert (count(means, Reply), count(means, ReplyFile)) == (0, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Write the text of a reply, or choose a file"),
        (" \n ", "Write the text of a reply, or choose a file"),
        ("a" * 50_001, "too long by 1 character"),
        ("a\x00b", "cannot be read"),
    ],
)
def test_a_reply_that_cannot_be_received_says_why(means: Means, inside: Browser, words: str, said: str) -> None:
    page = inside.post(LETTER, words=words, attempt=inside.attempt())
    assert page.status_code == 422
    assert said in page.text
    assert count(means, Reply) == 0


def test_the_longest_reply_and_a_reply_of_files_alone_are_received(means: Means, inside: Browser) -> None:
    inside.post(LETTER, words="é" * 50_000, attempt=inside.attempt())
    inside.post(LETTER, words="", attempt=inside.attempt(), files={f"{n}.txt": b"text" for n in range(5)})
    assert (count(means, Reply), count(means, ReplyFile)) == (2, 5)


def test_a_deed_refuses_what_a_form_would_have_refused(means: Means, letter: Communication) -> None:
    six = [ReplyContent(f"{n}.txt", sealed_from(means.storage, b"text")) for n in range(6)]
    with pytest.raises(FileRefused):
        replies.reply(means, release_id(means, letter), "words", six)


def test_a_session_on_one_letter_opens_no_other(
    means: Means, portal: Flask, inside: Browser, letter: Communication, mailer: FakeMailer
) -> None:
    other = factories.sent(means, state="XXA")
    stranger = Browser(portal)
    stranger.open(mailer.sent[1])
    stranger.post(LETTER, words="Ours.", attempt=stranger.attempt(), files={"ours.txt": b"ours"})
    with means.database.reading() as session:
        file_id = session.scalars(select(ReplyFile.id)).one()
    assert stranger.get(f"/portal/en/files/{file_id}").status_code == 200
    assert inside.get(f"/portal/en/files/{file_id}").status_code == 404
    assert other.reference not in inside.get(LETTER).text
    assert letter.reference in inside.get(LETTER).text
    with means.database.reading() as session:
        assert session.scalars(select(Reply.release_id)).one() == release_id(means, other)


def test_opening_a_second_letter_closes_the_first_in_that_browser(
    means: Means, inside: Browser, letter: Communication, mailer: FakeMailer
) -> None:
    other, token = factories.sent(means, state="XXA"), inside.token()
    inside.open(mailer.sent[1])
    assert inside.client.post("/portal/en/acknowledge", data={"csrf_token": token}).status_code == 400
    page = inside.get(LETTER)
    assert other.reference in page.text
    assert letter.reference not in page.text


@pytest.mark.parametrize("path", ["/portal/en/letter", "/portal/en/pdf", f"/portal/en/files/{'0' * 32}"])
def test_without_a_session_nothing_of_a_letter_is_shown(portal: Flask, letter: Communication, path: str) -> None:
    page = portal.test_client().get(path)
    assert page.status_code == 403
    assert letter.reference not in page.text


def test_a_session_ends_by_itself(clock: FakeClock, inside: Browser) -> None:
    clock.advance(minutes=29)
    assert inside.get(LETTER).status_code == 200
    clock.advance(minutes=31)
    assert inside.get(LETTER).status_code == 403


def test_signing_out_closes_the_letter(inside: Browser) -> None:
    inside.get(LETTER)
    assert "signed out" in inside.post("/portal/en/leave").text
    assert inside.get(LETTER).status_code == 403


def test_a_letter_that_was_closed_can_be_neither_read_nor_answered(
    means: Means, inside: Browser, letter: Communication, mailer: FakeMailer
) -> None:
    attempt, token = inside.attempt(), inside.token()
    with means.database.transaction() as session:
        session.execute(update(Release).values(closed_at=means.clock()))
    form = {"csrf_token": token, "attempt": attempt, "words": "Too late."}
    assert inside.client.post(LETTER, data=form).status_code == 410
    assert count(means, Reply) == 0
    with pytest.raises(LetterClosed), means.database.transaction() as session:
        replies.ask_new_link(session, means.keys, token_in(mailer.sent[0]), means.clock())


def test_a_letter_that_is_held_is_told_of_in_plain_words_and_its_link_is_not_used_up(
    means: Means, portal: Flask, letter: Communication, mailer: FakeMailer
) -> None:
    by, browser, path = factories.actor(means), Browser(portal), path_in(mailer.sent[0])
    browser.get(path)
    form = {"csrf_token": browser.token()}
    with means.database.transaction() as session:
        letter_hold.hold(session, means.keys, letter.id, by, means.clock(), "A reason of ours.")
    looked, pressed, asked = (
        browser.get(path),
        browser.client.post(path, data=form),
        browser.client.post(f"{path}/new", data=form),
    )
    for page in (looked, pressed, asked):
        assert page.status_code == 403
        assert "This letter cannot be opened just now" in page.text
        for secret in (letter.reference, "A reason of ours.", "Paradigmia", "Idalia"):
            assert secret not in page.text
    with means.database.transaction() as session:
        assert session.scalars(select(Link.used_at)).all() == [None]
        letter_hold.lift(session, means.keys, letter.id, by, means.clock(), "Settled.")
    assert letter.reference in Browser(portal).open(mailer.sent[0]).text


def test_nothing_that_is_personal_is_stored_on_the_way(inside: Browser) -> None:
    for path in (LETTER, "/portal/en/pdf", "/portal/en/"):
        assert inside.get(path).headers["Cache-Control"] == "no-store"


def test_the_portal_holds_neither_the_mandate_key_nor_the_identity_key(means: Means, instance: Path) -> None:
    keys = portal_means(means, instance).keys
    for name in ("mandate", "identity", "notices", "recovery"):
        with pytest.raises(KeyMissing):
            keys.identity(name)
    with pytest.raises(KeyMissing):
        keys.signs("approval")
    assert set(keys.secrets) == {"portal_cookies", "tokens"}


def test_the_portal_changes_no_table_but_its_own(means: Means, inside: Browser, letter: Communication) -> None:
    before = everything(means)
    inside.post("/portal/en/acknowledge")
    inside.post(LETTER, words="A reply.", attempt=inside.attempt(), files={"a.txt": b"text"})
    after = everything(means)
    assert {name for name in before if before[name] != after[name]} == {"release", "reply", "reply_file", "job"}


def test_every_page_of_the_portal_speaks_six_languages(
    means: Means, portal: Flask, letter: Communication, mailer: FakeMailer
) -> None:
    for code in ("ar", "en", "es", "fr", "ru", "zh"):
        for path in ("", "left", "link-asked", "letter/x"):
            page = portal.test_client().get(f"/portal/{code}/{path}")
            assert f'<html lang="{code}"' in page.text
            assert page.text.count("hreflang=") == 5
    assert portal.test_client().get("/portal/de/").status_code == 404


def test_every_table_is_looked_at_in_these_tests(means: Means) -> None:
    assert set(everything(means)) == set(inspect(means.database.engine).get_table_names()) - {"alembic_version"}


def test_a_letter_that_was_exchanged_in_the_store_is_not_shown_and_a_person_is_told(
    inside: Browser, means: Means, letter: Communication
) -> None:
    assert inside.get("/portal/en/pdf").data.startswith(b"%PDF")
    release = release_of(means, letter.id)
    assert release is not None
    place = parcels.released_place(release.id)
    # Whoever can write to the store can seal anything to the portal, whose public half is known to all.
    other = sealing.seal(b"%PDF-1.7 Another letter.", means.keys.recipients("portal"), place)
    means.storage.delete(release.pdf_id)
    means.storage.put(release.pdf_id, [other])
    answer = inside.get("/portal/en/pdf")
    assert b"Another letter" not in answer.data
    assert "This letter cannot be opened just now" in answer.text
    work(means)
    with means.database.reading() as session:
        assert [(alarm.code, alarm.subject) for alarm in alarms.open_alarms(session)] == [
            ("approval_forged", letter.id)
        ]


def test_a_release_that_nobody_approved_is_not_shown(inside: Browser, means: Means, letter: Communication) -> None:
    with means.database.transaction() as session:
        session.execute(update(Release).values(signature="0" * 128))
    assert "This letter cannot be opened just now" in inside.get("/portal/en/pdf").text
