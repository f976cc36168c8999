"""The shipped facts, read and checked once: States, the mandate, violation types, instruments.

Functions raise FactsWrong (see `rows`) when a data file is damaged, the first time it is read.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from mandate.mandate_rows import holder_from, mandate_from
from mandate.rows import FactsWrong, Table, listed, read, texts, word
from mandate.shapes import DemoFacts, MandateFacts, MissionFacts, StateFacts
from mandate.state_rows import states_from
from mandate.vocabulary import (
    Addressee,
    Instrument,
    InstrumentKind,
    Right,
    ViolationType,
    require_existing_right,
)

LETTER_LANGUAGES = ("en", "fr", "es")


class UnknownState(KeyError):
    """No State, real or fictional, has this code."""


@cache
def states() -> Mapping[str, StateFacts]:
    """The 193 Member States and two observer States by their ISO 3166-1 alpha-3 code."""
    return states_from(read("states.toml"))


@cache
def demo_facts() -> DemoFacts:
    """What exists in demonstrations only."""
    content = read("demo_states.toml")
    return DemoFacts(
        states_from(content), tuple(_mission(row) for row in content["mission"]), holder_from(content["holder"][0])
    )


def demo_states() -> Mapping[str, StateFacts]:
    """The fictional States XXA and XXB."""
    return demo_facts().states


@cache
def mandate_facts() -> MandateFacts:
    """The mandate: titles, resolutions, holders, contact, documents and texts."""
    return mandate_from(read("mandate.toml"))


@cache
def instruments() -> Mapping[str, Instrument]:
    """What an annex may cite, by code. The draft declaration is among them, as a draft."""
    rows = read("instruments.toml")["instruments"]
    return MappingProxyType({code: _instrument(code, row) for code, row in rows.items()})


@cache
def violation_types() -> Mapping[str, ViolationType]:
    """The violation types by code, retired ones included. Raises NoExistingRight for a type that rests on no law."""
    kinds = [_violation_type(row) for row in read("violation_types.toml")["type"]]
    for kind in kinds:
        require_existing_right(kind, instruments())
    return MappingProxyType({kind.code: kind for kind in kinds})


def state_facts(code: str) -> StateFacts:
    """A State, real or fictional. Raises UnknownState."""
    try:
        return states().get(code) or demo_states()[code]
    except KeyError:
        raise UnknownState(code) from None


def state_name(code: str, language: str) -> str:
    """The United Nations short name in one of the six languages. Raises UnknownState."""
    return state_facts(code).names[language]


def in_order_of_name(chosen: Iterable[StateFacts], language: str) -> list[StateFacts]:
    """`chosen` as a list to pick from shows them. Accents do not count; Chinese stands in order of its characters."""
    return sorted(chosen, key=lambda state: _plain(state.names[language]))


def _plain(name: str) -> str:
    parted = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _instrument(code: str, row: Table) -> Instrument:
    return Instrument(code, InstrumentKind(row["kind"]), int(row["year"]), texts(row, code, LETTER_LANGUAGES))


def _violation_type(row: Table) -> ViolationType:
    code = word(row, "code", "violation_types.toml")
    return ViolationType(
        code=code,
        label=texts(row["label"], f"{code} label"),
        help=texts(row["help"], f"{code} help"),
        draft_articles=listed(row, "draft"),
        rights=tuple(Right(instrument, tuple(articles)) for instrument, articles in row["rights"]),
        addressees=tuple(Addressee(value) for value in row["addressees"]),
        retired=bool(row.get("retired", False)),
    )


def _mission(row: Table) -> MissionFacts:
    what = f"mission {row.get('id')}"
    if row.get("language") not in LETTER_LANGUAGES:
        raise FactsWrong(f"{what}: letters are written in {', '.join(LETTER_LANGUAGES)} only")
    return MissionFacts(
        id=word(row, "id", what),
        state=word(row, "state", what),
        name=word(row, "name", what),
        address=listed(row, "address"),
        mailbox=word(row, "mailbox", what),
        language=word(row, "language", what),
        source=word(row, "source", what),
    )
