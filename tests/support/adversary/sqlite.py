"""The operator of SQLite: copies of the file and of every page its write-ahead log ever held."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event

from shared.database.engine import Database
from tests.support.adversary.attacks import Evidence
from tests.support.adversary.holdings import SERIAL, Holdings, read_tables
from tests.support.adversary.population import SERIAL_LENGTH, World

_HEADER = 32
_FRAME_HEADER = 24
_PAGE = 4096
_HEX_ID = re.compile(rb"[0-9a-f]{32}")
_ANSWERED = re.compile(rb"answered([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Frame:
    """One page as a commit wrote it; ``position`` counts bytes from the beginning of the log."""

    commit: int
    page: int
    position: int
    content: bytes


def keep_all_frames(database: Database) -> None:
    """Let the log grow, as a copy taken after every commit would: the operator loses no frame."""

    def keep(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA wal_autocheckpoint=0")

    event.listen(database.engine, "connect", keep)


@dataclass(slots=True)
class SqliteOperator:
    """Takes what an operator can take from SQLite's files while a window is open, closed, counted and finished."""

    world: World
    copies: Path
    holdings: Holdings = field(init=False)
    pages: dict[str, dict[int, str]] = field(default_factory=dict)
    """The table or index that each page of the file belonged to, by moment."""
    _open: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.holdings = Holdings(self.world)
        # As long as one connection stays open nobody empties the log by closing the last one.
        self._open = sqlite3.connect(self.path, check_same_thread=False)
        self._open.execute("SELECT 1 FROM code").fetchone()

    @property
    def path(self) -> Path:
        """The database file."""
        return Path(self.world.database.engine.url.database or "")

    def look(self, moment: str, *, backup: bool = True) -> None:
        """Read all tables, and copy the file with its log."""
        with self.world.database.engine.connect() as connection:
            self.holdings.snapshots[moment] = read_tables(connection, system=False)
        self.pages[moment] = dict(self._open.execute("SELECT pageno, name FROM dbstat"))
        folder = self.copies / moment
        folder.mkdir(parents=True)
        for path in self.path.parent.glob(f"{self.path.name}*"):
            if backup:
                shutil.copy(path, folder / path.name)

    def copy(self, moment: str, ending: str = "") -> bytes:
        """Return the copied file, or with ``-wal`` its log."""
        path = self.copies / moment / f"{self.path.name}{ending}"
        return path.read_bytes() if path.exists() else b""

    def evidence(self) -> Evidence:
        """Return every order and every direct guess that these files give."""
        frames = self.frames()
        marked, cast = self._commits(frames)
        person_of_commit = {commit: number for number, commit in marked.items()}
        self.holdings.box_owner = {
            id_: person_of_commit[commit] for id_, commit in cast.items() if commit in person_of_commit
        }
        evidence = self.holdings.evidence()
        orders = evidence.person_orders
        orders["log: commit"] = dict(marked)
        orders["log: ballot's first page"] = {
            person_of_commit[commit]: place
            for id_, place in _first_places(frames, set(cast)).items()
            if (commit := cast[id_]) in person_of_commit
        }
        orders["ballot's place in the file"] = self._places("closed", {id_.hex for id_ in cast})
        evidence.row_orders |= self._row_orders(frames)
        evidence.guesses["content of the log"] = self._carved(frames, person_of_commit)
        return evidence

    def frames(self) -> list[Frame]:
        """Return all frames that the copies hold: another process may begin the log anew, with a new salt."""
        copies = [self.copy(moment, "-wal") for moment in ("before", "mid", "closed", "counted")]
        logs = {log[16:24]: log for log in copies if log}
        frames: list[Frame] = []
        for log in logs.values():
            commits, length = (frames[-1].commit + 1, frames[-1].position + _PAGE) if frames else (0, 0)
            frames += [
                replace(frame, commit=frame.commit + commits, position=frame.position + length)
                for frame in frames_of(log)
            ]
        return frames

    def _commits(self, frames: list[Frame]) -> tuple[dict[int, int], dict[UUID, int]]:
        """Return the commit in which each person's code was marked, and in which each ballot appeared."""
        number_of = {person.code_id.hex.encode(): person.number for person in self.world.casters}
        ballots = {row["id"].hex.encode() for row in self.holdings.snapshots["closed"].tables["ballot"]}
        marked: dict[int, int] = {}
        cast: dict[UUID, int] = {}
        for frame in frames:
            for found in _ANSWERED.findall(frame.content):
                if found in number_of:
                    marked.setdefault(number_of[found], frame.commit)
            for found in _HEX_ID.findall(frame.content):
                if found in ballots:
                    cast.setdefault(UUID(found.decode()), frame.commit)
        return marked, cast

    def _places(self, moment: str, ids: set[str]) -> dict[int, int]:
        content = self.copy(moment) + self.copy(moment, "-wal")
        owner = {id_.hex: number for id_, number in self.holdings.box_owner.items()}
        places = {found.group().decode(): found.start() for found in _HEX_ID.finditer(content)}
        return {owner[id_]: place for id_, place in places.items() if id_ in ids and id_ in owner}

    def _row_orders(self, frames: list[Frame]) -> dict[str, dict[Any, int]]:
        orders: dict[str, dict[Any, int]] = {}
        texts = self.holdings.snapshots["after"].tables["free_text"]
        kinds = {row["body"][:SERIAL_LENGTH]: row["item_key"] for row in texts}
        after = self.copy("after") + self.copy("after", "-wal")
        for found in SERIAL.finditer(after):
            key = found.group().decode()
            if key in kinds:
                orders.setdefault(f"{kinds[key]}: place in the file", {})[key] = found.start()
        for frame in frames:
            for found in SERIAL.finditer(frame.content):
                key = found.group().decode()
                if key in kinds:
                    orders.setdefault(f"{kinds[key]}: log", {}).setdefault(key, frame.position + found.start())
        return orders

    def _carved(self, frames: list[Frame], person_of_commit: dict[int, int]) -> dict[Any, int]:
        known = {person.serial for person in self.world.casters}
        first: dict[str, int] = {}
        for frame in frames:
            for found in SERIAL.finditer(frame.content):
                first.setdefault(found.group().decode(), frame.commit)
        return {
            serial: person_of_commit[commit]
            for serial, commit in first.items()
            if serial in known and commit in person_of_commit
        }

    def moments(self) -> list[Path]:
        """Return the folders of the copies in order of time."""
        return [self.copies / moment for moment in self.holdings.snapshots]

    def close(self) -> None:
        """Nothing stays open."""
        self._open.close()
        self.world.database.dispose()


def frames_of(log: bytes) -> Iterator[Frame]:
    """Yield the committed frames of a write-ahead log (sqlite.org/fileformat2.html, section 4)."""
    if len(log) < _HEADER:
        return
    size, salt = int.from_bytes(log[8:12], "big"), log[16:24]
    commit, waiting = 0, []
    for start in range(_HEADER, len(log) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size):
        header = log[start : start + _FRAME_HEADER]
        if header[8:16] != salt:
            return
        content = log[start + _FRAME_HEADER : start + _FRAME_HEADER + size]
        waiting.append(Frame(commit, int.from_bytes(header[:4], "big"), start + _FRAME_HEADER, content))
        if int.from_bytes(header[4:8], "big"):
            yield from waiting
            commit, waiting = commit + 1, []


def _first_places(frames: list[Frame], ids: set[UUID]) -> dict[UUID, int]:
    wanted = {id_.hex.encode(): id_ for id_ in ids}
    places: dict[UUID, int] = {}
    for frame in frames:
        for found in _HEX_ID.finditer(frame.content):
            if found.group() in wanted:
                places.setdefault(wanted[found.group()], frame.position + found.start())
    return places
