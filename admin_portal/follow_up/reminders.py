"""Reminders of measures: two weeks before their date, and the day after it if they are not done."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from admin_portal.follow_up.measures import SOON
from shared.clock import Clock, local
from shared.database.engine import Database
from shared.model.dialogues import Measure
from shared.model.events import MEASURE_DUE, publish

_AT_ONCE = 200
_FORGOTTEN_AFTER = timedelta(days=60)
"""A clock that stood still for months reminds nobody of what is long past; the list of measures shows it anyway."""


def remind_of_measures(database: Database, clock: Clock) -> int:
    """Write an event for each open measure that is due within two weeks, or late, and return how many they were.

    Each is told once for its date: whoever sets ``reminded`` first, of two clocks too, writes the event.
    """
    today = local(clock.now()).date()
    with database.glance() as session:
        due = session.execute(
            select(Measure.id, Measure.due_on).where(_due(today)).order_by(Measure.id).limit(_AT_ONCE)
        )
        found = due.all()
    return sum(_remind(database, clock, number, "late" if due_on < today else "soon") for number, due_on in found)


def _remind(database: Database, clock: Clock, measure_id: int, kind: str) -> bool:
    with database.begin() as session:
        mine = session.execute(
            update(Measure)
            .where(Measure.id == measure_id, Measure.reminded != kind, Measure.state.in_(("planned", "ongoing")))
            .values(reminded=kind)
            .returning(Measure.id)
        ).all()
        if mine:
            publish(session, MEASURE_DUE, at=clock.now(), measure_id=measure_id, kind=kind)
    return bool(mine)


def _due(today: date) -> ColumnElement[bool]:
    soon = and_(Measure.due_on >= today, Measure.due_on <= today + SOON, Measure.reminded == "")
    late = and_(Measure.due_on < today, Measure.due_on > today - _FORGOTTEN_AFTER, Measure.reminded != "late")
    return and_(Measure.state.in_(("planned", "ongoing")), or_(soon, late))
