"""The daily check of the record, so that nobody has to think of it: chains, submissions and heads, with alarms."""

from datetime import timedelta
from typing import Final

from foundation import alarms, jobs
from foundation.jobs import Claim, Transient
from foundation.means import Means
from workflows import audit, head_audit, heads

CHECK: Final = "workflows.check_record"
CHAIN_BROKEN: Final = "chain_broken"
HEAD_BROKEN = heads.HEAD_BROKEN
EVERY = timedelta(days=1)
# Longer than any other task may take: every account and every note is opened.
LONGEST = timedelta(hours=1)
# Whoever takes a key or a table away breaks all there is; a person needs a list that can be read.
ALARMS_MOST = 100


def check(means: Means, claim: Claim) -> None:
    """The task: check the whole record and put what is found before a person."""
    with means.database.transaction() as session:
        jobs.renew(session, claim, means.clock(), LONGEST)
    try:
        found = _found(means)
    except OSError as error:
        raise Transient("the journal is away") from error
    with means.database.transaction() as session:
        now = means.clock()
        for code, subject in found[:ALARMS_MOST]:
            alarms.raise_alarm(session, code, subject, now)
        jobs.finish(session, claim, now)


def _found(means: Means) -> list[tuple[str, str]]:
    with means.database.reading() as session:
        chains = audit.verify_twice(session, means.keys)
    with means.database.reading() as session:
        told = head_audit.verify(session, means.keys.public["record"], means.journal, means.clock())
    every = [(HEAD_BROKEN, head.subject) for head in told.broken]
    return list(dict.fromkeys([*every, *((CHAIN_BROKEN, broken.case_id) for broken in chains)]))
