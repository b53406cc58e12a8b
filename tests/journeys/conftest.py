"""The respondent's site behind a real HTTP server, and visitors with and without JavaScript."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from cheroot.wsgi import Server

from shared.database.engine import open_database
from shared.model.tables import metadata
from tests.support.survey_site import House, build_house


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
