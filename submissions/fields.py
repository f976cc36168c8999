"""Form fields that keep what was typed, say what is wrong in the page's language, and never raise."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import EmailField, Form, RadioField, SelectField, SelectMultipleField, StringField, TelField, TextAreaField
from wtforms.fields import Field
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from submissions import days
from submissions.days import DayWrong, PartialDay, Wrong

# Other signs for the end of a line or a page, which word processors leave in what is copied from them.
LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
EMAIL_SHAPE = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
BEFORE_MOST = 20


class Needed:
    """Marks a field whose answer is needed. Whether it is there is asked elsewhere, so that half an answer is kept."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        """Refuse nothing."""


class Fits:
    """Refuses text that is too long, or that holds signs which nobody can see or print."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, form: Form, field: Field) -> None:
        """Raises ValidationError, with what to do about it."""
        text = field.data or ""
        _refuse_invisible(text)
        over = len(text) - self._most
        if over > 0:
            words = ngettext(
                "This is too long by %(num)s character: %(most)s fit. Please shorten it.",
                "This is too long by %(num)s characters: %(most)s fit. Please shorten it.",
                over,
                most=self._most,
            )
            raise ValidationError(words)


class EmailShape:
    """Refuses what cannot be an e-mail address."""

    def __call__(self, form: Form, field: Field) -> None:
        """Raises ValidationError."""
        if field.data and not EMAIL_SHAPE.fullmatch(field.data):
            raise ValidationError(_("Write the address like name@example.org, or leave it empty"))


def _refuse_invisible(text: str) -> None:
    bad = next((at for at, sign in enumerate(text) if _is_invisible(sign)), None)
    if bad == 0:
        raise ValidationError(_("A sign that cannot be read stands at the beginning. Delete it and type it anew."))
    if bad is not None:
        before = text[max(0, bad - BEFORE_MOST) : bad]
        words = _("A sign that cannot be read stands after “%(before)s”. Delete it and type it anew.", before=before)
        raise ValidationError(words)


def _is_invisible(sign: str) -> bool:
    return sign not in "\n\t" and unicodedata.category(sign) in {"Cc", "Cs"}


def tidy_text(text: str | None) -> str:
    """Text with one kind of line end and nothing around it."""
    return LINE_ENDS.sub("\n", text or "").strip()


def line_field(label: str, validators: Sequence[Any], **more: Any) -> Field:
    """A single line."""
    return StringField(label, validators, filters=[tidy_text], **more)


def text_field(label: str, validators: Sequence[Any], **more: Any) -> Field:
    """Several lines."""
    return TextAreaField(label, validators, filters=[tidy_text], **more)


def email_field(label: str, validators: Sequence[Any], **more: Any) -> Field:
    """An e-mail address."""
    return EmailField(label, [*validators, EmailShape()], filters=[tidy_text], **more)


def phone_field(label: str, validators: Sequence[Any], **more: Any) -> Field:
    """A telephone number."""
    return TelField(label, validators, filters=[tidy_text], **more)


class OneOf(RadioField):  # type: ignore[misc]  # WTForms has no types.
    """One of a few answers, or none yet."""

    def pre_validate(self, form: Form) -> None:
        """Refuse what is not among the choices."""
        _require_offered(self, [self.data] if self.data else [])


class OneOfMany(SelectField):  # type: ignore[misc]  # WTForms has no types.
    """One of a long list, or none."""

    def pre_validate(self, form: Form) -> None:
        """Refuse what is not among the choices."""
        _require_offered(self, [self.data] if self.data else [])


class SomeOf(SelectMultipleField):  # type: ignore[misc]  # WTForms has no types.
    """Any number of boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Form) -> None:
        """Refuse what is not among the choices."""
        _require_offered(self, self.data or [])


def _require_offered(field: Any, values: Sequence[str]) -> None:
    offered = {choice.value for choice in field.iter_choices()}
    if not offered.issuperset(values):
        raise ValidationError(_("Choose one of the answers that are offered here"))


class _DayWidget:
    """Tells the page's macros that this is a date; they draw it."""

    input_type = "date"


class DayField(Field):  # type: ignore[misc]  # WTForms has no types.
    """Three boxes for a day. `partial` lets the day of the month be unknown; `past` refuses the future."""

    widget = _DayWidget()

    def __init__(self, label: str, validators: Sequence[Any], partial: bool, past: bool, **more: Any) -> None:
        super().__init__(label, validators, **more)
        self._partial, self._past = partial, past

    def process_data(self, value: Any) -> None:
        """Take a day as it is kept."""
        self.data = PartialDay.from_iso(value) if value else None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take a day as it is typed. Raises ValueError in words."""
        if not valuelist:
            return
        self.data = None
        try:
            found = days.read_day(valuelist)
            if found and not self._partial:
                days.require_full(found)
        except DayWrong as wrong:
            raise ValueError(words_for(wrong.why)) from wrong
        self.data = found

    def pre_validate(self, form: Any) -> None:
        """Refuse a day in the future, where it cannot be meant."""
        try:
            if self.data and self._past:
                days.require_past(self.data, form.today)
        except DayWrong as wrong:
            raise ValidationError(words_for(wrong.why)) from wrong


def words_for(why: Wrong) -> str:
    """What is wrong with a day, and what to do."""
    words: dict[Wrong, str] = {
        Wrong.NOT_NUMBERS: _("Write day, month and year as numbers, for example 27 3 2026"),
        Wrong.NO_YEAR: _("Add the year, or say in words when it was"),
        Wrong.NO_MONTH: _("Add the month, or say in words when it was"),
        Wrong.NO_DAY: _("Add the day, or leave all three boxes empty"),
        Wrong.NO_SUCH_DAY: _("There is no such day. Check day and month"),
        Wrong.OTHER_CALENDAR: _("Write the year with four digits, in the international calendar, for example 2026"),
        Wrong.FUTURE: _("This day has not come yet. Check the year"),
    }
    return words[why]
