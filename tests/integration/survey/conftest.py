"""The respondent's site over an empty database of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from shared.database.engine import open_database
from shared.model.tables import metadata
from shared.model.urn import Ballot
from tests.support.survey_site import House, build_house
from tests.support.visitor import Visitor


@pytest.fixture
def site(database_url: str) -> Iterator[House]:
    database = open_database(database_url)
    metadata.create_all(database.engine)
    yield build_house(database)
    database.dispose()


@pytest.fixture
def visitor(site: House) -> Visitor:
    return Visitor(site.app)


@pytest.fixture
def ballots(site: House) -> Callable[[], int]:
    def count() -> int:
        with site.database.read() as session:
            return session.scalar(select(func.count()).select_from(Ballot)) or 0

    return count
