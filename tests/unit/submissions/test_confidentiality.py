import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions import confidentiality
from submissions.confidentiality import (
    IDENTITY_FIELDS,
    identity_kept_back,
    initials,
    may_be_sent,
    names_kept_back,
    part,
)
from submissions.questionnaire import STEPS, YOU

PLANTED = {name: f"planted {name}" for name in IDENTITY_FIELDS}
TOLD = {
    "kind": "people",
    "what_happened": "They came at night.",
    "victims": [{"kind": "person", "name": "Alex Example", "details": "A teacher"}],
    "consent_to_send": "yes",
}


def told(**more):
    return {**TOLD, **PLANTED, **more}


def says(parted_piece, words):
    return words in json.dumps(parted_piece)


def test_the_search_for_a_planted_name_finds_one_that_is_there():
    assert says(part(told(place="planted your_name")).facts, "planted your_name")


@pytest.mark.parametrize("relation", ["family", "representative", "witness", "organisation", "other"])
@pytest.mark.parametrize("naming", ["name", "initials", "none"])
def test_no_word_of_who_the_source_is_stands_in_the_facts_when_they_are_not_the_victim(relation, naming):
    facts = part(told(relation=relation, naming=naming)).facts
    assert not says(facts, "planted")


@pytest.mark.parametrize("naming", ["initials", "none"])
def test_a_victim_who_did_not_agree_to_be_named_is_not_named_in_the_facts(naming):
    facts = part(told(relation="victim", naming=naming)).facts
    assert not says(facts, "planted")
    assert facts["victims"][0]["is_source"]


def test_a_victim_who_agreed_is_named_in_the_facts_and_nothing_else_of_them_is():
    facts = part(told(relation="victim", naming="name")).facts
    assert facts["victims"][0]["name"] == PLANTED["your_name"]
    for name in set(IDENTITY_FIELDS) - {"your_name"}:
        assert not says(facts, PLANTED[name])


@pytest.mark.parametrize("relation", ["victim", "family", "witness"])
@pytest.mark.parametrize("naming", ["name", "initials", "none"])
def test_the_copy_that_opens_with_the_code_never_says_whose_it_is(relation, naming):
    assert not says(part(told(relation=relation, naming=naming)).source_copy, "planted")


def test_other_victims_stay_in_the_facts_beside_the_source():
    facts = part(told(relation="victim", naming="name")).facts
    assert [victim["name"] for victim in facts["victims"]] == [PLANTED["your_name"], "Alex Example"]


def test_identity_holds_everything_that_was_given_of_it():
    assert part(told()).identity == PLANTED
    assert part(TOLD).identity == {}


@given(st.dictionaries(st.sampled_from(IDENTITY_FIELDS), st.text(min_size=12, alphabet="abcdefghijkl"), min_size=1))
def test_whatever_is_written_about_oneself_stays_out_of_the_facts(identity):
    parted = part({**TOLD, **identity, "relation": "family", "naming": "name"})
    for value in identity.values():
        assert not says(parted.facts, value)
        assert not says(parted.source_copy, value)


def test_every_question_about_oneself_is_kept_as_identity():
    assert {question.name for question in YOU.questions} == set(IDENTITY_FIELDS)


def test_no_other_step_asks_who_the_source_is():
    others = {question.name for step in STEPS if step is not YOU for question in step.questions}
    assert others.isdisjoint(IDENTITY_FIELDS)


@pytest.mark.parametrize("name", ["your_email", "your_phone", "your_address"])
def test_a_source_who_left_a_way_to_be_reached_is_reachable(name):
    assert part({**TOLD, name: "somewhere"}).reachable


def test_a_name_alone_does_not_make_a_source_reachable():
    assert not part({**TOLD, "your_name": "planted"}).reachable


def test_initials_are_the_first_letters_of_all_parts():
    assert initials("Alex maria  Example") == "A. M. E."
    assert initials("") == ""


def test_names_of_others_may_stand_in_a_letter_only_with_consent_to_names():
    assert names_kept_back(told(naming="name")) == []
    assert names_kept_back(told(naming="initials")) == ["Alex Example"]
    assert names_kept_back(told(naming="none")) == ["Alex Example"]
    assert names_kept_back(TOLD) == ["Alex Example"]


def test_all_of_the_identity_is_kept_back_from_a_letter():
    facts = part(told(relation="family", naming="name")).facts
    assert set(identity_kept_back(facts, PLANTED)) == set(PLANTED.values())


def test_only_the_name_of_a_consenting_victim_may_stand_in_a_letter():
    facts = part(told(relation="victim", naming="name")).facts
    kept = identity_kept_back(facts, {**PLANTED, "your_name": "Ilse Moor"})
    assert set(kept) == set(PLANTED.values()) - {PLANTED["your_name"]}


@pytest.mark.parametrize("answer", [None, "", "no", "maybe", True])
def test_nothing_but_a_yes_lets_a_letter_be_sent(answer):
    assert not may_be_sent({"consent_to_send": answer})
    assert may_be_sent({"consent_to_send": "yes"})


def test_the_place_of_the_events_is_no_secret_of_a_source_who_lives_there() -> None:
    facts = {"place": "Belmar, au port", "relation": "witness"}
    identity = {"your_address": "Rue des Tilleuls 17\n4711 BELMAR"}
    (kept,) = confidentiality.identity_kept_back(facts, identity)
    assert "Tilleuls" in kept
    assert "belmar" not in kept.casefold()


def test_a_place_says_nothing_of_a_name() -> None:
    facts = {"place": "Vandermolen", "relation": "witness"}
    assert confidentiality.identity_kept_back(facts, {"your_name": "Ilse Vandermolen"}) == ["Ilse Vandermolen"]


def test_a_chinese_name_has_no_initials() -> None:
    assert confidentiality.initials("王小明") == ""
    assert confidentiality.initials("ilse van der molen") == "I. V. D. M."


def test_a_victim_who_does_not_consent_to_a_letter_is_not_named_in_the_facts() -> None:
    told = {"relation": "victim", "naming": "name", "consent_to_send": "no", "your_name": "Ilse Vandermolen"}
    assert "Vandermolen" not in str(confidentiality.part(told).facts)


def test_a_name_that_may_be_said_does_not_bar_itself_as_part_of_an_address() -> None:
    facts = {"relation": "victim", "naming": "name", "place": ""}
    kept = confidentiality.identity_kept_back(facts, {"your_name": "Ilse Moor", "your_email": "ilse.moor@example.net"})
    assert kept == [".@example.net"]
