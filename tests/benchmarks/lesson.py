"""What a class of thirty waits for when all press Send at the same instant: ``python -m tests.benchmarks.lesson``.

Twenty lessons one after another against the site in production mode; prints figures and asserts nothing about time.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from tests.support.load import oracle
from tests.support.load.figures import machine, percentile, say
from tests.support.load.lesson import press_send
from tests.support.load.site import DEBIAN_DEFAULTS, check_plan, migrated, production_site, settle
from tests.support.load.world import build, ready_to_send
from tests.support.servers import PostgresServer, RedisServer

CLASS = 30
LESSONS = 20
WORKERS = 2


def main() -> int:
    """Hold the lessons; end with 1 only when a pupil met an error or a ballot is lost, doubled or changed."""
    say(f"lesson: {CLASS} pupils press Send at once, {LESSONS} times, two site workers", *machine())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sikte-bench-")))
        server = stack.enter_context(PostgresServer(fsync=True, settings=DEBIAN_DEFAULTS))
        database = stack.enter_context(migrated(server))
        world = build(database, CLASS * LESSONS, class_size=CLASS)
        ready_to_send(world, range(CLASS * LESSONS), folder / "requests")
        settle(server, database)
        redis = stack.enter_context(RedisServer())
        site = stack.enter_context(production_site(database, redis, folder, workers=WORKERS))
        plans = [
            check_plan(site, folder / "requests", first=first, count=CLASS, connections=CLASS, seconds=0.0)
            for first in range(0, CLASS * LESSONS, CLASS)
        ]
        lessons = [press_send(plan) for plan in plans]
        stored = [
            lesson * CLASS + seat
            for lesson, all_sent in enumerate(lessons)
            for seat, sent in enumerate(all_sent)
            if (sent.status, sent.location) == (303, "/receipt")
        ]
        finding = oracle.examine(world, stored, sample=None)
    waits = [sent.milliseconds for all_sent in lessons for sent in all_sent]
    last = [max(sent.milliseconds for sent in all_sent) for all_sent in lessons]
    say(
        f"{len(stored)} of {CLASS * LESSONS} got the receipt; median wait {percentile(waits, 0.5):.0f} ms",
        f"the last of a class: median {percentile(last, 0.5):.0f} ms, worst {max(last):.0f} ms",
        str(finding),
    )
    return 1 if finding.faults or len(stored) < CLASS * LESSONS else 0


if __name__ == "__main__":
    sys.exit(main())
