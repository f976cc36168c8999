"""What may be told to whom, over arbitrary people, consents, bases and audiences."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from submissions import confidentiality
from submissions.confidentiality import (
    IDENTITY_FIELDS,
    MANDATE,
    MANDATES,
    PUBLIC,
    audiences,
    identity_kept_back,
    level_for,
    may_be_sent,
    names_kept_back,
    part,
    place_for,
    view_for,
    with_changes,
)

STATES = ["XXA", "XXB"]
KEYS = [MANDATE, MANDATES, "state:XXA", "state:XXB", "other:firm", PUBLIC]
OUTSIDE = [key for key in KEYS if key != MANDATE]
LEVELS, PRECISIONS = ["none", "initials", "name"], ["country", "region", "town", "exact"]
PLACES = {"place_region": "Plantedregion", "place_town": "Plantedtown", "place_exact": "Plantedstreet"}
YOU = {name: f"planted {name}" for name in IDENTITY_FIELDS}

wishes = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LEVELS))
precisions = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(PRECISIONS))


@st.composite
def people(draw: st.DrawFn, number: int) -> dict[str, Any]:
    return {
        "id": f"p{number}",
        "name": f"Plantedname{number} Family{number}",
        "kind": draw(st.sampled_from(["person", "group", "people"])),
        "minor": draw(st.sampled_from(["yes", "no", "unknown", ""])),
        "sexual_violence": draw(st.sampled_from(["yes", "no", ""])),
        "basis": draw(st.sampled_from(["own", "family", "guardian", "not_asked", "refused", ""])),
        "why_not_asked": draw(st.sampled_from(["", "Nobody knows where she is."])),
        "own_wishes": draw(st.sampled_from(["yes", "no", ""])),
        "naming": draw(wishes),
        "precision": draw(precisions),
    }


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    own = {"id": "source", "is_source": True, "kind": "person", "minor": draw(st.sampled_from(["yes", "no"]))}
    return {
        "kind": "people",
        "states": STATES,
        "stakeholders": [{"id": "firm", "kind": "company", "name": "Firm"}],
        "relation": draw(st.sampled_from(["victim", "family", "witness"])),
        "what_happened": "They came at night.",
        "happened_on": "2026-11-02",
        "victims": [own, *(draw(people(number)) for number in range(draw(st.integers(0, 4))))],
        "mentioned": [{"id": "m", "name": "Plantedwitness", "may_be_named": draw(st.sampled_from(["yes", "no", ""]))}],
        "consent_to_send": draw(st.sampled_from(["yes", "no", ""])),
        "not_to": draw(st.lists(st.sampled_from(["state:XXA", "state:XXB", "other:firm"]), unique=True)),
        "naming": draw(wishes),
        "precision": draw(precisions),
        "kept_parts": draw(st.lists(st.sampled_from(["place", "happened_on"]), unique=True)),
        **PLACES,
        **YOU,
    }


def said(anything: Any) -> str:
    return json.dumps(anything, default=lambda one: getattr(one, "__dict__", None) or str(one))


def shown(facts: dict[str, Any], audience: str) -> str:
    view = view_for(facts, audience)
    return said([[(one.label, one.kind) for one in view.people], dict(view.place), dict(view.answers)])


def wished(person: dict[str, Any], told: dict[str, Any], audience: str) -> str:
    """What was wished for a person, read from the answers by the shortest way."""
    chosen = person["naming"] if person.get("own_wishes") == "yes" else told["naming"]
    return str(chosen.get(audience, "none"))


@given(answers(), st.sampled_from(OUTSIDE))
def test_no_name_is_shown_to_anybody_for_whom_nobody_wished_it(told: dict[str, Any], audience: str) -> None:
    page = shown(part(told).facts, audience)
    for person in told["victims"][1:]:
        if wished(person, told, audience) != "name" or wished(person, told, MANDATE) != "name":
            assert person["name"] not in page
        if person["basis"] in {"", "refused"} or (person["basis"] == "not_asked" and not person["why_not_asked"]):
            assert person["name"] not in page


@given(answers(), st.sampled_from(OUTSIDE))
def test_whoever_may_not_be_written_to_is_told_nothing(told: dict[str, Any], audience: str) -> None:
    assume(audience != MANDATES)
    if told["consent_to_send"] != "yes" or audience in told["not_to"]:
        assert shown(part(told).facts, audience) == said([[], {}, {}])


@given(answers())
def test_the_public_is_told_no_name_of_a_minor_or_of_somebody_who_suffered_sexual_violence(
    told: dict[str, Any],
) -> None:
    page = shown(part(told).facts, PUBLIC)
    for person in told["victims"][1:]:
        if person["kind"] == "person" and (person["minor"] != "no" or person["sexual_violence"] == "yes"):
            assert person["name"] not in page


@given(answers(), st.sampled_from(OUTSIDE))
def test_the_place_is_told_no_more_exactly_than_the_most_careful_would_have_it(
    told: dict[str, Any], audience: str
) -> None:
    page = shown(part(told).facts, audience)
    for person in confidentiality.people_in(told):
        chosen = person.get("precision", {}) if person.get("own_wishes") == "yes" else told["precision"]
        exact = PRECISIONS.index(chosen.get(audience, "country"))
        for needed, word in enumerate(PLACES.values(), 1):
            assert exact >= needed or word not in page
    if "place" in told["kept_parts"]:
        assert place_for(told, audience) == {}


@given(answers(), st.sampled_from(OUTSIDE))
def test_every_name_that_is_not_shown_is_one_that_no_text_may_hold(told: dict[str, Any], audience: str) -> None:
    facts = part(told).facts
    kept = names_kept_back(facts, audience)
    for person in facts["victims"]:
        if not person.get("is_source") and person["name"] and person["name"] not in shown(facts, audience):
            assert person["name"] in kept
    assert ("Plantedwitness" in kept) == (told["mentioned"][0]["may_be_named"] != "yes")


@given(answers())
def test_facts_carry_no_word_of_who_the_source_is_but_a_victims_name_that_somebody_may_know(
    told: dict[str, Any],
) -> None:
    facts = said(part(told).facts)
    for field in set(IDENTITY_FIELDS) - {"your_name"}:
        assert YOU[field] not in facts
    if told["relation"] != "victim" or not any(
        told["naming"].get(key) == "name" for key in audiences(told) if key != MANDATE
    ):
        assert YOU["your_name"] not in facts


@given(answers())
def test_names_that_the_mandate_may_not_read_lie_with_the_identity(told: dict[str, Any]) -> None:
    parted = part(told)
    for person in told["victims"][1:]:
        apart = wished(person, told, MANDATE) != "name"
        assert (person["name"] in said(parted.facts)) != apart
        assert (person["name"] in parted.identity.values()) == apart


@given(answers())
def test_the_copy_that_opens_with_the_code_never_says_whose_it_is(told: dict[str, Any]) -> None:
    assert "planted your" not in said(part(told).source_copy)


@given(answers(), st.sampled_from(OUTSIDE))
def test_nothing_of_an_identity_may_stand_in_a_text_but_the_name_of_a_victim_who_agreed(
    told: dict[str, Any], audience: str
) -> None:
    parted = part(told)
    named = any(
        one.get("is_source") and level_for(one, parted.facts, audience) == "name"
        for one in confidentiality.people_in(parted.facts)
    )
    kept = identity_kept_back(parted.facts, parted.identity, audience)
    assert (YOU["your_name"] in kept) != named


@given(answers(), st.sampled_from(["p0", "p1", "source"]), wishes, st.sampled_from(OUTSIDE))
def test_what_a_person_decided_is_never_loosened_by_the_source(
    told: dict[str, Any], person: str, looser: dict[str, str], audience: str
) -> None:
    facts = part(told).facts
    decided = with_changes(facts, [{"by": "person", "person": person, "naming": {audience: "none"}}])
    after = with_changes(decided, [{"by": "source", "person": person, "naming": looser, "basis": "own"}])
    for one in after["victims"]:
        if one["id"] == person:
            assert level_for(one, after, audience) == "none"


@given(answers(), st.sampled_from(OUTSIDE))
def test_consent_that_is_withdrawn_governs_everybody(told: dict[str, Any], audience: str) -> None:
    assume(audience != MANDATES)
    after = with_changes(part(told).facts, [{"by": "source", "consent_to_send": "no"}])
    assert not may_be_sent(after, audience)
    assert shown(after, audience) == said([[], {}, {}])


def test_a_name_is_shown_where_everything_allows_it() -> None:
    """The searches above look for names that would be found: here is one that is."""
    person = {"id": "p", "kind": "person", "name": "Plantedname", "minor": "no", "basis": "own"}
    told = {
        "states": ["XXA"],
        "consent_to_send": "yes",
        "victims": [person],
        "naming": dict.fromkeys(KEYS, "name"),
        "precision": dict.fromkeys(KEYS, "exact"),
        **PLACES,
    }
    for audience in (MANDATES, "state:XXA", PUBLIC):
        page = shown(part(told).facts, audience)
        assert "Plantedname" in page
        assert "Plantedstreet" in page
    assert "Plantedname" not in shown(part(told).facts, "state:XXB"), "a State that is no addressee is told nothing"


@pytest.mark.parametrize("audience", OUTSIDE)
def test_what_nobody_answered_is_told_to_nobody(audience: str) -> None:
    told = {
        "states": ["XXA"],
        "victims": [{"id": "p", "kind": "group", "name": "Plantedname", "basis": "own"}],
        **PLACES,
    }
    assert "Planted" not in shown(part(told).facts, audience)
