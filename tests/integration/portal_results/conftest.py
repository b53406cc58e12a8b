"""A counted cycle of two windows with a portal over it, on each kind of database; messages are given in English."""

from __future__ import annotations

import pytest

from tests.integration.publishing.conftest import counted_house, counted_postgres, counted_sqlite, cycle, english
from tests.support.portal_site import Portal, make_portal
from tests.support.two_windows import TwoWindows

__all__ = ["counted_house", "counted_postgres", "counted_sqlite", "cycle", "english"]


@pytest.fixture
def portal(cycle: TwoWindows) -> Portal:
    """The portal over the counted cycle; nothing is released yet."""
    return make_portal(cycle.house)
