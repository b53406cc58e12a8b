"""Locks on PostgreSQL: a window's, shared by casting and taken by closing; the roster's; that of dialogues' times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WINDOW_LOCKS = 7_305_002
_ROSTER_LOCK = 7_305_003
_DIALOGUES_LOCK = 7_305_014


def share_window(connection: Connection, window_id: int) -> None:
    """Share the window's lock until the transaction ends; on SQLite the writing transaction itself is the lock."""
    if connection.dialect.name == "postgresql":
        statement = text("SELECT pg_advisory_xact_lock_shared(:space, :window)")
        connection.execute(statement, {"space": _WINDOW_LOCKS, "window": window_id})


def take_window(connection: Connection, window_id: int) -> None:
    """Take the window's lock alone, waiting for the casters that hold it; new ones queue behind."""
    if connection.dialect.name == "postgresql":
        statement = text("SELECT pg_advisory_xact_lock(:space, :window)")
        connection.execute(statement, {"space": _WINDOW_LOCKS, "window": window_id})


def take_roster(connection: Connection) -> None:
    """Let one import at a time change the roster, the first one too, when there is no row to lock yet."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ROSTER_LOCK})


def take_dialogues(connection: Connection) -> None:
    """Let one booking of a dialogue be decided at a time, over all rounds: officials and area heads are in several."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _DIALOGUES_LOCK})
