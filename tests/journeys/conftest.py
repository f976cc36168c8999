"""A real browser against the real product. Where there is no browser, `JOURNEYS=required` makes that an error."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from accounts.demo import DEMO_SIGN_INS, demo_code
from foundation.clock import now
from tests.journeys.pressing import follow
from tests.journeys.site import Site, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = ViewportSize(width=360, height=740), ViewportSize(width=1280, height=900)
# As wide as the narrowest telephones, and as a page of 1280 pixels that is enlarged four times.
NARROW = ViewportSize(width=320, height=640)
PATIENCE = 10_000


class House:
    """A running product with the people who are signed in at its desk: a code counts once, so each signs in once."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self._signed_in: dict[str, Any] = {}

    def context(self, language: str, wide: bool, script: bool = False, state: Any = None) -> BrowserContext:
        """A browser of somebody's own, with cookies of its own."""
        return self.browser.new_context(
            base_url=self.site.url,
            java_script_enabled=script,
            viewport=DESKTOP if wide else PHONE,
            locale=language,
            storage_state=state,
        )

    def state_of(self, name: str) -> Any:
        """The cookies of somebody who is signed in at the desk."""
        if name not in self._signed_in:
            context = self.context("en", wide=True)
            sign_in(context.new_page(), name)
            self._signed_in[name] = context.storage_state()
            context.close()
        return self._signed_in[name]


class Windows:
    """Windows of different people. None of them runs a script."""

    def __init__(self, house: House) -> None:
        self.house, self.site = house, house.site
        self._open: list[BrowserContext] = []

    def new(self, language: str = "en", wide: bool = False) -> Page:
        """A window of somebody who has never been here."""
        return self._page(self.house.context(language, wide))

    def desk(self, name: str, wide: bool = True) -> Page:
        """A window of somebody who is signed in at the desk."""
        return self._page(self.house.context("en", wide, state=self.house.state_of(name)))

    def close(self) -> None:
        for context in self._open:
            context.close()

    def _page(self, context: BrowserContext) -> Page:
        self._open.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        return page


def sign_in(page: Page, name: str) -> None:
    """Sign in as one of the fictional people, by the first part of the address."""
    person = next(one for one in DEMO_SIGN_INS if one.email.startswith(name))
    page.goto("/desk/sign-in")
    page.locator("[name=email]").fill(person.email)
    page.locator("[name=password]").fill(person.password)
    page.locator("[name=code]").fill(demo_code(person.totp_secret, now()))
    follow(page.locator("main form button"))
    assert "/sign-in" not in page.url, page.locator("main").inner_text()


class Inspector:
    """Looks at pages as they stand: with axe, for their width, and where asked as pictures.

    Axe needs scripts, and the people of the journeys have none: so the page that one of them sees is shown once more,
    word for word, in a window that runs scripts.
    """

    def __init__(self, house: House) -> None:
        self._context = house.context("en", wide=True, script=True)
        self.faults: list[str] = []
        self.seen: list[str] = []

    def look(self, page: Page, name: str = "", sizes: Sequence[ViewportSize] = (PHONE, DESKTOP)) -> None:
        """Inspect a page at 360 and at 1280 pixels, or at `sizes`; with a name, also keep pictures if PICTURES names a
        folder.
        """
        again = self._context.new_page()
        html = page.content()
        again.route(page.url, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        again.goto(page.url)
        for size in sizes:
            again.set_viewport_size(size)
            self.faults += [f"{page.url} at {size['width']}: {fault}" for fault in _faults_of(again, size["width"])]
            if name and os.environ.get("PICTURES"):
                path = Path(os.environ["PICTURES"]) / f"{name}-{size['width']}.png"
                again.screenshot(path=path, full_page=True)
        self.seen.append(page.url)
        again.close()

    def close(self) -> None:
        self._context.close()


def _faults_of(page: Page, width: int) -> list[str]:
    violations = Axe().run(page).response["violations"]
    found = [f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:160]})" for one in violations]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [*found, f"{wide} pixels wide"] if wide > width else found


@pytest.fixture
def inspector(house: House) -> Iterator[Inspector]:
    made = Inspector(house)
    yield made
    made.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("JOURNEYS") == "required":
            pytest.fail("the journeys are required, and there is no Chromium on the PATH")
        pytest.skip("there is no Chromium on the PATH; .ci/run installs it")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site")) as started:
        yield started


@pytest.fixture(scope="session")
def house(browser: Browser, site: Site) -> House:
    return House(browser, site)


@pytest.fixture
def windows(house: House) -> Iterator[Windows]:
    opened = Windows(house)
    yield opened
    opened.close()


@pytest.fixture
def two_files(tmp_path: Path) -> list[Path]:
    """A note and a picture, as a source would add them."""
    note, picture = tmp_path / "temoignage.txt", tmp_path / "photo.png"
    note.write_text("Ce que j'ai vu au port.\n")
    picture.write_bytes(PNG)
    return [note, picture]


# The smallest whole picture: one white pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8ffff3f0005fe02fe"
    "a735819d0000000049454e44ae426082"
)
