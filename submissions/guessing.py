"""In which language a text is written: a guess, for its source to confirm. Pure.

Letters of sequences of three are compared with what lingua has counted in each language; nothing of the text is kept.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache

from babel import Locale
from lingua import Language, LanguageDetector, LanguageDetectorBuilder

# More text makes no better guess. What is longer is looked at in the beginning only.
LETTERS_MOST = 2_000
# In fewer letters than these a guess would mostly be luck. A sign of these scripts says as much as several letters.
LETTERS_LEAST = 20
WEIGHTY, WEIGHT = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL"), 3

# The six languages of the United Nations, and others in which many complaints are written. Each takes memory (docs/
# decisions/0017); a language that is missing is guessed as its neighbour, which is why the source is asked.
LANGUAGES = (
    Language.ARABIC,
    Language.CHINESE,
    Language.ENGLISH,
    Language.FRENCH,
    Language.RUSSIAN,
    Language.SPANISH,
    Language.BENGALI,
    Language.GERMAN,
    Language.HINDI,
    Language.INDONESIAN,
    Language.ITALIAN,
    Language.JAPANESE,
    Language.KOREAN,
    Language.PERSIAN,
    Language.PORTUGUESE,
    Language.SOMALI,
    Language.SWAHILI,
    Language.TURKISH,
    Language.UKRAINIAN,
    Language.URDU,
    Language.VIETNAMESE,
)
CODES = tuple(sorted(language.iso_code_639_1.name.lower() for language in LANGUAGES))


def guess(text: str) -> str | None:
    """The code of ISO 639-1 of the language that a text is probably in; None where there is too little to go by."""
    letters = _letters_of(text)
    if _weight(letters) < LETTERS_LEAST:
        return None
    found = _detector().detect_language_of(letters)
    return found.iso_code_639_1.name.lower() if found else None


def names_of_languages(page_language: str) -> Mapping[str, str]:
    """The names of all languages that may be guessed, in the language of a page, by code, in order of name."""
    names = Locale.parse(page_language).languages
    named = {code: str(names.get(code, code)) for code in CODES}
    return dict(sorted(named.items(), key=lambda pair: pair[1].casefold()))


@cache
def _detector() -> LanguageDetector:
    # Made when it is first asked, since most processes never ask. Two that ask at once make it twice, without harm.
    return LanguageDetectorBuilder.from_languages(*LANGUAGES).with_low_accuracy_mode().build()


def _letters_of(text: str) -> str:
    """The beginning without what no language is known by: digits, marks of direction, signs that nobody sees."""
    seen = text[: LETTERS_MOST * 2]
    kept = (sign if _is_letter(sign) else "" if unicodedata.category(sign) == "Cf" else " " for sign in seen)
    return " ".join("".join(kept).split())[:LETTERS_MOST]


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM" or sign in "'’"


def _weight(letters: str) -> int:
    return sum(WEIGHT if unicodedata.name(sign, "").startswith(WEIGHTY) else 1 for sign in letters if sign.isalpha())
