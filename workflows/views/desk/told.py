"""What a source told, in readable rows, with the passages marked on which findings rest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup, escape

from foundation.i18n import page_language
from mandate.facts import violation_types
from submissions.days import PartialDay
from workflows.account import TEXT_FIELDS
from workflows.assessment import Assessment, Passage, Reason
from workflows.reasons import REASONS
from workflows.views.desk import shown
from workflows.views.desk.people import OpenRecord, open_records
from workflows.views.desk.wording import CHOSEN, OTHER_ANSWERS, TOLD
from workflows.views.desk.wording_of_people import KINDS

DAYS = ("happened_on", "ended_on", "may_happen_by", "law_next_vote_on", "asked_by")
CONSENT = ("consent_to_send", "naming")
QUOTED_MOST = 90

Facts = Mapping[str, Any]
Spans = Mapping[str, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: `is_text` says that it is the source's own words. `records` are people and others, one by one."""

    name: str
    label: str
    value: Markup
    is_text: bool
    records: tuple[OpenRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What a reason rests on: an answer by its name, or words that are quoted. `anchor` leads there on the page."""

    text: str
    anchor: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason in words with what it rests on."""

    words: str
    rests_on: tuple[RestsOn, ...]


def passages_in(assessment: Assessment) -> dict[str, list[tuple[int, int]]]:
    """The places in each answer on which something rests, in order and without overlap."""
    reasons = [reason for finding in assessment.findings for reason in finding.reasons]
    spans: dict[str, list[tuple[int, int]]] = {}
    for reason in (*reasons, *assessment.proposal.reasons):
        for place in reason.rests_on:
            if isinstance(place, Passage):
                spans.setdefault(place.field, []).append((place.start, place.end))
    return {name: shown.joined(found) for name, found in spans.items()}


def rows(facts: Facts, spans: Spans, prefix: str) -> list[Told]:
    """All that was answered, but for consent, which has a place of its own. `prefix` begins the ids of marks."""
    return [
        _told(name, str(_(label)), facts, spans, prefix)
        for name, label in TOLD.items()
        if facts.get(name) and name != "relation"
    ]


def _told(name: str, label: str, facts: Facts, spans: Spans, prefix: str) -> Told:
    if name in KINDS:
        return Told(name, label, Markup(""), is_text=False, records=open_records(name, facts))
    return Told(name, label, _shown(name, facts, spans, prefix), _is_text(name, facts))


def explained(reasons: Iterable[Reason], facts: Facts, spans: Spans, prefix: str) -> list[Explained]:
    """Reasons in words."""
    return [_explained(reason, facts, spans, prefix) for reason in reasons]


def day(text: str) -> str:
    """A day, or a month, as it was told."""
    try:
        told = PartialDay.from_iso(text)
        pattern = "y" if told.month is None else "MMMM y" if told.day is None else shown.DAY
        return str(format_date(told.first, pattern, rebase=False))
    except ValueError:
        return text


def _explained(reason: Reason, facts: Facts, spans: Spans, prefix: str) -> Explained:
    params = {name: day(value) if name == "date" else value for name, value in reason.params.items()}
    places = [
        _quoted(place, facts, spans, prefix) if isinstance(place, Passage) else _answer(place, facts, prefix)
        for place in reason.rests_on
    ]
    return Explained(_(REASONS[reason.code], **params), tuple(dict.fromkeys(places)))


def _answer(name: str, facts: Facts, prefix: str) -> RestsOn:
    label = TOLD.get(name) or OTHER_ANSWERS.get(name, name)
    return RestsOn(
        _(label), f"{prefix}-{name}" if facts.get(name) and name in (*TOLD, *CONSENT) else "", is_quoted=False
    )


def _quoted(place: Passage, facts: Facts, spans: Spans, prefix: str) -> RestsOn:
    words = str(facts.get(place.field, ""))[place.start : place.end]
    start = next((first for first, last in spans.get(place.field, ()) if first <= place.start <= last), place.start)
    short = words if len(words) <= QUOTED_MOST else f"{words[:QUOTED_MOST]}…"
    return RestsOn(short, f"{prefix}-{place.field}-{start}", is_quoted=True)


def _shown(name: str, facts: Facts, spans: Spans, prefix: str) -> Markup:
    value = facts[name]
    if name == "states":
        return escape(shown.state_names(value))
    if name == "violation_types":
        return _listed(_violation_type(code) for code in value)
    if name in CHOSEN:
        return _listed(_chosen(name, value))
    if name in DAYS:
        return escape(day(str(value)))
    return shown.marked(str(value), _inside(spans.get(name, ()), len(str(value))), f"{prefix}-{name}")


def _inside(spans: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    return [(start, end) for start, end in spans if 0 <= start < end <= length]


def _is_text(name: str, facts: Facts) -> bool:
    return name in TEXT_FIELDS or (isinstance(facts[name], str) and name not in CHOSEN and name not in DAYS)


def _chosen(name: str, value: str | Sequence[str]) -> Iterator[str]:
    for one in [value] if isinstance(value, str) else value:
        yield str(_(CHOSEN[name][one])) if one in CHOSEN[name] else str(one)


def _violation_type(code: str) -> str:
    with suppress(KeyError):
        return f"{code} {violation_types()[code].label[page_language()]}"
    return code


def _listed(items: Iterable[str]) -> Markup:
    return Markup("<br>").join(Markup("<bdi>{}</bdi>").format(item) for item in items)
