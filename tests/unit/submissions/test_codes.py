import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import sealing
from submissions.codes import (
    ALPHABET,
    GROUP,
    GROUPS,
    LENGTH,
    CodeMistyped,
    credentials,
    groups_of,
    new_code,
    read_code,
    tidy,
)

PEPPER = b"a pepper of thirty-two bytes, or so"


def code_of(drawn):
    numbers = iter(drawn)
    return new_code(lambda _: next(numbers))


codes = st.lists(st.integers(0, 31), min_size=LENGTH - 1, max_size=LENGTH - 1).map(code_of)


def test_a_new_code_reads_as_itself():
    code = new_code()
    assert read_code(code) == code


def test_two_new_codes_differ():
    assert new_code() != new_code()


def test_a_code_is_shown_in_six_groups_of_four():
    groups = groups_of(new_code())
    assert [len(group) for group in groups] == [GROUP] * GROUPS


@given(codes)
def test_every_single_wrong_character_is_found(code):
    for place in range(LENGTH):
        for sign in ALPHABET.replace(code[place], ""):
            with pytest.raises(CodeMistyped):
                read_code(code[:place] + sign + code[place + 1 :])


@given(codes)
def test_every_swap_of_two_different_characters_is_found(code):
    for left in range(LENGTH):
        for right in range(left + 1, LENGTH):
            if code[left] == code[right]:
                continue
            swapped = list(code)
            swapped[left], swapped[right] = code[right], code[left]
            with pytest.raises(CodeMistyped):
                read_code("".join(swapped))


@given(codes, st.integers(0, LENGTH - 1))
def test_a_missing_character_is_found(code, place):
    with pytest.raises(CodeMistyped):
        read_code(code[:place] + code[place + 1 :])


@given(st.text(max_size=60))
def test_arbitrary_text_is_a_code_or_mistyped_and_never_anything_else(typed):
    try:
        code = read_code(typed)
    except CodeMistyped:
        return
    assert set(code) <= set(ALPHABET)


@given(codes, st.sampled_from([" ", "  ", "-", "\u2013", "\u00a0", "\u200f", "\n"]))
def test_small_letters_and_whatever_stands_between_groups_do_not_matter(code, between):
    assert read_code(between.join(groups_of(code)).lower()) == code


@given(codes)
def test_letters_that_look_like_digits_count_as_digits(code):
    assert read_code(code.replace("0", "O").replace("1", "l")) == code
    assert read_code(code.replace("0", "o").replace("1", "I")) == code


@given(codes, st.sampled_from(["٠", "۰", "०", "０"]))
def test_digits_of_other_scripts_count_as_digits(code, zero):
    typed = "".join(chr(ord(zero) + int(sign)) if sign.isdigit() else sign for sign in code)
    assert read_code(typed) == code


def test_full_width_letters_count_as_letters():
    assert tidy("ＡＢｃ") == "ABC"


@pytest.mark.parametrize("typed", ["", " ", "\x00", "U" * LENGTH, "0" * (LENGTH + 1), "é" * LENGTH])
def test_what_cannot_be_a_code_is_mistyped(typed):
    with pytest.raises(CodeMistyped):
        read_code(typed)


def test_the_same_code_gives_the_same_credentials_and_another_pepper_gives_others():
    code = new_code()
    assert credentials(code, PEPPER) == credentials(code, PEPPER)
    assert credentials(code, PEPPER).lookup != credentials(code, b"another").lookup
    assert credentials(code, PEPPER).identity != credentials(code, b"another").identity


def test_the_name_for_looking_up_does_not_hold_the_code():
    code = new_code()
    assert code not in credentials(code, PEPPER).lookup.upper()


def test_what_is_derived_from_a_code_opens_what_was_sealed_to_it():
    identity = credentials(new_code(), PEPPER).identity
    envelope = sealing.seal(b"words", [sealing.recipient_of(identity)], "draft.envelope:1")
    assert sealing.open_sealed(envelope, identity, "draft.envelope:1") == b"words"
