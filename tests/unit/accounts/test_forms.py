from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from accounts.forms import LanguageForm, SignInForm

GOOD = {"email": "noor@demo.example", "password": "a long enough password", "code": "123456"}


@pytest.fixture(autouse=True)
def request_at_the_desk() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="for tests", WTF_CSRF_ENABLED=False)
    Babel(app)
    with app.test_request_context():
        yield


def signing_in(**changed: str) -> SignInForm:
    return SignInForm(MultiDict({**GOOD, **changed}))


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123\u00a0456", "١٢٣٤٥٦", "１２３４５６"])
def test_a_code_is_read_in_groups_and_in_digits_of_any_script(typed: str) -> None:
    form = signing_in(code=typed)
    assert form.validate()
    assert form.code.data == "123456"


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345a", "12345\0", "     "])
def test_a_code_that_is_not_six_digits_is_refused_with_a_word_at_the_field(typed: str) -> None:
    form = signing_in(code=typed)
    assert not form.validate()
    assert list(form.errors) == ["code"]


@pytest.mark.parametrize("missing", ["email", "password", "code"])
def test_each_field_is_asked_for(missing: str) -> None:
    form = SignInForm(MultiDict({name: value for name, value in GOOD.items() if name != missing}))
    assert not form.validate()
    assert list(form.errors) == [missing]


def test_a_password_too_long_to_be_one_is_not_hashed() -> None:
    assert list(_errors_of(signing_in(password="x" * 1001))) == ["password"]


def test_an_address_too_long_to_be_one_is_refused() -> None:
    assert list(_errors_of(signing_in(email="x" * 255))) == ["email"]


def test_only_a_language_of_the_desk_can_be_chosen() -> None:
    assert LanguageForm(MultiDict({"language": "es"})).validate()
    assert not LanguageForm(MultiDict({"language": "ar"})).validate()
    assert not LanguageForm(MultiDict()).validate()


def _errors_of(form: SignInForm) -> dict[str, object]:
    form.validate()
    return dict(form.errors)
