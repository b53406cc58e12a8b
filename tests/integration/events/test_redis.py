"""Redis as the doorbell: what it forgets is sent again, its absence is survived, what kills workers is quarantined."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time

import pytest
from dramatiq import Worker

from analytics_worker.actors import declare_actors
from shared.events.broker import enqueue
from shared.events.redis_broker import redis_broker
from shared.events.relay import Relay
from shared.model.events import MAKE_WINDOW_KEY
from tests.support import processes
from tests.support.events import deliver, delivery, due, finishing
from tests.support.house import QUICK, wait_for_deliveries
from tests.support.poison_worker import TIMING
from tests.support.servers import RedisServer
from tests.support.source import REPOSITORY


@pytest.fixture
def broker(redis_server):
    redis_server.flush()
    broker = redis_broker(redis_server.url)
    yield broker
    broker.close()
    broker.client.close()


@contextlib.contextmanager
def relaying(database, broker, timing=QUICK):
    relay = Relay(database, lambda consumer, number: enqueue(broker, consumer, number), timing)
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop, 0.02))
    thread.start()
    try:
        yield relay
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def working(broker):
    worker = Worker(broker, worker_threads=2, worker_timeout=20)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def test_a_message_names_the_actor_and_carries_the_number_only(broker, redis_server):
    enqueue(broker, MAKE_WINDOW_KEY, 4711)
    with redis_server.client() as client:
        (message,) = client.hgetall("sikte:seal.msgs").values()
    message = json.loads(message)
    assert (message["actor_name"], message["args"], message["kwargs"]) == (MAKE_WINDOW_KEY, [], {"delivery_id": 4711})


def test_deliveries_pass_through_redis_once_each(database, broker):
    numbers = deliver(database, 30)
    declare_actors(broker, {MAKE_WINDOW_KEY: finishing(database)}, database, timing=QUICK)
    with relaying(database, broker), working(broker):
        wait_for_deliveries(database)
    assert {delivery(database, number).attempts for number in numbers} == {1}


def test_what_redis_forgets_is_sent_again(database, broker, redis_server):
    numbers = deliver(database, 5)
    declare_actors(broker, {MAKE_WINDOW_KEY: finishing(database)}, database, timing=QUICK)
    with relaying(database, broker):
        while any(delivery(database, number).sends == 0 for number in numbers):
            time.sleep(0.01)
        redis_server.flush()
        with working(broker):
            wait_for_deliveries(database)
    assert {delivery(database, number).attempts for number in numbers} == {1}


def test_while_redis_is_away_nothing_is_counted_and_afterwards_all_is_done(database):
    with RedisServer() as server:
        broker = redis_broker(server.url)
        declare_actors(broker, {MAKE_WINDOW_KEY: finishing(database)}, database, timing=QUICK)
        server.kill()
        numbers = deliver(database, 3)
        with relaying(database, broker), working(broker):
            time.sleep(0.5)
            assert {delivery(database, number).attempts for number in numbers} == {0}
            server.start()
            wait_for_deliveries(database)
        broker.close()
        broker.client.close()
    assert {delivery(database, number).attempts for number in numbers} == {1}


def test_a_message_that_kills_its_process_is_quarantined_after_three(
    database, migrated_url, broker, redis_server, tmp_path
):
    poison, *harmless = deliver(database, 6)
    command = [sys.executable, "-m", "tests.support.poison_worker", migrated_url, redis_server.url]
    deaths = 0
    deadline = time.monotonic() + 60
    with relaying(database, broker, TIMING), contextlib.ExitStack() as stack:
        process = None
        while delivery(database, poison).quarantined_at is None and time.monotonic() < deadline:
            if process is None or process.poll() is not None:
                deaths += process is not None
                process = subprocess.Popen(command, cwd=REPOSITORY)
                stack.callback(processes.kill_tree, process)
            # Each death waits for its claim to run out; a test need not wait for the longest pauses.
            time.sleep(0.05)
        while any(delivery(database, number).done_at is None for number in harmless) and time.monotonic() < deadline:
            due(database, *harmless)
            time.sleep(0.05)
    row = delivery(database, poison)
    assert row.quarantined_at is not None
    assert (row.attempts, deaths) == (3, 3)
    assert all(delivery(database, number).done_at is not None for number in harmless)
