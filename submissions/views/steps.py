"""The steps of the form, the page on which all answers are checked, and the page that shows the code."""

from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation.i18n import page_language
from foundation.web import means
from submissions import codes, drafts, questionnaire, shown
from submissions.drafts import OpenDraft
from submissions.forms import StepForm, make_form
from submissions.questionnaire import BY_NAME
from submissions.questions import Answers, Question, Step
from submissions.step_fields import Audiences, field_names
from submissions.views.question_pages import address, back, draw, place_of, shown_before
from submissions.views.records import add_from
from submissions.views.visit import (
    LANG,
    bp,
    draft_here,
    go_to,
    here,
    idle_minutes,
    is_from_check,
    offers,
    today,
    with_error_code,
)

STOP = "stop"


def first_open_page(answers: Answers) -> Response:
    """The first step on which something is still needed, or else the page on which all is checked."""
    lacking = questionnaire.missing(answers)
    return go_to("step", step=lacking[0][0].name) if lacking else go_to("check")


@bp.get(f"{LANG}/steps/<step>")
def step(lang: str, step: str) -> str | Response:
    """A step with what is kept of it."""
    draft, page = draft_here(), _step(step)
    if not page.only_if(draft.answers):
        return first_open_page(draft.answers)
    return _step_page(page, draft.answers, make_form(page, draft.answers, offers(draft.answers), today()))


@bp.post(f"{LANG}/steps/<step>")
def save_step(lang: str, step: str) -> Response:
    """Keep every answer in which nothing is wrong, then go on, stop, or show what is to be mended."""
    draft, page = draft_here(), _step(step)
    if not page.only_if(draft.answers):
        return first_open_page(draft.answers)
    form = make_form(page, draft.answers, offers(draft.answers), today(), request.form)
    sound = form.validate()
    answers = drafts.save_answers(means().database, here(), today(), form.well_formed(shown_before())).answers
    if sound and (leads := _asked_for(page, answers) or _to_what_came_up(page, form, answers)):
        return leads
    if form.say_missing(answers) or not sound:
        return with_error_code(_step_page(page, answers, form))
    return _after(page, answers)


@bp.get(f"{LANG}/steps/check")
def check(lang: str) -> str:
    """All answers with ways to change them, and what is still missing."""
    draft = draft_here()
    offered = offers(draft.answers)
    steps = [(page, shown.rows_of(page, draft.answers, offered)) for page in questionnaire.steps_for(draft.answers)]
    place = place_of("check", draft.answers)
    lacking = _lacking(draft.answers, tuple(code for code, _name in offered.audiences))
    return render_template("public/check.html", draft=draft, steps=steps, lacking=lacking, place=place)


@bp.get(f"{LANG}/code")
def code(lang: str) -> str:
    """The code, at any time before sending, and how to keep it."""
    draft = draft_here()
    return render_template(
        "public/code.html",
        groups=codes.groups_of(draft.code),
        kept_until=shown.shown_day(draft.expires_on),
        minutes=idle_minutes(),
        go_on_url=_first_open_url(draft),
    )


def _step(name: str) -> Step:
    return BY_NAME.get(name) or abort(404)


def _step_page(page: Step, answers: Answers, form: StepForm) -> str:
    action = url_for("submissions.save_step", lang=page_language(), step=page.name, back=back())
    return draw(page, form, answers, place_of(page.name, answers), action)


def _asked_for(page: Step, answers: Answers) -> Response | None:
    """Where somebody goes who pressed something else than to go on."""
    going = request.form.get("go", "")
    return go_to("code") if going == STOP else add_from(page, answers, going)


def _to_what_came_up(page: Step, form: StepForm, answers: Answers) -> Response | None:
    """The same page again, if an answer on it leads to a question that did not stand there."""
    came_up = [question for question in page.asked(answers) if question not in form.asked]
    if not came_up:
        return None
    return go_to("step", step=page.name, back=back(), _anchor=_anchor(came_up[0], form.audiences))


def _after(page: Step, answers: Answers) -> Response:
    if is_from_check():
        return go_to("check", _anchor=page.name)
    pages = [each.name for each in questionnaire.steps_for(answers)]
    following = pages[pages.index(page.name) + 1 :]
    return go_to("step", step=following[0]) if following else go_to("show_files")


def _lacking(answers: Answers, audiences: Audiences) -> list[dict[str, Any]]:
    pages = [
        {"text": _(question.if_missing), "url": _question_url(page, question, audiences)}
        for page, question in questionnaire.missing(answers)
    ]
    return pages + [
        {"text": _("Something is still needed about: %(name)s", name=name), "url": url}
        for question, record in questionnaire.incomplete(answers)
        for name, url in [(shown.called(question, record, answers), _record_url(question, record["id"]))]
    ]


def _question_url(page: Step, question: Question, audiences: Audiences) -> str:
    anchor = _anchor(question, audiences)
    return url_for("submissions.step", lang=page_language(), step=page.name, back="check", _anchor=anchor)


def _record_url(question: Question, record: str) -> str:
    step = next(step.name for step in questionnaire.STEPS if question in step.questions)
    return url_for("submissions.record", lang=page_language(), step=step, record=record, back="check", lacking=1)


def _anchor(question: Question, audiences: Audiences) -> str:
    return next(iter(field_names(question, audiences)), question.name)


def _first_open_url(draft: OpenDraft) -> str:
    lacking = questionnaire.missing(draft.answers)
    return address(lacking[0][0].name if lacking else "check")
