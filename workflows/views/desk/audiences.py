"""What may be told to whom, as a table, and what may be passed on to nobody. Asks `confidentiality`, judges nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from submissions import confidentiality
from submissions.confidentiality import MANDATE, MANDATES, OTHER, STATE, Level, Precision
from workflows.views.desk import shown
from workflows.views.desk.people import Facts, called, is_set_apart
from workflows.views.desk.told import day
from workflows.views.desk.wording_of_people import AUDIENCES, BASES, KEPT_PARTS, LEVELS, PRECISIONS, RULES

TONES = {Level.NAME: "attention", Level.INITIALS: "neutral", Level.NONE: "good"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one audience may be told of somebody, and the rule above consent that allows no more."""

    text: str
    tone: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One alleged victim: how they agreed, and a cell for each audience."""

    heading: str
    agreement: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What may be told to whom: a row for each person; how exactly the place may be told; who may be written to."""

    columns: tuple[str, ...]
    people: tuple[Row, ...]
    place: tuple[Cell, ...]
    letter: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class KeptBack:
    """What may be passed on to nobody. `words` and `could_guess` are the source's own."""

    parts: tuple[str, ...]
    names: tuple[str, ...]
    words: str
    could_guess: str

    @property
    def any(self) -> bool:
        """Whether there is anything of which an officer must take care."""
        return bool(self.parts or self.names or self.words or self.could_guess)


def table_of(facts: Facts) -> Table:
    """The table over all audiences that one submission has."""
    every = confidentiality.audiences(facts)
    return Table(
        columns=tuple(audience_name(one, facts) for one in every),
        people=tuple(_row(person, facts, every) for person in confidentiality.people_in(facts)),
        place=tuple(_place(facts, one) for one in every),
        letter=tuple(_letter(facts, one) for one in every),
    )


def audience_name(audience: str, facts: Facts) -> str:
    """What an audience is called."""
    if audience in AUDIENCES:
        return str(_(AUDIENCES[audience]))
    if audience.startswith(STATE):
        return shown.state_names([audience.removeprefix(STATE)])
    others = {f"{OTHER}{each['id']}": str(each.get("name", "")) for each in facts.get("stakeholders", ())}
    return others.get(audience, audience)


def kept_back(facts: Facts) -> KeptBack:
    """What of a submission may be passed on to nobody, and who could guess its source."""
    kept = facts.get("kept_parts", ())
    silent = [each for each in facts.get("mentioned", ()) if each.get("may_be_named") != "yes"]
    return KeptBack(
        parts=tuple(str(_(label)) for part, label in KEPT_PARTS.items() if part in kept),
        names=tuple(str(each["name"]) for each in silent if each.get("name")),
        words=str(facts.get("kept_words") or ""),
        could_guess=str(facts.get("could_guess") or ""),
    )


def told_to(facts: Facts, audience: str) -> dict[str, Any]:
    """What a letter to this audience may say of each person and of the place."""
    view = confidentiality.view_for(facts, audience)
    people = {person["id"]: called(person, facts) for person in confidentiality.people_in(facts)}
    return {
        "people": [
            {"who": people[one.id], "label": one.label, "level": _(LEVELS[one.level]), "tone": TONES[one.level]}
            for one in view.people
        ],
        "place": list(view.place.values()),
    }


def _row(person: Mapping[str, Any], facts: Facts, every: Sequence[str]) -> Row:
    return Row(called(person, facts), tuple(_agreement(person)), tuple(_cell(person, facts, one) for one in every))


def _agreement(person: Mapping[str, Any]) -> list[str]:
    if person.get("is_source"):
        return [str(_("The source"))]
    basis = str(person.get("basis") or "")
    given_on = day(str(person["given_on"])) if person.get("given_on") else ""
    said = (_(BASES[basis]) if basis in BASES else _("No agreement"), person.get("given_by"), given_on)
    decided = str(_("Decided by themselves, with their own code")) if person.get("decided") == "person" else ""
    return [str(part) for part in (*said, person.get("why_not_asked"), decided) if part]


def _cell(person: Mapping[str, Any], facts: Facts, audience: str) -> Cell:
    level = confidentiality.level_for(person, facts, audience)
    rule = confidentiality.rule_above(person, facts, audience)
    if audience == MANDATE and is_set_apart(person, facts):
        return Cell(str(_(LEVELS[level])), TONES[level], str(_("the name is set apart")))
    return Cell(str(_(LEVELS[level])), TONES[level], str(_(RULES[rule])) if rule else "")


def _place(facts: Facts, audience: str) -> Cell:
    if not _is_reached(facts, audience):
        return Cell(str(_(LEVELS[Level.NONE])))
    is_kept = "place" in facts.get("kept_parts", ()) and audience != MANDATE
    precision = Precision.COUNTRY if is_kept else confidentiality.precision_for(facts, audience)
    return Cell(str(_(PRECISIONS[precision])))


def _letter(facts: Facts, audience: str) -> Cell:
    if audience not in confidentiality.addressees(facts):
        return Cell("")
    may = confidentiality.may_be_sent(facts, audience)
    return Cell(str(_("May be sent")) if may else str(_("May not be sent")), "good" if may else "urgent")


def _is_reached(facts: Facts, audience: str) -> bool:
    return audience in {MANDATE, MANDATES} or confidentiality.may_be_sent(facts, audience)
