"""Finds what is served at this moment: the pointer is read at every request, files are kept in memory by their hash."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from admin_portal.public.site import Site, load_site
from shared.database.engine import Database
from shared.model.releases import Publication, PublicEdition, PublicFile, PublicPath

CACHE_BYTES = 32_000_000
LARGEST_CACHED = 1_000_000
_MOST_EDITIONS = 50
_MOST_PATHS = 20_000
_MOST_SITES = 2
_GZIP = 31
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Pointer:
    """The edition that is served: its id, the publications it shows, its content's hash."""

    id: int
    publications: tuple[int, ...]
    content_hash: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is stored: its content's hash, its type, its gzip-compressed body."""

    id: str
    media_type: str
    body: bytes

    def plain(self) -> Iterator[bytes]:
        """Yield the content, a piece at a time."""
        unpacker = zlib.decompressobj(_GZIP)
        for start in range(0, len(self.body), _CHUNK):
            yield unpacker.decompress(self.body[start : start + _CHUNK])
        yield unpacker.flush()


def current_edition(session: Session, now: datetime) -> Pointer | None:
    """Return the newest edition whose time has come and that shows nothing withdrawn; None before the first.

    The publications' own times are looked at too, so that an edition with a wrong time shows nothing early.
    """
    barred = set(
        session.scalars(
            select(Publication.id).where(or_(Publication.withdrawn_at.is_not(None), Publication.goes_public_at > now))
        )
    )
    newest_first = (
        select(PublicEdition.id, PublicEdition.publications, PublicEdition.content_hash)
        .where(PublicEdition.goes_public_at <= now, PublicEdition.withdrawn_at.is_(None))
        .order_by(PublicEdition.goes_public_at.desc(), PublicEdition.id.desc())
        .limit(_MOST_EDITIONS)
    )
    for number, publications, content_hash in session.execute(newest_first):
        shown = tuple(int(one) for one in publications)
        if barred.isdisjoint(shown):
            return Pointer(number, shown, content_hash)
    return None


class Shelf:
    """The files of this process: what never changes is read once; when room is short the oldest go."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._paths: OrderedDict[tuple[int, str], str] = OrderedDict()
        self._files: OrderedDict[str, StoredFile] = OrderedDict()
        self._sites: OrderedDict[int, Site] = OrderedDict()
        self._bytes = 0

    def pointer(self, now: datetime) -> Pointer | None:
        """Return the edition that is served at ``now``."""
        with self._database.glance() as session:
            return current_edition(session, now)

    def file_id(self, edition: int, path: str) -> str | None:
        """Return the hash of the file that an edition has under ``path``."""
        with self._lock:
            known = self._paths.get((edition, path))
        if known is not None:
            return known
        with self._database.glance() as session:
            found = session.scalar(
                select(PublicPath.file_id).where(PublicPath.edition_id == edition, PublicPath.path == path)
            )
        if found is not None:
            with self._lock:
                self._paths[edition, path] = found
                while len(self._paths) > _MOST_PATHS:
                    self._paths.popitem(last=False)
        return found

    def asset_id(self, path: str) -> str | None:
        """Return the hash of a file with a fingerprint in its path, of whatever edition: old pages still ask for it."""
        with self._database.glance() as session:
            return session.scalar(select(PublicPath.file_id).where(PublicPath.path == path).limit(1))

    def file(self, file_id: str) -> StoredFile | None:
        """Return the file with this hash."""
        with self._lock:
            known = self._files.get(file_id)
            if known is not None:
                self._files.move_to_end(file_id)
                return known
        with self._database.glance() as session:
            row = session.execute(
                select(PublicFile.id, PublicFile.media_type, PublicFile.body).where(PublicFile.id == file_id)
            ).first()
        if row is None:
            return None
        found = StoredFile(row[0], row[1], row[2])
        self._keep(found)
        return found

    def site(self, pointer: Pointer) -> Site:
        """Return the documents of the edition that is served, for the pages that answer a question."""
        with self._lock:
            known = self._sites.get(pointer.id)
        if known is not None:
            return known
        with self._database.read() as session:
            site = load_site(session, pointer.publications)
        with self._lock:
            self._sites[pointer.id] = site
            while len(self._sites) > _MOST_SITES:
                self._sites.popitem(last=False)
        return site

    def _keep(self, found: StoredFile) -> None:
        if len(found.body) > LARGEST_CACHED:
            return
        with self._lock:
            if found.id not in self._files:
                self._files[found.id] = found
                self._bytes += len(found.body)
            while self._bytes > CACHE_BYTES:
                _file_id, oldest = self._files.popitem(last=False)
                self._bytes -= len(oldest.body)
