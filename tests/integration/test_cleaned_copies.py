"""Cleaned copies: made by jobs in confined children, sealed, shown by default; the file itself stays as it came."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from accounts.permissions import Role
from foundation import child, jobs
from foundation.child import Ended, Limits
from foundation.jobs import Job, Tasks
from foundation.means import Means
from foundation.scanning import Finding, Scan
from submissions import attachments, cleaned, erasure, intake
from submissions.cleaned import Cleaner, Result
from submissions.models import Attachment, CleanedCopy
from tests import factories, sample_files
from tests.databases import acting_as
from tests.desk_visits import Colleague, by_role, count, events_of, page_of
from tests.fakes import FakeClock
from tests.sample_files import MAKER, SCRIPT, WRITER
from workflows import cases, sweeps
from workflows.cases import Happening
from workflows.models import Case

BOMB = sample_files.docx(**{"word/x.xml": b"<x>" + bytes(400 * 1024 * 1024) + b"</x>"})
FILM = b"\0\0\0\x14ftypisom\0\0\0\0isom" + bytes(99)


class Finds:
    """A scanner that finds what a test says, and counts how often it was asked."""

    def __init__(self, *found: Scan) -> None:
        self.found, self.read = list(found), b""

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        self.read = b"".join(pieces)
        return self.found.pop(0) if len(self.found) > 1 else self.found[0]


def with_files(means: Means, **files: bytes) -> Case:
    return factories.triaged(means, files={name.replace("_", "."): content for name, content in files.items()})


def copies(means: Means) -> dict[str, CleanedCopy]:
    """What became of each file, by its name."""
    with means.database.reading() as session:
        rows = session.execute(select(Attachment, CleanedCopy).outerjoin(CleanedCopy)).all()
        return {attachments.open_key(means.keys, file)[0]: copy for file, copy in rows}


def file_of(means: Means, name: str) -> Attachment:
    with means.database.reading() as session:
        every = session.scalars(select(Attachment)).all()
    return next(file for file in every if attachments.open_key(means.keys, file)[0] == name)


def content_of(means: Means, copy: CleanedCopy) -> tuple[str, bytes]:
    name, content = cleaned.open_copy(means, copy)
    return name, content.read()


def test_each_file_gets_its_copy_and_stays_itself(means: Means) -> None:
    photo, paper, letter = sample_files.picture("HEIF"), sample_files.pdf(), sample_files.docx()
    case = with_files(means, place_heic=photo, paper_pdf=paper, letter_docx=letter, note_txt=b"words", film_mp4=FILM)
    found = copies(means)
    outcomes = {name: (copy.outcome, copy.scan) for name, copy in found.items()}
    assert outcomes == {
        "place.heic": (Result.MADE, Finding.NOT_SCANNED),
        "paper.pdf": (Result.MADE, Finding.NOT_SCANNED),
        "letter.docx": (Result.MADE, Finding.NOT_SCANNED),
        "note.txt": (Result.KEPT, Finding.NOT_SCANNED),
        "film.mp4": (Result.WITHHELD, Finding.NOT_SCANNED),
    }
    name, picture = content_of(means, found["place.heic"])
    assert (name, found["place.heic"].media_type) == ("place.jpg", "image/jpeg")
    assert sample_files.place_in(photo)
    assert not sample_files.place_in(picture)
    assert MAKER.encode() in photo
    assert MAKER.encode() not in picture
    assert SCRIPT.encode()[:9] in paper
    assert SCRIPT.encode()[:9] not in sample_files.everything_in_pdf(content_of(means, found["paper.pdf"])[1])
    assert WRITER.encode() in sample_files.everything_in_zip(letter)
    assert WRITER.encode() not in sample_files.everything_in_zip(content_of(means, found["letter.docx"])[1])
    for sent, content in {"place.heic": photo, "paper.pdf": paper, "film.mp4": FILM}.items():
        assert attachments.read_file(means, file_of(means, sent)) == (sent, content), "the evidence is as it came"
    assert factories.case_now(means, case.id).id == case.id


def test_nothing_of_a_copy_is_stored_in_plain_words(means: Means) -> None:
    with_files(means, letter_docx=sample_files.docx())
    (copy,) = copies(means).values()
    stored = b"".join(means.storage.get(copy.blob_id or ""))
    assert b"PK\x03\x04" in content_of(means, copy)[1]
    assert b"PK\x03\x04" not in stored
    assert b"letter" not in (copy.envelope or b"")


HOSTILE = {
    "bomb.docx": (BOMB, Result.REFUSED, "too_much_inside"),
    "huge.png": (sample_files.huge_picture(), Result.REFUSED, "too_many_pixels"),
    "broken.jpg": (b"\xff\xd8\xff\xe0" + b"x" * 200, Result.REFUSED, "damaged"),
    "locked.pdf": (sample_files.pdf("a word"), Result.REFUSED, "locked"),
}


def test_a_file_that_attacks_the_cleaner_stays_and_the_page_says_that_there_is_no_copy(
    means: Means, noor: Colleague
) -> None:
    case = factories.triaged(means, files={name: content for name, (content, _, _) in HOSTILE.items()})
    found = copies(means)
    assert {name: (copy.outcome, copy.reason, copy.blob_id) for name, copy in found.items()} == {
        name: (result, reason, None) for name, (_, result, reason) in HOSTILE.items()
    }
    for name, (content, _, _) in HOSTILE.items():
        assert attachments.read_file(means, file_of(means, name)) == (name, content)
    page = noor.text(page_of(case))
    assert "too much is packed into the file" in page
    assert "the picture is too large to be cleaned" in page
    assert "locked with a password" in page
    assert "Not scanned for viruses" in page


def a_large_picture() -> bytes:
    """A small file that our own cleaner opens to some hundred megabytes."""
    made = BytesIO()
    Image.new("RGB", (6_000, 5_000)).save(made, "PNG", compress_level=1)
    return made.getvalue()


def in_little(program: str, what: str, memory: int, seconds: float) -> Cleaner:
    """A child like that of the product with less of memory and time, and with our program or one that attacks."""

    def clean(kind: str, pieces: Iterable[bytes], take: Callable[[bytes], object], limits: Limits) -> Ended:
        return child.run(program, what or kind, pieces, take, replace(limits, memory=memory, seconds=seconds))

    return clean


MEGABYTE, FOREIGN = 1024 * 1024, "tests.confined_programs"
ATTACKS = {
    "a picture that grows": (Result.TOO_LARGE, in_little(cleaned.PROGRAM, "", 300 * MEGABYTE, 20)),
    "a picture that takes too long": (Result.TOO_LONG, in_little(cleaned.PROGRAM, "", 1024 * MEGABYTE, 0.3)),
    "a program that hangs": (Result.TOO_LONG, in_little(FOREIGN, "spin", 300 * MEGABYTE, 0.4)),
    "a program that breaks down": (Result.CRASHED, in_little(FOREIGN, "die", 300 * MEGABYTE, 20)),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_cleaner_that_hangs_grows_or_breaks_down_is_ended_once_and_the_page_says_so(
    means: Means, noor: Colleague, attack: str
) -> None:
    result, cleaner = ATTACKS[attack]
    picture = a_large_picture()
    case = without_cleaning(means, picture)
    clean_with(means, cleaner)
    (copy,) = copies(means).values()
    assert (copy.outcome, copy.blob_id, copy.envelope) == (result, None, None)
    with means.database.reading() as session:
        (job,) = session.scalars(select(Job).where(Job.name == cleaned.CLEAN_FILE))
    assert (job.attempts, job.gave_up_at, job.done_at is not None) == (1, None, True)
    words = "broke down over this one" if result == Result.CRASHED else "and was stopped"
    assert words in noor.text(page_of(case))
    assert attachments.read_file(means, file_of(means, "photo.png"))[1] == picture
    assert len({blob_id for blob_id, _ in means.storage.ids()}) == 1, "nothing of a copy is left behind"


def without_cleaning(means: Means, picture: bytes) -> Case:
    """A case that was triaged, and whose one file waits to be cleaned."""
    factories.prepared(means)
    submission = intake.submit(means, factories.visited(means, files={"photo.png": picture}))
    with means.database.reading() as session:
        (job,) = session.scalars(select(Job.id).where(Job.name == intake.RECEIVED))
    factories.TASKS.run(means, job)
    with means.database.reading() as session:
        case = cases.case_of(session, submission.id)
    assert case is not None
    return case


def clean_with(means: Means, cleaner: Cleaner) -> None:
    """Do the job of cleaning with another cleaner."""
    tasks = Tasks()
    tasks.add(cleaned.CLEAN_FILE, partial(cleaned.clean_file, cleaner=cleaner))
    with means.database.reading() as session:
        (job,) = session.scalars(select(Job.id).where(Job.name == cleaned.CLEAN_FILE))
    tasks.run(replace(means, database=acting_as(means.database, "worker")), job)


def test_cleaning_again_changes_nothing_and_what_was_missed_is_found(means: Means) -> None:
    with_files(means, photo_jpg=sample_files.picture())
    before = next(iter(copies(means).values()))
    with means.database.transaction() as session:
        jobs.enqueue(session, cleaned.CLEAN_FILE, means.clock(), attachment_id=before.attachment_id)
        jobs.enqueue(session, cleaned.CLEAN_MISSING, means.clock())
    factories.work(means)
    assert (next(iter(copies(means).values())).id, count(means, CleanedCopy)) == (before.id, 1)
    means.storage.delete(before.blob_id or "")
    with means.database.transaction() as session:
        session.delete(session.get_one(CleanedCopy, before.id))
        for job in session.scalars(select(Job).where(Job.name == cleaned.CLEAN_FILE)):
            session.delete(job)
        jobs.enqueue(session, cleaned.CLEAN_MISSING, means.clock())
    factories.work(means)
    assert next(iter(copies(means).values())).outcome == Result.MADE


def test_triage_does_not_wait_for_cleaning() -> None:
    assert intake.RECEIVED in factories.TASKS.urgent
    assert cleaned.CLEAN_FILE not in factories.TASKS.urgent


def test_what_a_scanner_finds_is_shown_and_the_whole_file_was_looked_through(means: Means, noor: Colleague) -> None:
    scanner = Finds(Scan(Finding.INFECTED, "Win.Test.Planted"))
    case = factories.triaged(replace(means, scanner=scanner), files={"photo.jpg": sample_files.picture()})
    assert scanner.read == sample_files.picture()
    assert "Virus found: Win.Test.Planted" in noor.text(page_of(case))


def test_a_scanner_that_is_away_is_waited_for_and_then_the_page_says_so(
    means: Means, noor: Colleague, clock: FakeClock
) -> None:
    away = Finds(Scan(Finding.AWAY))
    watched = replace(means, scanner=away)
    case = factories.triaged(watched, files={"photo.jpg": sample_files.picture()})
    assert "A cleaned copy is being made." in noor.text(page_of(case))
    for _ in range(cleaned.SCANS_MOST):
        clock.advance(minutes=10)
        factories.work(watched)
    assert "the virus scanner could not be reached" in noor.text(page_of(case))
    assert next(iter(copies(means).values())).outcome == Result.MADE


def test_the_desk_gives_the_copy_and_the_file_itself_only_for_a_reason_that_is_an_event(
    means: Means, noor: Colleague
) -> None:
    photo = sample_files.picture()
    case = with_files(means, photo_jpg=photo)
    file = file_of(means, "photo.jpg")
    answer = noor.get(f"/desk/attachments/{file.id}")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.content_length == len(answer.data)
    assert MAKER.encode() not in answer.data
    assert answer.data.startswith(b"\xff\xd8\xff")
    path = f"{page_of(case)}/files/{file.id}"
    field = re.search(rf'name="(f{file.id[:8]}-reason)"', noor.get(page_of(case)).text)
    assert field is not None
    without = noor.send(path, page_of(case), **{field[1]: "  "})
    assert (without.status_code, events_of(means, case, Happening.ORIGINAL_OPENED)) == (422, [])
    assert "Give the reason why you need the file" in without.text
    original = noor.send(path, page_of(case), **{field[1]: "To see where it was taken."})
    assert original.data == photo
    (event,) = events_of(means, case, Happening.ORIGINAL_OPENED)
    assert cases.note_of(means.keys, event) == "photo.jpg: To see where it was taken."
    assert "File opened as it was received" in noor.text(page_of(case))


def test_whoever_may_only_look_gets_copies_and_no_file_itself(means: Means, desk: Flask) -> None:
    case = with_files(means, photo_jpg=sample_files.picture(), film_mp4=FILM)
    auditor = by_role(desk, means, Role.AUDITOR)
    page = auditor.get(page_of(case))
    assert "/files/" not in page.text
    photo, film = file_of(means, "photo.jpg"), file_of(means, "film.mp4")
    assert auditor.get(f"/desk/attachments/{photo.id}").status_code == 200
    assert auditor.send(f"{page_of(case)}/files/{photo.id}").status_code == 403
    withheld = auditor.get(f"/desk/attachments/{film.id}")
    assert withheld.status_code == 303
    assert "There is no cleaned copy of this file." in auditor.text(withheld.headers["Location"])


def test_a_file_of_another_case_is_not_opened_through_this_one(means: Means, noor: Colleague) -> None:
    mine, other = with_files(means, note_txt=b"words"), with_files(means, photo_jpg=sample_files.picture())
    file = file_of(means, "photo.jpg")
    answer = noor.send(f"{page_of(mine)}/files/{file.id}", **{f"f{file.id[:8]}-reason": "I want to know"})
    assert answer.status_code == 404
    assert not events_of(means, other, Happening.ORIGINAL_OPENED)


def test_erasing_a_submission_erases_its_copies_and_their_keys(means: Means) -> None:
    with_files(means, photo_jpg=sample_files.picture(), note_txt=b"words")
    file = file_of(means, "photo.jpg")
    with means.database.transaction() as session:
        assert erasure.empty_submission(session, file.submission_id or "", means.clock())
    with means.database.reading() as session:
        assert set(session.scalars(select(CleanedCopy.envelope))) == {None}
    erasure.erase_files(means, file.submission_id or "")
    assert (count(means, CleanedCopy), count(means, Attachment), list(means.storage.ids())) == (0, 0, [])


def test_a_copy_that_is_ready_only_after_the_erasure_is_thrown_away(means: Means) -> None:
    without_cleaning(means, sample_files.picture("PNG"))
    submission_id = file_of(means, "photo.png").submission_id or ""

    def erased_meanwhile(kind: str, pieces: Iterable[bytes], take: Callable[[bytes], object], limits: Limits) -> Ended:
        ended = child.run(cleaned.PROGRAM, kind, pieces, take, limits)
        with means.database.transaction() as session:
            erasure.empty_submission(session, submission_id, means.clock())
        return ended

    clean_with(means, erased_meanwhile)
    erasure.erase_files(means, submission_id)
    assert (count(means, CleanedCopy), list(means.storage.ids())) == (0, [])


def test_the_daily_sweep_leaves_copies_alone_and_alarms_for_one_that_is_gone(means: Means, clock: FakeClock) -> None:
    with_files(means, photo_jpg=sample_files.picture())
    (copy,) = copies(means).values()
    clock.advance(days=90)
    sweep(means)
    assert content_of(means, copy)[1]
    means.storage.delete(copy.blob_id or "")
    sweep(means)
    with means.database.reading() as session:
        subjects = [alarm.subject for alarm in sweeps.alarms.open_alarms(session) if alarm.code == sweeps.BLOB_MISSING]
    assert subjects == [copy.blob_id]


def sweep(means: Means) -> None:
    with means.database.transaction() as session:
        jobs.enqueue(session, sweeps.SWEEP_BLOBS, means.clock())
    factories.work(means)


def test_files_of_drafts_are_not_cleaned(means: Means) -> None:
    factories.prepared(means)
    factories.visited(means, files={"photo.jpg": sample_files.picture()})
    with means.database.transaction() as session:
        jobs.enqueue(session, cleaned.CLEAN_MISSING, means.clock())
    factories.work(means)
    assert count(means, CleanedCopy) == 0
