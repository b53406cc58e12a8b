"""The demonstration's folder: refused when it holds anything else, emptied when it holds an earlier demonstration."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from shared.errors import Refused
from shared.i18n import gettext as _

MARKER = "demonstration.json"
SERVER_LOCK = "serve.lock"
# All that an embedded instance keeps in its home (formats: Where data lives); anything else is not ours to remove.
OWN_NAMES = frozenset(
    {MARKER, SERVER_LOCK, "serve.pid", "keys", "truth", "static", "documents", "publications", "lost+found"}
)
DATABASE = "sikte.db"
PRIVATE_FOLDER = 0o700


def take_home(home: Path) -> bool:
    """Make ``home`` an empty folder marked as a demonstration; returns whether an earlier one was replaced.

    Raises ``Refused`` before anything is touched: when the folder holds something else, or its server is running.
    """
    if home.exists() and not home.is_dir():
        raise Refused("not_a_folder", _("%(home)s is a file. Name a folder with --dir.") % {"home": home})
    content = sorted(home.iterdir()) if home.exists() else []
    content = [path for path in content if path.name != "lost+found"]
    if content:
        _refuse_foreign(home, content)
        _refuse_running(home)
        _empty(home, content)
    home.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    write_marker(home, {"clock_offset_seconds": 0, "complete": False})
    return bool(content)


def write_marker(home: Path, content: dict[str, Any]) -> None:
    """Write the file that marks a demonstration, whole or not at all."""
    temporary = home / f".{MARKER}.new"
    temporary.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", "utf-8")
    os.replace(temporary, home / MARKER)  # noqa: PTH105  replaces in one step


def offset_for(instant: datetime, now: datetime) -> timedelta:
    """Return what must be added to the machine's clock (``now``) so that it shows ``instant``, in whole seconds."""
    return timedelta(seconds=round((instant - now).total_seconds()))


def _refuse_foreign(home: Path, content: list[Path]) -> None:
    foreign = [path.name for path in content if not _is_own(path)]
    if not (home / MARKER).is_file():
        text = _("%(home)s holds something that is no demonstration. Name another folder with --dir.")
        raise Refused("foreign_folder", text % {"home": home})
    if foreign:
        text = _(
            "%(home)s holds more than a demonstration: %(names)s. Move that away, or name another folder with --dir."
        )
        raise Refused("foreign_folder", text % {"home": home, "names": ", ".join(foreign)})


def _is_own(path: Path) -> bool:
    own = path.name in OWN_NAMES or path.name.startswith((DATABASE, f".{MARKER}"))
    return own and not path.is_symlink()


def _refuse_running(home: Path) -> None:
    lock = home / SERVER_LOCK
    if not lock.exists():
        return
    try:
        with FileLock(lock, timeout=0):
            pass
    except Timeout:
        text = _("A server is running in %(home)s. Stop it first.")
        raise Refused("server_running", text % {"home": home}) from None


def _empty(home: Path, content: list[Path]) -> None:
    """Remove the earlier demonstration, its marker last: an interrupted removal can be taken up again."""
    for path in sorted(content, key=lambda path: path.name == MARKER):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            with suppress(FileNotFoundError):
                path.unlink()
    assert_empty = [path.name for path in home.iterdir() if path.name != "lost+found"]
    if assert_empty:
        text = _("%(home)s could not be emptied: %(names)s is left.")
        raise Refused("foreign_folder", text % {"home": home, "names": ", ".join(assert_empty)})
