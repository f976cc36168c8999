"""What stands on the page of one letter."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from accounts.permissions import Permission
from foundation.i18n import page_language
from foundation.web import means
from mandate.facts import violation_types
from submissions import intake
from submissions.models import Submission
from workflows import cases, communications, drafting, letter_hold, letter_queries, letters, queries, replies
from workflows.drafting import Composed, NothingGiven
from workflows.forms import ApproveForm, FieldsForm, WhyForm
from workflows.kept_back import Obstacle
from workflows.letter_queries import ListedLetter
from workflows.letters import LetterError, MissingField
from workflows.lifecycle import COMMUNICATION, LABELS, CommunicationAction, CommunicationStatus
from workflows.models import Case, Communication
from workflows.replies import OpenReply
from workflows.views.desk import audiences, shown
from workflows.views.desk.case_page import changed_words, letter_row
from workflows.views.desk.door import opened, page, permissions, the_letter, today
from workflows.views.desk.refusals import words_for
from workflows.views.desk.wording import HAPPENINGS, MISSING_FIELDS, OBSTACLES, UNREVIEWED

BEFORE_APPROVAL = (CommunicationStatus.DRAFT, CommunicationStatus.IN_REVIEW)
WITH_REASON = (CommunicationAction.RETURN, CommunicationAction.RECALL, CommunicationAction.WITHDRAW)
HOLD, LIFT = "hold", "lift"
BUTTONS = (*WITH_REASON, CommunicationAction.SUBMIT, CommunicationAction.APPROVE, CommunicationAction.BEGIN_SENDING)


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it would be now, or why it cannot be made."""

    composed: Composed | None
    problems: tuple[str, ...] = ()


def letter_page(letter_id: str, code: int = 200, sent: Any = None, problem: str = "") -> Response:
    """The page of a letter, with the form that was sent and not accepted. Aborts with 404."""
    with means().database.reading() as session:
        found = the_letter(session, letter_id)
        words = _words(session, found, sent)
    return page("letter", "letters", code, form=sent, problem=problem, **words)


def preview_of(session: Session, letter: Communication) -> Preview:
    """Compose a letter and say in words what is missing, all at once."""
    try:
        return Preview(drafting.compose(session, means().keys, letter))
    except intake.SubmissionErased as error:
        return Preview(None, (words_for(error),))
    except (LetterError, NothingGiven) as error:
        missing = tuple(_missing(session, letter)) if isinstance(error, MissingField) else ()
        return Preview(None, missing or (words_for(error),))


def _words(session: Session, found: ListedLetter, sent: Any) -> dict[str, Any]:
    letter, preview = found.letter, preview_of(session, found.letter)
    case = session.get_one(Case, letter.case_id)
    composed = preview.composed if _is_true(letter, preview.composed) else None
    names = queries.names_of(session, [letter.edited_by, letter.approved_by])
    return {
        "letter": letter,
        "case": case,
        "row": letter_row(found),
        "recipient": found.recipient,
        "preview": letters.to_html(letters.parse(composed.text), letter.language) if composed else None,
        "problems": [] if letter.letter_sha256 else preview.problems,
        "obstacles": _obstacles(session, letter, composed),
        "buttons": _buttons(found),
        "reasons": _reason_forms(sent),
        "approval": _approval(sent, composed),
        "unreviewed": [_(UNREVIEWED[name]) for name in composed.unreviewed] if composed else [],
        "fields": _fields(letter, sent),
        "dated": shown.day(letter.dated_on),
        "is_today": letter.dated_on == today(),
        "edited": {"by": shown.who(letter.edited_by, names), "when": shown.moment(letter.edited_at)},
        "approved": _approved(letter, names),
        "set_back": _set_back(session, letter),
        "held": _held(session, letter),
        "language": shown.language_name(letter.language),
        "notices": [_notice(one) for one in letter_queries.notices_of(session, letter.id)],
        "release": _release(found),
        "replies": _replies(session, found),
        "told": _told_to(session, found),
    }


def _told_to(session: Session, found: ListedLetter) -> list[dict[str, Any]]:
    """What a letter to this addressee may say, for each submission behind it; nothing once the letter has left."""
    if found.letter.status not in BEFORE_APPROVAL or not found.letter.fields:
        return []
    audience = drafting.audience_of(found.recipient)
    return [_told_by(session, one, audience) for one in drafting.submissions_of(session, found.letter.case_id)]


def _told_by(session: Session, submission: Submission, audience: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    place = f"submission {submission.id}"
    facts = opened(place, lambda: intake.current_facts(session, means().keys, submission), nothing)
    kept = audiences.kept_back(facts)
    return audiences.told_to(facts, audience) | {"kept": kept, "language": submission.language}


def _missing(session: Session, letter: Communication) -> list[str]:
    """What the officer must still write, in the order of the letter."""
    fields = drafting.fields_of(means().keys, letter)
    written = {
        "facts": cases.latest_summary(session, means().keys, letter.case_id, letter.language),
        "subject": fields.subject,
        "concern": fields.concern,
        "questions": fields.questions,
        "measures": fields.measures,
        "legal_basis": _cited(session, letter, fields),
    }
    needed = letters.manifest(letter.kind)["required"]
    return [_(MISSING_FIELDS[name]) for name, value in written.items() if name in needed and not value]


def _cited(session: Session, letter: Communication, fields: drafting.Fields) -> object:
    if fields.violation_types:
        return drafting.legal_basis([{"violation_types": fields.violation_types}], letter.language)
    return drafting.legal_basis(drafting.facts_behind(session, means().keys, letter.case_id), letter.language)


def _is_true(letter: Communication, composed: Composed | None) -> bool:
    """Whether the text as it would be made now is that of the frozen PDF; before approval it is the letter itself."""
    if letter.letter_sha256 is None or composed is None:
        return composed is not None
    same_template = letter.template_version == letters.template_version(letter.kind, letter.language)
    return same_template and dict(composed.rests_on) == letter.rests_on


def _obstacles(session: Session, letter: Communication, composed: Composed | None) -> list[dict[str, Any]]:
    if composed is None or letter.status not in BEFORE_APPROVAL:
        return []
    found = drafting.obstacles(session, means().keys, letter, composed.text)
    return [_obstacle(one, composed.text) for one in found]


def _obstacle(obstacle: Obstacle, text: str) -> dict[str, Any]:
    what, do = OBSTACLES[obstacle.code]
    return {"what": _(what), "do": _(do), "places": [shown.excerpt(text, span) for span in obstacle.positions]}


def _buttons(found: ListedLetter) -> dict[str, str]:
    """What may be done now by this person, by action, with the words on the button."""
    letter = found.letter
    possible = COMMUNICATION.actions_from(CommunicationStatus(letter.status))
    offered = {
        action.value: _(LABELS[action])
        for action in possible
        if action in BUTTONS and cases.PERMISSIONS[action] in permissions() and _is_open(found, action)
    }
    return {**offered, **_hold_buttons(found)}


def _is_open(found: ListedLetter, action: CommunicationAction) -> bool:
    """Whether nothing but the status stands in the way: what is held is not sent, what was opened not withdrawn."""
    if action == CommunicationAction.BEGIN_SENDING:
        return found.letter.held_at is None
    return action != CommunicationAction.WITHDRAW or not _is_opened(found)


def _hold_buttons(found: ListedLetter) -> dict[str, str]:
    if Permission.SEND_LETTER not in permissions():
        return {}
    if found.letter.held_at is not None:
        return {LIFT: _("Lift the hold")}
    can_be = found.letter.status in letter_hold.HOLDABLE and not _is_opened(found)
    return {HOLD: _("Hold the letter")} if can_be else {}


def _is_opened(found: ListedLetter) -> bool:
    return found.release is not None and found.release.opened_at is not None


def _reason_forms(sent: Any) -> dict[str, WhyForm]:
    names = (*(action.value for action in WITH_REASON), HOLD, LIFT)
    fresh = {name: WhyForm(formdata=None, prefix=name) for name in names}
    if isinstance(sent, WhyForm):
        own = next(name for name in fresh if sent.why.name.startswith(name))
        fresh[own] = sent
    return fresh


def _approval(sent: Any, composed: Composed | None) -> ApproveForm:
    if isinstance(sent, ApproveForm):
        return sent
    seen = communications.text_sha256(composed.text) if composed else ""
    return ApproveForm(formdata=None, data={"seen": seen})


def _fields(letter: Communication, sent: Any) -> FieldsForm | None:
    is_erased = not letter.fields
    if is_erased or letter.status != CommunicationStatus.DRAFT or Permission.DRAFT_LETTER not in permissions():
        return sent if isinstance(sent, FieldsForm) else None
    kept = drafting.fields_of(means().keys, letter)
    form = sent if isinstance(sent, FieldsForm) else FieldsForm.of(kept, letter.dated_on, letter.edited_at.isoformat())
    offer_fields(form, letter)
    return form


def offer_fields(form: FieldsForm, letter: Communication) -> None:
    """Fit the form to the kind of letter: what may be cited, and whether measures are asked for."""
    language = page_language()
    types = [kind for kind in violation_types().values() if kind.rights]
    form.violation_types.choices = [SelectChoice(one.code, f"{one.code} {one.label[language]}") for one in types]
    if form.measures is not None and "measures" not in letters.manifest(letter.kind)["required"]:
        del form.measures


def _approved(letter: Communication, names: dict[str, str]) -> dict[str, str] | None:
    if letter.approved_by is None or letter.approved_at is None:
        return None
    return {"by": shown.who(letter.approved_by, names), "when": shown.moment(letter.approved_at)}


def _set_back(session: Session, letter: Communication) -> dict[str, Any] | None:
    """Why the letter is a draft again, as long as nobody has edited it since."""
    event = letter_queries.last_set_back(session, letter.id)
    if event is None or letter.status != CommunicationStatus.DRAFT:
        return None
    note = cases.note_of(means().keys, event)
    lapsed = event.action == CommunicationAction.LAPSE
    return {
        "what": _(HAPPENINGS[event.action]),
        "when": shown.moment(event.at),
        "who": shown.who(event.by, queries.names_of(session, [event.by])),
        "note": "" if lapsed else note,
        "changed": changed_words(note) if lapsed else [],
    }


def _held(session: Session, letter: Communication) -> dict[str, str] | None:
    """Who holds the letter since when, and why."""
    event = letter_queries.last_hold(session, letter.id)
    if letter.held_at is None or event is None:
        return None
    who = shown.who(event.by, queries.names_of(session, [event.by]))
    note = opened(f"the note of event {event.id}", lambda: cases.note_of(means().keys, event), "")
    return {"when": shown.moment(letter.held_at), "who": who, "note": note}


def _notice(notice: Any) -> dict[str, Any]:
    return {
        "status": shown.notice_tag(notice.status),
        "written": shown.moment(notice.written_at),
        "explanation": notice.explanation or "",
    }


def _release(found: ListedLetter) -> dict[str, str] | None:
    if found.release is None:
        return None
    release = found.release
    return {
        "released": shown.moment(release.released_at),
        "opened": shown.moment(release.opened_at) if release.opened_at else "",
        "acknowledged": shown.moment(release.acknowledged_at) if release.acknowledged_at else "",
    }


def _replies(session: Session, found: ListedLetter) -> list[dict[str, Any]]:
    release = found.release
    if release is None:
        return []
    nothing: list[OpenReply] = []
    told = opened(
        f"a reply to release {release.id}",
        lambda: replies.replies_of(session, means().keys, release.id, "mandate"),
        nothing,
    )
    return [
        {
            "when": shown.moment(one.received_at),
            "words": one.words,
            "files": [{"id": id_, "name": name, "size": shown.size(size)} for id_, name, size in one.files],
        }
        for one in told
    ]
