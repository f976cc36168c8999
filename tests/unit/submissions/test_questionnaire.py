import pytest

from submissions.questionnaire import BY_NAME, CONSENT, LAW, STEPS, missing, steps_for
from submissions.questions import Kind

QUESTIONS = [question for step in STEPS for question in step.questions]
CHOSEN = {Kind.CHOICE, Kind.CHOICES}
WRITTEN = {Kind.LINE, Kind.TEXT, Kind.EMAIL, Kind.PHONE}
COMPLETE = {
    "kind": "people",
    "states": ["XXA"],
    "what_happened": "They came at night.",
    "going_on": "yes",
    "relation": "family",
    "victims": [{"kind": "person", "name": "Alex Example", "details": ""}],
    "perpetrators": "The police",
    "consent_to_send": "yes",
    "naming": "none",
}


def lacking(answers):
    return [question.name for _, question in missing(answers)]


def without(name):
    return {key: value for key, value in COMPLETE.items() if key != name}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_each_question_has_a_label_and_what_its_kind_needs(question):
    assert question.label
    assert bool(question.choices) == (question.kind in CHOSEN)
    assert bool(question.most) == (question.kind in WRITTEN)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_each_question_that_may_be_missing_says_what_to_do(question):
    may_be_missing = any(question.needed(answers) for answers in ({}, COMPLETE))
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
    assert lacking({**without("states"), "other_addressees": "A company"}) == []


def test_a_victim_need_not_name_others():
    assert lacking({**without("victims"), "relation": "victim"}) == []


def test_a_law_needs_no_victim():
    assert lacking({**without("victims"), "kind": "law"}) == []


def test_the_step_about_a_law_is_put_only_to_those_who_complain_about_one():
    assert LAW not in steps_for(COMPLETE)
    assert LAW not in steps_for({})
    assert LAW in steps_for({"kind": "law"})


def test_a_victim_is_not_asked_whether_the_victim_agrees():
    asked = [question.name for question in CONSENT.asked({"relation": "victim"})]
    assert "consent_basis" not in asked
    assert "consent_basis" in [question.name for question in CONSENT.asked({"relation": "family"})]


def test_who_the_source_is_is_asked_and_never_forced():
    assert not [question for question in BY_NAME["you"].questions if question.needed({})]
