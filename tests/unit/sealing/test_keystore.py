"""Private keys lie in owner-only files, are never overwritten by mistake, and are gone when destroyed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from shared.i18n import speaking
from shared.sealing.boxes import new_key, new_key_pair
from shared.sealing.keystore import KeyMissing, KeyStore


@pytest.fixture(autouse=True)
def english():
    with speaking("en"):
        yield


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


def test_a_window_key_is_kept_readable_by_its_owner_only(keys: KeyStore) -> None:
    private = new_key_pair().private
    keys.write_window_key(7, private)
    path = keys.folder / "windows" / "7"
    assert keys.window_key(7) == private
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_window_key_is_never_overwritten(keys: KeyStore) -> None:
    keys.write_window_key(7, new_key())
    with pytest.raises(FileExistsError):
        keys.write_window_key(7, new_key())


def test_a_destroyed_key_is_gone_and_destroying_it_again_says_so(keys: KeyStore) -> None:
    keys.write_window_key(7, new_key())
    assert keys.destroy_window_key(7)
    assert not keys.has_window_key(7)
    assert not keys.destroy_window_key(7)


def test_a_missing_key_names_its_place(keys: KeyStore) -> None:
    with pytest.raises(KeyMissing, match="windows/7"):
        keys.window_key(7)


def test_a_damaged_key_is_refused(keys: KeyStore) -> None:
    keys.write_window_key(7, b"short")
    with pytest.raises(KeyMissing, match="windows/7"):
        keys.window_key(7)


def test_the_dispatch_key_is_made_once(keys: KeyStore) -> None:
    pair = keys.make_dispatch_key()
    assert keys.dispatch_key() == pair.private
    with pytest.raises(FileExistsError):
        keys.make_dispatch_key()


def test_another_windows_key_is_refused_naming_its_place(keys: KeyStore) -> None:
    pair = new_key_pair()
    keys.write_window_key(7, pair.private)
    assert keys.counting_key(7, pair.public) == pair.private
    with pytest.raises(KeyMissing, match="windows/7 is not the key of this window"):
        keys.counting_key(7, new_key_pair().public)


def test_a_foreign_dispatch_key_is_refused_naming_its_place(keys: KeyStore) -> None:
    pair = keys.make_dispatch_key()
    assert keys.dispatch_key(pair.public) == pair.private
    with pytest.raises(KeyMissing, match="dispatch is not the one"):
        keys.dispatch_key(new_key_pair().public)
