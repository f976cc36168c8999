"""One officer holds a letter: nothing of it leaves, nobody opens it, and of a hold and an opening just one wins."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Event
from typing import TypeVar

import pytest
from sqlalchemy import select, update

from foundation.mail import NotHandedOver, Refused
from foundation.means import Means
from tests import factories
from tests.desk_visits import Colleague, actions_on, letter_path
from tests.factories import actor, letter_now, notices_of, release_of, work
from tests.fakes import FakeClock, FakeMailer
from tests.portal_visits import token_in
from workflows import audit, cases, communications, letter_hold, letter_queries, replies
from workflows.cases import NotPermitted
from workflows.letter_hold import HoldNotAllowed, LetterHeld, WasOpened
from workflows.letter_queries import Shelf
from workflows.lifecycle import CommunicationAction, CommunicationStatus, MoveNotAllowed
from workflows.models import CaseEvent, Communication, Link, NoticeStatus, Release
from workflows.replies import LetterClosed

WHY = "The sister telephoned."
T = TypeVar("T")


def hold(means: Means, letter: Communication, which: int = factories.OFFICER) -> None:
    by = actor(means, which)
    with means.database.transaction() as session:
        letter_hold.hold(session, means.keys, letter.id, by, means.clock(), WHY)


def lift(means: Means, letter: Communication, which: int = factories.OFFICER) -> None:
    by = actor(means, which)
    with means.database.transaction() as session:
        letter_hold.lift(session, means.keys, letter.id, by, means.clock(), "She agrees after all.")


def open_it(means: Means, token: str) -> Release:
    with means.database.transaction() as session:
        return replies.exchange(session, means.keys, token, means.clock())


def told_of(means: Means, letter: Communication) -> list[tuple[str, str]]:
    """What happened to a letter, with the words that were given for it."""
    with means.database.reading() as session:
        events = select(CaseEvent).where(CaseEvent.communication_id == letter.id).order_by(CaseEvent.sequence)
        return [(event.action, cases.note_of(means.keys, event)) for event in session.scalars(events)]


def test_an_approved_letter_that_is_held_is_not_sent_until_the_hold_is_lifted(means: Means, mailer: FakeMailer) -> None:
    letter = factories.approved(means)
    hold(means, letter)
    with pytest.raises(LetterHeld):
        factories.send(means, letter)
    lift(means, letter)
    factories.send(means, letter)
    work(means)
    assert len(mailer.sent) == 1


def test_a_letter_that_is_held_before_a_worker_takes_it_up_does_not_leave(means: Means, mailer: FakeMailer) -> None:
    letter = factories.sending(means)
    hold(means, letter)
    work(means)
    (notice,) = notices_of(means, letter.id)
    assert (notice.status, notice.explanation) == (NoticeStatus.REFUSED, "held by an officer before it left")
    assert letter_now(means, letter.id).status == CommunicationStatus.UNDELIVERED
    assert (mailer.asked, release_of(means, letter.id)) == (0, None)
    lift(means, letter)
    work(means)
    assert mailer.asked == 0, "lifting a hold sends nothing by itself"
    factories.send(means, letter)
    work(means)
    assert letter_now(means, letter.id).status == CommunicationStatus.SENT


def test_a_letter_that_is_held_while_its_mail_server_is_away_is_not_told_of(
    means: Means, clock: FakeClock, mailer: FakeMailer
) -> None:
    mailer.fault = NotHandedOver("the mail server said 450")
    letter = factories.sent(means)
    hold(means, letter)
    mailer.fault = None
    clock.advance(minutes=10)
    work(means)
    assert mailer.sent == []
    assert letter_now(means, letter.id).status == CommunicationStatus.UNDELIVERED


def test_a_held_letter_opens_only_once_the_hold_is_lifted_and_no_link_is_used_up(
    means: Means, mailer: FakeMailer
) -> None:
    letter = factories.sent(means)
    hold(means, letter)
    token = token_in(mailer.sent[0])
    with pytest.raises(LetterHeld):
        open_it(means, token)
    with pytest.raises(LetterHeld), means.database.transaction() as session:
        replies.ask_new_link(session, means.keys, token, means.clock())
    with means.database.reading() as session:
        assert session.scalars(select(Link.used_at)).all() == [None]
    lift(means, letter)
    assert open_it(means, token).opened_at == means.clock()


def test_what_was_opened_can_no_longer_be_held(means: Means, clock: FakeClock, mailer: FakeMailer) -> None:
    letter = factories.sent(means)
    open_it(means, token_in(mailer.sent[0]))
    opened_at = clock()
    clock.advance(minutes=5)
    with pytest.raises(WasOpened) as caught:
        hold(means, letter)
    assert caught.value.opened_at == opened_at
    assert letter_now(means, letter.id).held_at is None


def in_a_thread(do: Callable[[], T]) -> "Future[T]":
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(do)
    finally:
        pool.shutdown(wait=False)


def is_waiting(work: "Future[T]") -> bool:
    """Whether something still waits after half a second, as it must for a row that somebody else holds."""
    Event().wait(0.5)
    return not work.done()


def test_an_opening_that_comes_while_a_hold_is_being_written_waits_and_is_refused(
    means: Means, mailer: FakeMailer
) -> None:
    letter, token = factories.sent(means), token_in(mailer.sent[0])
    by = actor(means)
    with means.database.transaction() as session:
        letter_hold.hold(session, means.keys, letter.id, by, means.clock(), WHY)
        opening = in_a_thread(lambda: open_it(means, token))
        assert is_waiting(opening)
    with pytest.raises(LetterHeld):
        opening.result(30)
    release = release_of(means, letter.id)
    assert release is not None
    assert (release.opened_at, release.held_at) == (None, means.clock())


def test_a_hold_that_comes_while_the_letter_is_being_opened_waits_and_is_refused(
    means: Means, mailer: FakeMailer
) -> None:
    letter, token = factories.sent(means), token_in(mailer.sent[0])
    actor(means)
    with means.database.transaction() as session:
        replies.exchange(session, means.keys, token, means.clock())
        holding = in_a_thread(lambda: hold(means, letter))
        assert is_waiting(holding)
    with pytest.raises(WasOpened):
        holding.result(30)
    release = release_of(means, letter.id)
    assert release is not None
    assert (release.opened_at, release.held_at) == (means.clock(), None)


def test_of_a_hold_and_an_opening_at_the_same_moment_just_one_wins(means: Means, mailer: FakeMailer) -> None:
    for _ in range(4):
        letter = factories.sent(means)
        token, start = token_in(mailer.sent[-1]), Barrier(2)

        def tried(deed: Callable[[], object], start: Barrier = start) -> bool:
            start.wait(10)
            try:
                deed()
            except (LetterHeld, WasOpened):
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            opened = threads.submit(tried, lambda token=token: open_it(means, token))
            held = threads.submit(tried, lambda letter=letter: hold(means, letter))
        assert opened.result() != held.result()
        release = release_of(means, letter.id)
        assert release is not None
        assert (release.opened_at is None) == held.result()


def test_who_may_not_send_letters_neither_holds_one_nor_lifts_a_hold(means: Means) -> None:
    letter = factories.approved(means)
    with pytest.raises(NotPermitted):
        hold(means, letter, factories.HOLDER)
    hold(means, letter, factories.COLLEAGUE)
    with pytest.raises(NotPermitted):
        lift(means, letter, factories.HOLDER)


def test_holds_are_events_with_their_reasons_in_the_chain(means: Means) -> None:
    letter = factories.approved(means)
    hold(means, letter)
    with pytest.raises(LetterHeld):
        hold(means, letter, factories.COLLEAGUE)
    lift(means, letter, factories.COLLEAGUE)
    with pytest.raises(HoldNotAllowed):
        lift(means, letter)
    assert told_of(means, letter)[-2:] == [("letter_held", WHY), ("letter_hold_lifted", "She agrees after all.")]
    with means.database.reading() as session:
        assert audit.verify(session, means.keys, letter.case_id) == []


def test_a_draft_cannot_be_held_and_a_hold_ends_with_the_approval(means: Means) -> None:
    draft, letter = factories.drafted(means), factories.approved(means)
    with pytest.raises(HoldNotAllowed):
        hold(means, draft)
    hold(means, letter)
    set_back(means, letter, CommunicationAction.RECALL)
    with means.database.reading() as session:
        recalled = session.get_one(Communication, letter.id)
        assert (recalled.held_at, letter_hold.is_held(session, recalled)) == (None, False)


def test_a_hold_that_was_wiped_from_the_row_still_holds(means: Means, mailer: FakeMailer) -> None:
    letter = factories.sending(means)
    hold(means, letter)
    with means.database.transaction() as session:
        session.execute(update(Communication).values(held_at=None))
    work(means)
    assert (mailer.asked, release_of(means, letter.id)) == (0, None)


def set_back(means: Means, letter: Communication, action: CommunicationAction) -> None:
    by = actor(means)
    with means.database.transaction() as session:
        communications.set_back(session, means.keys, letter.id, action, by, means.clock(), WHY)


def undelivered(means: Means, mailer: FakeMailer) -> Communication:
    mailer.fault = Refused("no such mailbox")
    letter = factories.sent(means)
    mailer.fault = None
    return letter


def test_an_undelivered_letter_that_is_withdrawn_is_closed_in_the_portal(means: Means, mailer: FakeMailer) -> None:
    letter = undelivered(means, mailer)
    set_back(means, letter, CommunicationAction.WITHDRAW)
    release = release_of(means, letter.id)
    assert release is not None
    assert release.closed_at == means.clock()
    assert letter_now(means, letter.id).status == CommunicationStatus.WITHDRAWN
    with pytest.raises(LetterClosed), means.database.reading() as session:
        replies.open_release(session, release.id)
    with means.database.reading() as session:
        assert letter_queries.notices_to_settle(session) == []


def test_an_undelivered_letter_that_was_opened_after_all_is_not_withdrawn(means: Means, mailer: FakeMailer) -> None:
    letter = undelivered(means, mailer)
    with means.database.transaction() as session:
        session.execute(update(Release).values(opened_at=means.clock()))
    with pytest.raises(WasOpened):
        set_back(means, letter, CommunicationAction.WITHDRAW)
    assert letter_now(means, letter.id).status == CommunicationStatus.UNDELIVERED


def test_a_letter_that_was_visible_never_becomes_a_draft_again(means: Means, mailer: FakeMailer) -> None:
    letter = undelivered(means, mailer)
    with pytest.raises(MoveNotAllowed):
        set_back(means, letter, CommunicationAction.LAPSE)
    assert letter_now(means, letter.id).status == CommunicationStatus.UNDELIVERED


def test_an_officer_holds_with_a_reason_and_the_pages_say_so_until_it_is_lifted(
    noor: Colleague, tomas: Colleague, means: Means
) -> None:
    letter = factories.sent(means)
    path = letter_path(letter)
    empty = noor.send(f"{path}/hold", path, **{"hold-why": ""})
    assert (empty.status_code, "Give the reason" in empty.text) == (422, True)
    assert "The letter is held." in noor.press(f"{path}/hold", path, **{"hold-why": WHY}).text
    page = tomas.get(path)
    for said in ("This letter is held.", WHY, "Noor Demo"):
        assert said in page.text
    assert f"{path}/hold" not in actions_on(page)
    assert "Held" in tomas.text("/desk/letters")
    assert tomas.send(f"{path}/hold", **{"hold-why": "Again."}).status_code == 409
    assert "The hold is lifted." in tomas.press(f"{path}/lift", path, **{"lift-why": "Settled."}).text
    assert "This letter is held." not in noor.get(path).text
    assert "Settled." in noor.text(f"/desk/cases/{letter.case_id}")


def test_the_pages_offer_neither_a_hold_of_what_was_opened_nor_the_sending_of_what_is_held(
    noor: Colleague, amara: Colleague, means: Means, mailer: FakeMailer
) -> None:
    opened, ready = factories.sent(means), factories.approved(means)
    open_it(means, token_in(mailer.sent[0]))
    assert f"{letter_path(opened)}/hold" not in actions_on(noor.get(letter_path(opened)))
    answer = noor.send(f"{letter_path(opened)}/hold", **{"hold-why": WHY})
    assert (answer.status_code, "The addressee opened the letter on 23 Nov 2026, 10:00" in answer.text) == (409, True)
    assert f"{letter_path(ready)}/hold" not in actions_on(amara.get(letter_path(ready)))
    hold(means, ready)
    assert f"{letter_path(ready)}/send" not in noor.get(letter_path(ready)).text
    assert noor.get(f"{letter_path(ready)}/send").headers["Location"] == letter_path(ready)
    refused = noor.send(f"{letter_path(ready)}/send", sha256=ready.letter_sha256)
    assert (refused.status_code, "An officer holds this letter" in refused.text) == (409, True)


def test_a_letter_that_is_held_stands_before_those_that_wait_and_is_no_unopened_one(
    means: Means, clock: FakeClock
) -> None:
    held, review = factories.sent(means), factories.in_review(means)
    clock.advance(days=8)
    hold(means, held)
    with means.database.reading() as session:
        rows, _ = letter_queries.letters_page(session, Shelf.OPEN, clock().date(), clock(), 1)
    assert [row.letter.id for row in rows] == [held.id, review.id]
    assert not letter_queries.is_unopened(rows[0], clock())
