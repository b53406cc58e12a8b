"""The chore that forgets what is over: old sessions, links and failed tries."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, or_, select

from shared.clock import Clock
from shared.database.engine import Database
from shared.model.accounts import AccountLink, LoginThrottle, PortalSession
from shared.model.base import Base

SESSIONS = timedelta(days=2)
LINKS = timedelta(days=30)
TRIES = timedelta(days=1)
"""How long each is kept after it began, ended or happened."""


def forget_old_sessions(database: Database, clock: Clock) -> int:
    """Delete what has been over for long enough; return how many rows that were; write nothing when there are none."""
    due = _due(clock.now())
    with database.glance() as session:
        if not session.scalar(select(or_(*(exists().where(condition) for condition in due.values())))):
            return 0
    with database.begin() as session:
        return sum(
            len(session.execute(delete(table).where(condition).returning(*table.__table__.primary_key)).all())
            for table, condition in due.items()
        )


def _due(now: datetime) -> dict[type[Base], ColumnElement[bool]]:
    return {
        PortalSession: PortalSession.created_at < now - SESSIONS,
        AccountLink: AccountLink.expires_at < now - LINKS,
        LoginThrottle: LoginThrottle.last_at < now - TRIES,
    }
