"""The units in deploy/systemd: each process is started with its own account, keys and settings, and with no other's."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from holdings import HOLDINGS

UNITS = Path(__file__).resolve().parent.parent.parent / "deploy" / "systemd"
PROCESSES = {
    "solidarity-public": "public",
    "solidarity-desk": "desk",
    "solidarity-portal": "portal",
    "solidarity-worker-triage": "worker",
    "solidarity-worker-ordinary": "worker",
    "solidarity-beat": "beat",
}
HARDENED = {
    "LimitCORE": "0",
    "MemorySwapMax": "0",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "Restart": "always",
}
ETC = "/etc/solidarity"


def settings_of(name: str) -> dict[str, list[str]]:
    """Everything a unit says, by name; systemd lets most names stand several times."""
    told: dict[str, list[str]] = defaultdict(list)
    for line in (UNITS / name).read_text().splitlines():
        if found := re.fullmatch(r"([A-Za-z]+)=(.*)", line):
            told[found[1]].append(found[2])
    return told


def test_there_is_a_unit_for_each_process_and_no_other() -> None:
    expected = {*PROCESSES, "solidarity-proxy"}
    assert {path.stem for path in UNITS.glob("*.service")} == expected
    assert {path.stem for path in UNITS.glob("*.socket")} == {f"solidarity-{face}" for face in FACES}


FACES = ("public", "desk", "portal")


@pytest.mark.parametrize(("unit", "process"), PROCESSES.items())
def test_a_process_has_its_own_account_and_keys_and_sees_no_others(unit: str, process: str) -> None:
    told = settings_of(f"{unit}.service")
    assert told["User"] == [f"solidarity-{process}"]
    assert told["EnvironmentFile"] == [f"{ETC}/all.env", f"{ETC}/{process}.env"]
    keys = [line for line in told["Environment"] if line.startswith("KEYS_DIR=")]
    assert keys == ([f"KEYS_DIR={ETC}/keys/{process}"] if process in HOLDINGS else [])
    hidden = set(told["InaccessiblePaths"])
    others = {*HOLDINGS, "beat"} - {process}
    assert hidden == {f"-{ETC}/{place}" for other in others for place in (f"keys/{other}", f"{other}.env")}


@pytest.mark.parametrize("unit", PROCESSES)
def test_a_process_leaves_nothing_of_what_it_opened_behind(unit: str) -> None:
    told = settings_of(f"{unit}.service")
    assert {name: told[name] for name in HARDENED} == {name: [value] for name, value in HARDENED.items()}
    assert "PRODUCTION=1" in told["Environment"]
    assert told["CapabilityBoundingSet"] == [""]


@pytest.mark.parametrize("face", FACES)
def test_a_face_is_what_gunicorn_is_told_to_serve_and_listens_for_the_proxy_alone(face: str) -> None:
    (line,) = settings_of(f"solidarity-{face}.service")["ExecStart"]
    assert line.endswith(f"-m gunicorn -c deploy/gunicorn.conf.py \"app:create_app(face='{face}')\"")
    told = settings_of(f"solidarity-{face}.socket")
    assert told["ListenStream"] == [f"/run/solidarity/{face}.sock"]
    assert (told["SocketUser"], told["SocketMode"]) == (["www-data"], ["0600"])


def test_only_those_who_need_the_journal_can_write_to_it() -> None:
    writers = {
        process
        for unit, process in PROCESSES.items()
        if any("/journal" in place for place in settings_of(f"{unit}.service")["ReadWritePaths"])
    }
    assert writers == {"desk", "worker"}


def test_one_worker_is_kept_free_for_what_is_urgent() -> None:
    (triage,) = settings_of("solidarity-worker-triage.service")["ExecStart"]
    (ordinary,) = settings_of("solidarity-worker-ordinary.service")["ExecStart"]
    assert "--queues urgent" in triage
    assert "--queues" not in ordinary
