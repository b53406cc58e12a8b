"""Which errors mean that the database was away."""

from __future__ import annotations

import sqlite3

import psycopg.errors
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.events.outages import is_outage, persist


def sqlite_error(code):
    error = sqlite3.OperationalError("trouble")
    error.sqlite_errorcode = code
    return OperationalError("SELECT", None, error)


def name(error):
    kind = type(getattr(error, "orig", error))
    return f"{kind.__module__}.{kind.__name__}"


AWAY = [
    PoolTimeout(),
    OperationalError("SELECT", None, psycopg.OperationalError("connection refused")),
    OperationalError("SELECT", None, psycopg.errors.AdminShutdown()),
    OperationalError("SELECT", None, psycopg.errors.CannotConnectNow()),
    OperationalError("SELECT", None, psycopg.errors.DeadlockDetected()),
    OperationalError("SELECT", None, psycopg.errors.TooManyConnections()),
    DBAPIError("SELECT", None, OSError(), connection_invalidated=True),
    sqlite_error(sqlite3.SQLITE_BUSY),
]
OURS = [
    ValueError(),
    IntegrityError("INSERT", None, psycopg.errors.UniqueViolation()),
    ProgrammingError("SELECT", None, psycopg.errors.UndefinedTable()),
    OperationalError("SELECT", None, psycopg.errors.DiskFull()),
    OperationalError("SELECT", None, psycopg.errors.QueryCanceled()),
    sqlite_error(sqlite3.SQLITE_FULL),
]


def test_a_busy_file_is_known_from_the_driver_itself_too():
    assert is_outage(sqlite_error(sqlite3.SQLITE_BUSY).orig)
    assert not is_outage(sqlite_error(sqlite3.SQLITE_FULL).orig)


@pytest.mark.parametrize("error", AWAY, ids=name)
def test_the_loss_of_the_database_is_known(error):
    assert is_outage(error)
    wrapped = RuntimeError("while counting")
    wrapped.__cause__ = error
    assert is_outage(wrapped)


@pytest.mark.parametrize("error", OURS, ids=name)
def test_other_errors_are_the_works_own(error):
    assert not is_outage(error)


def test_persisting_waits_for_the_database_and_nothing_else():
    calls = []

    def action():
        calls.append(1)
        if len(calls) < 3:
            raise AWAY[1]
        return "done"

    assert persist(action, seconds=10, pause=0.001) == "done"

    def broken():
        calls.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        persist(broken, seconds=10, pause=0.001)
    assert len(calls) == 4


def test_persisting_ends():
    def action():
        raise AWAY[1]

    with pytest.raises(OperationalError):
        persist(action, seconds=0.05, pause=0.01)
