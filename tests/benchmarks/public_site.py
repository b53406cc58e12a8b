"""Times the public site, its making and its pages: ``python -m tests.benchmarks.public_site [UNITS …]``."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from tests.support.house import House, make_house
from tests.support.migrated import migrated_file
from tests.support.public_site import contents, make, pages, visitor
from tests.support.published import PUBLIC_AT, Written, units, write_publication

COMPARED = "en/compare?unit=U0001&unit=U0004"
ADDRESSES = (
    "en/",
    "en/units/U0001/",
    "en/units/U0001/elev/",
    "en/search?q=enheten",
    "en/compare?unit=U0001&unit=U0004",
)
ROUNDS = 200
say = sys.stdout.write


def main() -> int:
    """Print the figures for each number of units."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("units", nargs="*", type=int, default=[60, 1000])
    for number in parser.parse_args().units:
        with tempfile.TemporaryDirectory() as folder:
            house = make_house(Path(folder) / "home", f"sqlite:///{migrated_file(Path(folder))}")
            house.clock.instant = PUBLIC_AT.replace(day=2)
            measure(house, number)
            house.database.dispose()
    return 0


def measure(house: House, number: int) -> None:
    """Make the site of three years of so many units, then ask for its pages."""
    for year in (2024, 2025):
        at = PUBLIC_AT.replace(year=year)
        with house.database.begin() as session:
            earlier = Written(cycle=f"enkat-{year}", year=year, units=units(number), areas=8, goes_public_at=at)
            write_publication(session, earlier)
    with house.database.begin() as session:
        publication = write_publication(session, Written(units=units(number), areas=8))
    begun, worked = time.perf_counter(), time.process_time()
    make(house, publication)
    wall, work = time.perf_counter() - begun, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    files = contents(house.database)
    sizes = [len(content) for _path, content in pages(files)]
    say(f"{number} units: {wall:.1f} s ({work:.1f} s of work), {len(files)} files, {len(sizes)} pages, ")
    say(f"largest page {max(sizes) / 1000:.0f} kB, median {median(sizes) / 1000:.0f} kB, peak memory {memory:.0f} MB\n")
    site = visitor(house)
    for address in ADDRESSES:
        times = []
        for _round in range(ROUNDS):
            started = time.perf_counter()
            assert site.get(f"/public/{address}", headers={"Accept-Encoding": "gzip"}).status_code == 200
            times.append((time.perf_counter() - started) * 1000)
        say(f"  {address}: median {median(times):.2f} ms, 99 % within {quantiles(times, n=100)[-1]:.2f} ms\n")


if __name__ == "__main__":
    sys.exit(main())
