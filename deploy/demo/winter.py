"""The demonstration's winter: results released and published, schools told, dialogues offered, booked and held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from admin_portal.dialogues.booking import Request, book, decline, free_slots, move
from admin_portal.dialogues.finding import find_dialogue
from admin_portal.dialogues.guests import GuestPlan, invite_guest
from admin_portal.dialogues.offers import offer_dialogues
from admin_portal.dialogues.rounds import RoundPlan, create_round, last_moment_of
from admin_portal.dialogues.series import Series, planned_times
from admin_portal.dialogues.slots import SlotPlan, add_slots
from admin_portal.publishing.publication import publish_cycle
from admin_portal.publishing.releasing import make_release
from deploy.bootstrap import Container
from deploy.demo.agreements import Agreements
from deploy.demo.people import officers, principal_of
from shared.clock import STOCKHOLM, FixedClock
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot
from shared.model.organisation import Unit

ROUND = "dialoger-2027"
ROUND_TITLE = "Kvalitetsdialoger 2027"
INTRODUCTION = "Vi talar om vad resultaten säger, varför, och vad ni vill pröva. Ta med er egen analys."
DECLINED = "Vi följer upp inom vår egen organisation i år."
GUEST = "Egen skolchef"
OFFERED = datetime(2026, 11, 23, 10, 0, tzinfo=STOCKHOLM)
BOOK_BY = date(2026, 12, 18)
FIRST_DAY, LAST_DAY = date(2027, 1, 12), date(2027, 2, 25)
TUESDAY_TO_THURSDAY = frozenset({1, 2, 3})
PLACES = ("Pedagogcentrum, rum Linden", "Pedagogcentrum, rum Asken")
LINK = "https://mote.example.org/kvalitetsdialog"
DECLINES_EVERY, WAITS_EVERY, MOVES_EVERY, BY_LINK_EVERY = 17, 9, 13, 5
"""Of the units in order: each 17th declines, each 9th has not booked, each 13th moves its time once."""
STRIDE = 23
"""How far apart in the season those lie who book one after the other."""


@dataclass(frozen=True, slots=True)
class Season:
    """How many dialogues were offered, booked and declined."""

    offered: int
    booked: int
    declined: int


class Winter:
    """What follows when the results are ready; ``settle`` does the work that each step leaves to the workers."""

    def __init__(self, container: Container, clock: FixedClock, settle: Callable[[], None], *, actor: str) -> None:
        self._container, self._clock, self._settle, self._actor = container, clock, settle, actor
        self._agreements = Agreements(container, clock, ROUND, actor=actor)

    def release(self, cycle_key: str, *, until: datetime) -> None:
        """Release a cycle to its units under an embargo that lasts ``until``, and let it pass."""
        self._clock.instant = until - timedelta(days=2)
        make_release(
            self._container.database,
            self._clock,
            cycle_key=cycle_key,
            windows=None,
            embargo_until=until,
            reason="",
            actor=self._actor,
        )
        self._pass(until)

    def publish(self, cycle_key: str, *, at: datetime) -> None:
        """Publish a released cycle: the site is made a day ahead and goes public on the minute."""
        self._clock.instant = at - timedelta(days=1)
        publish_cycle(
            self._container.database,
            self._clock,
            cycle_key=cycle_key,
            goes_public_at=at,
            reason="",
            actor=self._actor,
            unaudited=True,
        )
        self._settle()
        self._pass(at)

    def look_back(self, year: int) -> None:
        """Let the units agree on measures in the spring of ``year``, and follow them up before the summer."""
        self._agreements.look_back(year)

    def hold(self, until: datetime) -> None:
        """Hold the dialogues that have ended by ``until``, and do all that has followed from them by then."""
        self._agreements.hold(list(held_by(self._container, until).items()), until)
        self._settle()

    def offer(self, cycle_key: str) -> int:
        """Make a round with times of two officers, and offer a dialogue to every unit; return to how many."""
        self._clock.instant = OFFERED
        plan = RoundPlan(title=ROUND_TITLE, book_by=last_moment_of(BOOK_BY), introduction=INTRODUCTION)
        database = self._container.database
        create_round(database, self._clock, plan=plan, cycle_key=cycle_key, actor=self._actor, key=ROUND)
        for official, place in zip(officers(self._container), PLACES, strict=False):
            add_slots(database, self._clock, round_key=ROUND, plans=_slots(official, place), actor=self._actor)
        offered = offer_dialogues(database, self._clock, round_key=ROUND, actor=self._actor)
        self._settle()
        return offered

    def book(self) -> Season:
        """Let the principals answer: most book, some move, a few decline, some wait too long."""
        principals = principal_of(self._container)
        units = self._offered_units()
        booked = declined = 0
        for number, unit in enumerate(units, start=1):
            self._clock.instant = OFFERED + timedelta(days=2 + number % 21, minutes=number)
            request = Request(round_key=ROUND, unit_code=unit.code, actor=principals.get(unit.code, self._actor))
            if number % DECLINES_EVERY == 0:
                decline(self._container.database, self._clock, request=request, reason=DECLINED)
                declined += 1
            elif number % WAITS_EVERY:
                self._book(request, unit, number)
                booked += 1
        self._settle()
        return Season(len(units), booked, declined)

    def _book(self, request: Request, unit: Unit, number: int) -> None:
        database = self._container.database
        book(database, self._clock, request=request, slot_id=self._free(request, number))
        if unit.regi == "independent":
            guest = GuestPlan(kind="area_head", name=GUEST, email=f"skolchef.{unit.code.lower()}@example.org")
            invite_guest(database, self._clock, request=request, guest=guest)
        if number % MOVES_EVERY == 0:
            move(database, self._clock, request=request, slot_id=self._free(request, number + 1))

    def _free(self, request: Request, wish: int) -> int:
        """Return a time that is free for the unit: people wish for days all over the season."""
        with self._container.database.read() as session:
            found = find_dialogue(session, request.round_key, request.unit_code)
            slots = session.scalars(free_slots(found, self._clock.now())).all()
        return slots[wish * STRIDE % len(slots)].id

    def _offered_units(self) -> list[Unit]:
        wanted = (
            select(Unit)
            .join(Dialogue, Dialogue.unit_id == Unit.id)
            .join(DialogueRound, DialogueRound.id == Dialogue.round_id)
            .where(DialogueRound.key == ROUND)
            .order_by(Unit.code)
        )
        with self._container.database.read() as session:
            return list(session.scalars(wanted))

    def _pass(self, moment: datetime) -> None:
        self._clock.instant = moment
        self._settle()


def held_by(container: Container, moment: datetime) -> Mapping[str, datetime]:
    """Return the booked dialogues that have ended by ``moment``: the unit's code and when it ended, in order."""
    wanted = (
        select(Unit.code, DialogueSlot.ends_at)
        .join(Dialogue, Dialogue.unit_id == Unit.id)
        .join(DialogueSlot, DialogueSlot.id == Dialogue.slot_id)
        .where(Dialogue.state == "booked", DialogueSlot.ends_at <= moment)
        .order_by(DialogueSlot.ends_at, Unit.code)
    )
    with container.database.read() as session:
        return {code: ended_at for code, ended_at in session.execute(wanted)}  # noqa: C416  a result is no mapping


def _slots(official: int, place: str) -> list[SlotPlan]:
    series = Series(
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
        weekdays=TUESDAY_TO_THURSDAY,
        begins=time(9, 0),
        ends=time(12, 0),
        minutes=60,
    )
    return [
        SlotPlan(
            starts_at=starts_at,
            ends_at=ends_at,
            officials=(official,),
            place="" if number % BY_LINK_EVERY == 0 else place,
            link=LINK if number % BY_LINK_EVERY == 0 else "",
        )
        for number, (starts_at, ends_at) in enumerate(planned_times(series), start=1)
    ]
