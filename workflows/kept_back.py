"""What forbids a letter to one addressee, and where in its text stands what may not be told to them. Pure.

`submissions.confidentiality` judges; here its words are looked for in a text. What may be told anyway is no obstacle:
the family name of somebody who is named is no trace of a relative who is not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from submissions import confidentiality
from submissions.confidentiality import NAME_OF, PLACES, Answers, Level
from submissions.initials import initials
from workflows import letters
from workflows.place_words import IN_MANY_PLACES
from workflows.wording import fold

NO_CONSENT: Final = "no_consent"
NOT_ADDRESSED: Final = "not_addressed"
NOT_TO_ADDRESSEE: Final = "not_to_addressee"
SOURCE_NAMED: Final = "source_named"
VICTIM_NAMED: Final = "victim_named"
PLACE_TOO_EXACT: Final = "place_too_exact"

Span = tuple[int, int]
FEWEST_INITIALS: Final = 2
WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a letter may not go on: `code` is a constant of this module or of drafting; positions are in its text."""

    code: str
    positions: tuple[Span, ...] = ()


def obstacles_in(
    text: str, facts: Answers, identity: Mapping[str, str], audience: str, fixed: str = ""
) -> list[Obstacle]:
    """What of one submission forbids this text to reach an audience.

    `facts` are those with consents as they stand now. `fixed` holds what every such letter says, so that its words
    are no traces of a place. A letter that may not go at all is not searched.
    """
    forbidden = _forbidden(facts, audience)
    if forbidden:
        return [Obstacle(forbidden)]
    found = {
        SOURCE_NAMED: _of_source(text, facts, identity, audience),
        VICTIM_NAMED: [*_of_others(text, facts, identity, audience), *_initials_in(text, facts, identity, audience)],
        PLACE_TOO_EXACT: _of_place(text, facts, audience, fixed),
    }
    return [Obstacle(code, tuple(sorted(spans))) for code, spans in found.items() if spans]


def judged(facts: Answers, audience: str) -> list[Any]:
    """All that the judge says of an audience, as plain values, so that a later change of it is noticed."""
    return [
        _forbidden(facts, audience),
        asdict(confidentiality.view_for(facts, audience)),
        sorted(confidentiality.names_kept_back(facts, audience)),
    ]


def _forbidden(facts: Answers, audience: str) -> str:
    if not confidentiality.may_be_sent(facts):
        return NO_CONSENT
    # Whoever was not named by the source was not asked about: what was agreed to for others does not cover them.
    if audience not in confidentiality.addressees(facts):
        return NOT_ADDRESSED
    return "" if confidentiality.may_be_sent(facts, audience) else NOT_TO_ADDRESSEE


def _of_source(text: str, facts: Answers, identity: Mapping[str, str], audience: str) -> list[Span]:
    own = {name: value for name, value in identity.items() if not name.startswith(NAME_OF)}
    needles = confidentiality.identity_kept_back(facts, own, audience)
    return _traces(text, needles, _words(needles) - _words(_told(facts, audience)))


def _of_others(text: str, facts: Answers, identity: Mapping[str, str], audience: str) -> list[Span]:
    apart = [value for name, value in identity.items() if name.startswith(NAME_OF)]
    told = _told(facts, audience)
    same = {fold(name) for name in told}
    kept = [*confidentiality.names_kept_back(facts, audience), *apart]
    # Of two people with one name, the name of whoever may be named may stand there.
    needles = [name for name in kept if fold(name) not in same]
    return _traces(text, needles, _words(needles) - _words(told))


def _of_place(text: str, facts: Answers, audience: str, fixed: str) -> list[Span]:
    told = confidentiality.place_for(facts, audience)
    kept = [str(facts[part]) for part in PLACES if facts.get(part) and part not in told]
    said = _words([*told.values(), *_told(facts, audience), fixed]) | IN_MANY_PLACES
    return _traces(text, kept, {word for place in kept for word in _telling(place)} - said)


def _told(facts: Answers, audience: str) -> list[str]:
    """What may stand before an audience of victims, of others who are mentioned, and of who is responsible."""
    victims = [one.label for one in confidentiality.view_for(facts, audience).people]
    others = [one["name"] for one in facts.get("mentioned", ()) if one.get("may_be_named") == "yes"]
    responsible = [one["name"] for one in facts.get("stakeholders", ())]
    return [str(name) for name in (*victims, *others, *responsible) if name]


def _traces(text: str, needles: Sequence[str], telling: set[str]) -> list[Span]:
    """Where needles appear, but for places that hold only words which may be told anyway."""
    whole = [fold(needle) for needle in needles if len(WORD.findall(needle)) > 1]
    return [
        (start, end)
        for start, end in letters.identity_traces(text, needles)
        if _gives_away(text[start:end], whole, telling)
    ]


def _gives_away(found: str, whole: Sequence[str], telling: set[str]) -> bool:
    words = _words([found])
    return not words or bool(words & telling) or any(needle in fold(found) for needle in whole)


def _initials_in(text: str, facts: Answers, identity: Mapping[str, str], audience: str) -> Iterator[Span]:
    """Where the first letters stand of somebody of whom nothing may be told."""
    shown = {confidentiality.label_for(one, facts, audience) for one in confidentiality.people_in(facts)}
    for person in confidentiality.people_in(facts):
        letters_of = [sign for sign in _initials_of(person, identity) if sign.isalpha()]
        is_kept = confidentiality.level_for(person, facts, audience) == Level.NONE
        if is_kept and len(letters_of) >= FEWEST_INITIALS and _initials_of(person, identity) not in shown:
            dotted = r"\s?".join(rf"{re.escape(sign)}\." for sign in letters_of)
            yield from (match.span() for match in re.finditer(rf"(?<![\w.]){dotted}(?!\w)", text))


def _initials_of(person: Mapping[str, Any], identity: Mapping[str, str]) -> str:
    own = identity.get("your_name", "") if person.get("is_source") else ""
    name = str(person.get("name") or identity.get(f"{NAME_OF}{person['id']}") or own)
    return str(person.get("initials") or initials(name))


def _telling(place: str) -> set[str]:
    """The words of a place that are names: those with a capital letter, or all where nobody typed one."""
    words = [word for word in WORD.findall(place) if not word.islower()]
    return _words(words or [place])


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in WORD.findall(fold(text))}
