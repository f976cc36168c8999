"""What an auditor asks on the command line, with what the desk's process holds and no more."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, update

import operations.audit_commands
from accounts import demo
from foundation import jobs
from foundation.means import Means
from tests import factories
from tests.desk_visits import Colleague, desk_means, page_of, submission_of
from tests.fakes import FakeClock
from workflows import heads, sources
from workflows.models import Case, CaseEvent, CaseSubmission


@pytest.fixture
def commands(means: Means, instance: Path) -> Flask:
    """The command line."""
    made = Flask("commands_under_test")
    made.extensions["means"] = desk_means(means, instance)
    made.cli.add_command(operations.audit_commands.group)
    return made


def said(commands: Flask, *words: str) -> Result:
    return commands.test_cli_runner().invoke(args=["audit", *words])


@pytest.fixture
def case(means: Means) -> Case:
    """A case whose chain has left in a head."""
    found = factories.triaged(means)
    with means.database.transaction() as session:
        jobs.enqueue(session, heads.WRITE, means.clock())
    factories.work(means)
    return found


def test_a_record_that_nobody_touched_is_said_to_be_whole(commands: Flask, case: Case) -> None:
    answer = said(commands, "verify")
    assert answer.output == "Checked: 1 cases, 1 events, 1 heads.\nNothing was found.\n"
    assert answer.exit_code == 0


def test_each_finding_is_one_line_of_ids_and_the_command_fails(commands: Flask, case: Case, means: Means) -> None:
    factories.triaged(means)
    with means.database.transaction() as session:
        session.execute(update(CaseEvent).where(CaseEvent.case_id == case.id).values(by="account:nobody"))
        session.execute(update(CaseSubmission).where(CaseSubmission.case_id == case.id).values(source_seal="0" * 64))
    answer = said(commands, "verify")
    assert answer.output.splitlines() == [
        "Checked: 2 cases, 2 events, 1 heads.",
        f"case {case.id}, event 1: event_changed",
        f"case {case.id}, event 0: source_key_swapped",
        "Found: 2.",
    ]
    assert answer.exit_code == 1


def test_what_the_heads_show_is_said_too(commands: Flask, case: Case, means: Means) -> None:
    with means.database.transaction() as session:
        session.execute(delete(CaseEvent).where(CaseEvent.case_id == case.id))
    answer = said(commands, "verify")
    assert f"case {case.id}: events_cut_off (against the heads)" in answer.output
    assert "events: fewer (against the heads)" in answer.output
    assert answer.exit_code == 1


def test_every_opening_of_an_identity_is_told_with_who_when_and_why(
    commands: Flask, case: Case, means: Means, clock: FakeClock
) -> None:
    assert said(commands, "openings").output == ""
    submission, by = submission_of(means, case), factories.actor(means)
    for why in ("To ask for\nthe medical report.", "To warn the source."):
        sources.open_identity(means, case.id, submission.id, by, why)
        clock.advance(minutes=5)
    account = by.removeprefix("account:")
    assert said(commands, "openings").output.splitlines() == [
        f"2026-11-23 09:00:00 UTC  {case.reference}  {account}  To ask for the medical report.",
        f"2026-11-23 09:05:00 UTC  {case.reference}  {account}  To warn the source.",
    ]
    with means.database.transaction() as session:
        session.execute(update(CaseEvent).where(CaseEvent.action == "identity_opened").values(note=b"damaged"))
    assert said(commands, "openings").output.count("(the reason does not open)") == 2


def test_the_desk_lists_openings_and_the_state_of_the_record(noor: Colleague, case: Case, means: Means) -> None:
    shown = noor.text("/desk/record")
    assert "No identity was opened." in shown
    assert "No alarm is open." in shown
    submission, by = submission_of(means, case), factories.actor(means, factories.COLLEAGUE)
    sources.open_identity(means, case.id, submission.id, by, "To ask for the medical report.")
    shown = noor.text("/desk/record")
    assert case.reference in shown
    assert "To ask for the medical report." in shown
    assert demo.DEMO_SIGN_INS[factories.COLLEAGUE].name in shown
    assert page_of(case) in noor.get("/desk/record").text
