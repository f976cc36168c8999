"""What people at the desk and at a Permanent Mission do in the browser."""

import email
import re
import time
from email.policy import default
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.pressing import follow
from tests.journeys.site import Site

SUMMARY = (
    "Le 2 novembre 2026, trois bénévoles auraient été arrêtés par la police portuaire de Belmar, en Exemplie, alors "
    "qu’ils distribuaient des vivres à des personnes réfugiées.\n\nSelon les informations reçues, {who} serait "
    "détenue sans contact avec un avocat et privée de soins. Une expulsion serait imminente."
)
ABSENT_VICTIM = "l’une d’entre eux"


def queue_row(page: Page, reference: str, seconds: float) -> str:
    """The row of a case in the queue, once it is there."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        page.goto("/desk/queue")
        row = page.locator("tr", has_text=reference)
        if row.count():
            return row.first.inner_text()
        time.sleep(0.1)
    raise AssertionError(f"{reference} is not in the queue after {seconds} s")


def open_case(page: Page, reference: str) -> None:
    """Open a case from the queue."""
    queue_row(page, reference, 10)
    follow(page.locator("a", has_text=reference).first)


def press(page: Page, text: str) -> None:
    """Press a button by its words."""
    found = page.locator("main button, main a.govuk-button", has_text=text)
    assert found.count(), f"no button {text!r} on {page.url}:\n{page.locator('main').inner_text()}"
    follow(found.first)


def accept(page: Page) -> None:
    """Decide that an urgent appeal is to be written."""
    page.locator("[name=decision][value=accept_ua]").check()
    page.locator("#why").fill("Trois personnes sont détenues et menacées d'expulsion.")
    press(page, "Record the decision")


def write_summary(page: Page, words: str, language: str = "fr") -> None:
    """Write the summary of facts in a language."""
    page.goto(page.url.split("?")[0].split("#")[0] + f"?summary={language}")
    page.locator("#summary").fill(words)
    press(page, "Save the summary")


def draft(page: Page) -> str:
    """Draft the urgent appeal and write its fields; gives the letter's address."""
    page.locator("[name=state]").select_option("XXA")
    page.locator("[name=kind][value=UA]").check()
    press(page, "Draft the letter")
    page.locator("[name=subject]").fill("la détention de trois bénévoles au port de Belmar")
    page.locator("[name=concern]").fill(
        "Je suis préoccupée par des informations selon lesquelles leur vie serait en danger."
    )
    page.locator("[name=measures]").fill("garantir sans délai leur accès à un avocat et à des soins ;")
    press(page, "Save the letter")
    return page.url.split("?")[0].split("#")[0]


def approve(page: Page, address: str) -> None:
    """Approve a letter, taking the unreviewed rows upon oneself."""
    page.goto(address)
    if page.locator("[name=accepts]").count():
        page.locator("[name=accepts]").check()
    press(page, "Approve")


def send(page: Page, address: str) -> None:
    """Let an approved letter leave."""
    page.goto(address)
    press(page, "Send …")
    press(page, "Send the letter now")


def text_of_new_mail(site: Site, before: int, seconds: float = 10) -> str:
    """The newest mail as it would be searched: text and headings but the mailbox itself, decoded."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if len(site.mails) > before:
            message = email.message_from_bytes(site.mails[-1].read_bytes(), policy=default)
            headings = "\n".join(f"{name}: {value}" for name, value in message.items() if name != "To")
            return f"{headings}\n\n{message.get_content()}"
        time.sleep(0.1)
    raise AssertionError("no notice left")


def link_in(mail: str) -> str:
    """The link of a notice."""
    found = re.search(r"http\S+/portal/\S+/letter/\S+", mail)
    assert found, mail
    return found.group()


def download(page: Page, text: str, folder: Path) -> bytes:
    """Press a link that gives a file, and read it."""
    with page.expect_download() as begun:
        page.locator("main a", has_text=text).first.click()
    target = folder / begun.value.suggested_filename
    begun.value.save_as(target)
    return target.read_bytes()
