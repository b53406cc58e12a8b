"""A process killed at every commit boundary of a cycle's life, in turn: the next takes it up and nothing is lost."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from shared.database.engine import open_database
from tests.conftest import DATABASES
from tests.support.faults.failpoints import KILLED
from tests.support.faults.lives import Place, fresh_processes, plan_life, run
from tests.support.faults.words import say
from tests.support.migrated import migrate
from tests.support.servers import PostgresServer

SEED = 20261121
SETTLED_LIVES = 6


@pytest.fixture(params=DATABASES)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """Make places for lives, each with a copy of the same planned cycle.

    The server need not sync here: it is the product's process that ends, not the server.
    """
    if request.param == "sqlite":
        template = tmp_path / "planned.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), template)
        return Places(f"sqlite:///{template}", tmp_path, None)
    server: PostgresServer = request.getfixturevalue("postgres")
    template_url = server.create_database()
    migrate(template_url)
    return Places(template_url, tmp_path, server)


class Places:
    """Copies of one planned cycle, each given for one life and thrown away afterwards."""

    def __init__(self, template: str, folder: Path, server: PostgresServer | None) -> None:
        self._template = template
        self._folder = folder
        self._server = server
        self._numbers = count()
        database = open_database(template)
        self._cycle = plan_life(database)
        database.dispose()

    @contextmanager
    def new(self, *, settled: bool = False) -> Iterator[Place]:
        folder = self._folder / f"life-{next(self._numbers)}"
        (folder / "keys").mkdir(parents=True)
        (folder / "receipts").touch()
        if self._server is None:
            shutil.copyfile(self._template.removeprefix("sqlite:///"), folder / "sikte.db")
            yield Place(f"sqlite:///{folder / 'sikte.db'}", folder, self._cycle, settled)
            shutil.rmtree(folder)
            return
        url = self._server.create_database(self._template)
        yield Place(url, folder, self._cycle, settled)
        self._server.drop_database(url)


def test_a_kill_at_every_durable_step_of_a_cycles_life_loses_and_doubles_nothing(places):
    processes = fresh_processes()
    status = KILLED
    killed = 0
    while status == KILLED:
        with places.new() as place:
            status = run(processes, place, kill_at=killed + 1)
            assert status in {0, KILLED}, f"killed at step {killed + 1}: exit status {status}"
            if status == KILLED:
                killed += 1
                assert run(processes, place) == 0, f"after a kill at step {killed}"
            assert place.faults() == [], f"after a kill at step {killed}"
    say(f"{killed} durable steps, a kill at each")
    assert killed >= 60, "before and after some thirty commits and the writes of the key"


def test_kills_of_embedded_modes_threads_lose_and_double_nothing(migrated_sqlite, tmp_path):
    template = tmp_path / "planned.db"
    shutil.copyfile(migrated_sqlite, template)
    places = Places(f"sqlite:///{template}", tmp_path, None)
    processes = fresh_processes()
    choose = random.Random(SEED)
    kills = 0
    for number in range(SETTLED_LIVES):
        with places.new(settled=True) as place:
            # The process that takes the killed one's work up is killed as well.
            steps = choose.randrange(5, 60), choose.randrange(2, 30)
            statuses = [run(processes, place, kill_at=step) for step in steps]
            kills += statuses.count(KILLED)
            assert run(processes, place) == 0
            assert place.faults() == [], f"seed {SEED}, life {number}, kills at steps {steps}"
    assert kills >= SETTLED_LIVES
