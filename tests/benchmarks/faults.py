"""The long storm: production mode under seeded kills for as long as one likes, with the oracle at the end.

Run as ``python -m tests.benchmarks.faults --seconds 600 --kills 100 --seed 7``; exit status 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import time

from tests.support.faults.production import production
from tests.support.faults.storm import PATIENCE, Storm, schedule
from tests.support.faults.words import say

CYCLES_PER_SECOND = 1.5


def main() -> int:
    """Run the storm that the arguments ask for and print its table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long the kills go on (default: 300)")
    parser.add_argument("--kills", type=int, default=30, help="kills of each victim (default: 30)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same schedule (default: 1)")
    options = parser.parse_args()
    say(f"seed {options.seed}, {options.kills} kills of each victim in {options.seconds:.0f} s")
    plan = schedule(options.seed, seconds=options.seconds, kills=options.kills)
    cycles = int(options.seconds * CYCLES_PER_SECOND)
    begun = time.monotonic()
    with production() as instance:
        storm = Storm(instance, seed=options.seed, cycles=cycles, patience=options.seconds + PATIENCE)
        report = storm.rage(plan)
    say(*report.lines(), f"took {time.monotonic() - begun:.0f} s")
    return 1 if report.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
