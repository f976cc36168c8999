"""An installation as docs/operations.md tells: each face with process, role and keys of its own behind the proxy."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config import read_settings
from foundation import sealing
from foundation.key_sets import KeySet, new_key_set, write_folders
from foundation.keys import Keyring, fingerprint_of
from foundation.means import Means
from holdings import HOLDINGS, make_means
from operations.grants import PREFIX
from tests import servers

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
FACES = ("public", "desk", "portal")
HOSTS = {"public": "submit.test", "desk": "desk.test", "portal": "letters.test"}
PATIENCE = 60.0
STOP_SECONDS = 20.0


@dataclass
class Installation:
    """All that runs, and where it keeps what."""

    folder: Path
    https: int
    http: int
    postgresql: servers.PostgreSQL
    redis: servers.Running
    keys: KeySet = field(default_factory=lambda: new_key_set(sealing.recipient_of(sealing.new_identity())))
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def places(self) -> list[Path]:
        """Every folder into which one of the processes or servers writes."""
        return [self.folder, self.postgresql.running.folder, self.redis.folder]

    def url(self, face: str) -> str:
        """The address of a face."""
        return f"https://{HOSTS[face]}:{self.https}"

    def environment(self, process: str, **more: str) -> dict[str, str]:
        """What one process is told, and no other's secret."""
        role = PREFIX if process == "owner" else f"{PREFIX}_{process}"
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PRODUCTION": "1",
            "INSTANCE_DIR": str(self.folder / "instances" / process),
            "KEYS_DIR": str(self.folder / "keys" / process),
            "KEYS_FINGERPRINT": fingerprint_of(self.keys.public()),
            "DATABASE_URL": f"postgresql://{role}@/{PREFIX}?host={self.postgresql.running.folder}",
            "BROKER_URL": self.redis.url,
            "STORAGE_URL": f"file://{self.folder / 'blobs'}",
            "JOURNAL_URL": f"file://{self.folder / 'journal'}",
            "SMTP_URL": f"folder://{self.folder / 'mail'}",
            "SWEEP_SECONDS": "0.5",
            **{f"{face.upper()}_URL": self.url(face) for face in FACES},
            **more,
        }

    def command(self, *words: str, **more: str) -> str:
        """What an operator says on the command line, as the owner; gives what is answered."""
        env = self.environment("owner", AS="owner", FLASK_APP="commands", **more)
        done = subprocess.run([sys.executable, "-m", "flask", *words], cwd=ROOT, env=env, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def means(self) -> Means:
        """Everything at once, which no process has: for a test that prepares a case or plants something."""
        env = {**self.environment("owner"), "PRODUCTION": "", "BROKER_URL": f"filesystem://{self.folder}/nowhere"}
        private = {name: (identity,) for name, identity in self.keys.private.items()}
        secrets = {name: bytes.fromhex(secret) for name, secret in self.keys.secrets.items()}
        keys = Keyring(self.keys.public(), private, secrets, self.keys.signing)
        return replace(make_means(read_settings(env), "owner"), keys=keys)

    def start(self, name: str, process: str, *words: str) -> None:
        """Start one process; what it says is kept."""
        with (self.folder / "logs" / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                words, cwd=ROOT, env=self.environment(process), stdout=log, stderr=log, start_new_session=True
            )

    def stop(self, name: str) -> None:
        """Stop one process, by its own id."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def mails(self) -> list[Path]:
        """The mails that left, oldest first."""
        return sorted((self.folder / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """Databases, keys and tables; no process is started yet."""
    with ExitStack() as stack:
        postgresql = stack.enter_context(servers.postgresql())
        redis = stack.enter_context(servers.redis())
        made = Installation(folder, free_port(), free_port(), postgresql, redis)
        for name in ("logs", *(f"instances/{process}" for process in (*HOLDINGS, "beat")), "blobs", "journal", "mail"):
            (folder / name).mkdir(parents=True, mode=0o700)
        write_folders(folder / "keys", made.keys, HOLDINGS, {})
        with psycopg.connect(postgresql.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE ROLE "{PREFIX}" LOGIN'.encode())
            connection.execute(f'CREATE DATABASE "{PREFIX}" OWNER "{PREFIX}"'.encode())
            for statement in made.command("database", "roles").splitlines():
                connection.execute(statement.encode())
        # The fictional holder and States stand in for real ones, whose letters no test may write.
        made.command("database", "upgrade", PRODUCTION="", DEMO="1")
        try:
            yield made
        finally:
            for process in made.processes.values():
                process.terminate()
            for name in list(made.processes):
                made.stop(name)


def start_faces_and_workers(made: Installation) -> None:
    """Start what the units in deploy/systemd start, and wait until each face is ready behind the proxy."""
    gunicorn = (sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py")
    (made.folder / "sockets").mkdir(mode=0o700)
    for face in FACES:
        made.start(face, face, *gunicorn, "--bind", f"unix:{made.folder}/sockets/{face}.sock", app_of(face))
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "worker")
    lean = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--concurrency", "1")
    made.start("worker", "worker", *celery, "worker", "--loglevel", "WARNING", *lean)
    made.start("beat", "beat", *celery, "beat", "--loglevel", "WARNING", "--pidfile", "")
    start_proxy(made)
    for face in FACES:
        wait_until_ready(made, face)


def app_of(face: str) -> str:
    """What gunicorn serves for a face."""
    return f"app:create_app(face='{face}')"


def start_proxy(made: Installation) -> None:
    """Start nginx with the shipped configuration, filled with the places and names of this installation."""
    run, tls = made.folder / "proxy", made.folder / "tls"
    run.mkdir()
    tls.mkdir(mode=0o700)
    for face, host in HOSTS.items():
        write_certificate(tls, face, host)
    values = {
        **{f"{face.upper()}_HOST": host for face, host in HOSTS.items()},
        "HTTP": f"127.0.0.1:{made.http}",
        "HTTPS": f"127.0.0.1:{made.https}",
        "PROXY_USER": "root",
        "TLS_FOLDER": str(tls),
        "SOCKET_FOLDER": str(made.folder / "sockets"),
        "RUN_FOLDER": str(run),
        "PAGES_FOLDER": str(DEPLOY / "pages"),
    }
    (run / "nginx.conf").write_text(filled((DEPLOY / "nginx.conf.template").read_text(), values))
    made.start("proxy", "owner", nginx() or "nginx", "-c", str(run / "nginx.conf"))
    wait_for_port(made.https, made.folder / "logs" / "proxy.log")


def nginx() -> str | None:
    """Where nginx is; Debian keeps it off the PATH of plain users."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


def filled(template: str, values: Mapping[str, str]) -> str:
    """What envsubst makes of the template. Every value must be asked for, and everything that is asked for be there."""
    for name, value in values.items():
        assert f"${{{name}}}" in template, f"{name} is asked for nowhere"
        template = template.replace(f"${{{name}}}", value)
    lines = [line for line in template.splitlines() if not line.startswith("#")]
    assert not [line for line in lines if "${" in line]
    return template


def write_certificate(folder: Path, face: str, host: str) -> None:
    """A certificate that signs itself, for one host name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{face}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{face}.key").write_bytes(key.private_bytes(*private))


class Visitor:
    """Somebody with an address of their own, who speaks TLS and HTTP/1.1 by hand, well or badly."""

    def __init__(self, made: Installation, address: str) -> None:
        self._made, self._address = made, address

    def plain(self, port: int | None = None) -> socket.socket:
        """A connection without TLS."""
        to = ("127.0.0.1", port or self._made.https)
        return socket.create_connection(to, 10, source_address=(self._address, 0))

    def connect(self, face: str, name: str = "") -> ssl.SSLSocket:
        """A connection to a face; with another `name`, to one that is not there."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(self.plain(), server_hostname=name or HOSTS[face])

    def ask(self, face: str, path: str, *headers: str, method: str = "GET", body: bytes = b"", host: str = "") -> bytes:
        """Send a request and read the whole answer."""
        host = host or f"{HOSTS[face]}:{self._made.https}"
        length = [f"Content-Length: {len(body)}"] if body else []
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *length, *headers]
        with self.connect(face) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side has ended."""
    answer = bytearray()
    while True:
        try:
            more = connection.recv(65536)
        except OSError:
            return bytes(answer)
        if not more:
            return bytes(answer)
        answer += more


def status_of(answer: bytes) -> int:
    """The status of an answer; 0 if there was none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def wait_until_ready(made: Installation, face: str) -> None:
    """Wait until a face says behind the proxy that it is ready."""
    limit = time.monotonic() + PATIENCE
    while status_of(Visitor(made, "127.0.0.1").ask(face, "/readyz")) != 200:
        log = (made.folder / "logs" / f"{face}.log").read_text()
        assert made.processes[face].poll() is None, f"the {face} face ended:\n{log}"
        assert time.monotonic() < limit, f"the {face} face was not ready in time:\n{log}"
        time.sleep(0.1)


def wait_for_port(port: int, log: Path) -> None:
    """Wait until somebody listens."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}:\n{log.read_text()}")


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
