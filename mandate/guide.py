"""The short guided check: a few questions, and what their answers point to. Pure.

It advises and never refuses: whatever somebody chooses, or leaves out, leads on to the form. Values stand in an address
and so in a browser's history; they are bare numbers, which tell nothing to whoever looks into it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.words import N_


class Danger(StrEnum):
    """Whether somebody is in danger at this moment."""

    YES = "1"
    NO = "2"
    UNKNOWN = "3"


class Reason(StrEnum):
    """How it touches the mandate."""

    PUNISHED = "1"
    LAW = "2"
    NO_COOPERATION = "3"
    OTHER = "4"
    UNKNOWN = "5"


class Matter(StrEnum):
    """What it is about; several may be chosen."""

    HELD = "1"
    MISSING = "2"
    HURT = "3"
    KILLED = "4"
    SILENCED = "5"
    GATHERING = "6"
    LABELLED = "7"
    FLED = "8"
    WORK = "9"
    COMPANY = "10"
    LAND = "11"
    WOMEN = "12"
    PEOPLES = "13"
    TRIAL = "14"
    MANY = "15"


class Region(StrEnum):
    """Where it happens, as far as regional courts and commissions go by it."""

    AFRICA = "1"
    AMERICAS = "2"
    EUROPE = "3"
    ELSEWHERE = "4"


class Fit(StrEnum):
    """What the answers say of this mandate."""

    FITS = "fits"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose; None, or nothing among the matters, where they left it out."""

    danger: Danger | None = None
    reason: Reason | None = None
    matters: frozenset[Matter] = frozenset()
    region: Region | None = None


WITHIN: Collection[Reason] = (Reason.PUNISHED, Reason.LAW, Reason.NO_COOPERATION)

DANGERS: Mapping[Danger, str] = {
    Danger.YES: N_("Yes"),
    Danger.NO: N_("No"),
    Danger.UNKNOWN: N_("I do not know"),
}
REASONS: Mapping[Reason, str] = {
    Reason.PUNISHED: N_("Somebody was punished, threatened or held back because they helped or stood up for others"),
    Reason.LAW: N_("A law, a rule or a policy forbids helping others, or makes it hard"),
    Reason.NO_COOPERATION: N_(
        "A State, a company or an organisation harms people elsewhere, or leaves them without help"
    ),
    Reason.OTHER: N_("It is about something else"),
    Reason.UNKNOWN: N_("I do not know"),
}
MATTERS: Mapping[Matter, str] = {
    Matter.HELD: N_("Somebody was arrested or is held"),
    Matter.MISSING: N_("Somebody was taken away and has disappeared"),
    Matter.HURT: N_("Somebody was tortured or badly treated"),
    Matter.KILLED: N_("Somebody was killed, or may be"),
    Matter.SILENCED: N_("Somebody was silenced, or watched, also on the internet"),
    Matter.GATHERING: N_("A meeting, a protest or an organisation was forbidden or broken up"),
    Matter.LABELLED: N_("Somebody is called a terrorist or an extremist"),
    Matter.TRIAL: N_("A trial is not fair, or a judge or lawyer is under pressure"),
    Matter.FLED: N_("People who fled, or who moved to another country"),
    Matter.WORK: N_("Work, or a trade union"),
    Matter.COMPANY: N_("A company did it, or took part"),
    Matter.LAND: N_("Land, water, the climate or the environment"),
    Matter.WOMEN: N_("Violence against women or girls"),
    Matter.PEOPLES: N_("An Indigenous People"),
    Matter.MANY: N_("It happens to many people, again and again"),
}
REGIONS: Mapping[Region, str] = {
    Region.AFRICA: N_("Africa"),
    Region.AMERICAS: N_("The Americas and the Caribbean"),
    Region.EUROPE: N_("Europe"),
    Region.ELSEWHERE: N_("Somewhere else"),
}


def fit_of(chosen: Chosen) -> Fit:
    """How far this mandate is the right place."""
    if chosen.reason is None or chosen.reason is Reason.UNKNOWN:
        return Fit.UNKNOWN
    return Fit.FITS if chosen.reason in WITHIN else Fit.ELSEWHERE


def points_to(chosen: Chosen) -> frozenset[str]:
    """The marks by which a procedure says for what it is there (`fits` in data/procedures.toml)."""
    marks = {"always", *(matter.name.lower() for matter in chosen.matters)}
    if chosen.region is not None:
        marks.add(chosen.region.name.lower())
    if chosen.reason is Reason.PUNISHED:
        marks.add("punished")
    return frozenset(marks)


MARKS = frozenset({"always", "punished", *(one.name.lower() for kind in (Matter, Region) for one in kind)})
"""Every mark that a procedure may bear."""
