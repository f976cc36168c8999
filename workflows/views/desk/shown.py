"""Values as officers read them: days, names, statuses with their colours, places in a text."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from babel import Locale
from flask_babel import format_date, format_datetime, format_decimal, get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from foundation.actor import SOURCE, WORKER
from foundation.clock import GENEVA, geneva_day
from foundation.i18n import page_language
from mandate.facts import UnknownState, state_name
from mandate.vocabulary import LETTER_KIND_LABELS
from workflows.assessment import ProposalKind, Result
from workflows.deadlines import STANDINGS, Standing, standing
from workflows.lifecycle import LABELS, CaseStatus, CommunicationStatus
from workflows.models import Case, Communication, NoticeStatus
from workflows.reasons import PROPOSALS
from workflows.views.desk.wording import NOTICES

Tag = Mapping[str, str]

CASE_TONES = {
    CaseStatus.RECEIVED: "new",
    CaseStatus.IN_TRIAGE: "new",
    CaseStatus.ACCEPTED: "active",
}
LETTER_TONES = {
    CommunicationStatus.DRAFT: "neutral",
    CommunicationStatus.IN_REVIEW: "attention",
    CommunicationStatus.APPROVED: "active",
    CommunicationStatus.SENDING: "active",
    CommunicationStatus.SENT: "good",
    CommunicationStatus.UNDELIVERED: "urgent",
    CommunicationStatus.REPLIED: "good",
}
PROPOSAL_TONES = {
    ProposalKind.URGENT_APPEAL: "urgent",
    ProposalKind.LETTER_OF_ALLEGATION: "active",
    ProposalKind.OTHER_LETTER: "active",
    ProposalKind.ASK_SOURCE: "attention",
}
RESULT_TONES = {Result.MET: "good", Result.NOT_MET: "urgent", Result.DOUBTFUL: "attention"}
STANDING_TONES = {
    Standing.NOT_DUE: "neutral",
    Standing.DUE_SOON: "attention",
    Standing.OVERDUE: "urgent",
    Standing.ANSWERED: "good",
}
NOTICE_TONES = {
    NoticeStatus.ACCEPTED: "good",
    NoticeStatus.REFUSED: "urgent",
    NoticeStatus.UNCONFIRMED: "attention",
}
# Day before month and the hours counted to 24, as Geneva writes them, in all three languages.
DAY, MOMENT = "d MMM y", "d MMM y, HH:mm"
LEFT = (CommunicationStatus.SENT, CommunicationStatus.REPLIED)


def day(value: date | datetime | None) -> str:
    """A day in Geneva, in words of the page's language."""
    if value is None:
        return ""
    on = geneva_day(value) if isinstance(value, datetime) else value
    return str(format_date(on, DAY, rebase=False))


def moment(value: datetime) -> str:
    """A day with the time in Geneva."""
    return str(format_datetime(value.astimezone(GENEVA), MOMENT, rebase=False))


def state_names(codes: Iterable[str]) -> str:
    """The short names of States in the page's language."""
    return ", ".join(_state_name(code) for code in codes)


def _state_name(code: str) -> str:
    try:
        return state_name(code, page_language())
    except UnknownState:
        return code


def language_name(code: str) -> str:
    """The name of a language in the page's language."""
    return str(Locale(code).get_language_name(get_locale()) or code)


def who(actor: str, names: Mapping[str, str]) -> str:
    """Who did something: a colleague by name, all others by what they are."""
    if actor == WORKER:
        return str(_("Automatic"))
    if actor == SOURCE:
        return str(_("The source"))
    return names.get(actor) or str(_("The addressee") if actor.startswith("recipient:") else _("Unknown"))


def proposal_tag(kind: ProposalKind) -> Tag:
    """What triage proposes, as a tag; what is urgent is red."""
    return {"text": _(PROPOSALS[kind]), "tone": PROPOSAL_TONES.get(kind, "neutral")}


def case_tag(one: Case) -> Tag:
    """The status of a case as a tag."""
    status = CaseStatus(one.status)
    return {"text": _(LABELS[status]), "tone": CASE_TONES.get(status, "closed")}


def letter_tag(letter: Communication) -> Tag:
    """The status of a letter as a tag."""
    status = CommunicationStatus(letter.status)
    return {"text": _(LABELS[status]), "tone": LETTER_TONES.get(status, "closed")}


def standing_tag(letter: Communication, on: date) -> Tag | None:
    """How the reply to a letter stands, as a tag; none before the letter has left."""
    if letter.status not in LEFT or letter.reply_due_on is None:
        return None
    found = standing(letter.reply_due_on, letter.status == CommunicationStatus.REPLIED, on)
    return {"text": _(STANDINGS[found]), "tone": STANDING_TONES[found]}


def notice_tag(status: NoticeStatus) -> Tag:
    """What is known of a notice, as a tag."""
    return {"text": _(NOTICES[status]), "tone": NOTICE_TONES.get(status, "neutral")}


def kind_name(kind: Any) -> str:
    """The kind of a letter in words."""
    return str(_(LETTER_KIND_LABELS[kind]))


def size(octets: int) -> str:
    """The size of a file. Less than a tenth of a megabyte is told as such, so that no file seems to be empty."""
    return str(_("%(size)s MB", size=format_decimal(max(octets / 1024 / 1024, 0.1), format="0.0")))


def lines(text: str) -> Markup:
    """A text of several lines."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def marked(text: str, spans: Sequence[tuple[int, int]], prefix: str = "") -> Markup:
    """A text with places in it marked. `spans` are in order and do not overlap; with a prefix each mark has an id."""
    parts, reached = [Markup("")], 0
    for start, end in spans:
        name = Markup(' id="{}-{}"').format(prefix, start) if prefix else Markup("")
        parts.append(escape(text[reached:start]))
        parts.append(Markup("<mark{}>{}</mark>").format(name, text[start:end]))
        reached = end
    return Markup("").join([*parts, escape(text[reached:])])


def excerpt(text: str, span: tuple[int, int], around: int = 60) -> Markup:
    """A place in a text with some words round it."""
    start, end = span
    first, last = max(0, start - around), min(len(text), end + around)
    before, after = "…" if first else "", "…" if last < len(text) else ""
    return escape(before) + marked(text[first:last], [(start - first, end - first)]) + escape(after)


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places in order, those that overlap or touch made one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
