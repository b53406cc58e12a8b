"""A respondent's site in production mode with servers of its own, and the load generator run against it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.database.engine import Database, open_database
from shared.database.migrate import upgrade
from tests.support import processes
from tests.support.load.figures import cpu_seconds
from tests.support.load.generator import Plan, Result
from tests.support.load.world import PEPPER, SECRET
from tests.support.servers import PostgresServer, RedisServer

ROOT = Path(__file__).parents[3]
COOKIE = "sikte-survey"
DEBIAN_DEFAULTS = {"shared_buffers": "128MB"}
_STOPS_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Site:
    """A running site: its port and the process that everything of it hangs below."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The address that its pages lie under."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds that site, database and generator used during a run of ``seconds``."""

    seconds: float
    site: float
    database: float
    generator: float

    def describe(self, submits: int) -> str:
        """Return the line it is reported with."""
        each = 1000 / max(submits, 1)
        return (
            f"  CPU: site {self.site / self.seconds:.0%}, database {self.database / self.seconds:.0%}, generator "
            f"{self.generator / self.seconds:.0%} of one core; per submit site {self.site * each:.2f} ms, database "
            f"{self.database * each:.2f} ms, generator {self.generator * each:.2f} ms"
        )


@contextlib.contextmanager
def migrated(server: PostgresServer) -> Iterator[Database]:
    """Lend a new database with all tables."""
    database = open_database(server.create_database())
    try:
        upgrade(database)
        yield database
    finally:
        database.dispose()


def settle(server: PostgresServer, database: Database) -> None:
    """Do at once what autovacuum and the checkpointer do in the days between issuing codes and answers."""
    name = str(database.engine.url.database)
    server.execute("VACUUM ANALYZE", name)
    server.execute("CHECKPOINT", name)


@contextlib.contextmanager
def production_site(database: Database, redis: RedisServer, folder: Path, *, workers: int) -> Iterator[Site]:
    """Run ``sikte web survey`` on ``database``, with nothing but the settings an administrator would give."""
    port = processes.free_port()
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "SIKTE_MODE": "production",
        "SIKTE_HOME": str(folder),
        "SIKTE_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "SIKTE_REDIS_URL": redis.url,
        "SIKTE_KEYS": str(keys),
        "SIKTE_CODE_PEPPER": PEPPER,
        "SIKTE_SECRET_KEY": SECRET,
        "SIKTE_SMTP_URL": "smtp://127.0.0.1:9?tls=none",
        "SIKTE_MAIL_FROM": "sikte@example.se",
        "SIKTE_SURVEY_URL": f"http://127.0.0.1:{port}",
    }
    command = [str(Path(sys.executable).with_name("sikte")), "web", "survey", "--port", str(port), "--workers"]
    with running([*command, str(workers)], port, folder / "site.log", settings) as site:
        yield site


@contextlib.contextmanager
def embedded_site(database: Database, home: Path) -> Iterator[Site]:
    """Run ``sikte serve`` on ``home``, whose database is ``database``: site, worker, clock and relay in one process."""
    port = processes.free_port()
    settings = {
        "SIKTE_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "SIKTE_CODE_PEPPER": PEPPER,
        "SIKTE_SECRET_KEY": SECRET,
        "SIKTE_SURVEY_URL": f"http://127.0.0.1:{port}",
    }
    command = [str(Path(sys.executable).with_name("sikte")), "--dir", str(home), "serve"]
    with running(command, port, home / "serve.log", settings) as site:
        yield site


@contextlib.contextmanager
def echo_site(folder: Path, *, workers: int) -> Iterator[Site]:
    """Run the bare loop over HTTP."""
    port = processes.free_port()
    command = [sys.executable, "-m", "tests.support.load.echo", str(port), str(workers)]
    with running(command, port, folder / "echo.log", {"PYTHONPATH": str(ROOT)}) as site:
        yield site


@contextlib.contextmanager
def running(command: Sequence[str], port: int, log: Path, settings: Mapping[str, str]) -> Iterator[Site]:
    """Run a site until the block ends; it sees none of the ``SIKTE_`` variables of this process."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIKTE_")}
    log.touch()
    process = processes.start(command, log=log, environment={**inherited, **settings})
    try:
        processes.wait_until(lambda: answers(port), process, log)
        yield Site(port, process)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOPS_WITHIN)
        processes.kill_tree(process)


def answers(port: int) -> bool:
    """Tell whether a site answers its first page, whatever it says."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def check_plan(
    site: Site, requests: Path, *, first: int, count: int, connections: int, seconds: float, rate: float | None = None
) -> Plan:
    """Return the plan of pupils ``first`` to ``first + count`` pressing Send on the check page."""
    return Plan(
        host="127.0.0.1",
        port=site.port,
        path="/check",
        cookie_name=COOKIE,
        requests=str(requests),
        first=first,
        count=count,
        connections=connections,
        seconds=seconds,
        rate=rate,
        status=303,
        location="/receipt",
    )


def generate(plan: Plan, folder: Path, site: Site, server: PostgresServer | None = None) -> tuple[Result, Usage]:
    """Run the generator in a process of its own and return what it saw and what it cost."""
    path = folder / "plan.json"
    path.write_text(json.dumps(asdict(plan)), "utf-8")
    pids = (site.process.pid, server.pid if server else None)
    began, before = time.monotonic(), [cpu_seconds(pid) if pid else 0.0 for pid in pids]
    own = os.times()
    subprocess.run([sys.executable, "-m", "tests.support.load.generator", str(path)], check=True, cwd=ROOT)
    generator = os.times().children_user + os.times().children_system - own.children_user - own.children_system
    used = [cpu_seconds(pid) - start if pid else 0.0 for pid, start in zip(pids, before, strict=True)]
    result = Result(**json.loads(path.with_suffix(".result.json").read_text("utf-8")))
    return result, Usage(result.seconds or time.monotonic() - began, used[0], used[1], generator)
