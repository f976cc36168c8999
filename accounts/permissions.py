"""Who may do what: one table. Rules about one piece of work (nobody approves their own edit) belong to workflows."""

from enum import StrEnum

from foundation.words import N_


class Role(StrEnum):
    """What somebody is in this house. Each account has exactly one role."""

    OFFICER = "officer"
    MANDATE_HOLDER = "mandate_holder"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What a page or a button asks for."""

    SEE_CASES = "see_cases"
    DECIDE_CASE = "decide_case"
    WRITE_SUMMARY = "write_summary"
    DRAFT_LETTER = "draft_letter"
    APPROVE_LETTER = "approve_letter"
    SEND_LETTER = "send_letter"
    WRITE_TO_SOURCE = "write_to_source"
    OPEN_IDENTITY = "open_identity"
    OPEN_ORIGINAL = "open_original"
    HOLD_RECORDS = "hold_records"
    PROPOSE_DISPOSAL = "propose_disposal"
    CONFIRM_DISPOSAL = "confirm_disposal"
    SEE_JOBS = "see_jobs"
    RETRY_JOB = "retry_job"
    SEE_EVENTS = "see_events"
    REVIEW_TEXTS = "review_texts"


ROLE_LABELS = {
    Role.OFFICER: N_("Officer"),
    Role.MANDATE_HOLDER: N_("Mandate holder"),
    Role.AUDITOR: N_("Auditor"),
    Role.OPERATOR: N_("Operator"),
}

PERMISSION_LABELS = {
    Permission.SEE_CASES: N_("See cases"),
    Permission.DECIDE_CASE: N_("Decide what becomes of a case"),
    Permission.WRITE_SUMMARY: N_("Write the summary of facts"),
    Permission.DRAFT_LETTER: N_("Draft letters"),
    Permission.APPROVE_LETTER: N_("Approve letters"),
    Permission.SEND_LETTER: N_("Send approved letters"),
    Permission.WRITE_TO_SOURCE: N_("Write to sources"),
    Permission.OPEN_IDENTITY: N_("See who a source is"),
    Permission.OPEN_ORIGINAL: N_("Open files as they were received"),
    Permission.HOLD_RECORDS: N_("Keep records from being disposed of"),
    Permission.PROPOSE_DISPOSAL: N_("Propose that a submission is erased"),
    Permission.CONFIRM_DISPOSAL: N_("Confirm that a submission is erased"),
    Permission.SEE_JOBS: N_("See jobs"),
    Permission.RETRY_JOB: N_("Try a job again"),
    Permission.SEE_EVENTS: N_("See who did what"),
    Permission.REVIEW_TEXTS: N_("Review the texts that sources decide by"),
}

# An operator keeps the machines running and therefore sees jobs, which hold ids only, and no case.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(Permission) - {Permission.APPROVE_LETTER},
    Role.MANDATE_HOLDER: frozenset(
        {
            Permission.SEE_CASES,
            Permission.SEE_EVENTS,
            Permission.DECIDE_CASE,
            Permission.APPROVE_LETTER,
            Permission.CONFIRM_DISPOSAL,
            Permission.REVIEW_TEXTS,
        }
    ),
    Role.AUDITOR: frozenset({Permission.SEE_CASES, Permission.SEE_EVENTS, Permission.SEE_JOBS}),
    Role.OPERATOR: frozenset({Permission.SEE_JOBS, Permission.RETRY_JOB}),
}


def may(role: Role, permission: Permission) -> bool:
    """Whether somebody of this role may do this."""
    return permission in PERMISSIONS[role]
