"""Telling the loss of the database, which is nobody's fault, from work that fails."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

T = TypeVar("T")

_LOST_CLASSES = ("08", "40")
"""PostgreSQL's SQLSTATE classes of connection exceptions and of transactions rolled back for another's sake."""

_LOST_STATES = ("53300", "57P01", "57P02", "57P03", "25P03")
"""Too many connections, shut down by the administrator, by a crash, not ready yet, idle for too long."""

_LOST_SQLITE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN)


def is_outage(error: BaseException) -> bool:
    """Whether ``error``, or what it was raised from, means that the database was away or gave way to another."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, PoolTimeout) or (isinstance(seen, DBAPIError) and _is_loss(seen)):
            return True
        if isinstance(seen, sqlite3.OperationalError) and _is_busy(seen):
            return True  # from the driver itself, as by VACUUM, which runs outside SQLAlchemy's transactions
        seen = seen.__cause__
    return False


def _is_loss(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return _is_busy(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state[:2] in _LOST_CLASSES or state in _LOST_STATES


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _LOST_SQLITE


def persist(action: Callable[[], T], *, seconds: float, pause: float = 1.0) -> T:
    """Do ``action``, again and again while the database is away, for at most ``seconds``; then its error is raised."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except Exception as error:
            if not is_outage(error) or time.monotonic() > deadline:
                raise
        time.sleep(pause)
