"""What an operator sets is used, and what cannot be used is named."""

from dataclasses import fields
from pathlib import Path

import pytest

from config import Settings, SettingsWrong, read_settings

NUMBERS = (
    "PORT",
    "SOURCE_IDLE_MINUTES",
    "DESK_IDLE_MINUTES",
    "PORTAL_IDLE_MINUTES",
    "DRAFT_DAYS",
    "LEASE_SECONDS",
    "BEGINS_A_MINUTE",
    "SENDINGS_A_MINUTE",
    "MESSAGES_A_MINUTE",
    "UPLOAD_MEGABYTES_A_MINUTE",
)


def test_without_any_setting_no_server_is_needed() -> None:
    settings = read_settings({})
    assert settings.database_url.startswith("sqlite:///")
    assert settings.broker_url == "filesystem://"
    assert settings.storage_url.startswith("file://")
    assert settings.smtp_url.startswith("folder://")
    assert not settings.production
    assert not settings.demo


def test_everything_that_is_kept_lies_in_the_instance_folder(tmp_path: Path) -> None:
    settings = read_settings({"INSTANCE_DIR": str(tmp_path)})
    assert settings.keys == tmp_path / "keys"
    assert settings.queue == tmp_path / "queue"
    for url in (settings.database_url, settings.storage_url, settings.smtp_url):
        assert str(tmp_path) in url


def test_each_face_has_the_address_it_was_given(tmp_path: Path) -> None:
    settings = read_settings({"BASE_URL": "https://all.example/", "DESK_URL": "https://desk.example/"})
    assert settings.public_url == settings.portal_url == "https://all.example"
    assert settings.desk_url == "https://desk.example"
    assert read_settings({"PORT": "9000"}).public_url == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("1", True),
        ("yes", True),
        ("TRUE", True),
        (" 1 ", True),
        ("0", False),
        ("no", False),
        ("False", False),
        ("", False),
    ],
)
def test_yes_and_no_are_understood(word: str, meant: bool) -> None:
    assert read_settings({"DEMO": word}).demo is meant


@pytest.mark.parametrize("name", ["DEMO", "PRODUCTION"])
@pytest.mark.parametrize("word", ["maybe", "2", "on off"])
def test_neither_yes_nor_no_names_the_variable(name: str, word: str) -> None:
    with pytest.raises(SettingsWrong, match=name):
        read_settings({name: word})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("word", ["0", "-1", "1.5", "ten", "١٠", "²", "1e3", "+5", " "])
def test_what_is_no_number_above_zero_names_the_variable(name: str, word: str) -> None:
    with pytest.raises(SettingsWrong, match=name):
        read_settings({name: word})


@pytest.mark.parametrize("name", NUMBERS[1:])
def test_a_number_is_used(name: str) -> None:
    assert getattr(read_settings({name: "7"}), name.lower()) == 7


@pytest.mark.parametrize("word", ["0", "-1", "soon", "nan", "inf", "3600"])
def test_a_sweep_that_is_no_fair_number_of_seconds_names_the_variable(word: str) -> None:
    with pytest.raises(SettingsWrong, match="SWEEP_SECONDS"):
        read_settings({"SWEEP_SECONDS": word})
    assert read_settings({"SWEEP_SECONDS": "0.5"}).sweep_seconds == 0.5


@pytest.mark.parametrize("word", ["-1", "soon", "nan", "3600"])
def test_a_form_may_be_sent_at_once_where_it_is_set_so_and_otherwise_after_a_fair_time(word: str) -> None:
    with pytest.raises(SettingsWrong, match="FORM_SECONDS_LEAST"):
        read_settings({"FORM_SECONDS_LEAST": word})
    assert read_settings({"FORM_SECONDS_LEAST": "0"}).form_seconds_least == 0
    assert read_settings({}).form_seconds_least == 1


@pytest.mark.parametrize(
    "name",
    [
        "INSTANCE_DIR",
        "BASE_URL",
        "DATABASE_URL",
        "BROKER_URL",
        "STORAGE_URL",
        "SMTP_URL",
        "MAIL_FROM",
        "PUBLIC_URL",
        "DESK_URL",
        "PORTAL_URL",
        "SWEEP_SECONDS",
        *NUMBERS,
    ],
)
def test_a_variable_that_is_set_to_nothing_counts_as_not_set(name: str) -> None:
    assert read_settings({name: ""}) == read_settings({})


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = read_settings({})
    with pytest.raises(AttributeError):
        settings.demo = True  # type: ignore[misc]
    assert {field.name for field in fields(Settings)} >= {"demo", "production"}
