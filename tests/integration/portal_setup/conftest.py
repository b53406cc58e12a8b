"""A portal over a small town's register, and its people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from admin_portal.organisation.roster import import_roster
from shared.i18n import speaking
from tests.support.house import House
from tests.support.officer_files import roster
from tests.support.portal_site import Portal, make_portal


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the language of the machine."""
    with speaking("en"):
        yield


@pytest.fixture
def portal(house: House) -> Portal:
    """The portal of a Sikte in which there is nothing yet."""
    return make_portal(house)


@pytest.fixture
def town(portal: Portal, tmp_path: Path) -> Portal:
    """The portal with the register of ``officer_files``: a municipal school S1 and an independent preschool F1."""
    house = portal.house
    import_roster(house.database, house.clock, roster(tmp_path / "roster"), actor="test")
    return portal
