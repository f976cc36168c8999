"""The texts that sources decide by: their words in each language, who reviewed them, and the button that says so."""

from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import Length

from accounts.permissions import Permission
from accounts.session import actor, requires
from foundation.languages import BY_CODE
from foundation.web import means
from foundation.words import N_
from submissions.weighty_texts import BY_TEXT, words_of
from workflows import queries, text_reviews
from workflows.text_reviews import REVIEW_STATES, ReviewState, TextStanding, WordsChanged
from workflows.views.desk import shown
from workflows.views.desk.door import NOT_AS_IT_WAS, bp, go_to, now, page

TONES = {ReviewState.NOT_REVIEWED: "neutral", ReviewState.REVIEWED: "good", ReviewState.CHANGED: "attention"}
HASH_LENGTH = 64


class ReviewForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """That the words are right; `seen` stands for those that were on the page."""

    seen = HiddenField(validators=[Length(max=HASH_LENGTH)])


@bp.get("/texts")
@requires(Permission.SEE_EVENTS)
def show_texts() -> ResponseReturnValue:
    """Every text in every language, and how it stands."""
    with means().database.reading() as session:
        found = text_reviews.standings(session)
        names = queries.names_of(session, [one.review.reviewed_by for one in found if one.review])
    return page("texts", "record", rows=[_row(one, names) for one in found])


@bp.get("/texts/<name>/<language>")
@requires(Permission.SEE_EVENTS)
def show_text(name: str, language: str) -> ResponseReturnValue:
    """The words of a text in one language."""
    return _text_page(name, language)


@bp.post("/texts/<name>/<language>/review")
@requires(Permission.REVIEW_TEXTS)
def review_text(name: str, language: str) -> ResponseReturnValue:
    """Write down that the words on the page were reviewed."""
    form, text = ReviewForm(), _the_text(name, language)
    try:
        with means().database.transaction() as session:
            text_reviews.review(session, text.text, language, form.seen.data or "", actor(), now())
    except WordsChanged:
        return _text_page(name, language, changed=True)
    return go_to("show_texts", done=N_("The review is written down."))


def _the_text(name: str, language: str) -> TextStanding:
    if name not in BY_TEXT or language not in BY_CODE:
        abort(404)
    with means().database.reading() as session:
        found = text_reviews.standings(session)
    return next(one for one in found if (one.text.name, one.language) == (name, language))


def _text_page(name: str, language: str, changed: bool = False) -> ResponseReturnValue:
    found = _the_text(name, language)
    with means().database.reading() as session:
        names = queries.names_of(session, [found.review.reviewed_by] if found.review else [])
    words: dict[str, Any] = {
        **_row(found, names),
        "words": words_of(found.text, language),
        "direction": BY_CODE[language].direction,
        "seen": text_reviews.hash_of(found.text, language),
        "changed": changed,
    }
    return page("text", "record", NOT_AS_IT_WAS if changed else 200, form=ReviewForm(formdata=None), row=words)


def _row(one: TextStanding, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": one.text.name,
        "title": _(one.text.title),
        "language": one.language,
        "language_name": shown.language_name(one.language),
        "state": {"text": _(REVIEW_STATES[one.state]), "tone": TONES[one.state]},
        "by": shown.who(one.review.reviewed_by, names) if one.review else "",
        "on": shown.day(one.review.reviewed_at) if one.review else "",
    }
