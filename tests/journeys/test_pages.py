"""Every page of the journeys, looked at with axe at 360 and 1280 pixels, and the way of a source who writes Arabic.

With PICTURES=docs/pictures the pictures of the repository are made anew.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys import desk, source
from tests.journeys.conftest import Inspector, Windows
from tests.journeys.pressing import follow
from tests.journeys.source import ASYLUM, LISTED, Answers
from tests.journeys.words import said

IN_ARABIC: dict[str, Answers] = {
    **ASYLUM,
    "what": {
        "what_happened": (
            "في الثاني من تشرين الثاني/نوفمبر 2026 أوقفت الشرطة ثلاثة متطوعين كانوا يوزعون الطعام "
            "على اللاجئين في ميناء بلمار. "
            "وهم محتجزون منذ ذلك الحين دون أن يتمكنوا من الاتصال بمحامٍ، وقد أُبلغوا بأنهم سيُرحَّلون."
        ),
    },
    "where": {
        "place_town": "ميناء بلمار",
        # Digits as an Arabic keyboard writes them.
        "happened_on": ("٢", "١١", "٢٠٢٦"),
    },
    "risk": {"going_on": "yes", "may_happen": "ترحيلهم خلال أيام.", "at_stake": ("liberty", "removal")},
    "relation": {"relation": "family", "knowledge": "direct"},
    "people": {
        LISTED: (
            {
                "add": "victims:person",
                "who": {"name": "سليم قاسم", "minor": "no", "details": "متطوع، ٢٩ عاماً"},
                "agreement": {"basis": "not_asked", "why_not_asked": "لا يُسمح لأحد بزيارته."},
                "wishes": {"own_wishes": "no"},
            },
        )
    },
    "perpetrators": {"perpetrators": "شرطة الميناء"},
    "solidarity": {"violation_types": ("SOL-02",), "how_solidarity": "كانوا يساعدون اللاجئين."},
    "you": {"your_name": "ندى منصور", "your_email": "nada@example.net"},
}


def test_a_source_writes_arabic_from_right_to_left(windows: Windows, inspector: Inspector) -> None:
    phone = windows.new("ar")

    def look(page: Page, name: str) -> None:
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.locator("html").get_attribute("lang") == "ar"
        inspector.look(page, f"ar-{name}")

    phone.goto("/ar/")
    look(phone, "start")
    source.walk(phone, "ar", IN_ARABIC, look=look)
    told = source.send(phone)
    look(phone, "status")
    spaced = " ".join(told.code[at : at + 4] for at in range(0, 24, 4)).translate(
        str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    )
    again = windows.new("ar")
    source.come_back(again, "ar", spaced)
    assert told.reference in again.locator("main").inner_text(), "the code works in the digits of an Arabic keyboard"

    noor = windows.desk("noor")
    row = desk.queue_row(noor, told.reference, 10)
    assert "Urgent appeal" in row
    assert "Arabic" in row
    desk.open_case(noor, told.reference)
    assert noor.locator("[lang=ar][dir=auto]").count() > 0
    assert "ندى" not in noor.content(), "the name of the source is not on the case's page"
    assert "سليم" in noor.content(), "the same search finds the alleged victim, who may be named"
    inspector.look(noor)
    assert inspector.faults == []


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_axe_finds_nothing_on_the_pages_of_a_source(windows: Windows, inspector: Inspector, language: str) -> None:
    phone = windows.new(language)
    for address in ("", "mandate", "return", "ended", "there-is-no-such-page"):
        phone.goto(f"/{language}/{address}")
        inspector.look(phone, f"{language}-start" if language != "ar" and not address else "")
    source.begin(phone, language)
    for name in ASYLUM:
        phone.goto(f"/{language}/steps/{name}")
        source.go_on(phone)
        inspector.look(phone)
        phone.goto(f"/{language}/steps/{name}")
        source.answer(phone, name, ASYLUM[name], lambda page, _name: inspector.look(page))
    phone.goto(f"/{language}/code")
    inspector.look(phone)
    phone.goto(f"/{language}/send")
    follow(phone.locator("main form button").first)
    assert said(language, "There is a problem") in phone.locator("main").inner_text()
    inspector.look(phone)
    source.send(phone)
    inspector.look(phone)
    phone.goto(f"/{language}/withdraw")
    inspector.look(phone)
    stranger = windows.new(language)
    source.come_back(stranger, language, "not a code")
    inspector.look(stranger)
    assert inspector.faults == []


def test_axe_finds_nothing_at_the_desk_and_in_the_portal(
    windows: Windows, inspector: Inspector, tmp_path: Path
) -> None:
    phone = windows.new("fr")
    source.walk(phone, "fr", ASYLUM)
    told = source.send(phone)
    visitor = windows.new("en", wide=True)
    visitor.goto("/desk/sign-in")
    inspector.look(visitor)
    follow(visitor.locator("main form button").first)
    inspector.look(visitor)

    noor = windows.desk("noor")
    desk.queue_row(noor, told.reference, 10)
    inspector.look(noor, "desk-queue")
    desk.open_case(noor, told.reference)
    inspector.look(noor, "desk-case")
    desk.press(noor, "Record the decision")
    inspector.look(noor)
    desk.accept(noor)
    desk.write_summary(noor, desk.SUMMARY.format(who="Mirela Sandu") + "\n\nMon frère a été arrêté.")
    inspector.look(noor)
    desk.write_summary(noor, desk.SUMMARY.format(who="Mirela Sandu"))
    address = desk.draft(noor)
    inspector.look(noor, "desk-letter")
    desk.press(noor, "Submit for review")
    amara = windows.desk("amara")
    amara.goto(address)
    inspector.look(amara)
    desk.approve(amara, address)
    noor.goto(address)
    desk.press(noor, "Send …")
    inspector.look(noor)
    mails = len(windows.site.mails)
    desk.press(noor, "Send the letter now")
    link = desk.link_in(desk.text_of_new_mail(windows.site, mails))
    for page in ("letters", "notices", "jobs", "account", "queue?show=in_work", "texts", "texts/safer-use/ar"):
        noor.goto(f"/desk/{page}")
        inspector.look(noor)

    for language in ("fr", "ar"):
        mission = windows.new(language, wide=True)
        mission.goto(link.replace("/portal/fr/", f"/portal/{language}/"))
        inspector.look(mission, f"portal-link-{language}")
    follow(mission.locator("main form button").first)
    inspector.look(mission, "portal-letter-ar")
    follow(mission.locator("form[enctype] button").last)
    inspector.look(mission)
    stranger = windows.new("en")
    for used_or_altered in (link, link[:-4] + "abcd"):
        stranger.goto(used_or_altered)
        inspector.look(stranger)
    assert inspector.faults == []
    assert len(inspector.seen) >= 19
