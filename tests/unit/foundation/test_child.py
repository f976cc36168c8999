"""Children that are confined: what a program in one can reach, and how each way of ending is told."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from foundation import child
from foundation.child import Ended, Limits, Outcome

PROGRAM = "tests.confined_programs"
LIMITS = Limits(memory=256 * 1024 * 1024, seconds=10, output=1024 * 1024)
HASTE = Limits(memory=256 * 1024 * 1024, seconds=0.6, output=1024 * 1024)


def run(what: str, content: bytes = b"", limits: Limits = LIMITS) -> tuple[Ended, bytes]:
    taken: list[bytes] = []
    return child.run(PROGRAM, what, [content], taken.append, limits), b"".join(taken)


def test_what_a_program_makes_comes_back_whole() -> None:
    content = os.urandom(900_000)
    ended, made = run("echo", content)
    assert (ended.outcome, ended.kind) == (Outcome.MADE, "text/plain")
    assert made == content[::-1]


def test_a_child_has_no_environment_no_open_file_and_no_module_that_holds_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "planted")
    kept = os.open("/etc/hostname", os.O_RDONLY)
    os.set_inheritable(kept, True)
    try:
        _, made = run("look around")
    finally:
        os.close(kept)
    environment, numbers, modules = eval(made)  # noqa: S307 - what the program of the test wrote.
    assert set(environment) <= {"LC_CTYPE"}, "Python itself sets the one that is left"
    assert numbers == [0, 1, 2, 3], "its three pipes, and the place of what it makes"
    foreign = ("foundation.keys", "foundation.db", "submissions", "site", "sqlalchemy")
    assert not [name for name in modules if name.startswith(foreign)]


def test_a_program_that_was_taken_reaches_nothing(tmp_path: Path) -> None:
    (tmp_path / "stays").mkdir()
    ended, made = run("reach out", str(tmp_path / "stays").encode())
    assert made == b"[]", "what it could do"
    assert set(ended.kept_from) <= {"files", "network"}
    assert (tmp_path / "stays").is_dir()


ENDS = {
    "refuse": (Outcome.REFUSED, LIMITS),
    "fail": (Outcome.CRASHED, LIMITS),
    "die": (Outcome.CRASHED, LIMITS),
    "sleep": (Outcome.TOO_LONG, HASTE),
    "spin": (Outcome.TOO_LONG, HASTE),
    "grow": (Outcome.TOO_LARGE, LIMITS),
    "give much": (Outcome.TOO_LARGE, LIMITS),
}


@pytest.mark.parametrize("what", ENDS)
def test_each_way_of_ending_is_told(what: str) -> None:
    outcome, limits = ENDS[what]
    ended, _ = run(what, b"something that a source told us", limits)
    assert ended.outcome == outcome
    assert ended.reason == ("locked" if what == "refuse" else "")


def test_a_child_that_ends_before_it_has_read_everything_is_a_crash() -> None:
    large = (bytes(1024 * 1024) for _ in range(20))
    taken: list[bytes] = []
    assert child.run("tests.no_such_program", "", large, taken.append, LIMITS) == Ended(Outcome.CRASHED)
    assert taken == []


def test_what_a_child_starts_ends_with_it() -> None:
    before, begun = _running(), time.monotonic()
    run("start another", limits=HASTE)
    assert time.monotonic() - begun < 20, "it would have lived for a minute"
    assert not [number for number in _running() - before if _is_ours(number)]


def test_what_reading_the_file_raises_comes_through_and_the_child_is_gone() -> None:
    def broken() -> Iterator[bytes]:
        yield b"a"
        raise OSError("the store is away")

    before = _running()
    with pytest.raises(OSError, match="away"):
        child.run(PROGRAM, "echo", broken(), [].append, LIMITS)
    assert not [number for number in _running() - before if _is_ours(number)]


def _running() -> set[int]:
    return {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}


def _is_ours(number: int) -> bool:
    with suppress(OSError):
        return PROGRAM.encode() in Path(f"/proc/{number}/cmdline").read_bytes()
    return False
