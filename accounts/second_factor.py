"""The six-digit code from an authenticator app (TOTP, RFC 6238): 30 seconds, one step early or late, never twice."""

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
STEPS_OFF = 1
ISSUER = "Solidarity submissions"


def new_secret() -> str:
    """A fresh secret of 160 bits in base32, as authenticator apps take it."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The time step that `code` belongs to, if it is near `now` and later than step `after`; else None."""
    present = _step_at(now)
    near = range(present - STEPS_OFF, present + STEPS_OFF + 1)
    fitting = [step for step in near if hmac.compare_digest(_code_of(secret, step).encode(), code.encode())]
    return next((step for step in fitting if step > after), None)


def code_at(secret: str, now: datetime) -> str:
    """The code that an authenticator app shows at this instant."""
    return _code_of(secret, _step_at(now))


def enrolment_uri(secret: str, email: str) -> str:
    """The `otpauth:` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=ISSUER)


def _step_at(instant: datetime) -> int:
    return int(instant.timestamp()) // STEP_SECONDS


def _code_of(secret: str, step: int) -> str:
    return pyotp.TOTP(secret, interval=STEP_SECONDS).generate_otp(step)
