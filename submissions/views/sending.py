"""The last page: the code, typed back in part, and the button that sends everything."""

from hashlib import sha256

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation.web import means
from submissions import codes, intake, questionnaire
from submissions.drafts import AlreadySubmitted, OpenDraft
from submissions.forms import SendForm
from submissions.views.question_pages import place_of
from submissions.views.visit import LANG, bp, draft_here, go_to, here, with_error_code


@bp.get(f"{LANG}/send")
def send(lang: str) -> str | Response:
    """The code in its groups, and which two of them to type."""
    draft = draft_here()
    if questionnaire.lacks_something(draft.answers):
        return go_to("check")
    return _send_page(draft, SendForm(formdata=None))


@bp.post(f"{LANG}/send")
def send_now(lang: str) -> Response:
    """Receive the draft, if its code was kept. Whoever presses again is shown the same submission."""
    try:
        draft = draft_here()
    except AlreadySubmitted:
        return go_to("status", received=1)
    if questionnaire.lacks_something(draft.answers):
        return go_to("check")
    form = SendForm(formdata=request.form)
    form.validate()
    if not _typed_back(form, draft):
        return with_error_code(_send_page(draft, form))
    intake.submit(means(), here())
    return go_to("status", received=1)


def asked_groups(code: str) -> tuple[int, int]:
    """Which two groups of the code are to be typed, counted from 1: always the same two for the same draft."""
    drawn = sha256(code.encode()).digest()
    first = drawn[0] % codes.GROUPS
    second = (first + 1 + drawn[1] % (codes.GROUPS - 1)) % codes.GROUPS
    return min(first, second) + 1, max(first, second) + 1


def _typed_back(form: SendForm, draft: OpenDraft) -> bool:
    groups = codes.groups_of(draft.code)
    for field, number in zip((form.first, form.second), asked_groups(draft.code), strict=True):
        if codes.tidy(field.data or "") != groups[number - 1]:
            field.errors = [_("This is not group %(number)s of the code. Compare it with your note.", number=number)]
    return not form.errors


def _send_page(draft: OpenDraft, form: SendForm) -> str:
    first, second = asked_groups(draft.code)
    form.first.label.text = _("Group %(number)s of your code", number=first)
    form.second.label.text = _("Group %(number)s of your code", number=second)
    place = place_of("send", draft.answers)
    return render_template("public/send.html", groups=codes.groups_of(draft.code), form=form, place=place)
