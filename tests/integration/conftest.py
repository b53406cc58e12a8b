"""Migrated databases of both kinds, fresh for each test in milliseconds, and the house that stands on them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.bootstrap import Container
from shared.database.engine import Database, open_database
from tests.conftest import DATABASES
from tests.support.house import House, Production, make_house, make_production
from tests.support.migrated import fresh_copy, migrated_database, migrated_file
from tests.support.servers import PostgresServer, RedisServer


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    return migrated_file(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A migrated PostgreSQL database to copy."""
    return migrated_database(postgres)


@pytest.fixture(params=DATABASES)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database of each kind in turn."""
    names = {"sqlite": "sqlite_template", "server": "postgres", "postgres": "postgres_template"}
    with fresh_copy(request, tmp_path, **names) as url:
        yield url


def close(database: Database) -> None:
    """Close the database's connections, after a heartbeat that is just using one."""
    for thread in threading.enumerate():
        if thread.name == "heartbeat":
            thread.join(5)
    database.dispose()


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A migrated, empty database of each kind in turn."""
    database = open_database(migrated_url)
    yield database
    close(database)


@pytest.fixture
def house(migrated_url: str, tmp_path: Path) -> Iterator[House]:
    """An embedded Sikte over each kind of database, with a standing clock."""
    house = make_house(tmp_path / "home", migrated_url)
    yield house
    close(house.database)


@pytest.fixture
def container(house: House) -> Container:
    """The house's parts."""
    return house.container


@pytest.fixture
def production(
    postgres: PostgresServer, postgres_template: str, redis_server: RedisServer, tmp_path: Path
) -> Iterator[Production]:
    """A Sikte in production mode on PostgreSQL and Redis; its processes are started by the test."""
    url = postgres.create_database(postgres_template)
    redis_server.flush()
    production = make_production(tmp_path, url, redis_server.url)
    yield production
    production.container.database.dispose()
    postgres.drop_database(url)
