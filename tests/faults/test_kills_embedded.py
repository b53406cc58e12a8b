"""``sikte serve`` killed while people answer and while it counts: it starts again and nothing is lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update

from shared.clock import SystemClock
from shared.database.engine import Database
from shared.model.cycles import CollectionWindow
from tests.support.faults.casters import Casters, Outcome, over_http
from tests.support.faults.embedded_server import EmbeddedServer
from tests.support.faults.oracle import faults_of_count, state_of, unfinished
from tests.support.faults.words import say
from tests.support.faults.world import PlannedCycle, build_organisation, plan_cycle

SEED = 20261121
CYCLES = 5
RESPONDENTS_PER_CYCLE = 24
AT_ONCE = 6
PATIENCE = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    embedded = EmbeddedServer(tmp_path / "home")
    yield embedded
    embedded.close()


def test_ten_kills_while_answering_and_while_counting_lose_and_double_nothing(server):
    choose = random.Random(SEED)
    build_organisation(server.database)
    server.start()
    kills = 0
    lived: list[tuple[PlannedCycle, set[UUID]]] = []
    for number in range(CYCLES):
        now = SystemClock().now()
        cycle = plan_cycle(server.database, f"hem-{number}", opens_at=now, closes_at=now + timedelta(days=1))
        wait_for_state(server, cycle, "open")
        outcome = answer_while_killed(server, cycle, choose)
        assert outcome.errors == []
        assert outcome.refused == {}
        lived.append((cycle, set(outcome.thanked)))
        close(server.database, cycle)
        wait_for_state(server, cycle, "closed", "counted")
        time.sleep(choose.uniform(0.0, 1.0))
        kill_and_start_again(server)
        kills += 2
        wait_for_state(server, cycle, "counted")
        say(f"seed {SEED} cycle {number}: {len(outcome.thanked)} receipts, {outcome.retries} tries interrupted")
    wait_until(lambda: not unfinished(server.database))
    for cycle, thanked in lived:
        assert len(thanked) == RESPONDENTS_PER_CYCLE
        assert faults_of_count(server.database, server.keys, cycle, thanked) == []
    assert kills >= 10
    assert server.stop() == 0


def answer_while_killed(server: EmbeddedServer, cycle: PlannedCycle, choose: random.Random) -> Outcome:
    """Let people answer over HTTP, kill the server in the midst of it, and let them send until all have receipts."""
    chosen = choose.sample(cycle.invitations, RESPONDENTS_PER_CYCLE)
    casters = Casters(over_http(server.address), chosen, number=AT_ONCE)
    casters.start()
    casters.wait_for(choose.randrange(1, RESPONDENTS_PER_CYCLE // 2))
    time.sleep(choose.uniform(0.0, 0.1))
    kill_and_start_again(server)
    return casters.join(PATIENCE)


def kill_and_start_again(server: EmbeddedServer) -> None:
    """Start again at once: the lock file and the process number that the killed server left must not matter."""
    server.kill()
    assert (server.home / "serve.lock").exists()
    server.start()


def close(database: Database, cycle: PlannedCycle) -> None:
    ended = update(CollectionWindow).where(CollectionWindow.id == cycle.window_id)
    with database.begin() as session:
        window = session.get_one(CollectionWindow, cycle.window_id)
        session.execute(ended.values(closes_at=max(SystemClock().now(), window.opens_at + timedelta(seconds=1))))


def wait_for_state(server: EmbeddedServer, cycle: PlannedCycle, *states: str) -> None:
    wait_until(lambda: state_of(server.database, cycle.window_id) in states)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)
