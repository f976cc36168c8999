"""What triage reads of the answers: the shapes that the questionnaire keeps, and nothing that it does not know."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from submissions.confidentiality import part
from submissions.models import Submission
from tests.factories import ANSWERS, told_to_all
from workflows.account import Account, Victim
from workflows.criteria import assess
from workflows.triage import account_of, day_of

RECEIVED = Submission(
    received_at=datetime(2026, 11, 23, 9, tzinfo=UTC), language="en", identity_given=True, reachable=True
)


def read(**answers: Any) -> Account:
    return account_of(part({**ANSWERS, **answers}).facts, RECEIVED)


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2026-11-14", date(2026, 11, 14)),
        ("2026-11", date(2026, 11, 1)),
        ("2026", date(2026, 1, 1)),
        ("2026-13", None),
        ("2026-1", None),
        ("20261103", None),
        ("in the spring", None),
        ("", None),
        (None, None),
    ],
)
def test_a_day_may_be_known_as_a_month_or_a_year(told: object, day: date | None) -> None:
    assert day_of(told) == day


def test_the_parts_of_the_place_are_one_place() -> None:
    assert read(place_exact="Pier nine").place == "Pier nine, Lumara, Ostrel Coast"
    assert read(place_town="", place_region="").place == ""


def test_others_who_are_responsible_are_read_by_their_kind_alone() -> None:
    firm = {"id": "f", "kind": "company", "name": "Harbour Cranes"}
    assert read(stakeholders=[firm]).stakeholders == ("company",)


def test_somebody_whose_name_is_set_apart_is_described_all_the_same() -> None:
    nobody_knows = {**ANSWERS["victims"][0], "details": ""}
    for level in ("name", "initials", "none"):
        assert read(victims=[nobody_knows], naming=told_to_all(level)).victims == (Victim("person", described=True),)
    empty = {"id": "e", "kind": "group", "basis": "own"}
    assert read(victims=[empty]).victims == (Victim("group", described=False),)


@pytest.mark.parametrize("kind", ["people", "community", "law"])
def test_every_kind_of_complaint_is_assessed(kind: str) -> None:
    account = read(
        kind=kind,
        perpetrator_kinds=["state"],
        asked_by="2026-12-24",
        reprisal="yes",
        reprisal_details="Her brother lost his work.",
        law_authority="The ministry",
        law_affected="Everybody at the harbour",
        law_provisions="Article 4",
    )
    assert (account.kind, account.perpetrator_kinds) == (kind, frozenset({"state"}))
    assert (account.asked_by, account.reprisal) == (date(2026, 12, 24), "yes")
    assert account.texts()["reprisal_details"] == "Her brother lost his work."
    assert assess(account).proposal.priority == 1
