"""What sources and persons concerned added after sending, as the page of a case shows it."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from foundation.web import means
from foundation.words import N_
from submissions import intake
from submissions.believed import Judged
from submissions.confidentiality import MANDATE, MANDATES, OTHER, PUBLIC, STATE
from submissions.models import AddedBy, AdditionKind, Submission
from submissions.records import AGREEMENT, LEVELS, NO, PRECISIONS, YES
from workflows import added
from workflows.views.desk import shown
from workflows.views.desk.door import opened

KINDS = {
    AdditionKind.FACTS: N_("More facts"),
    AdditionKind.CORRECTION: N_("A correction"),
    AdditionKind.FILES: N_("More files"),
    AdditionKind.REPRISAL: N_("A threat or a punishment was reported"),
    AdditionKind.CONSENT: N_("What may be told was changed"),
    AdditionKind.KEY: N_("A code for one person was made"),
}
BASIS = next(asked.choices for asked in AGREEMENT.questions if asked.name == "basis")
CHOSEN = {one.value: one.label for one in (*LEVELS, *PRECISIONS, *BASIS, YES, NO)}
AUDIENCES = {MANDATE: N_("the mandate"), MANDATES: N_("other mandates"), PUBLIC: N_("the public")}
PLAIN = {
    "consent_to_send": N_("Consent to a letter"),
    "not_to": N_("No letter to"),
    "kept_parts": N_("Kept back"),
    "basis": N_("Agreement"),
    "given_by": N_("Agreement given by"),
    "given_on": N_("Agreement given on"),
}
WISHES = {"naming": N_("How they may be called"), "precision": N_("Place")}


def addition_words(session: Session, submission: Submission) -> dict[str, Any]:
    """The additions to a submission, oldest first, and whether all that came is still there."""
    nothing: list[Judged] = []
    place = f"an addition to submission {submission.id}"
    every = opened(place, lambda: added.judged(session, means().keys, submission), nothing)
    is_whole = opened(place, lambda: added.are_as_received(session, means().keys, submission, every), False)
    facts = intake.facts_of(means().keys, submission) if every else {}
    return {"rows": [_row(one, _names(facts)) for one in every], "is_whole": is_whole}


def _names(facts: Mapping[str, Any]) -> dict[str, str]:
    """How persons and addressees are called on this page, by their ids."""
    people = {str(one.get("id")): str(one.get("name") or one.get("initials") or "") for one in facts.get("victims", ())}
    others = {f"{OTHER}{one.get('id')}": str(one.get("name", "")) for one in facts.get("stakeholders", ())}
    return people | others


def _row(one: Judged, names: Mapping[str, str]) -> dict[str, Any]:
    said = one.opened.content or {}
    return {
        "what": _(KINDS.get(AdditionKind(one.opened.kind), one.opened.kind)),
        "when": shown.day(one.opened.made_on),
        "who": _("a person concerned") if one.opened.author == AddedBy.PERSON else _("the source"),
        "is_believed": one.is_believed,
        "is_open": one.opened.content is not None,
        "is_urgent": one.opened.kind == AdditionKind.REPRISAL,
        "danger": said.get("danger") is True,
        "words": str(said.get("words", "")),
        "files": [str(file.get("name", "")) for file in said.get("files", ())],
        "chosen": _chosen(one, names) if one.opened.kind == AdditionKind.CONSENT else [],
        "person": names.get(one.opened.person_id or "", ""),
    }


def _chosen(one: Judged, names: Mapping[str, str]) -> list[str]:
    """A changed consent in words."""
    said = one.opened.change
    plain = [f"{_(label)}: {_value(said[name], names)}" for name, label in PLAIN.items() if said.get(name)]
    wishes = [
        f"{_(label)}, {_audience(audience, names)}: {_value(value, names)}"
        for name, label in WISHES.items()
        for audience, value in said.get(name, {}).items()
    ]
    return [*plain, *wishes]


def _value(value: Any, names: Mapping[str, str]) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(_(CHOSEN[each]) if each in CHOSEN else _audience(str(each), names) for each in values)


def _audience(code: str, names: Mapping[str, str]) -> str:
    if code in AUDIENCES:
        return str(_(AUDIENCES[code]))
    return shown.state_names([code.removeprefix(STATE)]) if code.startswith(STATE) else names.get(code, code)
