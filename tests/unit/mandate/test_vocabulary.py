import re
from dataclasses import replace

import pytest

from mandate.vocabulary import (
    ADDRESSEE_LABELS,
    LETTER_KIND_LABELS,
    Addressee,
    Instrument,
    InstrumentKind,
    LetterKind,
    NoExistingRight,
    Right,
    UnknownInstrument,
    ViolationType,
    existing_rights,
    offered,
    require_existing_right,
    require_lawful_annex,
)

TREATY = Instrument("ICCPR", InstrumentKind.treaty, 1966, {"en": "A covenant"})
DRAFT = Instrument("DDIS", InstrumentKind.draft, 2023, {"en": "A draft"})
LIST = {"ICCPR": TREATY, "DDIS": DRAFT}


def a_type(*rights: Right, code: str = "SOL-01") -> ViolationType:
    words = {"en": "words"}
    return ViolationType(code, words, words, ("4",), rights, (Addressee.state,))


def test_a_type_with_an_existing_right_is_accepted() -> None:
    kind = a_type(Right("DDIS", ("4",)), Right("ICCPR", ("21",)))
    require_existing_right(kind, LIST)
    assert existing_rights(kind.rights, LIST) == (Right("ICCPR", ("21",)),)


def test_a_type_that_rests_on_the_draft_declaration_alone_is_refused() -> None:
    with pytest.raises(NoExistingRight, match="SOL-01"):
        require_existing_right(a_type(Right("DDIS", ("4",))), LIST)


def test_a_type_without_any_right_is_refused() -> None:
    with pytest.raises(NoExistingRight):
        require_existing_right(a_type(), LIST)


def test_only_the_uncertain_type_needs_no_right() -> None:
    require_existing_right(a_type(code="SOL-99"), LIST)
    with pytest.raises(NoExistingRight):
        require_existing_right(a_type(code="SOL-90"), LIST)


def test_a_right_in_an_unlisted_instrument_is_refused_also_for_the_uncertain_type() -> None:
    with pytest.raises(UnknownInstrument, match="IMAGINED"):
        require_existing_right(a_type(Right("IMAGINED"), code="SOL-99"), LIST)


def test_an_annex_that_cites_only_the_draft_or_nothing_is_refused() -> None:
    require_lawful_annex([Right("DDIS", ("4",)), Right("ICCPR", ("19",))], LIST)
    with pytest.raises(NoExistingRight):
        require_lawful_annex([Right("DDIS", ("4",))], LIST)
    with pytest.raises(NoExistingRight):
        require_lawful_annex([], LIST)


def test_a_retired_type_is_offered_no_more() -> None:
    second, first = a_type(code="SOL-02"), a_type(code="SOL-01")
    retired = replace(first, code="SOL-03", retired=True)
    assert offered([second, retired, first]) == (first, second)


def test_letter_kinds_are_what_stands_in_a_reference() -> None:
    assert [kind.value for kind in LetterKind] == ["UA", "AL", "OL"]
    assert all(re.fullmatch(r"[A-Z]{2}", kind) for kind in LetterKind)


def test_every_kind_and_every_addressee_has_a_label() -> None:
    assert set(LETTER_KIND_LABELS) == set(LetterKind)
    assert set(ADDRESSEE_LABELS) == set(Addressee)
