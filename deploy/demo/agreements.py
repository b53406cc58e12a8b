"""The demonstration's dialogues: prepared, held, written down, confirmed; measures done, late and to come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from admin_portal.dialogues.finding import find_dialogue
from admin_portal.dialogues.minutes import MUNICIPALITY, UNIT, Wish, confirm, mark_held, write_minutes
from admin_portal.dialogues.preparation import Analysis, stamp_of, write_preparation
from admin_portal.follow_up.indicators import indicator_groups, newest_cycle, target_of
from admin_portal.follow_up.measures import MeasurePlan, add_measure, note_measure
from deploy.bootstrap import Container
from deploy.demo.dialogue_texts import (
    ANALYSES,
    EARLIER_DONE,
    EARLIER_GOING,
    MINUTES,
    NOTES,
    measure_for,
)
from deploy.demo.names import PRESCHOOL_TYPES
from deploy.demo.people import SHOWN_UNIT, officers, principal_of
from shared.clock import STOCKHOLM, FixedClock
from shared.model.dialogues import Dialogue, Measure
from shared.model.organisation import Unit

KEEPS_DRAFT_EVERY, NO_MINUTES_EVERY, UNIT_WAITS_EVERY, OFFICER_WAITS_EVERY = 7, 6, 4, 5
"""Of the dialogues held in order: who keeps the draft private, has no minutes yet, has not confirmed yet."""
MOST_AREAS = 4
LOOKS_BACK_EVERY = 3
"""Of the units in order: two of three wrote a measure a year before."""
_DAY = timedelta(days=1)
Task = tuple[datetime, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Area:
    """An area of a unit's survey: what a form calls it, and its title."""

    value: str
    title: str


class Agreements:
    """What follows from dialogues; everything is done by its own person, at its own time."""

    def __init__(self, container: Container, clock: FixedClock, round_key: str, *, actor: str) -> None:
        self._container, self._clock, self._round, self._actor = container, clock, round_key, actor
        self._known: dict[tuple[str, int], tuple[Area, ...]] = {}
        self._small_children: frozenset[str] = frozenset()

    def look_back(self, year: int) -> int:
        """Write the measures that units agreed on in the spring of ``year``; return how many."""
        with self._container.database.read() as session:
            units = session.scalars(select(Unit).where(Unit.active).order_by(Unit.code)).all()
        self._at(datetime(year, 3, 10, 9, 0, tzinfo=STOCKHOLM))
        chosen = [unit for number, unit in enumerate(units) if number % LOOKS_BACK_EVERY and self._areas(unit.code)]
        # The unit that a visitor is shown has one that was done, and one that is late.
        shown = [unit for unit in units if unit.code == SHOWN_UNIT]
        chosen = [*shown, *shown, *(unit for unit in chosen if unit.code != SHOWN_UNIT)]
        made = []
        for number, unit in enumerate(chosen):
            self._at(datetime(year, 3, 10, 9, 0, tzinfo=STOCKHOLM) + timedelta(hours=number))
            last = number % 4 == 0
            due = date(year, 12, 18) if last else date(year, 6, 11)
            made.append((self._measure(unit.code, number, due), last))
        for number, (measure_id, last) in enumerate(made):
            self._at(datetime(year, 6, 3, 9, 0, tzinfo=STOCKHOLM) + timedelta(hours=number))
            state, text = ("ongoing", EARLIER_GOING) if last else ("done", EARLIER_DONE)
            self._note(measure_id, state, text, self._actor)
        return len(made)

    def hold(self, ended: list[tuple[str, datetime]], until: datetime) -> None:
        """Do for each dialogue (its unit's code, when it ended) what people would have done by ``until``."""
        principals, officer = principal_of(self._container), f"user:{officers(self._container)[0]}"
        tasks: list[Task] = []
        for number, (code, moment) in enumerate(ended, start=1):
            tasks += self._tasks(number, code, moment, principals.get(code, self._actor), officer)
        for moment, task in sorted(tasks, key=lambda pair: pair[0]):
            if moment <= until:
                self._at(moment)
                task()

    def _tasks(self, number: int, code: str, ended: datetime, principal: str, officer: str) -> list[Task]:
        tools = (self._container.database, self._clock)
        wish = Wish(round_key=self._round, unit_code=code, actor=officer)
        own = Wish(round_key=self._round, unit_code=code, actor=principal)
        tasks: list[Task] = [
            (ended - 3 * _DAY, lambda: self._prepare(number, code, principal)),
            (ended + timedelta(minutes=10), lambda: mark_held(*tools, wish=wish)),
        ]
        shown = code == SHOWN_UNIT
        if number % NO_MINUTES_EVERY == 0 and not shown:
            return tasks
        tasks.append((ended + _DAY, lambda: self._agree(number, wish, ended)))
        # A visitor who signs in as the shown unit's principal finds minutes to confirm.
        if number % UNIT_WAITS_EVERY and not shown:
            tasks.append((ended + 2 * _DAY, lambda: self._confirm(own, UNIT)))
        if number % OFFICER_WAITS_EVERY or shown:
            tasks.append((ended + 3 * _DAY, lambda: self._confirm(wish, MUNICIPALITY)))
        tasks.append((ended + 9 * _DAY, lambda: self._follow_up(number, code, principal)))
        return tasks

    def _prepare(self, number: int, code: str, principal: str) -> None:
        title = self._areas(code)[0].title
        with self._container.database.read() as session:
            stamp = stamp_of(find_dialogue(session, self._round, code).dialogue)
        texts = (_about(text, title) for text in ANALYSES[number % len(ANALYSES)])
        write_preparation(
            self._container.database,
            self._clock,
            round_key=self._round,
            unit_code=code,
            analysis=Analysis(*texts),
            stamp=stamp,
            actor=principal,
            share=bool(number % KEEPS_DRAFT_EVERY),
        )

    def _agree(self, number: int, wish: Wish, ended: datetime) -> None:
        """Write the measures (one is due soon after the dialogue, the others by summer and autumn), and the minutes."""
        dues = ((ended + 12 * _DAY).date(), date(ended.year, 5, 28), date(ended.year, 9, 30))
        wanted = dues[number % 2 : number % 2 + 1 + number % 3] or dues[:1]
        for place, due in enumerate(wanted):
            self._measure(wish.unit_code, number + place, due, round_key=self._round, actor=wish.actor)
        text = _about(MINUTES[number % len(MINUTES)], self._areas(wish.unit_code)[0].title)
        version = self._dialogue(wish.unit_code).minutes_version
        write_minutes(self._container.database, self._clock, wish=wish, text=text, version=version)

    def _confirm(self, wish: Wish, side: str) -> None:
        version = self._dialogue(wish.unit_code).minutes_version
        confirm(self._container.database, self._clock, wish=wish, side=side, version=version)

    def _follow_up(self, number: int, code: str, principal: str) -> None:
        """Note on the first measure of each dialogue how it goes: some are done in time, some will be late."""
        measure_id = self._first_measure(code)
        if number % 3 == 0:
            self._note(measure_id, "done", NOTES[1], principal)
        elif number % 3 == 1:
            self._note(measure_id, "ongoing", NOTES[0], principal)

    def _measure(self, code: str, number: int, due: date, *, round_key: str = "", actor: str = "") -> int:
        areas = self._areas(code)
        area = areas[number % len(areas)]
        words = measure_for(area.title, number, preschool=code in self._preschools())
        plan = MeasurePlan(
            title=words.title,
            cause=words.cause,
            owner=words.owner,
            due_on=due,
            expected_effect=words.effect,
            target=target_of(area.value),
        )
        tools = (self._container.database, self._clock)
        return add_measure(*tools, unit_code=code, plan=plan, actor=actor or self._actor, round_key=round_key)

    def _note(self, measure_id: int, state: str, text: str, actor: str) -> None:
        tools = (self._container.database, self._clock)
        note_measure(*tools, measure_id=measure_id, state=state, text=text, actor=actor)

    def _areas(self, code: str) -> tuple[Area, ...]:
        """Return the areas that the unit was asked about in the newest cycle whose results it has had by now."""
        key = (code, self._clock.now().year)
        if key not in self._known:
            with self._container.database.read() as session:
                unit = session.scalars(select(Unit).where(Unit.code == code)).one()
                groups = indicator_groups(session, unit, newest_cycle(session, unit))
            choices = [choice for group in groups for choice in group.choices]
            areas = [Area(*choice) for choice in choices if target_of(choice[0]).area]
            # What children, pupils and guardians say comes before what the staff says of its own work.
            areas.sort(key=lambda area: measure_for(area.title, 0).owner == "Rektor")
            self._known[key] = tuple(areas[:MOST_AREAS])
        return self._known[key]

    def _preschools(self) -> frozenset[str]:
        if not self._small_children:
            kinds = select(Unit.code).where(Unit.unit_type.in_(PRESCHOOL_TYPES))
            with self._container.database.read() as session:
                self._small_children = frozenset(session.scalars(kinds))
        return self._small_children

    def _dialogue(self, code: str) -> Dialogue:
        with self._container.database.read() as session:
            return find_dialogue(session, self._round, code).dialogue

    def _first_measure(self, code: str) -> int:
        with self._container.database.read() as session:
            dialogue = find_dialogue(session, self._round, code).dialogue
            first = select(Measure.id).where(Measure.dialogue_id == dialogue.id).order_by(Measure.due_on, Measure.id)
            return session.scalars(first.limit(1)).one()

    def _at(self, moment: datetime) -> None:
        self._clock.instant = moment


def _about(text: str, title: str) -> str:
    """Return a sentence about an area: its title as it is where it begins, without a capital within."""
    return text.format(Area=title, area=title[0].lower() + title[1:])
