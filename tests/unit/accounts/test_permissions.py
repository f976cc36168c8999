"""The whole table, written out a second time in the form in which people would ask about it."""

import pytest

from accounts.permissions import PERMISSION_LABELS, PERMISSIONS, ROLE_LABELS, Permission, Role, may

#                                officer  holder  auditor operator
EXPECTED = {
    Permission.SEE_CASES: (True, True, True, False),
    Permission.DECIDE_CASE: (True, True, False, False),
    Permission.WRITE_SUMMARY: (True, False, False, False),
    Permission.DRAFT_LETTER: (True, False, False, False),
    Permission.APPROVE_LETTER: (False, True, False, False),
    Permission.SEND_LETTER: (True, False, False, False),
    Permission.WRITE_TO_SOURCE: (True, False, False, False),
    Permission.OPEN_IDENTITY: (True, False, False, False),
    Permission.OPEN_ORIGINAL: (True, False, False, False),
    Permission.HOLD_RECORDS: (True, False, False, False),
    Permission.PROPOSE_DISPOSAL: (True, False, False, False),
    Permission.CONFIRM_DISPOSAL: (True, True, False, False),
    Permission.SEE_JOBS: (True, False, True, True),
    Permission.RETRY_JOB: (True, False, False, True),
    Permission.SEE_EVENTS: (True, True, True, False),
    Permission.REVIEW_TEXTS: (True, True, False, False),
}
ROLES = (Role.OFFICER, Role.MANDATE_HOLDER, Role.AUDITOR, Role.OPERATOR)
CELLS = [(role, asked, row[at]) for asked, row in EXPECTED.items() for at, role in enumerate(ROLES)]


@pytest.mark.parametrize(("role", "permission", "expected"), CELLS)
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: Role, permission: Permission, expected: bool) -> None:
    assert may(role, permission) is expected


def test_the_expected_table_has_every_role_and_every_permission() -> None:
    assert set(EXPECTED) == set(Permission)
    assert set(ROLES) == set(Role) == set(PERMISSIONS)


def test_nobody_may_both_draft_and_approve_a_letter() -> None:
    both = {Permission.DRAFT_LETTER, Permission.APPROVE_LETTER}
    assert not [role for role in Role if both <= PERMISSIONS[role]]


def test_whoever_only_looks_after_the_machines_sees_nothing_of_a_case() -> None:
    assert PERMISSIONS[Role.OPERATOR] == {Permission.SEE_JOBS, Permission.RETRY_JOB}


def test_every_role_and_permission_has_a_label() -> None:
    assert set(ROLE_LABELS) == set(Role)
    assert set(PERMISSION_LABELS) == set(Permission)
