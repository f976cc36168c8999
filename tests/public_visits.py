"""The public face as sources meet it: the real face of an installation, and a browser that reads and sends its forms.

Every answer that a `Browser` is given is held to what each page promises, whatever a test looks for.
"""

import atexit
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
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
from jinja2 import FileSystemBytecodeCache
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
from submissions.days import PartialDay
from submissions.drafts import OpenDraft, Visitor
from submissions.questions import Kind, Question, Step
from submissions.step_fields import VICTIM_PARTS, field_names
from tests.reading_pages import Form, Reader

LANGUAGES = tuple(language.code for language in UN_LANGUAGES)
STATE, VIOLATION = "XXA", "SOL-01"
PAST_DAY, COMING_DAY = "2026-11-02", "2027-03-27"
VICTIM = {"kind": "person", "name": "Mirela Sandu", "details": "She cooks for others."}

Answers = Mapping[str, Any]
Typed = Mapping[str, str | Sequence[str] | None]
Files = Sequence[tuple[str, bytes]]


@contextmanager
def public_face(instance: Path, database_url: str, clock: Clock, **env: str) -> Iterator[Flask]:
    """The face as an installation starts it, with a clock of the tests and today's catalogues."""
    settings = read_settings({"INSTANCE_DIR": str(instance), "DATABASE_URL": database_url, "DEMO": "1", **env})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(foundation.clock, "now", clock)
        patch.setattr(foundation.i18n, "TRANSLATIONS", _workshop() / "translations")
        app = create_app(settings, "public")
    # Templates are compiled once for all tests, and not once for each.
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(_workshop()))
    yield app
    means_of(app).database.engine.dispose()


def means_of(app: Flask) -> Means:
    """What the face holds."""
    found: Means = app.extensions["means"]
    return found


def said(app: Flask, language: str, text: str, **names: Any) -> str:
    """What the face says for an English text in a language."""
    with app.test_request_context(f"/{language}/"):
        return _plain(gettext(text, **names))


def said_of_many(app: Flask, language: str, one: str, many: str, number: int, **names: Any) -> str:
    """The same for a text that depends on a number."""
    with app.test_request_context(f"/{language}/"):
        return _plain(ngettext(one, many, number, **names))


class Page:
    """An answer, as somebody reads it."""

    def __init__(self, answer: TestResponse) -> None:
        self.status, self.headers, self.html = answer.status_code, answer.headers, answer.text
        self.path, self.cookies = answer.request.full_path.rstrip("?"), answer.headers.getlist("Set-Cookie")
        self.location = answer.headers.get("Location", "")

    @cached_property
    def read(self) -> Reader:
        """What stands in the page."""
        return Reader(self.html)

    @property
    def words(self) -> str:
        """All words of the page."""
        return _plain("".join(self.read.words))

    @property
    def summary(self) -> list[str]:
        """What the list of problems says at the head of the page."""
        return [_plain(text) for text in self.read.summary]

    def message(self, field: str) -> str:
        """What is said beside a field; nothing if all is well with it."""
        return _plain(self.read.messages.get(field, ""))

    def form(self, ending: str = "") -> Form:
        """The form whose address ends so; without an ending, the first in which something can be filled in."""
        for form in self.read.forms:
            if form.action.split("?")[0].endswith(ending) if ending else form.can_be_filled:
                return form
        raise AssertionError(f"no form for {ending!r} on {self.path} ({self.status}): {self.words[:400]}")


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
    return browser.press(browser.get(f"/{language}/").form("/begin"))


def walk(browser: Browser, answers: Answers, language: str = "en", until: str = "") -> Page:
    """Begin and answer all steps, or all before the step `until`; gives the page after them."""
    page = begin(browser, language)
    for step in questionnaire.steps_for(answers):
        if step.name == until:
            return page
        assert page.path.split("?")[0].endswith(f"/steps/{step.name}"), page.path
        page = browser.press(page.form(f"/steps/{step.name}"), typed_in(step, answers), go="on")
    return page


def open_step(browser: Browser, step: Step, answers: Answers, language: str = "en") -> Form:
    """The form of one step, for somebody who has given these answers to all steps before it, without walking there."""
    browser.send(browser.get(f"/{language}/").form("/begin"))
    before = questionnaire.STEPS[: questionnaire.STEPS.index(step)]
    given = {asked.name for earlier in before for asked in earlier.asked(answers)}
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


def answers_to_all(**changes: Any) -> dict[str, Any]:
    """An answer to every question that there is; one that is changed to None is left out."""
    given = {question.name: sound_answer(question) for step in questionnaire.STEPS for question in step.questions}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def sound_answer(question: Question) -> Any:
    """An answer in which nothing is wrong, in the shape in which it is kept."""
    if question.kind in {Kind.DAY, Kind.PARTIAL_DAY}:
        return PAST_DAY if question.past else COMING_DAY
    if question.kind in {Kind.CHOICE, Kind.CHOICES}:
        first = question.choices[0].value
        return first if question.kind == Kind.CHOICE else [first]
    listed = {Kind.STATES: [STATE], Kind.VIOLATIONS: [VIOLATION], Kind.VICTIMS: [VICTIM]}
    return listed.get(question.kind) or _words_about(question)


def answers_where(condition: Callable[[Answers], bool]) -> dict[str, Any]:
    """Answers with which nothing is missing and something holds: those to all questions, with one or two changed."""
    changes = list(_changes())
    for first in changes:
        for second in changes:
            answers = answers_to_all(**{**first, **second})
            if condition(answers) and not questionnaire.missing(answers):
                return answers
    raise AssertionError("no answers were found under which this holds")


def typed_in(step: Step, answers: Answers) -> dict[str, str | Sequence[str] | None]:
    """What is typed into the fields of a step to give these answers."""
    typed: dict[str, str | Sequence[str] | None] = {}
    for question in step.asked(answers):
        typed |= typed_for(question, answers.get(question.name))
    return typed


def typed_for(question: Question, answer: Any) -> dict[str, str | Sequence[str] | None]:
    """What is typed into the fields of a question to give this answer; None empties them."""
    names = field_names(question)
    if question.kind == Kind.STATES:
        return dict(zip(names, [*(answer or []), *[""] * len(names)], strict=False))
    if question.kind == Kind.VICTIMS:
        rows = {f"victim_{n}_{part}": row[part] for n, row in enumerate(answer or [], 1) for part in VICTIM_PARTS}
        return rows or {"victim_1_name": "", "victim_1_details": ""}
    if question.kind in {Kind.DAY, Kind.PARTIAL_DAY}:
        day = PartialDay.from_iso(answer) if answer else None
        return {question.name: [f"{day.day or 0:02}", f"{day.month:02}", str(day.year)] if day else ["", "", ""]}
    if question.kind in {Kind.CHOICE, Kind.CHOICES, Kind.VIOLATIONS}:
        return {question.name: answer}
    return {question.name: answer or ""}


def _words_about(question: Question) -> str:
    return "someone@example.org" if question.kind == Kind.EMAIL else f"Words about {question.name}"[: question.most]


def _changes() -> Iterator[dict[str, Any]]:
    yield {}
    for step in questionnaire.STEPS:
        for question in step.questions:
            yield {question.name: None}
            if question.kind == Kind.CHOICE:
                yield from ({question.name: choice.value} for choice in question.choices)


def _plain(text: str) -> str:
    return " ".join(text.split())


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
