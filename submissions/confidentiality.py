"""What may be told to whom. Pure, and the only judge: whatever seals, shows or renders an answer asks here.

An audience is the mandate itself, other mandates, each addressee by itself, or the public. What nobody agreed to is not
told. Three rules stand above every consent: nobody outside is told more than the mandate; whoever agreed to nothing,
by themselves or through family, is not named; and the public is never told the names of minors or of those who
suffered sexual violence (Manual of Operations of the Special Procedures, 2008, para. 37: unverified here).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from submissions.initials import initials

Answers = Mapping[str, Any]
Record = Mapping[str, Any]
Wish = Callable[[str], Mapping[str, str] | None]

MANDATE, MANDATES, PUBLIC = "mandate", "mandates", "public"
STATE, OTHER = "state:", "other:"
IDENTITY_FIELDS = ("your_name", "your_organisation", "your_email", "your_phone", "your_address")
REACHING_FIELDS = ("your_email", "your_phone", "your_address")
SOURCE = "source"
NAME_OF = "name_of:"
# Whose agreement lets a name be told. Whoever could not be asked needs a reason beside it.
AGREED, NOT_ASKED = frozenset({"own", "guardian", "family"}), "not_asked"
PLACES = ("place_region", "place_town", "place_exact")
# What may be changed after sending, about everybody or about one person.
CHANGEABLE = frozenset(
    {"consent_to_send", "not_to", "naming", "precision", "kept_parts", "basis", "given_by", "given_on"}
)
# What may stand outside as it was answered. All other answers are words of the source, which only the mandate reads.
PLAIN = ("kind", "states", "happened_on", "ended_on", "going_on", "violation_types", "law_title", "law_stage")


class Level(StrEnum):
    """How somebody may be called."""

    NAME = "name"
    INITIALS = "initials"
    NONE = "none"


class Precision(StrEnum):
    """How exactly it may be said where something happened."""

    EXACT = "exact"
    TOWN = "town"
    REGION = "region"
    COUNTRY = "country"


class Above(StrEnum):
    """A rule that stands above every consent: why somebody may be told no more of, whatever was wished."""

    NO_LETTER = "no_letter"
    REFUSED = "refused"
    NOT_AGREED = "not_agreed"
    SEXUAL_VIOLENCE = "sexual_violence"
    MINOR = "minor"
    NOT_TO_MANDATE = "not_to_mandate"


LEVELS = (Level.NONE, Level.INITIALS, Level.NAME)
PRECISIONS = (Precision.COUNTRY, Precision.REGION, Precision.TOWN, Precision.EXACT)


@dataclass(frozen=True, slots=True)
class Parted:
    """A submission's answers, parted by who may read them."""

    facts: dict[str, Any]
    identity: dict[str, str]
    source_copy: dict[str, Any]

    @property
    def reachable(self) -> bool:
        """Whether the source left a way to be reached other than the code."""
        return any(self.identity.get(name) for name in REACHING_FIELDS)


@dataclass(frozen=True, slots=True)
class Shown:
    """A person, group or people as one audience may know it. `label` is empty for somebody who stays unnamed."""

    id: str
    kind: str
    label: str
    level: Level


@dataclass(frozen=True, slots=True)
class View:
    """Everything of a submission that one audience may be told without an officer's own words."""

    people: tuple[Shown, ...]
    place: Mapping[str, str]
    answers: Mapping[str, Any]


def addressees(answers: Answers) -> tuple[str, ...]:
    """The audiences to whom a letter could go: each State and each other stakeholder that the source named."""
    others = (f"{OTHER}{record['id']}" for record in answers.get("stakeholders", ()))
    return (*(f"{STATE}{code}" for code in answers.get("states", ())), *others)


def audiences(answers: Answers) -> tuple[str, ...]:
    """All audiences that are asked about, in the order of how far a word travels."""
    return (MANDATE, MANDATES, *addressees(answers), PUBLIC)


def asked_audiences(answers: Answers) -> tuple[str, ...]:
    """The audiences about whom a source is asked what they may be told: those to whom nothing was refused yet."""
    refused = set(answers.get("not_to", ()))
    if answers.get("consent_to_send") == "no":
        refused |= {PUBLIC, *addressees(answers)}
    return tuple(audience for audience in audiences(answers) if audience not in refused)


def may_be_sent(answers: Answers, audience: str = "") -> bool:
    """Whether the source consented to a letter at all, and to one to this addressee."""
    return answers.get("consent_to_send") == "yes" and audience not in answers.get("not_to", ())


def level_for(person: Record, answers: Answers, audience: str) -> Level:
    """How one alleged victim may be called before an audience."""
    wished = Level(_wish(person, answers, "naming").get(audience, Level.NONE))
    if audience == MANDATE:
        return Level.NAME if person.get("is_source") else wished
    if not _agreed(person) or not _is_reached(answers, audience) or _is_protected(person, audience):
        return Level.NONE
    return _least(wished, level_for(person, answers, MANDATE))


def rule_above(person: Record, answers: Answers, audience: str) -> Above | None:
    """The first rule above consent that keeps an audience from being told more of somebody; None if there is none."""
    if audience == MANDATE:
        return None
    wished = Level(_wish(person, answers, "naming").get(audience, Level.NONE))
    holds = {
        Above.NO_LETTER: not _is_reached(answers, audience),
        Above.REFUSED: person.get("basis") == "refused",
        Above.NOT_AGREED: not _agreed(person),
        Above.SEXUAL_VIOLENCE: _is_protected(person, audience) and person.get("sexual_violence") == "yes",
        Above.MINOR: _is_protected(person, audience),
        Above.NOT_TO_MANDATE: level_for(person, answers, audience) != wished,
    }
    return next((rule for rule, does_hold in holds.items() if does_hold), None)


def label_for(person: Record, answers: Answers, audience: str) -> str:
    """The words by which one alleged victim may be called before an audience; nothing for one who stays unnamed."""
    level, name = level_for(person, answers, audience), str(person.get("name", ""))
    return {Level.NAME: name, Level.INITIALS: person.get("initials") or initials(name)}.get(level, "")


def precision_for(answers: Answers, audience: str) -> Precision:
    """How exactly an audience may know the place: as the most careful of all who were harmed would have it."""
    if audience == MANDATE:
        return Precision.EXACT
    wished = [_wish(person, answers, "precision").get(audience, "") for person in people_in(answers)]
    told = [Precision(each) if each else Precision.COUNTRY for each in wished or [_common(answers, audience)]]
    return min(told, key=PRECISIONS.index)


def place_for(answers: Answers, audience: str) -> dict[str, str]:
    """The parts of the place that an audience may be told."""
    parts = PLACES[: PRECISIONS.index(precision_for(answers, audience))]
    return (
        {}
        if _is_kept("place", answers, audience)
        else {part: str(answers[part]) for part in parts if answers.get(part)}
    )


def view_for(answers: Answers, audience: str) -> View:
    """Everything that may be told to an audience. To somebody to whom no letter may go, that is nothing."""
    if not _is_reached(answers, audience):
        return View((), {}, {})
    people = tuple(
        Shown(person["id"], person["kind"], label_for(person, answers, audience), level_for(person, answers, audience))
        for person in people_in(answers)
    )
    plain = {name: answers[name] for name in PLAIN if answers.get(name) and not _is_kept(name, answers, audience)}
    return View(people, place_for(answers, audience), plain)


def people_in(answers: Answers) -> list[Record]:
    """The alleged victims; the source among them only if it was done to the source."""
    return [each for each in answers.get("victims", ()) if not each.get("is_source") or _is_victim(answers)]


def names_kept_back(facts: Answers, audience: str) -> list[str]:
    """Names that may not stand in what an audience reads: of alleged victims, and of others who are mentioned."""
    victims = [
        each
        for each in people_in(facts)
        if not each.get("is_source") and level_for(each, facts, audience) != Level.NAME
    ]
    others = [each for each in facts.get("mentioned", ()) if each.get("may_be_named") != "yes"]
    return [str(each["name"]) for each in (*victims, *others) if each.get("name")]


def identity_kept_back(facts: Answers, identity: Mapping[str, str], audience: str) -> list[str]:
    """What of a source's identity may not stand before an audience: all, but a victim's name given with consent."""
    own = next((each for each in people_in(facts) if each.get("is_source")), None)
    named = own is not None and level_for(own, facts, audience) == Level.NAME
    name, place = identity.get("your_name", ""), " ".join(place_for(facts, audience).values())
    # A name that may be said may also stand in an e-mail address; and the place of the events is told anyway.
    said = {"your_address": f"{place} {name}" if named else place, "your_email": name if named else ""}
    kept = {key: _beyond(value, said.get(key, "")) for key, value in identity.items()}
    return [value for key, value in kept.items() if value.strip() and not (named and key == "your_name")]


def part(answers: Answers) -> Parted:
    """Part the answers. Facts carry no word of who the source is, unless they are the victim and agree to be named.

    Names that the mandate itself may not read lie with the identity of the source. The source's own copy is without
    that identity: whoever finds the code must not learn whose it is.
    """
    facts = {name: value for name, value in answers.items() if name not in IDENTITY_FIELDS}
    facts["victims"] = [_known(person, answers) for person in people_in(answers)]
    identity = {name: str(answers[name]) for name in IDENTITY_FIELDS if answers.get(name)}
    source_copy = {name: value for name, value in answers.items() if name not in IDENTITY_FIELDS}
    return Parted(facts, identity | dict(_set_apart(answers)), source_copy)


def with_changes(facts: Answers, changes: Iterable[Record]) -> dict[str, Any]:
    """The facts as consents stand after changes, in the order in which they were made.

    A change is `by` the source or the person, concerns one `person` or, without one, everybody, and holds the answers
    that are new. What a person decided, the source can make stricter afterwards and never looser.
    """
    changed = dict(facts)
    for change in changes:
        said = {name: value for name, value in change.items() if name in CHANGEABLE}
        if change.get("person"):
            changed["victims"] = [_changed(each, change, said, changed) for each in changed.get("victims", ())]
        elif change.get("by") == SOURCE:
            changed |= said
    return changed


def with_stricter(facts: Answers, change: Record) -> dict[str, Any]:
    """The facts after a change of which nobody knows who made it: it counts where it makes something stricter."""
    after = with_changes(facts, [change])
    both_agree = may_be_sent(facts) and may_be_sent(after)
    people = zip(facts.get("victims", ()), after.get("victims", ()), strict=True)
    return {
        **facts,
        "consent_to_send": "yes" if both_agree else "no",
        "not_to": sorted({*facts.get("not_to", ()), *after.get("not_to", ())}),
        "kept_parts": sorted({*facts.get("kept_parts", ()), *after.get("kept_parts", ())}),
        **_stricter_wishes(facts.get, after.get),
        "victims": [_no_looser(before, facts, changed, after) for before, changed in people],
    }


def _no_looser(person: Record, facts: Answers, changed: Record, after: Answers) -> dict[str, Any]:
    stricter = _stricter_wishes(lambda what: _wish(person, facts, what), lambda what: _wish(changed, after, what))
    refused = {"basis": "refused"} if changed.get("basis") == "refused" else {}
    return {**person, **stricter, **refused, "own_wishes": "yes"}


def _stricter_wishes(before: Wish, after: Wish) -> dict[str, dict[str, str]]:
    return {
        "naming": _stricter(before("naming") or {}, after("naming") or {}, [level.value for level in LEVELS]),
        "precision": _stricter(before("precision") or {}, after("precision") or {}, [one.value for one in PRECISIONS]),
    }


def _changed(person: Record, change: Record, said: Record, facts: Answers) -> dict[str, Any]:
    if person["id"] != change["person"]:
        return dict(person)
    before = {"naming": _wish(person, facts, "naming"), "precision": _wish(person, facts, "precision")}
    after = {**person, **before, **said, "own_wishes": "yes"}
    if change.get("by") != SOURCE:
        return {**after, "decided": "person"}
    if person.get("decided") != "person":
        return after
    return {
        **after,
        "basis": person.get("basis") if said.get("basis") != "refused" else "refused",
        **_stricter_wishes(before.get, after.get),
    }


def _stricter(before: Mapping[str, str], after: Mapping[str, str], order: Sequence[str]) -> dict[str, str]:
    """For each audience the stricter of two wishes; what only one of them allows is not allowed."""
    both = (one for one in before.keys() & after.keys() if before[one] in order and after[one] in order)
    return {one: min(before[one], after[one], key=order.index) for one in both}


def _known(person: Record, answers: Answers) -> dict[str, Any]:
    """A person as the mandate may know them."""
    if person.get("is_source"):
        full = str(answers.get("your_name", ""))
        most = _most(level_for(person, answers, one) for one in audiences(answers) if one != MANDATE)
        names = {Level.NAME: {"name": full}, Level.INITIALS: {"name": "", "initials": initials(full)}}
        return {**person, **names.get(most, {"name": ""})}
    if level_for(person, answers, MANDATE) == Level.NAME:
        return dict(person)
    return {**person, "name": "", "initials": label_for(person, answers, MANDATE)}


def _set_apart(answers: Answers) -> Iterator[tuple[str, str]]:
    for person in people_in(answers):
        if person.get("name") and level_for(person, answers, MANDATE) != Level.NAME:
            yield f"{NAME_OF}{person['id']}", str(person["name"])


def _wish(person: Record, answers: Answers, what: str) -> Mapping[str, str]:
    """What was wished for this person: their own wish, or what was said of all."""
    own: Mapping[str, str] = person.get(what, {}) if person.get("own_wishes") == "yes" else answers.get(what, {})
    return own


def _common(answers: Answers, audience: str) -> str:
    return str(answers.get("precision", {}).get(audience, ""))


def _agreed(person: Record) -> bool:
    basis = person.get("basis")
    return (
        bool(person.get("is_source")) or basis in AGREED or (basis == NOT_ASKED and bool(person.get("why_not_asked")))
    )


def _is_reached(answers: Answers, audience: str) -> bool:
    """Whether anything at all may go to this audience."""
    if audience in {MANDATE, MANDATES}:
        return True
    if audience == PUBLIC:
        return may_be_sent(answers)
    return audience in addressees(answers) and may_be_sent(answers, audience)


def _is_protected(person: Record, audience: str) -> bool:
    return (
        audience == PUBLIC
        and (person.get("minor") != "no" or person.get("sexual_violence") == "yes")
        and _is_one(person)
    )


def _is_one(person: Record) -> bool:
    return person.get("kind") == "person"


def _is_victim(answers: Answers) -> bool:
    return answers.get("relation") == "victim"


def _is_kept(name: str, answers: Answers, audience: str) -> bool:
    return audience != MANDATE and name in answers.get("kept_parts", ())


def _least(*levels: Level) -> Level:
    return min(levels, key=LEVELS.index)


def _most(levels: Iterator[Level]) -> Level:
    return max(levels, key=LEVELS.index, default=Level.NONE)


def _beyond(value: str, said: str) -> str:
    """A part of an identity without words that may be said anyway."""
    words = {word.casefold() for word in re.findall(r"[^\W\d_]+", said)}
    return re.sub(r"[^\W\d_]+", lambda word: "" if word.group().casefold() in words else word.group(), value)
