"""The texts of a gettext domain in a language, for work that has no page: reading what pages say, not showing it."""

import gettext
from functools import cache
from pathlib import Path

TRANSLATIONS = Path(__file__).parent.parent / "translations"


@cache
def catalogue(domain: str, language: str, folder: Path = TRANSLATIONS) -> gettext.NullTranslations:
    """The compiled catalogue; English, or a language without one, gives each text as it stands in the code."""
    return gettext.translation(domain, folder, [language], fallback=True)
