"""One record changes, and all others stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions import confidentiality
from submissions.record_changes import (
    CollectionFull,
    NoSuchRecord,
    new_record,
    record_in,
    records_in,
    with_record,
    with_said,
    with_source,
    without_record,
)
from submissions.records import STAKEHOLDERS_MOST


def people(*names):
    return {"victims": [{"id": name, "kind": "person", "name": name} for name in names], "relation": "family"}


def test_what_is_said_of_one_person_leaves_the_others_alone():
    answers = with_said(people("a", "b"), "victims", "b", {"age": "30"})
    assert answers["victims"] == [*people("a")["victims"], {"id": "b", "kind": "person", "name": "b", "age": "30"}]


def test_a_form_cannot_make_one_record_into_another():
    answers = with_said(people("a"), "victims", "a", {"id": "b", "kind": "people"})
    assert answers == people("a")


def test_a_record_that_was_removed_in_another_tab_is_not_brought_back():
    answers = without_record(people("a", "b"), "victims", "a")
    with pytest.raises(NoSuchRecord):
        with_said(answers, "victims", "a", {"age": "30"})
    assert without_record(answers, "victims", "a") == people("b") == answers


def test_no_more_are_added_than_fit():
    answers = {}
    for _ in range(STAKEHOLDERS_MOST):
        answers = with_record(answers, "stakeholders", new_record("stakeholders", "company"))
    with pytest.raises(CollectionFull):
        with_record(answers, "stakeholders", new_record("stakeholders", "company"))
    assert len({each["id"] for each in answers["stakeholders"]}) == STAKEHOLDERS_MOST


def test_only_what_is_offered_can_be_added():
    with pytest.raises(ValueError, match="company"):
        new_record("victims", "company")


def test_the_source_stands_first_among_the_victims_once_and_stays_when_the_relation_changes():
    own = with_source({**people("a"), "relation": "victim"})
    assert [each["id"] for each in own["victims"]] == ["source", "a"]
    assert with_source(own) == own
    after = with_source({**own, "relation": "family"})
    assert after["victims"] == own["victims"]
    assert [each["id"] for each in confidentiality.people_in(after)] == ["a"]


DEEDS = st.lists(st.tuples(st.sampled_from(["add", "say", "remove", "relation"]), st.integers(0, 9)), max_size=30)


@given(DEEDS)
def test_whatever_is_added_said_and_removed_nothing_else_is_lost(deeds):
    answers, expected = {"what_happened": "words"}, {}
    for deed, number in deeds:
        known = list(expected)
        if deed == "add":
            record = new_record("victims", "person")
            answers, expected[record["id"]] = with_record(answers, "victims", record), ""
        elif deed == "relation":
            answers = with_source({**answers, "relation": ["victim", "family"][number % 2]})
        elif known:
            one = known[number % len(known)]
            answers = (
                with_said(answers, "victims", one, {"name": str(number)})
                if deed == "say"
                else without_record(answers, "victims", one)
            )
            expected = {**expected, one: str(number)}
            if deed == "remove":
                del expected[one]
    others = [each for each in records_in(answers, "victims") if not each.get("is_source")]
    assert {each["id"]: each.get("name", "") for each in others} == expected
    assert answers["what_happened"] == "words"
    assert all(record_in(answers, "victims", one)["id"] == one for one in expected)
