"""The shapes of which the questionnaire is made. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Answers = Mapping[str, Any]
Condition = Callable[[Answers], bool]


class Kind(StrEnum):
    """How a question is answered."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    STATES = "states"
    VIOLATIONS = "violations"
    DAY = "day"
    PARTIAL_DAY = "partial_day"
    VICTIMS = "victims"
    EMAIL = "email"
    PHONE = "phone"


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
    `if_missing` what to tell somebody who gave none. `past` is for days that cannot lie in the future.
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

    @property
    def required(self) -> bool:
        """Whether everybody to whom the question is put must answer it."""
        return self.needed is always

    def is_missing_in(self, answers: Answers) -> bool:
        """Whether an answer is needed and not there."""
        return self.only_if(answers) and self.needed(answers) and not answers.get(self.name)


@dataclass(frozen=True, slots=True)
class Step:
    """A page of questions."""

    name: str
    title: str
    intro: str
    questions: tuple[Question, ...]
    only_if: Condition = always

    def asked(self, answers: Answers) -> tuple[Question, ...]:
        """The questions that are put to somebody with these answers."""
        return tuple(question for question in self.questions if question.only_if(answers))
