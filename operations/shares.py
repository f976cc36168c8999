"""The recovery key in shares of words, by SLIP-0039: any `needed` of them join to it, and fewer tell nothing.

Other programs that know SLIP-0039 join the same words to the same 32 bytes.
"""

from collections.abc import Mapping

from shamir_mnemonic import MnemonicError, Share, generate_mnemonics
from shamir_mnemonic.recovery import RecoveryState
from shamir_mnemonic.wordlist import WORDLIST

SHARES_MOST = 16
WORDS = 33
# Four letters tell every word of the list from all others.
TELLING = 4
BY_BEGINNING: Mapping[str, str] = {word[:TELLING]: word for word in WORDLIST}


class ShareMistyped(Exception):
    """What was typed is no share; the message says where to look, and quotes nothing."""


class OtherShare(Exception):
    """The share was given already, or belongs to another key."""


def split(seed: bytes, needed: int, shares: int) -> list[str]:
    """Split 32 bytes into shares of 33 words. Raises ValueError unless 1 < needed <= shares <= 16."""
    if not 1 < needed <= shares <= SHARES_MOST:
        raise ValueError(f"at least two shares are needed, and there are at most {SHARES_MOST}")
    made: list[str]
    [made] = generate_mnemonics(1, [(needed, shares)], seed)
    return made


def read_share(typed: str) -> str:
    """A share as it was typed: any case, any spaces, numbers before the words, and words from four letters on.

    Raises ShareMistyped.
    """
    words = [_word(number, word) for number, word in enumerate(_typed_words(typed), start=1)]
    if len(words) != WORDS:
        raise ShareMistyped(f"a share has {WORDS} words, and these are {len(words)}")
    share = " ".join(words)
    try:
        Share.from_mnemonic(share)
    except MnemonicError:
        raise ShareMistyped("all words are in the list, but one of them is another word or in another place") from None
    return share


class Joining:
    """Shares as they come in, until there are enough."""

    def __init__(self) -> None:
        self._state = RecoveryState()
        self.count = 0

    def add(self, share: str) -> None:
        """Take one more share. Raises OtherShare."""
        read = Share.from_mnemonic(share)
        if read in self._state:
            raise OtherShare("this share was given already")
        try:
            self._state.add_share(read)
        except MnemonicError:
            raise OtherShare("this share belongs to another key than those before it") from None
        self.count += 1

    def is_enough(self) -> bool:
        """Whether the shares suffice."""
        return bool(self._state.is_complete())

    def seed(self) -> bytes:
        """The 32 bytes. Raises OtherShare if the shares do not fit each other."""
        try:
            return bytes(self._state.recover(b""))
        except MnemonicError:
            raise OtherShare("these shares do not fit each other") from None


def _typed_words(typed: str) -> list[str]:
    parts = typed.casefold().replace(",", " ").replace(".", " ").split()
    return [part for part in parts if not part.isdigit()]


def _word(number: int, typed: str) -> str:
    word = BY_BEGINNING.get(typed[:TELLING], "")
    if len(typed) < TELLING or not word.startswith(typed):
        raise ShareMistyped(f"word {number} is not in the list")
    return word
