"""Times every page of the portal that a role reaches: ``python -m tests.benchmarks.portal [--units 60 5000]``."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy import Engine, event

from shared.i18n import speaking
from tests.benchmarks.world import build_home, world
from tests.support.every_page import reached
from tests.support.house import House
from tests.support.portal_site import Portal, Visitor, make_portal

OWN_UNITS = 60
BARS = {60: 50.0, 5000: 200.0}
"""Milliseconds at the server that a page may take, by how many units the municipality has."""

ROLES: tuple[tuple[str, tuple[tuple[str, str] | str, ...]], ...] = (
    ("officer", ("officer",)),
    ("principal", (("principal", "G01"),)),
    ("area head", (("area_head", "Skola norr"),)),
    ("board reader", ("board_reader",)),
    ("auditor", ("auditor",)),
)
WARM_UPS = 5
MOST_ROUNDS, FEWEST_ROUNDS = 200, 7
say = sys.stdout.write


@dataclass
class Timing:
    """What one page took, in milliseconds: the first time, then the median and 95th percentile of many."""

    role: str
    address: str
    first: float
    median: float = 0.0
    p95: float = 0.0
    work: float = 0.0
    queries: int = 0
    size: int = 0


@dataclass
class Watched:
    """A visitor whose first request to each address is timed."""

    visitor: Visitor
    first: dict[str, float] = field(default_factory=dict)

    def get(self, address: str, **options: object):
        """Ask for a page, and remember how long its first answer took."""
        begun = time.perf_counter()
        answer = self.visitor.get(address, **options)
        self.first.setdefault(address, (time.perf_counter() - begun) * 1000)
        return answer


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that are executed inside the block."""
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def main() -> int:
    """Print a table for each world; 1 when a page of a world takes longer than its bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", nargs="*", type=int, default=[60, 5000])
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--home", type=Path, help="a demonstration's folder, built there when it is empty")
    parser.add_argument("--seconds", type=float, default=1.0, help="that each page is asked for over and over")
    parser.add_argument("--only", default="", help="addresses that contain this")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    missed = 0
    with tempfile.TemporaryDirectory() as temporary:
        home = chosen.home or Path(temporary) / "home"
        build_home(home)
        for kind in chosen.database:
            for units in chosen.units:
                times = max(1, round(units / OWN_UNITS))
                with speaking("en"), world(home, Path(temporary), kind=kind, times=times) as house:
                    bar = next(bar for number, bar in BARS.items() if times * OWN_UNITS <= number * 1.1)
                    missed += _report(house, f"{kind}, {times * OWN_UNITS} units", bar, chosen)
    return 1 if missed else 0


def _report(house: House, heading: str, bar: float, chosen: argparse.Namespace) -> int:
    """Print the table of one world, slowest first, and return how many pages missed the bar."""
    portal, timings, broken = make_portal(house), [], 0
    for role, held in ROLES:
        for timing, status in _pages_of(portal, role, portal.visitor(*held), chosen):
            timings.append(timing)
            if status != 200:
                say(f"{role} {timing.address} answered {status}\n")
                broken += 1
    timings.sort(key=lambda timing: -timing.median)
    missed = sum(1 for timing in timings if timing.median > bar)
    say(f"\n{heading}; bar {bar:.0f} ms, {missed} of {len(timings)} pages miss it; load {os.getloadavg()[0]:.1f}\n")
    say(f"{'role':<13}{'median':>8}{'p95':>8}{'work':>8}{'first':>9}{'SQL':>5}{'KB':>6}{'of bar':>8}  address\n")
    for one in timings:
        figures = f"{one.median:>8.1f}{one.p95:>8.1f}{one.work:>8.1f}{one.first:>9.1f}{one.queries:>5}"
        say(f"{one.role:<13}{figures}{one.size / 1000:>6.0f}{one.median / bar:>8.2f}  {one.address}\n")
    return missed + broken


def _pages_of(portal: Portal, role: str, visitor: Visitor, chosen: argparse.Namespace) -> Iterator[tuple[Timing, int]]:
    watched = Watched(visitor)
    for page in list(reached(portal.app, watched, "/")):  # type: ignore[arg-type]  # it asks as a visitor does
        if chosen.only in page.address and not page.address.startswith("/public/"):
            timing = Timing(role, page.address, watched.first[page.address])
            _time(portal, visitor, timing, chosen.seconds)
            yield timing, page.status


def _time(portal: Portal, visitor: Visitor, timing: Timing, seconds: float) -> None:
    address = timing.address
    with counted(portal.house.database.engine) as statements:
        timing.size = len(visitor.get(address).data)
    timing.queries = len(statements)
    for _round in range(WARM_UPS - 1):
        visitor.get(address)
    times: list[float] = []
    work: list[float] = []
    ends = time.perf_counter() + seconds
    while len(times) < MOST_ROUNDS and (len(times) < FEWEST_ROUNDS or time.perf_counter() < ends):
        begun, worked = time.perf_counter(), time.thread_time()
        visitor.get(address)
        times.append((time.perf_counter() - begun) * 1000)
        work.append((time.thread_time() - worked) * 1000)
    timing.median, timing.work = statistics.median(times), statistics.median(work)
    timing.p95 = statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
