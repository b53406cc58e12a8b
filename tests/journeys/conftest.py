"""The sites behind real HTTP servers: the respondent's, a portal in autumn, and the portal of a whole year."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cheroot.wsgi import Server

from shared.database.engine import open_database
from shared.i18n import speaking
from shared.model.tables import metadata
from tests.support import portal_year
from tests.support.demonstration import small_demonstration
from tests.support.house import MOMENT
from tests.support.survey_site import House, build_house
from tests.support.two_windows import TwoWindows


@dataclass(frozen=True, slots=True)
class Served:
    """The site and its address."""

    house: House
    url: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site with thirty codes of each kind, served on a free port."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('site') / 'sikte.db'}")
    metadata.create_all(database.engine)
    house = build_house(database, codes=30)
    server = Server(("127.0.0.1", 0), house.app, numthreads=4)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield Served(house, f"http://127.0.0.1:{server.bind_addr[1]}")
    server.stop()
    thread.join()
    database.dispose()


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[portal_year.Served]:
    """The demonstration's portal; tests read it and change nothing that another would miss."""
    made = small_demonstration(tmp_path_factory)
    with portal_year.served_year(made.home, tmp_path_factory.mktemp("year")) as served:
        yield served


@pytest.fixture
def autumn(tmp_path: Path) -> Iterator[portal_year.Served]:
    """A portal of three schools whose pupils and guardians have answered; both windows are open still."""
    with portal_year.served_home(tmp_path / "home", MOMENT, demonstration=False) as served:
        with speaking("sv"):
            TwoWindows(served.house, tmp_path / "files").begin()
        yield served
