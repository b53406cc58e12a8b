"""Response counts at quarter hours: taken once, on time, kept as long as they are needed and no longer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from admin_portal.monitoring.snapshots import take_response_counts
from deploy.chores import chores
from shared.model.cycles import CollectionWindow
from shared.model.monitoring import ResponseCount
from shared.model.organisation import Unit, UnitGroup


def take(town):
    return take_response_counts(town.house.database, town.house.clock)


def kept(town, *, groups=False):
    """Return (unit, group, UTC time, answered) of the pupils' counts, in order."""
    with town.house.database.read() as session:
        rows = session.execute(
            select(Unit.code, UnitGroup.code, ResponseCount.taken_at, ResponseCount.answered)
            .join(Unit, Unit.id == ResponseCount.unit_id)
            .outerjoin(UnitGroup, UnitGroup.id == ResponseCount.group_id)
            .where(ResponseCount.questionnaire_id == 1)
            .order_by(ResponseCount.taken_at, Unit.code, UnitGroup.code)
        )
        return [
            (unit, group, f"{taken_at:%d %H:%M}", answered)
            for unit, group, taken_at, answered in rows
            if (group is not None) == groups
        ]


def test_a_quarter_hour_is_counted_once_for_units_and_groups(town):
    town.open()
    town.answer("A", "5A", 4)
    town.answer("A", "8S", 2)
    town.at(6, 15, 3)
    assert take(town) == 2
    assert take(town) == 0
    assert kept(town) == [("A", None, "13 06:15", 6), ("B", None, "13 06:15", 0), ("C", None, "13 06:15", 0)]
    assert ("A", "8S", "13 06:15", 2) in kept(town, groups=True)
    assert len(kept(town, groups=True)) == 5


def test_a_shared_code_is_counted_for_the_unit_alone(town):
    town.open()
    town.answer_shared("B", 15)
    town.at(6, 15)
    take(town)
    with town.house.database.read() as session:
        staff = session.execute(
            select(ResponseCount.answered, ResponseCount.group_id)
            .join(Unit, Unit.id == ResponseCount.unit_id)
            .where(ResponseCount.questionnaire_id == 2, Unit.code == "B")
        ).all()
    assert staff == [(15, None)]


def test_a_count_that_would_be_younger_than_it_says_is_not_taken(town):
    town.open()
    town.at(6, 16)
    assert take(town) == 0
    assert kept(town) == []
    town.at(6, 30, 59)
    assert take(town) == 2


def test_nothing_is_counted_before_the_window_opens(town):
    town.at(6, 0)
    assert take(town) == 0


def test_two_quarter_hours_are_kept_and_the_last_of_each_swedish_day(town):
    town.open()
    for hour, minute in [(6, 15), (6, 30), (6, 45), (21, 45), (22, 0), (22, 15), (22, 30)]:
        town.at(hour, minute)
        town.answer("A", "5A", 1)
        take(town)
    # 22.00 UTC is midnight in Sweden: 21.45 was the last count of the thirteenth.
    assert [row[2:] for row in kept(town) if row[0] == "A"] == [("13 21:45", 4), ("13 22:15", 6), ("13 22:30", 7)]
    assert {row[2] for row in kept(town, groups=True)} == {"13 22:15", "13 22:30"}


def test_a_missed_quarter_hour_leaves_the_one_before_it_standing(town):
    town.open()
    for hour, minute in [(6, 15), (7, 30)]:
        town.at(hour, minute)
        take(town)
    assert {row[2] for row in kept(town)} == {"13 06:15", "13 07:30"}


def test_a_counted_window_keeps_no_group(town):
    town.open()
    town.at(6, 15)
    take(town)
    with town.house.database.begin() as session:
        session.scalars(select(CollectionWindow).where(CollectionWindow.key == "skola")).one().state = "counted"
    town.house.clock.advance(timedelta(minutes=5))
    assert take(town) == 1
    assert kept(town, groups=True) == []
    assert len(kept(town)) == 3
    assert take(town) == 0


def test_the_clock_takes_the_counts(town):
    town.open()
    town.at(6, 15)
    assert take_response_counts in chores()
    town.house.run_deadlines()
    assert len(kept(town)) == 3
