"""Promises of the house that no single room keeps: names that match, pages that tell the truth."""

import ast
from pathlib import Path

import workflows.tasks
from foundation.jobs import Tasks
from workflows.lifecycle import diagrams
from workflows.views.desk.wording import JOBS

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "foundation", "mandate", "operations", "submissions", "workflows")
# Writes the job of a period for every name that was registered with one, so that no constant names it.
RECURRING = ROOT / "foundation" / "recurring.py"


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def registered() -> Tasks:
    tasks = Tasks()
    workflows.tasks.register(tasks)
    return tasks


def enqueued_names() -> set[str]:
    """What is handed to `jobs.enqueue` as a name, as the constant's value in the module that holds it."""
    found = set()
    for path in sources():
        if path == RECURRING:
            continue
        tree = ast.parse(path.read_text())
        constants = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "enqueue":
                name = node.args[1]
                assert isinstance(name, ast.Name), f"{path}: the name of a job is a constant of its module"
                found.add(constants[name.id])
    return found


def test_every_name_that_is_enqueued_has_exactly_one_task() -> None:
    tasks = registered()
    assert enqueued_names() | set(tasks.every) == set(tasks)


def test_every_job_has_words_for_those_who_run_the_machines() -> None:
    assert set(JOBS) == set(registered())


def test_the_diagrams_in_the_architecture_page_are_those_of_the_tables() -> None:
    assert diagrams() in (ROOT / "docs" / "architecture.md").read_text()


def test_no_room_hides_an_import_in_a_function() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_only_the_database_module_commits() -> None:
    committing = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }
    assert committing == {"foundation/db.py"}


def test_only_perform_writes_a_status() -> None:
    writing = set()
    for path in (ROOT / "workflows").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                if (
                    isinstance(target, ast.Attribute)
                    and target.attr == "status"
                    and getattr(target.value, "id", "") in {"record", "case", "letter", "communication"}
                ):
                    writing.add(path.name)
    assert writing == {"cases.py"}
