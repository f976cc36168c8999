"""What sources and persons concerned added after sending, as the page of a case shows it."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from foundation.web import means
from foundation.words import N_
from submissions import confidentiality, intake
from submissions.believed import Judged
from submissions.models import AddedBy, AdditionKind, Submission
from workflows import added
from workflows.views.desk import shown
from workflows.views.desk.audiences import audience_name
from workflows.views.desk.door import opened
from workflows.views.desk.people import Facts, called
from workflows.views.desk.wording_of_people import BASES, KEPT_PARTS, LEVELS, PRECISIONS, YES_NO

KINDS = {
    AdditionKind.FACTS: N_("More facts"),
    AdditionKind.CORRECTION: N_("A correction"),
    AdditionKind.FILES: N_("More files"),
    AdditionKind.REPRISAL: N_("A threat or a punishment was reported"),
    AdditionKind.CONSENT: N_("What may be told was changed"),
    AdditionKind.KEY: N_("A code for one person was made"),
}
ANSWERS: tuple[Mapping[Any, str], ...] = (LEVELS, PRECISIONS, BASES, KEPT_PARTS, YES_NO)
CHOSEN = {str(value): label for answers in ANSWERS for value, label in answers.items()}
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
    return {"rows": [_row(one, facts) for one in every], "is_whole": is_whole}


def _row(one: Judged, facts: Facts) -> dict[str, Any]:
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
        "chosen": _chosen(one, facts) if one.opened.kind == AdditionKind.CONSENT else [],
        "person": _person(one.opened.person_id, facts),
    }


def _person(person_id: str | None, facts: Facts) -> str:
    """How the person whom it concerns is called on this page; nothing where it concerns all."""
    return next((called(one, facts) for one in confidentiality.people_in(facts) if one["id"] == person_id), "")


def _chosen(one: Judged, facts: Facts) -> list[str]:
    """A changed consent in words."""
    said = one.opened.change
    plain = [f"{_(label)}: {_value(said[name], facts)}" for name, label in PLAIN.items() if said.get(name)]
    wishes = [
        f"{audience_name(audience, facts)} · {_(label)}: {_value(value, facts)}"
        for name, label in WISHES.items()
        for audience, value in said.get(name, {}).items()
    ]
    return [*plain, *wishes]


def _value(value: Any, facts: Facts) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(_(CHOSEN[each]) if each in CHOSEN else audience_name(str(each), facts) for each in values)
