"""Seals and signatures: what nobody can make without the key."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from workflows.chain import FIRST, approval_text, is_signed, seal_of_event, sign

KEY = bytes(range(32))
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PARTS: "Parts" = ("case", "letter", 1, "approve", "in_review", "approved", "account:1", "0" * 64)

PAIR = Ed25519PrivateKey.from_private_bytes(KEY)
PRIVATE, PUBLIC = PAIR.private_bytes_raw().hex(), PAIR.public_key().public_bytes_raw().hex()
SAID = ("letter", "mission@example.org", date(2026, 11, 23), "UA XXB 1/2026", "ab" * 32)


Parts = tuple[str | int | None, ...]


def seal(key: bytes = KEY, before: str = FIRST, parts: Parts = PARTS, at: datetime = AT) -> str:
    return seal_of_event(key, before, parts, at)


def test_a_seal_is_the_same_for_the_same_event() -> None:
    assert seal() == seal()
    assert len(seal()) == len(FIRST)


def test_a_seal_rests_on_key_predecessor_and_time() -> None:
    others = {seal(key=bytes(32)), seal(before="1" * 64), seal(at=AT + timedelta(microseconds=1))}
    assert len(others | {seal()}) == 4


@pytest.mark.parametrize("place", range(len(PARTS)))
def test_a_seal_rests_on_every_part_of_the_event(place: int) -> None:
    changed: Parts = tuple("other" if n == place else part for n, part in enumerate(PARTS))
    assert seal(parts=changed) != seal()


def test_a_part_that_is_not_there_is_not_an_empty_one() -> None:
    assert seal(parts=("case", None)) != seal(parts=("case", "")) != seal(parts=("case", "None"))


def test_a_number_is_not_its_text() -> None:
    assert seal(parts=(1,)) != seal(parts=("1",))


def test_an_instant_seals_alike_in_every_zone() -> None:
    assert seal(at=AT.astimezone(timezone(timedelta(hours=5)))) == seal()


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_no_two_lists_of_parts_have_one_seal(one: list[str], other: list[str]) -> None:
    assert (seal(parts=tuple(one)) == seal(parts=tuple(other))) == (one == other)


def test_a_signature_holds_for_just_what_was_said() -> None:
    signature = sign(PRIVATE, approval_text(*SAID))
    assert is_signed(PUBLIC, approval_text(*SAID), signature)
    for place, other in enumerate(("other", "other@example.org", date(2026, 11, 24), "UA XXB 2/2026", "cd" * 32)):
        said = [other if n == place else part for n, part in enumerate(SAID)]
        assert not is_signed(PUBLIC, approval_text(*said), signature)  # type: ignore[arg-type]


def test_parts_of_an_approval_cannot_run_into_each_other() -> None:
    day = date(2026, 11, 23)
    assert approval_text("a", "b", day, "c", "d") != approval_text("a", 'b","2026', day, "c", "d")
    assert approval_text("ab", "c", day, "d", "e") != approval_text("a", "bc", day, "d", "e")


@pytest.mark.parametrize("signature", ["", "00", "not hexadecimal", "00" * 64, "é" * 128])
def test_what_is_no_signature_is_none(signature: str) -> None:
    assert not is_signed(PUBLIC, approval_text(*SAID), signature)


def test_another_key_did_not_sign() -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    assert not is_signed(other, approval_text(*SAID), sign(PRIVATE, approval_text(*SAID)))


@pytest.mark.parametrize("public", ["", "00", "not hexadecimal"])
def test_what_is_no_key_signed_nothing(public: str) -> None:
    assert not is_signed(public, approval_text(*SAID), sign(PRIVATE, approval_text(*SAID)))
