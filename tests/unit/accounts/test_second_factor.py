from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.second_factor import code_at, enrolment_uri, new_secret, step_of

# The secret of RFC 6238, appendix B ("12345678901234567890") in base32.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOW = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


@pytest.mark.parametrize(
    ("seconds", "last_six"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, last_six: str) -> None:
    assert code_at(RFC_SECRET, datetime.fromtimestamp(seconds, UTC)) == last_six


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_code_is_accepted_one_step_early_or_late(off: int) -> None:
    code = code_at(RFC_SECRET, NOW + timedelta(seconds=30 * off))
    assert step_of(RFC_SECRET, code, NOW, after=0) == STEP + off


@pytest.mark.parametrize("off", [-2, 2])
def test_a_code_two_steps_away_is_refused(off: int) -> None:
    code = code_at(RFC_SECRET, NOW + timedelta(seconds=30 * off))
    assert step_of(RFC_SECRET, code, NOW, after=0) is None


def test_a_code_of_a_step_that_was_used_is_refused() -> None:
    code = code_at(RFC_SECRET, NOW)
    assert step_of(RFC_SECRET, code, NOW, after=STEP) is None


def test_an_earlier_code_is_refused_after_a_later_one() -> None:
    earlier = code_at(RFC_SECRET, NOW - timedelta(seconds=30))
    assert step_of(RFC_SECRET, earlier, NOW, after=STEP) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\0\0\0\0\0\0"])
def test_whatever_is_no_code_is_refused_without_an_error(code: str) -> None:
    assert step_of(RFC_SECRET, code, NOW, after=0) is None


def test_each_new_secret_is_another_one_of_160_bits() -> None:
    secrets = {new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {32}


def test_an_authenticator_app_is_given_the_secret_and_whose_it_is() -> None:
    uri = urlsplit(enrolment_uri(RFC_SECRET, "noor@demo.example"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert parse_qs(uri.query)["secret"] == [RFC_SECRET]
    assert uri.path.endswith("noor%40demo.example")
