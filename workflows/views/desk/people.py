"""People, groups and others of whom a source told, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from submissions.confidentiality import MANDATE, NAME_OF, Level, level_for
from workflows.views.desk.wording_of_people import CHOSEN, KINDS, LABELS, VICTIM_KINDS, YES_NO

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was told of somebody; `is_text` says that it is the source's own words."""

    label: str
    value: str
    is_text: bool


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """Somebody as the desk may know them. `note` says why there is no name."""

    heading: str
    kind: str
    note: str
    rows: tuple[Said, ...]


def open_records(name: str, facts: Facts) -> tuple[OpenRecord, ...]:
    """All records that answer one question, in order: `victims`, `stakeholders` or `mentioned`."""
    return tuple(_open(name, number, record, facts) for number, record in enumerate(facts.get(name, ()), 1))


def called(person: Mapping[str, Any], facts: Facts) -> str:
    """What an alleged victim is called on all pages of the desk: a number, and as much of the name as it may know."""
    numbers = {each["id"]: number for number, each in enumerate(facts.get("victims", ()), 1)}
    own = str(_("The source")) if person.get("is_source") else ""
    known = " · ".join(part for part in (own, _name(person)) if part)
    return f"{numbers[person['id']]}. {known or _(VICTIM_KINDS.get(person['kind'], person['kind']))}"


def is_set_apart(person: Mapping[str, Any], facts: Facts) -> bool:
    """Whether the name lies with the identity of the source, since the mandate itself may not read it."""
    return not person.get("is_source") and level_for(person, facts, MANDATE) != Level.NAME


def names_apart(identity: Mapping[str, str], facts: Facts) -> list[tuple[str, str]]:
    """The names that were set apart, each with whose it is."""
    people = {f"{NAME_OF}{person['id']}": person for person in facts.get("victims", ())}
    return [
        (str(_("Name of %(whom)s", whom=called(people[key], facts))), name)
        for key, name in identity.items()
        if key in people
    ]


def _open(name: str, number: int, record: Mapping[str, Any], facts: Facts) -> OpenRecord:
    kinds, kind = KINDS[name], str(record.get("kind", ""))
    is_victim = name == "victims"
    heading = called(record, facts) if is_victim else f"{number}. {_name(record)}"
    note = str(_("The name is set apart.")) if is_victim and is_set_apart(record, facts) else ""
    return OpenRecord(heading, str(_(kinds[kind])) if kind in kinds else "", note, tuple(_said(record)))


def _said(record: Mapping[str, Any]) -> Iterator[Said]:
    for name, label in LABELS.items():
        value = str(record.get(name) or "")
        if value:
            chosen = name in CHOSEN and value in YES_NO
            yield Said(str(_(label)), str(_(YES_NO[value])) if chosen else value, not chosen)


def _name(record: Mapping[str, Any]) -> str:
    return str(record.get("name") or record.get("initials") or "")
