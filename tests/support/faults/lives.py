"""A cycle's whole life in one process that may be killed at any durable step, and taken up by the next process."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import configure_mappers

from deploy import bootstrap, embedded
from shared.clock import SystemClock
from shared.config import load_settings
from shared.database.box_keys import BoxKeys
from shared.database.engine import Database, open_database
from shared.sealing.keystore import KeyStore
from survey_service.casting.cast import cast
from survey_service.casting.forms import open_form
from tests.support.faults.failpoints import Failpoint
from tests.support.faults.oracle import faults_of_count, state_of, unfinished
from tests.support.faults.steps import close_if_open, deliver_by_relay, handlers, let_time_pass, open_if_planned
from tests.support.faults.world import Invitation, PlannedCycle, build_organisation, plan_cycle

PRELOADED = [
    "tests.support.faults.lives",
    "analytics_worker.closing.counting",
    "analytics_worker.closing.finishing",
    "analytics_worker.closing.opening",
    "analytics_worker.results.compute",
    "shared.events.broker",
    "psycopg",
]
ANSWERED_PER_GROUP = 1
SLICE_BALLOTS = 1
LIVES_WITHIN = 60

# Done once in the process that all others are forked from, not in each of them.
configure_mappers()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a life takes place: its database, its keys, its home and the receipts the respondents hold."""

    url: str
    folder: Path
    cycle: PlannedCycle
    settled: bool
    """Whether deliveries are done by embedded mode's threads rather than one after the other."""

    @property
    def keys(self) -> KeyStore:
        """The keys of this place."""
        return KeyStore(self.folder / "keys")

    @property
    def receipts(self) -> Path:
        """The file of acknowledged codes, which no kill of a process takes away."""
        return self.folder / "receipts"

    def faults(self) -> list[str]:
        """Return what is wrong after a life that ran to its end."""
        database = open_database(self.url)
        thanked = {UUID(line) for line in self.receipts.read_text().split()}
        expected = {invitation.code_id for invitation in respondents(self.cycle)}
        try:
            missing = [] if thanked == expected else [f"{len(thanked)} receipts of {len(expected)}"]
            return missing + unfinished(database) + faults_of_count(database, self.keys, self.cycle, thanked)
        finally:
            database.dispose()


def plan_life(database: Database) -> PlannedCycle:
    """Write a small organisation and a cycle whose time has come."""
    build_organisation(database, units=1, classes=1, headcount=10)
    now = SystemClock().now()
    return plan_cycle(database, "liv", opens_at=now, closes_at=now + timedelta(days=1))


def respondents(cycle: PlannedCycle) -> list[Invitation]:
    """Return those who answer: the first of each group, so that every slice has ballots."""
    chosen: dict[str, list[Invitation]] = {}
    for invitation in cycle.invitations:
        chosen.setdefault(invitation.serial.rpartition(".")[0], []).append(invitation)
    return [invitation for group in chosen.values() for invitation in group[:ANSWERED_PER_GROUP]]


def live(place: Place, kill_at: int) -> None:
    """Open, answer, close, count, finish and compute, from wherever the last process was ended."""
    Failpoint(kill_at).install()
    database, clock = open_database(place.url), SystemClock()
    let_time_pass(database)
    open_if_planned(database, clock, place.cycle.window_id)
    _deliver(place, database)
    if state_of(database, place.cycle.window_id) == "open":
        _answer(place, database)
    close_if_open(database, clock, place.cycle.window_id, slice_ballots=SLICE_BALLOTS)
    _deliver(place, database)


def _deliver(place: Place, database: Database) -> None:
    if place.settled:
        settings = load_settings({}, home=place.folder)
        embedded.settle(bootstrap.build(settings))
    else:
        deliver_by_relay(database, handlers(database, SystemClock(), place.keys))


def _answer(place: Place, database: Database) -> None:
    clock, box_keys = SystemClock(), BoxKeys(database)
    receipts = os.open(place.receipts, os.O_WRONLY | os.O_APPEND)
    for invitation in respondents(place.cycle):
        with database.read() as session:
            form = open_form(session, invitation.code_id)
        cast(database, clock, box_keys, form=form, answers=invitation.answers, begun_at=clock.now())
        os.write(receipts, f"{invitation.code_id}\n".encode())
    os.close(receipts)


def fresh_processes() -> ForkServerContext:
    """Return the maker of processes that share nothing but loaded modules with any other."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def run(context: ForkServerContext, place: Place, kill_at: int = 0) -> int:
    """Live in a fresh process; return its exit status."""
    process = context.Process(target=live, args=(place, kill_at), daemon=True)
    process.start()
    process.join(LIVES_WITHIN)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError("The life did not end.")
    return process.exitcode
