"""Pressing what leads to another page. Playwright's own click returns before the next page is there."""

from playwright.sync_api import Locator


def follow(found: Locator) -> None:
    """Press a link or a button, and come back when the page that it leads to stands."""
    with found.page.expect_navigation():
        found.click()
