"""Records of what is given. Each is valid for a span of days, both ends included, so that a letter keeps the names
of its date; each says where it comes from and whether a signed-in person has confirmed it.
"""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Base, new_id

ALWAYS = date.min
"""The first day of something whose first day is not known."""

Names = dict[str, str]


class Sourced:
    """Where a row comes from. `reviewed_by` and `confirmed_on` are empty until a signed-in person sets them."""

    source: Mapped[str] = mapped_column(Text)
    unverified: Mapped[list[str]] = mapped_column(JSON, default=list)
    reviewed_by: Mapped[str | None] = mapped_column(String(36))
    confirmed_on: Mapped[date | None]

    @property
    def is_reviewed(self) -> bool:
        """Whether a person has confirmed the row. What is not needs the approver's explicit word."""
        return self.reviewed_by is not None and self.confirmed_on is not None


class Mandate(Sourced, Base):
    """The mandate under one title. Title forms stand by language; a holder's by gender, then by language."""

    __tablename__ = "mandate"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True, default=ALWAYS)
    valid_to: Mapped[date | None]
    title: Mapped[Names] = mapped_column(JSON)
    holder_title: Mapped[dict[str, Names]] = mapped_column(JSON)
    holder_title_of: Mapped[dict[str, Names]] = mapped_column(JSON)


class MandateHolder(Sourced, Base):
    """In whose name letters go. A row without `from_on` is remembered by years only and never signs."""

    __tablename__ = "mandate_holder"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    mandate_code: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(200))
    gender: Mapped[str] = mapped_column(String(12))
    nationality: Mapped[str | None] = mapped_column(String(3))
    from_year: Mapped[int]
    to_year: Mapped[int | None]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    title: Mapped[Names] = mapped_column(JSON)
    title_of: Mapped[Names] = mapped_column(JSON)
    fictional: Mapped[bool] = mapped_column(default=False)


class Resolution(Sourced, Base):
    """A resolution on which the mandate rests. No `in_force_until` means that the end is not known."""

    __tablename__ = "resolution"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    mandate_code: Mapped[str] = mapped_column(String(12))
    body: Mapped[str] = mapped_column(String(12))
    number: Mapped[str] = mapped_column(String(20))
    year: Mapped[int]
    adopted_on: Mapped[date | None]
    in_force_from: Mapped[date | None]
    in_force_until: Mapped[date | None]
    term_years: Mapped[int | None]

    def is_past_term(self, day: date) -> bool:
        """Whether the years it set have run out on `day` while no end is recorded: a person should look."""
        if self.in_force_from is None or self.term_years is None or self.in_force_until is not None:
            return False
        return (day.year - self.term_years, day.month, day.day) >= (
            self.in_force_from.year,
            self.in_force_from.month,
            self.in_force_from.day,
        )


class State(Sourced, Base):
    """A State's names during one span. `status` is member, observer or fictional."""

    __tablename__ = "state"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True, default=ALWAYS)
    valid_to: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(12))
    names: Mapped[Names] = mapped_column(JSON)
    formal: Mapped[Names] = mapped_column(JSON)
    forms: Mapped[Names] = mapped_column(JSON)


class PermanentMission(Sourced, Base):
    """Through which a letter reaches a State, during one span. Letters to it are in English, French or Spanish."""

    __tablename__ = "permanent_mission"
    __table_args__: Any = (CheckConstraint("language IN ('en', 'fr', 'es')", name="letter_language"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    state_code: Mapped[str] = mapped_column(String(3), index=True)
    name: Mapped[str] = mapped_column(Text)
    address_lines: Mapped[list[str]] = mapped_column(JSON)
    mailbox: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    valid_from: Mapped[date] = mapped_column(default=ALWAYS)
    valid_to: Mapped[date | None]
