"""Who has reviewed which weighty text in which language, and whether its words are still those.

It stands here and not with the texts: it is written at the desk, by people with accounts, of whom the room that holds
the texts knows nothing. A review is only ever added; the last one counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.actor import ActorId
from foundation.db import Base, new_id
from foundation.languages import UN_LANGUAGES
from foundation.words import N_
from submissions.weighty_texts import WEIGHTY, WeightyText, words_of

SEPARATOR = "\x1e"


class WordsChanged(Exception):
    """The words are not those that were on the page: the text changed meanwhile."""


class TextReview(Base):
    """That a signed-in person has read a text in one language and found it right; a hash of the words it had then."""

    __tablename__ = "text_review"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    text: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(2))
    words_sha256: Mapped[str] = mapped_column(String(64))
    reviewed_by: Mapped[str] = mapped_column(String(60))
    reviewed_at: Mapped[datetime]


class ReviewState(StrEnum):
    """How a text stands in one language."""

    NOT_REVIEWED = "not_reviewed"
    REVIEWED = "reviewed"
    CHANGED = "changed"


REVIEW_STATES: Mapping[ReviewState, str] = {
    ReviewState.NOT_REVIEWED: N_("Not reviewed"),
    ReviewState.REVIEWED: N_("Reviewed"),
    ReviewState.CHANGED: N_("Changed since it was reviewed"),
}


@dataclass(frozen=True, slots=True)
class TextStanding:
    """A text in one language, with its last review if there was one."""

    text: WeightyText
    language: str
    review: TextReview | None

    @property
    def state(self) -> ReviewState:
        """Whether somebody has reviewed the words that it has now."""
        if self.review is None:
            return ReviewState.NOT_REVIEWED
        same = self.review.words_sha256 == hash_of(self.text, self.language)
        return ReviewState.REVIEWED if same else ReviewState.CHANGED


def hash_of(text: WeightyText, language: str) -> str:
    """What stands for the words of a text in a language."""
    return sha256(SEPARATOR.join(words_of(text, language)).encode()).hexdigest()


def review(session: Session, text: WeightyText, language: str, seen: str, by: ActorId, now: datetime) -> TextReview:
    """Write down that somebody reviewed the words whose hash is `seen`. Raises WordsChanged if they are others now."""
    if seen != hash_of(text, language):
        raise WordsChanged
    row = TextReview(text=text.name, language=language, words_sha256=seen, reviewed_by=str(by), reviewed_at=now)
    session.add(row)
    return row


def standings(session: Session) -> Sequence[TextStanding]:
    """Every weighty text in every language."""
    rows = session.scalars(select(TextReview).order_by(TextReview.reviewed_at, TextReview.id))
    last = {(row.text, row.language): row for row in rows}
    return [TextStanding(text, code, last.get((text.name, code))) for text, code in _all()]


def _all() -> Iterator[tuple[WeightyText, str]]:
    for text in WEIGHTY:
        for language in UN_LANGUAGES:
            yield text, language.code
