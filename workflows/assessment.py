"""What triage says: findings with reasons, and a proposal. A person decides; nothing here decides anything.

An assessment never repeats words of the account. It holds codes, dates, counts and positions, so that whoever reads
it without the account learns no name from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from mandate.vocabulary import LetterKind

NO_PARAMS: Final[Mapping[str, str]] = MappingProxyType({})
SIGNAL: Final = "signal_"


class Criterion(StrEnum):
    """All criteria there are, in the order in which they are shown (Code of Conduct, articles 9 and 10)."""

    COMPLETENESS = "completeness"
    SCOPE = "scope"
    ARTICLE_9A = "article_9a"
    ARTICLE_9B = "article_9b"
    ARTICLE_9C = "article_9c"
    ARTICLE_9D = "article_9d"
    ARTICLE_9E = "article_9e"
    ARTICLE_10 = "article_10"


class Result(StrEnum):
    """What was found for one criterion. Doubtful asks a person to look; it never counts as not met."""

    MET = "met"
    NOT_MET = "not_met"
    DOUBTFUL = "doubtful"


class ProposalKind(StrEnum):
    """What triage may propose."""

    URGENT_APPEAL = "urgent_appeal"
    LETTER_OF_ALLEGATION = "letter_of_allegation"
    OTHER_LETTER = "other_letter"
    ASK_SOURCE = "ask_source"
    REFER = "refer"
    NOT_TAKEN_UP = "not_taken_up"


@dataclass(frozen=True, slots=True)
class Passage:
    """Part of one answer, in characters from its beginning, the end not included."""

    field: str
    start: int
    end: int


AnswerName: TypeAlias = str


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code whose words are in workflows/reasons.py, their values, and what it rests on."""

    code: str
    params: Mapping[str, str] = field(default_factory=lambda: NO_PARAMS, hash=False)
    rests_on: tuple[Passage | AnswerName, ...] = ()

    def is_signal(self) -> bool:
        """Whether it rests on words found in a text, rather than on an answer to a question."""
        return self.code.startswith(SIGNAL)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result for one criterion, with at least one reason."""

    criterion: Criterion
    result: Result
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to do next, in the eyes of the machine.

    `letter_kind` is the letter that the account points to, also while something is still to be asked; none if it
    points to no letter. `priority` runs from 1, a person at risk, to 4. A person must look within `look_by` of the
    receipt. `ask` holds the codes of what is missing (workflows/reasons.py has their words).
    """

    kind: ProposalKind
    letter_kind: LetterKind | None
    addressees: tuple[str, ...]
    priority: int
    look_by: timedelta
    ask: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """All findings in the order of `Criterion`, and the proposal."""

    findings: tuple[Finding, ...]
    proposal: Proposal

    def result_of(self, criterion: Criterion) -> Result:
        """The result for one criterion."""
        return next(finding.result for finding in self.findings if finding.criterion == criterion)

    def to_json(self) -> dict[str, Any]:
        """The assessment as plain values that JSON can hold."""
        return {
            "findings": [
                {"criterion": f.criterion.value, "result": f.result.value, "reasons": _reasons_out(f.reasons)}
                for f in self.findings
            ],
            "proposal": _proposal_out(self.proposal),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Assessment":
        """The assessment that `to_json` wrote. Raises KeyError or ValueError for anything else."""
        findings = tuple(
            Finding(Criterion(f["criterion"]), Result(f["result"]), _reasons_in(f["reasons"]))
            for f in plain["findings"]
        )
        return cls(findings=findings, proposal=_proposal_in(plain["proposal"]))


def _proposal_out(proposal: Proposal) -> dict[str, Any]:
    return {
        "kind": proposal.kind.value,
        "letter_kind": proposal.letter_kind.value if proposal.letter_kind else None,
        "addressees": list(proposal.addressees),
        "priority": proposal.priority,
        "look_by_minutes": int(proposal.look_by.total_seconds()) // 60,
        "ask": list(proposal.ask),
        "reasons": _reasons_out(proposal.reasons),
    }


def _proposal_in(plain: Mapping[str, Any]) -> Proposal:
    letter_kind = plain["letter_kind"]
    return Proposal(
        kind=ProposalKind(plain["kind"]),
        letter_kind=LetterKind(letter_kind) if letter_kind else None,
        addressees=tuple(plain["addressees"]),
        priority=plain["priority"],
        look_by=timedelta(minutes=plain["look_by_minutes"]),
        ask=tuple(plain["ask"]),
        reasons=_reasons_in(plain["reasons"]),
    )


def _reasons_out(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {"code": r.code, "params": dict(r.params), "rests_on": [_place_out(place) for place in r.rests_on]}
        for r in reasons
    ]


def _reasons_in(plain: Sequence[Mapping[str, Any]]) -> tuple[Reason, ...]:
    return tuple(
        Reason(r["code"], dict(r["params"]), tuple(_place_in(place) for place in r["rests_on"])) for r in plain
    )


def _place_out(place: Passage | AnswerName) -> dict[str, Any] | str:
    if isinstance(place, str):
        return place
    return {"field": place.field, "start": place.start, "end": place.end}


def _place_in(plain: Mapping[str, Any] | str) -> Passage | AnswerName:
    return plain if isinstance(plain, str) else Passage(plain["field"], plain["start"], plain["end"])
