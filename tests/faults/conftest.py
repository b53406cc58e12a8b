"""Databases for the fault tests: migrated and, on PostgreSQL, with commits that reach the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.database.engine import Database, open_database
from tests.conftest import DATABASES, unavailable
from tests.support.migrated import fresh_copy, migrated_database, migrated_file
from tests.support.processes import MissingProgram
from tests.support.servers import PostgresServer


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server that syncs, as one in production does."""
    try:
        server = PostgresServer(fsync=True)
    except MissingProgram as missing:
        unavailable(missing)
        return
    with server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    return migrated_file(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def migrated_postgres(durable_postgres: PostgresServer) -> str:
    """A migrated, empty PostgreSQL database to copy."""
    return migrated_database(durable_postgres)


@pytest.fixture(params=DATABASES)
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database of each kind in turn."""
    names = {"sqlite": "migrated_sqlite", "server": "durable_postgres", "postgres": "migrated_postgres"}
    with fresh_copy(request, tmp_path, **names) as url:
        yield url


@pytest.fixture
def database(durable_url: str) -> Iterator[Database]:
    """A migrated, empty database of each kind in turn."""
    opened = open_database(durable_url)
    yield opened
    opened.dispose()
