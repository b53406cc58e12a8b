"""Databases at the newest tables, migrated once and copied for each test in milliseconds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.database.engine import open_database
from shared.database.migrate import upgrade
from tests.support.servers import PostgresServer


def migrated_file(folder: Path) -> Path:
    """Return a migrated, empty SQLite file to copy."""
    file = folder / "migrated.db"
    migrate(f"sqlite:///{file}")
    return file


def migrated_database(server: PostgresServer) -> str:
    """Return the URL of a migrated, empty PostgreSQL database to copy."""
    url = server.create_database()
    migrate(url)
    return url


@contextmanager
def fresh_copy(
    request: pytest.FixtureRequest, folder: Path, *, sqlite: str, server: str, postgres: str
) -> Iterator[str]:
    """Give the URL of a copy of the kind in ``request.param``; the fixtures with the originals are asked for by name.

    The PostgreSQL server is not started for tests on SQLite alone.
    """
    if request.param == "sqlite":
        file = folder / "sikte.db"
        shutil.copyfile(request.getfixturevalue(sqlite), file)
        yield f"sqlite:///{file}"
        return
    running: PostgresServer = request.getfixturevalue(server)
    url = running.create_database(request.getfixturevalue(postgres))
    yield url
    running.drop_database(url)


def migrate(url: str) -> None:
    """Bring a new database to the newest tables."""
    database = open_database(url)
    upgrade(database)
    database.dispose()
