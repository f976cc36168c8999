"""What a page says in a language, looked up as the product does, so that a journey does not repeat translations."""

from functools import cache

from babel.support import Translations

from foundation.i18n import TRANSLATIONS


@cache
def _catalogue(language: str, domain: str) -> Translations:
    return Translations.load(TRANSLATIONS, [language], domain)  # type: ignore[return-value]


def said(language: str, text: str, domain: str = "public") -> str:
    """The words for an English text in a language."""
    return str(_catalogue(language, domain).gettext(text))
