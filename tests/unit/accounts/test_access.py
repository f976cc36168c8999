from datetime import timedelta

import pytest

from accounts.access import Attempt, Enrolment, Entrance, delay_after, email_key, prepare_account
from accounts.passwords import PasswordTooShort
from accounts.permissions import Role
from foundation.keys import Keyring
from foundation.sealing import CannotOpen, new_identity, open_sealed, recipient_of

IDENTITY, RECOVERY = new_identity(), new_identity()
LONG_ENOUGH = "a long enough password"
PUBLIC = {"identity": recipient_of(IDENTITY), "recovery": recipient_of(RECOVERY)}
KEYS = Keyring(public=PUBLIC, secrets={"accounts": b"a" * 32})


class NoHashing:
    """Passwords in the open, for tests that are not about hashing."""

    nobody = "nobody"

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def matches(self, hashed: str, password: str) -> bool:
        return hashed == f"hash of {password}"


def prepared(password: str = LONG_ENOUGH, language: str = "en") -> Enrolment:
    return prepare_account(KEYS, "Noor", " Noor@Demo.Example ", password, Role.OFFICER, language, passwords=NoHashing())


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (11, 900), (5000, 900)]
)
def test_the_delay_after_failures_grows_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert delay_after(failures) == timedelta(seconds=seconds)


def test_an_address_is_the_same_however_it_is_written() -> None:
    assert email_key("  Noor@DEMO.example\0 ") == email_key("noor@demo.example") == "noor@demo.example"


def test_the_secret_of_the_second_factor_opens_for_its_own_account_only() -> None:
    enrolment = prepared()
    label = f"account.totp:{enrolment.account_id}"
    assert open_sealed(enrolment.totp_envelope, IDENTITY, label).decode() == enrolment.totp_secret
    with pytest.raises(CannotOpen):
        open_sealed(enrolment.totp_envelope, IDENTITY, "account.totp:another")


def test_the_recovery_key_opens_the_secret_too() -> None:
    enrolment = prepared()
    label = f"account.totp:{enrolment.account_id}"
    assert open_sealed(enrolment.totp_envelope, RECOVERY, label).decode() == enrolment.totp_secret


def test_an_account_with_a_short_password_is_refused() -> None:
    with pytest.raises(PasswordTooShort):
        prepared(password="too short")


def test_an_account_in_a_language_that_the_desk_does_not_speak_is_refused() -> None:
    with pytest.raises(ValueError, match="does not speak"):
        prepared(language="ar")


def test_nothing_secret_is_in_what_a_log_would_show() -> None:
    enrolment = prepared()
    attempt = Attempt("account-1", enrolment.password_hash, enrolment.totp_envelope, enrolment.totp_digest, 0)
    shown = f"{enrolment!r} {attempt!r} {Entrance('account-1', 'en', 'the-token')!r}"
    assert "noor@demo.example" in shown
    for secret in (enrolment.totp_secret, LONG_ENOUGH, "the-token"):
        assert secret not in shown
