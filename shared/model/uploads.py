"""Uploaded rosters between being shown as a difference and being approved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from shared.model.accounts import Account
from shared.model.base import Base


class PendingImport(Base):
    """Files that somebody uploaded and has not approved yet; gone once used, put aside, or a day old.

    ``id`` is the SHA-256 of the token in that person's pages. ``content`` is a zip of the files, sealed under a key
    made of the token and the application's secret: it may hold persons, whom nobody reads out of a copy of this table.
    """

    __tablename__ = "pending_import"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
