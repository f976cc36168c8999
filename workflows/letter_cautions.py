"""What in a letter could tell a State who the source is: wording, and traces of the source's own details.

Both are aids for an officer who decides. They report positions; the desk shows them beside the text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

KIN_EN = (
    r"(?:great-|grand|step|half-|god)?(?:brother|sister|father|mother|son|daughter|parent|child)s?(?:-in-law)?|"
    r"children|grandchildren|siblings?|husband|wife|spouse|partner|fianc[ée]e?|uncles?|aunts?|cousins?|nephews?|"
    r"nieces?|famil(?:y|ies)|relatives?|widow(?:er)?"
)
NEAR_EN = r"friends?|neighbou?rs?|colleagues?|lawyer|boss|client|house|home|village|office"
KIN_FR = (
    r"(?:beau-|belle-|demi-|grands?-|petits?-|petite-|arrière-)*"
    r"(?:frères?|s(?:œ|oe)urs?|pères?|mères?|fils|filles?|parents?|enfants?)|maris?|épou(?:x|ses?)|femmes?|"
    r"conjointe?s?|compagn(?:on|e)|fiancée?|oncles?|tantes?|cousine?s?|neveux?|nièces?|familles?|proches|veu(?:f|ve)"
)
NEAR_FR = r"amie?s?|voisine?s?|collègues?|avocate?|patronne?|cliente?|maison|village|bureau"

NUMBERED = "".join(rf"(?<!\b{word} )" for word in ("Annex", "Article", "Chapter", "Part", "Section", "Title"))

# Possessive and noun are one phrase, so that an officer sees the whole of what gives the source away. `I` is a
# pronoun before a small letter, unless it numbers a part of a text; `Charles I was` is warned of without need.
PHRASES = {
    "en": (
        rf"\b(?:my|our)\s+(?:\w+\s+)?(?:{KIN_EN}|{NEAR_EN})\b",
        rf"\b(?:his|her|their|\w+['’]s|\w+s['’])\s+(?:\w+\s+)?(?:{KIN_EN})\b",
        rf"(?-i:{NUMBERED}\bI\b)(?:['’](?:m|ve|d|ll)\b)?\s+[a-z]+",
        r"(?-i:\bI['’](?:m|ve|d|ll)\b)",
        r"\b(?:myself|ourselves|my|our|ours|me|we)\b",
        r"(?-i:\b[uU]s\b)",
    ),
    "fr": (
        rf"\b(?:mon|ma|mes|notre|nos)\s+(?:\w+\s+)?(?:{KIN_FR}|{NEAR_FR})\b",
        rf"\b(?:son|sa|ses|leurs?)\s+(?:\w+\s+)?(?:{KIN_FR})\b",
        rf"\b(?:{KIN_FR})\s+(?:de la victime|du détenu|de la détenue|de l['’]intéressée?)\b",
        r"\bj['’]\s?\w+(?:\s+[\w-]+(?:é|ée|és|ées|i|u|is|it)\b)?",
        r"\bje\s+(?:n['’]|ne\s+|me\s+|m['’]|l['’]|lui\s+)?\w+",
        r"\bm['’](?=\w)\w+",
        r"(?-i:\bme\b)",
        r"\b(?:moi|moi-même|nous|nous-mêmes|notre|nos|mon|ma|mes)\b",
    ),
}


@dataclass(frozen=True, slots=True)
class WordingWarning:
    """A phrase that speaks with the source's voice or names kin; text[start:end] is `phrase`."""

    start: int
    end: int
    phrase: str


def first_person_warnings(text: str, language: str) -> list[WordingWarning]:
    """Return the phrases of kinship and first person in `text`, in order and without overlap.

    Languages: en, fr. For another language the list is empty, which says nothing about the text.
    """
    phrases = PHRASES.get(language, ())
    spans = [match.span() for phrase in phrases for match in re.finditer(phrase, text, re.IGNORECASE)]
    return [WordingWarning(start, end, text[start:end]) for start, end in _outermost(spans)]


def _outermost(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    reached = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= reached:
            yield start, end
            reached = end


# Words that stand in many names of organisations and places and in every letter, so that alone they tell nothing.
IN_MANY_NAMES = """
action actions agency and article articles assembly association associations avenue bin center centre civil
civile collectif collective comite commission committee community conseil council cour court defence
defenders defense defenseurs del democracy democratic democratie der des dom dos droit droits et europe
federation femmes fondation for forum foundation freedom geneva geneve group groupe home homme humaine
humaines humains human humanitaire humanitarian ibn independent institut institute international
internationale justice law league les liberte libre ligue migrants mouvement movement mrs national nationale
nations network ngo observatoire observatory office ong organisation organization para peace people peoples
peuples pour public refugees reseau rights road rue sans sister social societe society solidarite solidarity
south state street sud support the union unions united universite university van village von war with women
workers world www youth
"""
TELLS_NOTHING = frozenset(IN_MANY_NAMES.split())
FEW_WORDS = 2
SHORTEST_NAME = 3
SHORTEST_RUN = 6
PHONE_TAIL = 8
SHORTEST_PHONE = 6
PHONE = re.compile(r"\+?\(?\d(?:[\s().\-/]*\d){5,}")
ARABIC_PREFIX = re.compile(r"^(?:[وفبكل]{0,2}ال|[وفبكل])(?=\w{3})")
CLOSE_WRITTEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class _Folded:
    """Letters and digits of a text without case, accents and all between them; `at` gives each one's place."""

    signs: str
    at: tuple[int, ...]


def identity_traces(text: str, needles: Sequence[str]) -> list[tuple[int, int]]:
    """Return where names, e-mail addresses, telephone numbers or addresses of the source appear in `text`.

    Case, accents, spaces and punctuation do not matter; a part of a name counts from three letters on, as a whole
    word. Positions are (start, end), sorted, overlaps joined. Not found: another script's spelling of a name,
    nicknames, misspellings, or a description without any of these words.
    """
    folded = _folded(text)
    found = [span for needle in needles for span in _traces(text, folded, needle)]
    return list(_joined(found))


def _traces(text: str, folded: _Folded, needle: str) -> Iterator[tuple[int, int]]:
    for phrase in _phrases(needle):
        yield from _runs(text, folded, phrase)
    yield from _words(text, _telling_words(needle))
    yield from _phones(text, needle)


def _phrases(needle: str) -> Iterator[str]:
    """The needle itself, the two halves of an e-mail address, the lines of an address."""
    yield needle
    if "@" in needle:
        yield from needle.split("@")
    elif any(sign.isdigit() for sign in needle):
        for line in re.split(r"[,;\n]", needle):
            yield line
            words = [word for word in re.findall(r"[^\W\d_]+", line) if len(word) > 1]
            if len(words) > 1:
                yield " ".join(words)


def _runs(text: str, folded: _Folded, phrase: str) -> Iterator[tuple[int, int]]:
    sought = _folded(phrase).signs
    close_written = bool(CLOSE_WRITTEN.search(sought))
    if len(sought) < (2 if close_written else SHORTEST_RUN) or sought in TELLS_NOTHING:
        return
    start = folded.signs.find(sought)
    while start >= 0:
        span = folded.at[start], folded.at[start + len(sought) - 1] + 1
        if close_written or _stands_alone(text, *span):
            yield span
        start = folded.signs.find(sought, start + 1)


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or after.isalnum())


def _telling_words(needle: str) -> frozenset[str]:
    """The single words that count by themselves: those of a name, the first half of an e-mail, none of an address.

    Words of many names are left out, unless a short name consists of nothing else (`Grace Law`, `Justice Peace`).
    """
    name, mail, _ = needle.partition("@")
    if not mail and any(sign.isdigit() for sign in needle):
        return frozenset()
    words = {_bare(_folded(word).signs) for word in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name))}
    long_enough = frozenset(word for word in words if len(word) >= SHORTEST_NAME)
    telling = long_enough - TELLS_NOTHING
    return telling or (long_enough if len(long_enough) <= FEW_WORDS else telling)


def _words(text: str, sought: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"(?:[^\W\d_][\u0300-\u036f\u064b-\u0652]*)+", text):
        word = _folded(match.group()).signs
        if word in sought or _bare(word) in sought:
            yield match.span()


def _bare(word: str) -> str:
    """An Arabic word without the article and the particles that are written together with it."""
    return ARABIC_PREFIX.sub("", word)


def _phones(text: str, needle: str) -> Iterator[tuple[int, int]]:
    digits = _digits(needle)
    if "@" in needle or len(digits) < SHORTEST_PHONE or any(sign.isalpha() for sign in needle):
        return
    tail = digits[-PHONE_TAIL:]
    for match in PHONE.finditer(text):
        if tail in _digits(match.group()):
            yield match.span()


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdecimal())


def _folded(text: str) -> _Folded:
    pairs = [(part, at) for at, sign in enumerate(text) for part in _plain(sign)]
    return _Folded("".join(part for part, _ in pairs), tuple(at for _, at in pairs))


def _plain(sign: str) -> str:
    """A sign without accent and case, digits of all scripts as 0 to 9; empty for what is neither letter nor digit."""
    if sign.isdecimal():
        return str(unicodedata.digit(sign))
    apart = unicodedata.normalize("NFKD", sign.casefold()).translate(UNJOINED)
    return "".join(part for part in apart if part.isalnum())


# Letters that Unicode does not take apart, as people without the key for them type them.
UNJOINED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ـ": ""}
)


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    current: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if current is None or start > current[1]:
            if current:
                yield current
            current = start, end
        else:
            current = current[0], max(current[1], end)
    if current:
        yield current
