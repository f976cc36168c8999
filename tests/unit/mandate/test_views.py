import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from foundation.i18n import speak
from foundation.languages import UN_LANGUAGES
from mandate.facts import mandate_facts
from mandate.rows import SIX
from mandate.views import bp

TEMPLATES = Path(__file__).parents[3] / "templates"
FRAME = "<title>{% block page_title %}{% endblock %}</title>{% block content %}{% endblock %}"

# What the page that the product is built for tells, in the words that every language shares.
FACTS = [
    "2005/55", "7/5", "17/6", "26/6", "35/3", "44/11", "53/5", "Cecilia M. Bailliet", "Obiora C. Okafor",
    "Virginia Dandan", "Rudi Muhammad Rizki", "J.D.", "A/HRC/53/32", "PDF",
    "OHCHR-UNOG|HCDH-ONUG|ACNUDH-ONUG", "8-14 Avenue de la Paix", "928 9010", "hrc-ie-solidarity@un.org", "2020-07-09",
    "2019-06-26", "2019-06-25",
]  # fmt: skip


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = Flask(__name__)
    app.jinja_loader = ChoiceLoader([DictLoader({"layout/public.html": FRAME}), FileSystemLoader(TEMPLATES)])
    speak(app, "public", UN_LANGUAGES)
    app.register_blueprint(bp)
    with app.test_client() as opened:
        yield opened


@pytest.mark.parametrize("language", SIX)
@pytest.mark.parametrize("fact", FACTS)
def test_the_page_tells_every_fact_in_every_language(client: FlaskClient, language: str, fact: str) -> None:
    page = client.get(f"/{language}/mandate").text
    assert any(form in page for form in fact.split("|"))


@pytest.mark.parametrize("language", SIX)
def test_the_page_tells_from_when_to_when_each_former_holder_served(client: FlaskClient, language: str) -> None:
    page = client.get(f"/{language}/mandate").text
    # Each language writes a span of years in its own way; both years stand close together in all of them.
    for first, last in (("2017", "2023"), ("2011", "2017"), ("2005", "2011")):
        assert re.search(rf"{first}\D{{1,12}}{last}", page), (first, last)


@pytest.mark.parametrize("language", SIX)
def test_the_page_speaks_its_language(client: FlaskClient, language: str) -> None:
    page = client.get(f"/{language}/mandate").text
    facts = mandate_facts()
    shown = [*facts.definition, *facts.objectives, *facts.work, *facts.holder.facts, facts.key_document.note]
    shown += [facts.title, facts.current_resolution.note, *(video.title for video in facts.videos)]
    missing = [text[language] for text in shown if text[language] not in page]
    assert missing == []


def test_dates_are_written_as_the_language_writes_them(client: FlaskClient) -> None:
    assert "12 juillet 2023" in client.get("/fr/mandate").text
    assert "July 12, 2023" in client.get("/en/mandate").text
    assert "2023年7月12日" in client.get("/zh/mandate").text


def test_headings_start_with_one_first_and_skip_no_level(client: FlaskClient) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", client.get("/en/mandate").text)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_the_draft_is_marked_as_not_adopted(client: FlaskClient) -> None:
    assert "Draft, not adopted" in client.get("/en/mandate").text


def test_another_language_is_not_found(client: FlaskClient) -> None:
    assert client.get("/de/mandate").status_code == 404


def test_the_page_sets_no_cookie_and_asks_nobody_else(client: FlaskClient) -> None:
    answer = client.get("/ru/mandate")
    assert "Set-Cookie" not in answer.headers
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.text)
    assert not re.findall(r"<script|<style|\sstyle=", answer.text)
