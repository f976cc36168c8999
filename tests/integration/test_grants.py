"""What each process may do in PostgreSQL: no more than its work needs, so that whoever takes one can forge nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import make_url, text

from foundation.alarms import raise_alarm
from foundation.db import Base
from foundation.keys import KeyMissing, load_keys
from foundation.means import Means
from holdings import HOLDINGS
from operations import grants
from operations.grants import GRANTS, JOBS, ROLES
from submissions import intake
from submissions.models import Submission
from tests import factories
from tests.databases import acting_as, role_url

Connection = psycopg.Connection[tuple[object, ...]]
WAYS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")

# A row like one that is there, changed in a few columns.
LIKE = (
    'INSERT INTO "{0}" SELECT * FROM jsonb_populate_record(NULL::"{0}",'
    """ (SELECT to_jsonb(one) || '{1}' FROM "{0}" one LIMIT 1))"""
)
A_JOB = (
    "INSERT INTO job (id, name, ids, key, written_at, due_at, sends, resend_at, attempts, done_at)"
    " VALUES ('forged', '{name}', '{{}}', {key}, now(), now(), 0, now(), 0, {done})"
)

AFTER_SENDING = (
    (
        "INSERT INTO addition (id, submission_id, sequence, kind, author, envelope, made_on)"
        " SELECT 'a', id, 1, 'facts', 'source', 'sealed', now() FROM submission"
    ),
    (
        "INSERT INTO message (id, submission_id, sequence, author, envelope, written_on)"
        " SELECT 'a', id, 1, 'mandate', 'sealed', now() FROM submission"
    ),
    (
        "INSERT INTO consent_code (id, submission_id, person_id, lookup, recipient, envelope, made_on, used_on)"
        " SELECT 'a', id, 'a', 'a', 'a', 'sealed', now(), now() FROM submission"
    ),
    (
        "INSERT INTO consent_code (id, submission_id, person_id, lookup, recipient, envelope, made_on)"
        " SELECT 'b', id, 'b', 'b', 'b', 'sealed', now() FROM submission"
    ),
)


def like(table: str, changes: str) -> str:
    return LIKE.format(table, changes)


def a_job(name: str, key: str = "NULL", done: str = "NULL") -> str:
    return A_JOB.format(name=name, key=key, done=done)


NOBODYS = {
    "an approval that is written over another": "UPDATE communication SET signature = 'forged'",
    "a letter": like("communication", '{"id": "forged", "reference_number": "XXB 99/2026"}'),
    "a case": like("case", '{"id": "forged", "reference": "IES-2026-99999"}'),
    "a case that is moved": "UPDATE \"case\" SET status = 'accepted'",
    "an event": like("case_event", '{"id": "forged", "sequence": 99}'),
    "an event that is changed": "UPDATE case_event SET action = 'approve'",
    "an event that is taken out": "DELETE FROM case_event",
    "an account": like("account", '{"id": "forged", "email": "forged@example.org"}'),
    "a role that is given": "UPDATE account SET role = 'mandate_holder'",
    "a password that is read": "SELECT password_hash FROM account",
    "somebody's visit to the desk": like("sign_in", '{"id": "forged", "token_hash": "forged"}'),
    "a release": like("release", '{"id": "forged", "communication_id": "forged"}'),
    "a link": like("link", '{"id": "forged", "token_hash": "forged"}'),
    "a notice": like("notice", '{"id": "forged", "message_id": "forged"}'),
    "an addressee's mailbox": "UPDATE recipient SET mailbox = 'elsewhere@example.org'",
    "a mission's mailbox": "UPDATE permanent_mission SET mailbox = 'elsewhere@example.org'",
    "an entry of the journal": (
        "INSERT INTO journal_entry (id, kind, day, written_at) VALUES ('forged', 'left', now(), now())"
    ),
    "an alarm that is silenced": "UPDATE alarm SET standing = NULL",
    "a job that is done in another's place": "UPDATE job SET done_at = now()",
    "a job that is taken away": "DELETE FROM job",
    "the rule that keeps jobs apart": "ALTER TABLE job DISABLE ROW LEVEL SECURITY",
    "a table of its own": "CREATE TABLE forged (id text)",
}

FORGERIES = {
    "public": {
        **NOBODYS,
        "what a source said": "UPDATE submission SET facts = 'forged'",
        "who a source is": "UPDATE submission SET identity = 'forged'",
        "a submission that is taken away": "DELETE FROM submission",
        "a source whose key is changed": "UPDATE source SET recipient = 'forged'",
        "a stage that only we tell": "UPDATE submission SET stage = 'letter_sent'",
        "a day in the time line that only we tell": like(
            "stage_reached", '{"id": "forged", "sequence": 99, "stage": "taken_up"}'
        ),
        "our words to a source": (
            "INSERT INTO message (id, submission_id, sequence, author, envelope, written_on)"
            " SELECT 'forged', id, 99, 'mandate', 'forged', now() FROM submission"
        ),
        "a letter's job": a_job("workflows.deliver", "'deliver:forged'"),
        "a reply's job": a_job("workflows.reply_received", "'reply:forged'"),
        "the key of another job": a_job("submissions.received", "'deliver:forged'"),
        "a key where none belongs": a_job("submissions.message_received", "'deliver:forged'"),
        "a job that is done before it is begun": a_job("submissions.received", "'received:forged'", "now()"),
        "a letter that is read": "SELECT fields FROM communication",
        "a reply that is read": "SELECT envelope FROM reply",
        "an addition that is changed": "UPDATE addition SET envelope = 'forged'",
        "an addition that is taken out": "DELETE FROM addition",
        "what a person's code shows": "UPDATE consent_code SET envelope = 'forged'",
        "a file of the mandate's": (
            "INSERT INTO attachment (id, source_id, submission_id, message_id, media_type, size, envelope)"
            " SELECT 'forged', s.source_id, s.id, m.id, 'text/plain', 1, 'forged'"
            " FROM submission s JOIN message m ON m.submission_id = s.id AND m.author = 'mandate'"
        ),
    },
    "portal": {
        **NOBODYS,
        "what was added after sending that is read": "SELECT id FROM addition",
        "a person's code that is read": "SELECT id FROM consent_code",
        "a source's own words that are read": "SELECT facts FROM submission",
        "a letter that is another": "UPDATE release SET pdf_id = 'forged'",
        "a letter that is closed": "UPDATE release SET closed_at = now()",
        "a reply that is changed": "UPDATE reply SET envelope = 'forged'",
        "a reply that is taken away": "DELETE FROM reply",
        "a letter's job": a_job("workflows.deliver", "'deliver:forged'"),
        "a submission's job": a_job("submissions.received", "'received:forged'"),
        "the key of another job": a_job("workflows.letter_opened", "'deliver:forged'"),
    },
    "desk": {
        "an event that is changed": NOBODYS["an event that is changed"],
        "an event that is taken out": NOBODYS["an event that is taken out"],
        "a case": NOBODYS["a case"],
        "an account": NOBODYS["an account"],
        "a role that is given": NOBODYS["a role that is given"],
        "a password that is set": "UPDATE account SET password_hash = 'forged'",
        "a release": NOBODYS["a release"],
        "a link": NOBODYS["a link"],
        "a mission's mailbox": NOBODYS["a mission's mailbox"],
        "a submission that is changed": "UPDATE submission SET facts = 'forged'",
        "an addition": like("addition", '{"id": "forged", "sequence": 99}'),
        "a file that no message brings": (
            "INSERT INTO attachment (id, source_id, submission_id, media_type, size, envelope)"
            " SELECT 'forged', source_id, id, 'text/plain', 1, 'forged' FROM submission"
        ),
        "a person's code that is read": "SELECT lookup FROM consent_code",
        "a source whose key is changed": "UPDATE source SET recipient = 'forged'",
        "a reply that is changed": "UPDATE reply SET envelope = 'forged'",
        "a submission's job": a_job("submissions.received", "'received:forged'"),
        "a job that is done in another's place": "UPDATE job SET done_at = now()",
        "an entry of the journal that is forgotten": "DELETE FROM journal_entry",
        "an alarm that is taken away": "DELETE FROM alarm",
        "a table of its own": NOBODYS["a table of its own"],
    },
    "worker": {
        "an event that is changed": NOBODYS["an event that is changed"],
        "an event that is taken out": NOBODYS["an event that is taken out"],
        "an account": NOBODYS["an account"],
        "a role that is given": NOBODYS["a role that is given"],
        "a password that is read": NOBODYS["a password that is read"],
        "a second factor that is read": "SELECT totp_envelope FROM account",
        "somebody's visit to the desk": NOBODYS["somebody's visit to the desk"],
        "a letter": NOBODYS["a letter"],
        "an alarm that is silenced": NOBODYS["an alarm that is silenced"],
        "a mission's mailbox": NOBODYS["a mission's mailbox"],
        "an entry of the journal that is forgotten": "DELETE FROM journal_entry",
        "a table of its own": NOBODYS["a table of its own"],
    },
}


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """PostgreSQL alone: SQLite has no roles."""
    return postgresql_url


@pytest.fixture
def filled(means: Means) -> Means:
    """A database in which all that could be forged has a pattern."""
    factories.sent(means)
    with means.database.transaction() as session:
        raise_alarm(session, "planted", "planted", means.clock())
        session.execute(
            text(
                "INSERT INTO sign_in (id, token_hash, account_id, signed_in_at, seen_at)"
                " SELECT 'a', 'a', id, now(), now() FROM account LIMIT 1"
            )
        )
        session.execute(
            text(
                "INSERT INTO reply (id, release_id, sequence, envelope, received_at)"
                " SELECT 'a', id, 1, 'sealed', now() FROM release"
            )
        )
        for statement in AFTER_SENDING:
            session.execute(text(statement))
        session.execute(text("INSERT INTO journal_entry (id, kind, day, written_at) VALUES ('a', 'a', now(), now())"))
    return means


@pytest.fixture
def owner(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url) as connection:
        # Whether a forged row would also fit to other rows is not what is asked.
        connection.execute("SET session_replication_role = replica")
        yield connection
        connection.rollback()


def connected(database_url: str, role: str) -> Connection:
    return psycopg.connect(role_url(database_url, role))


def is_refused(connection: Connection, statement: str) -> bool:
    """Whether the role of this connection may not do it; what it does is undone."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except InsufficientPrivilege:
        return True
    return False


def does_something(owner: Connection, statement: str) -> bool:
    """Whether the owner's same statement changes or shows a row, so that it would forge or tell something."""
    with owner.transaction(force_rollback=True):
        return owner.execute(statement.encode()).rowcount != 0


@pytest.mark.parametrize("role", ROLES)
def test_a_process_can_forge_nothing(filled: Means, owner: Connection, database_url: str, role: str) -> None:
    with connected(database_url, role) as connection:
        forged = [what for what, statement in FORGERIES[role].items() if not is_refused(connection, statement)]
    assert forged == []
    assert [what for what, statement in FORGERIES[role].items() if not does_something(owner, statement)] == []


FILE_CHANGES = {
    "taken away": "DELETE FROM attachment WHERE submission_id IS {received} NULL",
    "exchanged": "UPDATE attachment SET envelope = 'forged' WHERE submission_id IS {received} NULL",
    "taken out": "UPDATE attachment SET submission_id = NULL WHERE submission_id IS {received} NULL",
}
A_FILE_WITHOUT_A_KEY = like("attachment", '{"id": "forged", "envelope": null}').replace(
    "LIMIT 1", "WHERE submission_id IS NOT NULL LIMIT 1"
)
CODE_CHANGES = {
    "a code that is taken away": "DELETE FROM consent_code WHERE used_on IS {used} NULL",
    "a code that is marked": "UPDATE consent_code SET used_on = '2026-11-01' WHERE used_on IS {used} NULL",
}


def changed(connection: Connection, statement: str) -> int:
    """How many rows a statement changes; it is undone."""
    with connection.transaction(force_rollback=True):
        return connection.execute(statement.encode()).rowcount


def test_the_public_face_leaves_files_that_were_received_as_they_are(
    means: Means, owner: Connection, database_url: str
) -> None:
    factories.submitted(means, files={"list.txt": b"a list"})
    factories.visited(means, files={"draft.txt": b"a draft"})
    received = {what: statement.format(received="NOT") for what, statement in FILE_CHANGES.items()}
    waiting = {what: statement.format(received="") for what, statement in FILE_CHANGES.items()}
    every = dict.fromkeys(FILE_CHANGES, 1)
    with connected(database_url, "public") as connection:
        assert {what: changed(connection, one) for what, one in received.items()} == dict.fromkeys(FILE_CHANGES, 0)
        assert {what: changed(connection, one) for what, one in waiting.items()} == every, "its own work goes on"
        assert is_refused(connection, A_FILE_WITHOUT_A_KEY)
    assert {what: changed(owner, one) for what, one in received.items()} == every
    assert does_something(owner, A_FILE_WITHOUT_A_KEY)


def test_the_public_face_leaves_the_codes_of_persons_who_came_back_as_they_are(
    filled: Means, owner: Connection, database_url: str
) -> None:
    used = {what: statement.format(used="NOT") for what, statement in CODE_CHANGES.items()}
    unused = {what: statement.format(used="") for what, statement in CODE_CHANGES.items()}
    with connected(database_url, "public") as connection:
        assert {what: changed(connection, one) for what, one in used.items()} == dict.fromkeys(CODE_CHANGES, 0)
        assert {what: changed(connection, one) for what, one in unused.items()} == dict.fromkeys(CODE_CHANGES, 1)
    assert {what: changed(owner, one) for what, one in used.items()} == dict.fromkeys(CODE_CHANGES, 1)


def test_the_public_face_adds_nothing_to_what_was_erased(filled: Means, owner: Connection, database_url: str) -> None:
    addition = like("addition", '{"id": "forged", "sequence": 99}')
    with connected(database_url, "public") as connection:
        assert not is_refused(connection, addition)
        with filled.database.transaction() as session:
            session.execute(text("UPDATE submission SET erased_at = now()"))
        assert is_refused(connection, addition)


def test_a_draft_with_a_file_is_submitted_with_the_public_faces_own_role(means: Means) -> None:
    own = replace(means, database=acting_as(means.database, "public"))
    factories.prepared(means)
    submission = intake.submit(own, factories.visited(own, files={"list.txt": b"a list"}))
    with means.database.reading() as session:
        assert len(intake.files_of(session, submission.id)) == 1


def test_the_public_face_sees_the_jobs_of_its_list_alone(filled: Means, owner: Connection, database_url: str) -> None:
    with connected(database_url, "public") as connection:
        seen = {name for (name,) in connection.execute("SELECT name FROM job")}
    all_names = {name for (name,) in owner.execute("SELECT name FROM job")}
    assert seen == {intake.RECEIVED}
    assert "workflows.deliver" in all_names


def test_what_the_public_face_can_read_of_submissions_opens_with_none_of_its_keys(
    filled: Means, database_url: str, instance: Path
) -> None:
    with connected(database_url, "public") as connection:
        rows = connection.execute("SELECT facts, identity, source_copy FROM submission").fetchall()
    read = b"".join(bytes(part) for row in rows for part in row if isinstance(part, bytes))
    told = (factories.ANSWERS["your_name"], factories.ANSWERS["place_town"], factories.ANSWERS["your_email"])
    assert [word for word in told if word.encode() in read] == []
    held = HOLDINGS["public"]
    own = load_keys(instance / "keys", held.private, held.secrets, held.signs)
    with filled.database.reading() as session:
        submission = session.query(Submission).one()
    for opened in (intake.facts_of, intake.identity_of):
        assert opened(filled.keys, submission), "with all keys it opens"
        with pytest.raises(KeyMissing):
            opened(own, submission)


def test_every_table_is_given_to_somebody_and_none_is_invented() -> None:
    given = {table for tables in GRANTS.values() for table in tables}
    assert set(Base.metadata.tables) == given, "decide in operations/grants.py who may do what in a new table"


def test_the_roles_have_just_what_the_table_says(owner: Connection) -> None:
    for role in ROLES:
        for table in Base.metadata.tables:
            told = {way for way in GRANTS[role].get(table, ()) if " " not in way}
            held = {
                way
                for way in WAYS
                if owner.execute(
                    "SELECT has_table_privilege(%s, %s, %s)", (f"{grants.PREFIX}_{role}", f'public."{table}"', way)
                ).fetchone()
                == (True,)
            }
            assert held == told, f"{role} on {table}"


def test_the_faces_may_write_no_job_but_those_that_are_enqueued() -> None:
    listed = {name for names in JOBS.values() for name in names}
    assert listed <= set(factories.TASKS)
    assert not set(JOBS["public"]) & set(JOBS["portal"])


def test_what_was_given_by_hand_is_taken_back(owner: Connection, means: Means, database_url: str) -> None:
    with means.database.transaction() as session:
        session.execute(text('GRANT ALL ON communication TO "solidarity_public"'))
        session.execute(text("GRANT ALL ON submission TO PUBLIC"))
    grants.grant(means.database)
    with connected(database_url, "public") as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("SELECT id FROM communication")
    with connected(database_url, "portal") as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("SELECT id FROM submission")


def test_without_roles_nothing_is_granted_and_it_is_said_what_is_missing(means: Means) -> None:
    assert not grants.has_roles(means.database, "nobody")
    with pytest.raises(grants.NoRoles, match="nobody_public"):
        grants.grant(means.database, "nobody")


def test_the_roles_that_are_told_to_a_superuser_are_those_that_are_granted_to() -> None:
    said = " ".join(grants.role_statements("other"))
    assert [role for role in ROLES if f'"other_{role}"' not in said] == []


def test_each_process_has_a_role_of_its_own(database_url: str) -> None:
    names = {make_url(role_url(database_url, role)).username for role in ROLES}
    assert len(names) == len(ROLES)
