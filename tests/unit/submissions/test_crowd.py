"""A minute takes in so much; whoever comes beyond that waits, and those who waited come before a flood of newcomers."""

import pytest

from submissions import form_tokens
from submissions.crowd import MINUTE, PARTS, TICKET_SECONDS, Crowd, Writing
from submissions.form_tokens import Token

NOON = 43_200.0


def a_crowd(room: int = 8) -> Crowd:
    return Crowd(dict.fromkeys(Writing, room))


def filled(room: int = 8) -> Crowd:
    crowd = a_crowd(room)
    for _ in range(room):
        assert crowd.seconds_to_wait(Writing.BEGIN, NOON) == 0
    return crowd


def test_what_fits_into_a_minute_is_let_in_and_what_comes_then_is_told_how_long_to_wait() -> None:
    crowd = filled()
    assert crowd.seconds_to_wait(Writing.BEGIN, NOON + 15.5) == 45
    assert crowd.seconds_to_wait(Writing.BEGIN, NOON + MINUTE - 0.01) == 1
    assert crowd.seconds_to_wait(Writing.BEGIN, NOON + MINUTE) == 0


def test_one_kind_of_writing_takes_no_room_of_another() -> None:
    assert filled().seconds_to_wait(Writing.SEND, NOON) == 0


def test_a_clock_that_is_set_back_shuts_nobody_out() -> None:
    assert filled().seconds_to_wait(Writing.BEGIN, NOON - 3600) == 0


def test_who_has_waited_comes_in_although_newcomers_took_all_the_room() -> None:
    crowd, ticket = filled(), Token("a", int(NOON) + 1)
    later = NOON + MINUTE + 2
    for _ in range(50):
        crowd.seconds_to_wait(Writing.BEGIN, later)
    assert crowd.seconds_to_wait(Writing.BEGIN, later) > 0
    assert crowd.seconds_to_wait(Writing.BEGIN, later, ticket=ticket) == 0


def test_a_ticket_counts_once() -> None:
    crowd, ticket = filled(), Token("a", int(NOON) + 1)
    later = NOON + MINUTE + 2
    for _ in range(9):
        crowd.seconds_to_wait(Writing.BEGIN, later)
    assert crowd.seconds_to_wait(Writing.BEGIN, later, ticket=ticket) == 0
    assert crowd.seconds_to_wait(Writing.BEGIN, later, ticket=ticket) > 0


@pytest.mark.parametrize("made_at", [int(NOON) + MINUTE + 2, int(NOON) - TICKET_SECONDS])
def test_a_ticket_of_this_minute_or_of_long_ago_counts_for_nothing(made_at: int) -> None:
    crowd, later = filled(), NOON + MINUTE + 2
    for _ in range(8):
        crowd.seconds_to_wait(Writing.BEGIN, later)
    assert crowd.seconds_to_wait(Writing.BEGIN, later, ticket=Token("a", made_at)) > 0


def test_of_those_who_waited_too_only_so_many_are_let_in_in_a_minute() -> None:
    crowd, later = filled(), NOON + MINUTE + 2
    tickets = [Token(str(n), int(NOON) + 1) for n in range(20)]
    # The first of the minute makes room for a new one; all of these have waited.
    let_in = [t for t in tickets if crowd.seconds_to_wait(Writing.BEGIN, later, ticket=t) == 0]
    assert len(let_in) in {8, 9}


def test_one_draft_that_writes_without_end_slows_itself_alone() -> None:
    crowd = a_crowd(8)
    own = [crowd.seconds_to_wait(Writing.MESSAGE, NOON, whose="a") for _ in range(8 // PARTS + 1)]
    assert [bool(seconds) for seconds in own] == [False] * (8 // PARTS) + [True]
    assert crowd.seconds_to_wait(Writing.MESSAGE, NOON, whose="b") == 0
    assert crowd.seconds_to_wait(Writing.MESSAGE, NOON + MINUTE, whose="a") == 0


def test_nothing_is_too_large_to_be_let_in_when_there_is_room() -> None:
    crowd = a_crowd(8)
    assert crowd.seconds_to_wait(Writing.UPLOAD, NOON, amount=900, whose="a") == 0
    assert crowd.seconds_to_wait(Writing.UPLOAD, NOON, amount=1, whose="b") > 0


def test_nothing_that_is_kept_names_a_draft_and_the_same_draft_is_another_in_the_next_minute() -> None:
    def kept(crowd: Crowd) -> str:
        return repr(vars(crowd))

    crowd = a_crowd()
    crowd.seconds_to_wait(Writing.MESSAGE, NOON, whose="a-source-id")
    hashed = {own for _, own in crowd._counted if len(own) == 64}
    assert len(hashed) == 1
    assert "a-source-id" not in kept(crowd)
    crowd.seconds_to_wait(Writing.MESSAGE, NOON + MINUTE, whose="a-source-id")
    assert not any(one in kept(crowd) for one in hashed)
    crowd._room[Writing.BEGIN] = "a-source-id"  # type: ignore[assignment]
    assert "a-source-id" in kept(crowd), "the search would find it"


def test_used_tickets_are_forgotten_when_they_would_not_count_any_more() -> None:
    crowd = filled()
    crowd.seconds_to_wait(Writing.BEGIN, NOON + MINUTE, ticket=None)
    crowd.seconds_to_wait(Writing.BEGIN, NOON + MINUTE + 1, ticket=Token("a", int(NOON)))
    assert "a" in crowd._used_tickets
    crowd.seconds_to_wait(Writing.BEGIN, NOON + TICKET_SECONDS + MINUTE)
    assert crowd._used_tickets == {}


SECRET = b"of this installation"


def test_a_token_tells_when_it_was_made() -> None:
    token = form_tokens.read(SECRET, "begin", form_tokens.make(SECRET, "begin", NOON + 0.7))
    assert token is not None
    assert token.made_at == int(NOON)


def test_a_token_of_another_form_of_others_or_with_another_time_is_none() -> None:
    made = form_tokens.make(SECRET, "begin", NOON)
    mark, at, signature = made.split(".")
    assert form_tokens.read(SECRET, "send", made) is None
    assert form_tokens.read(b"another", "begin", made) is None
    assert form_tokens.read(SECRET, "begin", f"{mark}.{int(at) - 60}.{signature}") is None
    assert form_tokens.read(SECRET, "begin", f"other.{at}.{signature}") is None


@pytest.mark.parametrize("text", ["", "a", "..", "a.b.c", "a.١.c", "é.1.c", "a.-1.c", "9" * 500, "." * 5000])
def test_what_is_no_token_is_none(text: str) -> None:
    assert form_tokens.read(SECRET, "begin", text) is None


def test_no_two_tokens_are_the_same() -> None:
    assert len({form_tokens.make(SECRET, "begin", NOON) for _ in range(50)}) == 50
