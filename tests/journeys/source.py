"""What a source does in the browser, step by step."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.journeys.pressing import follow

Answers = Mapping[str, Any]
# In place of a field: those who are added to the list of the page, and one choice for every audience.
LISTED, TO_ALL, PLACE_TO_ALL = "listed", "naming-", "precision-"

ACCOUNT = (
    "Le 2 novembre 2026, la police a arrêté trois bénévoles qui distribuaient des vivres à des personnes réfugiées "
    "au port de Belmar. Elles sont toujours détenues sans contact avec un avocat, et l'une d'elles est privée de "
    "soins. On leur a dit qu'elles seraient expulsées."
)

# Somebody who is added to a list: what is added, and what is answered on each page about them.
Added = Mapping[str, Any]

NURSE: Added = {
    "add": "victims:person",
    "who": {"name": "Mirela Sandu", "minor": "no", "details": "Infirmière bénévole"},
    "agreement": {"basis": "family", "given_by": "Sa sœur"},
    "wishes": {"own_wishes": "no"},
}

# The source, who stands in the list of those who were harmed already.
ONESELF: Added = {"change": "source", "who": {"minor": "no"}, "wishes": {"own_wishes": "no"}}

ASYLUM: dict[str, Answers] = {
    "kind": {"kind": "people"},
    "states": {"state_1": "XXA"},
    "what": {"what_happened": ACCOUNT},
    "where": {"place_town": "Belmar", "happened_on": ("2", "11", "2026")},
    "risk": {"going_on": "yes", "may_happen": "Leur expulsion.", "at_stake": ("liberty", "health", "removal")},
    "relation": {"relation": "witness", "knowledge": "direct"},
    "people": {LISTED: (NURSE,)},
    "others": {},
    "perpetrators": {"perpetrators": "La police portuaire de Belmar"},
    "solidarity": {"violation_types": ("SOL-02",), "how_solidarity": "Elles aidaient des personnes réfugiées."},
    "tried": {},
    "safety": {},
    "consent": {"consent_to_send": "yes"},
    "told": {TO_ALL: "name", PLACE_TO_ALL: "exact"},
    "you": {
        "your_name": "Ilse Vandermolen",
        "your_email": "ilse.vandermolen@example.net",
        "your_address": "Rue des Tilleuls 17, Belmar",
    },
}


@dataclass
class Told:
    """What a source has in hand after sending."""

    code: str
    reference: str
    seen: list[str] = field(default_factory=list)


def begin(page: Page, language: str) -> None:
    """Open the start page, say that it was read, and begin."""
    page.goto(f"/{language}/")
    page.locator("main [name=read]").check()
    follow(page.locator("form[action$='/begin'] button").first)


def fill(page: Page, answers: Answers) -> None:
    """Fill the fields of one page, whatever kind they are; what only comes up by an answer, when it is there."""
    for name, value in answers.items():
        if name in {TO_ALL, PLACE_TO_ALL}:
            for box in page.locator(f"main [name^='{name}'][value='{value}']").all():
                box.check()
        elif name != LISTED and page.locator(f"main [name='{name}']").count():
            _fill_one(page, name, value)


def go_on(page: Page) -> None:
    """Press Continue."""
    follow(page.locator("button[name=go][value=on]"))


Look = Callable[[Page, str], None]


def _just_go_on(page: Page, name: str) -> None:
    """Look at nothing."""


def walk(
    page: Page, language: str, steps: Mapping[str, Answers], files: Sequence[Path] = (), look: Look = _just_go_on
) -> None:
    """From the start page to the page that shows the code; `look` is called with each page on the way."""
    begin(page, language)
    for name, answers in steps.items():
        assert page.url.split("?")[0].endswith(f"/steps/{name}"), f"expected step {name}, am at {page.url}"
        look(page, name)
        answer(page, name, answers, look)
    assert page.url.endswith("/steps/files"), page.url
    if files:
        page.set_input_files("input[type=file]", [str(path) for path in files])
        follow(page.locator("form[enctype] button").first)
    look(page, "files")
    page.goto(f"/{language}/steps/check")
    look(page, "check")
    page.goto(f"/{language}/send")
    look(page, "send")


def answer(page: Page, name: str, answers: Answers, look: Look = _just_go_on) -> None:
    """Answer one step, with all who are added on it, and go on."""
    for added in answers.get(LISTED, ()):
        fill(page, answers)
        add(page, added, look)
    _go_on_until_left(page, name, answers)


def add(page: Page, added: Added, look: Look = _just_go_on) -> None:
    """Add somebody to the list of the page, or tell about somebody who stands in it; back on that page afterwards."""
    if "add" in added:
        follow(page.locator(f"button[name=go][value='add:{added['add']}']"))
    else:
        follow(page.locator(f"main a[href*='/{added['change']}']").first)
    for about, answers in added.items():
        if about not in {"add", "change"}:
            assert page.url.split("?")[0].endswith(f"/{about}"), f"expected {about}, am at {page.url}"
            look(page, about)
            _go_on_until_left(page, about, answers)


def _go_on_until_left(page: Page, name: str, answers: Answers) -> None:
    """Fill in and go on; the same page comes again when an answer let a question come up."""
    for _ in range(2):
        fill(page, answers)
        go_on(page)
        if not page.url.split("?")[0].split("#")[0].endswith(f"/{name}"):
            return


def code_shown(page: Page) -> str:
    """The code on the page."""
    return re.sub(r"[^0-9A-Z]", "", page.locator(".app-code__groups").inner_text())


def type_back(page: Page, code: str) -> None:
    """Type the two groups that the page asks for."""
    for name in ("first", "second"):
        field_ = page.locator(f"input[name={name}]")
        label = page.locator(f"label[for={field_.get_attribute('id')}]").inner_text()
        number = int("".join(str(int(sign)) for sign in label if sign.isdigit()))
        field_.fill(code[4 * (number - 1) : 4 * number].lower())


def send(page: Page) -> Told:
    """Send from the page that shows the code; gives what the source has in hand then."""
    code = code_shown(page)
    type_back(page, code)
    follow(page.locator("main form button").first)
    assert "/status" in page.url, page.locator("main").inner_text()
    found = re.search(r"IES-\d{4}-\d{5}", page.locator("main").inner_text())
    assert found, page.locator("main").inner_text()
    return Told(code, found.group())


def come_back(page: Page, language: str, code: str) -> None:
    """Come back with the code."""
    page.goto(f"/{language}/return")
    page.locator("input[name=code]").fill(code)
    follow(page.locator("main form button").first)


def _fill_one(page: Page, name: str, value: Any) -> None:
    found = page.locator(f"main [name='{name}']")
    kind = found.first.get_attribute("type") or found.first.evaluate("node => node.tagName.toLowerCase()")
    if kind == "radio":
        page.locator(f"main [name='{name}'][value='{value}']").check()
    elif kind == "checkbox":
        for one in value:
            page.locator(f"main [name='{name}'][value='{one}']").check()
    elif kind == "select":
        found.select_option(value)
    elif isinstance(value, tuple):
        for at, part in enumerate(value):
            found.nth(at).fill(part)
    else:
        found.fill(value)
