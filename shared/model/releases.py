"""Releases to the units and publications to everyone: numbered, kept, under embargo until their time."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.model.base import Base
from shared.model.cycles import Cycle
from shared.model.results import ResultSet

UNAUDITED = "thresholds_and_siblings"
"""What guards the figures of a release that no joint audit has attacked yet."""


class Release(Base):
    """A numbered release of a result set to the units, for the windows it names.

    It is in effect from ``embargo_until`` on, unless withdrawn before. A release of windows that were released before
    is a correction, and gives its ``reason``.
    """

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("cycle_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey(Cycle.id))
    number: Mapped[int]
    result_set_id: Mapped[int] = mapped_column(ForeignKey(ResultSet.id))
    windows: Mapped[list[str]]
    embargo_until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500), default="")
    protection: Mapped[str] = mapped_column(String(50))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(100))
    announced_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    def in_effect(self, now: datetime) -> bool:
        """Whether units may see it at ``now``: decided by time alone, never by whether a clock has run."""
        return self.withdrawn_at is None and self.embargo_until <= now


class Publication(Base):
    """A numbered publication of released windows to everyone; its documents are all that public pages may read."""

    __tablename__ = "publication"
    __table_args__ = (UniqueConstraint("cycle_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey(Cycle.id))
    number: Mapped[int]
    releases: Mapped[list[str]]
    """The numbers of the releases that its rows come from."""
    windows: Mapped[list[str]]
    goes_public_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500), default="")
    protection: Mapped[str] = mapped_column(String(50))
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(100))
    announced_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    def in_effect(self, now: datetime) -> bool:
        """Whether everyone may see it at ``now``."""
        return self.withdrawn_at is None and self.goes_public_at <= now


class PublishedDocument(Base):
    """One immutable document of a publication, named by its content's SHA-256: zlib-compressed canonical JSON.

    Rows are stored as a table, ``columns`` once and then lists: that is a fourth of the bytes, and of the time.
    """

    __tablename__ = "published_document"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256_length"),)

    publication_id: Mapped[int] = mapped_column(ForeignKey(Publication.id), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    position: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def content(self) -> Any:
        """The document, its rows as dictionaries."""
        stored = json.loads(zlib.decompress(self.body))
        columns = stored.pop("columns", None)
        if columns is not None:
            stored["rows"] = [dict(zip(columns, row, strict=True)) for row in stored["rows"]]
        return stored


class PublicFile(Base):
    """A file of the public site, kept once however many editions name it; ``id`` is its content's SHA-256."""

    __tablename__ = "public_file"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(100))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """Gzip-compressed, always with the same bytes for the same content."""


class PublicEdition(Base):
    """A whole public site, made from the publications it names; the newest one whose time has come is served."""

    __tablename__ = "public_edition"

    id: Mapped[int] = mapped_column(primary_key=True)
    publications: Mapped[list[str]]
    """The ids of the publications that it shows."""
    goes_public_at: Mapped[datetime]
    made_at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(String(64))
    withdrawn_at: Mapped[datetime | None]


class PublicPath(Base):
    """Which file an edition serves under a path."""

    __tablename__ = "public_path"

    edition_id: Mapped[int] = mapped_column(ForeignKey(PublicEdition.id), primary_key=True)
    path: Mapped[str] = mapped_column(String(255), primary_key=True)
    file_id: Mapped[str] = mapped_column(ForeignKey(PublicFile.id))


def canonical(content: Any) -> bytes:
    """Return the JSON of ``content`` that its hash is taken of: the same content always gives the same bytes."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def packed(content: Any) -> tuple[str, bytes]:
    """Return the SHA-256 and the body of a published document."""
    plain = canonical(content)
    return hashlib.sha256(plain).hexdigest(), zlib.compress(plain, 6)


def released_windows(session: Session, cycle: Cycle, now: datetime) -> dict[str, Release]:
    """Return, for each window of ``cycle`` that units may see at ``now``, the newest release in effect covering it."""
    return _newest(session.scalars(select(Release).where(Release.cycle_id == cycle.id)), now)


def _newest(releases: Iterable[Release], now: datetime) -> dict[str, Release]:
    found: dict[str, Release] = {}
    for release in sorted(releases, key=lambda one: one.number):
        if release.in_effect(now):
            found |= dict.fromkeys(release.windows, release)
    return found


def current_publication(session: Session, cycle: Cycle, now: datetime) -> Publication | None:
    """Return the newest publication of ``cycle`` that everyone may see at ``now``."""
    newest_first = select(Publication).where(Publication.cycle_id == cycle.id).order_by(Publication.number.desc())
    return next((one for one in session.scalars(newest_first) if one.in_effect(now)), None)
