"""Who may do what in PostgreSQL: a role for each process, and one table that says what it may touch.

The owner of the tables, as whom no process runs, migrates and grants. All that is not written here is refused, also
for a table that is new. SQLite has no roles: there, whoever takes one process has the database (docs/operations.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from foundation.db import Database
from submissions import additions, cleaned, intake
from workflows import communications, disposals, replies

PREFIX = "solidarity"
ROLES = ("public", "desk", "portal", "worker")

READ = ("SELECT",)
ADD = ("SELECT", "INSERT")
ADD_AND_CHANGE = ("SELECT", "INSERT", "UPDATE")
ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")

# To hold a row against others, PostgreSQL asks for the right to change it; where a table names one column that may
# change, that is the column.
GRANTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "public": {
        "source": (*ADD, "UPDATE (epoch)"),
        "draft": ALL,
        "submission": (*ADD, "UPDATE (stage)"),
        "stage_reached": ADD,
        "message": (*ADD, "UPDATE (read_on)"),
        "attachment": (*ADD, "UPDATE (submission_id, envelope)", "DELETE"),
        "addition": ADD,
        "consent_code": (*ADD, "UPDATE (used_on)", "DELETE"),
        "reference_counter": (*ADD, "UPDATE (last)"),
        "job": ADD,
    },
    "portal": {
        "release": (*READ, "UPDATE (opened_at, acknowledged_at)"),
        "link": (*READ, "UPDATE (used_at)"),
        "reply": ADD,
        "reply_file": ADD,
        "job": ADD,
    },
    "desk": {
        "account": (*READ, "UPDATE (failed_attempts, locked_until, totp_last_step, language)"),
        "sign_in": (*ADD, "UPDATE (seen_at, ended_at)"),
        "mandate": READ,
        "mandate_holder": READ,
        "resolution": READ,
        "state": READ,
        "permanent_mission": READ,
        "source": READ,
        "submission": (*READ, "UPDATE (stage)"),
        "stage_reached": ADD,
        "message": (*ADD, "UPDATE (read_on)"),
        "attachment": ADD,
        "cleaned_copy": READ,
        "addition": READ,
        "case": (*READ, "UPDATE"),
        "case_submission": READ,
        "assessment": READ,
        "case_event": ADD,
        "summary": ADD,
        "chain_head": READ,
        "recipient": ADD_AND_CHANGE,
        "communication": ADD_AND_CHANGE,
        "burnt_reference": READ,
        "release": (*READ, "UPDATE (closed_at, held_at)"),
        "notice": (*ADD, "UPDATE (status, settled_at)"),
        "link": READ,
        "reply": READ,
        "reply_file": READ,
        "disposal": ALL,
        "alarm": (*ADD, "UPDATE (standing, settled_at, settled_by)"),
        "journal_entry": ADD,
        "journal_mark": READ,
        "text_review": ADD,
        "job": (*ADD, "UPDATE (gave_up_at, attempts, due_at, resend_at, lease_until, lease_token)"),
    },
    "worker": {
        "account": ("SELECT (id, role, disabled_at)",),
        "sign_in": ("SELECT (id, signed_in_at)", "DELETE"),
        "mandate": READ,
        "mandate_holder": READ,
        "resolution": READ,
        "state": READ,
        "permanent_mission": READ,
        "source": (*READ, "UPDATE (lookup, recipient, epoch)", "DELETE"),
        "draft": (*READ, "DELETE"),
        "submission": (
            *READ,
            "UPDATE (stage, facts, identity, source_copy, relation, identity_given, reachable, erased_at)",
        ),
        "stage_reached": (*ADD, "DELETE"),
        "message": (*ADD, "UPDATE (envelope)", "DELETE"),
        "attachment": (*READ, "UPDATE (envelope, message_id)", "DELETE"),
        "cleaned_copy": (*ADD, "UPDATE (envelope)", "DELETE"),
        "addition": (*READ, "UPDATE (envelope)", "DELETE"),
        "consent_code": ("SELECT (id, submission_id)", "DELETE"),
        "case": ADD_AND_CHANGE,
        "case_submission": ADD,
        "assessment": (*ADD, "UPDATE (envelope)", "DELETE"),
        "case_event": (*ADD, "UPDATE (note)"),
        "chain_head": ADD_AND_CHANGE,
        "summary": (*READ, "UPDATE (envelope)", "DELETE"),
        "recipient": (*READ, "UPDATE"),
        "communication": (*READ, "UPDATE"),
        "burnt_reference": ADD,
        "release": ADD_AND_CHANGE,
        "notice": (*ADD, "UPDATE (status, tried_at, settled_at, explanation)"),
        "link": (*ADD, "DELETE"),
        "reply": (*READ, "UPDATE (recorded_at, envelope)"),
        "reply_file": (*READ, "UPDATE (envelope)"),
        "disposal": ADD_AND_CHANGE,
        "alarm": ADD,
        "journal_entry": ADD,
        "journal_mark": ADD_AND_CHANGE,
        "job": ALL,
    },
}

# The jobs that a face may write and see, each with what stands before the colon in its keys: whoever could use up the
# key of another job would keep that one from ever being written.
JOBS: Mapping[str, Mapping[str, str]] = {
    "public": {
        intake.RECEIVED: "received",
        intake.MESSAGE_RECEIVED: "",
        intake.WITHDRAWN: "withdrawn",
        additions.RECEIVED: "",
        additions.URGENT: "",
    },
    "portal": {
        replies.OPENED: "opened",
        replies.ACKNOWLEDGED: "acknowledged",
        replies.REPLIED: "reply",
        replies.LINK_ASKED: "link",
        replies.NOT_AS_APPROVED: "forged",
    },
    "desk": {communications.DELIVER: "deliver", disposals.DISPOSE: "dispose", cleaned.CLEAN_FILE: "clean"},
}
UNTOUCHED = "done_at IS NULL AND gave_up_at IS NULL AND lease_token IS NULL AND attempts = 0 AND error IS NULL"
NOT_SUBMITTED = "submission_id IS NULL"
# Of submissions that are there; what is written to one that was erased would outlive it.
KEPT = "EXISTS (SELECT 1 FROM submission WHERE submission.id = submission_id AND erased_at IS NULL)"
OWN_MESSAGE = "message_id IS NULL OR EXISTS (SELECT 1 FROM message WHERE message.id = message_id AND author = 'source')"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rows a role may touch in one way. `before` is what a row that is changed must be already.

    Where a table has rules, a role without one may touch all its rows.
    """

    table: str
    role: str
    way: str
    rows: str
    before: str = "true"


def rules() -> list[Rule]:
    """What a face may say only in its own name: its jobs, and for the public face the words and wishes of sources.

    A file belongs to nobody but its source until it is submitted, and to the case from then on.
    """
    own = [Rule("job", role, "INSERT", f"({_named(names)}) AND {UNTOUCHED}") for role, names in JOBS.items()]
    seen = [Rule("job", role, "SELECT", _listed(JOBS[role])) for role in ("public", "portal")]
    return [
        *own,
        *seen,
        Rule("job", "desk", "SELECT", "true"),
        Rule("job", "desk", "UPDATE", "true"),
        Rule("message", "public", "SELECT", "true"),
        Rule("message", "public", "INSERT", "author = 'source'"),
        Rule("message", "public", "UPDATE", "author = 'mandate'"),
        Rule("submission", "public", "SELECT", "true"),
        Rule("submission", "public", "INSERT", "stage = 'received' AND erased_at IS NULL"),
        Rule("submission", "public", "UPDATE", "stage = 'withdrawn'"),
        Rule("stage_reached", "public", "SELECT", "true"),
        Rule("stage_reached", "public", "INSERT", "stage IN ('received', 'withdrawn')"),
        Rule("attachment", "public", "SELECT", "true"),
        Rule(
            "attachment",
            "public",
            "INSERT",
            f"{NOT_SUBMITTED} OR (envelope IS NOT NULL AND {KEPT} AND ({OWN_MESSAGE}))",
        ),
        Rule("attachment", "public", "UPDATE", "true", before=NOT_SUBMITTED),
        Rule("attachment", "public", "DELETE", NOT_SUBMITTED),
        Rule("attachment", "desk", "SELECT", "true"),
        Rule("attachment", "desk", "INSERT", f"message_id IS NOT NULL AND envelope IS NOT NULL AND {KEPT}"),
        Rule("addition", "public", "SELECT", "true"),
        Rule("addition", "public", "INSERT", KEPT),
        Rule("consent_code", "public", "SELECT", "true"),
        Rule("consent_code", "public", "INSERT", f"used_on IS NULL AND {KEPT}"),
        Rule("consent_code", "public", "UPDATE", "used_on IS NOT NULL", before="used_on IS NULL"),
        Rule("consent_code", "public", "DELETE", "used_on IS NULL"),
    ]


class NoRoles(Exception):
    """The database has no roles of this prefix, or is of a kind that knows none; the message says which."""


def role_statements(prefix: str = PREFIX) -> list[str]:
    """What a superuser says once, so that there are roles to grant to. Each may sign in, and nothing more."""
    return [f'CREATE ROLE "{prefix}_{role}" LOGIN NOINHERIT' for role in ROLES]


def has_roles(database: Database, prefix: str = PREFIX) -> bool:
    """Whether this is PostgreSQL with all four roles."""
    if database.engine.dialect.name != "postgresql":
        return False
    with database.reading() as session:
        known = session.scalars(text("SELECT rolname FROM pg_roles")).all()
    return {f"{prefix}_{role}" for role in ROLES} <= set(known)


def grant(database: Database, prefix: str = PREFIX) -> None:
    """Give each role what the table says, and take from it all else. As the owner of the tables. Raises NoRoles."""
    if not has_roles(database, prefix):
        raise NoRoles(f"there are no PostgreSQL roles {prefix}_{', '.join(ROLES)}; `flask database roles` tells how")
    with database.transaction() as session:
        connection = session.connection()
        for statement in _statements(connection, prefix):
            connection.exec_driver_sql(statement)


def _statements(connection: Connection, prefix: str) -> Iterator[str]:
    schema, database = "SCHEMA public", f'DATABASE "{connection.engine.url.database}"'
    roles = ", ".join(f'"{prefix}_{role}"' for role in ROLES)
    for everybody in ("PUBLIC", roles):
        for place in (f"ALL TABLES IN {schema}", f"ALL SEQUENCES IN {schema}", schema, database):
            yield f"REVOKE ALL ON {place} FROM {everybody}"
    yield f"GRANT CONNECT ON {database} TO {roles}"
    yield f"GRANT USAGE ON {schema} TO {roles}"
    for role in ROLES:
        for table, ways in GRANTS[role].items():
            yield f'GRANT {", ".join(ways)} ON public."{table}" TO "{prefix}_{role}"'
    yield from _drop_rules(connection)
    yield from _rule_statements(prefix)


def _drop_rules(connection: Connection) -> Iterator[str]:
    found = connection.execute(text("SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public'")).all()
    for name, table in found:
        yield f'DROP POLICY "{name}" ON public."{table}"'


def _rule_statements(prefix: str) -> Iterator[str]:
    written = rules()
    for table in sorted({rule.table for rule in written}):
        yield f'ALTER TABLE public."{table}" ENABLE ROW LEVEL SECURITY'
        ruled = {rule.role for rule in written if rule.table == table}
        for role in ROLES:
            if role not in ruled and table in GRANTS[role]:
                yield f'CREATE POLICY "{role}_all" ON public."{table}" TO "{prefix}_{role}" USING (true)'
    for rule in written:
        yield _policy(rule, prefix)


def _policy(rule: Rule, prefix: str) -> str:
    head = f'CREATE POLICY "{rule.role}_{rule.way.lower()}" ON public."{rule.table}" FOR {rule.way}'
    # What is changed may be any row that is seen, unless `before` says more; `rows` speaks of what it becomes.
    tail = {
        "SELECT": f"USING ({rule.rows})",
        "INSERT": f"WITH CHECK ({rule.rows})",
        "UPDATE": f"USING ({rule.before}) WITH CHECK ({rule.rows})",
        "DELETE": f"USING ({rule.rows})",
    }
    return f'{head} TO "{prefix}_{rule.role}" {tail[rule.way]}'


def _named(names: Mapping[str, str]) -> str:
    return " OR ".join(f"(name = '{name}' AND {_keyed(before)})" for name, before in names.items())


def _keyed(before: str) -> str:
    return f"starts_with(key, '{before}:')" if before else "key IS NULL"


def _listed(names: Mapping[str, str]) -> str:
    return "name IN ({})".format(", ".join(f"'{name}'" for name in names))
