"""The languages of the product, as data."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True)
class Language:
    """A language with its own name and the direction in which it is written."""

    code: str
    name: str
    direction: Direction = "ltr"


ARABIC = Language("ar", "العربية", "rtl")
CHINESE = Language("zh", "中文")
ENGLISH = Language("en", "English")
FRENCH = Language("fr", "Français")
RUSSIAN = Language("ru", "Русский")
SPANISH = Language("es", "Español")

UN_LANGUAGES = (ARABIC, CHINESE, ENGLISH, FRENCH, RUSSIAN, SPANISH)
DESK_LANGUAGES = (ENGLISH, FRENCH, SPANISH)
BY_CODE = {language.code: language for language in UN_LANGUAGES}
