"""One of everything that is sealed, and a search that opens whatever a private half opens."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyrage
from sqlalchemy import LargeBinary, select

from foundation.db import Base
from foundation.means import Means
from foundation.uploads import sealed_from
from mandate.vocabulary import LetterKind
from submissions import additions, consent_codes, intake
from submissions.drafts import Visitor
from submissions.models import AdditionKind, Source
from tests import factories, sample_files
from workflows import cases, communications, replies, triage
from workflows.models import Communication, Release
from workflows.replies import ReplyContent

PNG = sample_files.picture("PNG")
ASKED, TOLD = "When was she last seen?", "She was seen on Friday."
ADDED = "She was moved to Ostrel."
ANSWERED = "The Government takes note."


@dataclass(frozen=True)
class House:
    """What there is: a source, its submission, a letter that was sent, and what the addressee answered."""

    visitor: Visitor
    submission_id: str
    letter_id: str
    release_id: str


def full_house(means: Means) -> House:
    """Rows in every place that holds something sealed, all of them written by the deeds of the product."""
    factories.prepared(means)
    visitor = factories.visited(means, files={"place.png": PNG})
    submission = intake.submit(means, visitor)
    factories.work(means)
    with means.database.reading() as session:
        case = cases.case_of(session, submission.id)
        recipient = session.scalar(select(Source.recipient))
    assert case is not None
    assert recipient is not None
    letter = _sent_on(means, case.id)
    intake.write_to_source(means, submission.id, recipient, ASKED)
    intake.write_to_mandate(means, visitor, TOLD)
    _add(means, visitor, intake.own_copy(visitor, submission))
    release = factories.release_of(means, letter.id)
    assert release is not None
    replies.reply(means, release.id, ANSWERED, [ReplyContent("answer.png", sealed_from(means.storage, PNG))])
    factories.work(means)
    return House(visitor, submission.id, letter.id, release.id)


def _add(means: Means, visitor: Visitor, own: dict[str, Any]) -> None:
    """Something of everything that may come after sending."""
    additions.tell(means, visitor, AdditionKind.FACTS, {"words": ADDED})
    code = consent_codes.make(means, visitor, own, own["victims"][0]["id"])
    with means.database.transaction() as session:
        holder = consent_codes.come_in(session, means.keys.secret("pepper"), code, means.clock().date())
    consent_codes.decide(means, holder, {"naming": {}, "precision": {}})


def _sent_on(means: Means, case_id: str) -> Communication:
    by, now = factories.actor(means), means.clock()
    with means.database.transaction() as session:
        kind = LetterKind.urgent_appeal
        triage.accept(session, means.keys, case_id, kind, by, now, "It is within the mandate.")
        written = communications.draft(session, means.keys, case_id, kind, "XXB", by, now)
        words = factories.SUMMARIES[written.language]
        cases.save_summary(session, means.keys, case_id, written.language, words, by, now)
        fields = factories.FIELDS[written.language]
        communications.edit(session, means.keys, written.id, fields, written.dated_on, by, now)
        communications.submit(session, means.keys, written.id, by, now)
    holder = factories.actor(means, factories.HOLDER)
    communications.approve(means, written.id, holder, accepts_unreviewed=True)
    letter = factories.send(means, factories.letter_now(means, written.id))
    factories.work(means)
    return letter


def stored_envelopes(means: Means) -> Iterator[bytes]:
    """Every envelope there is, asked of the tables and the store themselves and of no list of ours."""
    with means.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for column in (one for one in table.columns if isinstance(one.type, LargeBinary)):
                yield from (value for value in session.scalars(select(column)) if value)
        named = [*session.scalars(select(Communication.pdf_id)), *session.scalars(select(Release.pdf_id))]
    for blob_id, _ in means.storage.ids():
        yield from means.storage.get(blob_id)
    assert {name for name in named if name} <= {blob_id for blob_id, _ in means.storage.ids()}


def opened_by(means: Means, identity: str) -> int:
    """How many envelopes a private half opens."""
    return sum(opens(identity, envelope) for envelope in stored_envelopes(means))


def opens(identity: str, envelope: bytes) -> bool:
    try:
        pyrage.decrypt(envelope, [pyrage.x25519.Identity.from_str(identity)])
    except pyrage.DecryptError:
        return False
    return True
