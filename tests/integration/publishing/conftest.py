"""A counted cycle of two windows to release and publish: made once for each kind of database, copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.i18n import speaking
from tests.conftest import DATABASES
from tests.integration.conftest import close
from tests.support.house import House, make_house
from tests.support.migrated import fresh_copy, migrated_database, migrated_file
from tests.support.servers import PostgresServer
from tests.support.two_windows import NOVEMBER, TwoWindows


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the language of the machine."""
    with speaking("en"):
        yield


@pytest.fixture(scope="session")
def counted_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the counted cycle, to copy."""
    folder = tmp_path_factory.mktemp("counted")
    file = migrated_file(folder)
    _count(folder, f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def counted_postgres(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database with the counted cycle, to copy."""
    url = migrated_database(postgres)
    _count(tmp_path_factory.mktemp("counted"), url)
    return url


def _count(folder: Path, url: str) -> None:
    house = make_house(folder / "home", url)
    with speaking("en"):
        TwoWindows(house, folder / "files").begin().count()
    close(house.database)


@pytest.fixture(params=DATABASES)
def counted_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house over a copy of the counted cycle, on each kind of database in turn; it is late in November."""
    names = {"sqlite": "counted_sqlite", "server": "postgres", "postgres": "counted_postgres"}
    with fresh_copy(request, tmp_path, **names) as url:
        house = make_house(tmp_path / "home", url)
        house.clock.instant = NOVEMBER
        yield house
        close(house.database)


@pytest.fixture
def cycle(counted_house: House, tmp_path: Path) -> TwoWindows:
    """A cycle whose windows are both counted, without any agreement of the independent owner."""
    return TwoWindows(counted_house, tmp_path / "files")
