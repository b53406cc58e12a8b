"""A municipality with its roster and batteries, for cycles to stand on; messages are given in English."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from admin_portal.batteries.library import import_battery
from admin_portal.cycles.collection import open_windows
from admin_portal.cycles.creation import create_cycle
from admin_portal.organisation.roster import import_roster
from shared.i18n import speaking
from tests.support.house import House
from tests.support.officer_files import CYCLE, battery, roster, write

ACTOR = "cli:officer"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the language of the machine."""
    with speaking("en"):
        yield


@pytest.fixture
def town(house: House, tmp_path: Path) -> House:
    """A house with the roster and three batteries."""
    import_roster(house.database, house.clock, roster(tmp_path / "roster"), actor=ACTOR)
    for key, respondent in (("elev", "pupil"), ("personal", "staff"), ("vh", "guardian")):
        write(tmp_path / "batteries", {f"{key}.yaml": battery(key, respondent)})
        import_battery(house.database, house.clock, tmp_path / "batteries" / f"{key}.yaml", actor=ACTOR)
    return house


@pytest.fixture
def cycle(town: House, tmp_path: Path) -> House:
    """The town with the cycle mmis-2026, scheduled."""
    write(tmp_path, {"cycle.yaml": CYCLE})
    create_cycle(town.database, town.clock, tmp_path / "cycle.yaml", actor=ACTOR)
    return town


@pytest.fixture
def opened(cycle: House) -> House:
    """The town with all windows of mmis-2026 open."""
    open_windows(cycle.database, cycle.clock, cycle_key="mmis-2026", window_key=None, actor=ACTOR)
    cycle.run_deliveries()
    return cycle


@pytest.fixture
def responses(tmp_path: Path) -> Callable[..., Path]:
    """Write a responses file of rows under a header."""

    def made(*rows: str, header: str = "unit_code,group_code,questionnaire,sex,year,trygg,ro,varfor,var") -> Path:
        write(tmp_path, {"responses.csv": "\n".join([header, *rows]) + "\n"})
        return tmp_path / "responses.csv"

    return made
