"""A letter leaves once, or a person is told: from the approved letter to the mail on a real mail server."""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update

from accounts.demo import DEMO_SIGN_INS
from foundation import alarms, jobs, journal, sealing
from foundation.jobs import ATTEMPTS_MOST, Job
from foundation.journal import Entry, Journal
from foundation.keys import KeyMissing, load_keys
from foundation.mail import Letterbox, Mailer, NotHandedOver, Refused, Unknown, make_mailer
from foundation.means import Means
from foundation.storage import Storage
from holdings import HOLDINGS
from submissions.models import Stage, Submission
from tests import factories
from tests.factories import FIELDS, SUMMARIES, TASKS, actor, due_jobs, letter_now, notices_of, release_of, work
from tests.fakes import FakeClock, FakeMailer
from tests.mail_servers import Postbox
from workflows import cases, communications, delivery, drafting, letter_queries, triage
from workflows.cases import NotPermitted
from workflows.communications import LetterBlocked
from workflows.gate import Closed
from workflows.lifecycle import CommunicationStatus, MoveNotAllowed
from workflows.models import (
    Case,
    CaseEvent,
    CaseSubmission,
    Communication,
    Link,
    Notice,
    NoticeStatus,
    Recipient,
    Release,
)

MailServer = tuple[str, Postbox]
LONG = timedelta(minutes=5)


class SwitchedOff(BaseException):
    """What stops a worker at once: nothing in the product catches it."""


class DyingMailer:
    """The worker's machine is switched off just when the mail would go."""

    def __init__(self) -> None:
        self.asked = 0

    def send(self, mail: Letterbox) -> None:
        self.asked += 1
        raise SwitchedOff


class MeanwhileMailer:
    """Hands a mail over, while something else happens before the answer comes."""

    def __init__(self, meanwhile: Callable[[], None], fault: Exception | None = None) -> None:
        self.sent: list[Letterbox] = []
        self._meanwhile, self._fault = meanwhile, fault

    def send(self, mail: Letterbox) -> None:
        if self._fault is None:
            self.sent.append(mail)
        self._meanwhile()
        if self._fault is not None:
            raise self._fault


class MeanwhileStorage(Storage):
    """A store so slow that something else happens before it has written."""

    def __init__(self, url: str, meanwhile: Callable[[], None]) -> None:
        super().__init__(url)
        self._meanwhile = meanwhile

    def put(self, blob_id: str, parts: object) -> None:
        super().put(blob_id, parts)  # type: ignore[arg-type]
        self._meanwhile()


def by_mail(means: Means, mailer: Mailer | str) -> Means:
    return replace(means, mailer=make_mailer(mailer) if isinstance(mailer, str) else mailer)


def only_notice(means: Means, letter: Communication) -> Notice:
    (notice,) = notices_of(means, letter.id)
    return notice


def deliver_job(means: Means) -> Job:
    with means.database.reading() as session:
        return session.scalars(select(Job).where(Job.name == communications.DELIVER)).one()


def events_of(means: Means, case_id: str) -> list[str]:
    with means.database.reading() as session:
        told = select(CaseEvent.action).where(CaseEvent.case_id == case_id).order_by(CaseEvent.sequence)
        return list(session.scalars(told))


def change(means: Means, row: type, row_id: str, **values: object) -> None:
    """Write to the database past every deed, as somebody who broke into it would."""
    with means.database.transaction() as session:
        session.execute(update(row).where(row.id == row_id).values(**values))  # type: ignore[attr-defined]


def test_a_letter_becomes_visible_arrives_by_mail_once_and_starts_its_clocks(
    means: Means, accepting_mail_server: MailServer
) -> None:
    url, postbox = accepting_mail_server
    letter = factories.sent(by_mail(means, url))
    assert (letter.status, letter.sent_at) == (CommunicationStatus.SENT, means.clock())
    assert (letter.reply_due_on, letter.publish_from_on) == (date(2026, 12, 23), date(2027, 1, 23))
    assert only_notice(means, letter).status == NoticeStatus.ACCEPTED
    assert release_of(means, letter.id) is not None
    assert postbox.recipients == ["mission.xxb@example.org"]
    assert [mail["Message-ID"] for mail in postbox.mails()] == [only_notice(means, letter).message_id]


def test_the_workers_own_keys_suffice(means: Means, instance: Path, mailer: FakeMailer) -> None:
    held = HOLDINGS["worker"]
    keys = load_keys(instance / "keys", held.private, held.secrets, held.signs)
    letter = factories.sending(means)
    work(replace(means, keys=keys))
    assert letter_now(means, letter.id).status == CommunicationStatus.SENT
    assert len(mailer.sent) == 1
    with pytest.raises(KeyMissing):
        keys.identity("portal")


def test_the_letter_is_visible_before_the_mail_is_tried(means: Means) -> None:
    seen: list[Release | None] = []
    letter = factories.sending(means)
    work(by_mail(means, MeanwhileMailer(lambda: seen.append(release_of(means, letter.id)))))
    assert seen[0] is not None


def test_sources_are_told_that_a_letter_was_sent(means: Means) -> None:
    letter = factories.sent(means)
    with means.database.reading() as session:
        joined = select(Submission.stage).join(CaseSubmission, CaseSubmission.submission_id == Submission.id)
        stages = session.scalars(joined.where(CaseSubmission.case_id == letter.case_id)).all()
    assert stages == [Stage.LETTER_SENT]


def found_in(raw: bytes, mail_text: str, secrets: list[str]) -> list[str]:
    everything = raw.decode("utf-8", "replace") + mail_text
    return [secret for secret in secrets if secret.casefold() in everything.casefold()]


@pytest.mark.parametrize("state", ["XXB", "XXA"])
def test_the_notice_tells_nothing_of_the_letter(means: Means, accepting_mail_server: MailServer, state: str) -> None:
    url, postbox = accepting_mail_server
    letter = factories.sent(by_mail(means, url), state=state)
    (raw,), (mail,) = postbox.received, postbox.mails()
    with means.database.reading() as session:
        recipient = session.get_one(Recipient, letter.recipient_id)
    names = ["Exempli", "Paradigmi", "Idalia", "Venn", "Lumara", "Bruna", "Quist", "Amara", "solidarit"]
    secrets = [letter.reference, letter.reference_number, state + " ", recipient.name, *names]
    secrets += [FIELDS[letter.language].subject, SUMMARIES[letter.language], *(known.name for known in DEMO_SIGN_INS)]
    shown = "\n".join([mail["Subject"], mail.get_content(), *map(str, mail.values())])
    assert found_in(raw, shown, secrets) == []
    assert found_in(raw, shown + "Idalia", secrets) == ["Idalia"], "a name that is there would have been found"
    assert f"http://portal.test/portal/{letter.language}/letter/" in mail.get_content()
    assert mail["Content-Language"] == letter.language


def test_a_refused_mail_leaves_the_letter_undelivered_and_a_person_sends_again_under_a_new_message_id(
    means: Means, refusing_mail_server: MailServer, accepting_mail_server: MailServer
) -> None:
    refused = factories.sent(by_mail(means, refusing_mail_server[0]))
    assert refused.status == CommunicationStatus.UNDELIVERED
    assert only_notice(means, refused).status == NoticeStatus.REFUSED
    work(by_mail(means, accepting_mail_server[0]))
    assert accepting_mail_server[1].received == [], "without a person nothing is tried again"
    means.clock.advance(minutes=1)  # type: ignore[attr-defined]
    factories.send(means, refused)
    work(by_mail(means, accepting_mail_server[0]))
    first, second = notices_of(means, refused.id)
    assert first.message_id != second.message_id
    assert [mail["Message-ID"] for mail in accepting_mail_server[1].mails()] == [second.message_id]
    assert letter_now(means, refused.id).status == CommunicationStatus.SENT


def test_a_connection_lost_behind_the_text_is_put_before_a_person_and_never_tried_again(
    means: Means, clock: FakeClock, mail_server_that_hangs_up_late: MailServer, accepting_mail_server: MailServer
) -> None:
    letter = factories.sent(by_mail(means, mail_server_that_hangs_up_late[0]))
    assert only_notice(means, letter).status == NoticeStatus.UNCONFIRMED
    assert letter.status == CommunicationStatus.SENDING
    assert events_of(means, letter.case_id)[-1] == "notice_unconfirmed"
    job = deliver_job(means)
    clock.advance(hours=2)
    TASKS.run(by_mail(means, accepting_mail_server[0]), job.id)
    change(means, Job, job.id, done_at=None, lease_until=None)
    TASKS.run(by_mail(means, accepting_mail_server[0]), job.id)
    assert accepting_mail_server[1].received == []
    assert len(mail_server_that_hangs_up_late[1].received) == 1
    assert only_notice(means, letter).status == NoticeStatus.UNCONFIRMED


def test_while_the_mail_server_is_away_the_letter_waits_and_then_leaves_once_under_the_same_message_id(
    means: Means, clock: FakeClock, accepting_mail_server: MailServer
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"smtp://127.0.0.1:{nobody.getsockname()[1]}"
        letter = factories.sending(means)
        message_id = only_notice(means, letter).message_id
        for _ in range(3):
            work(by_mail(means, away))
            clock.advance(minutes=10)
    assert letter_now(means, letter.id).status == CommunicationStatus.SENDING
    assert only_notice(means, letter).status == NoticeStatus.DUE
    work(by_mail(means, accepting_mail_server[0]))
    work(by_mail(means, accepting_mail_server[0]))
    assert [mail["Message-ID"] for mail in accepting_mail_server[1].mails()] == [message_id]
    assert letter_now(means, letter.id).status == CommunicationStatus.SENT
    with means.database.reading() as session:
        assert len(session.scalars(select(Link)).all()) == 1, "links that never left are worth nothing"


def test_a_busy_mail_server_is_asked_again_and_in_the_end_a_person_is(
    means: Means, clock: FakeClock, busy_mail_server: MailServer, accepting_mail_server: MailServer
) -> None:
    letter = factories.sending(means)
    for _ in range(ATTEMPTS_MOST):
        work(by_mail(means, busy_mail_server[0]))
        clock.advance(hours=1)
    with means.database.reading() as session:
        (job,) = jobs.given_up(session)
    assert job.error == "the mail server said 450"
    with means.database.transaction() as session:
        jobs.take_up_again(session, job.id, clock())
    work(by_mail(means, accepting_mail_server[0]))
    assert len(accepting_mail_server[1].received) == 1
    assert letter_now(means, letter.id).status == CommunicationStatus.SENT


def test_a_worker_killed_before_the_mail_leaves_the_question_to_a_person_and_no_mail_goes(
    means: Means, clock: FakeClock, mailer: FakeMailer
) -> None:
    letter = factories.sending(means)
    dying = DyingMailer()
    with suppress(SwitchedOff):
        work(by_mail(means, dying))
    assert dying.asked == 1
    assert only_notice(means, letter).status == NoticeStatus.TRYING
    work(means)
    assert only_notice(means, letter).status == NoticeStatus.TRYING, "the lease of the dead worker still counts"
    clock.now += means.lease
    work(means)
    assert mailer.asked == 0
    assert only_notice(means, letter).status == NoticeStatus.UNCONFIRMED
    assert letter_now(means, letter.id).status == CommunicationStatus.SENDING


def outlived(means: Means, clock: FakeClock, job: Job) -> Callable[[], None]:
    """The lease ends while the first worker is still busy, and a second one takes the job up."""

    def meanwhile() -> None:
        clock.now += means.lease
        TASKS.run(means, job.id)

    return meanwhile


@pytest.mark.parametrize("answer", [None, NotHandedOver("late"), Refused("late"), Unknown("late")], ids=repr)
def test_a_worker_that_outlives_its_lease_at_the_mail_server_has_no_say_any_more(
    means: Means, clock: FakeClock, mailer: FakeMailer, answer: Exception | None
) -> None:
    letter = factories.sending(means)
    slow = MeanwhileMailer(outlived(means, clock, deliver_job(means)), answer)
    TASKS.run(by_mail(means, slow), deliver_job(means).id)
    assert mailer.asked == 0
    assert only_notice(means, letter).status == NoticeStatus.UNCONFIRMED, "it stays on a person's list"
    assert letter_now(means, letter.id).status == CommunicationStatus.SENDING
    assert deliver_job(means).done_at is not None
    assert events_of(means, letter.case_id).count("notice_unconfirmed") == 1


def test_a_worker_that_outlives_its_lease_before_the_letter_is_visible_sends_nothing(
    means: Means, instance: Path, clock: FakeClock, mailer: FakeMailer
) -> None:
    letter = factories.sending(means)
    url = f"file://{instance / 'blobs'}"
    slow = replace(means, storage=MeanwhileStorage(url, outlived(means, clock, deliver_job(means))))
    late = FakeMailer()
    TASKS.run(by_mail(slow, late), deliver_job(means).id)
    assert (late.asked, len(mailer.sent)) == (0, 1)
    assert letter_now(means, letter.id).status == CommunicationStatus.SENT
    assert only_notice(means, letter).status == NoticeStatus.ACCEPTED


def test_a_worker_whose_job_somebody_else_has_claimed_sends_nothing(
    means: Means, instance: Path, clock: FakeClock, mailer: FakeMailer
) -> None:
    letter = factories.sending(means)

    def claimed_by_another() -> None:
        clock.now += means.lease
        with means.database.transaction() as session:
            assert jobs.claim(session, deliver_job(means).id, clock(), means.lease) is not None

    slow = replace(means, storage=MeanwhileStorage(f"file://{instance / 'blobs'}", claimed_by_another))
    TASKS.run(slow, deliver_job(means).id)
    assert mailer.asked == 0
    assert release_of(means, letter.id) is None
    with means.database.reading() as session:
        assert journal.unknown(session, means.journal) == [], "what was written down and did not happen is known"
    clock.now += means.lease
    work(means)
    assert len(mailer.sent) == 1


def changed_row(means: Means, letter: Communication, **values: object) -> None:
    change(means, Communication, letter.id, **values)


def with_other_signature(means: Means, letter: Communication) -> None:
    changed_row(means, letter, signature="00" * 64)


def with_signature_that_is_none(means: Means, letter: Communication) -> None:
    changed_row(means, letter, signature="not hexadecimal")


def with_other_hash(means: Means, letter: Communication) -> None:
    changed_row(means, letter, letter_sha256="0" * 64)


def with_other_date(means: Means, letter: Communication) -> None:
    changed_row(means, letter, dated_on=date(2026, 11, 22))


def with_other_reference(means: Means, letter: Communication) -> None:
    changed_row(means, letter, reference="UA XXB 9/2026")


def with_other_mailbox(means: Means, letter: Communication) -> None:
    change(means, Recipient, letter.recipient_id, mailbox="somebody@example.org")


def with_altered_pdf(means: Means, letter: Communication) -> None:
    (envelope,) = means.storage.get(str(letter.pdf_id))
    means.storage.put(str(letter.pdf_id), [envelope[:-1] + bytes([envelope[-1] ^ 1])])


def with_another_pdf(means: Means, letter: Communication) -> None:
    """Anybody can seal: the mandate's public half is no secret."""
    pdf_id = str(letter.pdf_id)
    place = communications.pdf_place(pdf_id)
    means.storage.put(pdf_id, [sealing.seal(b"%PDF-1.7 another", means.keys.recipients("mandate"), place)])


def without_pdf(means: Means, letter: Communication) -> None:
    means.storage.delete(str(letter.pdf_id))


FORGERIES = [
    with_other_signature,
    with_signature_that_is_none,
    with_other_hash,
    with_other_date,
    with_other_reference,
    with_other_mailbox,
    with_altered_pdf,
    with_another_pdf,
    without_pdf,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_letter_that_is_not_what_was_approved_never_leaves_and_the_job_says_so(
    means: Means, mailer: FakeMailer, forge: Callable[[Means, Communication], None]
) -> None:
    letter = factories.sending(means)
    forge(means, letter)
    work(means)
    assert mailer.asked == 0
    assert release_of(means, letter.id) is None
    assert letter_now(means, letter.id).status == CommunicationStatus.SENDING
    with means.database.reading() as session:
        assert [job.name for job in jobs.given_up(session)] == [communications.DELIVER]
        alarmed = [(alarm.code, alarm.subject) for alarm in alarms.open_alarms(session)]
    # A file that is gone is not a forged one.
    assert alarmed == ([] if forge is without_pdf else [(communications.APPROVAL_FORGED, letter.id)])


def test_a_public_key_that_was_swapped_raises_an_alarm_and_nothing_leaves(means: Means, mailer: FakeMailer) -> None:
    letter = factories.sending(means)
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    swapped = replace(means.keys, public={**means.keys.public, "approval": other})
    work(replace(means, keys=swapped))
    assert (mailer.asked, release_of(means, letter.id)) == (0, None)
    with means.database.reading() as session:
        (alarm,) = alarms.open_alarms(session)
    assert (alarm.code, alarm.subject) == (communications.APPROVAL_FORGED, letter.id)


def test_a_second_notice_does_not_go_to_another_mailbox_either(means: Means, mailer: FakeMailer) -> None:
    mailer.fault = Refused("no such mailbox")
    letter = factories.sent(means)
    mailer.fault = None
    factories.send(means, letter)
    with_other_mailbox(means, letter)
    work(means)
    assert mailer.sent == []
    with means.database.reading() as session:
        assert len(jobs.given_up(session)) == 1


def test_a_draft_that_was_edited_to_approved_in_the_database_never_leaves(means: Means, mailer: FakeMailer) -> None:
    draft, real = factories.drafted(means), factories.approved(means)
    forged = {name: getattr(real, name) for name in ("pdf_id", "letter_sha256", "signature", "rests_on")}
    changed_row(means, draft, status="sending", approved_by=actor(means, factories.HOLDER), **forged)
    with means.database.transaction() as session:
        communications.write_notice(session, session.get_one(Communication, draft.id), means.clock())
    work(means)
    assert mailer.asked == 0
    assert release_of(means, draft.id) is None


def test_an_approved_letter_that_nobody_decided_to_send_does_not_leave_by_an_edit_in_the_database(
    means: Means, mailer: FakeMailer
) -> None:
    letter = factories.approved(means)
    changed_row(means, letter, status="sending")
    with means.database.transaction() as session:
        communications.write_notice(session, session.get_one(Communication, letter.id), means.clock())
    work(means)
    assert mailer.asked == 0
    assert release_of(means, letter.id) is None
    with means.database.reading() as session:
        assert len(jobs.given_up(session)) == 1


@pytest.mark.parametrize("status", ["draft", "in_review", "approved"])
def test_a_notice_without_a_persons_decision_to_send_is_left_to_a_person(
    means: Means, mailer: FakeMailer, status: str
) -> None:
    make = {"draft": factories.drafted, "in_review": factories.in_review, "approved": factories.approved}[status]
    letter = make(means)
    with means.database.transaction() as session:
        communications.write_notice(session, session.get_one(Communication, letter.id), means.clock())
    work(means)
    assert mailer.asked == 0
    with means.database.reading() as session:
        assert len(jobs.given_up(session)) == 1


def taken_back(means: Means, letter: Communication) -> None:
    with means.database.transaction() as session:
        (submission_id,) = cases.submissions_of(session, letter.case_id)
        triage.withdraw(session, means.keys, submission_id, means.clock())


def test_what_the_source_takes_back_before_it_left_does_not_leave(means: Means, mailer: FakeMailer) -> None:
    letter = factories.sending(means)
    taken_back(means, letter)
    work(means)
    assert mailer.asked == 0
    assert release_of(means, letter.id) is None
    assert letter_now(means, letter.id).status == CommunicationStatus.UNDELIVERED


def test_an_undelivered_letter_is_not_sent_again_once_its_source_took_the_submission_back(
    means: Means, mailer: FakeMailer
) -> None:
    mailer.fault = Refused("no such mailbox")
    letter = factories.sent(means)
    taken_back(means, letter)
    with pytest.raises(LetterBlocked, match=drafting.TAKEN_BACK):
        factories.send(means, letter)
    assert len(notices_of(means, letter.id)) == 1


def test_what_waits_for_a_mail_server_does_not_leave_once_its_source_took_the_submission_back(
    means: Means, clock: FakeClock, mailer: FakeMailer
) -> None:
    mailer.fault = NotHandedOver("the mail server said 450")
    letter = factories.sent(means)
    taken_back(means, letter)
    mailer.fault = None
    clock.advance(minutes=10)
    work(means)
    assert mailer.sent == []
    assert letter_now(means, letter.id).status == CommunicationStatus.UNDELIVERED


def unconfirmed(means: Means, mailer: FakeMailer) -> Communication:
    mailer.fault = Unknown("lost")
    letter = factories.sent(means)
    mailer.fault = None
    return letter


@pytest.mark.parametrize(("arrived", "status"), [(True, "sent"), (False, "undelivered")])
def test_a_persons_word_settles_a_notice_of_which_nobody_knows(
    means: Means, mailer: FakeMailer, arrived: bool, status: str
) -> None:
    letter = unconfirmed(means, mailer)
    notice, by = only_notice(means, letter), actor(means)
    with means.database.transaction() as session:
        delivery.confirm(session, means.keys, notice.id, arrived, by, means.clock())
    assert letter_now(means, letter.id).status == status
    assert (letter_now(means, letter.id).sent_at is not None) == arrived
    with pytest.raises(MoveNotAllowed), means.database.transaction() as session:
        delivery.confirm(session, means.keys, notice.id, not arrived, by, means.clock())


def test_who_may_not_send_letters_has_no_word_on_notices(means: Means, mailer: FakeMailer) -> None:
    notice, by = only_notice(means, unconfirmed(means, mailer)), actor(means, factories.HOLDER)
    with pytest.raises(NotPermitted), means.database.transaction() as session:
        delivery.confirm(session, means.keys, notice.id, True, by, means.clock())


def test_nobodys_word_goes_before_a_mail_that_is_still_to_be_tried(means: Means) -> None:
    letter = factories.sending(means)
    by = actor(means)
    with pytest.raises(MoveNotAllowed), means.database.transaction() as session:
        delivery.confirm(session, means.keys, only_notice(means, letter).id, True, by, means.clock())
    assert len(due_jobs(means)) == 1


def entries(means: Means) -> list[Entry]:
    return list(means.journal.entries())


def test_that_a_mail_leaves_is_in_the_journal_before_and_known_to_the_database(means: Means) -> None:
    seen: list[Entry] = []
    letter = factories.sending(means)
    work(by_mail(means, MeanwhileMailer(lambda: seen.extend(entries(means)))))
    (entry,) = seen
    notice = only_notice(means, letter)
    assert entry.kind == delivery.LEFT
    assert entry.ids == {
        "case_id": letter.case_id,
        "communication_id": letter.id,
        "notice_id": notice.id,
        "message_id": notice.message_id,
        "reference": letter.reference,
        "letter_sha256": letter.letter_sha256,
    }
    with means.database.reading() as session:
        assert journal.unknown(session, means.journal) == []


def test_while_the_journal_is_away_nothing_leaves_and_then_it_leaves_once(
    means: Means, clock: FakeClock, mailer: FakeMailer, tmp_path: Path
) -> None:
    letter = factories.sending(means)
    (tmp_path / "file").write_text("in the way")
    away = replace(means, journal=Journal(f"file://{tmp_path / 'file'}"))
    for _ in range(ATTEMPTS_MOST + 2):
        work(away)
        clock.advance(minutes=2)
    assert (mailer.asked, release_of(means, letter.id)) == (0, None)
    with means.database.reading() as session:
        assert jobs.given_up(session) == [], "waiting is no attempt"
    work(means)
    work(means)
    assert len(mailer.sent) == 1


def test_while_the_journal_knows_more_than_the_database_nothing_is_sent_and_nothing_leaves(
    means: Means, clock: FakeClock, mailer: FakeMailer
) -> None:
    ready, under_way = factories.approved(means), factories.approved(means)
    factories.send(means, under_way)
    forgotten = means.journal.write("erased", clock(), submission_id="0" * 32, case_id="0" * 32)
    clock.advance(minutes=5)
    with pytest.raises(Closed):
        factories.send(means, ready)
    work(means)
    assert mailer.asked == 0
    with means.database.transaction() as session:
        journal.know(session, forgotten, clock())
    clock.advance(minutes=2)
    work(means)
    factories.send(means, ready)
    work(means)
    assert len(mailer.sent) == 2


class DyingJournal(Journal):
    """The worker's machine is switched off just when the journal has kept an entry."""

    def write(self, kind: str, now: datetime, **ids: str) -> Entry:
        super().write(kind, now, **ids)
        raise SwitchedOff


def test_a_worker_killed_when_only_the_journal_knows_leaves_the_question_to_a_person(
    means: Means, instance: Path, clock: FakeClock, mailer: FakeMailer
) -> None:
    letter = factories.sending(means)
    with suppress(SwitchedOff):
        work(replace(means, journal=DyingJournal(f"file://{instance / 'journal'}", journal.key_of(means.keys.secrets))))
    clock.now += means.lease
    work(means)
    assert mailer.asked == 0
    assert only_notice(means, letter).status == NoticeStatus.UNCONFIRMED
    with means.database.reading() as session:
        assert journal.unknown(session, means.journal) == [], "it is settled, so nothing else is kept waiting"


def test_a_clock_that_was_set_back_neither_stops_a_letter_nor_hides_its_last_notice(
    means: Means, clock: FakeClock, mailer: FakeMailer
) -> None:
    mailer.fault = Refused("no such mailbox")
    letter = factories.sent(means)
    clock.advance(hours=-3)
    factories.send(means, letter)
    work(means)
    first, second = notices_of(means, letter.id)
    assert (first.status, second.status) == (NoticeStatus.REFUSED, NoticeStatus.REFUSED)
    with means.database.reading() as session:
        assert [row.notice.id for row in letter_queries.notices_to_settle(session)] == [second.id]
    mailer.fault = None
    factories.send(means, letter)
    work(means)
    assert letter_now(means, letter.id).status == CommunicationStatus.SENT


def test_a_case_that_left_this_house_keeps_its_letters_where_they_are(means: Means) -> None:
    letter = factories.approved(means)
    taken_back(means, letter)
    with means.database.reading() as session:
        assert session.get_one(Case, letter.case_id).status == "withdrawn"
    assert letter_now(means, letter.id).status == CommunicationStatus.WITHDRAWN
