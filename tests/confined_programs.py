"""Programs for a confined child that do what a taken program would try: each says what it could do."""

import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from foundation.confinement import Refused


def make(argument: str, content: bytes) -> tuple[str, bytes]:
    """Do what is asked for, and give what came of it as text."""
    return "text/plain", PROGRAMS[argument](content)


def _echo(content: bytes) -> bytes:
    return content[::-1]


def _look_around(content: bytes) -> bytes:
    sys.stdout.write("this belongs to nobody\n")
    sys.stdout.flush()
    held = [number for number in range(64) if _is_open(number)]
    return repr((dict(os.environ), held, sorted(sys.modules))).encode()


def _is_open(number: int) -> bool:
    with suppress(OSError):
        os.fstat(number)
        return True
    return False


def _reach_out(content: bytes) -> bytes:
    tries: dict[str, Callable[[], object]] = {
        "read": lambda: Path("/etc/hostname").read_bytes(),
        "list": lambda: list(Path("/").iterdir()),
        "write": lambda: Path("left.txt").write_bytes(b"plain"),
        "tcp": lambda: socket.socket().connect(("127.0.0.1", int(content or b"9"))),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "after closing one": _open_in_the_place_of_another,
        "remove": lambda: Path(content.decode()).rmdir(),
        "signal": lambda: os.kill(os.getppid(), 0),
        "look into": _trace_parent,
    }
    return repr(sorted(name for name, attempt in tries.items() if _works(attempt))).encode()


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _open_in_the_place_of_another() -> None:
    os.close(0)
    os.open("/etc/hostname", os.O_RDONLY)


def _trace_parent() -> None:
    if ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _refuse(content: bytes) -> bytes:
    raise Refused("locked")


def _fail(content: bytes) -> bytes:
    raise ValueError(content.decode())


def _spin(content: bytes) -> bytes:
    while True:
        pass


def _sleep(content: bytes) -> bytes:
    time.sleep(60)
    return b""


def _grow(content: bytes) -> bytes:
    held = []
    while True:
        held.append(bytearray(16 * 1024 * 1024))


def _give_much(content: bytes) -> bytes:
    return bytes(4 * 1024 * 1024)


def _die(content: bytes) -> bytes:
    os.abort()


def _start_another(content: bytes) -> bytes:
    if os.fork() == 0:
        time.sleep(60)
    return b"two"


PROGRAMS: dict[str, Callable[[bytes], bytes]] = {
    "echo": _echo,
    "look around": _look_around,
    "reach out": _reach_out,
    "refuse": _refuse,
    "fail": _fail,
    "spin": _spin,
    "sleep": _sleep,
    "grow": _grow,
    "give much": _give_much,
    "die": _die,
    "start another": _start_another,
}
