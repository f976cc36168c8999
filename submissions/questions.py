"""The shapes of which the questionnaire is made. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Answers = Mapping[str, Any]
Record = Mapping[str, Any]
Condition = Callable[[Answers], bool]


class Kind(StrEnum):
    """How a question is answered, and in which shape the answer is kept.

    RECORDS keeps a list of records, each with an `id` of its own; NAMING and PRECISION keep a value for each audience.
    """

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    STATES = "states"
    VIOLATIONS = "violations"
    DAY = "day"
    PARTIAL_DAY = "partial_day"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESSEES = "addressees"
    NAMING = "naming"
    PRECISION = "precision"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that may be chosen; `value` is what is kept."""

    value: str
    label: str
    hint: str = ""


def always(answers: Answers) -> bool:
    """For a question that is asked, or needed, of everybody."""
    return True


def never(answers: Answers) -> bool:
    """For a question that need not be answered."""
    return False


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Its name, and the values of its choices, are what the rest of the house reads.

    `most` is the number of characters that fit. `needed` says whether an answer is needed, given the others, and
    `if_missing` what to tell somebody who gave none. `past` is for days that cannot lie in the future. `collection`
    names the records that answer a question of kind RECORDS.
    """

    name: str
    kind: Kind
    label: str
    hint: str = ""
    most: int = 0
    choices: tuple[Choice, ...] = ()
    needed: Condition = never
    if_missing: str = ""
    only_if: Condition = always
    past: bool = False
    collection: str = ""

    @property
    def required(self) -> bool:
        """Whether everybody to whom the question is put must answer it."""
        return self.needed is always

    def is_missing_in(self, answers: Answers, audiences: Sequence[str] = ()) -> bool:
        """Whether an answer is needed and not there. How somebody may be called is asked for each audience."""
        if not (self.only_if(answers) and self.needed(answers)):
            return False
        given = answers.get(self.name)
        return not given or (self.kind == Kind.NAMING and not all(given.get(audience) for audience in audiences))


@dataclass(frozen=True, slots=True)
class Step:
    """A page of questions. Of a page about one record, all conditions read the record instead of the answers."""

    name: str
    title: str
    intro: str
    questions: tuple[Question, ...]
    only_if: Condition = always

    def asked(self, answers: Answers) -> tuple[Question, ...]:
        """The questions that are put to somebody with these answers."""
        return tuple(question for question in self.questions if question.only_if(answers))

    def missing(self, answers: Answers, audiences: Sequence[str] = ()) -> list[Question]:
        """The questions of this page that still need an answer, of somebody who is asked about these audiences."""
        return [question for question in self.questions if question.is_missing_in(answers, audiences)]


@dataclass(frozen=True, slots=True)
class Collection:
    """Records that are added one by one: people, companies. `kinds` are what can be added; each leads to `pages`.

    `most` is how many fit, and `full` what to tell somebody who would add one more.
    """

    name: str
    most: int
    kinds: tuple[Choice, ...]
    pages: tuple[Step, ...]
    full: str

    def pages_for(self, record: Record) -> tuple[Step, ...]:
        """The pages about this record."""
        return tuple(page for page in self.pages if page.only_if(record))

    def missing(self, record: Record, audiences: Sequence[str] = ()) -> list[tuple[Step, Question]]:
        """The questions about this record that still need an answer."""
        return [(page, question) for page in self.pages_for(record) for question in page.missing(record, audiences)]

    def is_empty(self, record: Record) -> bool:
        """Whether nobody has said anything about it yet: it was added, and then left."""
        return not record.get("is_source") and not any(
            value for name, value in record.items() if name not in {"id", "kind"}
        )
