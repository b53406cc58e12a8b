"""One whole window under attack: collected, closed, counted, finished, with the operator looking on at every moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from shared.database.engine import open_database
from shared.model.events import COUNT_BALLOTS, FINISH_WINDOW
from tests.support.adversary import deliveries, population
from tests.support.adversary.attacks import Report, attack
from tests.support.adversary.collection import Collection, close
from tests.support.adversary.population import Size
from tests.support.adversary.postgresql import PostgresOperator
from tests.support.adversary.sqlite import SqliteOperator, keep_all_frames
from tests.support.servers import PostgresServer

Operator: TypeAlias = PostgresOperator | SqliteOperator


@contextmanager
def postgresql(server: PostgresServer, folder: Path, size: Size, seed: int) -> Iterator[PostgresOperator]:
    """Give an operator of a new database of ``server``, its window open."""
    database = open_database(server.create_database())
    operator = PostgresOperator(server, population.found(database, folder / "keys", size, seed))
    try:
        yield operator
    finally:
        operator.close()


@contextmanager
def sqlite(folder: Path, size: Size, seed: int) -> Iterator[SqliteOperator]:
    """Give an operator of a new SQLite file, its window open."""
    (folder / "home").mkdir()
    database = open_database(f"sqlite:///{folder / 'home' / 'sikte.db'}")
    keep_all_frames(database)
    operator = SqliteOperator(population.found(database, folder / "keys", size, seed), folder / "copies")
    try:
        yield operator
    finally:
        operator.close()


def collect(operator: Operator, *, backups: bool = True) -> None:
    """Collect all ballots, with a backup before and in the middle and one writer killed while it sends, and close."""
    world = operator.world
    collection = Collection(world)
    if backups:
        operator.look("before")
    early, late = world.respondents[::2], world.respondents[1::2]
    collection.arrive(early)
    if world.size.drafts:
        collection.begin(late)
    operator.look("mid", backup=backups)
    if backups:
        collection.die_while_sending(next(person for person in late if person.sends))
    collection.arrive(late)
    in_urn = close(world)
    if in_urn != len(world.casters):
        raise AssertionError(in_urn)
    operator.look("closed", backup=backups)


def count(operator: Operator, *, backups: bool = True) -> int:
    """Count all slices with two workers and finish the window; return how many slices there were."""
    world = operator.world
    slices = deliveries.run(world.database, world.clock, world.keys, consumers=[COUNT_BALLOTS], workers=2)
    operator.look("counted", backup=backups or isinstance(operator, SqliteOperator))
    deliveries.run(world.database, world.clock, world.keys, consumers=[FINISH_WINDOW])
    operator.look("after", backup=backups or isinstance(operator, SqliteOperator))
    return slices


def attacked(operator: Operator, seed: int) -> Report:
    """Run all attacks on what the operator holds."""
    return attack(operator.evidence(), seed)
