"""What binds a submission to its case: seals that whoever writes to the database cannot make.

Triage reads a submission minutes after it came in, and seals what it read under the key of the chain. Afterwards nobody
can put other words in the place of a source's account, nor a key of their own in the place of the source's, to which
what the mandate answers is sealed.
"""

import json
from collections.abc import Mapping
from hmac import compare_digest

from foundation import sealing
from foundation.keys import Keyring
from submissions import intake
from submissions.models import Submission
from workflows.models import CaseSubmission

NOT_SEALED = "submission_not_sealed"
SOURCE_KEY_SWAPPED = "source_key_swapped"
SUBMISSION_CHANGED = "submission_changed"
ENVELOPE_NOT_OPENED = "envelope_not_opened"


def bind(
    keys: Keyring, case_id: str, submission: Submission, recipient: str, facts: Mapping[str, object]
) -> CaseSubmission:
    """Seal a submission to a case as it is now. `recipient` is its source's public key."""
    return CaseSubmission(
        case_id=case_id,
        submission_id=submission.id,
        seal=_seal(keys, case_id, submission, facts),
        source_seal=_source_seal(keys, submission, recipient),
    )


def difference(keys: Keyring, bound: CaseSubmission, submission: Submission, recipient: str) -> str | None:
    """What is no longer as it was when triage read it, as one of the codes above; None if nothing is.

    A submission that was sealed anew with the same words is the same submission.
    """
    if not bound.seal or not bound.source_seal:
        return NOT_SEALED
    if not compare_digest(_source_seal(keys, submission, recipient), bound.source_seal):
        return SOURCE_KEY_SWAPPED
    try:
        facts = intake.facts_of(keys, submission)
    except sealing.CannotOpen:
        return ENVELOPE_NOT_OPENED
    same = compare_digest(_seal(keys, bound.case_id, submission, facts), bound.seal)
    return None if same else SUBMISSION_CHANGED


def _seal(keys: Keyring, case_id: str, submission: Submission, facts: Mapping[str, object]) -> str:
    open_parts = (submission.reference, submission.language, submission.kind, submission.relation)
    return _over(keys, "submission", case_id, submission.id, *open_parts, submission.received_at.isoformat(), facts)


def _source_seal(keys: Keyring, submission: Submission, recipient: str) -> str:
    return _over(keys, "source", submission.id, submission.source_id, recipient)


def _over(keys: Keyring, *said: object) -> str:
    return sealing.keyed_hash(keys.secret("chain"), json.dumps(said, sort_keys=True).encode())
