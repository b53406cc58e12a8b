"""A whole Sikte for tests: real database, real claims, real worker threads or processes, a clock that stands still."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from deploy import bootstrap, embedded
from deploy.bootstrap import Container
from deploy.clock import Deadlines
from shared.clock import FixedClock
from shared.config import load_settings
from shared.database.engine import Database
from shared.events.claims import Timing
from shared.events.quarantine import list_deliveries
from shared.sealing.keystore import KeyStore
from tests.support import processes
from tests.support.source import REPOSITORY

MOMENT = datetime(2026, 10, 12, 7, 0, tzinfo=UTC)
"""When tests begin: a Monday in October, nine o'clock in Sweden."""

QUICK = Timing(claim=5.0, renew=1.0, again=(0.05, 0.1, 0.2), after_outage=0.05)
SECRET = "only-for-tests-only-for-tests-only-for-tests"
SETTLES_WITHIN = 60.0


class Unsettled(AssertionError):
    """Deliveries failed, or were not done in time; the message lists them with their errors."""


@dataclass(frozen=True)
class House:
    """An embedded Sikte over ``container``'s database, without its server: a test runs the parts when it wants."""

    container: Container
    clock: FixedClock

    @property
    def database(self) -> Database:
        """The migrated database."""
        return self.container.database

    @property
    def keys(self) -> KeyStore:
        """The folder of private keys."""
        return self.container.keys

    def run_deliveries(self, timing: Timing = QUICK) -> None:
        """Do all the work that waits, with relay, broker and worker threads as the server has them.

        Raises ``Unsettled`` when something was quarantined.
        """
        with embedded.working(self.container, timing=timing, interval=0.01):
            wait_for_deliveries(self.database)

    def run_deadlines(self) -> int:
        """Open and close the windows whose time has come; return how many."""
        deadlines = Deadlines(self.database, self.clock)
        try:
            return deadlines.run_once()
        finally:
            deadlines.close()


@dataclass(frozen=True)
class Production:
    """A Sikte in production mode: PostgreSQL, Redis, and its own processes, started and ended by the test."""

    container: Container
    environment: Mapping[str, str]
    folder: Path

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run ``sikte`` with ``arguments`` (``"worker", "--threads", "2"``) inside the block."""
        log = self.folder / f"{arguments[0]}.log"
        command = [sys.executable, "-m", "deploy.cli.main", *arguments]
        environment = {**self.environment, "PYTHONPATH": str(REPOSITORY)}
        process = processes.start(command, log=log, environment=environment)
        try:
            yield process
        finally:
            processes.kill_tree(process)

    def wait(self) -> None:
        """Wait until the workers have done all deliveries. Raises ``Unsettled``."""
        wait_for_deliveries(self.container.database)


def make_house(home: Path, database_url: str) -> House:
    """Put a house together over an already migrated database, with a standing clock and new keys."""
    settings = load_settings({"SIKTE_HOME": str(home), "SIKTE_DATABASE_URL": database_url, "SIKTE_LANGUAGE": "en"})
    clock = FixedClock(MOMENT)
    container = replace(bootstrap.build(settings), clock=clock)
    bootstrap.prepare(container)
    return House(container, clock)


def make_production(folder: Path, database_url: str, redis_url: str) -> Production:
    """Put the settings of production mode together over an already migrated database."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    environment = {
        "SIKTE_MODE": "production",
        "SIKTE_DATABASE_URL": database_url,
        "SIKTE_REDIS_URL": redis_url,
        "SIKTE_KEYS": str(keys),
        "SIKTE_CODE_PEPPER": SECRET,
        "SIKTE_SECRET_KEY": SECRET,
        "SIKTE_SMTP_URL": "smtp://127.0.0.1:9?tls=none",
        "SIKTE_MAIL_FROM": "sikte@example.se",
        "SIKTE_LANGUAGE": "en",
    }
    container = bootstrap.build(load_settings(environment))
    bootstrap.prepare(container)
    bootstrap.ensure_dispatch_key(container)
    return Production(container, environment, folder)


def wait_for_deliveries(database: Database, seconds: float = SETTLES_WITHIN) -> None:
    """Wait until no delivery waits or runs. Raises ``Unsettled`` when some are quarantined or time is up."""
    deadline = time.monotonic() + seconds
    while True:
        with database.read() as session:
            left = list_deliveries(session)
        waiting = [row for row in left if row["state"] != "quarantined"]
        if not waiting or time.monotonic() > deadline:
            break
        time.sleep(0.01)
    if left:
        raise Unsettled(left)


def wait_until(database: Database, condition: Callable[[Session], bool], seconds: float = SETTLES_WITHIN) -> None:
    """Wait until ``condition`` holds in the database. Raises ``Unsettled`` when time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with database.read() as session:
            if condition(session):
                return
        time.sleep(0.01)
    raise Unsettled("the condition did not come true")
