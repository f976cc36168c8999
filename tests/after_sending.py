"""A submission about two persons that was sent, with what comes after it, for tests of all that is added later."""

from dataclasses import dataclass
from typing import Any

from foundation.means import Means
from submissions import confidentiality, consent_codes, drafts, intake
from submissions.consent_codes import Holder
from submissions.drafts import Visitor
from submissions.models import Submission
from tests import factories

AUDIENCES = ("mandate", "mandates", "state:XXB", "other:firm", "public")
OPEN = {"naming": dict.fromkeys(AUDIENCES, "name"), "precision": dict.fromkeys(AUDIENCES[1:], "exact")}
CLOSED = {"naming": dict.fromkeys(AUDIENCES, "none"), "precision": dict.fromkeys(AUDIENCES[1:], "country")}
VENN, ODAN = "venn", "odan"


def a_person(person_id: str, name: str, **more: Any) -> dict[str, Any]:
    """A record of somebody who agreed."""
    agreed = {"kind": "person", "minor": "no", "basis": "own", "own_wishes": "no", "details": f"details of {name}"}
    return {"id": person_id, "name": name, **agreed, **more}


ANSWERS: dict[str, Any] = {
    "victims": [a_person(VENN, "Idalia Venn"), a_person(ODAN, "Teodor Odan")],
    "stakeholders": [{"id": "firm", "kind": "company", "name": "Harbour Freight"}],
    "place_region": "Lumara region",
    "place_exact": "Lantern Steps 7",
    **OPEN,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """Who sent it, with which code, and what was received."""

    visitor: Visitor
    code: str
    submission: Submission

    def own(self) -> dict[str, Any]:
        """The source's own copy."""
        return intake.own_copy(self.visitor, self.submission)


def sent(means: Means, **answers: Any) -> Sent:
    """A submission that its source has just sent."""
    factories.prepared(means)
    visitor = factories.visited(means, **{**ANSWERS, **answers})
    with means.database.reading() as session:
        code = drafts.open_draft(session, visitor, means.clock().date()).code
    return Sent(visitor, code, intake.submit(means, visitor))


def holder_of(means: Means, one: Sent, person_id: str = VENN) -> Holder:
    """Somebody who came in with a code that the source made for her."""
    return come_in(means, consent_codes.make(means, one.visitor, one.own(), person_id))


def come_in(means: Means, code: str) -> Holder:
    """Whoever types a consent code."""
    with means.database.transaction() as session:
        return consent_codes.come_in(session, means.keys.secret("pepper"), code, means.clock().date())


def facts_now(means: Means, one: Sent) -> dict[str, Any]:
    """What the mandate reads now."""
    with means.database.reading() as session:
        return intake.current_facts(session, means.keys, session.get_one(Submission, one.submission.id))


def levels(means: Means, one: Sent, audience: str = "state:XXB") -> dict[str, str]:
    """How each person may be called before an audience now."""
    from_now = facts_now(means, one)
    return {each["id"]: confidentiality.level_for(each, from_now, audience).value for each in from_now["victims"]}
