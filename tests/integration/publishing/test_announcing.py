"""What takes effect later is announced once when its time has come, however many clocks look and die meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from admin_portal.publishing import announcing
from admin_portal.publishing.announcing import announce_due
from shared.model.events import RESULTS_PUBLISHED, RESULTS_RELEASED, TELL_RECIPIENTS, Delivery
from shared.model.releases import Publication, Release
from tests.support.publishing import events, publish, release, stored, withdraw, withdraw_published


def test_nothing_is_announced_before_its_time(cycle):
    release(cycle, embargo=timedelta(hours=1))
    cycle.wait(hours=1, seconds=-1)

    assert announce_due(cycle.house.database, cycle.house.clock) == 0
    assert events(cycle, RESULTS_RELEASED) == []


def test_release_and_publication_are_announced_once_when_their_time_has_come(cycle):
    made = release(cycle, embargo=timedelta(hours=1))
    published = publish(cycle, at=timedelta(hours=2))
    cycle.wait(hours=1)
    assert announce_due(cycle.house.database, cycle.house.clock) == 1
    assert cycle.state == "released"
    cycle.wait(hours=1)
    assert announce_due(cycle.house.database, cycle.house.clock) == 1
    assert cycle.state == "published"
    assert announce_due(cycle.house.database, cycle.house.clock) == 0

    assert events(cycle, RESULTS_RELEASED) == [{"release_id": made.id}]
    assert events(cycle, RESULTS_PUBLISHED) == [{"publication_id": published.id}]
    assert stored(cycle, Release, 1).announced_at is not None
    assert stored(cycle, Publication, 1).announced_at is not None
    with cycle.house.database.read() as session:
        consumers = session.scalars(select(Delivery.consumer).where(Delivery.consumer == TELL_RECIPIENTS)).all()
    assert len(consumers) == 2


def test_what_was_withdrawn_is_never_announced(cycle):
    release(cycle, embargo=timedelta(hours=1))
    publish(cycle, at=timedelta(hours=2))
    withdraw_published(cycle, 1)
    withdraw(cycle, 1)
    cycle.wait(hours=3)

    assert announce_due(cycle.house.database, cycle.house.clock) == 0
    assert events(cycle, RESULTS_RELEASED) == []


def test_two_clocks_at_once_announce_once(cycle):
    release(cycle, embargo=timedelta(hours=1))
    cycle.wait(hours=1)
    together, done = threading.Barrier(2), []

    def tick() -> None:
        together.wait()
        done.append(announce_due(cycle.house.database, cycle.house.clock))

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(done) == [0, 1]
    assert len(events(cycle, RESULTS_RELEASED)) == 1


def test_a_clock_killed_between_change_and_event_leaves_both_undone_for_the_next(cycle, monkeypatch):
    release(cycle, embargo=timedelta(hours=1))
    cycle.wait(hours=1)
    with monkeypatch.context() as broken:
        broken.setattr(announcing, "publish", _die)
        with pytest.raises(SystemExit):
            announce_due(cycle.house.database, cycle.house.clock)
    assert stored(cycle, Release, 1).announced_at is None
    assert cycle.state == "ready"

    assert announce_due(cycle.house.database, cycle.house.clock) == 1
    assert len(events(cycle, RESULTS_RELEASED)) == 1


def _die(*_arguments: object, **_named: object) -> None:
    raise SystemExit


def test_the_clock_has_it_among_its_chores(cycle):
    release(cycle, embargo=timedelta(hours=1))
    cycle.wait(hours=1)

    assert cycle.house.run_deadlines() >= 1
    assert len(events(cycle, RESULTS_RELEASED)) == 1
