"""Handles ``publication.made``: makes the public site ahead of its time, as files and an edition that names them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Insert, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from admin_portal.public.documents import all_publications, in_effect_at
from admin_portal.public.downloads import Packed
from admin_portal.public.edition import edition_files
from shared.clock import Clock
from shared.database.engine import Database
from shared.events.claims import Claim, finish
from shared.model.releases import Publication, PublicEdition, PublicFile, PublicPath, canonical

BATCH_BYTES = 4_000_000
_PATHS_PER_INSERT = 500
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A site that must stand ready: from when on, of which publications, telling of which."""

    goes_public_at: datetime
    publications: tuple[int, ...]
    told: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """An edition whose files are stored; nobody sees it before it is stored itself."""

    wanted: Wanted
    paths: dict[str, str]

    @property
    def content_hash(self) -> str:
        """The hash over every path and file: the same site always has the same."""
        return hashlib.sha256(canonical(sorted(self.paths.items()))).hexdigest()


def make_public_site(claim: Claim, *, database: Database, clock: Clock) -> None:
    """Make the sites that a publication takes part in: its own, and those of publications that wait for a later time.

    Files are stored as they are made, in small transactions: without an edition that names them they are nowhere to be
    seen. Then the editions, their paths and the end of the delivery are one short transaction; if publications were
    made or withdrawn meanwhile, all begins anew. A publication withdrawn before gives nothing to do.
    """
    while True:
        with database.read() as session:
            wanted = _wanted(session, int(claim.payload["publication_id"]))
            # PostgreSQL's snapshot and SQLite's: the documents of all of them as they are at this moment.
            made = [_make(database, session, one) for one in wanted]
        with database.begin() as session:
            if _wanted(session, int(claim.payload["publication_id"])) == wanted:
                for one in made:
                    _store(session, one, clock.now())
                finish(session, claim)
                return


def sites_from(publications: Sequence[Publication], moment: datetime) -> list[Wanted]:
    """Return the sites from ``moment`` on: one for each instant at which a publication goes public."""
    standing = [one for one in publications if one.withdrawn_at is None]
    instants = sorted({one.goes_public_at for one in standing if one.goes_public_at >= moment})
    return [
        Wanted(instant, in_effect_at(standing, instant), tuple(one.id for one in standing if one.in_effect(instant)))
        for instant in instants
    ]


def _wanted(session: Session, publication_id: int) -> list[Wanted]:
    """Return the sites to be made because of a publication, those that exist already left out."""
    publication = session.get_one(Publication, publication_id, populate_existing=True)
    if publication.withdrawn_at is not None:
        return []
    sites = sites_from(all_publications(session), publication.goes_public_at)
    return [one for one in sites if _standing(session, one) is None]


def _standing(session: Session, wanted: Wanted) -> PublicEdition | None:
    """Return the newest edition of that instant if it shows what is wanted."""
    newest = session.scalar(
        select(PublicEdition)
        .where(PublicEdition.goes_public_at == wanted.goes_public_at, PublicEdition.withdrawn_at.is_(None))
        .order_by(PublicEdition.id.desc())
        .limit(1)
    )
    return newest if newest is not None and newest.publications == _names(wanted) else None


def _names(wanted: Wanted) -> list[str]:
    return [str(number) for number in wanted.publications]


def _make(database: Database, session: Session, wanted: Wanted) -> Made:
    paths: dict[str, str] = {}
    for batch in _batches(edition_files(session, wanted.publications, wanted.told)):
        _store_files(database, [packed for _path, packed in batch])
        paths.update((path, packed.id) for path, packed in batch)
    _log.info("site made", publications=_names(wanted), files=len(paths))
    return Made(wanted, paths)


def _batches(files: Iterator[tuple[str, Packed]]) -> Iterator[list[tuple[str, Packed]]]:
    batch: list[tuple[str, Packed]] = []
    size = 0
    for path, packed in files:
        batch.append((path, packed))
        size += len(packed.body)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _store_files(database: Database, files: Sequence[Packed]) -> None:
    """Store the files that are not there yet; another worker may be storing the very same ones."""
    wanted = {packed.id: packed for packed in files}
    with database.begin() as session:
        known = set(session.scalars(select(PublicFile.id).where(PublicFile.id.in_(wanted))))
        rows = [
            {"id": packed.id, "media_type": packed.media_type, "body": packed.body}
            for packed in wanted.values()
            if packed.id not in known
        ]
        if rows:
            session.connection().execute(_unless_there(database), rows)


def _unless_there(database: Database) -> Insert:
    """Return the insertion that leaves what is there as it is: it has the same name, so it is the same."""
    if database.is_postgresql:
        return postgresql.insert(PublicFile).on_conflict_do_nothing()
    return sqlite.insert(PublicFile).on_conflict_do_nothing()


def _store(session: Session, made: Made, now: datetime) -> None:
    edition = PublicEdition(
        publications=_names(made.wanted),
        goes_public_at=made.wanted.goes_public_at,
        made_at=now,
        content_hash=made.content_hash,
    )
    session.add(edition)
    session.flush()
    rows = [
        {"edition_id": edition.id, "path": path, "file_id": file_id} for path, file_id in sorted(made.paths.items())
    ]
    for start in range(0, len(rows), _PATHS_PER_INSERT):
        session.connection().execute(insert(PublicPath), rows[start : start + _PATHS_PER_INSERT])
