"""Who may open which page of the desk, and press which button."""

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.permissions import PERMISSIONS, Permission, Role
from foundation import alarms
from foundation.jobs import Job
from foundation.means import Means
from submissions.models import Message
from tests import factories
from tests.desk_visits import (
    BUTTONS,
    PAGES,
    Colleague,
    actions_on,
    an_attachment,
    by_role,
    count,
    events_of,
    page_of,
    submission_of,
)
from workflows.cases import Happening
from workflows.lifecycle import CaseStatus
from workflows.models import CaseEvent


def rules_of(desk: Flask, method: str) -> set[str]:
    own = (rule for rule in desk.url_map.iter_rules() if rule.endpoint.startswith("desk."))
    return {rule.endpoint for rule in own if method in (rule.methods or ())}


def test_every_page_and_button_of_the_desk_stands_in_the_tables_of_these_tests(desk: Flask) -> None:
    assert rules_of(desk, "GET") == {*PAGES, "desk.root"}
    assert rules_of(desk, "POST") == set(BUTTONS)


def places(means: Means) -> dict[str, str]:
    """An accepted case with a draft, a file, a notice and a job, by the names in the tables above."""
    letter = factories.sent(means, files={"list.txt": b"a list"})
    case = factories.case_now(means, letter.case_id)
    with means.database.reading() as session:
        job = session.scalars(select(Job).limit(1)).one()
    with means.database.transaction() as session:
        alarms.raise_alarm(session, "tests.something_broke", job.id, means.clock())
        alarm = alarms.open_alarms(session)[0]
    return {
        "case": case.id,
        "letter": letter.id,
        "file": an_attachment(means).id,
        "submission": submission_of(means, case).id,
        "notice": factories.notices_of(means, letter.id)[0].id,
        "job": job.id,
        "alarm": alarm.id,
    }


def test_a_page_opens_for_those_roles_alone_that_may_see_it(desk: Flask, means: Means) -> None:
    known = places(means)
    for role in Role:
        person = by_role(desk, means, role)
        for endpoint, (path, permission) in PAGES.items():
            code = person.get(path.format(**known)).status_code
            allowed = permission in PERMISSIONS[role]
            assert (code != 403) == allowed, (role, endpoint, code)
            assert code < 500, (role, endpoint)


def test_a_button_works_for_those_roles_alone_that_may_press_it_and_is_shown_to_no_other(
    desk: Flask, means: Means
) -> None:
    known = places(means)
    before = count(means, CaseEvent)
    for role in Role:
        person = by_role(desk, means, role)
        for endpoint, (path, permission) in BUTTONS.items():
            if permission not in PERMISSIONS[role]:
                assert person.send(path.format(**known)).status_code == 403, (role, endpoint)
        if Permission.SEE_CASES not in PERMISSIONS[role]:
            continue
        shown = actions_on(person.get(f"/desk/cases/{known['case']}")) | actions_on(person.get("/desk/notices"))
        forbidden = {path.format(**known) for path, needed in BUTTONS.values() if needed not in PERMISSIONS[role]}
        assert not shown & forbidden, role
    assert count(means, CaseEvent) == before


def test_a_role_that_may_press_a_button_is_not_refused(desk: Flask, means: Means) -> None:
    known = places(means)
    for role in Role:
        person = by_role(desk, means, role)
        for endpoint, (path, permission) in BUTTONS.items():
            if permission in PERMISSIONS[role]:
                code = person.send(path.format(**known)).status_code
                assert code in {303, 400, 409, 422}, (role, endpoint, code)


def test_without_signing_in_every_page_and_button_leads_to_the_door(desk: Flask, means: Means) -> None:
    known = places(means)
    stranger = desk.test_client()
    for path, _ in PAGES.values():
        answer = stranger.get(path.format(**known))
        assert answer.status_code == 302
        assert "/desk/sign-in" in answer.headers["Location"]
    for path, _ in BUTTONS.values():
        assert stranger.post(path.format(**known)).status_code == 400, "without a token nothing is even looked at"


def test_a_button_without_the_token_of_a_page_does_nothing(noor: Colleague, means: Means) -> None:
    case = factories.triaged(means)
    answer = noor.client.post(f"{page_of(case)}/decision", data={"decision": "decline", "why": "No."})
    assert answer.status_code == 400
    assert factories.case_now(means, case.id).status == CaseStatus.IN_TRIAGE


@pytest.mark.parametrize("forged", ["0" * 32, "x", "%00", "..%2f..", "'%20or%201=1--", "a" * 3000])
def test_an_id_that_belongs_to_nothing_is_a_page_that_is_not_there(
    desk: Flask, means: Means, noor: Colleague, forged: str
) -> None:
    known = places(means)
    holder, operator = by_role(desk, means, Role.MANDATE_HOLDER), by_role(desk, means, Role.OPERATOR)
    for name in known:
        for path, _ in PAGES.values():
            if f"{{{name}}}" in path:
                assert noor.get(path.format(**{**known, name: forged})).status_code == 404, path
        for path, permission in BUTTONS.values():
            if f"{{{name}}}" in path:
                fitting = {Permission.APPROVE_LETTER: holder, Permission.RETRY_JOB: operator}.get(permission, noor)
                assert fitting.send(path.format(**{**known, name: forged})).status_code == 404, path


def test_a_submission_of_another_case_is_refused(noor: Colleague, means: Means) -> None:
    mine, other = factories.triaged(means), factories.triaged(means)
    foreign = submission_of(means, other)
    for path, fields in (("messages", {"message": "Hello"}), ("identity", {"purpose": "I want to know"})):
        assert noor.send(f"{page_of(mine)}/{path}/{foreign.id}", **fields).status_code == 404
    assert count(means, Message) == 0
    assert not events_of(means, other, Happening.IDENTITY_OPENED)


def test_an_operator_comes_to_the_jobs_and_sees_no_section_of_cases(desk: Flask, means: Means) -> None:
    operator = by_role(desk, means, Role.OPERATOR)
    answer = operator.get("/desk/")
    assert answer.headers["Location"] == "/desk/jobs"
    page = operator.get("/desk/jobs").text
    assert "/desk/letters" not in page
    assert "/desk/queue" not in page
