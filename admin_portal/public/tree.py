"""Writes the site that is served as a tree of files for any web server, and lets the last few stand beside it."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.public.serving import StoredFile, current_edition
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.releases import PublicFile, PublicPath

CURRENT, EDITIONS = "current", "editions"
KEPT = 5
"""How many editions stand in the folder: whoever reads an older one is not cut off in the middle of it."""

_HASH_DIGITS = 64
_PATHS_AT_A_TIME = 200


@dataclass(frozen=True, slots=True)
class Written:
    """What was written; ``changed`` is False where the folder showed this edition already."""

    content_hash: str
    files: int
    changed: bool


def write_site(database: Database, folder: Path, *, now: datetime) -> Written:
    """Write the edition that is served at ``now`` below ``folder`` and let ``current`` point at it.

    ``current`` is a link that is replaced in one step: a web server whose root it is shows the old site whole or the
    new site whole. Raises ``Refused``: ``nothing_published`` before the first edition, ``not_a_site`` for a folder that
    holds anything else, ``unwritable``.
    """
    with database.read() as session:
        edition = current_edition(session, now)
        if edition is None:
            raise Refused("nothing_published", _("Nothing is published yet: there is no site to write."))
        try:
            _check(folder)
            files = _write_edition(session, edition.id, folder / EDITIONS / edition.content_hash)
            changed = _point(folder, edition.content_hash)
            _forget_old(folder)
        except OSError as error:
            text = _("%(path)s cannot be written: %(reason)s.")
            raise Refused("unwritable", text % {"path": error.filename or folder, "reason": error.strerror}) from error
    return Written(edition.content_hash, files, changed)


def _check(folder: Path) -> None:
    """Refuse a folder that is not ours: old editions are removed from it."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / CURRENT
    foreign = {entry.name for entry in folder.iterdir()} - {CURRENT, EDITIONS}
    foreign = {name for name in foreign if not name.startswith(f".{CURRENT}.")}
    if foreign or (link.exists() and not link.is_symlink()):
        text = _("%(folder)s holds other things than a site written by Sikte. Name an empty folder.")
        raise Refused("not_a_site", text % {"folder": folder})
    (folder / EDITIONS).mkdir(exist_ok=True)


def _write_edition(session: Session, edition_id: int, target: Path) -> int:
    """Write the files of an edition unless it stands there already; return how many there are."""
    paths = session.execute(
        select(PublicPath.path, PublicPath.file_id).where(PublicPath.edition_id == edition_id).order_by(PublicPath.path)
    ).all()
    if target.exists():
        return len(paths)
    unfinished = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        for start in range(0, len(paths), _PATHS_AT_A_TIME):
            some = paths[start : start + _PATHS_AT_A_TIME]
            wanted = select(PublicFile).where(PublicFile.id.in_({file_id for _path, file_id in some}))
            files = {file.id: StoredFile(file.id, file.media_type, file.body) for file in session.scalars(wanted)}
            session.expunge_all()
            for path, file_id in some:
                _write_file(unfinished / path, files[file_id])
        with contextlib.suppress(FileExistsError):
            unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return len(paths)


def _write_file(path: Path, file: StoredFile) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        for piece in file.plain():
            target.write(piece)


def _point(folder: Path, content_hash: str) -> bool:
    """Let ``current`` point at an edition, in one step; return whether it pointed elsewhere before."""
    link, goal = folder / CURRENT, Path(EDITIONS) / content_hash
    if link.is_symlink() and link.readlink() == goal:
        return False
    new = folder / f".{CURRENT}.{token_hex(4)}"
    new.symlink_to(goal, target_is_directory=True)
    new.replace(link)
    os.utime(folder / goal)
    return True


def _forget_old(folder: Path) -> None:
    """Remove all but the newest editions, and what a broken-off writing left behind."""
    current = (folder / CURRENT).readlink().name
    editions = [entry for entry in (folder / EDITIONS).iterdir() if len(entry.name) == _HASH_DIGITS]
    by_age = sorted(editions, key=lambda entry: (entry.name != current, -entry.stat().st_mtime))
    for entry in by_age[KEPT:]:
        shutil.rmtree(entry, ignore_errors=True)
