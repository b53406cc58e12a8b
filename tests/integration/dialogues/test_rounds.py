"""Rounds get their times without clashes of officials, and are offered to the units of their cycle, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from admin_portal.dialogues.booking import book
from admin_portal.dialogues.offers import offer_dialogues
from admin_portal.dialogues.rounds import RoundPlan, change_round, close_round, create_round, last_moment_of
from admin_portal.dialogues.series import Series, planned_times
from admin_portal.dialogues.slots import SlotPlan, add_slots, change_slot, find_clashes, remove_slot
from shared.errors import NotFound, Refused
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot, SlotOfficial
from shared.model.events import DIALOGUE_OFFERED, Event
from tests.support.season import ACTOR, CYCLE, FIRST, HOUR, ROUND, TITLE, ask

ONE = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
"""What is refused before the database is asked needs one kind of it."""
PLAN = RoundPlan(title=TITLE, book_by=last_moment_of(date(2026, 12, 18)))
SERIES = Series(
    first_day=date(2027, 1, 12),
    last_day=date(2027, 1, 21),
    weekdays=frozenset({1, 2, 3}),
    begins=time(9),
    ends=time(12),
    minutes=60,
    pause=15,
)


def tools(season):
    return {"database": season.database, "clock": season.clock}


def refused(code: str):
    return pytest.raises(Refused, check=lambda error: error.code == code)


def plan(official: int, starts: datetime = FIRST, **given) -> SlotPlan:
    return SlotPlan(**{"starts_at": starts, "ends_at": starts + HOUR, "officials": (official,), "place": "R3", **given})


def count(season, thing, *conditions) -> int:
    with season.database.read() as session:
        return session.scalar(select(func.count()).select_from(thing).where(*conditions)) or 0


def test_a_series_gives_each_time_that_fits_whole_into_the_hours():
    times = planned_times(SERIES)
    assert len(times) == 12
    assert times[0] == (FIRST, FIRST + HOUR)
    assert times[1][0] == FIRST + timedelta(minutes=75)


def test_a_series_over_the_change_of_clocks_keeps_swedish_hours():
    spring = replace(SERIES, first_day=date(2027, 3, 25), last_day=date(2027, 3, 30), weekdays=frozenset({1, 3}))
    assert [start.hour for start, _end in planned_times(replace(spring, ends=time(10)))] == [8, 7]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_day": date(2027, 1, 11)}, "days"),
        ({"last_day": date(2028, 1, 11)}, "days"),
        ({"weekdays": frozenset()}, "no_times"),
        ({"ends": time(9, 30)}, "no_times"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 5, "pause": 0, "last_day": date(2027, 6, 1)}, "many_times"),
        (
            {
                "first_day": date(2027, 3, 28),
                "last_day": date(2027, 3, 28),
                "weekdays": frozenset({6}),
                "begins": time(2, 30),
            },
            "hour",
        ),
    ],
)
def test_a_series_that_cannot_be_meant_is_refused(changes, code):
    with refused(code):
        planned_times(replace(SERIES, **changes))


def test_a_round_is_named_after_its_title_and_never_twice_the_same(season):
    keys = [create_round(**tools(season), plan=PLAN, cycle_key=CYCLE, actor=ACTOR) for _time in range(2)]
    assert keys == [ROUND, f"{ROUND}-2"]
    words = RoundPlan(title="Rounds", book_by=PLAN.book_by)
    assert create_round(**tools(season), plan=words, cycle_key=CYCLE, actor=ACTOR) != "rounds"


@ONE
@pytest.mark.parametrize("key", ["rounds", "Stor", "a b", "-a", "a/b", "å", ROUND])
def test_a_name_that_is_no_address_or_taken_is_refused(season, key):
    season.round()
    with refused("key"):
        create_round(**tools(season), plan=PLAN, cycle_key=CYCLE, actor=ACTOR, key=key)


def test_a_round_needs_a_title_a_day_to_come_and_a_cycle(season):
    past = RoundPlan(title=TITLE, book_by=season.clock.now())
    with refused("book_by"):
        create_round(**tools(season), plan=past, cycle_key=CYCLE, actor=ACTOR)
    with refused("title"):
        create_round(**tools(season), plan=RoundPlan(title=" ", book_by=PLAN.book_by), cycle_key=CYCLE, actor=ACTOR)
    with pytest.raises(NotFound):
        create_round(**tools(season), plan=PLAN, cycle_key="none", actor=ACTOR)


def test_the_last_day_of_a_round_can_be_put_off(season):
    later = RoundPlan(title="Ny titel", book_by=last_moment_of(date(2027, 1, 10)))
    change_round(**tools(season), round_key=season.round(), plan=later, actor=ACTOR)
    with season.database.read() as session:
        found = session.scalars(select(DialogueRound)).one()
    assert (found.title, found.book_by) == ("Ny titel", datetime(2027, 1, 10, 22, 59, tzinfo=UTC))


def test_no_official_is_in_two_times_at_once_in_any_round(season):
    official = season.officer("anna@example.se")
    season.slots(season.round(), official, 1)
    other = season.round("Extra")
    with refused("clash") as caught:
        add_slots(**tools(season), round_key=other, plans=[plan(official, FIRST + HOUR / 2)], actor=ACTOR)
    assert "anna" in str(caught.value)
    assert TITLE in str(caught.value)
    add_slots(**tools(season), round_key=other, plans=[plan(official, FIRST + HOUR)], actor=ACTOR)


def test_of_a_series_with_one_clash_nothing_is_added(season):
    official = season.officer("anna@example.se")
    key = season.round()
    with refused("clash"):
        add_slots(**tools(season), round_key=key, plans=[plan(official), plan(official, FIRST + HOUR / 2)], actor=ACTOR)
    assert count(season, DialogueSlot) == 0


def test_the_preview_names_each_clash(season):
    official = season.officer("anna@example.se")
    season.slots(season.round(), official, 1)
    with season.database.read() as session:
        [clash] = find_clashes(session, [plan(official), plan(official, FIRST + HOUR)])
    assert (clash.official, clash.round_title, clash.starts_at) == ("anna", TITLE, FIRST)


@ONE
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"officials": ()}, "officials"),
        ({"officials": (999,)}, "officials"),
        ({"place": ""}, "place"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "https://meet.example.se/a b"}, "link"),
        ({"ends_at": FIRST}, "hours"),
        ({"starts_at": datetime(2026, 1, 1, tzinfo=UTC)}, "slot_past"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(season, given, code):
    official = season.officer("anna@example.se")
    with refused(code):
        add_slots(**tools(season), round_key=season.round(), plans=[plan(official, **given)], actor=ACTOR)


def test_a_principal_is_no_official(season):
    principal = season.account("rektor@example.se", ("principal", "A"))
    with refused("officials"):
        add_slots(**tools(season), round_key=season.round(), plans=[plan(principal)], actor=ACTOR)


def test_a_free_time_is_changed_and_removed_but_not_a_booked_one(offered):
    season, (anna, bo) = offered.season, offered.officials
    [slot, booked, *_rest] = offered.first
    book(**tools(season), request=ask("A"), slot_id=booked)
    change = plan(anna, FIRST + 5 * HOUR, place="", link="https://meet.example.se/1")
    change_slot(**tools(season), round_key=ROUND, slot_id=slot, plan=change, actor=ACTOR)
    with refused("clash"):
        change_slot(**tools(season), round_key=ROUND, slot_id=slot, plan=plan(bo), actor=ACTOR)
    for action in (
        lambda: change_slot(**tools(season), round_key=ROUND, slot_id=booked, plan=change, actor=ACTOR),
        lambda: remove_slot(**tools(season), round_key=ROUND, slot_id=booked, actor=ACTOR),
    ):
        with refused("slot_booked"):
            action()
    remove_slot(**tools(season), round_key=ROUND, slot_id=slot, actor=ACTOR)
    assert count(season, SlotOfficial, SlotOfficial.slot_id == slot) == 0
    with pytest.raises(NotFound):
        remove_slot(**tools(season), round_key=ROUND, slot_id=slot, actor=ACTOR)


def test_a_closed_round_keeps_its_times(offered):
    season = offered.season
    close_round(**tools(season), round_key=ROUND, actor=ACTOR)
    with refused("round_closed"):
        remove_slot(**tools(season), round_key=ROUND, slot_id=offered.first[0], actor=ACTOR)


def test_every_unit_of_the_cycle_is_offered_once_and_those_left_out_later(season):
    key = season.round()
    season.slots(key, season.officer("anna@example.se"), 1)
    assert offer_dialogues(**tools(season), round_key=key, actor=ACTOR, leave_out={"B", "E"}) == 3
    season.unit("F")
    assert offer_dialogues(**tools(season), round_key=key, actor=ACTOR) == 3
    with refused("nobody"):
        offer_dialogues(**tools(season), round_key=key, actor=ACTOR)
    assert count(season, Dialogue) == len({season.dialogue(code).uid for code in "ABCDEF"}) == 6
    assert count(season, Event, Event.type == DIALOGUE_OFFERED) == 6


def test_an_offer_needs_times_to_choose_among_and_days_to_choose_on(season):
    key = season.round(book_by=FIRST)
    with refused("no_slots"):
        offer_dialogues(**tools(season), round_key=key, actor=ACTOR)
    season.slots(key, season.officer("anna@example.se"), 1, first=FIRST + HOUR)
    season.clock.instant = FIRST
    with refused("book_by"):
        offer_dialogues(**tools(season), round_key=key, actor=ACTOR)
