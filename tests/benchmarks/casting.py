"""How many submits a second the respondent's site takes in production mode, and what each respondent waits for.

``python -m tests.benchmarks.casting --seconds 60``. PostgreSQL, site and load generator share this machine's cores.
Prints figures and asserts nothing about time; ends with 1 only when the oracle finds a ballot lost, doubled or changed.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.load import bare_database, oracle
from tests.support.load.figures import describe, machine, say
from tests.support.load.generator import Result
from tests.support.load.site import (
    DEBIAN_DEFAULTS,
    Site,
    Usage,
    check_plan,
    echo_site,
    generate,
    migrated,
    production_site,
    settle,
)
from tests.support.load.world import World, build, ready_to_send
from tests.support.servers import PostgresServer, RedisServer

WORKERS = 2
CLOSED_CONNECTIONS = 32
OPEN_CONNECTIONS = 128
WARM_UP = 600
BARE_CASTS = 20_000
ECHO_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What the runs share."""

    folder: Path
    server: PostgresServer
    world: World
    requests: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the closed and the open model, the oracle and both bare loops; print each as soon as it is known."""
    options = _options(arguments)
    say("casting: 40 items, sealed, PostgreSQL with fsync on, two site workers", *machine())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sikte-bench-")))
        server = stack.enter_context(PostgresServer(fsync=True, settings=DEBIAN_DEFAULTS))
        database = stack.enter_context(migrated(server))
        closed, opened = options.codes, int(options.seconds * options.rate)
        bench = _prepare(folder, server, build(database, WARM_UP + closed + opened))
        redis = stack.enter_context(RedisServer())
        site = stack.enter_context(production_site(database, redis, folder, workers=WORKERS))
        acknowledged = _submits(bench, site, options, closed, opened)
        finding = oracle.examine(bench.world, acknowledged)
        say(str(finding))
        _bare_loops(bench, len(acknowledged))
    return 1 if finding.faults else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each run")
    parser.add_argument("--rate", type=float, default=550.0, help="arrivals a second in the open model")
    parser.add_argument("--codes", type=int, default=0, help="codes for the closed model (default: 1 500 a second)")
    options = parser.parse_args(arguments)
    options.codes = options.codes or int(1_500 * options.seconds)
    return options


def _prepare(folder: Path, server: PostgresServer, world: World) -> Bench:
    began = time.monotonic()
    requests = folder / "requests"
    ready_to_send(world, range(len(world.code_ids)), requests)
    settle(server, world.database)
    seconds = time.monotonic() - began
    say(f"{len(world.code_ids)} pupils have answered forty items (drafts stored in {seconds:.0f} s)")
    return Bench(folder, server, world, requests)


def _submits(bench: Bench, site: Site, options: argparse.Namespace, closed: int, opened: int) -> list[int]:
    """Return the serials acknowledged in warm-up, closed and open model."""
    acknowledged = []
    runs = (
        ("warm-up", 0, WARM_UP, CLOSED_CONNECTIONS, None),
        (f"closed model, {CLOSED_CONNECTIONS} connections", WARM_UP, closed, CLOSED_CONNECTIONS, None),
        (f"open model, {options.rate:.0f} arrivals/s", WARM_UP + closed, opened, OPEN_CONNECTIONS, options.rate),
    )
    for title, first, count, connections, rate in runs:
        plan = check_plan(
            site,
            bench.requests,
            first=first,
            count=count,
            connections=connections,
            seconds=options.seconds,
            rate=rate,
        )
        result, usage = generate(plan, bench.folder, site, bench.server)
        acknowledged += result.acknowledged
        if title != "warm-up":
            _tell(title, result, usage)
    return acknowledged


def _tell(title: str, result: Result, usage: Usage) -> None:
    say(*describe(title, result), usage.describe(len(result.acknowledged)))


def _bare_loops(bench: Bench, submits: int) -> None:
    """Run the same statements without HTTP, and the same HTTP without statements."""
    with migrated(bench.server) as database:
        world = build(database, BARE_CASTS)
        ready_to_send(world, range(BARE_CASTS), bench.folder / "bare")
        settle(bench.server, database)
        result = bare_database.run(bench.server.dsn(str(database.engine.url.database)), world, WORKERS)
    say(*describe(f"bare loop, {WORKERS} connections, the same statements by psycopg", result))
    with echo_site(bench.folder, workers=WORKERS) as echo:
        plan = check_plan(
            echo,
            bench.requests,
            first=0,
            count=submits,
            connections=CLOSED_CONNECTIONS,
            seconds=ECHO_SECONDS,
        )
        _tell("bare loop, Flask under granian that does nothing", *generate(plan, bench.folder, echo))


if __name__ == "__main__":
    sys.exit(main())
