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
from submissions.questionnaire import ACCOUNT_MOST, BY_NAME, STEPS
from submissions.questions import Kind
from submissions.records import COLLECTIONS
from submissions.step_fields import field_names

TODAY = date(2026, 11, 23)
AUDIENCES = [("mandate", "Us"), ("state:XXA", "First"), ("other:docks", "Belmar Docks"), ("public", "Everybody")]
OFFERS = Offers(
    [("XXA", "First"), ("XXB", "Second")],
    [("SOL-01", "Prosecution"), ("SOL-99", "Something else")],
    AUDIENCES,
    AUDIENCES[1:3],
)
NAMES = tuple(audience for audience, _ in AUDIENCES)
# Answers with which every question of a page stands on it.
ALL_ASKED = {
    "kind": {"kind": "people"},
    "law": {"kind": "law"},
    "safety": {"reprisal": "yes"},
    "consent": {"consent_to_send": "yes", "states": ["XXA", "XXB"]},
    "agreement": {"kind": "person", "basis": "not_asked"},
    "wishes": {"kind": "person", "own_wishes": "yes"},
}
PAGES = [*STEPS, *(page for collection in COLLECTIONS.values() for page in collection.pages)]
QUESTIONS = [
    (page, question) for page in PAGES for question in page.asked(ALL_ASKED.get(page.name, {"kind": "person"}))
]
WRITTEN = [(step, question) for step, question in QUESTIONS if question.most]
CHOSEN = [(step, question) for step, question in QUESTIONS if question.choices or question.kind == Kind.VIOLATIONS]


@pytest.fixture(scope="module", autouse=True)
def request_at_hand() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(WTF_CSRF_ENABLED=False, SECRET_KEY="x")
    Babel(app)
    with app.test_request_context():
        yield


def filled(page, typed, answers=None):
    page = BY_NAME[page] if isinstance(page, str) else page
    form = make_form(page, answers or ALL_ASKED.get(page.name, {"kind": "person"}), OFFERS, TODAY, MultiDict(typed))
    form.validate()
    return form


def first_field(question):
    return field_names(question, NAMES)[0]


def named(pairs):
    return {"argnames": ("step", "question"), "argvalues": pairs, "ids": [f"{page.name}-{q.name}" for page, q in pairs]}


def test_what_is_well_formed_is_kept_in_the_shape_that_others_read():
    assert filled("states", [("state_1", "XXB"), ("state_3", "XXA")]).well_formed() == {"states": ["XXB", "XXA"]}
    assert filled("what", {"what_happened": " First line\r\nsecond line "}).well_formed() == {
        "what_happened": "First line\nsecond line"
    }
    kept = filled("where", [("happened_on", ""), ("happened_on", "3"), ("happened_on", "2026")]).well_formed()
    assert (kept["happened_on"], kept["place_town"]) == ("2026-03", "")


def test_what_is_told_to_whom_is_kept_by_audience():
    form = filled("told", [("naming-state:XXA", "initials"), ("naming-public", "none"), ("precision-public", "region")])
    kept = form.well_formed()
    assert kept["naming"] == {"state:XXA": "initials", "public": "none"}
    assert kept["precision"] == {"public": "region"}
    assert form["naming-other:docks"].label.text == "Belmar Docks"
    assert "precision-mandate" not in form, "the mandate knows the place anyway"


def test_each_audience_that_was_not_answered_is_named():
    form = filled("told", [("naming-state:XXA", "initials")])
    form.say_missing(form.well_formed())
    assert set(form.errors) == {"naming-mandate", "naming-other:docks", "naming-public"}


def test_whom_no_letter_may_reach_is_chosen_among_addressees_alone():
    form = filled("consent", [("consent_to_send", "yes"), ("not_to", "other:docks")])
    assert form.well_formed()["not_to"] == ["other:docks"]
    assert [choice.value for choice in form["not_to"].choices] == ["state:XXA", "other:docks"]
    assert filled("consent", [("not_to", "public")])["not_to"].errors


def test_a_page_empties_nothing_that_did_not_stand_on_it():
    answers = {"consent_to_send": "yes", "states": ["XXA", "XXB"], "not_to": ["state:XXA"]}
    form = filled("consent", [("consent_to_send", "yes")], answers)
    assert form.well_formed(["consent_to_send"]) == {"consent_to_send": "yes"}
    assert form.well_formed() == {"consent_to_send": "yes", "not_to": []}


def test_a_list_in_which_somebody_is_missing_leads_to_its_heading():
    form = filled("people", {})
    assert form.say_missing({"relation": "family"})
    assert [error["field_id"] for error in form.lacking_lists] == ["victims"]


def test_the_same_state_chosen_twice_is_one_state():
    assert filled("states", {"state_1": "XXA", "state_2": "XXA"}).well_formed()["states"] == ["XXA"]


def test_a_danger_outweighs_none_of_these():
    assert filled("risk", [("at_stake", "liberty"), ("at_stake", "none")]).well_formed()["at_stake"] == ["liberty"]
    assert filled("risk", [("at_stake", "none")]).well_formed()["at_stake"] == ["none"]


@pytest.mark.parametrize("step", PAGES, ids=lambda step: step.name)
def test_what_is_kept_is_shown_again_and_kept_the_same(step):
    answers = {
        **ALL_ASKED.get(step.name, {"kind": "person"}),
        "states": ["XXA", "XXB"],
        "happened_on": "2026-03",
        "ended_on": "2026-03-27",
        "at_stake": ["life", "health"],
        "naming": {"mandate": "name", "public": "none"},
        "precision": {"public": "town"},
        "given_on": "2025",
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


@pytest.mark.parametrize("step", PAGES, ids=lambda step: step.name)
def test_each_missing_answer_is_named_and_the_others_are_kept(step):
    form = filled(step, {})
    assert not form.errors
    asked = ALL_ASKED.get(step.name, {"kind": "person"})
    form.say_missing(asked)
    missing = [question for question in step.asked(asked) if question.is_missing_in(asked, NAMES)]
    assert set(form.errors) | {one["field_id"] for one in form.lacking_lists} == {
        name for question in missing for name in names_of_missing(question)
    }


def names_of_missing(question):
    if question.kind == Kind.RECORDS:
        return [question.name]
    return field_names(question, NAMES) if question.kind == Kind.NAMING else field_names(question, NAMES)[:1]


@pytest.mark.parametrize(**named(WRITTEN))
def test_an_answer_that_is_too_long_is_refused_and_shown_again(step, question):
    typed = "a@b.c" + "x" * question.most
    form = filled(step, {question.name: typed})
    assert "too long" in form[question.name].errors[0]
    assert form[question.name].data == typed
    assert question.name not in form.well_formed()


@pytest.mark.parametrize(**named(WRITTEN))
def test_an_answer_that_just_fits_is_kept(step, question):
    typed = "x" * (question.most - 6) + "@ab.cd"
    form = filled(step, {question.name: typed})
    assert form.well_formed()[question.name] == typed


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f"])
@pytest.mark.parametrize(**named(WRITTEN))
def test_a_control_character_is_refused_with_the_words_before_it(step, question, sign):
    typed = f"before{sign}after"
    form = filled(step, {question.name: typed})
    assert "“before”" in form[question.name].errors[0]
    assert form[question.name].data == typed
    assert question.name not in form.well_formed()


def test_page_breaks_of_word_processors_are_line_ends():
    assert filled("what", {"what_happened": "one\x0ctwo\x0bthree"}).well_formed()["what_happened"] == "one\ntwo\nthree"


@pytest.mark.parametrize(**named(CHOSEN))
@pytest.mark.parametrize("forged", ["forged", "\x00", "people\x00", "None", "[]", "é" * 5000])
def test_a_forged_choice_is_refused_and_not_kept(step, question, forged):
    name = first_field(question)
    form = filled(step, {name: forged})
    assert "offered" in form[name].errors[0]
    assert question.name not in form.well_formed()


@pytest.mark.parametrize("name", ["state_1", "state_2", "state_10"])
def test_a_forged_state_is_refused(name):
    form = filled("states", {name: "ZZZ"})
    assert form[name].errors
    assert "states" not in form.well_formed()


@pytest.mark.parametrize("name", ["happened_on", "ended_on"])
def test_what_happened_cannot_lie_in_the_future(name):
    step = "where" if name == "happened_on" else "risk"
    form = filled(step, [(name, "1"), (name, "1"), (name, "2027")])
    assert form[name].errors
    assert name not in form.well_formed()


def test_what_may_happen_lies_in_the_future_and_needs_a_full_day():
    day = "may_happen_by"
    assert filled("risk", [(day, "1"), (day, "1"), (day, "2027")]).well_formed()[day] == "2027-01-01"
    assert filled("risk", [(day, ""), (day, "1"), (day, "2027")])[day].errors


def test_a_wrong_day_does_not_keep_the_rest_from_being_kept():
    form = filled(
        "where", [("happened_on", "31"), ("happened_on", "2"), ("happened_on", "2026"), ("place_town", "Here")]
    )
    assert form["happened_on"].errors
    assert form.well_formed()["place_town"] == "Here"


@pytest.mark.parametrize("typed", ["someone", "someone@", "@example.org", "a b@example.org", "a@b", "a@example.org."])
def test_what_cannot_be_an_address_is_refused(typed):
    assert filled("you", {"your_email": typed})["your_email"].errors


@pytest.mark.parametrize("typed", ["", "a@example.org", "a.b+c@mail.example.org", "مثال@مثال.إختبار"])
def test_an_address_may_be_empty_or_in_any_script(typed):
    assert not filled("you", {"your_email": typed}).errors


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("step", [page for page in PAGES if page.name != "others"], ids=lambda step: step.name)
def test_arbitrary_text_in_every_field_never_raises(step, data):
    names = [name for question in step.questions for name in field_names(question, NAMES)[:6]] or ["go"]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(names), st.text(max_size=40)), max_size=20))
    form = filled(step, pairs)
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


def test_each_question_of_each_page_has_a_field_but_lists():
    for page, question in QUESTIONS:
        form = filled(page, {})
        assert bool(form.fields_of(question)) == (question.kind != Kind.RECORDS)
    assert forms.TYPED_MOST > 24
