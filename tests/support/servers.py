"""Throw-away PostgreSQL and Redis servers: real ones, ready in under a second, that tests may kill and restart."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import ClassVar, Self

import psycopg
import redis

from tests.support import processes
from tests.support.processes import MissingProgram

USER = "sikte"
STOPS_WITHIN = 30.0


def postgres_binaries() -> Path:
    """Return the folder of the newest PostgreSQL on this machine.

    Raises:
        MissingProgram: there is none.
    """
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise MissingProgram("PostgreSQL", "postgresql")
    return versions[-1].parent


class Server(ABC):
    """A server process in a folder of its own under the temporary folder; a context manager that cleans up."""

    stop_signals: ClassVar[Mapping[str, signal.Signals]]
    process: subprocess.Popen[bytes] | None = None

    def __init__(self, name: str, *, user: str | None = None) -> None:
        # The folder lies directly under the temporary folder because a socket's path may have 107 characters only.
        self.directory = Path(tempfile.mkdtemp(prefix=f"sikte-{name}-"))
        self.user = user
        processes.own(self.directory, user)
        self.log = self.directory / "server.log"
        self.log.touch()
        processes.own(self.log, user)
        self.port = processes.free_port()

    @abstractmethod
    def command(self) -> list[str]:
        """Return what starts the server in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Tell whether the server takes connections."""

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self.process is None:
            raise RuntimeError("The server does not run.")
        return self.process.pid

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            ServerFailed: it ended or did not answer; the message carries its log.
        """
        self.process = processes.start(self.command(), log=self.log, user=self.user)
        try:
            processes.wait_until(self.answers, self.process, self.log)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End the server and its children with SIGKILL: nothing is flushed, nobody is told."""
        if self.process is not None:
            processes.kill_tree(self.process)
            self.process = None

    def stop(self, mode: str = "fast") -> None:
        """Ask the server to end, in one of the ways of ``stop_signals``, and wait; kill it when it does not."""
        if self.process is None:
            return
        self.process.send_signal(self.stop_signals[mode])
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def restart(self) -> None:
        """Start the server again on the same port and data, stopping it first if it runs."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End the server and remove all it wrote."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start the server."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""
        self.close()


class PostgresServer(Server):
    """A PostgreSQL cluster on 127.0.0.1 and on a socket in its own folder, trusting every local connection.

    Args:
        fsync: whether commits reach the disk; off, since most tests do not cut the power.
        settings: further settings, such as ``{"wal_level": "logical", "shared_buffers": "64MB"}``.
    """

    # smart waits for clients, fast ends them, immediate aborts and recovers at the next start
    stop_signals = MappingProxyType({"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT})

    def __init__(self, *, fsync: bool = False, settings: Mapping[str, str] | None = None) -> None:
        self.binaries = postgres_binaries()
        # PostgreSQL refuses to run as root, which continuous integration is.
        super().__init__("postgres", user="postgres" if os.geteuid() == 0 else None)
        self.settings = {
            "listen_addresses": "127.0.0.1",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "fsync": "on" if fsync else "off",
            "full_page_writes": "on" if fsync else "off",
            **(settings or {}),
        }
        self.data_dir = self.directory / "data"
        self._numbers = itertools.count(1)
        try:
            self._initialise()
        except BaseException:
            self.close()
            raise

    def _initialise(self) -> None:
        made = subprocess.run(
            [
                str(self.binaries / "initdb"),
                *("--pgdata", str(self.data_dir), "--username", USER, "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"),
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **processes.identity(self.user),  # type: ignore[call-overload]
        )
        if made.returncode:
            raise processes.ServerFailed(made.stderr)

    def command(self) -> list[str]:
        """Return the postmaster with its settings."""
        settings = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        place = ["-D", str(self.data_dir), "-k", str(self.directory), "-p", str(self.port)]
        return [str(self.binaries / "postgres"), *place, *settings]

    def answers(self) -> bool:
        """Tell whether it takes connections (not so while it recovers)."""
        try:
            self._connect(connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self, **options: object) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.dsn(), autocommit=True, **options)  # type: ignore[arg-type]

    def dsn(self, database: str = "postgres") -> str:
        """Return what psycopg itself takes to reach ``database``, over the socket."""
        return f"host={self.directory} port={self.port} user={USER} dbname={database}"

    def url(self, database: str) -> str:
        """Return SQLAlchemy's URL of ``database``, over TCP."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement as superuser, outside any transaction, and return its rows."""
        with contextlib.closing(psycopg.connect(self.dsn(database), autocommit=True)) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def create_database(self, template: str = "template0") -> str:
        """Make a new database, a copy of ``template`` (a database's name or URL), and return its URL."""
        name = f"sikte_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template.rpartition('/')[2]}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove the database behind ``url``, ending its connections."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def close(self) -> None:
        """End the cluster, remove it, and the shared memory that a killed postmaster leaves behind."""
        self.kill()
        with contextlib.suppress(OSError, IndexError):
            segment = (self.data_dir / "postmaster.pid").read_text().splitlines()[6].split()[1]
            subprocess.run(["ipcrm", "-m", segment], check=False, capture_output=True)
        super().close()


class RedisServer(Server):
    """A Redis server on 127.0.0.1 that keeps nothing on disk unless ``arguments`` say so.

    Args:
        arguments: further arguments, such as ``["--appendonly", "yes", "--maxmemory", "10mb"]``; the last one wins.
    """

    stop_signals = MappingProxyType({"fast": signal.SIGTERM})

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise MissingProgram("Redis", "redis-server")
        super().__init__("redis")
        self.program = program
        self.arguments = list(arguments)

    def command(self) -> list[str]:
        """Return the server with its settings."""
        place = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.directory)]
        return [self.program, *place, "--save", "", "--appendonly", "no", *self.arguments]

    @property
    def url(self) -> str:
        """The URL that redis-py and Dramatiq take."""
        return f"redis://127.0.0.1:{self.port}/0"

    @contextlib.contextmanager
    def client(self) -> Iterator[redis.Redis]:
        """Lend a connected client."""
        with contextlib.closing(redis.Redis.from_url(self.url)) as client:
            yield client

    def answers(self) -> bool:
        """Tell whether it takes commands (not so while it loads its data)."""
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        """Forget everything, as a restart without persistence does."""
        with self.client() as client:
            client.flushall()
