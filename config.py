"""Settings, read once from the environment. Imports nothing of ours; no room imports this module."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may decide. Every field has a default that needs no server at all."""

    instance: Path
    keys: Path
    keys_fingerprint: str
    demo: bool
    production: bool
    database_url: str
    database_roles: str
    broker_url: str
    storage_url: str
    journal_url: str
    smtp_url: str
    clamd_url: str
    mail_from: str
    public_url: str
    desk_url: str
    portal_url: str
    source_idle_minutes: int
    desk_idle_minutes: int
    portal_idle_minutes: int
    draft_days: int
    begins_a_minute: int
    sendings_a_minute: int
    messages_a_minute: int
    upload_megabytes_a_minute: int
    form_seconds_least: float
    sweep_seconds: float
    lease_seconds: int
    backup_days: int

    @property
    def queue(self) -> Path:
        """The private folder of Celery's filesystem transport."""
        return self.instance / "queue"


class SettingsWrong(Exception):
    """A value in the environment cannot be used; the message names the variable and what is expected."""


def read_settings(env: Mapping[str, str]) -> Settings:
    """Make settings from `env`. Raises SettingsWrong, naming the variable, where a value cannot be used."""
    env = {name: value for name, value in env.items() if value}
    if _yes(env, "DEMO") and _yes(env, "PRODUCTION"):
        raise SettingsWrong("DEMO and PRODUCTION exclude each other: demo accounts are known to everybody")
    instance = Path(env.get("INSTANCE_DIR", "instance")).resolve()
    base = env.get("BASE_URL", f"http://127.0.0.1:{_whole(env, 'PORT', 8000)}").rstrip("/")
    return Settings(
        instance=instance,
        keys=Path(env.get("KEYS_DIR") or instance / "keys").resolve(),
        keys_fingerprint=env.get("KEYS_FINGERPRINT", ""),
        demo=_yes(env, "DEMO"),
        production=_yes(env, "PRODUCTION"),
        database_url=env.get("DATABASE_URL") or f"sqlite:///{instance / 'solidarity.sqlite'}",
        database_roles=env.get("DATABASE_ROLES", "solidarity"),
        broker_url=env.get("BROKER_URL") or "filesystem://",
        storage_url=env.get("STORAGE_URL") or f"file://{instance / 'blobs'}",
        journal_url=env.get("JOURNAL_URL") or f"file://{instance / 'journal'}",
        smtp_url=env.get("SMTP_URL") or f"folder://{instance / 'mail'}",
        clamd_url=_clamd(env),
        mail_from=env.get("MAIL_FROM", "no-reply@example.org"),
        public_url=env.get("PUBLIC_URL", base).rstrip("/"),
        desk_url=env.get("DESK_URL", base).rstrip("/"),
        portal_url=env.get("PORTAL_URL", base).rstrip("/"),
        source_idle_minutes=_whole(env, "SOURCE_IDLE_MINUTES", 20),
        desk_idle_minutes=_whole(env, "DESK_IDLE_MINUTES", 60),
        portal_idle_minutes=_whole(env, "PORTAL_IDLE_MINUTES", 30),
        draft_days=_whole(env, "DRAFT_DAYS", 30),
        # Each is for one process: a flood can make it write so much, and whoever comes beyond that waits.
        begins_a_minute=_whole(env, "BEGINS_A_MINUTE", 60),
        sendings_a_minute=_whole(env, "SENDINGS_A_MINUTE", 60),
        messages_a_minute=_whole(env, "MESSAGES_A_MINUTE", 60),
        upload_megabytes_a_minute=_whole(env, "UPLOAD_MEGABYTES_A_MINUTE", 2_000),
        form_seconds_least=_seconds(env, "FORM_SECONDS_LEAST", 1.0, may_be_none=True),
        sweep_seconds=_seconds(env, "SWEEP_SECONDS", 2.0),
        lease_seconds=_whole(env, "LEASE_SECONDS", 60),
        backup_days=_whole(env, "BACKUP_DAYS", 30),
    )


def _yes(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower()
    if value in {"", "0", "no", "false"}:
        return False
    if value in {"1", "yes", "true"}:
        return True
    raise SettingsWrong(f"{name} must be 1 or 0, not {value!r}")


def _clamd(env: Mapping[str, str]) -> str:
    url = env.get("CLAMD_URL", "")
    parts = urlsplit(url)
    if url and not (parts.hostname if parts.scheme == "tcp" else parts.scheme == "unix" and parts.path):
        raise SettingsWrong(f"CLAMD_URL must be like tcp://host:3310 or unix:///run/clamd.sock, not {url!r}")
    return url


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) == 0:
        raise SettingsWrong(f"{name} must be a whole number above zero, not {value!r}")
    return int(value)


def _seconds(env: Mapping[str, str], name: str, default: float, may_be_none: bool = False) -> float:
    value = env.get(name, str(default))
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 3600 or not (seconds or may_be_none):
        raise SettingsWrong(f"{name} must be a number of seconds between 0 and 3600, not {value!r}")
    return seconds
