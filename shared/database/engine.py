"""Engines for SQLite and PostgreSQL that keep Sikte's promises about transactions, and the unit of work over them."""

from __future__ import annotations

import math
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

READ_ONLY = "sikte_read_only"
_TRUSTED_SECONDS = 1.0
SQLITE_WAIT_SECONDS = 30.0
_SQLITE_BUSY_MILLISECONDS = 10_000
_POSTGRESQL_OPTIONS = "-c lock_timeout=30s -c statement_timeout=300s -c idle_in_transaction_session_timeout=300s"


class Database:
    """An engine and its units of work: whoever opens a unit of work commits it, in one place, by leaving the block."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_postgresql(self) -> bool:
        """Whether this is PostgreSQL (else SQLite)."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Give a session in a writing transaction: committed at the end of the block, rolled back on an exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Give a connection in a writing transaction, for the few statements where every microsecond counts."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that only reads: one consistent view, never waiting for a writer."""
        # PostgreSQL takes the isolation level within its BEGIN; SQLite reads one view from the first statement on.
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"} if self.is_postgresql else {READ_ONLY: True}
        with self.engine.connect().execution_options(**options) as connection:
            with Session(connection, expire_on_commit=False) as session:
                yield session
            connection.rollback()

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """Give a session that only reads; on PostgreSQL each statement has its own view, without BEGIN and ROLLBACK.

        For what one statement finds, and for what never changes once it is there.
        """
        if not self.is_postgresql:
            with self.read() as session:
                yield session
            return
        options = {"isolation_level": "AUTOCOMMIT"}
        with (
            self.engine.connect().execution_options(**options) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session

    def dispose(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def open_database(url: str, *, pool_size: int = 10) -> Database:
    """Return the database at ``url`` (``sqlite:///…`` or ``postgresql://…``).

    Parameters never stand in exceptions or logs (``hide_parameters``): they may hold sealed answers and hashes.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return Database(_sqlite_engine(url))
    options: dict[str, Any] = {"options": _POSTGRESQL_OPTIONS, "application_name": "sikte"}
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args=options,
    )
    _ask_after_a_pause(engine)
    return Database(engine)


def _ask_after_a_pause(engine: Engine) -> None:
    """Replace connections that the server has dropped, asking only those that lay unused for a while.

    ``pool_pre_ping`` asks before each use, a seventh of a page's time. A server that goes away within the second costs
    one request of each process, whose error empties the pool.
    """

    def returned(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["returned"] = time.monotonic()

    def taken(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("returned", math.inf) < _TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", taken)


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, max_overflow=-1, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Durable receipts (FULL), foreign keys, deleted bytes overwritten; transactions are begun by us alone."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        f"busy_timeout={_SQLITE_BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Begin every writing transaction IMMEDIATE: the driver's default would take a ballot after close.

    SQLite's own busy handler sleeps ever longer and so lets a stream of casters starve a close for seconds. Short
    random sleeps give each waiter the same chance (``docs/decisions/0005``).
    """
    if connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("BEGIN DEFERRED")
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        _begin_immediate(cursor)
    finally:
        cursor.execute(f"PRAGMA busy_timeout={_SQLITE_BUSY_MILLISECONDS}")
        cursor.close()


def _begin_immediate(cursor: Any) -> None:
    deadline = time.monotonic() + SQLITE_WAIT_SECONDS
    while True:
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            if not busy or time.monotonic() > deadline:
                statement = "BEGIN IMMEDIATE"
                raise OperationalError(statement, None, error) from error
            time.sleep(random.uniform(0.0002, 0.001))  # noqa: S311  a pause, not a secret
        else:
            return
