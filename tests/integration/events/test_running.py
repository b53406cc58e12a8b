"""Running deliveries: success, failure, loss of the database, stops, hung work, and the heartbeat beside them."""

from __future__ import annotations

import threading
import time

import pytest
from dramatiq import Worker
from dramatiq.middleware import Shutdown, TimeLimitExceeded
from sqlalchemy.exc import OperationalError

from analytics_worker.actors import declare_actors
from shared.errors import Refused
from shared.events.broker import enqueue, stub_broker
from shared.events.claims import ClaimLost, Postponed, Timing, take
from shared.events.quarantine import count_unfinished
from shared.events.relay import Relay
from shared.events.running import Heartbeat, Runner, undisturbed
from shared.model.events import MAKE_WINDOW_KEY, Lease
from tests.support.events import change, claimed, deliver, delivery, due, finishing, lapse

QUICK = Timing(claim=3.0, renew=0.05, again=(0.1, 0.2, 0.3), after_outage=0.0)


@pytest.fixture
def runner(database):
    return Runner(database, QUICK)


def add(session, claim):
    session.add(Lease(name=f"effect {claim.delivery_id}", holder="", expires_at=0.0))


def effects(database):
    with database.read() as session:
        return session.query(Lease).count()


def raising(error):
    def handle(_claim):
        raise error

    return handle


def test_three_messages_have_one_effect(database, runner):
    (number,) = deliver(database)
    for _ in range(3):
        runner.run(number, finishing(database, add), time_limit=60)
    assert effects(database) == 1
    assert delivery(database, number).attempts == 1


def test_three_messages_at_once_have_one_effect(database, runner):
    (number,) = deliver(database)
    handler = finishing(database, add)
    threads = [threading.Thread(target=runner.run, args=(number, handler), kwargs={"time_limit": 60}) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects(database) == 1


def test_a_failure_is_written_on_the_delivery_without_what_it_quotes(database, runner):
    (number,) = deliver(database)
    runner.run(number, raising(ValueError("Jag trivs inte")), time_limit=60)
    row = delivery(database, number)
    assert (row.error, row.attempts, row.claimed_until, row.done_at) == ("ValueError", 1, None, None)


def test_a_message_for_people_is_kept(database, runner):
    (number,) = deliver(database)
    runner.run(number, raising(Refused("key", "The key is not here.")), time_limit=60)
    assert delivery(database, number).error == "Refused: The key is not here."


def test_three_failures_end_in_quarantine(database, runner):
    (number,) = deliver(database)
    for _ in range(5):
        runner.run(number, raising(ValueError()), time_limit=60)
    row = delivery(database, number)
    assert row.attempts == 3
    assert row.quarantined_at is not None


def test_exceeding_the_time_limit_is_a_failure(database, runner):
    (number,) = deliver(database)
    runner.run(number, raising(TimeLimitExceeded()), time_limit=60)
    assert delivery(database, number).error == "TimeLimitExceeded"
    assert delivery(database, number).attempts == 1


def test_a_stop_is_no_attempt(database, runner):
    (number,) = deliver(database)
    runner.run(number, raising(Shutdown()), time_limit=60)
    row = delivery(database, number)
    assert (row.attempts, row.claimed_until, row.error) == (0, None, "")


def test_losing_the_database_is_no_attempt(database, runner):
    (number,) = deliver(database)
    lost = OperationalError("SELECT", None, OSError("gone"), connection_invalidated=True)
    for _ in range(4):
        runner.run(number, raising(lost), time_limit=60)
    row = delivery(database, number)
    assert (row.attempts, row.quarantined_at, row.error) == (0, None, "")


def test_an_error_raised_from_the_loss_of_the_database_is_no_attempt_either(database, runner):
    (number,) = deliver(database)

    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = OperationalError("SELECT", None, OSError("gone"), connection_invalidated=True)
    runner.run(number, raising(wrapped), time_limit=60)
    assert delivery(database, number).attempts == 0


def test_a_late_claimer_leaves_the_delivery_to_the_other(database, runner):
    (number,) = deliver(database)

    def handle(claim):
        lapse(database, claim.delivery_id)
        take(database, claim.delivery_id)
        finishing(database, add)(claim)

    runner.run(number, handle, time_limit=60)
    row = delivery(database, number)
    assert effects(database) == 0
    assert (row.attempts, row.error, row.done_at) == (2, "", None)


def test_the_claim_of_long_work_is_renewed(database, runner):
    (number,) = deliver(database)
    seen = []

    def handle(claim):
        for _ in range(4):
            time.sleep(0.15)
            seen.append(delivery(database, number).claimed_until)
        finishing(database)(claim)

    runner.run(number, handle, time_limit=60)
    assert seen == sorted(set(seen))
    assert delivery(database, number).done_at is not None


def test_the_heartbeat_notices_a_lost_claim(database):
    (number,) = deliver(database)
    claim = claimed(database, number)
    with Heartbeat(database, QUICK).renewing(claim, 60) as lost:
        assert not lost.wait(0.2)
        change(database, number, attempts=2)
        assert lost.wait(5)


def test_work_that_hangs_is_not_kept_alive_for_ever(database):
    (number,) = deliver(database)
    claim = claimed(database, number)
    with Heartbeat(database, QUICK).renewing(claim, seconds=0.0):
        time.sleep(0.2)
        before = delivery(database, number).claimed_until
        time.sleep(0.3)
        assert delivery(database, number).claimed_until == before


def test_an_idle_worker_has_no_heartbeat_thread(database, runner):
    numbers = deliver(database, 2)
    for number in numbers:
        runner.run(number, finishing(database), time_limit=60)
    deadline = time.monotonic() + 5
    while any(thread.name == "heartbeat" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_stopping_the_worker_interrupts_its_work_and_claims_nothing_more(database):
    running, waiting = deliver(database, 2)
    broker = stub_broker()
    begun = threading.Event()

    def handle(_claim):
        begun.set()
        while True:
            time.sleep(0.01)

    declare_actors(broker, {MAKE_WINDOW_KEY: handle}, database)
    worker = Worker(broker, worker_threads=1, worker_timeout=20)
    worker.start()
    enqueue(broker, MAKE_WINDOW_KEY, running)
    assert begun.wait(10)
    enqueue(broker, MAKE_WINDOW_KEY, waiting)
    worker.stop(timeout=10_000)
    for number in (running, waiting):
        row = delivery(database, number)
        assert (row.attempts, row.claimed_until, row.done_at) == (0, None, None)


def test_losing_the_claim_is_no_failure(database, runner):
    (number,) = deliver(database)
    runner.run(number, raising(ClaimLost(number)), time_limit=60)
    assert delivery(database, number).error == ""


def test_postponed_work_is_no_attempt_however_often(database, runner):
    (number,) = deliver(database)
    for _ in range(5):
        runner.run(number, raising(Postponed(60.0, "server away")), time_limit=60)
    row = delivery(database, number)
    assert (row.attempts, row.quarantined_at, row.claimed_until) == (0, None, None)
    assert row.error == "Postponed: server away"


def test_postponed_work_is_rung_for_when_its_time_has_come_and_not_before(database, runner):
    (number,) = deliver(database)
    rung = []
    relay = Relay(database, lambda _consumer, delivery_id: rung.append(delivery_id), QUICK)
    relay.run_once()
    runner.run(number, raising(Postponed(1.0, "server away")), time_limit=60)
    time.sleep(max(QUICK.again))  # the pause of a message that nobody answered would be over
    relay.run_once()
    assert rung == [number]
    time.sleep(1.0)
    relay.run_once()
    relay.close()
    assert rung == [number, number]


def test_a_message_lost_after_a_postponement_is_repeated_as_soon_as_the_first(database, runner):
    (number,) = deliver(database)
    change(database, number, sends=40)
    runner.run(number, raising(Postponed(0.0, "server away")), time_limit=60)
    assert delivery(database, number).sends == 0


def test_work_that_was_postponed_can_be_done_and_forgets_why(database, runner):
    (number,) = deliver(database)
    runner.run(number, raising(Postponed(60.0, "server away")), time_limit=60)
    due(database, number)
    runner.run(number, finishing(database), time_limit=60)
    row = delivery(database, number)
    assert (row.attempts, row.error, row.done_at is not None) == (1, "", True)


def test_nobody_waits_for_postponed_work(database, runner):
    postponed, _other = deliver(database, 2)
    runner.run(postponed, raising(Postponed(60.0, "server away")), time_limit=60)
    with database.read() as session:
        assert count_unfinished(session) == 1


def stopped_within(database, handle):
    """Stop a worker in the midst of ``handle``; return the delivery as it then is."""
    (number,) = deliver(database)
    broker = stub_broker()
    begun = threading.Event()
    declare_actors(broker, {MAKE_WINDOW_KEY: lambda claim: handle(claim, begun)}, database)
    worker = Worker(broker, worker_threads=1, worker_timeout=20)
    worker.start()
    enqueue(broker, MAKE_WINDOW_KEY, number)
    assert begun.wait(10)
    worker.stop(timeout=10_000)
    return delivery(database, number)


def test_a_stop_waits_for_work_that_must_not_be_disturbed(database):
    def handle(claim, begun):
        with undisturbed():
            begun.set()
            for _ in range(30):
                time.sleep(0.01)
            finishing(database, add)(claim)

    row = stopped_within(database, handle)
    assert (row.done_at is not None, row.attempts) == (True, 1)
    assert effects(database) == 1


def test_a_stop_that_waited_comes_right_after(database):
    after = []

    def handle(_claim, begun):
        with undisturbed():
            begun.set()
            for _ in range(30):
                time.sleep(0.01)
        after.append(True)

    row = stopped_within(database, handle)
    assert (row.attempts, row.claimed_until, row.done_at) == (0, None, None)
    assert after == []


def test_outside_a_worker_nothing_disturbs():
    with undisturbed():
        pass
