"""From findings to a proposal: which letter, to whom, how soon a person must look, what to ask.

Three rules stand above the others. A person at risk comes first, whatever is missing. What is doubtful is asked, not
declined. Not taken up is proposed only on strong grounds, never where anything may be urgent.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from mandate.vocabulary import UNCERTAIN, LetterKind
from workflows.account import Account
from workflows.assessment import Criterion, Finding, Proposal, ProposalKind, Reason, Result
from workflows.signals import Found, of_kind, weight_of
from workflows.urgency import Level, Urgency

Results = Mapping[Criterion, Result]

# How soon a person must look, by priority. The hours are the practice of this installation, no rule of the field.
LOOK_BY: Final = {1: timedelta(hours=4), 2: timedelta(hours=24), 3: timedelta(hours=72), 4: timedelta(days=7)}
LOOK_AT_ONCE: Final = timedelta(hours=1)
AT_ONCE_DAYS: Final = 2
VOTE_NEAR_DAYS: Final = 30
LAW_IN_WORDS: Final = 2

LETTER: Final = {
    LetterKind.urgent_appeal: ProposalKind.URGENT_APPEAL,
    LetterKind.letter_of_allegation: ProposalKind.LETTER_OF_ALLEGATION,
    LetterKind.other_letter: ProposalKind.OTHER_LETTER,
}
WHY_LETTER: Final = {
    LetterKind.urgent_appeal: "proposed_going_on",
    LetterKind.letter_of_allegation: "proposed_happened",
    LetterKind.other_letter: "proposed_law",
}
ARTICLE_9: Final = tuple(criterion for criterion in Criterion if criterion.value.startswith("article_9"))


def propose(
    account: Account,
    findings: Sequence[Finding],
    found: Sequence[Found],
    urgency: Urgency,
    missing: Sequence[str],
) -> Proposal:
    """The proposal that follows from these findings."""
    results = {finding.criterion: finding.result for finding in findings}
    letter_kind, hint = _letter_kind(account, found, urgency)
    kind = _kind(account, results, letter_kind, urgency)
    priority = _priority(account, kind, letter_kind, urgency)
    return Proposal(
        kind=kind,
        letter_kind=letter_kind,
        addressees=account.states,
        priority=priority,
        look_by=_look_by(account, priority, urgency),
        ask=tuple(dict.fromkeys((*missing, *_ask(account, results), *urgency.ask))),
        reasons=(*_reasons(account, kind, letter_kind, urgency), *hint),
    )


def _letter_kind(
    account: Account, found: Sequence[Found], urgency: Urgency
) -> tuple[LetterKind | None, tuple[Reason, ...]]:
    """The letter that the account points to. The source's own choice of persons or law goes before words."""
    if account.kind == "law":
        # A bill may speak of death sentences; only what its source ticked makes it an urgent appeal for somebody.
        at_risk = urgency.level == Level.CERTAIN and account.has_described_victim()
        return (LetterKind.urgent_appeal if at_risk else LetterKind.other_letter), ()
    if urgency.is_urgent:
        return LetterKind.urgent_appeal, ()
    if not account.has_described_victim() and _speaks_of_law(found):
        laws = [Reason(one.signal.code, rests_on=one.passages) for one in of_kind(found, "law") if not one.denied]
        return LetterKind.other_letter, (Reason("law_in_words_only"), *laws)
    return (LetterKind.letter_of_allegation if _points_to_harm(account, found) else None), ()


def _speaks_of_law(found: Sequence[Found]) -> bool:
    law = weight_of(found, "law")
    return law >= LAW_IN_WORDS and law > weight_of(found, "harm")


def _points_to_harm(account: Account, found: Sequence[Found]) -> bool:
    answered = account.at_stake - {"none"} or [code for code in account.violation_types if code != UNCERTAIN]
    return bool(answered) or weight_of(found, "harm") > 0 or weight_of(found, "urgent") > 0


def _kind(account: Account, results: Results, letter_kind: LetterKind | None, urgency: Urgency) -> ProposalKind:
    if urgency.level == Level.NONE and _has_strong_grounds_against(results):
        return ProposalKind.NOT_TAKEN_UP
    if results[Criterion.SCOPE] == Result.NOT_MET:
        return ProposalKind.REFER
    if letter_kind is None or results[Criterion.ARTICLE_9B] == Result.NOT_MET:
        return ProposalKind.ASK_SOURCE
    if letter_kind == LetterKind.urgent_appeal:
        return ProposalKind.URGENT_APPEAL
    if not account.consent_to_send or not _is_settled(results) or not _has_addressee(account):
        return ProposalKind.ASK_SOURCE
    return LETTER[letter_kind]


def _has_strong_grounds_against(results: Results) -> bool:
    """Nothing is alleged, or nothing but insults, or by the source's own word nothing but what the media said."""
    only_media = all(results[c] == Result.NOT_MET for c in (Criterion.ARTICLE_9D, Criterion.ARTICLE_9E))
    return only_media or Result.NOT_MET in (results[Criterion.ARTICLE_9A], results[Criterion.ARTICLE_9C])


def _is_settled(results: Results) -> bool:
    return all(results[c] == Result.MET for c in (Criterion.COMPLETENESS, Criterion.SCOPE, *ARTICLE_9))


def _has_addressee(account: Account) -> bool:
    return bool(account.states or account.stakeholders)


def _priority(account: Account, kind: ProposalKind, letter_kind: LetterKind | None, urgency: Urgency) -> int:
    if urgency.is_urgent:
        return 1
    if urgency.level == Level.POSSIBLE or _vote_is_near(account):
        return 2
    return 4 if letter_kind is None or kind == ProposalKind.NOT_TAKEN_UP else 3


def _look_by(account: Account, priority: int, urgency: Urgency) -> timedelta:
    days = (urgency.feared_on - account.received_on).days if urgency.feared_on else None
    if priority == 1 and days is not None and 0 <= days <= AT_ONCE_DAYS:
        return LOOK_AT_ONCE
    return LOOK_BY[priority]


def _days_to_vote(account: Account) -> int | None:
    if account.law_next_vote_on is None:
        return None
    return (account.law_next_vote_on - account.received_on).days


def _vote_is_near(account: Account) -> bool:
    days = _days_to_vote(account)
    return days is not None and 0 <= days <= VOTE_NEAR_DAYS


def _ask(account: Account, results: Results) -> Iterator[str]:
    if not _has_addressee(account):
        yield "addressee"
    if not account.consent_to_send:
        yield "consent"
    if results[Criterion.SCOPE] != Result.MET or not account.how_solidarity.strip():
        yield "how_solidarity"
    if results[Criterion.ARTICLE_9A] == Result.DOUBTFUL:
        yield "dates_agree"
    if account.relation in ("", "other"):
        yield "relation"
    if results[Criterion.ARTICLE_9E] != Result.MET or account.knowledge in ("", "other"):
        yield "knowledge"


def _reasons(
    account: Account, kind: ProposalKind, letter_kind: LetterKind | None, urgency: Urgency
) -> Iterator[Reason]:
    if urgency.is_urgent:
        yield Reason("person_at_risk", rests_on=("going_on", "at_stake", "may_happen_by"))
    yield from _why(kind, letter_kind)
    if urgency.level in (Level.POSSIBLE, Level.LIKELY):
        yield Reason("in_doubt_higher")
    if not account.consent_to_send:
        yield Reason("consent_missing", rests_on=("consent_to_send",))
    if account.reprisal == "yes":
        yield Reason("reprisal_first", rests_on=("reprisal",))
    yield from _about_vote(account)
    yield from _about_what_is_asked(account)


def _why(kind: ProposalKind, letter_kind: LetterKind | None) -> Iterator[Reason]:
    if kind == ProposalKind.REFER:
        yield Reason("proposed_refer")
    elif kind == ProposalKind.NOT_TAKEN_UP:
        yield Reason("proposed_not_taken_up")
    elif letter_kind is None:
        yield Reason("no_letter_seen")
    elif kind == ProposalKind.ASK_SOURCE:
        yield Reason("proposed_ask")
    else:
        yield Reason(WHY_LETTER[letter_kind])


def _about_vote(account: Account) -> Iterator[Reason]:
    days = _days_to_vote(account)
    if days is None:
        return
    params = {"date": str(account.law_next_vote_on), "days": str(days)}
    if days < 0:
        yield Reason("vote_passed", params, ("law_next_vote_on",))
    elif days <= VOTE_NEAR_DAYS:
        yield Reason("vote_near", params, ("law_next_vote_on",))


def _about_what_is_asked(account: Account) -> Iterator[Reason]:
    days = (account.asked_by - account.received_on).days if account.asked_by else -1
    if 0 <= days <= VOTE_NEAR_DAYS:
        yield Reason("asked_soon", {"date": str(account.asked_by), "days": str(days)}, ("asked_by",))
