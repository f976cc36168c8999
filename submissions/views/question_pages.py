"""What all pages of questions share: where they stand among the others, and how they are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from foundation.i18n import page_language
from foundation.web import means
from mandate import facts
from submissions import questionnaire, shown
from submissions.forms import StepForm
from submissions.questions import Answers, Kind, Question, Step
from submissions.records import COLLECTIONS
from submissions.views.visit import idle_minutes, is_from_check, step_title

AFTER_STEPS = ("files", "check", "send")
ADDRESSES = {"files": "show_files", "check": "check", "send": "send"}


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
    previous = address(pages[at - 1]) if at else None
    return Place(at + 1, len(pages), previous, address(pages[min(at + 1, len(pages) - 1)]))


def address(page: str) -> str:
    """Where a step stands, or one of the pages after the steps."""
    if page in ADDRESSES:
        return url_for(f"submissions.{ADDRESSES[page]}", lang=page_language())
    return url_for("submissions.step", lang=page_language(), step=page)


def back() -> str | None:
    """What an address must carry so that a page still leads back to where all answers are checked."""
    return "check" if is_from_check() else None


def draw(page: Step, form: StepForm, answers: Answers, place: Place, action: str, **more: Any) -> str:
    """A page of questions. Its action is named outright: a browser would keep the fragment and jump past an error."""
    return render_template(
        "public/step.html",
        page=page,
        form=form,
        place=place,
        action=action,
        hints=hints_of(page),
        lists={each.name: _list(page, each, answers) for each in form.asked if each.kind == Kind.RECORDS},
        minutes=idle_minutes(),
        demo=means().demo,
        **more,
    )


def hints_of(page: Step) -> dict[str, dict[str, str]]:
    """What is said below each choice, by question and value."""
    hints = {question.name: {c.value: _(c.hint) for c in question.choices if c.hint} for question in page.questions}
    if "violation_types" in hints:
        kinds = facts.violation_types().items()
        hints["violation_types"] = {code: kind.help[page_language()] for code, kind in kinds}
    return hints


def shown_before() -> Sequence[str]:
    """The questions that stood on the page from which a form came."""
    return request.form.getlist("asked")


def _list(page: Step, question: Question, answers: Answers) -> dict[str, Any]:
    collection = COLLECTIONS[question.collection]
    records = shown.listed(question, answers)
    return {
        "records": [each | _links(page, each["id"]) for each in records],
        "kinds": [(choice.value, _(choice.label)) for choice in collection.kinds],
        "full": _(collection.full) if len(records) >= collection.most else "",
    }


def _links(page: Step, record: str) -> dict[str, str]:
    where: dict[str, Any] = {"lang": page_language(), "step": page.name, "record": record, "back": back()}
    return {
        "url": url_for("submissions.record", **where),
        "remove_url": url_for("submissions.ask_to_remove", **where),
    }
