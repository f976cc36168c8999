"""Reading pages as a browser does: words, forms with what is filled in, and what is said to be wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

from werkzeug.test import TestResponse

Typed = Mapping[str, str | Sequence[str] | None]
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "path", "wbr"}


@dataclass
class Form:
    """A form with what a browser would send of it, before a button is pressed."""

    action: str
    multipart: bool = False
    fields: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    @property
    def can_be_filled(self) -> bool:
        """Whether there is more in it than hidden fields and buttons, or it is a page of questions."""
        return bool(self.offered or self.written or self.multipart or "asked" in self.fields)

    def filled(self, typed: Typed) -> dict[str, list[str]]:
        """All fields, with what was typed put in; None takes a field out."""
        changed = {name: [value] if isinstance(value, str) else list(value or ()) for name, value in typed.items()}
        return {name: values for name, values in {**self.fields, **changed}.items() if values}

    def add(self, name: str, value: str) -> None:
        """Take one more value that would be sent."""
        self.fields.setdefault(name, []).append(value)


class Reader(HTMLParser):
    """What stands in a page. `summary` and `messages` are what is said to be wrong, the latter by field."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language, self.title = "", ""
        self.words: list[str] = []
        self.forms: list[Form] = []
        self.summary: list[str] = []
        self.messages: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        self.code: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, Mapping[str, str]]] = []
        self._form: Form | None = None
        self._textarea: list[str] | None = None
        self._select: tuple[str, list[tuple[str, bool]]] = ("", [])
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append((tag, given))
        reading = getattr(self, f"_start_{tag}", None)
        if reading:
            reading(given)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        reading = getattr(self, f"_end_{tag}", None)
        if reading:
            reading()

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.append(data)
        self.words.append(data)
        if not data.isspace():
            for tag, given in self._open:
                self._take(tag, given, data)

    def _take(self, tag: str, given: Mapping[str, str], data: str) -> None:
        classes = given.get("class", "")
        if tag == "title":
            self.title += data
        if tag == "label":
            self.labels[given["for"]] = self.labels.get(given["for"], "") + data
        if tag == "li" and self._inside("govuk-error-summary__list"):
            self.summary[-1] += data
        if "govuk-error-message" in classes and "govuk-visually-hidden" not in self._open[-1][1].get("class", ""):
            name = given["id"].removesuffix("-error").removesuffix("-date")
            self.messages[name] = self.messages.get(name, "") + data.removeprefix(":")
        if "app-code__groups" in classes and data.strip():
            self.code.append(data.strip())

    def _inside(self, name: str) -> bool:
        return any(name in given.get("class", "") for _, given in self._open)

    def _start_html(self, given: Mapping[str, str]) -> None:
        self.language = given["lang"]

    def _start_a(self, given: Mapping[str, str]) -> None:
        self.links.append(given["href"])

    def _start_li(self, given: Mapping[str, str]) -> None:
        if self._inside("govuk-error-summary__list"):
            self.summary.append("")

    def _start_form(self, given: Mapping[str, str]) -> None:
        assert given["method"] in {"get", "post"}
        self._form = Form(given["action"], given.get("enctype") == "multipart/form-data")
        self.forms.append(self._form)

    def _end_form(self) -> None:
        self._form = None

    def _start_input(self, given: Mapping[str, str]) -> None:
        assert self._form is not None, "a field stands outside of every form"
        kind, name, value = given.get("type", "text"), given["name"], given.get("value", "")
        if kind in {"radio", "checkbox"}:
            self._form.offered.setdefault(name, []).append(value)
        elif kind not in {"hidden", "file"}:
            self._form.written.add(name)
        if kind != "file" and (kind not in {"radio", "checkbox"} or "checked" in given):
            self._form.add(name, value)

    def _start_textarea(self, given: Mapping[str, str]) -> None:
        self._textarea = []
        assert self._form is not None
        self._form.written.add(given["name"])
        self._select = (given["name"], [])

    def _end_textarea(self) -> None:
        assert self._form is not None
        self._form.add(self._select[0], "".join(self._textarea or []))
        self._textarea = None

    def _start_select(self, given: Mapping[str, str]) -> None:
        self._select = (given["name"], [])

    def _start_option(self, given: Mapping[str, str]) -> None:
        self._select[1].append((given["value"], "selected" in given))

    def _end_select(self) -> None:
        assert self._form is not None
        name, options = self._select
        self._form.offered[name] = [value for value, _ in options]
        self._form.add(name, next((value for value, chosen in options if chosen), options[0][0]))


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
        return plain("".join(self.read.words))

    @property
    def summary(self) -> list[str]:
        """What the list of problems says at the head of the page."""
        return [plain(text) for text in self.read.summary]

    def message(self, field: str) -> str:
        """What is said beside a field; nothing if all is well with it."""
        return plain(self.read.messages.get(field, ""))

    def form(self, ending: str = "") -> Form:
        """The form whose address ends so; without an ending, the first in which something can be filled in."""
        for form in self.read.forms:
            if form.action.split("?")[0].endswith(ending) if ending else form.can_be_filled:
                return form
        raise AssertionError(f"no form for {ending!r} on {self.path} ({self.status}): {self.words[:400]}")


def plain(text: str) -> str:
    """Text with one space wherever there is room."""
    return " ".join(text.split())
