"""The urn: sealed ballots of an open window, the box keys they are sealed under, and drafts on their way."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from shared.model.base import Base
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, SealGroup


class BoxKey(Base):
    """A casting process's box key, sealed to the window's public key; names a process and an hour, nobody."""

    __tablename__ = "box_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    window_id: Mapped[int] = mapped_column(ForeignKey(CollectionWindow.id), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Ballot(Base):
    """A submitted response, padded and sealed. No time, no code, no order: the key is random."""

    __tablename__ = "ballot"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    seal_group_id: Mapped[int] = mapped_column(ForeignKey(SealGroup.id), index=True)
    box_key_id: Mapped[UUID] = mapped_column(Uuid)
    box: Mapped[bytes] = mapped_column(LargeBinary)


class Draft(Base):
    """Answers not yet sent, padded and sealed under a key that only the respondent's device holds."""

    __tablename__ = "draft"
    __table_args__ = ({"sqlite_with_rowid": False},)

    code_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey(Code.id, ondelete="CASCADE"), primary_key=True)
    box: Mapped[bytes] = mapped_column(LargeBinary)


def ballot_context(seal_group_id: int) -> bytes:
    """Return what binds a box to its seal group: a box moved to another group cannot be opened."""
    return f"sikte/ballot/1/{seal_group_id}".encode()


def box_key_context(window_id: int) -> bytes:
    """Return what binds a sealed box key to its window."""
    return f"sikte/box-key/1/{window_id}".encode()
