"""What triage reads: a submission as plain values, without anything that tells who the source is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

Stake: TypeAlias = Literal["life", "liberty", "health", "integrity", "removal", "family", "none"]
GoingOn: TypeAlias = Literal["yes", "no", "unknown"]
Answered: TypeAlias = Literal["yes", "no", "unknown", ""]
LawStage: TypeAlias = Literal["draft", "before_parliament", "adopted", "in_force", "practice", ""]
Relation: TypeAlias = Literal["victim", "family", "representative", "witness", "organisation", "other", ""]
Knowledge: TypeAlias = Literal["direct", "reliable", "media_only", "other", ""]

# The text of a law itself is not among them: it may quote what it forbids.
TEXT_FIELDS: Final = (
    "what_happened",
    "may_happen",
    "asked_of_state",
    "how_solidarity",
    "steps_at_home",
    "law_title",
    "law_affected",
    "reprisal_details",
)


@dataclass(frozen=True, slots=True)
class Victim:
    """An alleged victim, only as far as triage needs to know: of what kind, and whether anything was said of them."""

    kind: str = "person"
    described: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One submission, opened. An empty text, tuple or set is a question that was not answered.

    `stakeholders` holds of which kind each is who is responsible beside States; `place` is as exact as it was told.
    """

    received_on: date
    kind: Literal["people", "community", "law"] = "people"
    states: tuple[str, ...] = ()
    stakeholders: tuple[str, ...] = ()
    what_happened: str = ""
    when_text: str = ""
    happened_on: date | None = None
    ended_on: date | None = None
    place: str = ""
    going_on: GoingOn = "unknown"
    may_happen: str = ""
    may_happen_by: date | None = None
    at_stake: frozenset[Stake] = frozenset()
    victims: tuple[Victim, ...] = ()
    perpetrators: str = ""
    perpetrator_kinds: frozenset[str] = frozenset()
    how_solidarity: str = ""
    violation_types: tuple[str, ...] = ()
    law_title: str = ""
    law_stage: LawStage = ""
    law_authority: str = ""
    law_provisions: str = ""
    law_affected: str = ""
    law_next_vote_on: date | None = None
    steps_at_home: str = ""
    other_mechanisms: str = ""
    asked_of_state: str = ""
    asked_by: date | None = None
    reprisal: Answered = ""
    reprisal_details: str = ""
    identity_given: bool = False
    relation: Relation = ""
    knowledge: Knowledge = ""
    consent_to_send: bool = False
    language: str = "en"

    def texts(self) -> Mapping[str, str]:
        """The answers in which signals are looked for, by the name of the field."""
        named: dict[str, str] = {name: getattr(self, name) for name in TEXT_FIELDS}
        return {name: text for name, text in named.items() if text.strip()}

    def says_who_did_it(self) -> bool:
        """Whether anything was said of who is responsible, be it only of what kind they are."""
        return bool(self.perpetrators.strip() or self.perpetrator_kinds - {"unknown"})

    def says_whose_law(self) -> bool:
        """Whether the authority behind a measure was named, or at least its State."""
        return bool(self.law_authority.strip() or self.states)

    def has_described_victim(self) -> bool:
        """Whether at least one alleged victim is more than an empty row."""
        return any(victim.described for victim in self.victims)
