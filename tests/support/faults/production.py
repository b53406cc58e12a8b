"""Production mode on one machine: PostgreSQL, Redis and the product's own processes, to be killed and restarted."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from shared.database.engine import Database, open_database
from shared.database.migrate import upgrade
from shared.sealing.keystore import KeyStore
from tests.support import processes
from tests.support.faults.world import PEPPER
from tests.support.servers import PostgresServer, RedisServer

SETTLES_WITHIN = 30.0
WORKER_THREADS = 3
CLOCK_THREADS = 2
"""How many threads a process has, at the least, once it is at work."""
POOL = 24


def _threads(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return 0


class Process:
    """One of the product's processes, started again whenever it has ended, as a service manager would."""

    def __init__(self, name: str, arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self._threads = WORKER_THREADS if name.startswith("worker") else CLOCK_THREADS
        self.starts = 0
        self._command = [sys.executable, "-m", "tests.support.faults.hurried", *arguments]
        self._environment = environment
        self.log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def set(self, **environment: str) -> None:
        """Give it further variables from its next start on."""
        self._environment = self._environment | environment

    def unset(self, name: str) -> None:
        """Take a variable away from its next start on."""
        self._environment = {key: value for key, value in self._environment.items() if key != name}

    @property
    def is_up(self) -> bool:
        """Whether it has finished starting: it, or its child, runs the threads it does its work with."""
        if self._process is None or self._process.poll() is not None:
            return False
        return any(_threads(pid) >= self._threads for pid in processes.descendants(self._process.pid))

    def keep(self) -> None:
        """Start it unless it runs."""
        if self._process is None or self._process.poll() is not None:
            self._process = processes.start(self._command, log=self.log, environment=self._environment)
            self.starts += 1

    def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        if self._process is not None:
            processes.kill_tree(self._process)

    def kill_child(self, choose: random.Random) -> None:
        """End one of its children at once, as the kernel does when memory is short; all of it when it has none."""
        children = processes.descendants(self._process.pid)[1:] if self._process else []
        if not children:
            self.kill()
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(choose.choice(children), signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait; kill it when it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(SETTLES_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()


class Production:
    """The servers, two workers and two clocks, and the database as the test's own casters see it."""

    def __init__(self, postgres: PostgresServer, redis: RedisServer, folder: Path) -> None:
        self.postgres = postgres
        self.redis = redis
        self.folder = folder
        self.url = postgres.create_database()
        self.keys = KeyStore(folder / "keys")
        self.keys.folder.mkdir()
        self.database: Database = open_database(self.url, pool_size=POOL)
        upgrade(self.database)
        environment = self._environment()
        self.workers = [self._process(f"worker-{n}", ["worker", *ONE_AT_A_TIME], environment) for n in (1, 2)]
        self.clocks = [self._process(f"clock-{n}", ["clock"], environment) for n in (1, 2)]

    def _process(self, name: str, arguments: list[str], environment: dict[str, str]) -> Process:
        return Process(name, arguments, self.folder, environment)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator does, and return what it said."""
        return subprocess.run(
            [sys.executable, "-m", "tests.support.faults.hurried", *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SIKTE_")}
        return kept | {
            "SIKTE_MODE": "production",
            "SIKTE_DATABASE_URL": self.url,
            "SIKTE_REDIS_URL": self.redis.url,
            "SIKTE_KEYS": str(self.keys.folder),
            "SIKTE_CODE_PEPPER": PEPPER.decode(),
            "SIKTE_SECRET_KEY": "faults-secret-faults-secret-faults",
            "SIKTE_SMTP_URL": "smtp://127.0.0.1:9?tls=none",
            "SIKTE_MAIL_FROM": "sikte@example.se",
            "SIKTE_LANGUAGE": "en",
            "OPENBLAS_NUM_THREADS": "1",
            "dramatiq_restart_delay": "200",
            "PYTHONPATH": str(REPOSITORY),
        }

    @property
    def processes(self) -> list[Process]:
        """The product's own processes."""
        return [*self.workers, *self.clocks]

    def keep(self) -> None:
        """Start what has ended."""
        for process in self.processes:
            process.keep()

    def kill_redis(self) -> None:
        """End Redis at once and start it again: it has forgotten everything."""
        self.redis.kill()
        self.redis.start()

    def kill_postgres(self, choose: random.Random) -> None:
        """Abort PostgreSQL, by its own immediate stop or with SIGKILL, and start it again after a moment."""
        if choose.random() < 0.5:
            self.postgres.stop("immediate")
        else:
            self.postgres.kill()
        time.sleep(choose.uniform(0.0, 0.3))
        self.postgres.start()

    def close(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.stop()
        self.database.dispose()


REPOSITORY = Path(__file__).resolve().parents[3]
ONE_AT_A_TIME = ["--processes", "1", "--threads", "1"]


@contextlib.contextmanager
def production() -> Iterator[Production]:
    """Set all of it up but the product's processes, with a PostgreSQL that syncs, and take it down again."""
    with (
        tempfile.TemporaryDirectory(prefix="sikte-faults-") as folder,
        PostgresServer(fsync=True) as postgres,
        RedisServer() as redis,
    ):
        instance = Production(postgres, redis, Path(folder))
        try:
            yield instance
        finally:
            instance.close()
