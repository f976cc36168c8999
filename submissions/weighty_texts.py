"""The texts on which somebody decides whether to write, what to agree to and how to stay safe: one small table.

A wrong word in them can harm. So a person reviews each, in each language, at the desk. What is reviewed are the words
themselves: they are read from the page and from the questionnaire, never written here a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path

from jinja2.ext import babel_extract

from foundation.catalogues import catalogue
from foundation.languages import ENGLISH
from foundation.words import N_
from submissions.questionnaire import BY_NAME

TEMPLATES = Path(__file__).parent.parent / "templates"
DOMAIN = "public"
MARKS = ["_", "ngettext"]
# The fields of a step, its questions and its choices that hold words for whoever answers.
WORDED = frozenset({"title", "intro", "label", "hint", "if_missing"})
# One number for each plural form of the six languages.
NUMBERS = (0, 1, 2, 3, 11, 100)

Text = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class WeightyText:
    """A text that is reviewed as one: the words of some pages, and of some steps of the questionnaire."""

    name: str
    title: str
    pages: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


WEIGHTY = (
    WeightyText("start", N_("Start"), pages=("public/start.html",)),
    WeightyText("what-happens", N_("What happens to what you send"), pages=("public/what_happens.html",)),
    WeightyText("safer-use", N_("How to write more safely"), pages=("public/safer_use.html",)),
    WeightyText("may-help", N_("What may help"), pages=("public/guided.html",)),
    WeightyText("consent", N_("What you agree to"), steps=("consent", "told")),
    WeightyText("you", N_("About you"), pages=("public/_you_words.html",), steps=("you",)),
    WeightyText("code", N_("Keep your code, then send"), pages=("public/send.html", "public/_keep_code.html")),
    WeightyText("take-back", N_("Take it back"), pages=("public/withdraw.html",)),
)
BY_TEXT = {text.name: text for text in WEIGHTY}


def words_of(text: WeightyText, language: str) -> tuple[str, ...]:
    """What it says in a language, piece by piece, with names in place of what is filled in."""
    if language == ENGLISH.code:
        return tuple(words for piece in _pieces(text) for words in ([piece] if isinstance(piece, str) else piece))
    return tuple(words for piece in _pieces(text) for words in _said(piece, language))


@cache
def _pieces(text: WeightyText) -> tuple[Text, ...]:
    """Its texts as they stand in the code, in their order, each once."""
    found = [piece for page in text.pages for piece in _on_page(page)]
    found += [piece for step in text.steps for piece in _in_step(BY_NAME[step])]
    return tuple(dict.fromkeys(found))


def _on_page(page: str) -> Iterator[Text]:
    with (TEMPLATES / page).open("rb") as source:
        for _line, _function, message, _comments in babel_extract(source, MARKS, [], {"trimmed": "false"}):
            forms = [message] if isinstance(message, str) else [str(form) for form in message or () if form]
            yield (forms[0], forms[1]) if len(forms) > 1 else forms[0]


def _in_step(part: object) -> Iterator[str]:
    if isinstance(part, tuple):
        for one in part:
            yield from _in_step(one)
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name in WORDED and value:
                yield str(value)
            elif isinstance(value, tuple):
                yield from _in_step(value)


def _said(piece: Text, language: str) -> list[str]:
    texts = catalogue(DOMAIN, language)
    if isinstance(piece, str):
        return [texts.gettext(piece)]
    return list(dict.fromkeys(texts.ngettext(*piece, number) for number in NUMBERS))
