"""Deadlines on both databases: windows open and close by the injected clock, once, whoever else acts meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from deploy.clock import Deadlines
from shared.database import lifecycle
from shared.model.audit import AuditEntry
from shared.model.cycles import CollectionWindow, Questionnaire
from shared.model.events import WINDOW_CLOSED, WINDOW_OPENING, Event
from tests.support.faults.world import build_organisation, plan_cycle
from tests.support.house import MOMENT

OPENS = MOMENT + timedelta(hours=1)
CLOSES = MOMENT + timedelta(hours=3)


@pytest.fixture
def window_id(house):
    build_organisation(house.database, units=2)
    return plan_cycle(house.database, "prov-2026", opens_at=OPENS, closes_at=CLOSES, grace_minutes=30).window_id


def state(house, window_id):
    with house.database.read() as session:
        return session.get_one(CollectionWindow, window_id).state


def events(house, kind):
    with house.database.read() as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.type == kind))


def test_a_window_opens_at_its_time_and_closes_after_its_grace(house, window_id):
    seen = []
    for moment in (
        OPENS - timedelta(seconds=1),
        OPENS,
        CLOSES + timedelta(minutes=29),
        CLOSES + timedelta(minutes=30),
    ):
        house.clock.instant = moment
        changed = house.run_deadlines()
        seen.append((changed, state(house, window_id)))
        if state(house, window_id) == "opening":
            house.run_deliveries()
    assert seen == [(0, "planned"), (1, "opening"), (0, "open"), (1, "closed")]
    house.run_deliveries()
    assert state(house, window_id) == "counted"


def test_what_is_due_is_done_once(house, window_id):
    house.clock.instant = OPENS
    first, second = (Deadlines(house.database, house.clock) for _ in range(2))
    assert [first.run_once(), first.run_once(), second.run_once()] == [1, 0, 0]
    assert events(house, WINDOW_OPENING) == 1


def test_somebody_who_was_faster_does_no_harm(house, window_id, monkeypatch):
    house.clock.instant = OPENS
    house.run_deadlines()
    house.run_deliveries()
    house.clock.instant = CLOSES + timedelta(hours=1)
    look = lifecycle.windows_to_close

    def look_and_be_overtaken(session, now):
        found = look(session, now)
        monkeypatch.setattr(lifecycle, "windows_to_close", look)
        with house.database.begin() as other:
            lifecycle.close_window(other, other.get_one(CollectionWindow, window_id), now=now, actor="test")
        return found

    monkeypatch.setattr(lifecycle, "windows_to_close", look_and_be_overtaken)
    assert Deadlines(house.database, house.clock).run_once() == 0
    assert events(house, WINDOW_CLOSED) == 1


def test_a_window_whose_answers_come_from_files_is_left_to_its_commands(house, window_id):
    with house.database.begin() as session:
        for questionnaire in session.scalars(select(Questionnaire)):
            questionnaire.code_model = "import"
    house.clock.instant = OPENS
    assert house.run_deadlines() == 0
    assert state(house, window_id) == "planned"


def test_what_the_clock_opens_and_closes_stands_in_the_audit_log(house, window_id):
    house.clock.instant = OPENS
    house.run_deadlines()
    house.run_deliveries()
    house.clock.instant = CLOSES + timedelta(hours=1)
    house.run_deadlines()
    with house.database.read() as session:
        entries = session.execute(select(AuditEntry.action, AuditEntry.subject).where(AuditEntry.actor == "clock"))
        subject = f"prov-2026/{session.get_one(CollectionWindow, window_id).key}"
        assert [tuple(entry) for entry in entries] == [
            ("window.opening_requested", subject),
            ("window.closed", subject),
        ]


def test_a_window_that_cannot_be_changed_does_not_hold_up_the_next(house, window_id, monkeypatch):
    other = plan_cycle(house.database, "prov-2027", opens_at=OPENS, closes_at=CLOSES).window_id
    house.clock.instant = OPENS
    request = lifecycle.request_opening

    def fail_on_the_first(session, window, **options):
        if window.id == window_id:
            message = "trouble"
            raise RuntimeError(message)
        request(session, window, **options)

    monkeypatch.setattr(lifecycle, "request_opening", fail_on_the_first)
    deadlines = Deadlines(house.database, house.clock)
    with capture_logs() as said:
        assert [deadlines.run_once(), deadlines.run_once()] == [1, 0]
    assert (state(house, window_id), state(house, other)) == ("planned", "opening")
    assert [line["event"] for line in said].count("window not changed") == 1
    monkeypatch.undo()
    assert deadlines.run_once() == 1
    deadlines.close()
