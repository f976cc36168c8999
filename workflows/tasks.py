"""What follows from each event, as tasks: load, one deed, and the job is closed in the deed's own transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from foundation import alarms, jobs, journal, key_watch, recurring
from foundation.jobs import Claim, Doing, Tasks
from foundation.keys import Keyring
from foundation.means import Means
from foundation.sealing import CannotOpen
from submissions import additions, cleaned, expiry, intake
from submissions.models import Source, Submission
from workflows import (
    added,
    bindings,
    cases,
    communications,
    delivery,
    disposals,
    heads,
    outdated,
    record,
    replay,
    replies,
    retention,
    strays,
    sweeps,
    triage,
)

UNOPENED = "what was submitted is not sealed to the mandate's key, or was damaged"

InOneTransaction = Callable[[Session, Keyring, str, datetime], object]


def register(tasks: Tasks) -> None:
    """Register one task for each name that submissions and workflows announce."""
    tasks.add(intake.RECEIVED, triage_submission, urgent=True)
    tasks.add(intake.MESSAGE_RECEIVED, _in_one_transaction(triage.source_wrote, "submission_id"))
    tasks.add(additions.RECEIVED, _in_one_transaction(added.receive, "addition_id"))
    tasks.add(additions.URGENT, _in_one_transaction(added.receive, "addition_id"), urgent=True)
    tasks.add(intake.WITHDRAWN, withdraw_submission, urgent=True)
    tasks.add(communications.DELIVER, delivery.deliver)
    tasks.add(replies.OPENED, _in_one_transaction(replies.letter_opened, "release_id"))
    tasks.add(replies.ACKNOWLEDGED, _in_one_transaction(replies.letter_acknowledged, "release_id"))
    tasks.add(replies.REPLIED, _in_one_transaction(replies.record_reply, "reply_id"))
    tasks.add(replies.LINK_ASKED, _in_one_transaction(replies.send_new_link, "release_id"))
    tasks.add(replies.NOT_AS_APPROVED, _in_one_transaction(replies.alarm_of_forgery, "release_id"))
    tasks.add(disposals.DISPOSE, retention.dispose)
    tasks.add(cleaned.CLEAN_FILE, cleaned.clean_file)
    tasks.add(cleaned.CLEAN_MISSING, cleaned.clean_missing, every=recurring.DAY)
    tasks.add(expiry.EXPIRE, expiry.expire_drafts, every=recurring.DAY)
    tasks.add(sweeps.SWEEP_BLOBS, sweeps.sweep_blobs, every=recurring.DAY)
    tasks.add(sweeps.FORGET_SIGN_INS, sweeps.forget_sign_ins, every=recurring.DAY)
    tasks.add(heads.WRITE, heads.write, every=heads.EVERY)
    tasks.add(record.CHECK, record.check, every=record.EVERY)
    tasks.add(outdated.ERASE_BLOB, outdated.erase)
    tasks.add(key_watch.CHECK, key_watch.check, every=key_watch.EVERY)
    tasks.add(strays.WATCH, strays.learn_strays, every=strays.OFTEN)
    tasks.add(recurring.TIDY, recurring.tidying(tasks.every), every=recurring.DAY)


def triage_submission(means: Means, claim: Claim) -> None:
    """Triage one submission."""
    with means.database.reading() as session:
        submission = session.get_one(Submission, claim.ids["submission_id"])
        recipient = session.get_one(Source, submission.source_id).recipient
    if submission.erased_at is not None:
        # It was erased before a restore that brought this job back, and there is nothing to look at.
        with means.database.transaction() as session:
            jobs.finish(session, claim, means.clock())
        return
    try:
        triaged = triage.triage(means, submission, recipient)
    except CannotOpen:
        _give_up_unopened(means, claim, submission.id)
        return
    with means.database.transaction() as session:
        now = means.clock()
        triage.keep(session, means.keys, triaged, now)
        cleaned.clean_later(session, submission.id, now)
        jobs.finish(session, claim, now)


def _give_up_unopened(means: Means, claim: Claim, submission_id: str) -> None:
    # Whoever holds the public face can put a key of their own in the place of the mandate's: this is what shows it.
    with means.database.transaction() as session:
        now = means.clock()
        alarms.raise_alarm(session, bindings.ENVELOPE_NOT_OPENED, submission_id, now)
        jobs.give_up(session, claim, now, UNOPENED)


def withdraw_submission(means: Means, claim: Claim) -> None:
    """Withdraw what a source took back. The journal is told first, so that no restore undoes it."""
    submission_id = claim.ids["submission_id"]
    with means.database.reading() as session:
        submission = session.get_one(Submission, submission_id)
        if submission.erased_at is None and cases.case_of(session, submission_id) is None:
            raise jobs.Transient("the submission has not been triaged yet")
    try:
        entry = means.journal.write(replay.WITHDRAWN, means.clock(), submission_id=submission_id)
    except OSError as error:
        raise jobs.NotNow(strays.JOURNAL_AWAY) from error
    with means.database.transaction() as session:
        now = means.clock()
        triage.withdraw(session, means.keys, submission_id, now)
        journal.know(session, entry, now)
        jobs.finish(session, claim, now)


def _in_one_transaction(deed: InOneTransaction, id_name: str) -> Doing:
    def doing(means: Means, claim: Claim) -> None:
        with means.database.transaction() as session:
            now = means.clock()
            deed(session, means.keys, claim.ids[id_name], now)
            jobs.finish(session, claim, now)

    return doing
