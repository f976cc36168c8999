"""Each attempt to send ends in one of four ways, and the difference decides whether a notice may be tried again."""

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from threading import Event

import pytest
from aiosmtpd.smtp import AuthResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.mail import FolderMailer, Letterbox, NotHandedOver, Refused, SmtpMailer, Unknown, make_mailer
from tests.integration.conftest import MailServer
from tests.mail_servers import LATER, NEVER, mail_server, stubborn_mail_server

MAIL = Letterbox(
    to="mission@xxa.example",
    sender="no-reply@example.org",
    subject="A letter is waiting for you",
    text="Open the link to read it.\n",
    message_id="<one@example.org>",
    language="en",
    written_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
)


def test_an_accepted_mail_has_arrived_whole(accepting_mail_server: MailServer) -> None:
    url, postbox = accepting_mail_server
    make_mailer(url).send(MAIL)
    (mail,) = postbox.mails()
    assert mail["To"] == MAIL.to
    assert mail["From"] == MAIL.sender
    assert mail["Subject"] == MAIL.subject
    assert mail["Message-ID"] == MAIL.message_id
    assert mail["Content-Language"] == "en"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == MAIL.written_at
    assert mail.get_content() == MAIL.text.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Une lettre vous attend", "Veuillez ouvrir le lien ci-dessous, s’il vous plaît.\n"),
        ("رسالة بانتظاركم", "يرجى فتح الرابط أدناه.\n"),
        ("有一封信等您查阅", "请打开以下链接。\n"),
        ("Вас ждёт письмо", "Откройте ссылку ниже.\n"),
    ],
)
def test_every_language_arrives_whole_through_servers_that_take_seven_bits(
    accepting_mail_server: MailServer, subject: str, text: str
) -> None:
    url, postbox = accepting_mail_server
    make_mailer(url).send(replace(MAIL, subject=subject, text=text))
    (mail,) = postbox.mails()
    assert mail["Subject"] == subject
    assert mail.get_content() == text.replace("\n", "\r\n")
    assert postbox.received[0].isascii()


def test_a_mail_is_handed_over_once_with_its_one_message_id(accepting_mail_server: MailServer) -> None:
    url, postbox = accepting_mail_server
    make_mailer(url).send(MAIL)
    assert [mail.get_all("Message-ID") for mail in postbox.mails()] == [["<one@example.org>"]]
    assert postbox.recipients == [MAIL.to]


def test_a_recipient_that_is_refused_for_good_is_refused(refusing_mail_server: MailServer) -> None:
    url, postbox = refusing_mail_server
    with pytest.raises(Refused, match="550"):
        make_mailer(url).send(MAIL)
    assert postbox.received == []


def test_a_busy_mail_server_may_be_asked_again(busy_mail_server: MailServer) -> None:
    url, postbox = busy_mail_server
    with pytest.raises(NotHandedOver, match="450"):
        make_mailer(url).send(MAIL)
    assert postbox.received == []


@pytest.mark.parametrize("command", ["MAIL", "DATA"])
def test_a_refusal_counts_at_whichever_command_it_comes(command: str) -> None:
    with mail_server({command: NEVER}) as (url, _), pytest.raises(Refused):
        make_mailer(url).send(MAIL)
    with mail_server({command: LATER}) as (url, _), pytest.raises(NotHandedOver):
        make_mailer(url).send(MAIL)


def test_a_connection_lost_before_the_text_may_be_tried_again(mail_server_that_hangs_up_early: MailServer) -> None:
    url, postbox = mail_server_that_hangs_up_early
    with pytest.raises(NotHandedOver):
        make_mailer(url).send(MAIL)
    assert postbox.received == []


def test_a_connection_lost_after_the_text_is_never_called_a_failure(mail_server_that_hangs_up_late: MailServer) -> None:
    url, postbox = mail_server_that_hangs_up_late
    with pytest.raises(Unknown):
        make_mailer(url).send(MAIL)
    assert len(postbox.received) == 1


@pytest.mark.parametrize("says", ["", "220 " + "welcome " * 20], ids=["silent", "dripping"])
def test_a_conversation_ends_when_its_time_is_over_however_slowly_a_mail_server_speaks(says: str) -> None:
    with stubborn_mail_server(says, pause=0.1) as url:
        begun = time.monotonic()
        with pytest.raises(NotHandedOver):
            make_mailer(url, timedelta(seconds=1)).send(MAIL)
        assert 0.9 < time.monotonic() - begun < 5, "each sign alone came long before any timeout"


def test_a_mail_server_that_keeps_the_text_and_never_answers_leaves_it_unknown() -> None:
    answered = Event()
    with mail_server() as (url, postbox):
        postbox.meanwhile["DATA"] = lambda: answered.wait(10)
        try:
            with pytest.raises(Unknown):
                make_mailer(url, timedelta(seconds=1)).send(MAIL)
        finally:
            answered.set()
    assert len(postbox.received) == 1


def test_no_mail_server_at_all_may_be_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotHandedOver):
            make_mailer(f"smtp://127.0.0.1:{taken.getsockname()[1]}").send(MAIL)


def _checks_password(server: object, session: object, envelope: object, mechanism: str, given: object) -> AuthResult:
    login, password = getattr(given, "login", b""), getattr(given, "password", b"")
    return AuthResult(success=(login, password) == (b"clerk@x", b"pa/ss"), handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_wrong_password_for_the_mail_server_may_be_mended_and_tried_again() -> None:
    options = {"authenticator": _checks_password, "auth_require_tls": False, "auth_required": True}
    with mail_server(**options) as (url, postbox):
        wrong, right = (url.replace("smtp://", f"smtp://{who}@") for who in ("clerk%40x:no", "clerk%40x:pa%2Fss"))
        with pytest.raises(NotHandedOver):
            make_mailer(wrong).send(MAIL)
        make_mailer(right).send(MAIL)
        assert len(postbox.received) == 1


def test_where_encryption_was_asked_for_nothing_goes_in_plain_text(accepting_mail_server: MailServer) -> None:
    url, postbox = accepting_mail_server
    for address in (f"{url}?starttls=1", url.replace("smtp://", "smtps://")):
        with pytest.raises(NotHandedOver):
            make_mailer(address).send(MAIL)
    assert postbox.received == []


@pytest.mark.parametrize("sign", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("place", ["to", "sender", "subject", "message_id", "language"])
def test_no_line_break_reaches_a_header_or_the_mail_server(
    accepting_mail_server: MailServer, tmp_path: Path, place: str, sign: str
) -> None:
    url, postbox = accepting_mail_server
    forged = replace(MAIL, **{place: f"{getattr(MAIL, place)}{sign}Bcc: spy@example.net"})
    for mailer in (make_mailer(url), FolderMailer(tmp_path)):
        with pytest.raises(Refused):
            mailer.send(forged)
    assert postbox.received == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "address", ["a@x.example, b@x.example", "a@x.example> <b@x.example", "müller@x.example", "none", ""]
)
def test_an_address_that_is_not_one_address_is_refused(
    accepting_mail_server: MailServer, tmp_path: Path, address: str
) -> None:
    url, postbox = accepting_mail_server
    for mailer in (make_mailer(url), FolderMailer(tmp_path)):
        with pytest.raises(Refused):
            mailer.send(replace(MAIL, to=address))
    assert postbox.received == []
    assert list(tmp_path.iterdir()) == []


def _headers(mail: EmailMessage) -> list[str]:
    return sorted(name.lower() for name in mail)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=st.text(max_size=120))
def test_no_subject_whatever_adds_a_header(tmp_path: Path, subject: str) -> None:
    mailer, parser = FolderMailer(tmp_path), BytesParser(_class=EmailMessage, policy=policy.default)
    mailer.send(replace(MAIL, message_id="<plain@example.org>"))
    try:
        mailer.send(replace(MAIL, subject=subject))
    except Refused:
        return
    plain, odd = ((tmp_path / f"-{name}-example-org-.eml").read_bytes() for name in ("plain", "one"))
    assert _headers(parser.parsebytes(odd)) == _headers(parser.parsebytes(plain))


def test_a_folder_keeps_one_file_for_one_message_id(tmp_path: Path) -> None:
    mailer = make_mailer(f"folder://{tmp_path}/mail")
    for message_id in ("<one@example.org>", "<one@example.org>", "<two@example.org>"):
        mailer.send(replace(MAIL, message_id=message_id))
    assert len(list((tmp_path / "mail").iterdir())) == 2
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_to_may_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotHandedOver):
        FolderMailer(tmp_path / "file").send(MAIL)


@pytest.mark.parametrize("url", ["", "nonsense", "http://mail.example", "smtp://"])
def test_an_address_of_no_mail_server_names_the_setting(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        make_mailer(url)


def test_a_mailer_does_not_show_its_password() -> None:
    assert "hush" not in repr(SmtpMailer("smtp://clerk:hush@mail.example"))
