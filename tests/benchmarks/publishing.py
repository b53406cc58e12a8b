"""Times a publication, from the order to a stranger's first page: ``python -m tests.benchmarks.publishing``."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import delete, func, select

from admin_portal.publishing.publication import publish_cycle
from deploy.demo.plans import CURRENT
from shared.database.engine import Database
from shared.i18n import speaking
from shared.model.cycles import Cycle
from shared.model.releases import Publication, PublicEdition, PublicFile, PublicPath, PublishedDocument
from tests.benchmarks.portal import OWN_UNITS
from tests.benchmarks.world import build_home, world
from tests.support.house import House
from tests.support.portal_site import make_portal
from tests.support.public_site import make

BAR_UNITS, BAR_SECONDS = 60, 5.0
say = sys.stdout.write


@dataclass
class Clocked:
    """Seconds on the wall, and of this process's work."""

    wall: float = 0.0
    work: float = 0.0


@contextmanager
def clocked() -> Iterator[Clocked]:
    """Time the block."""
    found, begun, worked = Clocked(), time.perf_counter(), time.process_time()
    yield found
    found.wall, found.work = time.perf_counter() - begun, time.process_time() - worked


def main() -> int:
    """Print the figures of each world; 1 when 60 units take longer than the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", nargs="*", type=int, default=[60, 1000])
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--home", type=Path, help="a demonstration's folder, built there when it is empty")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    late = False
    with tempfile.TemporaryDirectory() as temporary:
        home = chosen.home or Path(temporary) / "home"
        build_home(home)
        for kind in chosen.database:
            for units in chosen.units:
                times = max(1, round(units / OWN_UNITS))
                with speaking("en"), world(home, Path(temporary), kind=kind, times=times) as house:
                    seconds = _publish(house, f"{kind}, {times * OWN_UNITS} units")
                    late = late or (times * OWN_UNITS <= BAR_UNITS and seconds > BAR_SECONDS)
    return 1 if late else 0


def _publish(house: House, heading: str) -> float:
    """Publish the newest cycle anew beside two earlier ones, and return the seconds until everyone may read it."""
    _forget(house.database)
    with clocked() as copied:
        made = publish_cycle(
            house.database,
            house.clock,
            cycle_key=CURRENT,
            goes_public_at=None,
            reason="",
            actor="benchmark",
            unaudited=True,
        )
    with clocked() as rendered:
        make(house, made.id)
    visitor = make_portal(house).app.test_client()
    with clocked() as served:
        status = visitor.get("/public/en/").status_code
    with house.database.read() as session:
        files = session.scalar(select(func.count()).select_from(PublicPath))
        largest = session.scalar(select(func.max(func.length(PublicFile.body))))
    seconds = copied.wall + rendered.wall + served.wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{heading}: {seconds:.1f} s until a stranger's page answered {status} (load {os.getloadavg()[0]:.1f})\n")
    say(f"  rows copied {copied.wall:.1f} s ({copied.work:.1f} of work), {made.documents} documents\n")
    say(f"  site made {rendered.wall:.1f} s ({rendered.work:.1f} of work), {files} files, ")
    say(f"largest packed {largest} bytes\n")
    say(f"  peak memory {memory:.0f} MB, seeding included\n")
    return seconds


def _forget(database: Database) -> None:
    """Take the newest cycle's publication and all made sites out of the world, as if it were about to be published."""
    with database.begin() as session:
        mine = select(Publication.id).join(Cycle, Cycle.id == Publication.cycle_id).where(Cycle.key == CURRENT)
        numbers = session.scalars(mine).all()
        for table in (PublicPath, PublicEdition, PublicFile):
            session.execute(delete(table))
        session.execute(delete(PublishedDocument).where(PublishedDocument.publication_id.in_(numbers)))
        session.execute(delete(Publication).where(Publication.id.in_(numbers)))


if __name__ == "__main__":
    sys.exit(main())
