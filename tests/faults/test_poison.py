"""Work that kills its process: quarantined after three tries, everything else is finished, a retry mends it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from shared.clock import SystemClock
from shared.database.engine import Database
from shared.database.lifecycle import close_window
from shared.events.relay import EXPIRED
from shared.model.cycles import CollectionWindow, find_cycle
from shared.model.events import COUNT_BALLOTS, MAXIMUM_ATTEMPTS, Delivery, Event
from shared.model.results import latest_result_set
from tests.conftest import unavailable
from tests.support.faults.casters import Casters, over_use_case
from tests.support.faults.oracle import faults_of_count, state_of, unfinished
from tests.support.faults.production import Production, production
from tests.support.faults.world import PlannedCycle, build_organisation, plan_cycle
from tests.support.processes import MissingProgram

POISONED_PART = 1
PATIENCE = 90.0


def test_a_slice_that_kills_its_worker_is_quarantined_after_three_and_the_rest_is_counted():
    try:
        with production() as instance:
            poison_and_cure(instance)
    except MissingProgram as missing:
        unavailable(missing)


def poison_and_cure(instance: Production) -> None:
    database = instance.database
    build_organisation(database, units=1)
    now = SystemClock().now()
    ill, well = (
        plan_cycle(database, key, opens_at=now, closes_at=now + timedelta(days=1)) for key in ("sjuk", "frisk")
    )
    for worker in instance.workers:
        worker.set(FAULTS_POISON=f"{ill.window_id}:{POISONED_PART}")
    instance.keep()
    thanked = {cycle.key: answer_and_close(instance, cycle) for cycle in (ill, well)}

    wait_until(instance, lambda: poisoned(database, ill).quarantined_at is not None)
    wait_until(instance, lambda: has_results(database, well))
    stuck = poisoned(database, ill)
    assert (stuck.attempts, stuck.error) == (MAXIMUM_ATTEMPTS, EXPIRED)
    assert len(unfinished(database)) == 1, "everything else is done"
    assert state_of(database, ill.window_id) == "closed"
    assert instance.keys.has_window_key(ill.window_id), "without the key the count could never be mended"
    assert faults_of_count(database, instance.keys, well, thanked["frisk"]) == []

    listed = json.loads(instance.command("deliveries", "list", "--state", "quarantined", "--format", "json").stdout)
    assert [row["id"] for row in listed] == [stuck.id]
    for worker in instance.workers:
        worker.stop()
        worker.unset("FAULTS_POISON")
    instance.keep()
    assert instance.command("deliveries", "retry", str(stuck.id)).returncode == 0
    wait_until(instance, lambda: has_results(database, ill) and not unfinished(database))
    assert faults_of_count(database, instance.keys, ill, thanked["sjuk"]) == []


def answer_and_close(instance: Production, cycle: PlannedCycle) -> set[UUID]:
    wait_until(instance, lambda: state_of(instance.database, cycle.window_id) == "open")
    casters = Casters(over_use_case(instance.database, SystemClock()), cycle.invitations, number=4)
    casters.start()
    outcome = casters.join()
    assert outcome.errors == []
    with instance.database.begin() as session:
        close_window(session, session.get_one(CollectionWindow, cycle.window_id), now=SystemClock().now(), actor="test")
    return set(outcome.thanked)


def poisoned(database: Database, cycle: PlannedCycle) -> Delivery:
    wanted = select(Delivery).join(Event).where(Delivery.consumer == COUNT_BALLOTS, Delivery.part == POISONED_PART)
    with database.read() as session:
        found = session.scalars(wanted.order_by(Event.id)).all()
        return next(
            delivery
            for delivery in found
            if session.get_one(Event, delivery.event_id).payload["window_id"] == cycle.window_id
        )


def has_results(database: Database, cycle: PlannedCycle) -> bool:
    with database.read() as session:
        return latest_result_set(session, find_cycle(session, cycle.key)) is not None


def wait_until(instance: Production, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, unfinished(instance.database)
        instance.keep()
        time.sleep(0.1)
