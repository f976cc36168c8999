"""What follows from each event, as tasks: load, one deed, and the job is closed in the deed's own transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from foundation import jobs
from foundation.jobs import Claim, Doing, Tasks
from foundation.keys import Keyring
from foundation.means import Means
from submissions import intake
from submissions.models import Source, Submission
from workflows import communications, delivery, replies, triage

InOneTransaction = Callable[[Session, Keyring, str, datetime], object]


def register(tasks: Tasks) -> None:
    """Register one task for each name that submissions and workflows announce."""
    tasks.add(intake.RECEIVED, triage_submission)
    tasks.add(intake.MESSAGE_RECEIVED, _in_one_transaction(triage.source_wrote, "submission_id"))
    tasks.add(intake.WITHDRAWN, _in_one_transaction(triage.withdraw, "submission_id"))
    tasks.add(communications.DELIVER, delivery.deliver)
    tasks.add(replies.OPENED, _in_one_transaction(replies.letter_opened, "release_id"))
    tasks.add(replies.ACKNOWLEDGED, _in_one_transaction(replies.letter_acknowledged, "release_id"))
    tasks.add(replies.REPLIED, _in_one_transaction(replies.record_reply, "reply_id"))
    tasks.add(replies.LINK_ASKED, _in_one_transaction(replies.send_new_link, "release_id"))


def triage_submission(means: Means, claim: Claim) -> None:
    """Triage one submission."""
    with means.database.reading() as session:
        submission = session.get_one(Submission, claim.ids["submission_id"])
        recipient = session.get_one(Source, submission.source_id).recipient
    triaged = triage.triage(means, submission, recipient)
    with means.database.transaction() as session:
        now = means.clock()
        triage.keep(session, means.keys, triaged, now)
        jobs.finish(session, claim, now)


def _in_one_transaction(deed: InOneTransaction, id_name: str) -> Doing:
    def doing(means: Means, claim: Claim) -> None:
        with means.database.transaction() as session:
            now = means.clock()
            deed(session, means.keys, claim.ids[id_name], now)
            jobs.finish(session, claim, now)

    return doing
