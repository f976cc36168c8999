"""Forms for the record of a case: to propose that a submission is erased, and to decide on that."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from foundation.words import N_
from submissions.fields import Fits, OneOf, text_field
from workflows.forms import HIDDEN_MOST, NOTE_MOST
from workflows.models import DisposalGround

# On what ground a submission is erased.
GROUNDS: Mapping[DisposalGround, str] = {
    DisposalGround.TERM_OVER: N_("It has been kept for as long as it must be"),
    DisposalGround.SOURCE_ASKED: N_("The source asked for it"),
    DisposalGround.RECEIVED_IN_ERROR: N_("It was received in error"),
}


class ProposalForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Why a submission should be erased."""

    ground = OneOf(
        _l("Why it should be erased"),
        validators=[DataRequired(_l("Choose why it should be erased"))],
        choices=[SelectChoice(ground.value, _l(GROUNDS[ground])) for ground in DisposalGround],
    )
    words = text_field(
        _l("What the second person should know"),
        [DataRequired(_l("Say what the second person should know")), Fits(NOTE_MOST)],
        render_kw={"rows": 2},
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """That a submission is erased; `seen` is the proposal that was on the page."""

    seen = HiddenField(validators=[Length(max=HIDDEN_MOST)])


class RefusalForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Why a submission is not erased; `read` is the proposal that was on the page."""

    refusal = text_field(_l("Reason"), [DataRequired(_l("Give the reason")), Fits(NOTE_MOST)], render_kw={"rows": 2})
    read = HiddenField(validators=[Length(max=HIDDEN_MOST)])
