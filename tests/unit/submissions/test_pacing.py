"""Wrong codes wait, right ones never do, and those who wait never take all the threads."""

from threading import Thread

from submissions.pacing import FREE_IN_A_MINUTE, WAIT_MOST_SECONDS, WAITING_MOST, Pace


class Time:
    """A clock that a test moves, and a sleep that is only written down."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now


def test_the_first_wrong_codes_of_a_minute_are_answered_at_once() -> None:
    time = Time()
    pace = Pace(time, time.slept.append)
    assert all(pace.wait_after_wrong_code() for _ in range(FREE_IN_A_MINUTE))
    assert time.slept == []


def test_more_wrong_codes_wait_longer_and_longer_up_to_a_ceiling() -> None:
    time = Time()
    pace = Pace(time, time.slept.append)
    for _ in range(FREE_IN_A_MINUTE + 40):
        assert pace.wait_after_wrong_code()
    assert time.slept == sorted(time.slept)
    assert 0 < time.slept[0] < time.slept[5] < WAIT_MOST_SECONDS
    assert time.slept[-1] == WAIT_MOST_SECONDS


def test_a_quiet_minute_later_nobody_waits() -> None:
    time = Time()
    pace = Pace(time, time.slept.append)
    for _ in range(FREE_IN_A_MINUTE + 5):
        pace.wait_after_wrong_code()
    time.now, before = 61.0, len(time.slept)
    assert pace.wait_after_wrong_code()
    assert len(time.slept) == before


def test_only_a_few_wait_at_the_same_time_and_the_others_are_told_at_once() -> None:
    time = Time()
    told: list[bool] = []

    def sleep_while_others_come(seconds: float) -> None:
        time.slept.append(seconds)
        if len(time.slept) < WAITING_MOST:
            _wrong_code_of_another(pace, told)
        else:
            told.append(pace.wait_after_wrong_code())

    pace = Pace(time, sleep_while_others_come)
    for _ in range(FREE_IN_A_MINUTE):
        pace.wait_after_wrong_code()
    assert pace.wait_after_wrong_code()
    assert len(time.slept) == WAITING_MOST
    assert told.count(False) == 1


def _wrong_code_of_another(pace: Pace, told: list[bool]) -> None:
    other = Thread(target=lambda: told.append(pace.wait_after_wrong_code()))
    other.start()
    other.join()
