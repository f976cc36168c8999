"""Urgency under article 10 of the Code of Conduct: loss of life, danger to life, very grave harm, imminent or ongoing.

The answers weigh most. Words found in the account can raise the urgency and never lower what an answer says. In
doubt the higher priority is proposed, and the doubt is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final

from workflows.account import Account
from workflows.assessment import Passage, Reason, Result
from workflows.signals import Found, latest_year, of_kind, weight_of

# A letter of allegation asks for a reply within sixty days. What is to happen sooner, article 9 would meet too late.
REPLY_TO_ALLEGATION_DAYS: Final = 60
LONG_AGO_DAYS: Final = 365
LONG_PAST_YEARS: Final = 2
# A year may be that of a birth or of a law, so it lowers little.
LONG_PAST_WEIGHT: Final = 1
GRAVEST: Final = frozenset({"life", "integrity", "health", "removal"})
WORDS_SUFFICE: Final = 3
WORDS_AGAINST_ANSWERS: Final = 5


class Level(IntEnum):
    """How urgent. `POSSIBLE` and `LIKELY` are doubtful; `LIKELY` is treated as urgent until a person has looked."""

    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


@dataclass(frozen=True, slots=True)
class Urgency:
    """The level with its reasons, what should be asked about it, and the day by which the harm is feared."""

    level: Level
    reasons: tuple[Reason, ...]
    ask: tuple[str, ...]
    feared_on: date | None

    @property
    def is_urgent(self) -> bool:
        """Whether the account is to be treated as urgent."""
        return self.level >= Level.LIKELY

    @property
    def result(self) -> Result:
        """The finding for article 10."""
        if self.level == Level.CERTAIN:
            return Result.MET
        return Result.DOUBTFUL if self.level else Result.NOT_MET


Step = tuple[Level, Reason]


def urgency_of(account: Account, found: Sequence[Found], readable: bool) -> Urgency:
    """How urgent this account is. `found` are the signals in its texts; `readable` says whether they could be read."""
    answered = list(_from_answers(account))
    worded = list(_from_words(account, found, readable))
    level = max(level for level, _ in answered + worded)
    reasons = [reason for _, reason in answered + worded]
    if level in (Level.POSSIBLE, Level.LIKELY):
        reasons.append(Reason("in_doubt_higher"))
    return Urgency(level, tuple(reasons), tuple(_to_ask(account, level)), account.may_happen_by)


def _from_answers(account: Account) -> Iterator[Step]:
    steps = [*_ahead(account), *_going_on(account)]
    if not steps:
        over = account.going_on == "no"
        steps = [(Level.NONE, Reason("over" if over else "urgency_unsaid", rests_on=("going_on", "at_stake")))]
    yield from steps
    if account.reprisal == "yes":
        # Whoever was punished for speaking to the United Nations may be punished for this too.
        yield Level.POSSIBLE, Reason("reprisal_said", rests_on=("reprisal", "reprisal_details"))
    for stake in _stakes(account):
        yield Level.NONE, Reason(f"stake_{stake}", rests_on=("at_stake",))


def _ahead(account: Account) -> Iterator[Step]:
    if account.may_happen_by is not None:
        yield _by_date(account, account.may_happen_by)
    elif account.may_happen.strip() and _stakes(account):
        yield Level.LIKELY, Reason("harm_expected", rests_on=("may_happen", "at_stake"))


def _by_date(account: Account, day: date) -> Step:
    days = (day - account.received_on).days
    params = {"date": day.isoformat(), "days": str(days)}
    rests_on = ("may_happen_by", "at_stake")
    if days < 0:
        level = Level.LIKELY if _stakes(account) and -days <= REPLY_TO_ALLEGATION_DAYS else Level.POSSIBLE
        return level, Reason("harm_date_passed", params, rests_on)
    if days > REPLY_TO_ALLEGATION_DAYS:
        return Level.POSSIBLE, Reason("harm_later", params, rests_on)
    if _stakes(account):
        return Level.CERTAIN, Reason("harm_by_date", params, rests_on)
    # What is expected of a law is mostly a vote, which endangers nobody by itself.
    level = Level.POSSIBLE if account.at_stake or account.kind == "law" else Level.LIKELY
    return level, Reason("something_by_date", params, rests_on)


def _going_on(account: Account) -> Iterator[Step]:
    if account.going_on == "yes":
        yield _goes_on(account)
    elif _stakes(account) and account.going_on == "unknown":
        yield _may_go_on(account)
    elif _stakes(account):
        yield _endangered_though_over(account)


def _goes_on(account: Account) -> Step:
    stakes = _stakes(account)
    if not stakes:
        code = "goes_on_nothing_grave" if account.at_stake else "goes_on_without_stake"
        level = Level.NONE if account.at_stake else Level.POSSIBLE
        return level, Reason(code, rests_on=("going_on", "at_stake"))
    if account.ended_on is not None and account.ended_on < account.received_on:
        params = {"date": account.ended_on.isoformat()}
        return Level.LIKELY, Reason("harm_said_to_go_on_but_ended", params, ("going_on", "ended_on"))
    return Level.CERTAIN, Reason("harm_goes_on", rests_on=("going_on", "at_stake"))


def _may_go_on(account: Account) -> Step:
    rests_on = ("at_stake", "going_on", "happened_on")
    if _is_old(account):
        return Level.POSSIBLE, Reason("harm_old_may_go_on", rests_on=rests_on)
    return Level.LIKELY, Reason("harm_may_go_on", rests_on=rests_on)


def _endangered_though_over(account: Account) -> Step:
    """What happened is over, yet something is said to be in danger now: what comes next may be worse."""
    is_gravest = bool(account.at_stake & GRAVEST) and not _is_old(account)
    level = Level.LIKELY if is_gravest else Level.POSSIBLE
    return level, Reason("in_danger_though_over", rests_on=("at_stake", "going_on", "happened_on"))


def _is_old(account: Account) -> bool:
    since = account.ended_on or account.happened_on
    return since is not None and (account.received_on - since).days > LONG_AGO_DAYS


def _stakes(account: Account) -> list[str]:
    return sorted(account.at_stake - {"none"})


def _from_words(account: Account, found: Sequence[Found], readable: bool) -> Iterator[Step]:
    long_past = _long_past(account)
    weight = weight_of(found, "urgent") - weight_of(found, "closed") - (LONG_PAST_WEIGHT if long_past else 0)
    level = _level_of_words(account, weight)
    for one in (*of_kind(found, "urgent"), *of_kind(found, "closed")):
        yield Level.NONE, _signal_reason(one)
    if long_past:
        year, passage = long_past
        yield Level.NONE, Reason("signal_year_long_past", {"year": str(year)}, (passage,))
    if not readable and account.going_on != "no":
        yield Level.POSSIBLE, Reason("language_unread", rests_on=("language",))
    if level:
        against = _said_over(account)
        yield level, Reason("words_against_answers" if against else "words_alone", rests_on=("going_on", "at_stake"))


def _level_of_words(account: Account, weight: int) -> Level:
    if _from_answers_level(account) >= Level.LIKELY or weight <= 0:
        return Level.NONE
    if _said_over(account):
        return _step(weight, likely=WORDS_AGAINST_ANSWERS, possible=WORDS_SUFFICE)
    return _step(weight, likely=WORDS_SUFFICE, possible=1)


def _step(weight: int, likely: int, possible: int) -> Level:
    if weight >= likely:
        return Level.LIKELY
    return Level.POSSIBLE if weight >= possible else Level.NONE


def _from_answers_level(account: Account) -> Level:
    return max(level for level, _ in _from_answers(account))


def _said_over(account: Account) -> bool:
    """Whether the source answered that nothing is in danger, or that it is over, ticking no danger."""
    return account.at_stake == {"none"} or (account.going_on == "no" and not _stakes(account))


def _signal_reason(one: Found) -> Reason:
    return Reason("signal_denied" if one.denied else one.signal.code, rests_on=one.passages)


def _long_past(account: Account) -> tuple[int, Passage] | None:
    """The latest year in the account if it lies years back, provided that the answers name no later day."""
    if any((account.happened_on, account.ended_on, account.may_happen_by)):
        return None
    latest = latest_year("what_happened", account.what_happened, account.received_on.year + 1)
    if latest is None or latest[0] > account.received_on.year - LONG_PAST_YEARS:
        return None
    return latest


def _to_ask(account: Account, level: Level) -> Iterator[str]:
    if level == Level.NONE:
        return
    if account.going_on == "unknown":
        yield "going_on"
    if not account.at_stake:
        yield "at_stake"
    if account.may_happen.strip() and account.may_happen_by is None:
        yield "may_happen_by"
