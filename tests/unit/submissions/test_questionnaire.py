import pytest

from submissions.questionnaire import (
    BY_NAME,
    CONSENT,
    LAW,
    STEPS,
    given,
    incomplete,
    lacks_something,
    missing,
    steps_for,
)
from submissions.questions import Kind
from submissions.records import AGREEMENT, COLLECTIONS, WHO, WISHES

PAGES = [*STEPS, *(page for collection in COLLECTIONS.values() for page in collection.pages)]
QUESTIONS = [question for step in STEPS for question in step.questions]
OF_PAGES = [(page, question) for page in PAGES for question in page.questions]
CHOSEN = {Kind.CHOICE, Kind.CHOICES, Kind.NAMING, Kind.PRECISION}
WRITTEN = {Kind.LINE, Kind.TEXT, Kind.EMAIL, Kind.PHONE}
ALEX = {"id": "alex", "kind": "person", "name": "Alex Example", "minor": "no", "basis": "own", "own_wishes": "no"}
COMPLETE = {
    "kind": "people",
    "states": ["XXA"],
    "what_happened": "They came at night.",
    "going_on": "yes",
    "relation": "family",
    "victims": [
        {"id": "alex", "kind": "person", "name": "Alex Example", "minor": "no", "basis": "own", "own_wishes": "no"}
    ],
    "perpetrators": "The police",
    "consent_to_send": "yes",
    "naming": {"mandate": "name", "mandates": "none", "state:XXA": "initials", "public": "none"},
}
COMPANY = {"id": "docks", "kind": "company", "name": "Belmar Docks"}


def lacking(answers):
    return [question.name for _, question in missing(answers)]


def without(name):
    return {key: value for key, value in COMPLETE.items() if key != name}


@pytest.mark.parametrize(("page", "question"), OF_PAGES, ids=lambda part: part.name)
def test_each_question_has_a_label_and_what_its_kind_needs(page, question):
    assert question.label
    assert bool(question.collection) == (question.kind == Kind.RECORDS)
    assert bool(question.choices) == (question.kind in CHOSEN)
    assert bool(question.most) == (question.kind in WRITTEN)


@pytest.mark.parametrize(("page", "question"), OF_PAGES, ids=lambda part: part.name)
def test_each_question_that_may_be_missing_says_what_to_do(page, question):
    may_be_missing = any(question.needed(answers) for answers in ({}, COMPLETE, ALEX))
    assert bool(question.if_missing) == may_be_missing


def test_no_two_questions_share_a_name():
    names = [question.name for question in QUESTIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.choices], ids=lambda question: question.name)
def test_no_two_choices_share_a_value_and_each_has_words(question):
    values = [choice.value for choice in question.choices]
    assert len(values) == len(set(values))
    assert all(choice.label for choice in question.choices)


def test_each_step_is_found_by_its_name():
    assert list(BY_NAME.values()) == list(STEPS)


def test_nothing_is_missing_from_complete_answers():
    assert lacking(COMPLETE) == []


def test_everything_that_is_needed_is_missing_from_no_answers():
    assert set(lacking({})) == set(COMPLETE)


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_what_is_needed_is_named_when_it_is_missing(name):
    assert lacking(without(name)) == [name]


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_an_empty_answer_is_a_missing_one(name):
    empty = type(COMPLETE[name])()
    assert lacking({**COMPLETE, name: empty}) == [name]


def test_no_state_is_needed_when_somebody_else_is_named():
    told = {"mandate": "none", "mandates": "none", "other:docks": "none", "public": "none"}
    assert lacking({**without("states"), "stakeholders": [COMPANY], "naming": told}) == []


def test_a_victim_need_not_name_others():
    assert lacking({**without("victims"), "relation": "victim"}) == []


def test_a_law_needs_no_victim():
    assert lacking({**without("victims"), "kind": "law"}) == []


def test_how_somebody_may_be_called_is_missing_for_a_state_that_is_added_later():
    assert lacking({**COMPLETE, "states": ["XXA", "XXB"]}) == ["naming"]


def test_an_audience_to_whom_nothing_goes_is_not_asked_about():
    told = {"mandate": "name", "mandates": "none"}
    assert lacking({**COMPLETE, "consent_to_send": "no", "naming": told}) == []
    assert lacking({**COMPLETE, "states": ["XXA", "XXB"], "not_to": ["state:XXB"]}) == []


def test_a_refusal_is_sent_although_only_one_addressee_is_left():
    answers = {**COMPLETE, "not_to": ["state:XXA"]}
    assert given(answers)["not_to"] == ["state:XXA"]
    assert "not_to" in [question.name for question in CONSENT.asked(answers)]


def test_whoever_was_added_and_left_is_neither_missed_nor_sent():
    left = {"id": "left", "kind": "person", "name": ""}
    answers = {**COMPLETE, "victims": [ALEX, left]}
    assert not lacks_something(answers)
    assert given(answers)["victims"] == [ALEX]
    assert lacking({**COMPLETE, "victims": [left]}) == ["victims"]


@pytest.mark.parametrize("name", ["name", "minor", "basis", "own_wishes"])
def test_what_is_needed_about_somebody_is_named_with_them(name):
    answers = {**COMPLETE, "victims": [ALEX, {**ALEX, "id": "second", name: ""}]}
    assert [(question.name, record["id"]) for question, record in incomplete(answers)] == [("victims", "second")]


def test_a_source_who_turns_out_not_to_be_harmed_is_not_among_the_victims():
    source = {"id": "source", "is_source": True, "kind": "person", "minor": "no"}
    answers = {**COMPLETE, "victims": [source, ALEX]}
    assert given(answers)["victims"] == [ALEX]
    assert given({**answers, "relation": "victim"})["victims"][0]["id"] == "source"


def test_an_answer_behind_a_question_that_is_not_asked_any_more_is_kept_and_not_sent():
    record = {**ALEX, "basis": "own", "why_not_asked": "Nobody knows where he is."}
    answers = {**COMPLETE, "law_title": "The Harbour Bill", "victims": [record]}
    assert "law_title" not in given(answers)
    assert "why_not_asked" not in given(answers)["victims"][0]
    assert given({**answers, "kind": "law"})["law_title"] == "The Harbour Bill"


def test_the_step_about_a_law_is_put_only_to_those_who_complain_about_one():
    assert LAW not in steps_for(COMPLETE)
    assert LAW not in steps_for({})
    assert LAW in steps_for({"kind": "law"})


def test_a_victim_is_not_asked_whether_the_victim_agrees():
    source = {"is_source": True, "kind": "person"}
    assert COLLECTIONS["victims"].pages_for(source) == (WHO, WISHES)
    assert COLLECTIONS["victims"].pages_for(ALEX) == (WHO, AGREEMENT, WISHES)
    assert "name" not in [question.name for question in WHO.asked(source)]


def test_who_the_source_is_is_asked_and_never_forced():
    assert not [question for question in BY_NAME["you"].questions if question.needed({})]
