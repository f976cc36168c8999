"""Rows of States, from a data file to their shape."""

from collections.abc import Mapping
from types import MappingProxyType

from mandate.rows import FactsWrong, Table, day, listed, prefixed, word
from mandate.shapes import Standing, StateFacts

FORMAL = ("formal_en", "formal_fr", "formal_es")
FORM_ENDINGS = ("_heading", "_the", "_of", "_to", "_in")


def states_from(content: Table) -> Mapping[str, StateFacts]:
    """The States of a data file's content by code. Raises FactsWrong when a code stands twice or a name is missing."""
    rows = [_state(row) for row in content["state"]]
    by_code = {row.code: row for row in rows}
    if len(by_code) != len(rows):
        raise FactsWrong("a State's code stands twice")
    return MappingProxyType(by_code)


def _state(row: Table) -> StateFacts:
    code = word(row, "code", "a State")
    return StateFacts(
        code=code,
        status=Standing(row["status"]),
        names=prefixed(row, "short", code),
        formal={key.removeprefix("formal_"): str(row[key]) for key in FORMAL if key in row},
        forms={key: str(value) for key, value in row.items() if key.endswith(FORM_ENDINGS)},
        source=word(row, "source", code),
        valid_from=day(row, "valid_from", code),
        valid_to=day(row, "valid_to", code),
        unverified=listed(row, "unverified"),
    )
