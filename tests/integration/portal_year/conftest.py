"""A town whose schools answer: codes issued, one window open, another for answers from files; and its portal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from admin_portal.batteries.library import import_battery
from admin_portal.cycles.codes import issue_codes
from admin_portal.cycles.creation import create_cycle
from admin_portal.organisation.roster import import_roster
from deploy import bootstrap
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, FrameGroup, Questionnaire, SealGroup
from shared.model.organisation import Unit, UnitGroup
from shared.model.urn import Ballot
from tests.support.house import House
from tests.support.portal_site import Portal, make_portal
from tests.support.tiny_cycle import ACTOR, BATTERY, english

__all__ = ["english"]

CYCLE = "mmis-2026"
OPENED = datetime(2026, 10, 13, 6, 0, 5, tzinfo=UTC)
"""A few seconds after the school window's time: eight o'clock in Sweden."""
_UNITS = """
municipality_code,municipality_name,unit_code,name,unit_type,regi,provider_code,provider_name,district,school_unit_code,principal_name,principal_email
0001,Sundby kommun,A,Almskolan,grundskola,municipal,K,Sundby kommun,Norr,,En rektor,rektor@example.se
0001,Sundby kommun,B,Björkskolan,grundskola,municipal,K,Sundby kommun,Norr,,,
0001,Sundby kommun,C,Centralskolan,grundskola,independent,I,En ägare,Syd,,,
"""
_GROUPS = """
unit_code,group_code,name,respondent,year,headcount
A,5A,5A,pupil,5,20
A,8A,8A,pupil,8,25
A,8S,8S,pupil,8,6
A,P,Personal,staff,,30
B,5A,5A,pupil,5,30
B,P,Personal,staff,,12
C,5A,5A,pupil,5,40
C,P,Personal,staff,,7
"""
_CYCLE_FILE = """
key: mmis-2026
title: {sv: Med målen i sikte 2026, en: Goals in sight 2026}
windows:
  skola: {opens: 2026-10-13T08:00, closes: 2026-11-06T16:00, grace_minutes: 30}
  arkiv: {opens: 2026-10-13T08:00, closes: 2026-11-20T16:00, grace_minutes: 0}
questionnaires:
  - {key: elev, respondent: pupil, unit_types: [grundskola], batteries: [skr], codes: slips, window: skola}
  - {key: personal, respondent: staff, unit_types: [grundskola], batteries: [kollegor], codes: per_unit, window: skola}
  - {key: gamla, respondent: pupil, unit_types: all, years: ["5"], batteries: [skr], codes: import, window: arkiv}
segments: [year]
"""


class Town:
    """A house with a register, questions, a cycle and codes; what happens in it a test says."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self._folder = house, folder
        database, clock = house.database, house.clock
        roster = folder / "roster"
        roster.mkdir()
        (roster / "units.csv").write_text(_UNITS.lstrip(), "utf-8")
        (roster / "groups.csv").write_text(_GROUPS.lstrip(), "utf-8")
        import_roster(database, clock, roster, actor=ACTOR)
        import_battery(database, clock, self._file("skr.yaml", BATTERY), actor=ACTOR)
        staff = BATTERY.replace("key: skr", "key: kollegor").replace("respondent: pupil", "respondent: staff")
        import_battery(database, clock, self._file("kollegor.yaml", staff), actor=ACTOR)
        create_cycle(database, clock, self._file("cycle.yaml", _CYCLE_FILE), actor=ACTOR)

    def _file(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text.lstrip(), "utf-8")
        return path

    def issue_codes(self) -> None:
        """Issue the codes of the cycle."""
        bootstrap.ensure_dispatch_key(self.house.container)
        pepper = self.house.container.code_pepper
        issue_codes(self.house.database, self.house.clock, code_pepper=pepper, cycle_key=CYCLE, actor=ACTOR)

    def open(self) -> None:
        """Let the school window open at its time."""
        self.issue_codes()
        self.house.clock.instant = OPENED
        self.house.run_deadlines()
        self.house.run_deliveries()

    def at(self, hour: int, minute: int, second: int = 0) -> None:
        """Set the clock to a time of the day of opening, in UTC."""
        self.house.clock.instant = OPENED.replace(hour=hour, minute=minute, second=second)

    def answer(self, unit: str, group: str, number: int) -> None:
        """Mark codes of a class as answered, each with a box in the urn that nobody will open."""
        with self.house.database.begin() as session:
            codes = session.scalars(
                select(Code)
                .join(Unit, Unit.id == Code.unit_id)
                .join(UnitGroup, UnitGroup.id == Code.group_id)
                .where(Unit.code == unit, UnitGroup.code == group, Code.state == "issued")
                .limit(number)
            ).all()
            assert len(codes) == number
            for code in codes:
                code.state, code.sealed = "answered", None
            self._put(session, codes[0].questionnaire_id, codes[0].unit_id, number, group_id=codes[0].group_id)

    def answer_shared(self, unit: str, number: int) -> None:
        """Put boxes of the staff of a unit, who share a code, into the urn."""
        with self.house.database.begin() as session:
            unit_id = session.scalars(select(Unit.id).where(Unit.code == unit)).one()
            asked = session.scalars(select(Questionnaire.id).where(Questionnaire.key == "personal")).one()
            self._put(session, asked, unit_id, number)

    @staticmethod
    def _put(session, questionnaire_id, unit_id, number, *, group_id=None) -> None:
        wanted = select(SealGroup.id).where(
            SealGroup.questionnaire_id == questionnaire_id, SealGroup.unit_id == unit_id
        )
        if group_id is not None:
            wanted = wanted.join(FrameGroup, FrameGroup.seal_group_id == SealGroup.id)
            wanted = wanted.where(FrameGroup.group_id == group_id)
        seal_group = session.scalars(wanted).first()
        boxes = [Ballot(id=uuid4(), seal_group_id=seal_group, box_key_id=uuid4(), box=b"box") for _ in range(number)]
        session.add_all(boxes)

    def states(self) -> Mapping[str, str]:
        """The states of the windows."""
        with self.house.database.read() as session:
            return {window.key: window.state for window in session.scalars(select(CollectionWindow))}


@pytest.fixture
def town(house: House, tmp_path: Path) -> Town:
    """A town before anything has opened, without codes."""
    folder = tmp_path / "town"
    folder.mkdir()
    return Town(house, folder)


@pytest.fixture
def portal(house: House) -> Portal:
    """The portal over the house."""
    return make_portal(house)
