"""A real browser against the real product. Where there is no browser, `JOURNEYS=required` makes that an error."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

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
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


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


@pytest.fixture
def pages(browser: Browser, site: Site, tmp_path: Path) -> Iterator["Pages"]:
    opened = Pages(browser, site)
    yield opened
    opened.close()


class Pages:
    """Windows of different people: each has cookies of its own, and none runs a script."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser, self._site = browser, site
        self._open: list[Page] = []

    def new(self, language: str = "en", wide: bool = False) -> Page:
        context = self._browser.new_context(
            base_url=self._site.url,
            java_script_enabled=False,
            viewport=DESKTOP if wide else PHONE,
            locale=language,
            accept_downloads=True,
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        self._open.append(page)
        return page

    def close(self) -> None:
        for page in self._open:
            page.context.close()
