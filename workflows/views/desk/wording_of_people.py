"""Words of the desk for people and what may be told of them. Pure; translated where shown."""

from collections.abc import Mapping
from typing import Final

from foundation.words import N_
from submissions.confidentiality import MANDATE, MANDATES, PUBLIC, Above, Level, Precision

YES_NO: Final[Mapping[str, str]] = {"yes": N_("Yes"), "no": N_("No"), "unknown": N_("Not known")}

VICTIM_KINDS: Final[Mapping[str, str]] = {
    "person": N_("Person"),
    "group": N_("Group or organisation"),
    "people": N_("People or community"),
}
STAKEHOLDER_KINDS: Final[Mapping[str, str]] = {
    "company": N_("Company or bank"),
    "organisation": N_("International organisation"),
    "armed_group": N_("Armed group, or military or security company"),
    "other": N_("Somebody else"),
}
KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "victims": VICTIM_KINDS,
    "stakeholders": STAKEHOLDER_KINDS,
    "mentioned": {},
}

# What is told of each record, in the order in which it is shown. How they agreed stands with what may be told.
LABELS: Final[Mapping[str, str]] = {
    "age": N_("Age, or date of birth"),
    "minor": N_("Under 18 when it happened"),
    "sexual_violence": N_("Suffered sexual violence"),
    "gender": N_("Gender"),
    "nationality": N_("Nationality"),
    "occupation": N_("Work or role"),
    "number": N_("How many"),
    "decided_by": N_("Who of them decided to submit"),
    "decided_how": N_("How it was decided"),
    "seat": N_("Based in"),
    "details": N_("What else was told"),
    "may_be_named": N_("May be named outside"),
}
CHOSEN: Final = ("minor", "sexual_violence", "may_be_named")

BASES: Final[Mapping[str, str]] = {
    "own": N_("They agreed themselves"),
    "family": N_("Their family agreed"),
    "guardian": N_("A parent or guardian agreed"),
    "not_asked": N_("Nobody could be asked"),
    "refused": N_("They do not agree"),
}

AUDIENCES: Final[Mapping[str, str]] = {
    MANDATE: N_("The mandate"),
    MANDATES: N_("Other mandates"),
    PUBLIC: N_("The public"),
}
LEVELS: Final[Mapping[Level, str]] = {
    Level.NAME: N_("Name"),
    Level.INITIALS: N_("Initials only"),
    Level.NONE: N_("Nothing"),
}
PRECISIONS: Final[Mapping[Precision, str]] = {
    Precision.EXACT: N_("The exact place"),
    Precision.TOWN: N_("The town or village"),
    Precision.REGION: N_("Only the region"),
    Precision.COUNTRY: N_("Only the State"),
}
RULES: Final[Mapping[Above, str]] = {
    Above.NO_LETTER: N_("no letter may go there"),
    Above.REFUSED: N_("they do not agree"),
    Above.NOT_AGREED: N_("nobody agreed, and no reason was given"),
    Above.SEXUAL_VIOLENCE: N_("suffered sexual violence, so is not named in public"),
    Above.MINOR: N_("a child, or age not known, so is not named in public"),
    Above.NOT_TO_MANDATE: N_("the mandate itself may not know more"),
}
KEPT_PARTS: Final[Mapping[str, str]] = {
    "place": N_("The place, but for the State"),
    "happened_on": N_("The day on which it happened"),
    "steps_at_home": N_("What was tried in the country itself"),
    "other_mechanisms": N_("That another international body was told"),
    "evidence": N_("What proofs there are"),
    "reprisal": N_("That somebody was punished for speaking to the United Nations"),
}
