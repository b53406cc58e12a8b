"""How much memory Sikte holds while nobody does anything: ``python -m tests.benchmarks.idle``.

Embedded mode in its one process, and the respondent's site in production mode with two workers; each ten seconds after
its first answer and again after a hundred requests. RSS counts shared pages in every process, PSS shares them out.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from shared.database.engine import Database, open_database
from shared.database.migrate import upgrade
from tests.support.load.figures import machine, memory_mib, say
from tests.support.load.site import COOKIE, Site, embedded_site, migrated, production_site
from tests.support.load.world import build, ready_to_send
from tests.support.processes import descendants
from tests.support.servers import PostgresServer, RedisServer

IDLE_SECONDS = 10.0
WORKERS = 2
PUPILS = 10_000
REQUESTS = 100


def main() -> int:
    """Measure both modes and print what each process holds."""
    say(f"idle: {IDLE_SECONDS:.0f} s after the first answer, then after {REQUESTS} requests", *machine())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sikte-bench-")))
        requests = folder / "requests"
        database = stack.enter_context(_embedded_database(folder))
        _prepare(database, requests)
        site = stack.enter_context(embedded_site(database, folder))
        _measure("embedded, sikte serve", site, requests)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sikte-bench-")))
        requests = folder / "requests"
        server = stack.enter_context(PostgresServer())
        database = stack.enter_context(migrated(server))
        _prepare(database, requests)
        redis = stack.enter_context(RedisServer())
        site = stack.enter_context(production_site(database, redis, folder, workers=WORKERS))
        _measure(f"production, sikte web survey --workers {WORKERS}", site, requests)
    return 0


@contextlib.contextmanager
def _embedded_database(home: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{home / 'sikte.db'}")
    try:
        upgrade(database)
        yield database
    finally:
        database.dispose()


def _prepare(database: Database, requests: Path) -> None:
    build_for = build(database, PUPILS)
    ready_to_send(build_for, range(REQUESTS), requests)


def _measure(title: str, site: Site, requests: Path) -> None:
    time.sleep(IDLE_SECONDS)
    idle = _processes(site)
    _visit(site, requests)
    busy = _processes(site)
    say(f"{title}: PSS of all {sum(pss for _rss, pss in idle.values()):.0f} MiB idle")
    for pid, (rss, pss) in idle.items():
        rss_after, pss_after = busy.get(pid, (0.0, 0.0))
        what = "worker" if pid != min(idle) and len(idle) > 1 else "process"
        say(f"  {what}: RSS {rss:.0f}, PSS {pss:.0f} MiB; after requests RSS {rss_after:.0f}, PSS {pss_after:.0f} MiB")


def _processes(site: Site) -> dict[int, tuple[float, float]]:
    return {pid: memory_mib(pid) for pid in descendants(site.process.pid)}


def _visit(site: Site, requests: Path) -> None:
    """Ask in turn for the code page, a page of answered questions and the check page."""
    cookies = [line.split(" ")[0] for line in requests.read_text("ascii").splitlines()]
    for number, cookie in enumerate(cookies):
        path = ("/", "/questions/2", "/check")[number % 3]
        request = urllib.request.Request(f"{site.url}{path}", headers={"Cookie": f"{COOKIE}={cookie}"})  # noqa: S310  our own
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310  our own


if __name__ == "__main__":
    sys.exit(main())
