"""Sessions on the server: a random token in a cookie, its hash in the database, revocable at any moment."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from admin_portal.access.policy import Actor, Held
from shared.database.engine import Database
from shared.model.accounts import Account, PortalSession

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
HALF_WAY = timedelta(minutes=10)
"""How long somebody who has given the password may take to give the second factor."""
SEEN_EVERY = timedelta(minutes=1)
"""How often a session in use is written: not at every page."""
_TOKEN_BYTES = 32


def session_id(token: str) -> bytes:
    """Return the name of the session that ``token`` opens: the token itself is stored nowhere."""
    return hashlib.sha256(token.encode()).digest()


def start_session(session: Session, account: Account, *, now: datetime, passed: bool = True) -> str:
    """Begin a session of ``account`` and return its token; ``passed`` False while a second factor is waited for."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(PortalSession(id=session_id(token), account_id=account.id, created_at=now, seen_at=now, passed=passed))
    return token


def find_actor(database: Database, token: str, now: datetime) -> Actor | None:
    """Return who the cookie's ``token`` signs in; None when the session is unknown, over, revoked or half-way."""
    if not token:
        return None
    key = session_id(token)
    with database.read() as session:
        found = session.get(PortalSession, key)
        if found is None or not found.passed or _over(found, now):
            return None
        seen, actor = found.seen_at, _actor(session, found)
    if actor is not None and now - seen >= SEEN_EVERY:
        with database.begin() as session:
            session.execute(update(PortalSession).where(PortalSession.id == key).values(seen_at=now))
    return actor


def find_waiting(session: Session, token: str, now: datetime) -> PortalSession | None:
    """Return the session that ``token`` would open once the second factor is given; None when none waits."""
    found = session.get(PortalSession, session_id(token)) if token else None
    if found is None or found.passed or found.revoked_at is not None or now - found.created_at > HALF_WAY:
        return None
    return found


def sessions_of(session: Session, account_id: int, now: datetime) -> list[PortalSession]:
    """Return the sessions in which an account is signed in right now, the one used last first."""
    mine = select(PortalSession).where(PortalSession.account_id == account_id, PortalSession.passed)
    found = session.scalars(mine.order_by(PortalSession.seen_at.desc(), PortalSession.created_at.desc()))
    return [one for one in found if not _over(one, now)]


def revoke_session(session: Session, key: bytes, *, now: datetime) -> None:
    """End the session named ``key`` at once."""
    _revoke(session, PortalSession.id == key, now)


def revoke_sessions_of(session: Session, account_id: int, *, now: datetime, but: bytes = b"") -> None:
    """End all sessions of an account, except the one named ``but``."""
    _revoke(session, (PortalSession.account_id == account_id) & (PortalSession.id != but), now)


def _revoke(session: Session, which: object, now: datetime) -> None:
    ending = update(PortalSession).where(which, PortalSession.revoked_at.is_(None))  # type: ignore[arg-type]  # a clause
    session.execute(ending.values(revoked_at=now).execution_options(synchronize_session=False))


def _over(found: PortalSession, now: datetime) -> bool:
    return found.revoked_at is not None or now - found.seen_at > IDLE or now - found.created_at > LONGEST


def _actor(session: Session, found: PortalSession) -> Actor | None:
    account = session.scalar(
        select(Account).where(Account.id == found.account_id).options(joinedload(Account.assignments))
    )
    if account is None or not account.active:
        return None
    return actor_of(account, found.id)


def actor_of(account: Account, key: bytes = b"") -> Actor:
    """Return ``account``, whose assignments are loaded, as the policy sees it."""
    held = tuple(Held(one.role, one.unit_id, one.district_id, one.provider_id) for one in account.assignments)
    return Actor(account.id, account.name, account.email, account.language, held, key)
