"""Before the first field: the first page, what happens to what is sent, safer use, a short guided check, the beginning.

The check keeps nothing and sets no cookie: what is chosen stands in the address of its answer, as bare numbers.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from flask import render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from foundation.web import means
from foundation.words import N_
from mandate import guide as rules
from mandate.guide import Chosen, Danger, Matter, Reason, Region
from mandate.procedures import Group, fitting, procedures
from submissions import drafts, questionnaire
from submissions.fields import OneOf, SomeOf
from submissions.shown import shown_day
from submissions.views.visit import CODES, LANG, VISIT, bp, go_to, remember, with_error_code

Value = TypeVar("Value", bound=StrEnum)

GROUP_TITLES = {
    Group.MANDATES: N_("Other experts and groups of the United Nations"),
    Group.COMMITTEES: N_("Committees and the Council of the United Nations"),
    Group.REGIONAL: N_("Courts and commissions of your region"),
    Group.ORGANISATIONS: N_("Other organisations"),
}


def _choices(words: Mapping[Value, str]) -> list[SelectChoice]:
    return [SelectChoice(value.value, _l(text)) for value, text in words.items()]


class BeginForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """That somebody has read what can happen."""

    read = BooleanField(
        _l("I have read what can happen"),
        [DataRequired(_l("Read “What can happen” on this page. Then tick the box."))],
    )


class GuideForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """The questions of the check; all of them may be left out. It changes nothing, and so needs no token."""

    class Meta:
        """No token: it would need a cookie."""

        csrf = False

    danger = OneOf(_l("Is somebody in danger right now?"), name="d", choices=_choices(rules.DANGERS))
    reason = OneOf(_l("What happened?"), name="w", choices=_choices(rules.REASONS))
    matter = SomeOf(_l("What is it about? Choose all that fit."), name="m", choices=_choices(rules.MATTERS))
    region = OneOf(_l("In which part of the world?"), name="r", choices=_choices(rules.REGIONS))

    def chosen(self) -> Chosen:
        """What was chosen, without what no question offers."""
        self.validate()
        return Chosen(
            Danger(self.danger.data) if self.danger.data and not self.danger.errors else None,
            Reason(self.reason.data) if self.reason.data and not self.reason.errors else None,
            frozenset() if self.matter.errors else frozenset(Matter(value) for value in self.matter.data or ()),
            Region(self.region.data) if self.region.data and not self.region.errors else None,
        )


@bp.get(f"{LANG}/")
def start(lang: str) -> str:
    """What the mandate can do, what is safe, what is needed, and the ways in."""
    return _start_page(BeginForm(formdata=None))


@bp.post(f"{LANG}/begin")
def begin(lang: str) -> Response:
    """Begin a draft, for somebody who says that they have read what can happen.

    Somebody who is there already is asked first what is to become of the one they began.
    """
    if VISIT in session:
        return go_to("start", _anchor="here")
    form = BeginForm(formdata=request.form)
    if not form.validate():
        return with_error_code(_start_page(form))
    own = means()
    visitor = drafts.begin(own.database, own.keys.secret("pepper"), lang, own.clock(), own.draft_life)
    remember(visitor)
    return go_to("step", step=questionnaire.STEPS[0].name)


@bp.get(f"{LANG}/what-happens")
def what_happens(lang: str) -> str:
    """Who reads what is sent, who is told, how long it is kept, and what nobody can promise."""
    return render_template("public/what_happens.html", draft_days=means().draft_life.days)


@bp.get(f"{LANG}/safer-use")
def safer_use(lang: str) -> str:
    """How to write more safely."""
    return render_template("public/safer_use.html")


@bp.get(f"{LANG}/guide")
def guide(lang: str) -> str:
    """The questions, with what was chosen before, for whoever comes back to them."""
    form = GuideForm(formdata=request.args)
    return render_template("public/guide.html", form=form, **_same_page("guide"))


@bp.get(f"{LANG}/guide/answer")
def guided(lang: str) -> str:
    """What may help. Every answer leads on to the form."""
    chosen = GuideForm(formdata=request.args).chosen()
    groups = fitting(rules.points_to(chosen))
    return render_template(
        "public/guided.html",
        in_danger=chosen.danger is Danger.YES,
        fit=rules.fit_of(chosen).value,
        groups=[(_(GROUP_TITLES[group]), rows) for group, rows in groups],
        as_of=shown_day(procedures().as_of),
        checked=not any(row.unverified for _group, rows in groups for row in rows),
        given=_given(),
        **_same_page("guided"),
    )


def _start_page(form: BeginForm) -> str:
    return render_template("public/start.html", here=VISIT in session, demo=means().demo, form=form)


def _given() -> dict[str, Any]:
    asked = {field.name for field in GuideForm(formdata=None)}
    return {name: values for name, values in request.args.lists() if name in asked}


def _same_page(page: str) -> dict[str, Any]:
    urls = {code: url_for(f"submissions.{page}", **{**_given(), "lang": code}) for code in CODES}
    return {"language_urls": urls}
