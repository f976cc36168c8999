"""Keys are made once, read only as far as they are asked for, and never shown."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foundation.keys import (
    PUBLIC_HALVES,
    SEALING_KEYS,
    SECRETS,
    SIGNING_KEYS,
    Busy,
    KeyMissing,
    Keyring,
    KeysMixedUp,
    alone_in,
    fingerprint_of,
    load_keys,
    make_keys,
    new_token,
    read_public,
)
from foundation.sealing import new_identity, open_sealed, recipient_of, seal


@pytest.fixture
def folder(instance: Path) -> Path:
    return instance / "keys"


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_the_owner_can_read_keys_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert make_keys(tmp_path / "deep" / "keys")
    finally:
        os.umask(before)
    assert S_IMODE((tmp_path / "deep" / "keys").stat().st_mode) == 0o700
    modes = {path.name: S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep" / "keys").iterdir()}
    assert set(modes.values()) == {0o600}
    assert len(modes) == len(SEALING_KEYS) + len(SECRETS) + len(SIGNING_KEYS) + 1


def test_a_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys").chmod(0o755)
    make_keys(tmp_path / "keys")
    assert S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_each_public_half_belongs_to_its_private_half(keys: Keyring) -> None:
    for name in SEALING_KEYS:
        assert [recipient_of(identity) for identity in keys.identity(name)] == [keys.public[name]]
    for signing in SIGNING_KEYS:
        signature = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(keys.signs(signing))).sign(b"letter")
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys.public[signing])).verify(signature, b"letter")


def test_all_keys_and_secrets_differ(keys: Keyring) -> None:
    assert len(set(keys.private.values())) == len(SEALING_KEYS)
    assert len(set(keys.secrets.values())) == len(SECRETS)
    assert {len(secret) for secret in keys.secrets.values()} == {32}


def test_making_keys_again_leaves_them_alone(folder: Path) -> None:
    before = everything(folder)
    assert not make_keys(folder)
    assert everything(folder) == before


def test_two_installations_have_nothing_in_common(instance: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "other")
    ours, theirs = everything(instance / "keys"), everything(tmp_path / "other")
    assert not set(ours.values()) & set(theirs.values())


def test_a_half_made_set_is_refused_and_then_completed(folder: Path) -> None:
    (folder / PUBLIC_HALVES).unlink()
    with pytest.raises(KeyMissing):
        load_keys(folder)
    assert make_keys(folder)
    assert load_keys(folder, private=SEALING_KEYS).public


def test_losing_the_public_halves_does_not_lose_what_was_sealed(folder: Path, keys: Keyring) -> None:
    envelope = seal(b"account", keys.recipients("mandate"), "label")
    (folder / PUBLIC_HALVES).unlink()
    make_keys(folder)
    again = load_keys(folder, private=SEALING_KEYS, secrets=SECRETS, signing=SIGNING_KEYS)
    assert open_sealed(envelope, again.identity("mandate"), "label") == b"account"
    assert again == keys


def test_a_set_that_lacks_a_key_is_refused_by_whoever_needs_it(folder: Path) -> None:
    (folder / "identity.key").unlink()
    assert load_keys(folder, private=["mandate"])
    with pytest.raises(KeyMissing, match=r"identity\.key"):
        load_keys(folder, private=["identity"])


def test_no_keys_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing):
        load_keys(tmp_path / "nowhere")


def test_a_process_holds_only_what_it_was_given(folder: Path) -> None:
    portal = load_keys(folder, private=["portal"], secrets=["portal_cookies"])
    assert portal.identity("portal")
    assert portal.secret("portal_cookies")
    with pytest.raises(KeyMissing, match="identity"):
        portal.identity("identity")
    with pytest.raises(KeyMissing, match="pepper"):
        portal.secret("pepper")
    with pytest.raises(KeyMissing, match="approval"):
        portal.signs("approval")
    assert portal.public["approval"] != ""


def test_sealing_needs_no_private_half_and_always_includes_recovery(folder: Path, keys: Keyring) -> None:
    public = load_keys(folder)
    assert public.recipients("mandate", "mandate", "recovery") == [public.public["mandate"], public.public["recovery"]]
    envelope = seal(b"account", public.recipients("mandate"), "label")
    assert open_sealed(envelope, keys.identity("recovery"), "label") == b"account"


def test_the_public_halves_tell_nothing_of_the_private_ones(folder: Path, keys: Keyring) -> None:
    told = (folder / PUBLIC_HALVES).read_text()
    assert set(json.loads(told)) == {*SEALING_KEYS, *SIGNING_KEYS}
    assert "SECRET" not in told.upper()
    assert not [half for half in keys.signing.values() if half in told]


def test_a_keyring_shows_no_private_half_when_it_is_printed(keys: Keyring) -> None:
    private = [half for halves in keys.private.values() for half in halves]
    private += [*(repr(secret) for secret in keys.secrets.values()), *keys.signing.values()]
    for shown in (repr(keys), str(keys), f"{keys}"):
        assert keys.public["mandate"] in shown
        assert not [half for half in private if half in shown]
    # The check would find one: printed as it is, a private half is there.
    assert private[0] in repr(dict(keys.private))


def test_tokens_are_long_and_never_the_same() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert min(len(token) for token in made) >= 43


def test_several_that_make_keys_at_once_make_one_set(tmp_path: Path) -> None:
    for round_ in range(10):
        folder = tmp_path / str(round_)
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(make_keys, [folder] * 8))
        assert sum(made) == 1
        assert load_keys(folder, private=SEALING_KEYS, secrets=SECRETS, signing=SIGNING_KEYS)


def test_nobody_else_works_on_keys_meanwhile(folder: Path) -> None:
    with alone_in(folder), pytest.raises(Busy), alone_in(folder, patient=False):
        pass
    with alone_in(folder, patient=False):
        pass


def test_the_fingerprint_stands_for_every_public_half(keys: Keyring) -> None:
    found = fingerprint_of(keys.public)
    assert [len(group) for group in found.split("-")] == [8] * 8
    assert fingerprint_of(dict(reversed(keys.public.items()))) == found
    others = {fingerprint_of({**keys.public, name: "age1other"}) for name in keys.public}
    assert len(others | {found}) == len(keys.public) + 1


def test_a_fingerprint_counts_however_it_is_written_and_in_full(folder: Path, keys: Keyring) -> None:
    found = fingerprint_of(keys.public)
    for written in (found, found.upper(), found.replace("-", ""), f" {found.replace('-', ' ')} "):
        assert load_keys(folder, fingerprint=written)
    for written in (found[:-1], found[:8], "0" * 64, "é"):
        with pytest.raises(KeysMixedUp, match=found):
            load_keys(folder, fingerprint=written)


def test_a_private_half_that_is_not_that_of_the_public_half_is_refused(folder: Path) -> None:
    public = read_public(folder)
    (folder / PUBLIC_HALVES).write_text(json.dumps({**public, "mandate": recipient_of(new_identity())}))
    with pytest.raises(KeysMixedUp, match="mandate"):
        load_keys(folder, private=["mandate"])
    # Whoever holds no private half cannot see it; for them there is the fingerprint.
    assert load_keys(folder)
    with pytest.raises(KeysMixedUp):
        load_keys(folder, fingerprint=fingerprint_of(public))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"mandate": "age1"}', "null"])
def test_public_halves_that_are_not_a_whole_set_are_refused(folder: Path, text: str) -> None:
    (folder / PUBLIC_HALVES).write_text(text)
    with pytest.raises(KeysMixedUp):
        load_keys(folder)


def test_while_a_rotation_lasts_the_halves_before_it_open_too(folder: Path, keys: Keyring) -> None:
    older, oldest = new_identity(), new_identity()
    (folder / "mandate.previous.key").write_text(f"{older}\n{oldest}\n")
    identities = load_keys(folder, private=["mandate"]).identity("mandate")
    assert identities == (*keys.identity("mandate"), older, oldest)
    for half in identities:
        assert open_sealed(seal(b"account", [recipient_of(half)], "label"), identities, "label") == b"account"
