"""Changes to one record among the answers, so that two open tabs do not lose each other's people. Pure.

Each function takes the answers as they are kept now and gives new ones: call it inside `drafts.change_draft`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from foundation.db import new_id
from submissions.questions import Answers, Record
from submissions.records import COLLECTIONS, PERSON

SOURCE_ID = "source"


class NoSuchRecord(LookupError):
    """The record was removed meanwhile, perhaps in another tab, or there never was one."""


class CollectionFull(ValueError):
    """No more records of this collection fit."""


def records_in(answers: Answers, collection: str) -> Sequence[Record]:
    """All records of a collection that are kept, in the order in which they were added."""
    kept: Sequence[Record] = answers.get(collection, ())
    return kept


def record_in(answers: Answers, collection: str, record_id: str) -> Record:
    """One record. Raises NoSuchRecord."""
    found = next((each for each in records_in(answers, collection) if each["id"] == record_id), None)
    if found is None:
        raise NoSuchRecord(record_id)
    return found


def new_record(collection: str, kind: str) -> dict[str, Any]:
    """A record that says nothing yet. Raises ValueError for a kind that cannot be added."""
    if kind not in {choice.value for choice in COLLECTIONS[collection].kinds}:
        raise ValueError(kind)
    return {"id": new_id(), "kind": kind}


def with_record(answers: Answers, collection: str, record: Record) -> dict[str, Any]:
    """The answers with one more record at the end. Raises CollectionFull."""
    kept = records_in(answers, collection)
    if sum(not each.get("is_source") for each in kept) >= COLLECTIONS[collection].most:
        raise CollectionFull(collection)
    return {**answers, collection: [*kept, dict(record)]}


def with_answers(answers: Answers, said: Answers) -> dict[str, Any]:
    """The answers after something more was said. What holds a value for each audience is changed audience by audience.

    A page that was opened before another State was added knows nothing of that State, and must not empty its answer.
    """
    told = {name: {**answers.get(name, {}), **value} for name, value in said.items() if isinstance(value, Mapping)}
    return {**answers, **said, **told}


def with_said(answers: Answers, collection: str, record_id: str, said: Record) -> dict[str, Any]:
    """The answers after something more was said of one record; what it is cannot be changed. Raises NoSuchRecord."""
    before = record_in(answers, collection, record_id)
    fixed = {name: before[name] for name in ("id", "kind", "is_source") if name in before}
    after = {**with_answers(before, said), **fixed}
    kept = [after if each["id"] == record_id else each for each in records_in(answers, collection)]
    return {**answers, collection: kept}


def without_record(answers: Answers, collection: str, record_id: str) -> dict[str, Any]:
    """The answers without one record; removing it twice removes it once."""
    return {**answers, collection: [each for each in records_in(answers, collection) if each["id"] != record_id]}


def with_source(answers: Answers) -> dict[str, Any]:
    """The answers with the source at the head of the victims, once it was done to the source.

    It stays when the relation changes, so that nothing is lost; `confidentiality.people_in` leaves it out then.
    """
    victims = records_in(answers, "victims")
    if answers.get("relation") != "victim" or any(each.get("is_source") for each in victims):
        return dict(answers)
    return {**answers, "victims": [{"id": SOURCE_ID, "is_source": True, "kind": PERSON}, *victims]}
