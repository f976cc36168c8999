"""One small program in a child process: what reads a stranger's file must hold nothing that is worth taking.

The child starts with an empty environment, no open file but its three pipes, an empty private folder, and limits on
memory, time and output (`foundation.confinement`, which also tells what it could close off on this machine). What it
reads comes through a pipe and what it makes goes through one: plain text never touches the disk.
"""

import json
import os
import re
import signal
import sys
import sysconfig
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory
from threading import Timer
from typing import IO, Self

ROOT = Path(__file__).resolve().parent.parent
# Nothing is read from the environment, from the folder at hand or from files that end with .pth.
START = (
    "import json, sys; told = json.loads(sys.argv[1]); sys.path += told['path'];"
    " from foundation.confinement import begin; begin(told)"
)
PIECE = 1024 * 1024
HEAD_MOST = 1024
A_CODE = re.compile(r"[a-z_]{1,40}")
A_KIND = re.compile(r"[a-z0-9.+/-]{1,80}")


class Outcome(StrEnum):
    """How it ended."""

    MADE = "made"
    REFUSED = "refused"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a child may use: bytes of memory, seconds of life, and bytes of what it makes."""

    memory: int
    seconds: float
    output: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: a code that tells why it refused, the kind of what it made, and what it was kept from.

    `kept_from` is what this machine let it close off beyond the limits: "files", "network".
    """

    outcome: Outcome
    reason: str = ""
    kind: str = ""
    kept_from: tuple[str, ...] = ()


def run(program: str, argument: str, given: Iterable[bytes], take: Callable[[bytes], object], limits: Limits) -> Ended:
    """Have the module `program` make something of what is given, and hand that on piece by piece to `take`.

    The module has a function `make(argument, content)` that gives the kind and the bytes of what it made, or raises
    `confinement.Refused`. What was taken counts only if the outcome is MADE. Raises what `given` and `take` raise.
    """
    with TemporaryDirectory(prefix="child-") as folder:
        told = {"program": program, "argument": argument, "path": _path(), **asdict(limits)}
        command = [sys.executable, "-I", "-S", "-B", "-c", START, json.dumps(told)]
        process = Popen(  # noqa: S603 - nothing in the line comes from outside.
            command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=folder, env={}, close_fds=True, start_new_session=True
        )
        with _Watch(process, limits.seconds) as watch:
            ended = _speak(process, given, take, limits)
        return _judged(ended, process.returncode, watch.is_too_late)


def _path() -> list[str]:
    # Where this project and its libraries lie; a child without site-packages is told of them one by one.
    return list(dict.fromkeys([str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]))


class _Watch:
    """Ends a child and all that it started, when its time is over and in every case on leaving."""

    def __init__(self, process: "Popen[bytes]", seconds: float) -> None:
        self._process, self.is_too_late = process, False
        self._timer = Timer(seconds, self._end_late)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._end()
        for pipe in (self._process.stdin, self._process.stdout):
            # What could not be written any more is of no interest to anybody.
            with suppress(OSError):
                _open(pipe).close()
        self._process.wait()

    def _end_late(self) -> None:
        self.is_too_late = True
        self._end()

    def _end(self) -> None:
        # It is waited for only after this, so its number cannot be another's yet.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _speak(process: "Popen[bytes]", given: Iterable[bytes], take: Callable[[bytes], object], limits: Limits) -> Ended:
    with suppress(BrokenPipeError):
        for piece in given:
            _open(process.stdin).write(piece)
        _open(process.stdin).close()
    ended = _head(_open(process.stdout).readline(HEAD_MOST))
    if ended.outcome == Outcome.MADE:
        taken = 0
        while piece := _open(process.stdout).read(PIECE):
            taken += len(piece)
            if taken > limits.output:
                return Ended(Outcome.TOO_LARGE)
            take(piece)
    # A child that ends by itself is not ended by us; its number stays its own until we leave.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return ended


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("the child has no pipe")
    return pipe


def _head(line: bytes) -> Ended:
    """What the child says before it gives what it made; whatever is not in the expected form is a crash."""
    try:
        told = json.loads(line)
        outcome, reason, kind = Outcome(told["outcome"]), str(told["reason"]), str(told["kind"])
        kept_from = tuple(code for code in told["kept_from"] if A_CODE.fullmatch(code))
    except (ValueError, KeyError, TypeError):
        return Ended(Outcome.CRASHED)
    if (reason and not A_CODE.fullmatch(reason)) or (kind and not A_KIND.fullmatch(kind)):
        return Ended(Outcome.CRASHED)
    return Ended(outcome, reason, kind, kept_from)


def _judged(ended: Ended, code: int, is_too_late: bool) -> Ended:
    """What its end says of a child counts before its own words."""
    if ended.outcome == Outcome.TOO_LARGE:
        return ended
    if is_too_late or code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        return Ended(Outcome.TOO_LONG)
    return ended if code == 0 else Ended(Outcome.CRASHED)
