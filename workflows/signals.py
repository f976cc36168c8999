"""Phrases in six languages that point to urgency, to something long past, to a law: a safety net under the answers.

What a source ticked weighs more than what a phrase may mean. A signal catches what was written and not ticked, and
is always shown as such, with the place where it stands. The phrases are data (data/signals.toml).

Nothing in here goes back over a text: it is cut into words once, each word is looked up, and what a phrase may span
is bounded, so that a hostile text costs time in proportion to its length and no more.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from workflows.assessment import Passage
from workflows.wording import HAN, Pattern, Text, fold, fold_with_places, parse_pattern, read

SIGNALS_FILE: Final = Path(__file__).parent / "data" / "signals.toml"
KNOWN_LANGUAGES: Final = ("en", "fr", "es", "ar", "ru", "zh")
MOST_PASSAGES: Final = 5
NEGATION_REACH: Final = 3
# A word longer than this is no word of any phrase.
LONGEST_START: Final = 16

SignalKind = Literal["urgent", "closed", "law", "harm", "solidarity", "media", "abusive"]


@dataclass(frozen=True, slots=True)
class Signal:
    """What a group of phrases points to, of which kind it is and how much it weighs."""

    code: str
    kind: SignalKind
    weight: int


@dataclass(frozen=True, slots=True)
class Found:
    """A signal that was found, with up to five places and the number of all. A denied one has no weight."""

    signal: Signal
    passages: tuple[Passage, ...]
    count: int
    denied: bool

    @property
    def weight(self) -> int:
        """How much it weighs here."""
        return 0 if self.denied else self.signal.weight


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of one signal in one language."""

    signal: Signal
    language: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """All phrases, found by their first word, and the words that deny what follows them."""

    whole: Mapping[str, Sequence[Phrase]]
    starts: Mapping[str, Sequence[Phrase]]
    denials: Mapping[str, frozenset[str]]
    stops: Mapping[str, frozenset[str]]
    order: Sequence[Signal]


@cache
def shipped_phrases() -> Phrasebook:
    """The phrases as they stand in the repository."""
    return read_phrases(SIGNALS_FILE.read_text(encoding="utf-8"))


def read_phrases(text: str) -> Phrasebook:
    """Read phrases from TOML. Raises ValueError for a phrase that says nothing."""
    plain = tomllib.loads(text)
    phrases = [phrase for row in plain["signal"] for phrase in _phrases(row)]
    return Phrasebook(
        whole=_by_first(phrases, whole=True),
        starts=_by_first(phrases, whole=False),
        denials={code: frozenset(map(fold, words)) for code, words in plain["denials"].items()},
        stops={code: frozenset(map(fold, words)) for code, words in plain["stops"].items()},
        order=list(dict.fromkeys(phrase.signal for phrase in phrases)),
    )


def _phrases(row: Mapping[str, Any]) -> Iterator[Phrase]:
    signal = Signal(code=row["code"], kind=row["kind"], weight=row["weight"])
    for language in KNOWN_LANGUAGES:
        for text in row.get(language, ()):
            yield Phrase(signal, language, parse_pattern(text))


def _by_first(phrases: Iterable[Phrase], whole: bool) -> dict[str, list[Phrase]]:
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        first = phrase.pattern[0]
        for word in first.whole if whole else first.starts:
            found.setdefault(word, []).append(phrase)
    return found


def find(texts: Mapping[str, str], book: Phrasebook | None = None) -> tuple[Found, ...]:
    """All signals in these answers, given by the name of their field, in the order of the phrasebook."""
    book = book or shipped_phrases()
    said: dict[Signal, list[Passage]] = {}
    denied: dict[Signal, list[Passage]] = {}
    for field, text in texts.items():
        for signal, passage, is_denied in _find_in(field, read(text), book):
            (denied if is_denied else said).setdefault(signal, []).append(passage)
    return tuple(_found(signal, said, denied) for signal in book.order if signal in said or signal in denied)


def _found(signal: Signal, said: Mapping[Signal, list[Passage]], denied: Mapping[Signal, list[Passage]]) -> Found:
    # Said once without a denial is said: a person at risk matters more than a tidy count.
    passages = said.get(signal) or denied[signal]
    return Found(signal, tuple(passages[:MOST_PASSAGES]), len(passages), signal not in said)


def _find_in(field: str, text: Text, book: Phrasebook) -> Iterator[tuple[Signal, Passage, bool]]:
    for at in range(len(text)):
        ends: dict[Signal, tuple[int, str]] = {}
        for phrase in _candidates(text, at, book):
            end = text.match(phrase.pattern, at)
            if end is not None and end > ends.get(phrase.signal, (-1, ""))[0]:
                ends[phrase.signal] = (end, phrase.language)
        for signal, (end, language) in ends.items():
            yield signal, Passage(field, *text.span(at, end)), _is_denied(text, at, language, book)


def _candidates(text: Text, at: int, book: Phrasebook) -> Iterator[Phrase]:
    for form in text.forms(at):
        yield from book.whole.get(form, ())
        for length in range(1, min(len(form), LONGEST_START) + 1):
            yield from book.starts.get(form[:length], ())


def _is_denied(text: Text, at: int, language: str, book: Phrasebook) -> bool:
    """Whether one of the few words before denies the phrase, as in 'was not deported'.

    'Nobody could stop the deportation' denies the stopping, not the deportation, and stays as it is.
    """
    before = text.before(at, NEGATION_REACH)
    if any(word.startswith(stop) for word in before for stop in book.stops[language]):
        return False
    return any(word in book.denials[language] for word in before)


def weight_of(found: Iterable[Found], kind: SignalKind) -> int:
    """The weights of all signals of one kind together."""
    return sum(one.weight for one in found if one.signal.kind == kind)


def of_kind(found: Iterable[Found], kind: SignalKind) -> tuple[Found, ...]:
    """The signals of one kind, the denied ones among them."""
    return tuple(one for one in found if one.signal.kind == kind)


_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def latest_year(field: str, text: str, no_later_than: int) -> tuple[int, Passage] | None:
    """The latest year that a text names, up to `no_later_than`, and where. None if it names none."""
    folded, places = fold_with_places(text)
    years = [(int(m.group()), m.span()) for m in _YEAR.finditer(folded) if int(m.group()) <= no_later_than]
    if not years:
        return None
    year, (start, end) = max(years, key=lambda found: found[0])
    return year, Passage(field, places[start], places[end - 1] + 1)


_LETTERS_KNOWN = re.compile(rf"[a-z\u0400-\u04ff\u0600-\u06ff{HAN}]")
_LETTERS = re.compile(r"[^\W\d_]")


def can_read(texts: Iterable[str], language: str) -> bool:
    """Whether the phrases have a chance: a known language, and a script in which one of them is written."""
    letters = "".join(fold(text) for text in texts)
    all_letters = len(_LETTERS.findall(letters))
    known = len(_LETTERS_KNOWN.findall(letters))
    return language in KNOWN_LANGUAGES and known * 2 >= all_letters
