"""What stands on the page of one case."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from accounts.permissions import Permission
from foundation.i18n import page_language
from foundation.web import means
from mandate import facts as given
from mandate import queries as mandate_queries
from submissions import intake
from submissions.intake import OpenMessage
from workflows import cases, drafting, letter_queries, letters, queries, sources, triage
from workflows.assessment import Assessment
from workflows.cases import Happening
from workflows.forms import DecisionForm, DraftForm, IdentityForm, MessageForm, OriginalForm, ReadForm, SummaryForm
from workflows.letter_queries import ListedLetter
from workflows.lifecycle import CASE, CaseStatus, CommunicationAction
from workflows.models import Case, CaseEvent
from workflows.views.desk import shown
from workflows.views.desk.case_keeping import keeping_words
from workflows.views.desk.case_source import form_prefix, source_words
from workflows.views.desk.door import now, opened, page, permissions, the_case, today
from workflows.views.desk.wording import CHANGED, HAPPENINGS

SUMMARY_LANGUAGES = ("en", "fr")


@dataclass(slots=True)
class CaseForms:
    """The forms of the page that were sent and must be shown again, with what was typed; the others are made anew."""

    decision: DecisionForm | None = None
    summary: SummaryForm | None = None
    message: MessageForm | None = None
    draft: DraftForm | None = None
    identity: IdentityForm | None = None
    original: OriginalForm | None = None
    read: ReadForm | None = None
    keeping: Any = None

    def sent(self) -> Any:
        """The one form that was sent, if any."""
        return next((form for name in fields(self) if (form := getattr(self, name.name)) is not None), None)


def case_page(case_id: str, code: int = 200, language: str = "", **sent: Any) -> Response:
    """The page of a case, with those forms that were sent and not accepted. Aborts with 404."""
    with means().database.reading() as session:
        case = the_case(session, case_id)
        words = _words(session, case, CaseForms(**sent), language or request.args.get("summary", ""))
    return page("case", "queue", code, **words)


def _words(session: Session, case: Case, forms: CaseForms, language: str) -> dict[str, Any]:
    every = drafting.submissions_of(session, case.id)
    submissions = [one for one in every if one.erased_at is None]
    listed = letter_queries.letters_of(session, case.id)
    messages = {one.id: messages_in(session, one.id) for one in submissions}
    none: list[tuple[str, Assessment]] = []
    assessed = dict(opened("an assessment", lambda: triage.assessments_of(session, means().keys, case.id), none))
    return {
        "case": case,
        "head": _head(case),
        "sources": [
            source_words(session, one, assessed.get(one.id), messages[one.id], forms.original)
            | {
                "message": _of_source(forms.message, MessageForm, one.id),
                "identify": _of_source(forms.identity, IdentityForm, one.id),
            }
            for one in submissions
        ],
        "letters": [letter_row(one) for one in listed],
        "events": _events(session, case.id, listed) if Permission.SEE_EVENTS in permissions() else [],
        "decision": _decision(case, forms),
        "summary": _summary(session, case, forms, _summary_language(session, case, language)),
        "draft": _draft(case, forms, listed),
        "read": _read(session, case, forms),
        "keeping": keeping_words(session, case, every, forms.keeping),
        "form": forms.sent(),
    }


def messages_in(session: Session, submission_id: str) -> list[OpenMessage]:
    """The messages of a submission in order."""

    def all_of_them() -> list[OpenMessage]:
        return intake.messages_of(session, submission_id, means().keys.identity("mandate"))

    return opened(f"a message of submission {submission_id}", all_of_them, [])


def _of_source(sent: Any, kind: Any, submission_id: str) -> Any:
    """The form that was sent for this source, else a new one; each source has its own names for its fields."""
    prefix = form_prefix(submission_id)
    fresh = kind(formdata=None, prefix=prefix)
    return sent if sent is not None and next(iter(sent)).name == next(iter(fresh)).name else fresh


def _head(case: Case) -> dict[str, Any]:
    waits = case.status in {CaseStatus.RECEIVED, CaseStatus.IN_TRIAGE}
    return {
        "status": shown.case_tag(case),
        "states": shown.state_names(case.states),
        "received": shown.day(case.received_at),
        "look_by": shown.moment(case.look_by_at) if waits else "",
        "overdue": waits and case.look_by_at < now(),
        "decided": shown.kind_name(case.decided_letter) if case.decided_letter else "",
        "wrote": shown.day(case.source_wrote_at),
        "asked": shown.day(case.asked_source_at),
        "reprisal": shown.day(case.reprisal_at),
    }


def letter_row(row: ListedLetter) -> dict[str, Any]:
    """A letter as lists show it."""
    return {
        "id": row.letter.id,
        "case_id": row.letter.case_id,
        "reference": row.letter.reference,
        "kind": shown.kind_name(row.letter.kind),
        "to": shown.state_names([row.recipient.state_code]),
        "dated": shown.day(row.letter.dated_on),
        "status": shown.letter_tag(row.letter),
        "held": row.letter.held_at is not None,
        "standing": shown.standing_tag(row.letter, today()),
        "due": shown.day(row.letter.reply_due_on),
        "unopened": letter_queries.is_unopened(row, now()),
        "opened": shown.day(row.release.opened_at) if row.release else "",
    }


def _events(session: Session, case_id: str, listed: list[ListedLetter]) -> list[dict[str, Any]]:
    events = queries.events_of(session, case_id)
    names = queries.names_of(session, [event.by for event in events])
    references = {row.letter.id: row.letter.reference for row in listed}
    return [_event(event, names, references.get(event.communication_id or "", "")) for event in events]


def _event(event: CaseEvent, names: Mapping[str, str], reference: str) -> dict[str, Any]:
    note = opened(f"the note of event {event.id}", lambda: cases.note_of(means().keys, event), "")
    who = shown.who(event.by, names)
    return {
        "what": _(HAPPENINGS.get(event.action, event.action)),
        "when": shown.moment(event.at),
        "when_iso": event.at.isoformat(),
        "who": f"{who} · {reference}" if reference else who,
        "note": _words_of_note(event.action, note),
    }


def _words_of_note(action: str, note: str) -> str:
    if action == CommunicationAction.LAPSE:
        return "\n".join(changed_words(note))
    # Which addition it was is for the system alone: its words stand in the list of additions.
    return "" if action == Happening.SOURCE_ADDED else note


def changed_words(note: str) -> list[str]:
    """What the note of a lapse says had changed, in words."""
    return [_(CHANGED.get(code, code)) for code in note.split(", ") if code]


def _decision(case: Case, forms: CaseForms) -> DecisionForm | None:
    form = forms.decision or DecisionForm(formdata=None)
    may_decide = Permission.DECIDE_CASE in permissions()
    return form if form.offer(CASE.actions_from(CaseStatus(case.status))) and may_decide else None


def _summary_language(session: Session, case: Case, asked: str) -> str:
    """The language that was asked for, else that in which the first State concerned is written to."""
    missions = (mandate_queries.mission_of(session, code, today()) for code in case.states)
    wanted = asked or next((mission.language for mission in missions if mission), "")
    return wanted if wanted in SUMMARY_LANGUAGES else SUMMARY_LANGUAGES[0]


def _summary(session: Session, case: Case, forms: CaseForms, language: str) -> dict[str, Any]:
    newest = queries.newest_summary(session, case.id, language)
    text = opened("a summary", lambda: cases.latest_summary(session, means().keys, case.id, language), "")
    form = forms.summary or SummaryForm(
        formdata=None, data={"summary": text, "version": newest.version if newest else 0}
    )
    warnings = letters.first_person_warnings(text, language)
    return {
        "form": form,
        "language": language,
        "languages": [(code, shown.language_name(code)) for code in SUMMARY_LANGUAGES],
        "text": text,
        "saved": shown.moment(newest.at) if newest else "",
        "by": shown.who(newest.by, queries.names_of(session, [newest.by])) if newest else "",
        "warnings": [shown.excerpt(text, (one.start, one.end), 40) for one in warnings],
    }


def _draft(case: Case, forms: CaseForms, listed: list[ListedLetter]) -> DraftForm | None:
    if case.status != CaseStatus.ACCEPTED or Permission.DRAFT_LETTER not in permissions():
        return None
    first = {"state": case.states[0] if case.states else "", "kind": case.decided_letter, "letters": len(listed)}
    form = forms.draft or DraftForm(formdata=None, data=first)
    offer_states(form, case)
    return form


def offer_states(form: DraftForm, case: Case) -> None:
    """Let every State be chosen, those that the case concerns first."""
    every = [*given.states().values(), *(given.demo_states().values() if means().demo else ())]
    others = [state.code for state in given.in_order_of_name(every, page_language())]
    codes = dict.fromkeys([*case.states, *others])
    form.state.choices = [
        SelectChoice("", _("Choose")),
        *(SelectChoice(code, shown.state_names([code])) for code in codes),
    ]


def _read(session: Session, case: Case, forms: CaseForms) -> ReadForm | None:
    if case.source_wrote_at is None or Permission.WRITE_TO_SOURCE not in permissions():
        return None
    told = sources.told_by_sources(session, cases.submissions_of(session, case.id))
    return forms.read or ReadForm(formdata=None, data={"seen": told})
