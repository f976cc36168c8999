"""Which additions are believed, and what the facts say after them. Pure.

Whoever holds the database or the public face can write a row, but cannot sign it. What is not signed by whom it claims
to be from counts only where it makes things stricter (docs/decisions/0018).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from foundation.signing import is_signed
from submissions import confidentiality
from submissions.confidentiality import LEVELS, PRECISIONS, SOURCE

FACTS, CORRECTION, FILES, REPRISAL, CONSENT, KEY = "facts", "correction", "files", "reprisal", "consent", "key"
SOURCE_KEY = "source_key"


@dataclass(frozen=True, slots=True)
class Opened:
    """An addition in words. `content` is None, and the signature empty, where the envelope does not open."""

    id: str
    submission_id: str
    sequence: int
    kind: str
    author: str
    person_id: str | None
    made_on: date
    content: Mapping[str, Any] | None
    signature: str = ""

    @property
    def text(self) -> bytes:
        """What is signed: the words, and all that stands open in the row."""
        row = [self.submission_id, self.id, self.sequence, self.kind, self.author, self.person_id]
        return json.dumps([*row, self.made_on.isoformat(), self.content], sort_keys=True).encode()

    @property
    def change(self) -> dict[str, Any]:
        """What a consent says anew, in the shape that `confidentiality.with_changes` reads."""
        about = {"person": self.person_id} if self.person_id else {}
        return {**sound(self.content or {}), **about, "by": self.author}


@dataclass(frozen=True, slots=True)
class Judged:
    """An addition, and whether it is signed by whom it claims to be from."""

    opened: Opened
    is_believed: bool


def judged(source_key: str, every: Iterable[Opened]) -> list[Judged]:
    """Judge additions in their order. `source_key` is the public half that came with the submission.

    A believed addition of kind `key` says with what the source, or one person, signs from then on. Once a person has
    decided with her own key no other is believed for her: whoever represents her could make one and decide in her name.
    """
    keys: dict[str | None, str] = {None: source_key}
    decided: set[str | None] = set()
    found = []
    for one in every:
        signer = None if one.author == SOURCE else one.person_id
        is_believed = is_signed(keys.get(signer, ""), one.text, one.signature) and signer_may(one)
        found.append(Judged(one, is_believed))
        if is_believed and one.kind == KEY and one.person_id not in decided:
            keys[one.person_id] = str((one.content or {}).get("key", ""))
        elif is_believed and signer is not None:
            decided.add(signer)
    return found


def signer_may(one: Opened) -> bool:
    """Whether this author may say this at all: a person decides about herself, and nothing else."""
    return one.author == SOURCE or (one.kind == CONSENT and bool(one.person_id))


def is_whole(every: Sequence[Opened]) -> bool:
    """Whether no addition is missing in between, and all open: one that is gone may have been a withdrawal."""
    return [one.sequence for one in every] == list(range(1, len(every) + 1)) and all(
        one.content is not None for one in every
    )


def as_they_stand(facts: Mapping[str, Any], every: Sequence[Judged]) -> dict[str, Any]:
    """The facts with consents as they stand after all additions.

    Where an addition is missing or does not open, nothing may be sent until a person has looked. What nobody signed is
    laid over all else in the end: it must not stand in the way of what is signed and stricter still.
    """
    signed = [one.opened.change for one in every if one.is_believed and one.opened.kind == CONSENT]
    standing = confidentiality.with_changes(facts, signed)
    for one in every:
        if not one.is_believed:
            standing = confidentiality.with_stricter(standing, one.opened.change)
    return standing if is_whole([one.opened for one in every]) else {**standing, "consent_to_send": "no"}


def sound(content: Mapping[str, Any]) -> dict[str, Any]:
    """Of a consent, what has the shape of one: anybody may have written it."""
    kept: dict[str, Any] = {}
    for name, known in (("naming", LEVELS), ("precision", PRECISIONS)):
        if isinstance(content.get(name), dict):
            allowed = {each.value for each in known}
            kept[name] = {key: value for key, value in content[name].items() if value in allowed}
    for name in ("not_to", "kept_parts"):
        if isinstance(content.get(name), list):
            kept[name] = [each for each in content[name] if isinstance(each, str)]
    for name in ("consent_to_send", "basis", "given_by", "given_on"):
        if isinstance(content.get(name), str):
            kept[name] = content[name]
    return kept
