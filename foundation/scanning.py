"""Looking through files for viruses, by a clamd that listens elsewhere; without one nothing is looked through.

The client is ours: the one on the package index was last released in 2014, wants the whole file in memory, and what is
needed of the protocol is one word, the pieces and one answer (clamd(8), INSTREAM).
"""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

SECONDS = 20.0
ANSWER_MOST = 4096
PIECE_MOST = 1024 * 1024
PORT = 3310
FOUND = re.compile(r"stream: (.{1,200}) FOUND")


class Finding(StrEnum):
    """What is known of a file."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"
    AWAY = "scanner_away"


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found, and the name of it if it is a virus."""

    finding: Finding
    name: str = ""


class Scanner(Protocol):
    """Looks through one file at a time."""

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        """What is found in the file that the pieces make. Raises what reading them raises."""


class NoScanner:
    """Says plainly that nothing was looked through."""

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        """Nothing is read and nothing is found."""
        return Scan(Finding.NOT_SCANNED)


class Clamd:
    """A clamd behind `tcp://host:port` or `unix:///path`. Raises ValueError for any other address."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "unix" and parts.path:
            self._family, self._address = socket.AF_UNIX, parts.path
        elif parts.scheme == "tcp" and parts.hostname:
            self._family, self._address = socket.AF_INET, (parts.hostname, parts.port or PORT)
        else:
            raise ValueError("the address of clamd is tcp://host:port or unix:///path")

    _address: str | tuple[str, int]

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        """Send the file to clamd. A clamd that does not answer, or not in time, is away."""
        try:
            with self._connected() as line:
                return _read(self._ask(line, pieces))
        except OSError:
            return Scan(Finding.AWAY)

    def _connected(self) -> socket.socket:
        if isinstance(self._address, tuple):
            return socket.create_connection(self._address, timeout=SECONDS)
        line = socket.socket(self._family)
        line.settimeout(SECONDS)
        line.connect(self._address)
        return line

    def _ask(self, line: socket.socket, pieces: Iterable[bytes]) -> bytes:
        line.sendall(b"zINSTREAM\0")
        try:
            for piece in pieces:
                line.sendall(len(piece).to_bytes(4) + piece)
            line.sendall(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            # It hangs up on what is too long for it, and has said so before.
            pass
        return _answer(line)


def make_scanner(url: str) -> Scanner:
    """What stands behind an address; an empty one means that nothing is looked through. Raises ValueError."""
    return Clamd(url) if url else NoScanner()


def _answer(line: socket.socket) -> bytes:
    said = bytearray()
    while len(said) < ANSWER_MOST and not said.endswith(b"\0"):
        piece = line.recv(ANSWER_MOST)
        if not piece:
            break
        said += piece
    return bytes(said)


def _read(said: bytes) -> Scan:
    words = said.rstrip(b"\0\n").decode("ascii", "replace")
    if words == "stream: OK":
        return Scan(Finding.CLEAN)
    if found := FOUND.fullmatch(words):
        return Scan(Finding.INFECTED, found[1])
    # It answers and has not looked: the file is longer than it takes, or its own signatures are missing.
    return Scan(Finding.NOT_SCANNED if "ERROR" in words else Finding.AWAY)
