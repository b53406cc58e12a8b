"""Figures of a run: rates, percentiles, processor time and memory of process trees, and the machine they are from."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.support.load.generator import Result
from tests.support.processes import descendants

_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1024.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of ``values`` do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else math.nan


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and all below it have used, those that have ended included."""
    total = 0
    for member in descendants(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICKS


def memory_mib(pid: int) -> tuple[float, float]:
    """Return resident and proportional memory (shared pages divided among their users) of one process, in MiB."""
    values = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _colon, rest = line.partition(":")
        values[name] = int(rest.split()[0]) / _MIB
    return values["Rss"], values["Pss"]


def describe(title: str, result: Result) -> list[str]:
    """Return the lines that a run of the generator is reported with."""
    rate = len(result.acknowledged) / result.seconds if result.seconds else 0.0
    times = [percentile(result.latencies, share) for share in (0.5, 0.95, 0.99, 1.0)]
    failed = f"{sum(result.failures.values())} {result.failures}" if result.failures else "0"
    return [
        f"{title}: {len(result.acknowledged)} in {result.seconds:.1f} s = {rate:.0f}/s",
        f"  slowest second {slowest_second(result)}/s, failed {failed}, not sent in time {result.unsent}",
        "  p50 {:.1f} ms, p95 {:.1f} ms, p99 {:.1f} ms, max {:.1f} ms".format(*times),
    ]


def say(*lines: str) -> None:
    """Print lines at once, since a benchmark takes minutes."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def slowest_second(result: Result) -> int:
    """Return the fewest acknowledgements in any whole second of the run."""
    whole = int(result.seconds)
    seconds = Counter(int(moment) for moment in result.finished)
    return min((seconds[second] for second in range(whole)), default=len(result.finished))


def machine() -> list[str]:
    """Return what figures must be read with: date, cores, memory, system, versions and the load already there."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    cores = len(os.sched_getaffinity(0))
    language = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cores} cores, {memory:.0f} GiB, {system}, {language}",
        f"load average before: {os.getloadavg()[0]:.2f}",
    ]
