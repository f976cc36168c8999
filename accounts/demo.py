"""Accounts for demonstrations. The passwords and secrets below are public: these accounts open in demo mode only."""

from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from accounts import second_factor
from accounts.access import add_account, find_account, prepare_account
from accounts.passwords import Passwords
from accounts.permissions import Role
from foundation.actor import ActorId
from foundation.keys import Keyring

DEMO = ActorId("demo")

# A costly hash would protect nothing here, and these are made within the transaction that writes them.
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class NotADemonstration(Exception):
    """Demo accounts were asked for outside demo mode."""


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """All that is needed to sign in as a fictional person."""

    name: str
    email: str
    password: str
    totp_secret: str
    role: Role


DEMO_SIGN_INS = (
    DemoSignIn(
        "Noor Demo", "noor@demo.example", "lantern-harbour-maple-1", "NOORDEMONOORDEMONOORDEMONOORDEMO", Role.OFFICER
    ),
    DemoSignIn(
        "Tomas Demo", "tomas@demo.example", "copper-meadow-violin-2", "TOMASDEMTOMASDEMTOMASDEMTOMASDEM", Role.OFFICER
    ),
    DemoSignIn(
        "Amara Demo",
        "amara@demo.example",
        "granite-ribbon-orchard-3",
        "AMARADEMAMARADEMAMARADEMAMARADEM",
        Role.MANDATE_HOLDER,
    ),
    DemoSignIn(
        "Ines Demo", "ines@demo.example", "saffron-window-glacier-4", "INESDEMOINESDEMOINESDEMOINESDEMO", Role.AUDITOR
    ),
    DemoSignIn(
        "Bela Demo", "bela@demo.example", "thistle-anchor-pepper-5", "BELADEMOBELADEMOBELADEMOBELADEMO", Role.OPERATOR
    ),
)


def add_demo_accounts(session: Session, keys: Keyring, now: datetime, *, demo: bool = False) -> list[DemoSignIn]:
    """Add the demo accounts that are not there yet; give all of them. Raises NotADemonstration unless `demo`."""
    if not demo:
        raise NotADemonstration
    for fictional in DEMO_SIGN_INS:
        if find_account(session, fictional.email) is None:
            _add(session, keys, fictional, now)
    return list(DEMO_SIGN_INS)


def demo_code(secret: str, now: datetime) -> str:
    """The code that the authenticator app of a demo account would show now."""
    return second_factor.code_at(secret, now)


def _add(session: Session, keys: Keyring, fictional: DemoSignIn, now: datetime) -> None:
    enrolment = prepare_account(
        keys,
        fictional.name,
        fictional.email,
        fictional.password,
        fictional.role,
        totp_secret=fictional.totp_secret,
        passwords=CHEAP,
        demo=True,
    )
    add_account(session, enrolment, now, DEMO)
