"""The forms of the portal."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import HiddenField

from foundation.db import new_id
from foundation.receiving import upload_of
from foundation.words import N_
from submissions import attachments, file_kinds
from submissions.attachments import FileRefused
from submissions.fields import Fits, text_field
from workflows.replies import FILES_MOST, ReplyContent

WORDS_MOST = 50_000
ACCEPTED = ",".join(file_kinds.ENDINGS)

REFUSALS: Mapping[str, str] = {
    attachments.EMPTY: N_("%(name)s cannot be accepted: the file is empty."),
    attachments.TOO_LARGE: N_("%(name)s cannot be accepted: it is larger than 50 MB."),
    attachments.TOO_MANY: N_(
        "More than five files were chosen. Choose up to five; further files can follow in another reply."
    ),
    attachments.ARCHIVE: N_("%(name)s cannot be accepted: it is an archive. Please send the files that are in it."),
    attachments.KIND_NOT_ALLOWED: N_("%(name)s cannot be accepted: it is not a file of one of the kinds listed."),
    attachments.FALSE_ENDING: N_(
        "%(name)s cannot be accepted: its content is not what the end of its name says. Save it again under a new name."
    ),
}


class PressForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """A button without a field."""


class ReplyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """A reply in words, with files, or in one of the two. `attempt` lets the same press count once."""

    attempt = HiddenField(default=new_id)
    words = text_field(_l("Text of the reply"), [Fits(WORDS_MOST)])
    files = MultipleFileField(_l("Files"))

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.chosen: list[ReplyContent] = []

    def validate(self, *more: Any, **named: Any) -> bool:
        """Check words and files, and that one of them is there."""
        fits: bool = super().validate(*more, **named)
        if fits and not self.words.data and not self.chosen:
            self.words.errors = [_("Write the text of a reply, or choose a file")]
        return fits and not self.errors

    def validate_files(self, field: MultipleFileField) -> None:
        """Read the files, and say of each that cannot be accepted why."""
        sent = [file for file in field.data or () if file and file.filename]
        if len(sent) > FILES_MOST:
            field.errors.append(_(REFUSALS[attachments.TOO_MANY]))
            return
        self.chosen = [ReplyContent(attachments.name_of(file.filename), upload_of(file)) for file in sent]
        field.errors.extend(filter(None, map(_refusal, self.chosen)))

    @property
    def must_choose_again(self) -> bool:
        """Whether files were chosen that a browser will not keep for the next attempt."""
        return bool(self.errors) and any(file and file.filename for file in self.files.data or ())


def _refusal(file: ReplyContent) -> str:
    try:
        attachments.media_type_of(file.name, file.upload)
    except FileRefused as refused:
        return str(_(REFUSALS[refused.reason], name=file.name))
    return ""
