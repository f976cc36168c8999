"""A source submits, and comes back."""

from tests.journeys import source
from tests.journeys.conftest import Pages


def test_smoke(pages: Pages) -> None:
    page = pages.new("fr")
    source.walk(page, "fr", source.ASYLUM)
    page.screenshot(path="/tmp/w/pictures/send.png", full_page=True)
    told = source.send(page)
    page.screenshot(path="/tmp/w/pictures/status.png", full_page=True)
    source.come_back(pages.new("fr"), "fr", told.code)
