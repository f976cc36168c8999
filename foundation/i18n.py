"""Which language a page speaks: that of its address, or of the signed-in person's choice."""

from pathlib import Path

from flask import Flask, current_app, request
from flask_babel import Babel

from foundation.languages import BY_CODE, ENGLISH, Language

TRANSLATIONS = Path(__file__).parent.parent / "translations"
CHOICE = "language"


def speak(app: Flask, domain: str, languages: tuple[Language, ...]) -> None:
    """Let `app` speak `languages`, with the texts of one gettext domain."""
    app.config["LANGUAGES"] = languages
    Babel(
        app,
        default_locale=ENGLISH.code,
        default_domain=domain,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=page_language,
    )
    app.context_processor(_page_words)


def page_language() -> str:
    """The code of the page's language: from the address, else a choice, else what the browser asks for."""
    codes = [language.code for language in _offered()]
    named = (request.view_args or {}).get("lang") or _first_part_in(codes) or request.cookies.get(CHOICE)
    if named in codes:
        return str(named)
    # A browser that takes any language gets the first that is offered here.
    codes.sort(key=lambda code: code != ENGLISH.code)
    return request.accept_languages.best_match(codes) or ENGLISH.code


def _offered() -> tuple[Language, ...]:
    offered: tuple[Language, ...] = current_app.config["LANGUAGES"]
    return offered


def _first_part_in(codes: list[str]) -> str | None:
    # An address that leads nowhere has no view and so no arguments, but its error page still has a language.
    return next((part for part in request.path.split("/")[1:3] if part in codes), None)


def _page_words() -> dict[str, object]:
    code = page_language()
    return {"page_language": code, "text_direction": BY_CODE[code].direction, "languages": _offered()}
