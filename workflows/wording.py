"""Words and where they stand: tolerant of case, accents, Arabic vowel signs and typing, always true to the original.

A text is folded character by character, and for each folded character the place it came from is kept, so that what
is found in the folded text can be shown in the text as it was written.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
WIDEST_GAP: Final = 3
LONGEST_WORD: Final = 40
ABBREVIATIONS: Final = frozenset(
    {"mr", "mrs", "ms", "dr", "sr", "sra", "dra", "mme", "mlle", "st", "art", "prof", "gen", "col", "capt", "lt"}
)

_TOKENS = re.compile(rf"[{HAN}]|[^\W_{HAN}]+|[.!?;。؟]|\n\n")
_ENDS = frozenset(".!?;。؟")
_DROPPED = {"Mn", "Me", "Cf"}
# Letters that are written one for the other in Arabic and Persian typing, and the tatweel, which only stretches.
_SAME = {"\u0640": "", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "’": "'", "ʼ": "'"}


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character).casefold()
    kept = (part for part in parts if unicodedata.category(part) not in _DROPPED)
    return "".join(_as_digit(_SAME.get(part, part)) for part in kept)


def _as_digit(part: str) -> str:
    return str(unicodedata.digit(part)) if part.isdigit() else part


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the index in `text` that it came from."""
    pieces: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        piece = _fold_character(character)
        pieces.append(piece)
        places.extend([at] * len(piece))
    return "".join(pieces), places


def fold(text: str) -> str:
    """The folded text alone."""
    return "".join(map(_fold_character, text))


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a pattern: words that fit whole, beginnings that fit, and how many words may stand before it."""

    whole: frozenset[str]
    starts: frozenset[str]
    gap: int


Pattern: TypeAlias = tuple[Place, ...]


def parse_pattern(text: str) -> Pattern:
    """Read a phrase: `a|b` is either word, `word*` any ending, `..` up to three words between.

    Each Han character is a word of its own. Raises ValueError for a phrase without a word, for a gap at its ends and
    for a beginning of fewer than two letters, since that would fit almost anything.
    """
    places: list[Place] = []
    gap = 0
    for part in text.split():
        if part == "..":
            gap = WIDEST_GAP
            continue
        for piece in _split_han(part):
            places.append(_place(piece, gap))
            gap = 0
    if not places or gap or places[0].gap:
        raise ValueError(f"not a phrase: {text}")
    return tuple(places)


def _split_han(part: str) -> list[str]:
    return list(part) if re.fullmatch(rf"[{HAN}]+", part) else [part]


def _place(part: str, gap: int) -> Place:
    words = [fold(word) for word in part.split("|")]
    starts = frozenset(word[:-1] for word in words if word.endswith("*"))
    whole = frozenset(word for word in words if not word.endswith("*"))
    if any(not word for word in whole) or any(len(word) < 2 for word in starts):
        raise ValueError(f"a phrase has an empty or too short word: {part}")
    return Place(whole, starts, gap)


class Text:
    """A text cut into words. An empty word marks the end of a sentence, over which no phrase reaches."""

    def __init__(self, original: str) -> None:
        folded, self._places = fold_with_places(original)
        self._original = original
        self._spans: list[tuple[int, int]] = []
        self._forms: list[tuple[str, ...]] = []
        for found in _TOKENS.finditer(folded):
            self._add(found.group(), found.span())

    def _add(self, word: str, span: tuple[int, int]) -> None:
        if word in _ENDS and self._is_after_abbreviation(word):
            return
        is_end = word in _ENDS or word == "\n\n"
        self._spans.append(span)
        self._forms.append(() if is_end else _forms(word[:LONGEST_WORD]))

    def _is_after_abbreviation(self, word: str) -> bool:
        if word != "." or not self._forms or not self._forms[-1]:
            return False
        last = self._forms[-1][0]
        return last in ABBREVIATIONS or (len(last) == 1 and last.isalpha())

    def __len__(self) -> int:
        return len(self._forms)

    def forms(self, at: int) -> tuple[str, ...]:
        """The word at this place, and what remains of it without Arabic particles. Empty at the end of a sentence."""
        return self._forms[at]

    def before(self, at: int, reach: int) -> list[str]:
        """Up to `reach` words before this place, in the same sentence, the nearest first."""
        words: list[str] = []
        for nearer in range(at - 1, max(at - 1 - reach, -1), -1):
            if not self._forms[nearer]:
                break
            words.append(self._forms[nearer][0])
        return words

    def match(self, pattern: Pattern, at: int) -> int | None:
        """The index of the last word of the pattern if it begins here."""
        if not self._fits(pattern[0], at):
            return None
        return self._match_rest(pattern, 1, at)

    def _match_rest(self, pattern: Pattern, part: int, last: int) -> int | None:
        if part == len(pattern):
            return last
        for at in self._reachable(last, pattern[part].gap):
            if self._fits(pattern[part], at):
                end = self._match_rest(pattern, part + 1, at)
                if end is not None:
                    return end
        return None

    def _reachable(self, last: int, gap: int) -> Iterator[int]:
        for at in range(last + 1, min(last + 2 + gap, len(self._forms))):
            if not self._forms[at]:
                return
            yield at

    def _fits(self, place: Place, at: int) -> bool:
        return any(
            form in place.whole or any(form.startswith(start) for start in place.starts) for form in self._forms[at]
        )

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the words from `first` to `last` stand in the original, vowel signs and accents at the end included."""
        start = self._places[self._spans[first][0]]
        end = self._places[self._spans[last][1] - 1] + 1
        while end < len(self._original) and not _fold_character(self._original[end]):
            end += 1
        return start, end


def read(original: str) -> Text:
    """Cut a text into words."""
    return Text(original)


_CONJUNCTIONS = ("و", "ف")
_PARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال", "ب", "ل", "ك", "س")
SHORTEST_STEM: Final = 3


def _forms(word: str) -> tuple[str, ...]:
    if not "\u0600" <= word[0] <= "\u06ff":
        return (word,)
    return tuple(dict.fromkeys(_arabic_forms(word)))


def _arabic_forms(word: str) -> Sequence[str]:
    forms = [word]
    if word.startswith(_CONJUNCTIONS) and len(word) > SHORTEST_STEM:
        forms.append(word[1:])
    for form in tuple(forms):
        forms.extend(_without_particle(form))
    return forms


def _without_particle(word: str) -> Iterator[str]:
    for particle in _PARTICLES:
        if word.startswith(particle) and len(word) - len(particle) >= SHORTEST_STEM:
            yield word[len(particle) :]
