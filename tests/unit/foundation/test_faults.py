"""What may be said of an error: its kind and its place."""

from foundation.faults import place_of


def breaks() -> None:
    raise LookupError("what a source told us")


def caught() -> LookupError:
    try:
        breaks()
    except LookupError as error:
        return error
    raise AssertionError


def test_an_error_is_named_by_its_kind_and_by_the_line_where_it_arose() -> None:
    line = breaks.__code__.co_firstlineno + 1
    assert place_of(caught()) == f"LookupError at tests.unit.foundation.test_faults:{line}"


def test_an_error_that_was_never_raised_has_a_kind_only() -> None:
    assert place_of(ValueError("what a source told us")) == "ValueError"
