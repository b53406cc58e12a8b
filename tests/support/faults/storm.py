"""A storm of kills over a working production: whole cycles are lived while worker, relay, Redis and PostgreSQL die."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy import exists, func, select, update

from shared.clock import SystemClock
from shared.database.engine import Database
from shared.errors import Refused
from shared.events import quarantine
from shared.events.outages import persist
from shared.events.relay import EXPIRED
from shared.model.base import database_now
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle
from shared.model.events import Delivery
from shared.model.results import ResultSet
from tests.support.faults.casters import Casters, Outcome, over_use_case
from tests.support.faults.oracle import faults_of_count, quarantined, state_of, unfinished
from tests.support.faults.production import Process, Production
from tests.support.faults.world import PlannedCycle, build_organisation, plan_cycle

VICTIMS = ("worker", "relay", "redis", "postgresql")
LANES = 3
CASTERS_PER_CYCLE = 4
PATIENCE = 120.0
PROGRESS_WITHIN = 4.0
WORK_WITHIN = 2.0
UP_WITHIN = 15.0
FAR_AWAY = datetime(2999, 1, 1, tzinfo=UTC)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill of the schedule: ``moment`` in seconds from the start; an ``aimed`` one waits for work in progress."""

    moment: float
    victim: str
    aimed: bool


def schedule(seed: int, *, seconds: float, kills: int) -> list[Kill]:
    """Return ``kills`` kills of each victim over ``seconds``: the same for the same seed."""
    choose = random.Random(seed)
    plan = [
        Kill(choose.uniform(1.0, seconds), victim, aimed=victim != "redis" and number % 2 == 0)
        for victim in VICTIMS
        for number in range(kills)
    ]
    return sorted(plan, key=lambda kill: kill.moment)


@dataclass(slots=True)
class Report:
    """What the storm did, and what it broke."""

    kills: Counter[str] = field(default_factory=Counter)
    into_work: Counter[str] = field(default_factory=Counter)
    """Kills made while a delivery was claimed."""
    phases: Counter[str] = field(default_factory=Counter)
    """States of the cycles in progress at each kill."""
    cycles: int = 0
    acknowledged: int = 0
    resent: int = 0
    slowest: float = 0.0
    retried: int = 0
    """Deliveries that three kills had brought into quarantine and an operator's retry brought out again."""
    faults: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the report as lines of a table."""
        killed = ", ".join(
            f"{victim} {self.kills[victim]} ({self.into_work[victim]} with work in progress)" for victim in VICTIMS
        )
        return [
            f"kills: {killed}",
            f"windows at the kills: {', '.join(f'{state} {n}' for state, n in sorted(self.phases.items()))}",
            f"cycles lived: {self.cycles}, ballots acknowledged: {self.acknowledged}, sent again: {self.resent}",
            f"slowest answer: {self.slowest:.2f} s",
            f"deliveries retried from quarantine: {self.retried}",
            f"faults: {self.faults or 'none'}",
        ]


class Storm:
    """Lives ``cycles`` cycles in a few lanes at once, each as soon as the one before has its results."""

    def __init__(self, production: Production, *, seed: int, cycles: int, patience: float = PATIENCE) -> None:
        self.report = Report()
        self._production = production
        self._patience = patience
        self._database: Database = production.database
        self._choose = random.Random(seed)
        build_organisation(self._database)
        planned = [
            plan_cycle(self._database, f"storm-{n}", opens_at=FAR_AWAY, closes_at=FAR_AWAY + timedelta(days=1))
            for n in range(cycles)
        ]
        self._lanes = [
            threading.Thread(target=self._lane, args=(planned[n::LANES], self._choose.randrange(1 << 30)), daemon=True)
            for n in range(LANES)
        ]
        self._current: dict[int, PlannedCycle] = {}
        self._lived: list[tuple[PlannedCycle, set[UUID]]] = []
        self._own_failures: set[str] = set()
        self._over = threading.Event()
        self._seen = 0
        self._lock = threading.Lock()

    def rage(self, plan: list[Kill]) -> Report:
        """Kill by ``plan`` while the lanes go on, let everything settle, and judge."""
        self._production.keep()
        for lane in self._lanes:
            lane.start()
        begun = time.monotonic()
        for kill in plan:
            while time.monotonic() - begun < kill.moment:
                self._tend()
                time.sleep(0.05)
            self._strike(kill)
        self._over.set()
        self._settle()
        self._judge()
        return self.report

    def _strike(self, kill: Kill) -> None:
        # Kills that come faster than anything can happen in between would prove nothing on a slow machine.
        self._wait_for(lambda: self._ask(self._progress) != self._seen, PROGRESS_WITHIN)
        self._seen = self._ask(self._progress)
        if kill.aimed:
            self._wait_for(lambda: self._ask(self._working), WORK_WITHIN)
            time.sleep(self._choose.uniform(0.0, 0.05))
        self.report.kills[kill.victim] += 1
        self.report.into_work[kill.victim] += self._ask(self._working)
        self.report.phases.update(self._ask(self._phases))
        if kill.victim == "redis":
            self._production.kill_redis()
        elif kill.victim == "postgresql":
            self._production.kill_postgres(self._choose)
        else:
            self._kill_process(self._production.workers if kill.victim == "worker" else self._production.clocks)

    def _kill_process(self, candidates: list[Process]) -> None:
        """Kill one that has come up: whole, or of a worker its child alone."""
        self._wait_for(lambda: any(process.is_up for process in candidates), UP_WITHIN)
        victim = self._choose.choice([process for process in candidates if process.is_up] or candidates)
        if self._choose.random() < 0.5:
            victim.kill()
        else:
            victim.kill_child(self._choose)

    def _phases(self) -> list[str]:
        return [state_of(self._database, window_id) for window_id in list(self._current)]

    def _progress(self) -> int:
        """Return a number that grows with every receipt and every delivery done."""
        answered = select(func.count()).select_from(Code).where(Code.state.in_(("answered", "closed")))
        done = select(func.count()).select_from(Delivery).where(Delivery.done_at.is_not(None))
        with self._database.read() as session:
            return (session.scalar(answered) or 0) + (session.scalar(done) or 0)

    def _wait_for(self, holds: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not holds():
            self._tend()
            time.sleep(0.02)

    def _working(self) -> bool:
        running = exists().where(Delivery.claimed_until > database_now())
        with self._database.read() as session:
            return bool(session.scalar(select(running)))

    def _tend(self) -> None:
        """Do what a service manager and an operator do: start what ended, retry what three kills quarantined."""
        self._production.keep()
        for number in self._ask(lambda: quarantined(self._database)):
            self._ask(partial(self._retry, number))

    def _retry(self, delivery_id: int) -> None:
        try:
            with self._database.begin() as session:
                error = session.get_one(Delivery, delivery_id).error
                quarantine.retry(session, delivery_id, actor="test", at=SystemClock().now())
        except Refused:
            return  # the first try was committed, only its receipt was lost
        self.report.retried += 1
        if error != EXPIRED:
            self._own_failures.add(error)

    def _settle(self) -> None:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            self._tend()
            if not any(lane.is_alive() for lane in self._lanes) and not unfinished(self._database):
                return
            time.sleep(0.1)
        self.report.faults.append(f"not settled after {self._patience:.0f} s: {unfinished(self._database)}")

    def _judge(self) -> None:
        for cycle, thanked in self._lived:
            wrong = faults_of_count(self._database, self._production.keys, cycle, thanked)
            self.report.faults += [f"{cycle.key}: {fault}" for fault in wrong]
        self.report.faults += [f"a delivery failed by itself: {error}" for error in sorted(self._own_failures)]
        self.report.cycles = len(self._lived)
        self.report.acknowledged = sum(len(thanked) for _cycle, thanked in self._lived)

    def _lane(self, planned: list[PlannedCycle], seed: int) -> None:
        choose = random.Random(seed)
        try:
            for cycle in planned:
                if self._over.is_set():
                    return
                self._current[cycle.window_id] = cycle
                self._live(cycle, choose)
                del self._current[cycle.window_id]
        except Exception as error:  # noqa: BLE001  a lane that breaks off is a fault, not an accident of the test
            self.report.faults.append(f"lane broke off: {type(error).__name__}: {error}")

    def _live(self, cycle: PlannedCycle, choose: random.Random) -> None:
        """Live one cycle: opened, answered, closed in the midst of casting, counted, results computed."""
        now = SystemClock().now()
        self._set_times(cycle, opens_at=now, closes_at=now + timedelta(days=1))
        self._wait_until(lambda: state_of(self._database, cycle.window_id) == "open")
        order = list(cycle.invitations)
        choose.shuffle(order)
        pause = choose.uniform(0.02, 0.12)
        casters = Casters(
            over_use_case(self._database, SystemClock()), order, number=CASTERS_PER_CYCLE, pause=pause, double=10
        )
        casters.start()
        casters.wait_for(choose.randrange(40, 100), self._patience)
        self._set_times(cycle, opens_at=now, closes_at=SystemClock().now() + timedelta(seconds=0.5))
        self._wait_until(lambda: state_of(self._database, cycle.window_id) in {"closed", "counted"})
        casters.stop()
        self._note(cycle, casters.join(self._patience))
        self._wait_until(lambda: self._has_results(cycle))

    def _note(self, cycle: PlannedCycle, outcome: Outcome) -> None:
        with self._lock:
            self._lived.append((cycle, set(outcome.thanked)))
            self.report.resent += outcome.retries
            self.report.slowest = max(self.report.slowest, outcome.slowest)
            self.report.faults += [f"{cycle.key}: caster: {error}" for error in outcome.errors]

    def _set_times(self, cycle: PlannedCycle, *, opens_at: datetime, closes_at: datetime) -> None:
        change = update(CollectionWindow).where(CollectionWindow.id == cycle.window_id)

        def write() -> None:
            with self._database.begin() as session:
                session.execute(change.values(opens_at=opens_at, closes_at=closes_at))

        self._ask(write)

    def _has_results(self, cycle: PlannedCycle) -> bool:
        with self._database.read() as session:
            return bool(session.scalar(select(exists().where(ResultSet.cycle_id == Cycle.id, Cycle.key == cycle.key))))

    def _wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self._patience
        while not self._ask(holds):
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.05)

    def _ask(self, action: Callable[[], T]) -> T:
        """Ask the database for as long as it takes to come back."""
        return persist(action, seconds=self._patience, pause=0.05)
