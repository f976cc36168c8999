"""What an approval rests on is asked again when a person sends: it lapses, or a second notice is refused."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from foundation import alarms
from foundation.mail import Refused
from foundation.means import Means
from mandate.models import MandateHolder, PermanentMission, Resolution, State
from tests import factories
from tests.desk_visits import Colleague, actions_on, letter_path, text_of
from tests.factories import actor, letter_now, notices_of, release_of, work
from tests.fakes import FakeClock, FakeMailer
from workflows import communications, drafting, kept_back, letter_hold
from workflows.communications import Lapsed, LetterBlocked, OwnEdit
from workflows.lifecycle import CommunicationStatus, MoveNotAllowed
from workflows.models import Case, CaseSubmission, Communication, Summary

ELSEWHERE = "chancery.xxb@example.org"


def pressed(means: Means, letter: Communication) -> Lapsed | None:
    """What comes of an officer's press of the button."""
    by = actor(means)
    with means.database.transaction() as session:
        return communications.begin_sending(session, means, letter.id, by)


def everywhere(means: Means, row: type, **values: Any) -> None:
    with means.database.transaction() as session:
        session.execute(update(row).values(**values))


def joined_by(means: Means, letter: Communication, **answers: Any) -> None:
    """Another submission turns out to be about the same, and the case rests on it too."""
    other = factories.triaged(means, **answers)
    with means.database.transaction() as session:
        moved = update(CaseSubmission).where(CaseSubmission.case_id == other.id)
        session.execute(moved.values(case_id=letter.case_id))


def without_consent(means: Means, letter: Communication) -> None:
    joined_by(means, letter, consent_to_send="no")


def with_a_source_who_is_named(means: Means, letter: Communication) -> None:
    joined_by(means, letter, your_name="Idalia Venn", relation="witness")


def with_somebody_who_wants_no_letter_there(means: Means, letter: Communication) -> None:
    joined_by(means, letter, states=["XXA", "XXB"], not_to=["state:XXB"])


def with_a_place_that_may_not_be_told(means: Means, letter: Communication) -> None:
    joined_by(means, letter, precision=factories.told_to_all("region"))


def with_another_holder(means: Means, letter: Communication) -> None:
    everywhere(means, MandateHolder, name="Somebody Else")


def with_another_resolution(means: Means, letter: Communication) -> None:
    everywhere(means, Resolution, number="99/1")


def with_other_names_of_the_state(means: Means, letter: Communication) -> None:
    with means.database.transaction() as session:
        for state in session.scalars(select(State).where(State.code == "XXB")):
            state.formal = {language: f"{name} again" for language, name in state.formal.items()}


def with_another_mailbox(means: Means, letter: Communication) -> None:
    everywhere(means, PermanentMission, mailbox=ELSEWHERE)


def a_day_later(means: Means, letter: Communication) -> None:
    means.clock.advance(days=1)  # type: ignore[attr-defined]


def without_a_signature(means: Means, letter: Communication) -> None:
    everywhere(means, Communication, signature="00" * 64)


CHANGES: dict[str, Callable[[Means, Communication], None]] = {
    kept_back.NO_CONSENT: without_consent,
    kept_back.SOURCE_NAMED: with_a_source_who_is_named,
    kept_back.PLACE_TOO_EXACT: with_a_place_that_may_not_be_told,
    "holder": with_another_holder,
    "resolution": with_another_resolution,
    "state": with_other_names_of_the_state,
    "recipient": with_another_mailbox,
    "date": a_day_later,
    "approval": without_a_signature,
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_approval_that_no_longer_holds_lapses_and_says_why(means: Means, mailer: FakeMailer, what: str) -> None:
    letter = factories.approved(means)
    CHANGES[what](means, letter)
    lapsed = pressed(means, letter)
    assert lapsed is not None
    assert what in lapsed.changed
    assert set(lapsed.changed) <= {what, "consent"}
    now = letter_now(means, letter.id)
    assert (now.status, now.signature, now.approved_by) == (CommunicationStatus.DRAFT, None, None)
    work(means)
    assert (mailer.asked, notices_of(means, letter.id)) == (0, [])


def never_visible(means: Means) -> Communication:
    """A letter that was held before it left, so that nobody could ever see it, and whose hold was lifted."""
    letter, by = factories.sending(means), actor(means)
    for deed in (letter_hold.hold, letter_hold.lift):
        with means.database.transaction() as session:
            deed(session, means.keys, letter.id, by, means.clock(), "A reason.")
        work(means)
    return letter_now(means, letter.id)


@pytest.mark.parametrize("what", CHANGES)
def test_an_undelivered_letter_that_was_never_visible_lapses_like_an_approved_one(
    means: Means, mailer: FakeMailer, what: str
) -> None:
    letter = never_visible(means)
    assert letter.status == CommunicationStatus.UNDELIVERED
    CHANGES[what](means, letter)
    lapsed = pressed(means, letter)
    assert lapsed is not None
    assert what in lapsed.changed
    assert letter_now(means, letter.id).status == CommunicationStatus.DRAFT
    assert (mailer.asked, release_of(means, letter.id)) == (0, None)


def refused(means: Means, mailer: FakeMailer) -> Communication:
    """A letter that is visible in the portal, of which no mailbox took a notice."""
    mailer.fault = Refused("no such mailbox")
    letter = factories.sent(means)
    mailer.fault = None
    return letter


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without_consent, kept_back.NO_CONSENT),
        (without_consent, drafting.CONSENT_CHANGED),
        (with_somebody_who_wants_no_letter_there, kept_back.NOT_TO_ADDRESSEE),
        (with_a_source_who_is_named, kept_back.SOURCE_NAMED),
        (with_another_mailbox, drafting.RECIPIENT_CHANGED),
    ],
)
def test_a_second_notice_of_a_visible_letter_is_refused_where_the_approval_no_longer_holds(
    means: Means, mailer: FakeMailer, change: Callable[[Means, Communication], None], code: str
) -> None:
    letter = refused(means, mailer)
    change(means, letter)
    with pytest.raises(LetterBlocked, match=code):
        pressed(means, letter)
    work(means)
    assert mailer.sent == []
    assert letter_now(means, letter.id).status == CommunicationStatus.UNDELIVERED


def test_the_day_that_passed_is_no_obstacle_to_a_second_notice(means: Means, mailer: FakeMailer) -> None:
    letter = refused(means, mailer)
    a_day_later(means, letter)
    assert pressed(means, letter) is None
    work(means)
    assert letter_now(means, letter.id).status == CommunicationStatus.SENT


def test_a_refused_second_notice_says_why_on_the_page(noor: Colleague, means: Means, mailer: FakeMailer) -> None:
    letter = refused(means, mailer)
    with_another_mailbox(means, letter)
    answer = noor.send(f"{letter_path(letter)}/send", sha256=letter.letter_sha256)
    assert answer.status_code == 409
    assert "The addressee's name, address or mailbox has changed." in text_of(answer)
    assert {f"{letter_path(letter)}/hold", f"{letter_path(letter)}/withdraw"} <= actions_on(answer)


def test_after_a_lapse_the_letter_is_approved_for_the_mailbox_on_record_and_leaves_to_it(
    means: Means, mailer: FakeMailer
) -> None:
    letter = factories.approved(means)
    with_another_mailbox(means, letter)
    assert pressed(means, letter) == Lapsed(("recipient",))
    by, now = actor(means), means.clock()
    with means.database.transaction() as session:
        communications.submit(session, means.keys, letter.id, by, now)
    communications.approve(means, letter.id, actor(means, factories.HOLDER), accepts_unreviewed=True)
    assert pressed(means, letter) is None
    work(means)
    assert [mail.to for mail in mailer.sent] == [ELSEWHERE]


def edited_to_approved(means: Means) -> Communication:
    """A draft whose row was edited by whoever writes to the database: all that an approval leaves, but no signature."""
    draft, real = factories.drafted(means), factories.approved(means)
    names = ("pdf_id", "letter_sha256", "signature", "template_version", "rests_on", "approved_at")
    forged = {name: getattr(real, name) for name in names}
    by = actor(means, factories.HOLDER)
    with means.database.transaction() as session:
        row = update(Communication).where(Communication.id == draft.id)
        session.execute(row.values(status="approved", approved_by=by, **forged))
    return letter_now(means, draft.id)


def test_a_row_that_was_edited_to_approved_without_a_signature_never_leaves_and_alarms(
    noor: Colleague, means: Means, mailer: FakeMailer
) -> None:
    letter = edited_to_approved(means)
    answer = noor.press(f"{letter_path(letter)}/send", f"{letter_path(letter)}/send")
    assert "does not bear this desk's signature" in text_of(answer)
    work(means)
    assert (mailer.asked, release_of(means, letter.id)) == (0, None)
    assert letter_now(means, letter.id).status == CommunicationStatus.DRAFT
    with means.database.reading() as session:
        (alarm,) = alarms.open_alarms(session)
    assert (alarm.code, alarm.subject) == (communications.APPROVAL_FORGED, letter.id)


def test_a_letter_of_a_closed_case_is_not_sent(means: Means) -> None:
    letter = factories.approved(means)
    everywhere(means, Case, status="closed")
    with pytest.raises(MoveNotAllowed):
        pressed(means, letter)


def test_who_wrote_the_summary_has_written_the_letter_and_does_not_approve_it(means: Means) -> None:
    letter, holder = factories.in_review(means), actor(means, factories.HOLDER)
    everywhere(means, Summary, by=holder)
    with pytest.raises(OwnEdit):
        communications.approve(means, letter.id, holder, accepts_unreviewed=True)
    everywhere(means, Summary, by=actor(means))
    communications.approve(means, letter.id, holder, accepts_unreviewed=True)
    assert letter_now(means, letter.id).status == CommunicationStatus.APPROVED


def test_the_day_of_the_letter_is_asked_in_geneva(means: Means, clock: FakeClock) -> None:
    letter = factories.approved(means)
    clock.now = clock.now.replace(hour=23, minute=30)
    lapsed = pressed(means, letter)
    assert (lapsed, letter.dated_on) == (Lapsed(("date",)), date(2026, 11, 23))
