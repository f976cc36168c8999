"""Mail, with the one question that matters answered for each attempt: was it handed over, refused, or unknown?"""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from threading import Event, Thread
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT = 20.0
# A whole conversation with a mail server, however slowly it answers. Callers who hold a lease give less than that.
AT_MOST = timedelta(seconds=45)
WELCOME = 220
# Plain ASCII on the wire, since not every mail server announces that it takes more.
SEVEN_BITS = SMTP.clone(cte_type="7bit")
# The standard library lets a line break at the very end of a header through, which ends all headers there.
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ONE_ADDRESS = re.compile(r"[!-~]+@[!-~]+", re.ASCII)
NOT_IN_ADDRESSES = frozenset('()<>[]:;,\\"')


class NotHandedOver(Exception):
    """Certainly not accepted, and may be tried again: no connection, or a temporary refusal."""


class Refused(Exception):
    """Certainly not accepted, for good."""


class Unknown(Exception):
    """The connection was lost after the text had gone: it may have been accepted. Never send again by itself."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """One mail to be sent."""

    to: str
    sender: str
    subject: str
    text: str
    message_id: str
    language: str
    written_at: datetime


class Mailer(Protocol):
    """Something that sends mail."""

    def send(self, mail: Letterbox) -> None:
        """Hand one mail over. Raises NotHandedOver, Refused or Unknown."""


def make_mailer(url: str, at_most: timedelta = AT_MOST) -> Mailer:
    """A mailer for `smtp://`, `smtps://` (user and password in the address, `?starttls=1`) or `folder://path`.

    No conversation with a mail server lasts longer than `at_most`.
    """
    parts = urlsplit(url)
    if parts.scheme == "folder":
        return FolderMailer(Path(parts.netloc + parts.path))
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("SMTP_URL begins with smtp://, smtps:// or folder://")
    return SmtpMailer(url, at_most)


class FolderMailer:
    """For a newcomer without a mail server: each mail becomes a file that any mail program opens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: Letterbox) -> None:
        """Write one `.eml` file, named by its Message-ID, so that one Message-ID is one file."""
        text = _written(mail)
        name = "".join(sign if sign.isalnum() else "-" for sign in mail.message_id)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whoever reads the folder finds a whole mail or none.
            half = self._folder / f".{name}.half"
            half.write_bytes(text)
            half.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise NotHandedOver("the mail folder cannot be written to") from error


class SmtpMailer:
    """A real mail server. It is hung up on when the time for the whole conversation is over."""

    def __init__(self, url: str, at_most: timedelta = AT_MOST) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._tls = parts.scheme == "smtps"
        self._starttls = parse_qs(parts.query).get("starttls") == ["1"]
        self._seconds = at_most.total_seconds()

    def send(self, mail: Letterbox) -> None:
        """Hand one mail over by SMTP. Raises NotHandedOver, Refused or Unknown."""
        text = _written(mail)
        server, until = self._server(), time.monotonic() + self._seconds
        try:
            with _hung_up_after(server, self._seconds):
                self._connect(server)
                _announce(server, mail)
                if time.monotonic() > until:
                    raise NotHandedOver("the mail server took too long")
                _hand_over(server, text)
        finally:
            # Whether the mail server also says goodbye changes nothing about what it accepted.
            server.close()

    def _server(self) -> smtplib.SMTP:
        # Made without an address, so that there is something to hang up while it is still connecting.
        timeout = min(TIMEOUT, self._seconds)
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=timeout, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(timeout=timeout)
        # The name that a certificate must bear; the library remembers it only when it connects at once.
        server._host = self._host  # type: ignore[attr-defined]  # noqa: SLF001
        return server

    def _connect(self, server: smtplib.SMTP) -> None:
        try:
            code, _ = server.connect(self._host, self._port or (465 if self._tls else 25))
        except (OSError, smtplib.SMTPException) as error:
            raise NotHandedOver("no connection to the mail server") from error
        if code != WELCOME:
            raise NotHandedOver(f"the mail server said {code}")
        try:
            self._sign_in(server)
        except (OSError, smtplib.SMTPException) as error:
            raise NotHandedOver("the mail server did not let us in") from error

    def _sign_in(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if self._starttls:
            server.starttls(context=ssl.create_default_context())
        if self._user:
            server.login(self._user, self._password)


@contextmanager
def _hung_up_after(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection when the time is over: a timeout starts anew with each byte that a slow server sends."""
    is_over = Event()
    watch = Thread(target=_watch, args=(server, seconds, is_over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        is_over.set()
        watch.join()


def _watch(server: smtplib.SMTP, seconds: float, is_over: Event) -> None:
    is_over.wait(seconds)
    # The connection may come into being, or be taken over by TLS, just now, so one cut may not be enough.
    while not is_over.is_set():
        connection = server.sock
        if connection is not None:
            with suppress(OSError):
                # The socket's own way, since that of TLS would let what follows pass in plain text for a moment.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        is_over.wait(0.1)


def _announce(server: smtplib.SMTP, mail: Letterbox) -> None:
    try:
        _accepted(*server.mail(mail.sender))
        _accepted(*server.rcpt(mail.to))
    except (OSError, smtplib.SMTPException) as error:
        raise NotHandedOver("the mail server hung up before the text was sent") from error


def _hand_over(server: smtplib.SMTP, text: bytes) -> None:
    try:
        _accepted(*server.data(text))
    except smtplib.SMTPDataError as error:
        # This error means that the server answered DATA itself with a refusal: the text was never sent.
        _accepted(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        raise Unknown("the mail server hung up while the text was being sent") from error


def _accepted(code: int, answer: bytes | str) -> None:
    if 400 <= code < 500:
        raise NotHandedOver(f"the mail server said {code}")
    if code >= 500:
        raise Refused(f"the mail server said {code}")


def _written(mail: Letterbox) -> bytes:
    headings = (mail.to, mail.sender, mail.subject, mail.message_id, mail.language)
    if any(BREAKS.search(heading) for heading in headings) or not _is_one_address(mail.to):
        raise Refused("no mail can be written to this address or under this heading")
    try:
        return _as_message(mail).as_bytes()
    except ValueError as error:
        raise Refused("this text cannot be written as a mail") from error


def _is_one_address(text: str) -> bool:
    return bool(ONE_ADDRESS.fullmatch(text)) and text.count("@") == 1 and NOT_IN_ADDRESSES.isdisjoint(text)


def _as_message(mail: Letterbox) -> EmailMessage:
    message = EmailMessage(policy=SEVEN_BITS)
    # Setting the text removes every header that begins with Content-, so it comes first.
    message.set_content(mail.text)
    message["From"], message["To"], message["Subject"] = mail.sender, mail.to, mail.subject
    message["Message-ID"], message["Date"] = mail.message_id, format_datetime(mail.written_at)
    message["Content-Language"], message["Auto-Submitted"] = mail.language, "auto-generated"
    return message
