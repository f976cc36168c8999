"""What may not stand in a letter to one addressee, over arbitrary people, consents, bases and audiences."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions.confidentiality import MANDATE, PUBLIC, part, with_changes
from tests.unit.submissions.test_confidentiality import PLACES, PRECISIONS, YOU, answers, precisions, wished, wishes
from workflows.kept_back import (
    NO_CONSENT,
    NOT_ADDRESSED,
    NOT_TO_ADDRESSEE,
    judged,
    obstacles_in,
)

# Different first letters, so that each person's initials are their own.
NAMES = ("Alda Brook", "Cora Dunn", "Edda Frost", "Gisa Hale")
INITIALS = ("A. B.", "C. D.", "E. F.", "G. H.")
STATES = st.sampled_from(["state:XXA", "state:XXB"])
WITNESS = "Plantedwitness"
Told = dict[str, Any]


@st.composite
def named_answers(draw: st.DrawFn) -> Told:
    told = draw(answers())
    own, *others = told["victims"]
    people = [{**person, "name": name} for person, name in zip(others, NAMES, strict=False)]
    # Mostly a letter may be sent, since there is nothing to be found in one that may not.
    sent = {"consent_to_send": draw(st.sampled_from(["yes", "yes", "yes", "no"]))}
    return {**told, **sent, "not_to": draw(st.sampled_from([[], [], ["state:XXB"]])), "victims": [own, *people]}


def agreed(person: Told) -> bool:
    return person["basis"] in {"own", "family", "guardian"} or (
        person["basis"] == "not_asked" and person["why_not_asked"] != ""
    )


def may_be_shown(person: Told, told: Told, audience: str, levels: set[str]) -> bool:
    """Whether somebody agreed to one of these levels, before the audience and before the mandate."""
    return agreed(person) and {wished(person, told, audience), wished(person, told, MANDATE)} <= levels


def letter_with_everything(told: Told) -> str:
    both = zip(told["victims"][1:], INITIALS, strict=False)
    people = [f"{person['name']} was harmed, {initials}." for person, initials in both]
    places = [f"It happened at {place}." for place in PLACES.values()]
    source = [f"So said {value}." for value in YOU.values()]
    return " ".join([*people, *places, *source, f"{WITNESS} saw it."])


def without_what_was_found(text: str, found: list[Any]) -> str:
    for start, end in [span for obstacle in found for span in obstacle.positions]:
        text = text[:start] + "\N{WHITE SQUARE}" * (end - start) + text[end:]
    return text


@given(named_answers(), STATES)
def test_nothing_without_consent_is_overlooked_in_a_letter(told: Told, audience: str) -> None:
    parted, text = part(told), letter_with_everything(told)
    found = obstacles_in(text, parted.facts, parted.identity, audience)
    if told["consent_to_send"] != "yes" or audience in told["not_to"]:
        assert [one.code for one in found] == [NO_CONSENT if told["consent_to_send"] != "yes" else NOT_TO_ADDRESSEE]
        return
    rest = without_what_was_found(text, found)
    for person, initials in zip(told["victims"][1:], INITIALS, strict=False):
        if not may_be_shown(person, told, audience, {"name"}):
            assert person["name"] not in rest
        if not may_be_shown(person, told, audience, {"name", "initials"}):
            assert initials not in rest
    if told["mentioned"][0]["may_be_named"] != "yes":
        assert WITNESS not in rest
    for value in set(YOU.values()) - {YOU["your_name"]}:
        assert value not in rest
    if told["relation"] != "victim" or told["naming"].get(audience) != "name":
        assert YOU["your_name"] not in rest


@given(named_answers(), STATES)
def test_no_place_is_overlooked_that_somebody_would_not_have_told(told: Told, audience: str) -> None:
    parted, text = part(told), letter_with_everything(told)
    rest = without_what_was_found(text, obstacles_in(text, parted.facts, parted.identity, audience))
    own = [told["victims"][0]] if told["relation"] == "victim" else []
    people = [*own, *told["victims"][1:]] or [{}]
    chosen = [one["precision"] if one.get("own_wishes") == "yes" else told["precision"] for one in people]
    least = min(PRECISIONS.index(wish.get(audience, "country")) for wish in chosen)
    if told["consent_to_send"] != "yes" or audience in told["not_to"]:
        return
    for needed, place in enumerate(PLACES.values(), 1):
        may_be_told = least >= needed and "place" not in told["kept_parts"]
        assert (place in rest) == may_be_told


@given(named_answers(), STATES)
def test_what_everybody_agreed_to_is_no_obstacle(told: Told, audience: str) -> None:
    parted = part(told)
    if told["consent_to_send"] == "yes" and audience not in told["not_to"]:
        people = [one["name"] for one in told["victims"][1:] if may_be_shown(one, told, audience, {"name"})]
        text = f"It was done to {', '.join(people)} by the Firm."
        assert obstacles_in(text, parted.facts, parted.identity, audience) == []


@given(named_answers(), st.sampled_from([PUBLIC, "mandates", "state:XXZ", "other:another"]))
def test_whoever_the_source_did_not_name_is_written_nothing(told: Told, audience: str) -> None:
    parted = part(told)
    (only,) = obstacles_in("A letter.", parted.facts, parted.identity, audience)
    assert only.code == (NOT_ADDRESSED if told["consent_to_send"] == "yes" else NO_CONSENT)


@given(named_answers(), STATES, st.sampled_from(["p0", "p1", "source"]), wishes, precisions)
def test_a_change_that_shows_in_what_an_audience_may_know_shows_in_what_the_judge_said(
    told: Told, audience: str, person: str, naming: dict[str, str], precision: dict[str, str]
) -> None:
    facts, text = part(told).facts, letter_with_everything(told)
    after = with_changes(facts, [{"by": "source", "person": person, "naming": naming, "precision": precision}])
    if obstacles_in(text, facts, {}, audience) != obstacles_in(text, after, {}, audience):
        assert judged(facts, audience) != judged(after, audience)


def one(text: str, audience: str = "state:XXA", identity: dict[str, str] | None = None, **changes: Any) -> list[str]:
    """What is found in a text about a mother who may be named to XXA and to nobody else, and her child, who may not."""
    facts = {
        "states": ["XXA", "XXB"],
        "consent_to_send": "yes",
        "victims": [
            {"id": "m", "kind": "person", "name": "Idalia Venn", "basis": "own", "minor": "no"},
            {"id": "c", "kind": "person", "name": "Oda Venn", "basis": "refused", "minor": "yes"},
        ],
        "naming": {"mandate": "name", "state:XXA": "name", "state:XXB": "none"},
        "precision": {"state:XXA": "region", "state:XXB": "country"},
        "place_region": "Ostrel Coast",
        "place_town": "Port Lumara",
        "place_exact": "the old camp near Belmar, 9 Lantern Steps",
        **changes,
    }
    found = obstacles_in(text, facts, identity or {}, audience, fixed="The steps that were taken in Arvenia")
    return [f"{each.code}: {text[slice(*span)]}" for each in found for span in each.positions or [(0, 0)]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ms. Idalia Venn and her child were taken.", []),
        ("Ms. Idalia Venn and Oda were taken.", ["victim_named: Oda"]),
        ("Ms. Idalia Venn and Oda Venn were taken.", ["victim_named: Oda Venn"]),
        ("Idalia Venn and O. V. were taken.", ["victim_named: O. V."]),
        ("Article V. was cited to her at the port, in the old camp.", []),
        ("At Ostrel Coast, steps were taken near a port.", []),
        ("In the town of Lumara she was held.", ["place_too_exact: Lumara"]),
        ("In PORT-LUMARA she was held.", ["place_too_exact: PORT-LUMARA"]),
        ("She lived at 9 Lantern Steps.", ["place_too_exact: 9 Lantern Steps"]),
    ],
)
def test_only_what_may_not_be_told_to_this_addressee_is_found(text: str, found: list[str]) -> None:
    assert one(text) == found


def test_words_that_name_no_place_are_no_traces_of_one() -> None:
    """Common nouns, words of many places, and what every letter says anyway."""
    place = {"place_town": "", "place_exact": "behind the bakery at Old Belmar Steps in South Arvenia"}
    assert one("In Arvenia, an old bakery; which steps were taken in the south?", **place) == []
    assert one("In Belmar.", **place) == ["place_too_exact: Belmar"]
    assert one("In old belmar.", place_town="", place_exact="old belmar") == ["place_too_exact: old belmar"]


def test_initials_that_somebody_else_may_bear_are_no_obstacle() -> None:
    seen = {"id": "s", "kind": "person", "name": "Olga Vries", "basis": "own", "own_wishes": "yes"}
    seen["naming"] = {"mandate": "name", "state:XXA": "initials"}
    child = {"id": "c", "kind": "person", "name": "Oda Venn", "basis": "refused"}
    assert one("O. V. was taken.", victims=[seen, child]) == []
    assert one("O. V. was taken.", victims=[child]) == ["victim_named: O. V."]


def test_no_letter_goes_to_whom_the_source_does_not_want_it_to_go() -> None:
    assert one("A letter.", "state:XXB", not_to=["state:XXB"]) == ["not_to_addressee: "]
    assert one("A letter.", "state:XXA", not_to=["state:XXB"]) == []


def test_another_state_may_know_less() -> None:
    text = "Ms. Idalia Venn was taken at Ostrel Coast."
    assert one(text, "state:XXA") == []
    assert one(text, "state:XXB") == ["victim_named: Idalia Venn", "place_too_exact: Ostrel Coast"]


def test_a_relative_who_told_us_is_found_beside_the_victim_who_may_be_named() -> None:
    identity = {"your_name": "Bruna Venn", "your_phone": "+99 555 123 456"}
    assert one("Ms. Idalia Venn was taken.", identity=identity) == []
    assert one("Ms. Venn, as Bruna said, +99555123456.", identity=identity) == [
        "source_named: Bruna",
        "source_named: +99555123456",
    ]


def test_a_source_with_the_name_of_the_victim_is_found_all_the_same() -> None:
    assert one("Ms. Idalia Venn was taken.", identity={"your_name": "Idalia Venn"}) == ["source_named: Idalia Venn"]


def test_a_name_that_the_mandate_may_not_read_is_found_too() -> None:
    hidden = {"id": "h", "kind": "person", "name": "", "initials": "T. Q.", "basis": "own"}
    identity = {"name_of:h": "Tilda Quaid"}
    told = {"victims": [hidden], "naming": {"mandate": "initials", "state:XXA": "initials"}}
    assert one("T. Q. was taken.", identity=identity, **told) == []
    assert one("Tilda was taken.", identity=identity, **told) == ["victim_named: Tilda"]
    told["naming"] = {"mandate": "initials"}
    assert one("T. Q. was taken.", identity=identity, **told) == ["victim_named: T. Q."]


def test_one_who_may_be_named_keeps_that_right_beside_another_of_the_same_name() -> None:
    father = {"id": "f", "kind": "person", "name": "Idalia Venn", "basis": "own", "minor": "no"}
    child = {"id": "c", "kind": "person", "name": "Idalia Venn", "basis": "refused", "minor": "yes"}
    assert one("Idalia Venn was taken.", victims=[father, child]) == []
    assert one("Idalia Venn was taken.", victims=[child]) == ["victim_named: Idalia Venn"]
