import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions import attachments
from submissions.codes import GROUPS, new_code
from submissions.models import Stage
from submissions.views.sending import asked_groups
from submissions.wording import REFUSALS, STAGE_MEANINGS, STAGE_TITLES


@pytest.mark.parametrize("stage", Stage)
def test_each_stage_has_words_for_its_source(stage):
    assert STAGE_TITLES[stage]
    assert STAGE_MEANINGS[stage]


@pytest.mark.parametrize(
    "reason",
    [
        attachments.EMPTY,
        attachments.TOO_LARGE,
        attachments.TOO_MANY,
        attachments.KIND_NOT_ALLOWED,
        attachments.FALSE_ENDING,
    ],
)
def test_each_reason_to_refuse_a_file_has_words_that_name_it(reason):
    assert "note.txt" in REFUSALS[reason] % {"name": "note.txt"}


@given(st.randoms(use_true_random=False))
def test_two_different_groups_are_asked_for_and_always_the_same_two(drawn):
    code = new_code(drawn.randrange)
    first, second = asked_groups(code)
    assert 1 <= first < second <= GROUPS
    assert asked_groups(code) == (first, second)
