"""A saved mail is taken apart: sender, day, words and files; what is no mail is said to be none."""

from datetime import date
from email.message import EmailMessage
from random import Random

import pytest

from submissions.mail_reading import MailRead, MailUnreadable, read_mail, text_of_html


def a_mail(body: str = "They took her away.", subtype: str = "plain") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = '"Quist, Bruna" <bruna.quist@example.org>'
    mail["To"] = "office@example.org"
    mail["Subject"] = "قضية إداليا"
    mail["Date"] = "Sat, 14 Nov 2026 23:30:00 +0000"
    mail.set_content(body, subtype=subtype)
    return mail


def read(mail: EmailMessage) -> MailRead:
    return read_mail(mail.as_bytes())


def test_sender_day_subject_and_body_are_read() -> None:
    found = read(a_mail())
    assert (found.sender_name, found.sender_email) == ("Quist, Bruna", "bruna.quist@example.org")
    assert found.sent_on == date(2026, 11, 15), "it is the day in Geneva"
    assert (found.subject, found.body, found.files) == ("قضية إداليا", "They took her away.", ())


def test_a_mail_of_html_alone_is_read_as_words_without_scripts_and_addresses_of_pictures() -> None:
    page = (
        "<style>p{color:red}</style><p>They took <b>her</b> away.</p><script>alert(1)</script>"
        "<div>Nobody&nbsp;knows<br>where &lt;she&gt; is.<img src='https://track.example/x'></div>"
    )
    body = read(a_mail(page, "html")).body.replace("\xa0", " ")
    assert body.split("\n") == ["They took her away.", "", "Nobody knows", "where <she> is."]


def test_of_words_that_come_twice_the_plain_ones_count() -> None:
    mail = a_mail()
    mail.add_alternative("<p>They took <i>her</i> away.</p>", subtype="html")
    found = read(mail)
    assert (found.body, found.files) == ("They took her away.", ())


def test_files_are_taken_out_with_their_names() -> None:
    mail = a_mail()
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="رسالة.pdf")
    mail.add_attachment("a list", filename="list.txt")
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png")
    found = read(mail).files
    assert [(file.name, file.content) for file in found] == [
        ("رسالة.pdf", b"%PDF-1.7"),
        ("list.txt", b"a list\n"),
        ("3.png", b"\x89PNG"),
    ]


def test_a_mail_inside_a_mail_is_read_with_its_files() -> None:
    inner = a_mail("What she wrote herself.")
    inner.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="inner.png")
    outer = a_mail("I forward this.")
    outer.add_attachment(inner)
    found = read(outer)
    assert found.body.startswith("I forward this.")
    assert "What she wrote herself." in found.body
    assert [file.name for file in found.files] == ["inner.png"]


def test_mails_nested_without_end_come_to_an_end() -> None:
    mail = a_mail("the innermost")
    for depth in range(30):
        outer = a_mail(f"around {depth}")
        outer.add_attachment(mail)
        mail = outer
    found = read(mail)
    assert "around 29" in found.body
    assert "the innermost" not in found.body


def test_a_mail_with_a_charset_that_nobody_knows_or_with_a_false_one_is_read_as_far_as_it_can_be() -> None:
    raw = a_mail().as_bytes().replace(b'charset="utf-8"', b'charset="klingon"')
    assert read_mail(raw).body == "They took her away."
    assert "They" in read_mail(raw.replace(b"klingon", b"ascii").replace(b"took", b"t\xffok")).body


@pytest.mark.parametrize("day", ["", "yesterday", "Sat, 99 Nov 2026 23:30:00 +0000", "-1", "\x00"])
def test_a_day_that_is_none_is_left_out(day: str) -> None:
    raw = a_mail().as_bytes().replace(b"Sat, 14 Nov 2026 23:30:00 +0000", day.encode())
    assert read_mail(raw).sent_on is None


def test_what_is_no_mail_is_said_to_be_none() -> None:
    for content in (b"", b"no mail at all", b"\x00" * 500, bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 5_000):
        with pytest.raises(MailUnreadable):
            read_mail(content)


def test_damaged_mails_are_read_or_refused_and_nothing_else() -> None:
    chance, whole = Random(4), a_mail()
    whole.add_attachment(a_mail("inner"))
    raw = bytearray(whole.as_bytes())
    outcomes = set()
    for _ in range(300):
        damaged = bytearray(raw)
        for _ in range(12):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            outcomes.add(type(read_mail(bytes(damaged))))
        except MailUnreadable:
            outcomes.add(MailUnreadable)
    assert MailRead in outcomes


def test_html_without_any_tag_stays_as_it_is() -> None:
    assert text_of_html("a &amp; b") == "a & b"
