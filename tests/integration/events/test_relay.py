"""The relay on both databases: rings until done, survives what it talks to, and shares its job by a lease."""

from __future__ import annotations

import threading
import time

import pytest
from dramatiq import Worker
from sqlalchemy import select

from analytics_worker.actors import declare_actors
from shared.events.broker import enqueue, stub_broker
from shared.events.claims import Timing, take
from shared.events.leases import Leaseholder
from shared.events.relay import EXPIRED, Relay
from shared.model.base import database_now
from shared.model.events import MAKE_WINDOW_KEY, Lease
from tests.support.events import change, deliver, delivery, due, finishing, lapse
from tests.support.house import QUICK, wait_for_deliveries


class Doorbell:
    """Remembers what was rung for; out of order when told so."""

    def __init__(self):
        self.rung = []
        self.broken = False

    def __call__(self, consumer, delivery_id):
        if self.broken:
            raise ConnectionError("no Redis")
        self.rung.append((consumer, delivery_id))


@pytest.fixture
def bell():
    return Doorbell()


@pytest.fixture
def relay(database, bell):
    return Relay(database, bell)


def now(database):
    with database.read() as session:
        return session.scalar(select(database_now()))


def test_what_is_due_is_rung_for_once(database, relay, bell):
    numbers = deliver(database, 3)
    assert relay.run_once() == 3
    assert relay.run_once() == 0
    assert bell.rung == [(MAKE_WINDOW_KEY, number) for number in numbers]


def test_it_rings_again_after_half_a_minute_two_minutes_and_every_ten(database, relay, bell):
    (number,) = deliver(database)
    pauses = []
    for _ in range(5):
        relay.run_once()
        pauses.append(round(delivery(database, number).next_send_at - now(database), -1))
        due(database, number)
    assert pauses == [30, 120, 600, 600, 600]
    assert len(bell.rung) == 5


def test_it_does_not_ring_for_what_is_claimed_done_or_quarantined(database, relay, bell):
    claimed, done, quarantined, free = deliver(database, 4)
    take(database, claimed)
    change(database, done, done_at=1.0)
    change(database, quarantined, quarantined_at=1.0)
    relay.run_once()
    assert bell.rung == [(MAKE_WINDOW_KEY, free)]


def test_a_claim_that_ran_out_is_an_attempt_and_rung_for_at_once(database, relay, bell):
    (number,) = deliver(database)
    relay.run_once()
    take(database, number)
    lapse(database, number)
    relay.run_once()
    assert len(bell.rung) == 2
    row = delivery(database, number)
    assert (row.attempts, row.claimed_until, row.error) == (1, None, EXPIRED)


def test_a_third_claim_that_ran_out_is_quarantined(database, relay, bell):
    (number,) = deliver(database)
    for _ in range(3):
        assert take(database, number)
        lapse(database, number)
        relay.run_once()
    assert len(bell.rung) == 2
    assert delivery(database, number).quarantined_at is not None


def test_a_broken_doorbell_counts_no_send_and_is_tried_again(database, relay, bell):
    (number,) = deliver(database)
    bell.broken = True
    assert relay.run_once() == 0
    row = delivery(database, number)
    assert row.sends == 0
    assert row.next_send_at < now(database) + 3
    bell.broken = False
    due(database, number)
    assert relay.run_once() == 1


def test_of_two_relays_one_works_and_the_other_takes_over(database, bell):
    first, second = Relay(database, bell), Relay(database, bell)
    deliver(database, 2)
    assert first.run_once() == 2
    deliver(database, 1)
    assert second.run_once() == 0
    first.close()
    assert second.run_once() == 1
    assert first.run_once() == 0


def test_a_dead_relays_lease_runs_out(database, bell):
    dead, next_one = Relay(database, bell), Relay(database, bell)
    deliver(database)
    dead.run_once()
    with database.begin() as session:
        session.get_one(Lease, "relay").expires_at = 1.0
    deliver(database)
    assert next_one.run_once() == 1


def test_eight_who_want_a_lease_at_once_get_one(database):
    held = []
    start = threading.Barrier(8)

    def attempt():
        holder = Leaseholder(database, "relay")
        start.wait()
        held.append(holder.hold())

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held.count(True) == 1


def test_two_relays_without_a_lease_do_not_ring_for_the_same(database, bell, monkeypatch):
    monkeypatch.setattr(Leaseholder, "hold", lambda _self: True)
    numbers = deliver(database, 40)
    relays = [Relay(database, bell) for _ in range(2)]
    threads = [threading.Thread(target=relay.run_once) for relay in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for _consumer, number in bell.rung) == numbers


def test_an_idle_relay_writes_nothing(database, relay, bell):
    deliver(database)
    relay.run_once()
    with database.begin() as session:
        session.execute(select(Lease))
        # On SQLite this transaction keeps every writer out: an idle relay must not notice.
        started = time.monotonic()
        assert relay.run_once() == 0
    assert time.monotonic() - started < 1


def test_the_loop_survives_an_outage_and_does_not_blame_the_workers(database, bell, monkeypatch):
    relay = Relay(database, bell, Timing(claim=0.5))
    (number,) = deliver(database)
    take(database, number)
    lapse(database, number)
    stop = threading.Event()
    real = Relay.run_once
    calls = []

    def run_once(self):
        calls.append(time.monotonic())
        if len(calls) == 1:
            raise OSError("database gone")
        return real(self)

    monkeypatch.setattr(Relay, "run_once", run_once)
    thread = threading.Thread(target=relay.run, args=(stop, 0.02))
    thread.start()
    while not bell.rung:
        time.sleep(0.01)
    stop.set()
    thread.join()
    assert time.monotonic() - calls[0] >= 0.5


def test_messages_sent_thrice_in_any_order_are_worked_on_once(database):
    numbers = deliver(database, 20)
    broker = stub_broker()
    done = []
    handler = finishing(database, lambda _session, claim: done.append(claim.delivery_id))
    declare_actors(broker, {MAKE_WINDOW_KEY: handler}, database, timing=QUICK)
    for number in [*numbers, *reversed(numbers), *numbers]:
        enqueue(broker, MAKE_WINDOW_KEY, number)
    worker = Worker(broker, worker_threads=4, worker_timeout=50)
    worker.start()
    wait_for_deliveries(database)
    broker.join("seal", timeout=10_000)
    worker.stop()
    assert sorted(done) == numbers
    assert {delivery(database, number).attempts for number in numbers} == {1}


def test_messages_lost_by_the_broker_are_sent_again(database):
    numbers = deliver(database, 5)
    broker = stub_broker()
    declare_actors(broker, {MAKE_WINDOW_KEY: finishing(database)}, database, timing=QUICK)
    relay = Relay(database, lambda consumer, number: enqueue(broker, consumer, number), QUICK)
    assert relay.run_once() == 5
    broker.flush_all()
    worker = Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    time.sleep(0.1)
    assert relay.run_once() == 5
    wait_for_deliveries(database)
    worker.stop()
    assert {delivery(database, number).sends for number in numbers} == {2}
