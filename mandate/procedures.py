"""Other mandates and procedures that may help, read and checked once from data/procedures.toml.

Functions raise FactsWrong (see `rows`) when the file is damaged.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from mandate.guide import MARKS
from mandate.rows import FactsWrong, Table, day, listed, read, texts, word
from mandate.vocabulary import Texts

FILE = "procedures.toml"


class Group(StrEnum):
    """Under which heading a procedure stands, in this order."""

    MANDATES = "mandates"
    COMMITTEES = "committees"
    REGIONAL = "regional"
    ORGANISATIONS = "organisations"


@dataclass(frozen=True, slots=True)
class Procedure:
    """Another mandate, procedure or body. It is named for whoever chose one of the marks in `fits`.

    Without an address on purpose: a wrong one could harm whoever follows it.
    """

    id: str
    group: Group
    fits: frozenset[str]
    name: Texts
    help: Texts
    source: str
    unverified: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Procedures:
    """The list, and the day of which it is."""

    as_of: date
    rows: tuple[Procedure, ...]


@cache
def procedures() -> Procedures:
    """The shipped list."""
    return procedures_from(read(FILE))


def procedures_from(content: Table) -> Procedures:
    """The list of a data file's content. Raises FactsWrong."""
    as_of = day(content["list"], "as_of", FILE)
    rows = tuple(_procedure(row) for row in content["procedure"])
    if as_of is None or len({row.id for row in rows}) != len(rows):
        raise FactsWrong(f"{FILE}: the list needs a day, and no id may stand twice")
    return Procedures(as_of, rows)


def fitting(marks: Collection[str]) -> list[tuple[Group, list[Procedure]]]:
    """The procedures that bear one of the marks, by their groups; groups without any are left out."""
    found = [row for row in procedures().rows if row.fits.intersection(marks)]
    by_group = [(group, [row for row in found if row.group is group]) for group in Group]
    return [(group, rows) for group, rows in by_group if rows]


def _procedure(row: Table) -> Procedure:
    what = f"procedure {row.get('id')}"
    fits = frozenset(listed(row, "fits"))
    if not fits or not fits <= MARKS:
        raise FactsWrong(f"{what}: fits names nothing, or what no question asks: {sorted(fits - MARKS)}")
    return Procedure(
        id=word(row, "id", what),
        group=Group(word(row, "group", what)),
        fits=fits,
        name=texts(row["name"], f"{what} name"),
        help=texts(row["help"], f"{what} help"),
        source=word(row, "source", what),
        unverified=listed(row, "unverified"),
    )
