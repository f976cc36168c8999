"""Signing in and out, and one's own account."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.access import Entrance, Refusal, choose_language
from accounts.access import sign_in as sign_in_with
from accounts.forms import EndOthersForm, LanguageForm, SignInForm
from accounts.session import SignedIn, begin, desk_root, end, local_page, page_words, requires_sign_in, signed_in, token
from accounts.visits import sign_out_elsewhere
from foundation.i18n import CHOICE
from foundation.web import means
from foundation.words import N_

ONE_YEAR = 365 * 24 * 3600
LANGUAGE_KEPT = N_("The desk now speaks the language that you chose.")
OTHERS_ENDED = N_("Your sign-ins on all other devices have ended.")

bp = Blueprint("accounts", __name__, url_prefix="/desk")
bp.app_context_processor(page_words)


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The page to sign in; whoever is signed in already goes on to the page they asked for."""
    if signed_in() is not None:
        return redirect(local_page(request.args.get("next")))
    return _sign_in_page(SignInForm())


@bp.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Sign in, and go on to the page that was asked for."""
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form)
    outcome = sign_in_with(means(), form.email.data, form.password.data, form.code.data)
    if isinstance(outcome, Refusal):
        form.form_errors.append(_(outcome.message))
        form.code.data = ""
        return _sign_in_page(form)
    return _go_on(outcome)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this visit, on the server too."""
    end()
    return redirect(url_for("accounts.sign_in"))


@bp.get("/account")
@requires_sign_in
def account() -> ResponseReturnValue:
    """One's own account."""
    return _account_page(LanguageForm(language=_person().language))


@bp.post("/account")
@requires_sign_in
def keep_language() -> ResponseReturnValue:
    """Keep the language in which the desk shall speak."""
    form = LanguageForm()
    if not form.validate_on_submit():
        return _account_page(form)
    with means().database.transaction() as session:
        choose_language(session, _person().account_id, form.language.data)
    flash(LANGUAGE_KEPT)
    return _remember_language(redirect(url_for("accounts.account")), form.language.data)


@bp.post("/account/end-others")
@requires_sign_in
def end_others() -> ResponseReturnValue:
    """End all visits of this account but this one."""
    with means().database.transaction() as session:
        sign_out_elsewhere(session, means().keys, token(), means().clock())
    flash(OTHERS_ENDED)
    return redirect(url_for("accounts.account"))


def _go_on(entrance: Entrance) -> ResponseReturnValue:
    end()
    begin(entrance)
    return _remember_language(redirect(local_page(request.args.get("next"))), entrance.language)


def _sign_in_page(form: SignInForm) -> ResponseReturnValue:
    return render_template("account/sign_in.html", form=form, unsent="unsent" in request.args)


def _account_page(form: LanguageForm) -> ResponseReturnValue:
    return render_template(
        "account/account.html", form=form, others=EndOthersForm(), person=_person(), home_url=desk_root()
    )


def _person() -> SignedIn:
    person = signed_in()
    if person is None:
        raise RuntimeError("this view is not guarded")
    return person


def _remember_language(response: Response, language: str) -> Response:
    response.set_cookie(
        CHOICE,
        language,
        max_age=ONE_YEAR,
        path=desk_root().rstrip("/") or "/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Strict",
    )
    return response
