"""Real mail servers of every temper, each on a loopback port of its own."""

import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from threading import Event, Thread
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Command = Literal["EHLO", "MAIL", "RCPT", "DATA"]

FINE = "250 OK"
NEVER = "550 not here"
LATER = "450 come back later"


class Postbox:
    """Keeps every mail that reached it whole, and answers each command as it was told to, or hangs up at it."""

    def __init__(self, answers: dict[Command, str], hangs_up_at: Command | None) -> None:
        self._answers = answers
        self._hangs_up_at = hangs_up_at
        self.received: list[bytes] = []
        self.recipients: list[str] = []
        # What happens when a command has come and before it is answered; of DATA, when its text has come and is kept.
        self.meanwhile: dict[Command, Callable[[], object]] = {}

    def mails(self) -> list[EmailMessage]:
        """What was received, as mails."""
        parser = BytesParser(_class=EmailMessage, policy=policy.default)
        return [parser.parsebytes(text) for text in self.received]

    async def handle_EHLO(  # noqa: N802 - aiosmtpd looks for this name.
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self._answer(server, "EHLO")
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd looks for this name.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any
    ) -> str:
        envelope.mail_from = address
        return self._answer(server, "MAIL")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._answer(server, "RCPT")

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name.
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        # This is called when the whole text has come. A server may well keep it and then hang up.
        if "DATA" not in self._answers:
            self.received.append(bytes(envelope.content or b""))
            self.recipients.extend(envelope.rcpt_tos)
        return self._answer(server, "DATA")

    def _answer(self, server: SMTP, command: Command) -> str:
        self.meanwhile.get(command, lambda: None)()
        if command == self._hangs_up_at:
            server.transport.abort()
        return self._answers.get(command, FINE)


class _OnAFreePort(Controller):
    def _trigger_server(self) -> None:
        # The first connection, by which the server is tried, must go to the port that the system chose.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(
    answers: dict[Command, str] | None = None, hangs_up_at: Command | None = None, **options: Any
) -> Iterator[tuple[str, Postbox]]:
    """The address of a mail server for SMTP_URL, and what it receives."""
    postbox = Postbox(answers or {}, hangs_up_at)
    controller = _OnAFreePort(postbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}", postbox
    finally:
        controller.stop()


class _Stubborn(socketserver.StreamRequestHandler):
    """Says what its server was told to say, one sign after the other or nothing at all, and never ends by itself."""

    def handle(self) -> None:
        server: _StubbornServer = self.server  # type: ignore[assignment]
        for sign in server.says:
            self.wfile.write(sign.encode())
            if server.over.wait(server.pause):
                return
        server.over.wait()


class _StubbornServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, says: str, pause: float) -> None:
        super().__init__(("127.0.0.1", 0), _Stubborn)
        self.says, self.pause, self.over = says, pause, Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hung up on it did so on purpose."""


@contextmanager
def stubborn_mail_server(says: str = "", pause: float = 0.0) -> Iterator[str]:
    """The address of a mail server that drips its greeting sign by sign, or hangs before it has said a word."""
    server = _StubbornServer(says, pause)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{server.server_address[1]}"
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
