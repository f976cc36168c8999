"""The main way, end to end, in a real browser without scripts and with the real worker: from a complaint in French to
the reply of the Permanent Mission, and each stage as the source sees it.
"""

import io
import time
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.journeys import desk, source
from tests.journeys.conftest import Windows
from tests.journeys.pressing import follow
from tests.journeys.source import ACCOUNT, ASYLUM, LISTED, ONESELF, PLACE_TO_ALL, TO_ALL, Answers
from tests.journeys.words import said

NAME, ADDRESS, MAIL = "Ilse Vandermolen", "Rue des Tilleuls 17", "ilse.vandermolen@example.net"
VICTIM = "Mirela Sandu"


def as_victim(naming: str) -> dict[str, Answers]:
    """The same answers, told by the alleged victim."""
    relation = {"relation": "victim", "knowledge": "direct"}
    return {
        **ASYLUM,
        "relation": relation,
        "people": {LISTED: (ONESELF,)},
        "told": {TO_ALL: naming, PLACE_TO_ALL: "exact"},
    }


@dataclass(frozen=True)
class Way:
    """One way of telling it: what is answered, who the summary names, and what may be read in the letter."""

    answers: dict[str, Answers]
    named: str
    in_letter: tuple[str, ...]
    never: tuple[str, ...]


WAYS = {
    "a witness": Way(ASYLUM, VICTIM, (VICTIM,), (NAME, "Vandermolen", ADDRESS, MAIL)),
    "the victim, named": Way(as_victim("name"), NAME, (NAME,), (ADDRESS, MAIL)),
    "the victim, unnamed": Way(as_victim("none"), "une infirmière", (), (NAME, "Vandermolen", ADDRESS, MAIL)),
}


def everything_in(pdf: bytes) -> str:
    """Text and metadata of a PDF, as whoever searches it for a name would read them; line ends count as blanks."""
    reader = PdfReader(io.BytesIO(pdf))
    text = " ".join(page.extract_text() for page in reader.pages)
    about = str(reader.metadata)
    with pikepdf.open(io.BytesIO(pdf)) as file:
        about += str(file.open_metadata()) + str(file.docinfo)
    return " ".join(f"{text} {about}".split())


def names_found(told: str, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name.casefold() in told.casefold()]


def test_the_search_for_names_finds_a_planted_one() -> None:
    planted = pikepdf.new()
    planted.add_blank_page()
    with planted.open_metadata() as metadata:
        metadata["dc:creator"] = [NAME]
    pdf = io.BytesIO()
    planted.save(pdf)
    assert names_found(everything_in(pdf.getvalue()), (NAME, VICTIM)) == [NAME]


@pytest.mark.parametrize("told_by", WAYS)
def test_from_a_complaint_to_a_reply(windows: Windows, told_by: str, two_files: list[Path], tmp_path: Path) -> None:
    way = WAYS[told_by]
    phone = windows.new("fr")
    source.walk(phone, "fr", way.answers, two_files)
    noor = windows.desk("noor")
    told = source.send(phone)

    row = desk.queue_row(noor, told.reference, 10)
    assert "Urgent appeal" in row
    assert_stage(phone, told, said("fr", "Being looked at"))

    case = windows.desk("noor")
    desk.open_case(case, told.reference)
    page = case.locator("main").inner_text()
    assert ACCOUNT[:60] in page
    assert "Reasons" in case.content() or "reason" in page.casefold()
    assert names_found(case.content(), way.never) == [], "the case's page holds no word of who the source is"
    assert desk.download(case, "temoignage.txt", tmp_path).decode() == "Ce que j'ai vu au port.\n"

    desk.accept(case)
    assert_stage(phone, told, said("fr", "Taken up"))
    if told_by == "the victim, unnamed":
        assert_a_named_summary_is_stopped(case)
    desk.write_summary(case, desk.SUMMARY.format(who=way.named))
    address = desk.draft(case)
    desk.press(case, "Submit for review")
    assert case.locator("main button", has_text="Approve").count() == 0, "the drafter cannot approve"
    assert case.request.post(f"{address}/approve").status in {400, 403}

    amara = windows.desk("amara")
    desk.approve(amara, address)
    assert "Approved" in amara.locator("h1").inner_text(), amara.locator("main").inner_text()
    mails = len(windows.site.mails)
    desk.send(case, address)

    notice = desk.text_of_new_mail(windows.site, mails)
    reference = case.locator("h1").inner_text().split(" ", 3)[2].split("\n")[0]
    forbidden = (*way.never, *way.in_letter, "Belmar", "Exempl", reference, "bénévoles", "XXA")
    assert names_found(notice, forbidden) == [], "the notice holds no content"

    mission = windows.new("fr", wide=True)
    mission.goto(desk.link_in(notice))
    assert names_found(mission.content(), ("Belmar", "bénévoles", reference)) == [], "the link's page holds no content"
    follow(mission.locator("main form button").first)
    pdf = desk.download(mission, "PDF", tmp_path)
    letter = everything_in(pdf)
    assert names_found(letter, ("police portuaire de Belmar", *way.in_letter)) == [
        "police portuaire de Belmar",
        *way.in_letter,
    ]
    assert names_found(letter, way.never) == [], "the letter does not give the source away"
    assert_stage(phone, told, said("fr", "A letter was sent"))

    follow(mission.locator("form[action$='/acknowledge'] button"))
    mission.locator("[name=words]").fill("Le Gouvernement a ouvert une enquête.")
    mission.set_input_files("[name=files]", [str(two_files[0])])
    follow(mission.locator("form[enctype] button").last)
    assert "Le Gouvernement a ouvert une enquête." in mission.locator("main").inner_text()

    assert_stage(phone, told, said("fr", "A reply came"))
    case.goto(address)
    assert "Le Gouvernement a ouvert une enquête." in case.locator("main").inner_text()
    assert desk.download(case, "temoignage.txt", tmp_path).decode() == "Ce que j'ai vu au port.\n"

    again = windows.new("fr")
    source.come_back(again, "fr", told.code)
    line = again.locator("main").inner_text()
    for stage in ("Received", "Being looked at", "Taken up", "A letter was sent", "A reply came"):
        assert said("fr", stage) in line
    assert "enquête" not in line, "what a State replied is not told before it may be"


def assert_a_named_summary_is_stopped(case: Page) -> None:
    """A summary that names a source who refused is stopped when the letter is to go on, and the place is shown."""
    home = case.url.split("?")[0].split("#")[0]
    desk.write_summary(case, desk.SUMMARY.format(who=NAME))
    desk.draft(case)
    told = case.locator("main").inner_text()
    assert "cannot go on" in told
    assert "Vandermolen" in told
    assert case.locator("main button", has_text="Submit for review").count() == 0
    case.goto(home)


def assert_stage(phone: Page, told: source.Told, words: str) -> None:
    """The source sees this stage within ten seconds."""
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        phone.goto("/fr/status")
        if words in phone.locator("main").inner_text():
            told.seen.append(words)
            return
        time.sleep(0.2)
    raise AssertionError(f"{words} is not told to the source: {phone.locator('main').inner_text()[:600]}")
