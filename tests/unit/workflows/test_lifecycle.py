"""The tables of moves: what may follow what, and what must never."""

from enum import StrEnum
from itertools import product

import pytest

from workflows.lifecycle import (
    CASE,
    COMMUNICATION,
    LABELS,
    CaseAction,
    CaseStatus,
    CommunicationAction,
    CommunicationStatus,
    Lifecycle,
    MoveNotAllowed,
    actions_from,
    after,
    diagrams,
)

Any_ = Lifecycle[CaseStatus, CaseAction] | Lifecycle[CommunicationStatus, CommunicationAction]


def reachable(life: Any_) -> set[StrEnum]:
    seen: set[StrEnum] = {life.first}
    while new := {end for (start, _), end in life.moves.items() if start in seen} - seen:
        seen |= new
    return seen


def test_a_letter_goes_from_draft_to_reply() -> None:
    status = CommunicationStatus.DRAFT
    for action in ("submit", "approve", "begin_sending", "confirm_sent", "record_reply", "record_reply"):
        status = after(status, CommunicationAction(action))
    assert status is CommunicationStatus.REPLIED


def test_a_case_goes_from_receipt_to_its_close_and_can_be_reopened() -> None:
    status = CaseStatus.RECEIVED
    for action in ("begin_triage", "accept", "close", "reopen"):
        status = after(status, CaseAction(action))
    assert status is CaseStatus.IN_TRIAGE


@pytest.mark.parametrize("status", ["sending", "sent", "replied", "withdrawn"])
def test_a_letter_that_may_have_left_cannot_be_withdrawn(status: str) -> None:
    with pytest.raises(MoveNotAllowed):
        after(CommunicationStatus(status), CommunicationAction.WITHDRAW)


@pytest.mark.parametrize("status", ["draft", "in_review", "sending", "sent", "replied", "withdrawn"])
def test_only_an_approved_or_undelivered_letter_can_be_sent(status: str) -> None:
    with pytest.raises(MoveNotAllowed):
        after(CommunicationStatus(status), CommunicationAction.BEGIN_SENDING)


def test_no_letter_is_approved_without_review() -> None:
    into = {start for (start, _), end in COMMUNICATION.moves.items() if end is CommunicationStatus.APPROVED}
    assert into == {CommunicationStatus.IN_REVIEW}


def test_an_approval_that_lapsed_or_was_recalled_leads_back_to_the_draft() -> None:
    for action in (CommunicationAction.LAPSE, CommunicationAction.RECALL):
        assert after(CommunicationStatus.APPROVED, action) is CommunicationStatus.DRAFT


def test_nothing_leads_back_from_a_letter_that_is_under_way_or_has_left() -> None:
    begun = {"sending", "sent", "undelivered", "replied"}
    ends = {end for (start, _), end in COMMUNICATION.moves.items() if start in begun - {"undelivered"}}
    assert ends <= begun


def test_a_letter_that_was_not_delivered_can_lapse_or_be_withdrawn_but_not_be_edited_at_once() -> None:
    status = CommunicationStatus.UNDELIVERED
    assert after(status, CommunicationAction.LAPSE) is CommunicationStatus.DRAFT
    assert after(status, CommunicationAction.WITHDRAW) is CommunicationStatus.WITHDRAWN
    with pytest.raises(MoveNotAllowed):
        after(status, CommunicationAction.RECALL)


def test_a_source_may_withdraw_its_case_at_any_time_but_once() -> None:
    can = {status for status in CaseStatus if CaseAction.WITHDRAW in actions_from(status)}
    assert can == set(CaseStatus) - {CaseStatus.WITHDRAWN}


def test_a_move_that_is_not_allowed_names_its_status_and_action() -> None:
    with pytest.raises(MoveNotAllowed) as caught:
        after(CaseStatus.WITHDRAWN, CaseAction.REOPEN)
    assert (caught.value.status, caught.value.action) == (CaseStatus.WITHDRAWN, CaseAction.REOPEN)


def test_an_action_of_the_other_life_is_refused_even_when_its_text_is_the_same() -> None:
    with pytest.raises(MoveNotAllowed):
        after(CaseStatus.RECEIVED, CommunicationAction.WITHDRAW)  # type: ignore[call-overload]


@pytest.mark.parametrize("life", [CASE, COMMUNICATION], ids=["case", "communication"])
def test_buttons_and_rule_agree_for_every_status_and_action(life: Any_) -> None:
    statuses, actions = type(life.first), {type(action) for _, action in life.moves}.pop()
    for status, action in product(statuses, actions):
        offered = action in life.actions_from(status)  # type: ignore[arg-type]
        assert offered == ((status, action) in life.moves)


@pytest.mark.parametrize("life", [CASE, COMMUNICATION], ids=["case", "communication"])
def test_every_status_can_be_reached_and_every_action_is_used(life: Any_) -> None:
    assert reachable(life) == set(type(life.first))
    used = {action for _, action in life.moves}
    assert used == set(type(next(iter(used))))


def test_every_status_and_every_action_has_words() -> None:
    members = {*CaseStatus, *CaseAction, *CommunicationStatus, *CommunicationAction}
    assert members == set(LABELS)


def test_the_diagrams_show_every_move() -> None:
    text = diagrams()
    moves = len(CASE.moves) + len(COMMUNICATION.moves)
    assert text.count("```mermaid") == 2
    assert sum(": " in line for line in text.splitlines()) == moves
    assert "approved --> draft: lapse" in text
