"""Forms for signing in and for one's own account. They check shape only."""

from unicodedata import digit

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length, Regexp

from accounts.passwords import LENGTH_MOST
from foundation.languages import DESK_LANGUAGES

EMAIL_MOST = 254


def _plain_digits(text: str | None) -> str:
    # People type the code in two groups, and some keyboards write digits of another script.
    return "".join(str(digit(sign, sign)) for sign in text or "" if not sign.isspace())


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """E-mail address, password and the six-digit code."""

    email = EmailField(
        _l("E-mail address"),
        validators=[
            InputRequired(_l("Enter your e-mail address")),
            Length(max=EMAIL_MOST, message=_l("This is too long for an e-mail address")),
        ],
        render_kw={"autocomplete": "username", "spellcheck": "false", "dir": "ltr"},
    )
    password = PasswordField(
        _l("Password"),
        validators=[
            InputRequired(_l("Enter your password")),
            Length(max=LENGTH_MOST, message=_l("This is too long for a password")),
        ],
        render_kw={"autocomplete": "current-password"},
    )
    code = StringField(
        _l("Six-digit code"),
        description=_l("The code that your authenticator app shows now. Each code works once."),
        filters=[_plain_digits],
        validators=[
            InputRequired(_l("Enter the six-digit code from your authenticator app")),
            Regexp(r"[0-9]{6}\Z", message=_l("The code has six digits and nothing else")),
        ],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "dir": "ltr"},
    )


class LanguageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """The language in which somebody sees the desk."""

    language = RadioField(
        _l("Language of the desk"),
        choices=[SelectChoice(language.code, language.name) for language in DESK_LANGUAGES],
        validators=[InputRequired(_l("Choose a language"))],
    )


class EndOthersForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """A button and nothing else."""
