"""The ceremony: keys made in memory, shares handed out and tried, folders written; and what they bring back."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from stat import S_IMODE

import pytest

from commands import make_cli
from config import read_settings
from foundation.key_sets import FolderTaken, open_key_set, require_free, write_folders
from foundation.keys import PUBLIC_HALVES, SECRETS, KeysMixedUp, fingerprint_of, load_keys, read_public
from foundation.sealing import identity_from, open_sealed, recipient_of, seal
from holdings import HOLDINGS
from operations import ceremony, key_commands, key_folders, shares
from operations.ceremony import Split
from operations.key_folders import Folders, NotRotated
from operations.shares import Joining, OtherShare, ShareMistyped

ROOT = Path(__file__).resolve().parent.parent.parent
WORD = re.compile(r"\b\d{1,2} ([a-z]{4,8})\b")


class Room:
    """A fake terminal with the holders before it, who write down what they see and type it back."""

    def __init__(self, typed: list[str] | None = None, interrupted_at: int | None = None) -> None:
        self.written: list[str] = []
        self.screen: list[str] = []
        self.told: list[str] = []
        self._typed, self._left = typed, interrupted_at
        self._holder = 0

    def say(self, text: str) -> None:
        self.screen.append(text)
        self.told.append(text)
        words = WORD.findall(text)
        if len(words) == shares.WORDS:
            self.written.append(" ".join(words))

    def ask(self, prompt: str) -> str:
        if self._left is not None:
            if self._left == 0:
                raise KeyboardInterrupt
            self._left -= 1
        self.screen.append(prompt)
        if not prompt.startswith("Share number"):
            return ""
        if self._typed is not None:
            return self._typed.pop(0)
        self._holder += 1
        return self.written[-self._holder]

    def clear(self) -> None:
        self.screen.clear()


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def joined(given: list[str]) -> str:
    joining = Joining()
    for share in given:
        joining.add(share)
    return identity_from(joining.seed())


def test_a_ceremony_gives_each_process_just_its_files_and_keeps_the_recovery_key_nowhere(tmp_path: Path) -> None:
    room, to = Room(), tmp_path / "keys"
    fingerprint = ceremony.hold(room, to, Split(5, 3), HOLDINGS)
    assert sorted(path.name for path in to.iterdir()) == sorted([*HOLDINGS, "recovery"])
    for process, held in HOLDINGS.items():
        keys = load_keys(to / process, held.private, held.secrets, held.signs, fingerprint)
        own = {f"{name}.key" for name in (*held.private, *held.signs)} | {f"{name}.secret" for name in held.secrets}
        assert {path.name for path in (to / process).iterdir()} == own | {PUBLIC_HALVES}
        assert set(keys.private) == set(held.private)
    assert {S_IMODE(path.stat().st_mode) for path in to.rglob("*")} == {0o700, 0o600}
    assert len(room.written) == 5
    assert room.screen == []
    identity = joined(room.written[:3])
    found = b"\n".join(files_in(tmp_path).values()).decode("latin-1")
    assert identity not in found
    assert not [words for share in room.written for words in [" ".join(share.split()[4:8])] if words in found]
    # The search would find a private half: those that processes hold are there.
    assert (to / "portal" / "portal.key").read_text() in found
    assert read_public(to / "public")["recovery"] == recipient_of(identity)


def test_any_holders_who_suffice_open_all_keys_and_fewer_open_nothing(tmp_path: Path) -> None:
    room, to = Room(), tmp_path / "keys"
    ceremony.hold(room, to, Split(4, 3), HOLDINGS)
    envelope = (to / "recovery" / "recovery.age").read_bytes()
    opened = [open_key_set(envelope, joined(list(some))) for some in combinations(room.written, 3)]
    assert len(opened) == 4
    assert len({(one.private["mandate"], one.secrets["pepper"], one.secrets["tokens"]) for one in opened}) == 1
    assert set(opened[0].secrets) == set(SECRETS)
    assert opened[0].private["identity"] == (to / "desk" / "identity.key").read_text()
    for some in combinations(room.written, 2):
        joining = Joining()
        for share in some:
            joining.add(share)
        assert not joining.is_enough()
        with pytest.raises(OtherShare):
            joining.seed()


def test_whatever_ends_a_ceremony_early_leaves_nothing_behind(tmp_path: Path) -> None:
    whole = 3 * 2 + 2
    for asked in range(whole):
        room = Room(interrupted_at=asked)
        with pytest.raises(KeyboardInterrupt):
            ceremony.hold(room, tmp_path / "keys", Split(3, 2), HOLDINGS)
        assert list(tmp_path.iterdir()) == []
        assert room.screen == [] or not room.written
    assert ceremony.hold(Room(interrupted_at=whole), tmp_path / "keys", Split(3, 2), HOLDINGS)


class Forgetful(Room):
    """Somebody mistypes, somebody gives a share twice, somebody brings one of another key, then all goes well."""

    def __init__(self, other: str) -> None:
        super().__init__()
        self._tries = [
            lambda: " ".join([*self.written[0].split()[:2], "nosuchword"]),
            lambda: " ".join(self.written[0].split()[:-1]),
            lambda: " ".join([*self.written[0].split()[:-2], *reversed(self.written[0].split()[-2:])]),
            lambda: self.written[0].upper().replace(" ", "   "),
            lambda: self.written[0],
            lambda: other,
            lambda: "",
            lambda: " ".join(f"{n}. {word[:4]}" for n, word in enumerate(self.written[2].split(), start=1)),
            lambda: self.written[1],
        ]

    def ask(self, prompt: str) -> str:
        super_answer = "" if not prompt.startswith("Share number") else self._tries.pop(0)()
        self.screen.append(prompt)
        return super_answer


def test_shares_are_taken_however_they_are_typed_and_mistakes_are_told(tmp_path: Path) -> None:
    [other, *_] = shares.split(bytes(32), 2, 3)
    room = Forgetful(other)
    ceremony.hold(room, tmp_path / "keys", Split(3, 2), HOLDINGS)
    told = "\n".join(room.told)
    for words in ("word 3 is not in the list", "has 33 words, and these are 32", "given already", "another key"):
        assert words in told
    assert "another place" in told
    assert (tmp_path / "keys" / "desk").exists()


def test_shares_of_another_key_do_not_pass_the_trial_opening(tmp_path: Path) -> None:
    wrong = shares.split(bytes(32), 2, 3)
    right = bytes(range(32))
    room = Room(typed=[*wrong[:2], *shares.split(right, 2, 3)[:2]])
    recipient = recipient_of(identity_from(right))
    assert ceremony.open_with_shares(room, recipient) == identity_from(right)
    assert "belong to another recovery key" in "\n".join(room.told)


@pytest.mark.parametrize("typed", ["", "word", "acad " * 33, "academic " * 32])
def test_what_is_no_share_is_refused(typed: str) -> None:
    with pytest.raises(ShareMistyped):
        shares.read_share(typed)


@pytest.mark.parametrize("split", [Split(3, 1), Split(3, 4), Split(17, 3), Split(1, 1), Split(0, 0)])
def test_shares_that_make_no_sense_are_refused(tmp_path: Path, split: Split) -> None:
    with pytest.raises(ValueError, match="share"):
        ceremony.hold(Room(), tmp_path / "keys", split, HOLDINGS)
    assert list(tmp_path.iterdir()) == []


def test_keys_are_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "anything").write_text("")
    room = Room()
    with pytest.raises(FolderTaken):
        ceremony.hold(room, tmp_path / "keys", Split(3, 2), HOLDINGS)
    assert room.told == []


def test_without_a_terminal_there_is_no_ceremony_and_no_recovery(tmp_path: Path) -> None:
    ceremony.hold(Room(), tmp_path / "made", Split(3, 2), HOLDINGS)
    runner = make_cli(read_settings({"INSTANCE_DIR": str(tmp_path / "run")})).test_cli_runner()
    sealed = str(tmp_path / "made" / "recovery" / "recovery.age")
    split = ["--shares", "3", "--needed", "2"]
    for line in (["ceremony", "--to", str(tmp_path / "to"), *split], ["recover", "--from", sealed, "--to", "to"]):
        answer = runner.invoke(args=["keys", *line])
        assert answer.exit_code != 0
        assert "terminal" in answer.output
    assert not (tmp_path / "to").exists()


def test_a_real_ceremony_at_a_real_terminal(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "flask", "--app", "commands", "keys", "ceremony"]
    line += ["--to", str(tmp_path / "keys"), "--shares", "2", "--needed", "2"]
    ours, theirs = pty.openpty()
    env = {**os.environ, "INSTANCE_DIR": str(tmp_path / "run"), "TERM": "xterm"}
    child = subprocess.Popen(line, cwd=ROOT, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = _answered(ours, child)
    assert child.wait(30) == 0
    assert "KEYS_FINGERPRINT=" + fingerprint_of(read_public(tmp_path / "keys" / "public")) in seen
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == sorted([*HOLDINGS, "recovery"])
    assert not (tmp_path / "run").exists()


def _answered(terminal: int, child: "subprocess.Popen[bytes]") -> str:
    """Read what is shown, press Enter or type a share when asked; gives all that was shown."""
    seen, answered, limit = "", 0, time.monotonic() + 30
    prompts = re.compile(r"press Enter: |Press Enter when they are written and read again: |begins anew\): ")
    while time.monotonic() < limit:
        try:
            seen += os.read(terminal, 65536).decode()
        except OSError:
            break
        asked = list(prompts.finditer(seen))
        for prompt in asked[answered:]:
            written = WORD.findall(seen[: prompt.start()])[: 2 * shares.WORDS]
            typing = [" ".join(written[:33]), " ".join(written[33:])]
            number = sum("anew" in one.group() for one in asked[: answered + 1])
            os.write(terminal, (typing[number - 1] if "anew" in prompt.group() else "").encode() + b"\n")
            answered += 1
    os.close(terminal)
    return seen


@pytest.fixture
def held(tmp_path: Path) -> tuple[Folders, Room]:
    """The folders of a ceremony, and those who hold the shares."""
    room = Room()
    ceremony.hold(room, tmp_path / "keys", Split(3, 2), HOLDINGS)
    return Folders(tmp_path / "keys", HOLDINGS), room


def test_after_a_total_loss_the_holders_bring_everything_back(held: tuple[Folders, Room], tmp_path: Path) -> None:
    folders, room = held
    before = files_in(folders.top)
    fingerprint = ceremony.recover(
        Room(typed=room.written[1:]), folders.top / "recovery" / "recovery.age", tmp_path / "back", HOLDINGS
    )
    assert files_in(tmp_path / "back") == before
    assert fingerprint == fingerprint_of(folders.public())


def test_recovery_knows_of_rotations_and_opens_what_was_sealed_before_them(
    held: tuple[Folders, Room], tmp_path: Path
) -> None:
    folders, room = held
    envelopes = []
    for _ in range(3):
        envelopes.append(seal(b"account", [folders.public()["mandate"]], "label"))
        fingerprint = key_folders.rotate(folders, "mandate")
        key_folders.forget_previous(folders, "mandate")
    envelopes.append(seal(b"account", [folders.public()["mandate"]], "label"))
    sealed = folders.top / "recovery" / "recovery.age"
    back = tmp_path / "back"
    assert ceremony.recover(Room(typed=[room.written[2], room.written[0]]), sealed, back, HOLDINGS) == fingerprint
    for process in ("desk", "worker"):
        keys = load_keys(back / process, HOLDINGS[process].private, fingerprint=fingerprint)
        assert [open_sealed(one, keys.identity("mandate"), "label") for one in envelopes] == [b"account"] * 4
    assert len(load_keys(folders.top / "desk", ["mandate"]).identity("mandate")) == 1


def test_a_new_recovery_key_opens_all_keys_as_they_are_now(held: tuple[Folders, Room], tmp_path: Path) -> None:
    folders, room = held
    key_folders.rotate(folders, "identity")
    key_folders.forget_previous(folders, "identity")
    anew = Room()
    assert "flask keys reseal recovery" in key_commands.rotate(folders, "recovery", lambda: anew, 4, 2)
    assert anew.written != room.written
    assert key_folders.fingerprint_of(folders.public()) != ""
    sealed = folders.top / "recovery" / "recovery.age"
    ceremony.recover(Room(typed=[*room.written[:2], *anew.written[:2]]), sealed, tmp_path / "back", HOLDINGS)
    for process in HOLDINGS:
        assert files_in(tmp_path / "back" / process) == files_in(folders.top / process)


def killed_at(step: int, deed: Callable[[], object]) -> bool:
    """Do a deed in a child that is killed at its nth change of a file's name; says whether it was killed."""
    child = os.fork()
    if child == 0:
        left = [step]

        def hook(event: str, args: object) -> None:
            if event in ("os.rename", "os.remove"):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            deed()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def starts(top: Path, process: str) -> bool:
    """Whether a process starts with its folder; a file that is missing is no way to refuse."""
    one = HOLDINGS[process]
    try:
        load_keys(top / process, one.private, one.secrets, one.signs)
    except KeysMixedUp:
        return False
    return True


def test_a_rotation_of_the_files_killed_at_any_step_is_refused_or_whole_and_goes_on(
    held: tuple[Folders, Room], tmp_path: Path
) -> None:
    (before, room), name = held, "mandate"
    old = before.public()[name]
    step, killed = 0, True
    while killed:
        top = tmp_path / f"try-{step}"
        shutil.copytree(before.top, top)
        folders = Folders(top, HOLDINGS)
        killed = killed_at(step, lambda own=folders: key_folders.rotate(own, name))  # type: ignore[misc]
        # Half way a process refuses, or has the key that its public half belongs to.
        assert killed or all(starts(top, process) for process in HOLDINGS)
        if killed and folders.with_file(f"{name}.next.key"):
            key_folders.rotate(folders, name)
        elif killed:
            assert folders.public()[name] == old or list(key_folders.faults(folders)) == []
            if folders.public()[name] == old:
                key_folders.rotate(folders, name)
        assert list(key_folders.faults(folders)) == []
        holders = folders.with_file(f"{name}.key")
        assert len({(folder / f"{name}.key").read_text() for folder in holders}) == 1
        assert folders.public()[name] != old
        for folder in holders:
            [previous] = (folder / f"{name}.previous.key").read_text().split()
            assert recipient_of(previous) == old
        fresh = ceremony.recover(
            Room(typed=room.written[:2]), top / "recovery" / "recovery.age", tmp_path / f"back-{step}", HOLDINGS
        )
        assert fresh == fingerprint_of(folders.public())
        step += 1
    assert step > 8


def test_folders_appear_whole_or_not_at_all(held: tuple[Folders, Room], tmp_path: Path) -> None:
    folders, _ = held
    made = key_folders.collected(folders, folders.public()["recovery"])
    step, killed, to = 0, True, tmp_path / "to"
    while killed:
        require_free(to)
        killed = killed_at(step, lambda: write_folders(to, made, HOLDINGS, {}))
        assert to.exists() is not killed
        step += 1
    assert list(key_folders.faults(Folders(to, HOLDINGS))) == []
    assert step > 20


def test_a_second_rotation_waits_for_the_end_of_the_first(held: tuple[Folders, Room]) -> None:
    folders, _ = held
    key_folders.rotate(folders, "notices")
    with pytest.raises(NotRotated, match="retire"):
        key_folders.rotate(folders, "notices")
    assert key_folders.forget_previous(folders, "notices") == 1
    key_folders.rotate(folders, "notices")


def test_cookies_may_be_new_and_what_everything_hangs_on_may_not(held: tuple[Folders, Room]) -> None:
    folders, _ = held
    before = files_in(folders.top)
    told = key_commands.rotate(folders, "public_cookies", lambda: pytest.fail("no terminal"))
    assert "visits there end" in told
    changed = {name for name, content in files_in(folders.top).items() if before[name] != content}
    assert changed == {"public/public_cookies.secret"}
    for name in ("pepper", "chain", "tokens", "accounts", "approval", "record", "anything"):
        with pytest.raises(NotRotated):
            key_commands.rotate(folders, name, lambda: pytest.fail("no terminal"))


def test_the_commands_of_a_rotation_say_what_to_do_and_print_no_key(held: tuple[Folders, Room], tmp_path: Path) -> None:
    folders, _ = held
    shutil.rmtree(folders.top / "portal")
    env = {"INSTANCE_DIR": str(tmp_path / "run"), "KEYS_DIR": str(folders.top / "desk")}
    runner = make_cli(read_settings(env)).test_cli_runner()
    told = runner.invoke(args=["keys", "rotate", "mandate"])
    assert told.exit_code == 0, told.output
    fingerprint = fingerprint_of(folders.public())
    assert fingerprint in told.output
    assert "not here: portal" in told.output
    assert runner.invoke(args=["keys", "fingerprint"]).output.strip() == fingerprint
    assert runner.invoke(args=["keys", "check"]).exit_code == 0
    assert runner.invoke(args=["keys", "rotate", "mandate"]).exit_code == 1
    private = [path.read_text() for path in folders.top.rglob("*.key")]
    assert len(private) > 4
    assert not [half for half in private if half in told.output]
    (folders.top / "desk" / "identity.key").write_text(private[0])
    broken = runner.invoke(args=["keys", "check"])
    assert broken.exit_code == 1
    assert not [half for half in private if half in broken.output]
