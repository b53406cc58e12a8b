"""The audit log: who decided what, append-only, each entry chained to the one before; never respondents or codes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.model.base import Base

_CHAIN_LOCK = 7_305_001


class AuditEntry(Base):
    """One decision. ``hash`` is SHA-256 over the entry before and this one's canonical JSON."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    def computed_hash(self) -> str:
        """Return the hash this entry must have."""
        # The same moment in whatever zone it was given: the database returns it in UTC.
        content = [
            self.previous_hash,
            self.at.astimezone(UTC).isoformat(),
            self.actor,
            self.action,
            self.subject,
            self.details,
        ]
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def record(session: Session, *, at: datetime, actor: str, action: str, subject: str, **details: Any) -> AuditEntry:
    """Append an entry in this transaction; writers wait for one another so that the chain has no forks."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    previous = session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or ""
    entry = AuditEntry(at=at, actor=actor, action=action, subject=subject, details=details, previous_hash=previous)
    entry.hash = entry.computed_hash()
    session.add(entry)
    session.flush()
    return entry


def broken_entries(session: Session) -> list[int]:
    """Return the ids of entries whose hash or link to the one before is wrong: an unbroken chain gives none."""
    broken, previous = [], ""
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        if entry.previous_hash != previous or entry.hash != entry.computed_hash():
            broken.append(entry.id)
        previous = entry.hash
    return broken
