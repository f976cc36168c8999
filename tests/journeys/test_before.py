"""Before the first field, in a real browser: how it looks at 320 pixels, what it weighs, what leaving leaves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys import source
from tests.journeys.conftest import ARGUMENTS, CHROMIUM, NARROW, Inspector, Windows
from tests.journeys.pressing import follow
from tests.journeys.site import Site
from tests.journeys.words import said

PLANTED = "The planted heron by the second lock"
MOST_BYTES = 100_000
ELSEWHERE = "https://www.un.org/"


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_axe_finds_nothing_before_the_first_field_and_all_fits_into_320_pixels(
    windows: Windows, inspector: Inspector, language: str
) -> None:
    phone = windows.new(language)
    for address in ("what-happens", "safer-use", "guide"):
        phone.goto(f"/{language}/{address}")
        inspector.look(phone, sizes=[NARROW])
    for name, value in (("d", "1"), ("w", "4"), ("m", "2"), ("m", "8"), ("r", "3")):
        phone.locator(f"main [name={name}][value='{value}']").check()
    follow(phone.locator("main form button"))
    assert said(language, "If somebody is in danger right now") in phone.locator("main").inner_text()
    assert phone.context.cookies() == [], "nothing is kept of it"
    inspector.look(phone, sizes=[NARROW])
    follow(phone.locator(f"main a[href='/{language}/#risk']"))
    follow(phone.locator("form[action$='/begin'] button"))
    assert said(language, "There is a problem") in phone.locator("main").inner_text()
    inspector.look(phone, sizes=[NARROW])
    phone.locator("main [name=read]").check()
    follow(phone.locator("form[action$='/begin'] button"))
    assert phone.url.endswith(f"/{language}/steps/kind")
    assert inspector.faults == []


@pytest.fixture
def remembering(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser that may keep whole pages in memory for its Back button, as people have it; Playwright's may not."""
    assert CHROMIUM is not None
    unwanted = ["--disable-back-forward-cache"]
    # Nobody is really visited: that the other site is not found is as good as its page.
    arguments = [*ARGUMENTS, "--host-resolver-rules=MAP www.un.org ~NOTFOUND"]
    launched = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments, ignore_default_args=unwanted)
    yield launched.new_context(base_url=site.url, java_script_enabled=False)
    launched.close()


def test_after_a_quick_exit_the_back_button_shows_nothing_of_the_visit(remembering: BrowserContext) -> None:
    page = remembering.new_page()
    source.begin(page, "en")
    page.goto("/en/steps/what")
    page.locator("main [name=what_happened]").fill(PLANTED)
    source.go_on(page)
    page.goto("/en/steps/what")
    other = remembering.new_page()
    other.goto("/en/steps/risk")
    page.goto("/en/steps/risk")
    page.go_back()
    assert shows(page), "before leaving, the same search finds it by the Back button"
    with page.expect_event("requestfailed", lambda request: request.url.startswith(ELSEWHERE)):
        page.locator(".app-leave__link").click()
    assert remembering.cookies() == []
    for _ in range(3):
        page.go_back()
        assert not shows(page)
        assert "/return?ended=1" in page.url or page.url.endswith("/en/")
    page.go_forward()
    assert not shows(page)
    other.reload()
    assert "/return?ended=1" in other.url, "the other window ends with it"


def shows(page: Page) -> bool:
    return PLANTED in page.content() or page.locator(f"[value='{PLANTED}']").count() > 0


def test_the_first_page_is_light_over_the_wire_and_asks_no_other_site(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    wire = context.new_cdp_session(page)
    octets: list[float] = []
    wire.on("Network.loadingFinished", lambda event: octets.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    page.goto("/en/", wait_until="networkidle")
    context.close()
    assert len(octets) >= 2
    assert sum(octets) < MOST_BYTES / 2, "page, style sheet and sign with their headers"
    assert not [url for url in asked if not url.startswith(site.url)]
