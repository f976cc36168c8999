"""The steps of the form, the page on which all answers are checked, and the page that shows the code."""

from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation.i18n import page_language
from foundation.web import means
from mandate import facts
from submissions import codes, drafts, questionnaire, shown
from submissions.drafts import OpenDraft
from submissions.forms import StepForm, make_form
from submissions.questionnaire import BY_NAME, VICTIMS_MOST
from submissions.questions import Answers, Question, Step
from submissions.step_fields import VICTIM_PARTS, field_names
from submissions.views.visit import (
    LANG,
    bp,
    draft_here,
    go_to,
    here,
    idle_minutes,
    is_from_check,
    offers,
    step_title,
    today,
    with_error_code,
)

AFTER_STEPS = ("files", "check", "send")
ADDRESSES = {"files": "show_files", "check": "check", "send": "send"}
STOP, MORE = "stop", "more"
ROWS_LEAST = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands among the pages of the form."""

    current: int
    total: int
    previous_url: str | None
    next_url: str

    @property
    def title(self) -> str:
        """The neutral title of the page."""
        return step_title(self.current, self.total)


def place_of(page: str, answers: Answers) -> Place:
    """Where a page of the form stands for somebody with these answers."""
    pages = [*(step.name for step in questionnaire.steps_for(answers)), *AFTER_STEPS]
    at = pages.index(page)
    previous = _address(pages[at - 1]) if at else None
    return Place(at + 1, len(pages), previous, _address(pages[min(at + 1, len(pages) - 1)]))


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
    return _step_page(page, draft.answers, make_form(page, draft.answers, offers(), today()))


@bp.post(f"{LANG}/steps/<step>")
def save_step(lang: str, step: str) -> Response:
    """Keep every answer in which nothing is wrong, then go on, stop, or show what is to be mended."""
    draft, page = draft_here(), _step(step)
    if not page.only_if(draft.answers):
        return first_open_page(draft.answers)
    form = make_form(page, draft.answers, offers(), today(), request.form)
    sound = form.validate()
    answers = drafts.save_answers(means().database, here(), today(), form.well_formed()).answers
    going = request.form.get("go")
    if sound and going in {STOP, MORE}:
        return go_to("code") if going == STOP else _to_free_row(page, answers)
    if form.say_missing(answers) or not sound:
        return with_error_code(_step_page(page, answers, form))
    return _after(page, answers)


@bp.get(f"{LANG}/steps/check")
def check(lang: str) -> str:
    """All answers with ways to change them, and what is still missing."""
    draft = draft_here()
    offered = offers()
    steps = [(page, shown.rows_of(page, draft.answers, offered)) for page in questionnaire.steps_for(draft.answers)]
    lacking = [
        {"text": _(question.if_missing), "url": _question_url(page, question)}
        for page, question in questionnaire.missing(draft.answers)
    ]
    place = place_of("check", draft.answers)
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
    return render_template(
        "public/step.html",
        step=page,
        form=form,
        rows=_rows_shown(form),
        hints=_hints(page),
        place=place_of(page.name, answers),
        action=_action(page),
        minutes=idle_minutes(),
        demo=means().demo,
    )


def _rows_shown(form: StepForm) -> list[dict[str, Any]]:
    """The rows for people that are drawn, and which of them stand open without being asked to."""
    if "victim_1_name" not in form:
        return []
    numbers = range(1, VICTIMS_MOST + 1)
    typed = [n for n in numbers if _has_row(form, n)]
    free = min(VICTIMS_MOST, max(typed, default=0) + 1)
    open_rows = {1, *typed, *([free] if "more" in request.args else [])}
    return [{"n": n, "open": n in open_rows} for n in range(1, max(ROWS_LEAST, free) + 1)]


def _has_row(form: StepForm, number: int) -> bool:
    # A row in which something is wrong is drawn too, since that is where the message stands.
    kind, name, details = (form[f"victim_{number}_{part}"] for part in VICTIM_PARTS)
    return bool(name.data or details.data or kind.errors)


def _hints(page: Step) -> dict[str, dict[str, str]]:
    language = page_language()
    hints = {question.name: {c.value: _(c.hint) for c in question.choices if c.hint} for question in page.questions}
    if "violation_types" in hints:
        hints["violation_types"] = {code: kind.help[language] for code, kind in facts.violation_types().items()}
    return hints


def _action(page: Step) -> str:
    # Named outright: a browser would keep the fragment of the address and jump past what is to be mended.
    back = "check" if is_from_check() else None
    return url_for("submissions.save_step", lang=page_language(), step=page.name, back=back)


def _after(page: Step, answers: Answers) -> Response:
    if is_from_check():
        return go_to("check", _anchor=page.name)
    pages = [each.name for each in questionnaire.steps_for(answers)]
    following = pages[pages.index(page.name) + 1 :]
    return go_to("step", step=following[0]) if following else go_to("show_files")


def _to_free_row(page: Step, answers: Answers) -> Response:
    row = min(VICTIMS_MOST, len(answers.get("victims", ())) + 1)
    return go_to("step", step=page.name, more=1, _anchor=f"victim_{row}_name")


def _address(page: str) -> str:
    if page in ADDRESSES:
        return url_for(f"submissions.{ADDRESSES[page]}", lang=page_language())
    return url_for("submissions.step", lang=page_language(), step=page)


def _question_url(page: Step, question: Question) -> str:
    anchor = field_names(question)[0]
    return url_for("submissions.step", lang=page_language(), step=page.name, back="check", _anchor=anchor)


def _first_open_url(draft: OpenDraft) -> str:
    lacking = questionnaire.missing(draft.answers)
    return _address(lacking[0][0].name if lacking else "check")
