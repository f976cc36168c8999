"""The inside of a child process: it sets its own limits before it looks at a stranger's file, then does one thing.

Three fences stand behind each other, since no machine has all of them. Limits of the process, everywhere: no new file,
socket or pipe can be opened, since none may have a number; none can be written; no memory is dumped. Landlock (Linux
5.13 and later): no file can be reached, no program started and no other process looked into. A user and a network name
space of its own, where an installation allows them: no network at all, and but a few threads or processes.
"""

import ctypes
import importlib
import json
import os
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from resource import (
    RLIMIT_AS,
    RLIMIT_CORE,
    RLIMIT_CPU,
    RLIMIT_FSIZE,
    RLIMIT_NOFILE,
    RLIMIT_NPROC,
    setrlimit,
)
from typing import Any

# From the headers of Linux: linux/sched.h, linux/prctl.h, linux/landlock.h. The numbers of the calls are the same on
# every architecture that is younger than they are, and on x86.
NEW_USER, NEW_NETWORK, NEW_IPC = 0x10000000, 0x40000000, 0x08000000
NO_NEW_PRIVILEGES, DUMPABLE = 38, 4
CREATE_RULESET, RESTRICT_SELF, ASK_VERSION = 444, 446, 1
# By version of Landlock: how many ways to touch a file it knows, then the network and other processes.
FILE_WAYS = {1: 13, 2: 14, 3: 15, 4: 15}
FILE_WAYS_LATER = 16
# Libraries for pictures start threads, and do not work without.
TASKS_MOST = 8


class Refused(Exception):
    """The program does not make anything of this; `reason` is a code of small letters and underscores."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def begin(told: Mapping[str, Any]) -> None:
    """Load the program, close all doors, then read what is given, and give what the program makes of it."""
    out = os.dup(1)
    # What a library prints must not stand in what is made.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    program = importlib.import_module(told["program"])
    _limit(int(told["memory"]), int(told["seconds"]) + 1)
    kept_from = list(_close_doors())
    _answer(out, kept_from, *_made(program, told["argument"]))


def _made(program: Any, argument: str) -> tuple[str, str, str, bytes]:
    try:
        kind, made = program.make(argument, sys.stdin.buffer.read())
    except Refused as refused:
        return "refused", refused.reason, "", b""
    except MemoryError:
        return "too_large", "", "", b""
    return "made", "", kind, made


def _answer(out: int, kept_from: list[str], outcome: str, reason: str, kind: str, made: bytes) -> None:
    head = {"outcome": outcome, "reason": reason, "kind": kind, "kept_from": kept_from}
    for piece in (json.dumps(head).encode() + b"\n", made):
        left = memoryview(piece)
        while left:
            left = left[os.write(out, left) :]


def _limit(memory: int, seconds: int) -> None:
    # If the machine itself runs out of memory, this goes first and the worker stays.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    setrlimit(RLIMIT_CORE, (0, 0))
    setrlimit(RLIMIT_FSIZE, (0, 0))
    setrlimit(RLIMIT_AS, (memory, memory))
    # The first ends it with a signal that tells why.
    setrlimit(RLIMIT_CPU, (seconds, seconds + 1))


def _close_doors() -> Iterator[str]:
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(DUMPABLE, 0, 0, 0, 0)
    if system.unshare(NEW_USER | NEW_NETWORK | NEW_IPC) == 0:
        # Counted within the name space. Elsewhere whatever else runs under the same account would be counted too.
        setrlimit(RLIMIT_NPROC, (TASKS_MOST, TASKS_MOST))
        yield "network"
    if _is_kept_from_files(system):
        yield "files"
    setrlimit(RLIMIT_NOFILE, (0, 0))


def _is_kept_from_files(system: Any) -> bool:
    version = system.syscall(CREATE_RULESET, None, 0, ASK_VERSION)
    if version < 1:
        return False
    ways = [(1 << FILE_WAYS.get(version, FILE_WAYS_LATER)) - 1]
    ways += [0b11] * ((version >= 4) + (version >= 6))
    wanted = struct.pack(f"{len(ways)}Q", *ways)
    # All ways are named and nothing is allowed, so that nothing is left.
    rules = system.syscall(CREATE_RULESET, wanted, len(wanted), 0)
    if rules < 0 or system.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    is_done: bool = system.syscall(RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return is_done
