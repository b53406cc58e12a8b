"""Question batteries: every imported version is kept, numbered and fingerprinted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.model.base import Base


class BatteryVersion(Base):
    """One version of a battery: its canonical form, and the SHA-256 of what is seen and scored as ``fingerprint``."""

    __tablename__ = "battery_version"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]]
    imported_at: Mapped[datetime]


def latest_version(session: Session, key: str) -> BatteryVersion | None:
    """Return the newest version of battery ``key``, or None."""
    newest = select(BatteryVersion).where(BatteryVersion.key == key).order_by(BatteryVersion.version.desc()).limit(1)
    return session.scalar(newest)
