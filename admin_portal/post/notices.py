"""A person's notices: what they were told in the portal, what they have not read yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from shared.database.engine import Database
from shared.errors import NotFound
from shared.i18n import gettext as _
from shared.model.post import Notice

MOST_SHOWN = 200


def unread_of(session: Session, account_id: int) -> int:
    """Return how many notices the account has not read."""
    unread = select(func.count()).where(Notice.account_id == account_id, Notice.read_at.is_(None))
    return session.scalar(unread) or 0


def notices_of(session: Session, account_id: int) -> list[Notice]:
    """Return the account's newest notices, newest first."""
    own = select(Notice).where(Notice.account_id == account_id)
    return list(session.scalars(own.order_by(Notice.created_at.desc(), Notice.id.desc()).limit(MOST_SHOWN)))


def follow(database: Database, number: int, *, actor: Actor, now: datetime) -> str:
    """Note that the actor has read a notice and return where it leads; raises ``NotFound`` unless it is their own."""
    with database.begin() as session:
        notice = session.scalar(select(Notice).where(Notice.id == number, Notice.account_id == actor.account_id))
        if notice is None:
            raise NotFound(_("There is no such notice for you."))
        notice.read_at = notice.read_at or now
        return notice.link


def read_all(database: Database, *, actor: Actor, now: datetime) -> None:
    """Note that the actor has read all their notices."""
    reading = update(Notice).where(Notice.account_id == actor.account_id, Notice.read_at.is_(None)).values(read_at=now)
    with database.begin() as session:
        session.execute(reading)
