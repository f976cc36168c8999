import threading

import pytest
from argon2 import PasswordHasher, extract_parameters

from accounts.passwords import AT_ONCE, PASSWORDS, Passwords, PasswordTooShort, check_new


class CountingHasher(PasswordHasher):
    """A hasher that remembers how many of its hashes were being made at the same time."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.now = self.most = 0
        self.counting = threading.Lock()
        self.waiting = threading.Event()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self.counting:
            self.now += 1
            self.most = max(self.most, self.now)
        self.waiting.wait(0.05)
        with self.counting:
            self.now -= 1
        return super().hash(password, salt=salt)


@pytest.fixture
def cheap() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def test_a_password_matches_its_own_hash_only(cheap: Passwords) -> None:
    hashed = cheap.hash("a long enough password")
    assert cheap.matches(hashed, "a long enough password")
    assert not cheap.matches(hashed, "a long enough Password")


def test_the_hash_in_use_is_argon2id_with_64_mebibytes() -> None:
    parameters = extract_parameters(PASSWORDS.nobody)
    assert parameters.type.name == "ID"
    assert parameters.memory_cost == 64 * 1024


def test_the_hash_that_nobody_has_costs_the_same_work_as_a_real_one(cheap: Passwords) -> None:
    assert extract_parameters(cheap.nobody) == extract_parameters(cheap.hash("a long enough password"))


def test_the_hash_that_nobody_has_is_refused_like_a_wrong_password(cheap: Passwords) -> None:
    assert not cheap.matches(cheap.nobody, "")
    assert not cheap.matches(cheap.nobody, "a long enough password")


def test_something_that_is_no_hash_matches_nothing(cheap: Passwords) -> None:
    assert not cheap.matches("no hash at all", "a long enough password")


def test_an_accent_typed_as_one_or_two_code_points_is_the_same_password(cheap: Passwords) -> None:
    assert cheap.matches(cheap.hash("caf\u00e9 au lait noir"), "cafe\u0301 au lait noir")


def test_null_bytes_and_half_characters_in_a_password_are_only_wrong(cheap: Passwords) -> None:
    hashed = cheap.hash("a long enough password")
    assert not cheap.matches(hashed, "a long enough password\0")
    assert not cheap.matches(hashed, "\ud800")


def test_a_new_password_of_eleven_characters_is_refused() -> None:
    check_new("twelve signs")
    with pytest.raises(PasswordTooShort):
        check_new("eleven sign")


def test_a_flood_makes_only_a_few_hashes_at_once() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    flood = [threading.Thread(target=passwords.hash, args=("a long enough password",)) for _ in range(3 * AT_ONCE)]
    for one in flood:
        one.start()
    for one in flood:
        one.join()
    assert hasher.most == AT_ONCE
