import json
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from submissions import forms
from submissions.forms import MessageForm, Offers, ReturnForm, make_form
from submissions.questionnaire import ACCOUNT_MOST, BY_NAME, STEPS, VICTIMS_MOST
from submissions.questions import Kind
from submissions.step_fields import field_names

TODAY = date(2026, 11, 23)
OFFERS = Offers([("XXA", "First"), ("XXB", "Second")], [("SOL-01", "Prosecution"), ("SOL-99", "Something else")])
LAW = {"kind": "law"}
QUESTIONS = [(step, question) for step in STEPS for question in step.questions]
WRITTEN = [(step, question) for step, question in QUESTIONS if question.most]
CHOSEN = [(step, question) for step, question in QUESTIONS if question.choices or question.kind == Kind.VIOLATIONS]


@pytest.fixture(scope="module", autouse=True)
def request_at_hand() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(WTF_CSRF_ENABLED=False, SECRET_KEY="x")
    Babel(app)
    with app.test_request_context():
        yield


def filled(step, typed, answers=None):
    answers = answers or (LAW if step == "law" else {})
    form = make_form(BY_NAME[step], answers, OFFERS, TODAY, MultiDict(typed))
    form.validate()
    return form


def first_field(question):
    return field_names(question)[0]


def named(pairs):
    return {"argnames": ("step", "question"), "argvalues": pairs, "ids": [question.name for _, question in pairs]}


def test_what_is_well_formed_is_kept_in_the_shape_that_others_read():
    form = filled(
        "what",
        [
            ("kind", "people"),
            ("state_1", "XXB"),
            ("state_2", ""),
            ("state_3", "XXA"),
            ("what_happened", " First line\r\nsecond line "),
            ("happened_on", ""),
            ("happened_on", "3"),
            ("happened_on", "2026"),
        ],
    )
    assert not form.errors
    kept = form.well_formed()
    assert kept["states"] == ["XXB", "XXA"]
    assert kept["what_happened"] == "First line\nsecond line"
    assert kept["happened_on"] == "2026-03"
    assert kept["place"] == ""
    json.dumps(kept)


def test_people_are_kept_as_rows_and_empty_rows_are_not():
    form = filled(
        "people",
        {
            "victim_1_kind": "person",
            "victim_1_name": "Alex Example",
            "victim_3_kind": "group",
            "victim_3_details": "About forty",
        },
    )
    assert form.well_formed()["victims"] == [
        {"kind": "person", "name": "Alex Example", "details": ""},
        {"kind": "group", "name": "", "details": "About forty"},
    ]


def test_the_same_state_chosen_twice_is_one_state():
    assert filled("what", {"state_1": "XXA", "state_2": "XXA"}).well_formed()["states"] == ["XXA"]


def test_a_danger_outweighs_none_of_these():
    assert filled("risk", [("at_stake", "liberty"), ("at_stake", "none")]).well_formed()["at_stake"] == ["liberty"]
    assert filled("risk", [("at_stake", "none")]).well_formed()["at_stake"] == ["none"]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_what_is_kept_is_shown_again_and_kept_the_same(step):
    answers = {
        **LAW,
        "states": ["XXA", "XXB"],
        "happened_on": "2026-03",
        "ended_on": "2026-03-27",
        "at_stake": ["life", "health"],
        "victims": [{"kind": "people", "name": "A people", "details": "in the hills"}],
        "violation_types": ["SOL-99"],
        "your_email": "someone@example.org",
    }
    form = make_form(step, answers, OFFERS, TODAY)
    form.validate()
    assert not form.errors
    kept = form.well_formed()
    assert {name: answers[name] for name in kept if name in answers} == {
        name: value for name, value in kept.items() if name in answers
    }


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_missing_answer_is_named_and_the_others_are_kept(step):
    form = filled(step.name, {})
    assert not form.errors
    form.say_missing({})
    needed = {first_field(question) for question in form.asked if question.needed({})}
    assert set(form.errors) == needed
    assert all(form[name].errors[0] for name in needed)


@pytest.mark.parametrize(**named(WRITTEN))
def test_an_answer_that_is_too_long_is_refused_and_shown_again(step, question):
    typed = "a@b.c" + "x" * question.most
    form = filled(step.name, {question.name: typed})
    assert "too long" in form[question.name].errors[0]
    assert form[question.name].data == typed
    assert question.name not in form.well_formed()


@pytest.mark.parametrize(**named(WRITTEN))
def test_an_answer_that_just_fits_is_kept(step, question):
    typed = "x" * (question.most - 6) + "@ab.cd"
    form = filled(step.name, {question.name: typed})
    assert form.well_formed()[question.name] == typed


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f"])
@pytest.mark.parametrize(**named(WRITTEN))
def test_a_control_character_is_refused_with_the_words_before_it(step, question, sign):
    typed = f"before{sign}after"
    form = filled(step.name, {question.name: typed})
    assert "“before”" in form[question.name].errors[0]
    assert form[question.name].data == typed
    assert question.name not in form.well_formed()


def test_page_breaks_of_word_processors_are_line_ends():
    assert filled("what", {"what_happened": "one\x0ctwo\x0bthree"}).well_formed()["what_happened"] == "one\ntwo\nthree"


@pytest.mark.parametrize(**named(CHOSEN))
@pytest.mark.parametrize("forged", ["forged", "\x00", "people\x00", "None", "[]", "é" * 5000])
def test_a_forged_choice_is_refused_and_not_kept(step, question, forged):
    form = filled(step.name, {question.name: forged})
    assert "offered" in form[question.name].errors[0]
    assert question.name not in form.well_formed()


@pytest.mark.parametrize("name", ["state_1", "state_2", "state_3"])
def test_a_forged_state_is_refused(name):
    form = filled("what", {name: "ZZZ"})
    assert form[name].errors
    assert "states" not in form.well_formed()


def test_a_forged_kind_of_person_is_refused():
    form = filled("people", {"victim_1_kind": "forged", "victim_1_name": "Alex Example"})
    assert form["victim_1_kind"].errors
    assert "victims" not in form.well_formed()


def test_more_people_than_there_are_rows_are_not_invented():
    form = filled("people", {f"victim_{VICTIMS_MOST + 1}_name": "Nobody"})
    assert form.well_formed()["victims"] == []


@pytest.mark.parametrize("name", ["happened_on", "ended_on"])
def test_what_happened_cannot_lie_in_the_future(name):
    step = "what" if name == "happened_on" else "risk"
    form = filled(step, [(name, "1"), (name, "1"), (name, "2027")])
    assert form[name].errors
    assert name not in form.well_formed()


def test_what_may_happen_lies_in_the_future_and_needs_a_full_day():
    day = "may_happen_by"
    assert filled("risk", [(day, "1"), (day, "1"), (day, "2027")]).well_formed()[day] == "2027-01-01"
    assert filled("risk", [(day, ""), (day, "1"), (day, "2027")])[day].errors


def test_a_wrong_day_does_not_keep_the_rest_from_being_kept():
    form = filled("what", [("happened_on", "31"), ("happened_on", "2"), ("happened_on", "2026"), ("place", "Here")])
    assert form["happened_on"].errors
    assert form.well_formed()["place"] == "Here"


@pytest.mark.parametrize("typed", ["someone", "someone@", "@example.org", "a b@example.org", "a@b", "a@example.org."])
def test_what_cannot_be_an_address_is_refused(typed):
    assert filled("you", {"your_email": typed})["your_email"].errors


@pytest.mark.parametrize("typed", ["", "a@example.org", "a.b+c@mail.example.org", "مثال@مثال.إختبار"])
def test_an_address_may_be_empty_or_in_any_script(typed):
    assert not filled("you", {"your_email": typed}).errors


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_arbitrary_text_in_every_field_never_raises(step, data):
    names = [name for question in step.questions for name in field_names(question)[:6]]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(names), st.text(max_size=40)), max_size=20))
    form = filled(step.name, pairs)
    kept = form.well_formed()
    form.say_missing(kept)
    json.dumps(kept)
    for name in form.errors:
        assert all(isinstance(str(error), str) for error in form[name].errors)


@given(st.text(max_size=200))
def test_arbitrary_text_is_shown_again_as_it_was_typed(typed):
    form = filled("what", {"what_happened": typed})
    shown = form["what_happened"].data
    assert "".join(shown.split()) == "".join(typed.split())


@given(st.text(max_size=300))
def test_the_small_forms_take_arbitrary_text(typed):
    for form in (ReturnForm(formdata=MultiDict({"code": typed})), MessageForm(formdata=MultiDict({"words": typed}))):
        form.validate()


def test_the_longest_account_fits_into_what_the_form_takes():
    form = filled("what", {"what_happened": "ن" * ACCOUNT_MOST})
    assert not form["what_happened"].errors


def test_a_form_without_fields_keeps_what_there_was():
    form = make_form(BY_NAME["what"], {"what_happened": "kept"}, OFFERS, TODAY, MultiDict())
    form.validate()
    assert form.well_formed()["what_happened"] == "kept"


def test_each_question_of_each_step_has_a_field():
    for step in STEPS:
        form = make_form(step, LAW, OFFERS, TODAY)
        for question in step.asked(LAW):
            assert all(name in form for name in field_names(question))
    assert forms.TYPED_MOST > 24
