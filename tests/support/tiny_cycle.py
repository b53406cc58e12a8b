"""A cycle of two schools whose answers come from a file: imported, opened, answered, closed and counted for real."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import select

from admin_portal.batteries.library import import_battery
from admin_portal.cycles.collection import close_windows, open_windows
from admin_portal.cycles.creation import create_cycle
from admin_portal.cycles.responses import import_responses
from admin_portal.organisation.roster import import_roster
from shared.database.box_keys import BoxKeys
from shared.i18n import speaking
from shared.model.cycles import CollectionWindow
from tests.support.agree import AGREE
from tests.support.house import House

ACTOR = "test"
CYCLE = "skola-2026"
BATTERY = (
    """
key: skr
index_max: 10
title: {sv: Elevernas syn}
respondent: pupil
scales:"""
    + AGREE
    + """areas:
  - {key: trygghet, title: {sv: Trygghet}, index: true, min_items: half}
items:
  - {key: trygg, area: trygghet, scale: agree, text: {sv: Jag är trygg.}}
  - {key: orolig, area: trygghet, scale: agree, reversed: true, text: {sv: Jag är orolig.}}
  - {key: varfor, type: text, max_length: 60, show_if: "trygg in [1, 2]", text: {sv: "Vill du berätta?"}}
"""
)
CYCLE_FILE = """
key: skola-2026
title: {sv: Skolan 2026}
windows:
  skola: {opens: 2026-10-13T08:00, closes: 2026-11-06T16:00, grace_minutes: 30}
questionnaires:
  - {key: elev, respondent: pupil, unit_types: [grundskola], batteries: [skr], codes: import, window: skola}
segments: [sex, year]
"""
UNITS = """
municipality_code,municipality_name,unit_code,name,unit_type,regi,provider_code,provider_name,district,school_unit_code,principal_name,principal_email
0001,Sundby kommun,A,Skola A,grundskola,municipal,K,Sundby kommun,Norr,,,
0001,Sundby kommun,B,Skola B,grundskola,municipal,K,Sundby kommun,Norr,,,
0001,Sundby kommun,C,Skola C,grundskola,independent,I,En ägare,Syd,,,
"""
GROUPS = """
unit_code,group_code,name,respondent,year,headcount
A,5A,5A,pupil,5,20
A,8A,8A,pupil,8,25
B,5A,5A,pupil,5,30
C,5A,5A,pupil,5,30
"""
Response = tuple[str, str, Mapping[str, str]]


class TinyCycle:
    """The cycle in a house's database, its window open, and what a test does with it."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self._folder = house, folder
        database, clock = house.database, house.clock
        roster = folder / "roster"
        roster.mkdir()
        (roster / "units.csv").write_text(UNITS.lstrip(), "utf-8")
        (roster / "groups.csv").write_text(GROUPS.lstrip(), "utf-8")
        import_roster(database, clock, roster, actor=ACTOR)
        import_battery(database, clock, self._file("skr.yaml", BATTERY), actor=ACTOR)
        create_cycle(database, clock, self._file("cycle.yaml", CYCLE_FILE), actor=ACTOR)
        open_windows(database, clock, cycle_key=CYCLE, window_key=None, actor=ACTOR)
        house.run_deliveries()

    def _file(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text.lstrip(), "utf-8")
        return path

    def answer(self, responses: Iterable[Response]) -> Path:
        """Cast responses (unit, group, answers with ``sex``) through a file, which is returned."""
        path = self._folder / "responses.csv"
        items = ("sex", "trygg", "orolig", "varfor")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["unit_code", "group_code", "questionnaire", *items])
            for unit, group, answers in responses:
                writer.writerow([unit, group, "elev", *(answers.get(item, "") for item in items)])
        database = self.house.database
        import_responses(
            database, self.house.clock, BoxKeys(database), cycle_key=CYCLE, path=path, actor=ACTOR, add=True
        )
        return path

    def close(self) -> None:
        """Close the window; nothing is counted yet."""
        close_windows(self.house.database, self.house.clock, cycle_key=CYCLE, window_key=None, actor=ACTOR)

    def count(self) -> None:
        """Close the window and do all that follows."""
        self.close()
        self.house.run_deliveries()

    @property
    def window(self) -> CollectionWindow:
        """The window as it is now."""
        with self.house.database.read() as session:
            return session.scalars(select(CollectionWindow)).one()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the language of the machine."""
    with speaking("en"):
        yield


@pytest.fixture
def cycle(house: House, tmp_path: Path) -> TinyCycle:
    """A cycle whose window is open and empty."""
    folder = tmp_path / "files"
    folder.mkdir()
    return TinyCycle(house, folder)
