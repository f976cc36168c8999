"""What holds of every face of an installation in production, before anybody visits it."""

from pathlib import Path

import pytest

from app import FACES, create_app, make_site
from config import Settings, SettingsWrong, read_settings
from foundation.keys import PUBLIC_HALVES, fingerprint_of, read_public

URLS = {
    "PUBLIC_URL": "https://submit.example.org",
    "DESK_URL": "https://desk.example.org",
    "PORTAL_URL": "https://letters.example.org:8443",
}


def production(instance: Path, **env: str) -> Settings:
    fingerprint = fingerprint_of(read_public(instance / "keys"))
    kept = {"INSTANCE_DIR": str(instance), "PRODUCTION": "1", "KEYS_FINGERPRINT": fingerprint}
    return read_settings({**kept, **URLS, **env})


def test_one_process_for_all_faces_refuses_to_run_in_production(instance: Path) -> None:
    assert (instance / "keys" / PUBLIC_HALVES).exists()
    with pytest.raises(SettingsWrong, match="process of its own"):
        make_site(production(instance))


@pytest.mark.parametrize("face", FACES)
def test_a_face_in_production_answers_under_its_own_name_alone(instance: Path, face: str) -> None:
    app = create_app(production(instance), face)
    assert app.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    for other, url in URLS.items():
        answer = app.test_client().get("/healthz", base_url=url)
        assert answer.status_code == (200 if other == f"{face.upper()}_URL" else 400)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DESK_URL", "http://desk.example.org"),
        ("DESK_URL", "https://submit.example.org:8443"),
        ("DESK_URL", "https://"),
    ],
)
def test_a_face_without_a_name_of_its_own_over_tls_does_not_start(instance: Path, name: str, url: str) -> None:
    with pytest.raises(SettingsWrong, match=name):
        create_app(production(instance, **{name: url}), "desk")


def test_in_development_any_name_will_do(instance: Path) -> None:
    app = create_app(read_settings({"INSTANCE_DIR": str(instance)}), "public")
    assert app.test_client().get("/healthz", base_url="http://anything.test:8000").status_code == 200
