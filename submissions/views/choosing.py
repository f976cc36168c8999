"""What may be told to whom, after sending: chosen by the source, or by one person with a code of her own."""

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template, request, session
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from foundation.web import means
from submissions import adding_forms, additions, codes, confidentiality, consent_codes, intake, shown
from submissions.adding_forms import AUDIENCES, ChoicesForm
from submissions.codes import CodeMistyped
from submissions.consent_codes import Choices, CodeInUse, Holder, NotConcerned
from submissions.drafts import CodeUnknown
from submissions.models import AddedBy, Submission
from submissions.views.adding import received_here
from submissions.views.status import has_left_already
from submissions.views.visit import LANG, VISIT, bp, go_to, here, offers, today, with_error_code

PERSON = "person"
EVERYBODY = "all"


@bp.get(f"{LANG}/choices")
def choices(lang: str) -> str | Response:
    """Everybody, and each person, with what was chosen last."""
    submission = received_here()
    if submission is None:
        return go_to("status")
    with means().database.reading() as database:
        told, decided = _told(database, submission)
        used = consent_codes.in_use(database, submission.id)
        has_left = has_left_already(database, submission)
    people = [_person_row(one, used, decided) for one in told["victims"]]
    return render_template("public/choices.html", people=people, has_left=has_left)


@bp.get(f"{LANG}/choices/<who>")
def show_choice(lang: str, who: str) -> str | Response:
    """What was chosen for everybody, or for one person."""
    return _choice(who, None)


@bp.post(f"{LANG}/choices/<who>")
def choose(lang: str, who: str) -> str | Response:
    """Change it."""
    return _choice(who, request.form)


@bp.post(f"{LANG}/choices/<who>/code")
def make_code(lang: str, who: str) -> str | Response:
    """Make a code for one person, and show it this once."""
    submission = received_here()
    if submission is None:
        return go_to("status")
    try:
        code = consent_codes.make(means(), here(), intake.own_copy(here(), submission), who)
    except NotConcerned:
        abort(404)
    except CodeInUse:
        return go_to("show_choice", who=who)
    return render_template("public/choice_code.html", groups=codes.groups_of(code), who=who)


@bp.get(f"{LANG}/about-me")
def about_me(lang: str) -> str | Response:
    """What a person with a code of her own sees."""
    return _own_page(adding_forms.choices_by_person, None)


@bp.post(f"{LANG}/about-me")
def decide_about_me(lang: str) -> str | Response:
    """What she decides."""
    return _own_page(adding_forms.choices_by_person, request.form)


def enter(typed: str) -> bool:
    """Let a person in by her code; says whether it is one. Whoever was there before in this browser is so no longer."""
    pepper = means().keys.secret("pepper")
    try:
        with means().database.transaction() as database:
            holder = consent_codes.come_in(database, pepper, typed, today())
    except (CodeMistyped, CodeUnknown):
        return False
    session.pop(VISIT, None)
    session[PERSON] = {"code_id": holder.code_id, "identity": holder.identity}
    return True


class NobodyConcerned(Exception):
    """Nobody who came in with a code of their own is here; a source may be, and their visit goes on."""


@bp.errorhandler(NobodyConcerned)
def ask_for_own_code(error: NobodyConcerned) -> Response:
    """Ask for the code."""
    return go_to("come_back", ended=1)


def _holder() -> Holder:
    kept = session.get(PERSON)
    if kept is None:
        raise NobodyConcerned
    return Holder(**kept)


def _own_page(form_of: Any, typed: Any) -> str | Response:
    with means().database.reading() as database:
        own = consent_codes.choices_of(database, _holder())
    form = form_of(_labels(own.audiences), own.person, typed)
    if typed is not None and form.validate():
        consent_codes.decide(means(), _holder(), form.said())
        return go_to("about_me", saved=1)
    page = _render_own(own, form)
    return with_error_code(page) if typed is not None else page


def _render_own(own: Choices, form: ChoicesForm) -> str:
    return render_template(
        "public/about_me.html",
        form=form,
        called=own.called,
        decided=shown.shown_day(own.decided_on) if own.decided_on else "",
        saved="saved" in request.args,
        groups=_groups(form, own.audiences),
    )


def _choice(who: str, typed: Any) -> str | Response:
    submission = received_here()
    if submission is None:
        return go_to("status")
    with means().database.reading() as database:
        told, decided = _told(database, submission)
        used = consent_codes.in_use(database, submission.id)
        has_left = has_left_already(database, submission)
    person = next((each for each in told["victims"] if each["id"] == who), None)
    if person is None and who != EVERYBODY:
        abort(404)
    form = _form(person, told, typed)
    if typed is not None and form.validate():
        additions.decide(means(), here(), form.said(), who if person else None)
        return go_to("choices")
    page = render_template(
        "public/choice.html",
        form=form,
        person=_person_row(person, used, decided) if person else None,
        groups=_groups(form, _named(told)),
        has_left=has_left,
    )
    return with_error_code(page) if typed is not None else page


def _form(person: Mapping[str, Any] | None, told: Mapping[str, Any], typed: Any) -> ChoicesForm:
    labels = _labels(_named(told))
    if person is None:
        return adding_forms.choices_for_all(labels, told, typed)
    own = person if person.get("own_wishes") == "yes" else {**told, **_plain(person)}
    return adding_forms.choices_by_source(labels, own, typed)


def _plain(person: Mapping[str, Any]) -> dict[str, Any]:
    return {name: person.get(name) for name in ("basis", "is_source")}


def _told(database: Session, submission: Submission) -> tuple[dict[str, Any], dict[str, str]]:
    """The source's own copy with their last choices, and the days on which persons decided themselves."""
    own = intake.own_copy(here(), submission)
    every = additions.readable(database, here())
    decided = {one.person_id or "": shown.shown_day(one.made_on) for one in every if one.author == AddedBy.PERSON}
    return additions.own_choices(database, here(), means().keys, own), decided


def _named(told: Mapping[str, Any]) -> dict[str, str]:
    named = told.get("stakeholders", ())
    others = {f"{confidentiality.OTHER}{each['id']}": str(each.get("name", "")) for each in named}
    return {one: others.get(one, "") for one in confidentiality.audiences(told)}


def _labels(audiences: Mapping[str, str]) -> dict[str, str]:
    """The audiences in words: what is given for them, else the State's name or our own word."""
    states = {f"{confidentiality.STATE}{code}": name for code, name in offers({}).states}
    own = {one: _(label) for one, label in AUDIENCES.items()}
    return {one: name or own.get(one) or states.get(one, one) for one, name in audiences.items()}


def _groups(form: ChoicesForm, audiences: Mapping[str, str]) -> list[dict[str, Any]]:
    """The fields of each audience, under its name."""
    return [
        {"label": label, "fields": [form[name] for name in (f"naming_{n}", f"precision_{n}") if name in form]}
        for n, label in enumerate(_labels(audiences).values())
    ]


def _person_row(person: Mapping[str, Any], used: Mapping[str, bool], decided: Mapping[str, str]) -> dict[str, Any]:
    person_id = str(person["id"])
    return {
        "id": person_id,
        "called": str(person.get("name") or person.get("details", "")[:60] or _("Somebody without a name")),
        "is_source": bool(person.get("is_source")),
        "own": person.get("own_wishes") == "yes",
        "decided": decided.get(person_id, ""),
        "has_code": person_id in used,
        "code_used": used.get(person_id, False),
    }
