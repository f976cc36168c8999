"""What stands on the page of a case about one of its sources: the account, findings, consent, messages."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from foundation.web import means
from submissions import confidentiality, intake
from submissions.intake import OpenMessage
from submissions.models import Author, Submission
from workflows.assessment import Assessment, Result
from workflows.forms import OriginalForm
from workflows.reasons import ASK, CRITERIA, RESULTS
from workflows.views.desk import audiences, shown, told
from workflows.views.desk.additions import addition_words
from workflows.views.desk.case_files import files_words
from workflows.views.desk.door import opened
from workflows.views.desk.people import is_set_apart
from workflows.views.desk.wording import CHOSEN


def form_prefix(submission_id: str) -> str:
    """What stands before the names of all that belongs to one source, since a case may have several."""
    return f"s{submission_id[:6]}"


def source_words(
    session: Session,
    submission: Submission,
    assessed: Assessment | None,
    messages: list[OpenMessage],
    original: OriginalForm | None = None,
) -> dict[str, Any]:
    """One submission: what it says, what triage made of it, and what may be done with it.

    `original` is the form that asks for a file, if it was sent and must be shown again.
    """
    nothing: dict[str, Any] = {}
    place = f"submission {submission.id}"
    facts = opened(place, lambda: intake.current_facts(session, means().keys, submission), nothing)
    spans = told.passages_in(assessed) if assessed else {}
    prefix = form_prefix(submission.id)
    return {
        "id": submission.id,
        "reference": submission.reference,
        "prefix": prefix,
        "language": submission.language,
        "language_name": shown.language_name(submission.language),
        "rows": told.rows(facts, spans, prefix),
        "files": files_words(session, submission.id, original),
        "additions": addition_words(session, submission),
        "identity": _flags(submission),
        "consent": _consent(facts),
        "table": audiences.table_of(facts) if facts else None,
        "kept": audiences.kept_back(facts),
        "proposal": _proposal(assessed, facts, spans, prefix) if assessed else None,
        "messages": [_message(one) for one in messages],
    }


def _flags(submission: Submission) -> dict[str, Any]:
    return {
        "given": submission.identity_given,
        "any": submission.identity is not None,
        "reachable": submission.reachable,
        "relation": _(CHOSEN["relation"].get(submission.relation, submission.relation)),
    }


def _consent(facts: told.Facts) -> dict[str, Any]:
    people = confidentiality.people_in(facts)
    own = [one for one in people if one.get("is_source")]
    outside = [one for one in confidentiality.audiences(facts) if one != confidentiality.MANDATE]
    told = {confidentiality.level_for(one, facts, audience) for one in own for audience in outside}
    return {
        "may_send": confidentiality.may_be_sent(facts),
        "not_to": [audiences.audience_name(one, facts) for one in facts.get("not_to", ())],
        "source_named": bool(told - {confidentiality.Level.NONE}),
        "set_apart": any(is_set_apart(one, facts) for one in people),
    }


def _proposal(assessed: Assessment, facts: told.Facts, spans: told.Spans, prefix: str) -> dict[str, Any]:
    proposal = assessed.proposal
    findings = [
        {
            "criterion": _(CRITERIA[finding.criterion]),
            "result": {"text": _(RESULTS[finding.result]), "tone": shown.RESULT_TONES[finding.result]},
            "is_met": finding.result == Result.MET,
            "reasons": told.explained(finding.reasons, facts, spans, prefix),
        }
        for finding in assessed.findings
    ]
    return {
        "tag": shown.proposal_tag(proposal.kind),
        "priority": proposal.priority,
        "reasons": told.explained(proposal.reasons, facts, spans, prefix),
        "ask": [_(ASK[code]) for code in proposal.ask],
        "open_findings": [row for row in findings if not row["is_met"]],
        "met_findings": [row for row in findings if row["is_met"]],
    }


def _message(message: OpenMessage) -> dict[str, Any]:
    ours = message.author == Author.MANDATE
    read = _("read on %(day)s", day=shown.day(message.read_on)) if message.read_on else _("not read yet")
    return {
        "from_us": ours,
        "who": _("We") if ours else _("The source"),
        "when": f"{shown.day(message.written_on)} · {read}",
        "text": message.text,
        "files": [
            {"name": file.name, "url": url_for("desk.attachment", attachment_id=file.id)} for file in message.files
        ],
        "unread": not ours and message.read_on is None,
    }
