"""A counted, released cycle with a booked dialogue of unit A whose hour has passed; messages are in English."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from admin_portal.dialogues.booking import Request, book
from admin_portal.dialogues.minutes import MUNICIPALITY, UNIT, Wish, confirm, mark_held, write_minutes
from admin_portal.dialogues.offers import offer_dialogues
from admin_portal.dialogues.rounds import RoundPlan, create_round
from admin_portal.dialogues.slots import SlotPlan, add_slots
from admin_portal.follow_up.indicators import target_of
from admin_portal.follow_up.measures import MeasurePlan, add_measure
from shared.model.dialogues import Dialogue, DialogueSlot, Measure
from shared.model.organisation import Unit
from tests.integration.publishing.conftest import counted_house, counted_postgres, counted_sqlite, cycle, english
from tests.support.portal_site import Portal, make_portal
from tests.support.result_pages import release
from tests.support.two_windows import NOVEMBER, TwoWindows

__all__ = ["counted_house", "counted_postgres", "counted_sqlite", "cycle", "english"]

ROUND = "vinter"
DIALOGUE = f"/dialogues/{ROUND}/A"
AREA = "elev|area|trygghet"
BEGINS = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Town:
    """The cycle, the portal over it, and an officer who takes part in the dialogue of A."""

    cycle: TwoWindows
    portal: Portal
    officer_id: int

    @property
    def tools(self):
        return {"database": self.cycle.house.database, "clock": self.cycle.house.clock}

    def wish(self, unit: str = "A", *, actor: str = "") -> Wish:
        return Wish(round_key=ROUND, unit_code=unit, actor=actor or f"user:{self.officer_id}")

    def at(self, moment: datetime) -> None:
        self.cycle.house.clock.instant = moment

    def hold(self, text: str = "Vi talade om trygghet.") -> int:
        """Mark the dialogue of A as held and write its minutes; return their version."""
        self.at(BEGINS + timedelta(hours=2))
        mark_held(**self.tools, wish=self.wish())
        return write_minutes(**self.tools, wish=self.wish(), text=text, version=self.dialogue().minutes_version)

    def agree(self) -> None:
        """Let both sides confirm the newest version."""
        version = self.dialogue().minutes_version
        confirm(**self.tools, wish=self.wish(actor="user:901"), side=UNIT, version=version)
        confirm(**self.tools, wish=self.wish(), side=MUNICIPALITY, version=version)

    def add(self, unit: str = "A", *, due: date = date(2027, 5, 1), target: str = AREA, round_key: str = "", **parts):
        """Write a measure down and return its id."""
        plan = {
            "title": "Rastvärdar i korridoren",
            "cause": "Vuxna saknas vid skåpen.",
            "owner": "Arbetslag 5–6",
            "expected_effect": "Fler känner sig trygga i nästa omgång.",
            "indicator": "" if target else "Antal anmälningar",
        } | parts
        made = MeasurePlan(due_on=due, target=target_of(target), **plan)
        return add_measure(**self.tools, unit_code=unit, plan=made, actor="user:901", round_key=round_key)

    def dialogue(self, unit: str = "A") -> Dialogue:
        with self.cycle.house.database.read() as session:
            wanted = select(Dialogue).join(Unit, Unit.id == Dialogue.unit_id).where(Unit.code == unit)
            return session.scalars(wanted).one()

    def measure(self, number: int) -> Measure:
        with self.cycle.house.database.read() as session:
            return session.get_one(Measure, number)


@pytest.fixture
def town(cycle: TwoWindows) -> Town:
    """The results released, a round offered to all, a time booked for A: it is late in November."""
    house = cycle.house
    tools = (house.database, house.clock)
    portal = make_portal(house)
    officer_id = portal.account("officer", email="officer@example.se")
    release(cycle)
    plan = RoundPlan(title="Vinterns dialoger", book_by=NOVEMBER + timedelta(days=30))
    create_round(*tools, plan=plan, cycle_key=cycle.key, actor="test", key=ROUND)
    slot = SlotPlan(starts_at=BEGINS, ends_at=BEGINS + timedelta(hours=1), officials=(officer_id,), place="Rum 1")
    add_slots(*tools, round_key=ROUND, plans=[slot], actor="test")
    offer_dialogues(*tools, round_key=ROUND, actor="test")
    with house.database.read() as session:
        slot_id = session.scalars(select(DialogueSlot.id)).one()
    book(*tools, request=Request(round_key=ROUND, unit_code="A", actor="test"), slot_id=slot_id)
    return Town(cycle, portal, officer_id)
