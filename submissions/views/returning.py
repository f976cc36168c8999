"""Coming back with the code."""

from flask import current_app, g, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation.web import means
from submissions import drafts
from submissions.codes import CodeMistyped
from submissions.drafts import AlreadySubmitted, CodeUnknown, VisitEnded, Visitor
from submissions.forms import ReturnForm
from submissions.pacing import Pace
from submissions.views import choosing
from submissions.views.steps import first_open_page
from submissions.views.visit import (
    LANG,
    bp,
    go_to,
    idle_minutes,
    remember,
    today,
    with_error_code,
)

TOO_MANY = 429


@bp.get(f"{LANG}/return")
def come_back(lang: str) -> str:
    """Ask for the code; say why, if a visit has ended meanwhile."""
    return _return_page(ReturnForm(formdata=None))


@bp.post(f"{LANG}/return")
def come_in(lang: str) -> Response:
    """Let a source in by the code, and show where they were."""
    form = ReturnForm(formdata=request.form)
    is_sound = form.validate()
    if is_sound and choosing.enter(form.code.data or ""):
        return go_to("about_me")
    visitor = _visitor_by(form) if is_sound else None
    if visitor is None:
        return _refused(form)
    remember(visitor)
    try:
        with means().database.reading() as database:
            draft = drafts.open_draft(database, visitor, today())
    except AlreadySubmitted:
        return go_to("status")
    return first_open_page(draft.answers)


def pace() -> Pace:
    """What slows wrong codes down in this process."""
    kept: Pace = current_app.extensions["pace"]
    return kept


@bp.record_once
def keep_pace(state: BlueprintSetupState) -> None:
    """Give the face its pace."""
    state.app.extensions["pace"] = Pace()


def _refused(form: ReturnForm) -> Response:
    page = with_error_code(_return_page(form))
    if not g.get("unhurried", True):
        # What is said of the code stays true; that too many are wrong just now is for whoever types them by machine.
        page.status_code, page.headers["Retry-After"] = TOO_MANY, "60"
    return page


def _visitor_by(form: ReturnForm) -> Visitor | None:
    own = means()
    try:
        with own.database.reading() as database:
            return drafts.come_back(database, own.keys.secret("pepper"), form.code.data or "", today())
    except CodeMistyped:
        form.code.errors = [_mistyped(form.code.data or "")]
    except (CodeUnknown, VisitEnded):
        g.unhurried = pace().wait_after_wrong_code()
        form.code.errors = [
            _(
                "No complaint belongs to this code. If it was begun more than a month ago and never sent, "
                "it has been erased. Otherwise compare the code with your note."
            )
        ]
    return None


def _mistyped(typed: str) -> str:
    if not typed.strip():
        return str(_("Type your code"))
    return str(_("A letter or digit is missing or wrong. Compare what you typed with your note, group by group."))


def _return_page(form: ReturnForm) -> str:
    ended = "ended" in request.args
    return render_template("public/return.html", form=form, visit_ended=ended, minutes=idle_minutes())
