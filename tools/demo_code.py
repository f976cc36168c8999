"""Prints the six digits that the authenticator app of a demo account would show now."""

import sys

from accounts.demo import DEMO_SIGN_INS, demo_code
from foundation import clock


def main(names: list[str]) -> int:
    """Print one line for each account that was named, or for all."""
    for one in DEMO_SIGN_INS:
        if not names or one.email.split("@")[0] in names:
            sys.stdout.write(f"{one.email}  {demo_code(one.totp_secret, clock.now())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
