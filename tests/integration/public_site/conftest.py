"""A counted cycle to publish, on each kind of database; messages are given in English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import close
from tests.integration.publishing.conftest import counted_house, counted_postgres, counted_sqlite, cycle, english
from tests.support.house import House, make_house
from tests.support.published import PUBLIC_AT

__all__ = ["counted_house", "counted_postgres", "counted_sqlite", "cycle", "english"]


@pytest.fixture
def written_house(sqlite_template: Path, tmp_path: Path) -> Iterator[House]:
    """A house on SQLite alone, on the day after the hand-written publications: what is tested there is the site."""
    file = tmp_path / "written.db"
    file.write_bytes(sqlite_template.read_bytes())
    house = make_house(tmp_path / "home", f"sqlite:///{file}")
    house.clock.instant = PUBLIC_AT.replace(day=2)
    yield house
    close(house.database)
