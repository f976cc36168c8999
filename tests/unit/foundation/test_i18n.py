"""A page speaks the language of its address, else of a choice, else of the browser."""

import pytest
from flask import Flask, render_template_string
from flask_babel import get_locale

from foundation.i18n import CHOICE, page_language, speak
from foundation.languages import BY_CODE, DESK_LANGUAGES, UN_LANGUAGES, Language


def make_app(languages: tuple[Language, ...] = UN_LANGUAGES) -> Flask:
    app = Flask("face")
    speak(app, "public", languages)

    @app.get("/<lang>/page")
    @app.get("/desk/page")
    def page(lang: str = "") -> str:
        assert str(get_locale()) == page_language()
        return render_template_string("{{ page_language }} {{ text_direction }} {{ languages | length }}")

    @app.errorhandler(404)
    def missing(error: Exception) -> str:
        return page_language()

    return app


def asked(address: str, choice: str = "", browser: str = "", languages: tuple[Language, ...] = UN_LANGUAGES) -> str:
    client = make_app(languages).test_client()
    if choice:
        client.set_cookie(CHOICE, choice)
    return client.get(address, headers={"Accept-Language": browser}).text


@pytest.mark.parametrize("code", [language.code for language in UN_LANGUAGES])
def test_the_address_decides_before_choice_and_browser(code: str) -> None:
    assert asked(f"/{code}/page", choice="en", browser="fr").startswith(code)


def test_arabic_is_written_from_right_to_left_and_the_others_are_not() -> None:
    assert {code: asked(f"/{code}/page").split()[1] for code in BY_CODE} == {
        "ar": "rtl",
        "zh": "ltr",
        "en": "ltr",
        "fr": "ltr",
        "ru": "ltr",
        "es": "ltr",
    }


def test_where_the_address_names_no_language_a_choice_decides() -> None:
    assert asked("/desk/page", choice="es", browser="fr").startswith("es")


@pytest.mark.parametrize(
    ("browser", "language"),
    [
        ("fr", "fr"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("pt-BR, es;q=0.7, en;q=0.3", "es"),
        ("zh-Hant-TW", "zh"),
        ("de, it", "en"),
        ("", "en"),
        ("*", "en"),
        ("nonsense;;q=x", "en"),
    ],
)
def test_without_a_choice_the_browser_decides_and_else_english(browser: str, language: str) -> None:
    assert asked("/desk/page", browser=browser).startswith(language)


@pytest.mark.parametrize("choice", ["xx", "../../etc", "FR", "ar; x"])
def test_a_choice_that_is_not_offered_counts_for_nothing(choice: str) -> None:
    assert asked("/desk/page", choice=choice, browser="fr").startswith("fr")


def test_a_face_speaks_only_what_it_offers() -> None:
    assert asked("/desk/page", choice="ar", browser="ru, fr;q=0.5", languages=DESK_LANGUAGES).startswith("fr")
    assert asked("/ar/page", languages=DESK_LANGUAGES).startswith("en")
    assert asked("/desk/page", languages=DESK_LANGUAGES).endswith("3")


@pytest.mark.parametrize("address", ["/ar/nowhere", "/portal/ar/nowhere", "/ar"])
def test_an_address_that_leads_nowhere_still_has_a_language(address: str) -> None:
    assert asked(address, browser="fr") == "ar"
    assert asked("/nowhere/at/all/ar", browser="fr") == "fr"


def test_languages_name_themselves() -> None:
    assert {language.code for language in DESK_LANGUAGES} < set(BY_CODE)
    assert all(language.name for language in UN_LANGUAGES)
    assert len({language.name for language in UN_LANGUAGES}) == 6
