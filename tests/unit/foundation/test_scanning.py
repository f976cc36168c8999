"""Looking for viruses: each answer of clamd, and its silence, is told as what it is."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foundation.scanning import Clamd, Finding, NoScanner, Scan, make_scanner

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@contextmanager
def clamd(listener: socket.socket, answer: bytes, received: bytearray) -> Iterator[None]:
    def serve() -> None:
        line, _ = listener.accept()
        with line:
            assert line.recv(10, socket.MSG_WAITALL) == b"zINSTREAM\0"
            while length := int.from_bytes(line.recv(4, socket.MSG_WAITALL)):
                received.extend(line.recv(length, socket.MSG_WAITALL))
            line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)
        listener.close()


ANSWERS = {
    b"stream: OK\0": Scan(Finding.CLEAN),
    b"stream: Eicar-Test-Signature FOUND\0": Scan(Finding.INFECTED, "Eicar-Test-Signature"),
    b"INSTREAM size limit exceeded. ERROR\0": Scan(Finding.NOT_SCANNED),
    b"": Scan(Finding.AWAY),
    b"what?\0": Scan(Finding.AWAY),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_clamd_answers_is_what_is_told(answer: bytes) -> None:
    listener, received = socket.create_server(("127.0.0.1", 0)), bytearray()
    with clamd(listener, answer, received):
        found = make_scanner(f"tcp://127.0.0.1:{listener.getsockname()[1]}").scan([EICAR[:20], EICAR[20:]])
    assert found == ANSWERS[answer]
    assert received == EICAR


def test_clamd_may_listen_in_a_file(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "clamd.sock"))
        listener.listen()
        with clamd(listener, b"stream: OK\0", bytearray()):
            assert make_scanner(f"unix://{tmp_path}/clamd.sock").scan([b"a"]).finding == Finding.CLEAN


def test_where_nobody_listens_the_scanner_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert Clamd(f"tcp://127.0.0.1:{port}").scan([b"a"]) == Scan(Finding.AWAY)


def test_without_an_address_nothing_is_looked_through_and_that_is_said() -> None:
    assert isinstance(make_scanner(""), NoScanner)
    assert make_scanner("").scan([EICAR]) == Scan(Finding.NOT_SCANNED)


@pytest.mark.parametrize("url", ["clamd", "http://127.0.0.1:3310", "tcp://", "unix://"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="tcp://"):
        make_scanner(url)
