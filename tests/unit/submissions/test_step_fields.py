"""The fields in which wishes for each audience are typed."""

from submissions.confidentiality import MANDATE, audiences
from submissions.questionnaire import STEPS
from submissions.questions import Kind
from submissions.step_fields import audience_field, field_names, fields_for

ANSWERS = {"states": ["XXA", "XXB"], "stakeholders": [{"id": "one", "kind": "company", "name": "Example"}]}


def question_of(kind):
    return next(question for step in STEPS for question in step.questions if question.kind == kind)


def test_how_people_are_called_is_asked_for_each_audience():
    question, asked = question_of(Kind.NAMING), audiences(ANSWERS)
    assert list(fields_for(question, asked)) == [audience_field(question, one) for one in asked]
    assert len(asked) == 6


def test_the_place_is_not_asked_for_the_mandate():
    question, asked = question_of(Kind.PRECISION), audiences(ANSWERS)
    names = field_names(question, asked)
    assert names == [audience_field(question, one) for one in asked if one != MANDATE]


def test_the_field_of_an_audience_does_not_shift_when_another_is_taken_out():
    question = question_of(Kind.NAMING)
    fewer = field_names(question, audiences({**ANSWERS, "states": ["XXB"]}))
    assert set(fewer) < set(field_names(question, audiences(ANSWERS)))


def test_up_to_ten_states_have_fields():
    question = question_of(Kind.STATES)
    assert list(fields_for(question)) == [f"state_{n}" for n in range(1, 11)] == field_names(question)
