"""The public face as sources meet it: the real face of an installation, and a browser that reads and sends its forms.

Every answer that a `Browser` is given is held to what each page promises, whatever a test looks for.
"""

import atexit
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import gettext, ngettext
from werkzeug.test import TestResponse

import foundation.clock
import foundation.i18n
from app import create_app
from config import read_settings
from foundation.clock import Clock, geneva_day
from foundation.languages import UN_LANGUAGES
from foundation.means import Means
from submissions import drafts, questionnaire
from submissions.codes import GROUP
from submissions.drafts import OpenDraft, Visitor
from submissions.questions import Kind, Question, Record, Step
from submissions.records import COLLECTIONS
from tests.compiled import compile_once
from tests.databases import role_url
from tests.public_answers import Answers, typed_in
from tests.reading_pages import Form, Page, plain

LANGUAGES = tuple(language.code for language in UN_LANGUAGES)
Typed = Mapping[str, str | Sequence[str] | None]
# Nobody in a test is slowed but where it asks for that.
UNHURRIED = {
    "BEGINS_A_MINUTE": "100000",
    "SENDINGS_A_MINUTE": "100000",
    "MESSAGES_A_MINUTE": "100000",
    "UPLOAD_MEGABYTES_A_MINUTE": "100000",
    "FORM_SECONDS_LEAST": "0",
}
# Pages that show something of a visit, or of what was told in it.
PAGES = ("steps/what", "steps/people", "steps/files", "steps/check", "code", "send", "status", "withdraw")
Files = Sequence[tuple[str, bytes]]


@contextmanager
def public_face(instance: Path, database_url: str, clock: Clock, **env: str) -> Iterator[Flask]:
    """The face as an installation starts it, with a clock of the tests and today's catalogues."""
    url = role_url(database_url, "public")
    settings = read_settings({"INSTANCE_DIR": str(instance), "DATABASE_URL": url, "DEMO": "1", **UNHURRIED, **env})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(foundation.clock, "now", clock)
        patch.setattr(foundation.i18n, "TRANSLATIONS", _workshop() / "translations")
        app = create_app(settings, "public")
    compile_once(app)
    yield app
    means_of(app).database.engine.dispose()


def means_of(app: Flask) -> Means:
    """What the face holds."""
    found: Means = app.extensions["means"]
    return found


def said(app: Flask, language: str, text: str, **names: Any) -> str:
    """What the face says for an English text in a language."""
    with app.test_request_context(f"/{language}/"):
        return plain(gettext(text, **names))


def said_of_many(app: Flask, language: str, one: str, many: str, number: int, **names: Any) -> str:
    """The same for a text that depends on a number."""
    with app.test_request_context(f"/{language}/"):
        return plain(ngettext(one, many, number, **names))


class Browser:
    """One visitor with a cookie jar. `seen` holds every answer that came."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.seen: list[Page] = []

    @property
    def cookie(self) -> str:
        """The value of the visit's cookie; empty if there is none."""
        kept = self.client.get_cookie("visit")
        return kept.value if kept else ""

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.set_cookie("visit", value)

    def get(self, path: str) -> Page:
        """Open a page and go where it leads."""
        return self.follow(self.look(path))

    def look(self, path: str) -> Page:
        """Open a page without going where it leads."""
        return self.keep(self.client.get(path))

    def send(self, form: Form, typed: Typed | None = None, go: str = "", files: Files = ()) -> Page:
        """Press a button of a form in which `typed` was filled in; a value of None takes a field out of it."""
        fields = {**form.filled(typed or {}), **({"go": [go]} if go else {})}
        if not form.multipart:
            return self.keep(self.client.post(form.action, data=fields))
        parts = {**fields, "files": [(BytesIO(content), name) for name, content in files or [("", b"")]]}
        answer = self.client.post(form.action, data=parts, content_type="multipart/form-data")
        # The test client keeps large uploads in a temporary file, and leaves it open.
        answer.request.environ["wsgi.input"].close()
        return self.keep(answer)

    def press(self, form: Form, typed: Typed | None = None, go: str = "", files: Files = ()) -> Page:
        """Send a form and go where it leads."""
        return self.follow(self.send(form, typed, go, files))

    def follow(self, page: Page) -> Page:
        """Go where an answer leads, as long as that is on this site."""
        while page.location.startswith("/"):
            page = self.look(page.location)
        return page

    def post(self, path: str, **request: Any) -> Page:
        """Send something that no form of the site would send."""
        return self.keep(self.client.post(path, **request))

    def keep(self, answer: TestResponse) -> Page:
        """Remember an answer that came, and hold it to its promises."""
        page = Page(answer)
        # As a server does once the answer has left.
        answer.close()
        hold_to_promises(page)
        self.seen.append(page)
        return page

    def token(self) -> str:
        """A CSRF token that this browser may send."""
        return self.get("/en/return").form("/return").filled({})["csrf_token"][0]


def hold_to_promises(page: Page) -> None:
    """Raises AssertionError for an answer that breaks what every answer of the face promises."""
    told = f"{page.path} ({page.status})"
    assert page.status < 500, told
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'"), told
    assert page.headers["Cache-Control"] == "no-store", told
    assert page.headers["Referrer-Policy"] == "same-origin", told
    assert len(page.cookies) <= 1, told
    for cookie in page.cookies:
        ends = "Max-Age=0" in cookie
        assert cookie.startswith("visit="), told
        assert "HttpOnly" in cookie, told
        assert ends or ("SameSite=Strict" in cookie and "Max-Age" not in cookie and "Expires" not in cookie), told


def visitor_of(browser: Browser) -> Visitor:
    """Who is there, as the cookie says."""
    with browser.client.session_transaction() as session:
        return Visitor(**session["visit"])


def draft_of(browser: Browser) -> OpenDraft:
    """The draft as it is kept. Raises what `drafts.open_draft` raises."""
    means = means_of(browser.app)
    with means.database.reading() as database:
        return drafts.open_draft(database, visitor_of(browser), geneva_day(means.clock()))


def begin(browser: Browser, language: str = "en") -> Page:
    """Begin a draft; gives the first step."""
    return browser.press(browser.get(f"/{language}/").form("/begin"), {"read": "y"})


def walk(browser: Browser, answers: Answers, language: str = "en", until: str = "") -> Page:
    """Begin and answer all steps, or all before the step `until`; gives the page after them."""
    page = begin(browser, language)
    for step in questionnaire.steps_for(answers):
        if step.name == until:
            return page
        assert page.path.split("?")[0].endswith(f"/steps/{step.name}"), page.path
        page = answer(browser, page, step, answers)
    return page


def answer(browser: Browser, page: Page, step: Step, answers: Answers) -> Page:
    """Answer one step with all that it asks for; gives the page after it."""
    for question in step.asked(answers):
        for record in answers.get(question.name) or () if question.kind == Kind.RECORDS else ():
            page = add_record(browser, page, step, question, answers, record)
    return fill(browser, page, typed_in(step, answers))


def add_record(browser: Browser, page: Page, step: Step, question: Question, answers: Answers, record: Record) -> Page:
    """Add one person, group or company from the page with the list; gives that page again."""
    button = f"add:{question.collection}:{record['kind']}"
    page = browser.press(page.form(f"/steps/{step.name}"), typed_in(step, answers), go=button)
    for about in COLLECTIONS[question.collection].pages_for(record):
        assert page.path.split("?")[0].endswith(f"/{about.name}"), page.path
        page = fill(browser, page, typed_in(about, record))
    return page


def fill(browser: Browser, page: Page, typed: Typed) -> Page:
    """Fill in what the page offers and go on; an answer may let a question come up on the same page."""
    before, here = -1, page.path.split("?")[0]
    while page.path.split("?")[0] == here and len(fields := _fields_on(page)) > before:
        before = len(fields)
        page = browser.press(page.form(), {name: value for name, value in typed.items() if name in fields}, go="on")
    return page


def _fields_on(page: Page) -> set[str]:
    form = page.form()
    return form.written | set(form.offered)


def shows_what_was_told(browser: Browser, planted: str) -> bool:
    """Whether a page of the visit shows what was planted, or a code."""
    pages = [browser.get(f"/en/{page}") for page in PAGES]
    return any(planted in page.html or page.read.code for page in pages)


def leads_to_the_code(browser: Browser) -> bool:
    """Whether each page of a visit only asks for the code."""
    return {browser.look(f"/en/{page}").location for page in PAGES} == {"/en/return?ended=1"}


def open_step(browser: Browser, step: Step, answers: Answers, language: str = "en") -> Form:
    """The form of one step, for somebody who has given these answers to all steps before it, without walking there."""
    browser.send(browser.get(f"/{language}/").form("/begin"), {"read": "y"})
    before = questionnaire.STEPS[: questionnaire.STEPS.index(step)]
    given = {asked.name for earlier in before for asked in earlier.asked(answers)}
    # A list is not typed: whoever stands in it was added on pages of their own.
    given |= {asked.name for asked in step.asked(answers) if asked.kind == Kind.RECORDS}
    means = means_of(browser.app)
    kept = {name: value for name, value in answers.items() if name in given}
    drafts.save_answers(means.database, visitor_of(browser), geneva_day(means.clock()), kept)
    return browser.get(f"/{language}/steps/{step.name}").form(f"/steps/{step.name}")


def code_of(browser: Browser, language: str = "en") -> str:
    """The code, read from its page."""
    return "".join(browser.get(f"/{language}/code").read.code)


def type_back(page: Page) -> dict[str, str]:
    """The two groups that the last page asks for, copied from that page."""
    code = "".join(page.read.code)
    asked = {name: int("".join(filter(str.isdecimal, page.read.labels[name]))) for name in ("first", "second")}
    return {name: code[GROUP * (number - 1) : GROUP * number] for name, number in asked.items()}


def send(browser: Browser, language: str = "en") -> Page:
    """Send a draft in which nothing is missing; gives the page that tells how far it is."""
    page = browser.get(f"/{language}/send")
    return browser.press(page.form("/send"), type_back(page))


def come_back(browser: Browser, code: str, language: str = "en") -> Page:
    """Come back with a code."""
    return browser.press(browser.get(f"/{language}/return").form("/return"), {"code": code})


@cache
def _workshop() -> Path:
    """A folder for this run, with the catalogues as they are now."""
    folder = Path(mkdtemp(prefix="public-face-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for source in foundation.i18n.TRANSLATIONS.glob("*/LC_MESSAGES/public.po"):
        made = folder / "translations" / source.relative_to(foundation.i18n.TRANSLATIONS).with_suffix(".mo")
        made.parent.mkdir(parents=True)
        with source.open("rb") as texts, made.open("wb") as compiled:
            write_mo(compiled, read_po(texts))
    return folder
