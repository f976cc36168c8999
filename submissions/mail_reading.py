"""Reads a mail that somebody saved as a file: who sent it, when, what it says, and the files in it.

Nothing of it is trusted: what cannot be read is said to be unreadable, and never an error of another kind.
"""

import html
import re
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr, parsedate_to_datetime
from io import BytesIO

import nh3
from oxmsg import Message

from foundation.clock import geneva_day

BYTES_MOST = 50 * 1024 * 1024
NESTED_MOST = 5
FILES_MOST = 50
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
LINES = {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul", "ol", "pre"}
TAG = re.compile(r"<[^>]*>")
BLANK_LINES = re.compile(r"\n[ \t\xa0]*(?:\n[ \t\xa0]*)+")


class MailUnreadable(Exception):
    """These bytes are no mail that can be read."""


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that came in a mail."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailRead:
    """A mail in parts. `sent_on` is the day in Geneva that the mail claims, if it claims one."""

    sender_name: str = field(default="", repr=False)
    sender_email: str = field(default="", repr=False)
    sent_on: date | None = None
    subject: str = field(default="", repr=False)
    body: str = field(default="", repr=False)
    files: tuple[MailFile, ...] = field(default=(), repr=False)


def read_mail(content: bytes) -> MailRead:
    """Read an `.eml` or `.msg` file, told apart by content. Raises MailUnreadable."""
    if not content or len(content) > BYTES_MOST:
        raise MailUnreadable
    try:
        return _read_outlook(content) if content.startswith(OLE) else _read_internet_mail(content)
    except MailUnreadable:
        raise
    except Exception as error:  # the parsers are given what strangers wrote, and fail in ways nobody listed.
        raise MailUnreadable from error


def _read_internet_mail(content: bytes) -> MailRead:
    mail = message_from_bytes(content, policy=policy.default)
    if not isinstance(mail, EmailMessage) or not (mail["from"] or mail["subject"] or mail["date"]):
        raise MailUnreadable
    name, address = parseaddr(str(mail["from"] or ""))
    files: list[MailFile] = []
    body = _words_of(mail, files, NESTED_MOST)
    subject = _tidy(str(mail["subject"] or ""))
    return MailRead(_tidy(name), _tidy(address), _day_of(str(mail["date"] or "")), subject, body, tuple(files))


def _words_of(mail: EmailMessage, files: list[MailFile], deep: int) -> str:
    """The text of a mail and of those that were forwarded in it; its files are added to `files`."""
    body = mail.get_body(("plain", "html"))
    words = [_text_of(body)] if body is not None else []
    for part in _parts_of(mail, deep):
        if part is body or len(files) >= FILES_MOST:
            continue
        if part.get_content_type() == "message/rfc822":
            words.append(_forwarded(part, files, deep - 1))
        elif part.get_filename() or not _is_another_form_of(body, part):
            files.append(_file_of(part, len(files) + 1))
    return "\n\n".join(word for word in words if word)


def _parts_of(mail: EmailMessage, deep: int) -> list[EmailMessage]:
    """What lies in a mail, not counting what lies in mails inside it."""
    found: list[EmailMessage] = []
    waiting = [mail]
    while waiting and deep:
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart":
            waiting = [*(one for one in part.iter_parts() if isinstance(one, EmailMessage)), *waiting]
        else:
            found.append(part)
    return found


def _is_another_form_of(body: MIMEPart | None, part: EmailMessage) -> bool:
    # The same words as HTML beside the plain ones.
    return body is not None and part.get_content_maintype() == "text" and not part.is_attachment()


def _forwarded(part: EmailMessage, files: list[MailFile], deep: int) -> str:
    inner = part.get_payload()
    mail = inner[0] if isinstance(inner, list) and inner else None
    if not isinstance(mail, EmailMessage) or not deep:
        return ""
    head = "\n".join(f"{name}: {_tidy(str(mail[name]))}" for name in ("Subject", "Date") if mail[name])
    return f"{head}\n\n{_words_of(mail, files, deep)}".strip()


def _file_of(part: EmailMessage, number: int) -> MailFile:
    content = part.get_payload(decode=True)
    name = part.get_filename() or f"{number}.{part.get_content_subtype()}"
    return MailFile(_tidy(name), content if isinstance(content, bytes) else b"")


def _text_of(part: MIMEPart) -> str:
    text = _decoded(part)
    return text_of_html(text) if part.get_content_subtype() == "html" else _tidy_lines(text)


def _decoded(part: MIMEPart) -> str:
    content = part.get_payload(decode=True)
    encoded = content if isinstance(content, bytes) else b""
    try:
        return encoded.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return encoded.decode("utf-8", "replace")


def _read_outlook(content: bytes) -> MailRead:
    mail = Message.load(BytesIO(content))
    name, address = parseaddr(str(mail.sender or ""))
    body = _tidy_lines(mail.body) if mail.body else text_of_html(mail.html_body or "")
    files = tuple(
        MailFile(_tidy(one.file_name or f"{number}.bin"), one.file_bytes or b"")
        for number, one in enumerate(mail.attachments[:FILES_MOST], 1)
    )
    sent_on = geneva_day(mail.sent_date) if mail.sent_date else None
    return MailRead(_tidy(name), _tidy(address), sent_on, _tidy(mail.subject or ""), body, files)


def text_of_html(text: str) -> str:
    """The words of an HTML text, with its lines and without scripts, styles and pictures."""
    clean = nh3.clean(text, tags=LINES, attributes={}, link_rel=None)
    return _tidy_lines(html.unescape(TAG.sub("\n", clean)))


def _day_of(text: str) -> date | None:
    try:
        found = parsedate_to_datetime(text)
        return geneva_day(found) if found.tzinfo else found.date()
    except (ValueError, TypeError, IndexError, OverflowError, MessageError):
        return None


def _tidy(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _tidy_lines(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
