"""The words that letters and forms share: kinds of letter, violation types with their rights, who is addressed.

Pure. The rows themselves stand in data/violation_types.toml and data/instruments.toml; `facts` reads them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.words import N_

Texts = Mapping[str, str]

UNCERTAIN = "SOL-99"
"""The one type that needs no right: its sender does not know, or the matter is outside the mandate."""


class LetterKind(StrEnum):
    """What kind of letter; the value is what stands in a reference (`UA XXA 1/2026`)."""

    urgent_appeal = "UA"
    letter_of_allegation = "AL"
    other_letter = "OL"


LETTER_KIND_LABELS: Mapping[LetterKind, str] = {
    LetterKind.urgent_appeal: N_("Urgent appeal"),
    LetterKind.letter_of_allegation: N_("Letter of allegation"),
    LetterKind.other_letter: N_("Other letter"),
}


class Addressee(StrEnum):
    """To whom letters on a violation type usually go."""

    state = "state"
    company = "company"
    bank = "bank"
    financial_institution = "financial_institution"
    international_organization = "international_organization"
    regional_body = "regional_body"
    university = "university"
    armed_group = "armed_group"


ADDRESSEE_LABELS: Mapping[Addressee, str] = {
    Addressee.state: N_("State"),
    Addressee.company: N_("Company"),
    Addressee.bank: N_("Bank"),
    Addressee.financial_institution: N_("International financial institution"),
    Addressee.international_organization: N_("International organization"),
    Addressee.regional_body: N_("Regional organization or agency"),
    Addressee.university: N_("University"),
    Addressee.armed_group: N_("Armed group"),
}


class InstrumentKind(StrEnum):
    """How far an instrument is law. A draft holds no existing right."""

    treaty = "treaty"
    charter = "charter"
    declaration = "declaration"
    resolution = "resolution"
    principles = "principles"
    draft = "draft"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A text that an annex may cite, with its full title in the languages of letters (en, fr, es)."""

    code: str
    kind: InstrumentKind
    year: int
    titles: Texts

    @property
    def holds_existing_rights(self) -> bool:
        """Whether a letter may rest on it."""
        return self.kind is not InstrumentKind.draft


@dataclass(frozen=True, slots=True)
class Right:
    """Articles of an instrument; no articles means the instrument as a whole."""

    instrument: str
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ViolationType:
    """What a submission may be about. Retired types stay readable on old cases and are offered no more."""

    code: str
    label: Texts
    help: Texts
    draft_articles: tuple[str, ...]
    rights: tuple[Right, ...]
    addressees: tuple[Addressee, ...]
    retired: bool = False


class NoExistingRight(ValueError):
    """A violation type or an annex rests on nothing but the draft declaration, or on nothing at all."""


class UnknownInstrument(ValueError):
    """A right names an instrument that is not in the list."""


def existing_rights(rights: Iterable[Right], instruments: Mapping[str, Instrument]) -> tuple[Right, ...]:
    """Those of `rights` that are law or accepted standards already. Raises UnknownInstrument."""
    listed = tuple(rights)
    for right in listed:
        if right.instrument not in instruments:
            raise UnknownInstrument(right.instrument)
    return tuple(right for right in listed if instruments[right.instrument].holds_existing_rights)


def require_existing_right(kind: ViolationType, instruments: Mapping[str, Instrument]) -> None:
    """Refuse a violation type without an existing right: no treaty names a right to international solidarity.

    Raises NoExistingRight, except for SOL-99, and UnknownInstrument.
    """
    if not existing_rights(kind.rights, instruments) and kind.code != UNCERTAIN:
        raise NoExistingRight(kind.code)


def require_lawful_annex(rights: Iterable[Right], instruments: Mapping[str, Instrument]) -> None:
    """Refuse an annex that cites nothing, or only the draft declaration. Raises NoExistingRight, UnknownInstrument."""
    if not existing_rights(rights, instruments):
        raise NoExistingRight("the annex")


def offered(types: Iterable[ViolationType]) -> tuple[ViolationType, ...]:
    """The types that a form may offer today, in the order of their codes."""
    return tuple(sorted((kind for kind in types if not kind.retired), key=lambda kind: kind.code))
