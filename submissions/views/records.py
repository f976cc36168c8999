"""The pages about one person, group, company: each is added, told about, and removed by itself."""

from typing import Any

from flask import abort, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from foundation.i18n import page_language
from foundation.web import means
from submissions import drafts, shown
from submissions.confidentiality import asked_audiences
from submissions.forms import StepForm, make_form
from submissions.questionnaire import BY_NAME, STEPS
from submissions.questions import Answers, Collection, Kind, Question, Record, Step
from submissions.record_changes import (
    CollectionFull,
    NoSuchRecord,
    new_record,
    record_in,
    records_in,
    with_record,
    with_said,
    without_record,
)
from submissions.records import COLLECTIONS
from submissions.step_fields import field_names
from submissions.views.question_pages import Place, back, draw, place_of, shown_before
from submissions.views.visit import (
    LANG,
    bp,
    draft_here,
    go_to,
    here,
    offers,
    today,
    with_error_code,
)

ADD, ANOTHER, STOP = "add", "another", "stop"
NOT_TYPED = {"csrf_token", "asked", "go"}
LISTS = {step.name: asked for step in STEPS for asked in step.questions if asked.kind == Kind.RECORDS}
ABOUT = f"{LANG}/steps/<any({','.join(LISTS)}):step>/<record>"


@bp.get(ABOUT)
def record(lang: str, step: str, record: str) -> Response:
    """The first page about a record, or the first on which something is needed."""
    question, answers = LISTS[step], draft_here().answers
    collection, found = COLLECTIONS[question.collection], record_in(answers, question.collection, record)
    lacking = collection.missing(found, asked_audiences(answers)) if "lacking" in request.args else []
    first = lacking[0][0] if lacking else collection.pages_for(found)[0]
    return go_to("record_page", step=step, record=record, about=first.name, back=back())


@bp.get(f"{ABOUT}/<about>")
def record_page(lang: str, step: str, record: str, about: str) -> str | Response:
    """One page about a record with what is kept of it."""
    question, answers = LISTS[step], draft_here().answers
    found = record_in(answers, question.collection, record)
    page = _page_of(COLLECTIONS[question.collection], found, about)
    form = make_form(page, found, offers(answers), today())
    return _drawn(BY_NAME[step], question, page, form, found)


@bp.post(f"{ABOUT}/<about>")
def save_record(lang: str, step: str, record: str, about: str) -> Response:
    """Keep what was said of a record, then lead to its next page, or back to the list."""
    question, answers = LISTS[step], draft_here().answers
    name, kept = question.collection, record_in(answers, question.collection, record)
    page = _page_of(COLLECTIONS[name], kept, about)
    form = make_form(page, kept, offers(answers), today(), request.form)
    sound = form.validate()
    said = form.well_formed(shown_before())
    answers = _change(lambda now: with_said(now, name, record, said))
    found = record_in(answers, name, record)
    if sound and request.form.get("go") == STOP:
        return go_to("code")
    if sound and (came_up := [each for each in page.asked(found) if each not in form.asked]):
        anchor = next(iter(field_names(came_up[0], form.audiences)), came_up[0].name)
        return go_to("record_page", step=step, record=record, about=about, back=back(), _anchor=anchor)
    if form.say_missing(found) or not sound:
        return with_error_code(_drawn(BY_NAME[step], question, page, form, found))
    return _next(BY_NAME[step], question, found, page, answers)


@bp.get(f"{ABOUT}/remove")
def ask_to_remove(lang: str, step: str, record: str) -> str:
    """Ask once more before somebody is taken out of the list."""
    question, draft = LISTS[step], draft_here()
    found = record_in(draft.answers, question.collection, record)
    return render_template(
        "public/remove.html",
        called=shown.called(question, found, draft.answers),
        place=place_of(step, draft.answers),
        list_url=_list_url(BY_NAME[step], question),
        action=url_for("submissions.remove", lang=page_language(), step=step, record=record, back=back()),
    )


@bp.post(f"{ABOUT}/remove")
def remove(lang: str, step: str, record: str) -> Response:
    """Take a record out of the list. One that is gone already is no error."""
    question = LISTS[step]
    draft_here()
    _change(lambda now: without_record(now, question.collection, record))
    return go_to("step", step=step, back=back(), _anchor=question.name)


@bp.errorhandler(NoSuchRecord)
def record_is_gone(error: NoSuchRecord) -> Response:
    """Somebody was removed meanwhile, perhaps in another window: give back what was typed about them."""
    fields = request.form.items(multi=True)
    typed = [words for name, words in fields if name not in NOT_TYPED and words]
    list_url = url_for("submissions.step", lang=page_language(), step=(request.view_args or {})["step"])
    return make_response(render_template("public/gone.html", typed=typed, list_url=list_url), 404)


def add_from(page: Step, answers: Answers, pressed: str) -> Response | None:
    """Add a record, if a button was pressed that adds one to a list of this page: lead to its first page."""
    deed, _colon, rest = pressed.partition(":")
    name, _colon, kind = rest.partition(":")
    lists = {each.collection for each in page.asked(answers) if each.kind == Kind.RECORDS}
    if deed != ADD or name not in lists or kind not in {choice.value for choice in COLLECTIONS[name].kinds}:
        return None
    return _add(page, name, kind)


def _add(page: Step, name: str, kind: str) -> Response:
    made = new_record(name, kind)
    try:
        answers = _change(lambda now: now if _left_empty(now, name, kind) else with_record(now, name, made))
    except CollectionFull:
        return go_to("step", step=page.name, back=back(), _anchor=name)
    record_id = (_left_empty(answers, name, kind) or made)["id"]
    return go_to("record", step=page.name, record=record_id, back=back())


def _left_empty(answers: Answers, name: str, kind: str) -> Record | None:
    """A record that was added before and of which nothing was said: it serves as well as a new one."""
    collection = COLLECTIONS[name]
    return next(
        (each for each in records_in(answers, name) if each["kind"] == kind and collection.is_empty(each)), None
    )


def _change(change: Any) -> dict[str, Any]:
    return drafts.change_answers(means().database, here(), today(), change).answers


def _page_of(collection: Collection, record: Record, name: str) -> Step:
    return next((page for page in collection.pages_for(record) if page.name == name), None) or abort(404)


def _next(step: Step, question: Question, record: Record, page: Step, answers: Answers) -> Response:
    collection = COLLECTIONS[question.collection]
    pages = collection.pages_for(record)
    following = pages[pages.index(page) + 1 :]
    if following:
        return go_to("record_page", step=step.name, record=record["id"], about=following[0].name, back=back())
    if request.form.get("go") == ANOTHER:
        return _add(step, collection.name, record["kind"])
    return go_to("step", step=step.name, back=back(), _anchor=question.name)


def _drawn(step: Step, question: Question, page: Step, form: StepForm, record: Record) -> str:
    answers = draft_here().answers
    pages = COLLECTIONS[question.collection].pages_for(record)
    at = pages.index(page)
    where: dict[str, Any] = {"lang": page_language(), "step": step.name, "record": record["id"], "back": back()}
    before = url_for("submissions.record_page", about=pages[at - 1].name, **where) if at else _list_url(step, question)
    whole = place_of(step.name, answers)
    return draw(
        page,
        form,
        answers,
        Place(whole.current, whole.total, before, whole.next_url),
        url_for("submissions.save_record", about=page.name, **where),
        called=shown.called(question, record, answers),
        is_last=at == len(pages) - 1 and not record.get("is_source"),
    )


def _list_url(step: Step, question: Question) -> str:
    return url_for("submissions.step", lang=page_language(), step=step.name, back=back(), _anchor=question.name)
