"""Strays: entries of the journal whose writer died before the commit that would have made them known.

A database that was put back looks much the same, so only those are learned that the database itself explains. The
rest stays unknown, letters stay where they are, and a person is alarmed.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import jobs, journal
from foundation.alarms import raise_alarm
from foundation.jobs import Claim, Job, NotNow
from foundation.journal import Entry
from foundation.means import Means
from submissions.models import Stage, Submission
from workflows import delivery, gate, heads, replay, retention
from workflows.models import Disposal, Notice, NoticeStatus

WATCH = "workflows.watch_journal"
OFTEN = timedelta(minutes=5)
# The alarm: the journal knows more than the database, and letters stay until somebody replays it.
JOURNAL_AHEAD = "journal_ahead"
JOURNAL_AWAY = "the journal cannot be reached"


def learn_strays(means: Means, claim: Claim) -> None:
    """Learn of entries whose writer died before its commit, where the database shows that this is all that happened.

    What was forgotten stays unknown: that is for a person, who is alarmed. Days that are known to their end are marked.
    """
    try:
        with means.database.reading() as session:
            until = journal.complete_until(session)
            days = [day for day in means.journal.days() if day > until]
            strays = [entry for day in days for entry in journal.unknown_of(session, means.journal, day)]
    except OSError as error:
        raise NotNow(JOURNAL_AWAY) from error
    waiting = [entry for entry in strays if not _is_learned(means, entry)]
    with means.database.transaction() as session:
        now = means.clock()
        if any(not gate.is_under_way(entry, now) for entry in waiting):
            raise_alarm(session, JOURNAL_AHEAD, waiting[0].id, now)
        journal.mark_complete(session, _complete_until(waiting, now))
        jobs.finish(session, claim, now)


def _is_learned(means: Means, entry: Entry) -> bool:
    if gate.is_under_way(entry, means.clock()):
        return False
    with means.database.reading() as session:
        stray = STRAYS.get(entry.kind, _never)(means, session, entry)
    if stray:
        # Replaying does nothing where the database has it already, and else what the dead writer was about to do.
        replay.REPLAYS[entry.kind](means, entry)
    return stray


def _complete_until(waiting: list[Entry], now: datetime) -> date:
    # Another machine's clock may still be writing to yesterday.
    whole = now.date() - timedelta(days=2)
    first = min((date.fromisoformat(entry.day) for entry in waiting), default=date.max)
    return min(whole, first - timedelta(days=1))


def _never(means: Means, session: Session, entry: Entry) -> bool:
    return False


def _was_tried(means: Means, session: Session, entry: Entry) -> bool:
    """A notice that was tried, or whose job was taken up here: a database from before that would not know either."""
    notice = session.get(Notice, entry.ids["notice_id"])
    if notice is None or notice.status != NoticeStatus.DUE:
        return notice is not None
    job = session.scalar(select(Job).where(Job.key == f"deliver:{notice.id}"))
    return job is not None and job.attempts > 0


def _is_withdrawn(means: Means, session: Session, entry: Entry) -> bool:
    submission = session.get(Submission, entry.ids["submission_id"])
    return submission is not None and submission.stage == Stage.WITHDRAWN


def _is_to_be_erased(means: Means, session: Session, entry: Entry) -> bool:
    disposal = session.scalar(select(Disposal).where(Disposal.submission_id == entry.ids["submission_id"]))
    return disposal is not None and disposal.confirmed_at is not None


def _still_holds(means: Means, session: Session, entry: Entry) -> bool:
    try:
        return heads.holds(session, heads.read(means.keys.public["record"], entry))
    except heads.NotSigned:
        return False


# By kind: what in the database shows that it was not put back to before the entry, so that only a commit is missing.
STRAYS: Mapping[str, Callable[[Means, Session, Entry], bool]] = {
    delivery.LEFT: _was_tried,
    replay.WITHDRAWN: _is_withdrawn,
    retention.ERASED: _is_to_be_erased,
    heads.HEAD: _still_holds,
}
