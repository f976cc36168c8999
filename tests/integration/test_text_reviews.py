"""Reviews of the texts that sources decide by, at the desk and before a release."""

import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

import operations.release_commands
from accounts.permissions import Role
from foundation.languages import UN_LANGUAGES
from foundation.means import Means
from mandate import seeding
from mandate.models import State
from submissions.weighty_texts import BY_TEXT, WEIGHTY
from tests import factories
from tests.desk_visits import Colleague, by_role, desk_means
from tests.factories import actor
from tests.fakes import FakeClock
from workflows import text_reviews
from workflows.text_reviews import ReviewState, TextReview, WordsChanged

PLACE = "/desk/texts/safer-use/fr"
SEEN = re.compile(r'name="seen" value="([0-9a-f]{64})"')


@pytest.fixture
def commands(means: Means, instance: Path) -> Flask:
    made = Flask("commands_under_test")
    made.extensions["means"] = desk_means(means, instance)
    made.cli.add_command(operations.release_commands.release_check)
    return made


def check(commands: Flask) -> Result:
    return commands.test_cli_runner().invoke(args=["release-check"])


def rows(means: Means) -> list[TextReview]:
    with means.database.reading() as session:
        return list(session.scalars(select(TextReview)))


def state_of(means: Means, name: str, language: str) -> ReviewState:
    with means.database.reading() as session:
        found = text_reviews.standings(session)
    return next(one.state for one in found if (one.text.name, one.language) == (name, language))


def test_nothing_is_reviewed_until_a_person_says_so_and_then_with_name_and_day(
    noor: Colleague, means: Means, clock: FakeClock
) -> None:
    assert noor.get("/desk/texts").text.count("Not reviewed") == len(WEIGHTY) * len(UN_LANGUAGES)
    page = noor.get(PLACE)
    assert 'lang="fr" dir="ltr"' in page.text
    answer = noor.send(f"{PLACE}/review", page=PLACE)
    assert answer.status_code == 303
    assert state_of(means, "safer-use", "fr") is ReviewState.REVIEWED
    assert state_of(means, "safer-use", "es") is ReviewState.NOT_REVIEWED
    (row,) = rows(means)
    assert (row.reviewed_by, row.reviewed_at) == (str(actor(means, factories.OFFICER)), clock())
    shown = noor.get("/desk/texts").text
    assert re.search(r"Noor[^<]* on \d+ \w+ \d{4}", shown)


def test_words_that_changed_while_they_were_read_are_not_reviewed(noor: Colleague, means: Means) -> None:
    answer = noor.send(f"{PLACE}/review", seen="0" * 64)
    assert answer.status_code == 409
    assert "The words changed while you read them." in answer.text
    assert SEEN.search(answer.text), "the words of now, with their button"
    assert rows(means) == []
    with means.database.transaction() as session, pytest.raises(WordsChanged):
        text_reviews.review(session, BY_TEXT["start"], "en", "", actor(means, factories.HOLDER), means.clock())


def test_a_text_that_changed_after_its_review_says_so(noor: Colleague, means: Means, clock: FakeClock) -> None:
    noor.send(f"{PLACE}/review", page=PLACE)
    with means.database.transaction() as session:
        session.execute(update(TextReview).values(words_sha256="0" * 64))
    assert state_of(means, "safer-use", "fr") is ReviewState.CHANGED
    assert "Changed since it was reviewed" in noor.get("/desk/texts").text
    clock.advance(minutes=1)
    noor.send(f"{PLACE}/review", page=PLACE)
    assert state_of(means, "safer-use", "fr") is ReviewState.REVIEWED, "the last review counts"
    assert len(rows(means)) == 2, "and the one before it stays on record"


def test_an_auditor_reads_and_does_not_review(desk: Flask, means: Means) -> None:
    auditor = by_role(desk, means, Role.AUDITOR)
    assert "I have reviewed these words" not in auditor.get(PLACE).text
    assert auditor.send(f"{PLACE}/review").status_code == 403


@pytest.mark.parametrize("place", ["nothing/fr", "safer-use/xx", "safer-use/de", "../fr", "safer-use/f%00"])
def test_a_text_that_is_none_is_not_there(noor: Colleague, place: str) -> None:
    assert noor.get(f"/desk/texts/{place}").status_code == 404


def test_the_release_check_lists_all_that_nobody_reviewed_and_fails(commands: Flask, means: Means) -> None:
    factories.prepared(means)
    answer = check(commands)
    lines = answer.output.splitlines()
    assert answer.exit_code == 1
    expected = {
        "text safer-use (ar): not reviewed",
        "state AFG: not reviewed (unverified: formal_fr)",
        "procedure torture: not reviewed (unverified: name, help)",
        "file violation_types.toml: not reviewed (unverified: draft, rights)",
        "file instruments.toml: not reviewed (unverified: en, fr, es)",
        "term terms.toml UA.reply: not reviewed",
        "term retention.toml declined: not reviewed",
    }
    assert expected <= set(lines)
    assert any(line.startswith("mandate_holder ") for line in lines)
    assert any(line.startswith("resolution ") for line in lines)
    assert lines[-1] == f"Not reviewed: {len(lines) - 1}."


def test_what_was_reviewed_is_not_listed_any_more(commands: Flask, noor: Colleague, means: Means) -> None:
    factories.prepared(means)
    before = check(commands).output.splitlines()
    noor.send(f"{PLACE}/review", page=PLACE)
    with means.database.transaction() as session:
        confirmed = session.scalars(select(State).where(State.code == "AFG")).one()
        confirmed.reviewed_by, confirmed.confirmed_on = "somebody", means.clock().date()
    after = check(commands).output.splitlines()
    gone = {"text safer-use (fr): not reviewed", "state AFG: not reviewed (unverified: formal_fr)"}
    assert set(before[:-1]) - set(after[:-1]) == gone


def test_no_row_that_is_shipped_claims_a_review(means: Means) -> None:
    with means.database.transaction() as session:
        seeding.seed(session, demo=True)
    assert rows(means) == []
    with means.database.reading() as session:
        given = [row for kind in operations.release.GIVEN for row in session.scalars(select(kind))]
        assert len(given) > 190
        assert not [row for row in given if row.reviewed_by or row.confirmed_on]
        assert all(one.state is ReviewState.NOT_REVIEWED for one in text_reviews.standings(session))
