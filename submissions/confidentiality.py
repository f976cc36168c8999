"""Whose secret each answer is. Pure, and the only judge: what is sealed, shown or rendered is asked of here."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Answers = Mapping[str, Any]

WHOLE_NAMES = ("CJK", "HANGUL")
IDENTITY_FIELDS = ("your_name", "your_organisation", "your_email", "your_phone", "your_address")
REACHING_FIELDS = ("your_email", "your_phone", "your_address")


@dataclass(frozen=True, slots=True)
class Parted:
    """A submission's answers, parted by who may read them."""

    facts: dict[str, Any]
    identity: dict[str, str]
    source_copy: dict[str, Any]

    @property
    def reachable(self) -> bool:
        """Whether the source left a way to be reached other than the code."""
        return any(self.identity.get(name) for name in REACHING_FIELDS)


def part(answers: Answers) -> Parted:
    """Part the answers. Facts carry no word of who the source is, unless they are the victim and consent to be named.

    The source's own copy is without identity too: whoever finds the code must not learn whose it is.
    """
    facts = {name: value for name, value in answers.items() if name not in IDENTITY_FIELDS}
    identity = {name: str(answers[name]) for name in IDENTITY_FIELDS if answers.get(name)}
    if answers.get("relation") == "victim":
        facts["victims"] = [_source_as_victim(answers), *answers.get("victims", [])]
    source_copy = {name: value for name, value in answers.items() if name not in IDENTITY_FIELDS}
    return Parted(facts, identity, source_copy)


def initials(name: str) -> str:
    """The first letters of a name's parts; nothing where a first sign is already a whole name, as in Chinese."""
    firsts = [part[0] for part in name.split()]
    if any(
        unicodedata.category(sign) == "Lo" and unicodedata.name(sign, "").startswith(WHOLE_NAMES) for sign in firsts
    ):
        return ""
    return " ".join(f"{sign.upper()}." for sign in firsts)


def names_kept_back(facts: Answers) -> list[str]:
    """The names of alleged victims that may not stand in a letter to a State."""
    if facts.get("naming") == "name":
        return []
    others = [victim for victim in facts.get("victims", []) if not victim.get("is_source")]
    return [str(victim["name"]) for victim in others if victim.get("name")]


def identity_kept_back(facts: Answers, identity: Mapping[str, str]) -> list[str]:
    """What of a source's identity may not stand in a letter: all of it, but for a victim's name given with consent."""
    named = facts.get("relation") == "victim" and facts.get("naming") == "name"
    name, place = identity.get("your_name", ""), str(facts.get("place", ""))
    # A name that may be said may also stand in an e-mail address; and the place of the events is told anyway.
    said = {"your_address": f"{place} {name}" if named else place, "your_email": name if named else ""}
    kept = {key: _beyond(value, said.get(key, "")) for key, value in identity.items()}
    return [value for key, value in kept.items() if value.strip() and not (named and key == "your_name")]


def _beyond(value: str, said: str) -> str:
    """A part of an identity without words that may be said anyway."""
    words = {word.casefold() for word in re.findall(r"[^\W\d_]+", said)}
    return re.sub(r"[^\W\d_]+", lambda word: "" if word.group().casefold() in words else word.group(), value)


def may_be_sent(facts: Answers) -> bool:
    """Whether the source consented to a letter being sent on this submission."""
    return facts.get("consent_to_send") == "yes"


def _source_as_victim(answers: Answers) -> dict[str, Any]:
    full = str(answers.get("your_name", "")) if may_be_sent(answers) else ""
    shown = {"name": full, "initials": initials(full)}
    return {"kind": "person", "is_source": True, "name": shown.get(str(answers.get("naming")), ""), "details": ""}
