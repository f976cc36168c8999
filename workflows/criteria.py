"""The criteria of triage, and no others: completeness, scope, article 9 (a) to (e), article 10.

Source of the rules: Code of Conduct for Special Procedures (Human Rights Council resolution 5/2, annex), articles 9
and 10; the five items without which nothing is assessed; the mandate. Each finding says met, not met or doubtful, and
why. Everything here is pure: the same account gives the same assessment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mandate.vocabulary import UNCERTAIN
from workflows.account import Account, Victim
from workflows.assessment import Assessment, Criterion, Finding, Reason, Result
from workflows.proposals import propose
from workflows.signals import Found, can_read, find, latest_year, of_kind
from workflows.urgency import Urgency, urgency_of

__all__ = ["Account", "Assessment", "Victim", "assess"]

SHORTEST_ACCOUNT: Final = 120
# A Han character carries about as much as four letters.
HAN_WEIGHT: Final = 4
ENOUGH_FACTS: Final = 3
TOO_MANY_MISSING: Final = 3
WORDS_PER_INSULT: Final = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """An account with what was found in its words: what every criterion looks at."""

    account: Account
    found: tuple[Found, ...]
    readable: bool
    urgency: Urgency


def assess(account: Account) -> Assessment:
    """Findings and a proposal for one account. It decides nothing and repeats no word of the account."""
    reading = read_account(account)
    findings = tuple(Finding(criterion, result, reasons) for criterion, (result, reasons) in _all_results(reading))
    return Assessment(findings, propose(account, findings, reading.found, reading.urgency, missing(account)))


def read_account(account: Account) -> Reading:
    """Look for signals in all texts of the account, once."""
    texts = account.texts()
    found = find(texts)
    readable = not texts or can_read(texts.values(), account.language)
    return Reading(account, found, readable, urgency_of(account, found, readable))


Judged = tuple[Result, tuple[Reason, ...]]


def _all_results(reading: Reading) -> Iterator[tuple[Criterion, Judged]]:
    yield Criterion.COMPLETENESS, _completeness(reading.account)
    yield Criterion.SCOPE, _scope(reading)
    yield Criterion.ARTICLE_9A, _unfounded(reading.account)
    yield Criterion.ARTICLE_9B, _factual(reading.account)
    yield Criterion.ARTICLE_9C, _language(reading)
    yield Criterion.ARTICLE_9D, _knowledge(reading.account)
    yield Criterion.ARTICLE_9E, _media(reading)
    yield Criterion.ARTICLE_10, (reading.urgency.result, reading.urgency.reasons)


def _met(*reasons: Reason) -> Judged:
    return Result.MET, reasons


def _doubtful(*reasons: Reason) -> Judged:
    return Result.DOUBTFUL, reasons


def _not_met(*reasons: Reason) -> Judged:
    return Result.NOT_MET, reasons


def missing(account: Account) -> tuple[str, ...]:
    """The codes of those of the five items that are missing; date and place count as one item with two codes."""
    return tuple(_missing_of_law(account) if account.kind == "law" else _missing_of_people(account))


def _missing_of_people(account: Account) -> Iterator[str]:
    if not account.has_described_victim():
        yield "victims"
    if not account.says_who_did_it():
        yield "perpetrators"
    if not account.identity_given:
        yield "identity"
    if not (account.happened_on or account.when_text.strip()):
        yield "date"
    if not account.place.strip():
        yield "place"
    if not account.what_happened.strip():
        yield "description"


def _missing_of_law(account: Account) -> Iterator[str]:
    if not account.law_title.strip():
        yield "law"
    if not account.says_whose_law():
        yield "authority"
    if not account.identity_given:
        yield "identity"
    if not account.what_happened.strip():
        yield "description"


_ITEM: Final = {"place": "date"}


def _completeness(account: Account) -> Judged:
    codes = missing(account)
    if not codes:
        return _met(Reason("law_items_given" if account.kind == "law" else "all_five_given"))
    reasons = tuple(Reason(f"{code}_missing") for code in codes)
    items = {_ITEM.get(code, code) for code in codes}
    return _not_met(*reasons) if len(items) >= TOO_MANY_MISSING else _doubtful(*reasons)


def _scope(reading: Reading) -> Judged:
    account = reading.account
    within = [code for code in account.violation_types if code != UNCERTAIN]
    spoken = _signal_reasons(of_kind(reading.found, "solidarity"))
    explained = _explained(account)
    if within:
        named = Reason("types_named", {"codes": ", ".join(within)}, ("violation_types",))
        return _met(named, *explained, *spoken)
    if explained and spoken and not account.violation_types:
        return _met(*explained, *spoken)
    if not account.violation_types:
        return _doubtful(Reason("scope_unsaid", rests_on=("violation_types",)), *explained, *spoken)
    if explained or spoken or not reading.readable:
        return _doubtful(Reason("other_but_explained", rests_on=("violation_types",)), *explained, *spoken)
    return _not_met(Reason("outside_by_own_word", rests_on=("violation_types", "how_solidarity")))


def _explained(account: Account) -> tuple[Reason, ...]:
    said = account.how_solidarity.strip()
    return (Reason("solidarity_explained", rests_on=("how_solidarity",)),) if said else ()


def _unfounded(account: Account) -> Judged:
    if _nothing_alleged(account):
        return _not_met(Reason("nothing_alleged", rests_on=("what_happened", "may_happen", "violation_types")))
    if _dates_contradict(account):
        return _doubtful(Reason("dates_contradict", rests_on=("happened_on", "ended_on")))
    return _met(Reason("nothing_against"))


def _nothing_alleged(account: Account) -> bool:
    texts = (account.what_happened, account.may_happen, account.law_title, account.perpetrators)
    said = any(text.strip() for text in texts)
    return not (said or account.violation_types or account.has_described_victim())


def _dates_contradict(account: Account) -> bool:
    start, end = account.happened_on, account.ended_on
    is_later = any(day is not None and day > account.received_on for day in (start, end))
    return is_later or (start is not None and end is not None and end < start)


def _factual(account: Account) -> Judged:
    text = account.what_happened.strip()
    if not text:
        return _not_met(Reason("description_missing", rests_on=("what_happened",)))
    is_long = sum(map(_length, (text, account.law_provisions, account.law_affected))) >= SHORTEST_ACCOUNT
    if account.kind == "law":
        told = is_long and bool(account.law_title.strip())
        reason = Reason("law_described" if told else "facts_thin", rests_on=("law_title", "what_happened"))
        return _met(reason) if told else _doubtful(reason)
    in_text = _year_in_text(account)
    count = _count_facts(account) + len(in_text)
    if is_long and count >= ENOUGH_FACTS:
        return _met(Reason("facts_given", {"count": str(count)}, ("what_happened",)), *in_text)
    return _doubtful(Reason("facts_thin", rests_on=("what_happened",)), *in_text)


def _count_facts(account: Account) -> int:
    facts = (
        account.has_described_victim(),
        _has_date(account),
        account.place.strip(),
        account.says_who_did_it(),
    )
    return sum(map(bool, facts))


def _has_date(account: Account) -> bool:
    return bool(account.happened_on or account.when_text.strip())


def _year_in_text(account: Account) -> tuple[Reason, ...]:
    if _has_date(account):
        return ()
    year = latest_year("what_happened", account.what_happened, account.received_on.year)
    return (Reason("year_in_text", rests_on=(year[1],)),) if year else ()


def _length(text: str) -> int:
    return sum(HAN_WEIGHT if "\u3400" <= character <= "\u9fff" else 1 for character in text)


def _language(reading: Reading) -> Judged:
    insults = of_kind(reading.found, "abusive")
    if insults:
        alone = _is_abuse_alone(reading.account, sum(one.count for one in insults if not one.denied))
        reasons = _signal_reasons(insults)
        return _not_met(Reason("language_only_abuse"), *reasons) if alone else _doubtful(*reasons)
    if not reading.readable:
        return _doubtful(Reason("language_unread", rests_on=("language",)))
    return _met(Reason("language_fit"))


def _is_abuse_alone(account: Account, insults: int) -> bool:
    """Whether insults are nearly all there is. Whoever gave facts beside them is heard, whatever their words."""
    words = sum(len(text.split()) for text in account.texts().values())
    return insults >= 2 and words < insults * WORDS_PER_INSULT and _count_facts(account) == 0


def _knowledge(account: Account) -> Judged:
    rests_on = ("relation", "knowledge")
    if account.knowledge == "media_only":
        if account.relation in ("", "other", "organisation"):
            return _not_met(Reason("knowledge_from_media", rests_on=rests_on))
        return _doubtful(Reason("media_despite_nearness", rests_on=rests_on))
    if account.knowledge not in ("direct", "reliable"):
        return _doubtful(Reason("knowledge_unclear", rests_on=rests_on))
    if account.relation in ("", "other"):
        return _doubtful(Reason("relation_unclear", rests_on=rests_on))
    return _met(Reason("knowledge_claimed", rests_on=rests_on))


def _media(reading: Reading) -> Judged:
    account = reading.account
    spoken = _signal_reasons(of_kind(reading.found, "media"))
    if account.knowledge == "media_only":
        if account.kind == "law":
            return _doubtful(Reason("own_text_of_law", rests_on=("kind", "knowledge")), *spoken)
        if account.relation in ("victim", "family", "witness"):
            return _doubtful(Reason("media_despite_nearness", rests_on=("relation", "knowledge")), *spoken)
        return _not_met(Reason("knowledge_from_media", rests_on=("knowledge",)), *spoken)
    if account.knowledge in ("direct", "reliable"):
        return _met(Reason("not_media_alone", rests_on=("knowledge",)), *spoken)
    return _doubtful(Reason("media_unsaid", rests_on=("knowledge",)), *spoken)


def _signal_reasons(found: Sequence[Found]) -> tuple[Reason, ...]:
    return tuple(Reason(one.signal.code, rests_on=one.passages) for one in found if not one.denied)
