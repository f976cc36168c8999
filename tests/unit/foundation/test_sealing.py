"""Envelopes open for the right key at the right place, and for nothing else."""

from typing import Any

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.sealing import (
    PART,
    CannotOpen,
    derive,
    identity_from,
    keyed_hash,
    label_of,
    new_identity,
    open_parts,
    open_sealed,
    recipient_of,
    seal,
    seal_parts,
)

OURS, THEIRS = new_identity(), new_identity()
LABEL = label_of("submission", "account", "one")
TEXT = "They said: عودوا غدا".encode()


def test_each_recipient_opens_the_envelope() -> None:
    envelope = seal(TEXT, [recipient_of(OURS), recipient_of(THEIRS)], LABEL)
    assert open_sealed(envelope, OURS, LABEL) == open_sealed(envelope, THEIRS, LABEL) == TEXT


@given(text=st.binary(max_size=300), label=st.text(max_size=60))
def test_any_text_comes_back_as_it_was(text: bytes, label: str) -> None:
    assert open_sealed(seal(text, [recipient_of(OURS)], label), OURS, label) == text


def test_the_text_cannot_be_seen_in_the_envelope() -> None:
    assert TEXT not in seal(TEXT, [recipient_of(OURS)], LABEL)
    assert LABEL.encode() not in seal(TEXT, [recipient_of(OURS)], LABEL)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(CannotOpen):
        open_sealed(seal(TEXT, [recipient_of(THEIRS)], LABEL), OURS, LABEL)


@pytest.mark.parametrize(
    "key", ["", "AGE-SECRET-KEY-1NONSENSE", recipient_of(OURS)], ids=["none", "nonsense", "public"]
)
def test_what_is_no_key_opens_nothing(key: str) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(seal(TEXT, [recipient_of(OURS)], LABEL), key, LABEL)


@pytest.mark.parametrize(
    "elsewhere",
    [
        label_of("submission", "account", "two"),
        label_of("submission", "summary", "one"),
        label_of("draft", "account", "one"),
        LABEL[:-1],
        LABEL + "s",
        "",
    ],
)
def test_an_envelope_that_was_moved_to_another_place_does_not_open(elsewhere: str) -> None:
    envelope = seal(TEXT, [recipient_of(OURS)], LABEL)
    with pytest.raises(CannotOpen, match="another place"):
        open_sealed(envelope, OURS, elsewhere)


def test_a_text_cannot_be_moved_between_label_and_body() -> None:
    envelope = seal(b"body", [recipient_of(OURS)], "label")
    with pytest.raises(CannotOpen):
        open_sealed(envelope, OURS, "labelb")
    with pytest.raises(CannotOpen):
        open_sealed(envelope, OURS, "labe")


def test_a_changed_byte_anywhere_is_noticed() -> None:
    envelope = seal(TEXT, [recipient_of(OURS)], LABEL)
    for at in range(len(envelope)):
        changed = bytearray(envelope)
        changed[at] ^= 1
        with pytest.raises(CannotOpen):
            open_sealed(bytes(changed), OURS, LABEL)


def test_a_shortened_or_lengthened_envelope_does_not_open() -> None:
    envelope = seal(TEXT, [recipient_of(OURS)], LABEL)
    for cut in (*(envelope[:length] for length in range(len(envelope))), envelope + b"x"):
        with pytest.raises(CannotOpen):
            open_sealed(cut, OURS, LABEL)


def test_an_envelope_of_another_maker_without_a_label_does_not_open() -> None:
    bare: Any = pyrage.encrypt(b"\x00", [pyrage.x25519.Recipient.from_str(recipient_of(OURS))])
    with pytest.raises(CannotOpen):
        open_sealed(bare, OURS, LABEL)


def test_equal_texts_have_envelopes_that_differ() -> None:
    assert seal(TEXT, [recipient_of(OURS)], LABEL) != seal(TEXT, [recipient_of(OURS)], LABEL)


# Files in parts

CONTENT = bytes(range(256)) * 4 * 2500


def parts_of(content: bytes, blob_id: str = "blob") -> list[bytes]:
    return seal_parts(content, recipient_of(OURS), blob_id)


@pytest.mark.parametrize("length", [0, 1, PART - 1, PART, PART + 1, 2 * PART, len(CONTENT)])
def test_a_file_of_any_length_comes_back_as_it_was(length: int) -> None:
    parts = parts_of(CONTENT[:length])
    assert len(parts) == max(1, -(-length // PART))
    assert open_parts(parts, OURS, "blob") == CONTENT[:length]


def test_parts_that_are_missing_moved_doubled_or_foreign_are_noticed() -> None:
    first, second, third = parts_of(CONTENT)
    foreign = parts_of(CONTENT, "other")
    for wrong in (
        [],
        [first],
        [first, second],
        [second, third],
        [first, third],
        [second, first, third],
        [first, second, second],
        [first, second, third, third],
        [first, second, foreign[2]],
        foreign,
    ):
        with pytest.raises(CannotOpen):
            open_parts(wrong, OURS, "blob")


def test_a_changed_byte_in_one_part_spoils_the_file() -> None:
    parts = parts_of(CONTENT)
    parts[1] = parts[1][:-1] + bytes([parts[1][-1] ^ 1])
    with pytest.raises(CannotOpen):
        open_parts(parts, OURS, "blob")


def test_the_parts_of_a_file_open_for_its_own_key_only() -> None:
    with pytest.raises(CannotOpen):
        open_parts(parts_of(b"short"), THEIRS, "blob")


# What is derived


def test_the_same_secret_gives_the_same_working_key_and_another_gives_another() -> None:
    seed = derive(b"secret", b"pepper", "identity")
    identity = identity_from(seed)
    assert identity == identity_from(derive(b"secret", b"pepper", "identity"))
    assert identity.startswith("AGE-SECRET-KEY-1")
    assert open_sealed(seal(TEXT, [recipient_of(identity)], LABEL), identity, LABEL) == TEXT
    others = [
        derive(b"Secret", b"pepper", "identity"),
        derive(b"secret", b"Pepper", "identity"),
        derive(b"secret", b"pepper", "look-up"),
    ]
    assert len({identity_from(seed) for seed in (seed, *others)}) == 4


@given(st.binary(min_size=32, max_size=32))
def test_any_32_bytes_make_a_key_that_age_reads(seed: bytes) -> None:
    assert recipient_of(identity_from(seed)).startswith("age1")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_is_made_of_32_bytes_and_no_other_number(length: int) -> None:
    with pytest.raises(ValueError, match="32"):
        identity_from(bytes(length))


def test_derive_gives_the_known_answer_of_rfc_5869() -> None:
    # Appendix A.1 with its `info`, which is not text there, replaced by our call's encoding of the same ten bytes
    # is not possible; A.3 has neither salt nor info, and so can be asked for exactly.
    assert derive(b"\x0b" * 22, b"", "", 42).hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


def test_a_keyed_hash_needs_its_key() -> None:
    assert keyed_hash(b"key", b"text") == keyed_hash(b"key", b"text")
    assert len({keyed_hash(b"key", b"text"), keyed_hash(b"Key", b"text"), keyed_hash(b"key", b"Text")}) == 3
    # RFC 4231, test case 2.
    assert keyed_hash(b"Jefe", b"what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
