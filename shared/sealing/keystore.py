"""The place of private keys, outside database and backups: window keys that die at the count, and the dispatch key."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from shared.errors import SikteError
from shared.i18n import gettext as _
from shared.sealing.boxes import KEY_BYTES, KeyPair, new_key_pair, public_of

_OWNER_ONLY = 0o600
_OWNER_ONLY_FOLDER = 0o700


class KeyMissing(SikteError):
    """A private key that the work needs is not mounted here; the message names its place."""


class KeyStore:
    """Private keys as owner-only files under ``SIKTE_KEYS``: ``windows/<id>`` and ``dispatch``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write_window_key(self, window_id: int, private: bytes) -> None:
        """Keep a window's private key, on disk before this returns; an existing one is never overwritten."""
        write_secret(self._window(window_id), private)

    def window_key(self, window_id: int) -> bytes:
        """Return a window's private key; raises ``KeyMissing`` naming the file."""
        return _read(self._window(window_id))

    def counting_key(self, window_id: int, public_key: bytes) -> bytes:
        """Return the private key that opens what was sealed to ``public_key``.

        Raises ``KeyMissing`` naming the file also when another window's key lies there: with it no ballot would open.
        """
        path = self._window(window_id)
        private = _read(path)
        if public_of(private) != public_key:
            text = _("The key %(path)s is not the key of this window. Put the window's own key there from its copy.")
            raise KeyMissing(text % {"path": path})
        return private

    def has_window_key(self, window_id: int) -> bool:
        """Whether the window's private key is here."""
        return self._window(window_id).exists()

    def destroy_window_key(self, window_id: int) -> bool:
        """Overwrite and remove a window's private key; False when it was gone already."""
        path = self._window(window_id)
        for unnamed in path.parent.glob(f".{path.name}.*"):  # what a killed process left of its writing
            _destroy(unnamed)
        return _destroy(path)

    def dispatch_key(self, public_key: bytes | None = None) -> bytes:
        """Return the private key that issued codes are sealed to; raises ``KeyMissing`` naming the file.

        With ``public_key`` a key that does not belong to it is refused in the same way.
        """
        private = _read(self._dispatch)
        if public_key is not None and public_of(private) != public_key:
            text = _("The key %(path)s is not the one that codes are sealed to. Put the right one there from its copy.")
            raise KeyMissing(text % {"path": self._dispatch})
        return private

    def has_dispatch_key(self) -> bool:
        """Whether this process mounts the dispatch key."""
        return self._dispatch.exists()

    def make_dispatch_key(self) -> KeyPair:
        """Make and keep a new dispatch key pair; an existing one is never overwritten."""
        pair = new_key_pair()
        write_secret(self._dispatch, pair.private)
        return pair

    @property
    def _dispatch(self) -> Path:
        return self.folder / "dispatch"

    def _window(self, window_id: int) -> Path:
        return self.folder / "windows" / str(window_id)


def write_secret(path: Path, content: bytes) -> None:
    """Write a new owner-only file and wait until it is on disk; raises ``FileExistsError`` if there is one.

    It gets its name only when it is whole: a process killed meanwhile leaves no half secret that would stand for one.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY_FOLDER)
    unnamed = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(unnamed)
    finally:
        unnamed.unlink()
    _sync_folder(path.parent)


def _destroy(path: Path) -> bool:
    """Overwrite and remove a file; False when it was gone already, or another worker was a moment faster."""
    try:
        with path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return False
    _sync_folder(path.parent)
    return True


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        text = _("The key %(path)s is not here. Run this where SIKTE_KEYS is mounted, or restore the key.")
        raise KeyMissing(text % {"path": path}) from error
    if len(content) != KEY_BYTES:
        text = _("The key %(path)s is damaged. Restore it from its copy.")
        raise KeyMissing(text % {"path": path})
    return content


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
