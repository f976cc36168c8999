"""What nobody has reviewed yet: texts by which sources decide, and facts on which letters rest.

A row of the database is reviewed once a signed-in person has confirmed it; a row that stands in a data file only, once
nothing of it is marked as unverified any more.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.db import Base
from mandate import rows
from mandate.models import Mandate, MandateHolder, PermanentMission, Resolution, Sourced, State
from mandate.procedures import procedures
from workflows import deadlines, retention_terms, text_reviews
from workflows.text_reviews import ReviewState

WORDS = {ReviewState.NOT_REVIEWED: "not reviewed", ReviewState.CHANGED: "changed since it was reviewed"}
GIVEN: tuple[type[Base], ...] = (Mandate, MandateHolder, Resolution, State, PermanentMission)
# Files of which one table says for all rows what is unverified.
MARKED_AS_ONE = (("violation_types.toml", "hooks"), ("instruments.toml", "titles"))
TERMS = (deadlines.TERMS_FILE, retention_terms.TERMS_FILE)


def unreviewed(session: Session) -> Iterator[str]:
    """One line for each text, row and file of which nobody has said that it is right."""
    yield from _texts(session)
    yield from _rows_given(session)
    yield from (_line("procedure", one.id, one.unverified) for one in procedures().rows if one.unverified)
    for name, table in MARKED_AS_ONE:
        if marked := rows.read(name)[table].get("unverified", ()):
            yield _line("file", name, marked)
    for path in TERMS:
        terms = _unverified_terms(tomllib.loads(path.read_text(encoding="utf-8")))
        yield from (_line("term", f"{path.name} {term}", ()) for term in terms)


def _rows_given(session: Session) -> Iterator[str]:
    for given in GIVEN:
        found = cast("Iterable[Sourced]", session.scalars(select(given).order_by(*given.__table__.primary_key)))
        for row in found:
            if not row.is_reviewed:
                yield _line(given.__tablename__, _key_of(row), row.unverified)


def _texts(session: Session) -> Iterator[str]:
    for one in text_reviews.standings(session):
        if one.state is not ReviewState.REVIEWED:
            yield f"text {one.text.name} ({one.language}): {WORDS[one.state]}"


def _unverified_terms(content: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, row in content.items():
        if isinstance(row, dict):
            if row.get("unverified"):
                yield f"{before}{name}"
            yield from _unverified_terms(row, f"{before}{name}.")


def _key_of(row: Any) -> str:
    return str(row.code if hasattr(row, "code") else row.id)


def _line(kind: str, name: str, unverified: Iterable[str]) -> str:
    marked = ", ".join(unverified)
    return f"{kind} {name}: not reviewed" + (f" (unverified: {marked})" if marked else "")
