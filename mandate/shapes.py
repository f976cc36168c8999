"""The shapes of the facts that are shipped. Frozen, pure; days are calendar days and both ends of a span count.

`unverified` names the fields of a row that nobody compared with a primary document yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from mandate.vocabulary import Texts


class Standing(StrEnum):
    """What a State is to the United Nations; a fictional one exists in demonstrations only."""

    member = "member"
    observer = "observer"
    fictional = "fictional"


class Gender(StrEnum):
    """The grammatical gender in which a holder's title stands."""

    feminine = "feminine"
    masculine = "masculine"


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A State's names. `forms` holds names as grammar needs them: `formal_fr_of` is "de la République ..."."""

    code: str
    status: Standing
    names: Texts
    formal: Texts
    forms: Texts
    source: str
    valid_from: date | None = None
    valid_to: date | None = None
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolutionFacts:
    """A resolution that made or prolonged the mandate. No `in_force_until` means that the end is not known."""

    id: str
    body: str
    number: str
    year: int
    adopted_on: date | None
    in_force_from: date | None
    in_force_until: date | None
    term_years: int | None
    created_the_mandate: bool
    source: str
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CurrentResolution:
    """Which resolution letters cite, since when this was set, and what is open about it."""

    resolution: str
    set_on: date
    note: Texts
    source: str
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """A mandate holder. Former holders have years only; `nationality` is a State's code where it is known."""

    id: str
    name: str
    gender: Gender
    from_year: int
    to_year: int | None
    from_on: date | None
    to_on: date | None
    nationality: str | None
    facts: tuple[Texts, ...]
    source: str
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """How the mandate is reached. `address` has no line for Arabic, Russian and Chinese: the post reads English."""

    email: str
    fax: str
    address: Mapping[str, tuple[str, ...]]
    source: str


@dataclass(frozen=True, slots=True)
class KeyDocument:
    """The document that the mandate's page names, and whether any body has adopted it."""

    symbol: str
    year: int
    file_language: str
    adopted: bool
    title: Texts
    note: Texts
    source: str


@dataclass(frozen=True, slots=True)
class Report:
    """A thematic report; `topic` is empty where none is known. `body` is HRC or GA."""

    symbol: str
    year: int
    topic: Texts

    @property
    def body(self) -> Literal["HRC", "GA"]:
        """To whom it was presented, read from the symbol."""
        return "HRC" if self.symbol.startswith("A/HRC/") else "GA"


@dataclass(frozen=True, slots=True)
class Video:
    """A recorded meeting on UN Web TV; no address of a recording is known."""

    day: date
    title: Texts
    source: str


@dataclass(frozen=True, slots=True)
class MissionFacts:
    """A Permanent Mission: where a letter to a State goes, and in which language (en, fr or es)."""

    id: str
    state: str
    name: str
    address: tuple[str, ...]
    mailbox: str
    language: str
    source: str


@dataclass(frozen=True, slots=True)
class MandateFacts:
    """Everything that is shipped about the mandate. Title forms stand by gender, then by language."""

    code: str
    created_year: int
    title: Texts
    holder_title: Mapping[str, Texts]
    holder_title_of: Mapping[str, Texts]
    bodies: Mapping[str, Texts]
    resolutions: tuple[ResolutionFacts, ...]
    current_resolution: CurrentResolution
    holders: tuple[HolderFacts, ...]
    contact: Contact
    key_document: KeyDocument
    definition: tuple[Texts, ...]
    objectives: tuple[Texts, ...]
    work: tuple[Texts, ...]
    reports: tuple[Report, ...]
    videos: tuple[Video, ...]
    source: str

    @property
    def holder(self) -> HolderFacts:
        """The holder whose time has not ended."""
        return next(holder for holder in self.holders if holder.to_year is None)

    @property
    def former_holders(self) -> tuple[HolderFacts, ...]:
        """Those before, the latest first."""
        return tuple(holder for holder in self.holders if holder.to_year is not None)


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What exists in demonstrations only: fictional States, their missions, and a fictional holder."""

    states: Mapping[str, StateFacts]
    missions: tuple[MissionFacts, ...]
    holder: HolderFacts
