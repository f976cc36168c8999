"""The desk as its people meet it: the face with just the keys it may hold, and a browser for each of them."""

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from sqlalchemy import func, select
from werkzeug.test import TestResponse

import accounts.views
import workflows.views.desk
from accounts import access, visits
from accounts.demo import DEMO_SIGN_INS
from accounts.permissions import Permission, Role
from accounts.session import TOKEN
from foundation.db import Base
from foundation.i18n import speak
from foundation.keys import load_keys
from foundation.languages import DESK_LANGUAGES
from foundation.means import Means
from foundation.web import SealedSessions, protect
from holdings import HOLDINGS
from submissions.models import Attachment, Submission
from tests import factories
from tests.compiled import compile_once
from tests.databases import acting_as
from workflows import cases, queries
from workflows.models import Case, CaseEvent, Communication

ROOT = Path(__file__).parent.parent
IDLE = timedelta(minutes=60)
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
BY_ROLE = {Role.OFFICER: 0, Role.MANDATE_HOLDER: 2, Role.AUDITOR: 3, Role.OPERATOR: 4}

PAGES: Mapping[str, tuple[str, Permission]] = {
    "desk.queue": ("/desk/queue", Permission.SEE_CASES),
    "desk.find": ("/desk/find?reference=x", Permission.SEE_CASES),
    "desk.case": ("/desk/cases/{case}", Permission.SEE_CASES),
    "desk.letters": ("/desk/letters", Permission.SEE_CASES),
    "desk.letter": ("/desk/letters/{letter}", Permission.SEE_CASES),
    "desk.letter_pdf": ("/desk/letters/{letter}/letter.pdf", Permission.SEE_CASES),
    "desk.ask_to_send": ("/desk/letters/{letter}/send", Permission.SEND_LETTER),
    "desk.attachment": ("/desk/attachments/{file}", Permission.SEE_CASES),
    "desk.reply_file": ("/desk/reply-files/{file}", Permission.SEE_CASES),
    "desk.notices": ("/desk/notices", Permission.SEE_CASES),
    "desk.show_keeping": ("/desk/keeping", Permission.SEE_CASES),
    "desk.show_jobs": ("/desk/jobs", Permission.SEE_JOBS),
    "desk.show_record": ("/desk/record", Permission.SEE_EVENTS),
    "desk.show_texts": ("/desk/texts", Permission.SEE_EVENTS),
    "desk.show_text": ("/desk/texts/safer-use/fr", Permission.SEE_EVENTS),
}
BUTTONS: Mapping[str, tuple[str, Permission]] = {
    "desk.decide": ("/desk/cases/{case}/decision", Permission.DECIDE_CASE),
    "desk.save_summary": ("/desk/cases/{case}/summary/en", Permission.WRITE_SUMMARY),
    "desk.draft_letter": ("/desk/cases/{case}/letters", Permission.DRAFT_LETTER),
    "desk.write_to_source": ("/desk/cases/{case}/messages/{submission}", Permission.WRITE_TO_SOURCE),
    "desk.mark_read": ("/desk/cases/{case}/read", Permission.WRITE_TO_SOURCE),
    "desk.open_identity": ("/desk/cases/{case}/identity/{submission}", Permission.OPEN_IDENTITY),
    "desk.open_original": ("/desk/cases/{case}/files/{file}", Permission.OPEN_ORIGINAL),
    "desk.keep_record": ("/desk/cases/{case}/keep", Permission.HOLD_RECORDS),
    "desk.lift_keeping": ("/desk/cases/{case}/keep/lift", Permission.HOLD_RECORDS),
    "desk.propose_erasure": ("/desk/cases/{case}/erasure/{submission}", Permission.PROPOSE_DISPOSAL),
    "desk.confirm_erasure": ("/desk/cases/{case}/erasure/{submission}/confirm", Permission.CONFIRM_DISPOSAL),
    "desk.decline_erasure": ("/desk/cases/{case}/erasure/{submission}/decline", Permission.CONFIRM_DISPOSAL),
    "desk.edit_letter": ("/desk/letters/{letter}/fields", Permission.DRAFT_LETTER),
    "desk.submit_letter": ("/desk/letters/{letter}/submit", Permission.DRAFT_LETTER),
    "desk.return_letter": ("/desk/letters/{letter}/return", Permission.APPROVE_LETTER),
    "desk.recall_letter": ("/desk/letters/{letter}/recall", Permission.DRAFT_LETTER),
    "desk.withdraw_letter": ("/desk/letters/{letter}/withdraw", Permission.DRAFT_LETTER),
    "desk.approve_letter": ("/desk/letters/{letter}/approve", Permission.APPROVE_LETTER),
    "desk.hold_letter": ("/desk/letters/{letter}/hold", Permission.SEND_LETTER),
    "desk.lift_hold": ("/desk/letters/{letter}/lift", Permission.SEND_LETTER),
    "desk.send_letter": ("/desk/letters/{letter}/send", Permission.SEND_LETTER),
    "desk.settle_notice": ("/desk/notices/{notice}/arrived", Permission.SEND_LETTER),
    "desk.try_again": ("/desk/jobs/{job}/again", Permission.RETRY_JOB),
    "desk.review_text": ("/desk/texts/safer-use/fr/review", Permission.REVIEW_TEXTS),
    "desk.settle_alarm": ("/desk/alarms/{alarm}/settled", Permission.RETRY_JOB),
}


def desk_means(means: Means, instance: Path) -> Means:
    """What the desk's process holds, and no more."""
    held = HOLDINGS["desk"]
    keys = load_keys(instance / "keys", held.private, held.secrets, held.signs)
    return replace(means, database=acting_as(means.database, "desk"), keys=keys, demo=True)


def make_desk(means: Means) -> Flask:
    """The face, made as app.py makes it, on the means of a test."""
    app = Flask("desk_under_test", root_path=str(ROOT), template_folder="templates")
    library = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / "templates"), library])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    compile_once(app)
    app.secret_key = means.keys.secret("desk_cookies")
    protect(app, means, "desk", "/desk", secure=False)
    app.session_interface = SealedSessions(app.secret_key, IDLE, IDLE, lambda: means.clock().timestamp())
    app.config["IDLE_TIME"] = IDLE
    speak(app, "desk", DESK_LANGUAGES)
    app.register_blueprint(accounts.views.bp)
    app.register_blueprint(workflows.views.desk.bp)
    return app


class Colleague:
    """Somebody at the desk with a browser, signed in. Forms are sent with the hidden fields of the page they are on."""

    def __init__(self, app: Flask, means: Means, which: int) -> None:
        self.client: FlaskClient = app.test_client()
        self._means, self._email = means, DEMO_SIGN_INS[which].email
        self._sign_in()

    def _sign_in(self) -> None:
        factories.prepared(self._means)
        with self._means.database.transaction() as session:
            account = access.find_account(session, self._email)
            assert account is not None
            token = visits.begin_visit(session, self._means.keys, account.id, self._means.clock())
        with self.client.session_transaction(path="/desk/") as cookie:
            cookie[TOKEN] = token

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def text(self, path: str) -> str:
        """The text of a page, without its tags."""
        return text_of(self.get(path))

    def csrf(self) -> str:
        """A token that this browser may send; the header of every page carries one."""
        found = CSRF.search(self.get("/desk/account").text)
        assert found is not None
        return found[1]

    def send(self, path: str, page: str = "", **fields: Any) -> TestResponse:
        """Send a form to `path`, with the hidden fields of that form on `page`."""
        hidden = hidden_fields(self.get(page).text, path) if page else {}
        fields = {name: value for name, value in {**hidden, **fields}.items() if value is not None}
        return self.client.post(path, data={"csrf_token": self.csrf(), **fields})

    def press(self, path: str, page: str, **fields: Any) -> TestResponse:
        """Send a form and follow where it leads."""
        answer = self.send(path, page, **fields)
        return self.get(answer.headers["Location"]) if answer.status_code == 303 else answer


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form with this action."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form is not None, f"no form leads to {action}"
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1])
    return {name: html.unescape(value) for name, value in found}


def text_of(answer: TestResponse) -> str:
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def actions_on(answer: TestResponse) -> set[str]:
    """Where the forms of a page lead."""
    return set(re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', answer.text))


def page_of(case: Case) -> str:
    """The address of a case."""
    return f"/desk/cases/{case.id}"


def submission_of(means: Means, case: Case) -> Submission:
    """The first submission of a case."""
    with means.database.reading() as session:
        return session.get_one(Submission, cases.submissions_of(session, case.id)[0])


def by_role(desk: Flask, means: Means, role: Role) -> Colleague:
    """Somebody of a role."""
    return Colleague(desk, means, BY_ROLE[role])


def events_of(means: Means, case: Case, action: str = "") -> list[CaseEvent]:
    """What happened to a case."""
    with means.database.reading() as session:
        found = queries.events_of(session, case.id)
    return [event for event in found if not action or event.action == action]


def count(means: Means, kind: type[Base]) -> int:
    """How many rows there are of a kind."""
    with means.database.reading() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def an_attachment(means: Means) -> Attachment:
    """The one attachment there is."""
    with means.database.reading() as session:
        return session.scalars(select(Attachment).limit(1)).one()


def letter_path(letter: Communication) -> str:
    """The address of a letter."""
    return f"/desk/letters/{letter.id}"


def status_of(means: Means, letter: Communication) -> str:
    """The status of a letter now."""
    return factories.letter_now(means, letter.id).status


def summarise(means: Means, letter: Communication, words: str) -> None:
    """Save another summary of facts in the language of a letter, by the deed itself."""
    by = factories.actor(means)
    with means.database.transaction() as session:
        cases.save_summary(session, means.keys, letter.case_id, letter.language, words, by, means.clock())
