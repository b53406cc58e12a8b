"""The demonstration, built by the command line itself: the small one once for all the processes of a test run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.support.source import REPOSITORY

SEED = "2026"
_OUTPUT = "demonstration.txt"


@dataclass(frozen=True)
class Demonstration:
    """A finished demonstration and what the command printed."""

    home: Path
    output: str

    def results(self, cycle: str, *options: str) -> list[dict[str, Any]]:
        """Return the rows that ``sikte results`` prints."""
        printed = run_sikte(self.home, "results", cycle, "--format", "json", *options)
        rows: list[dict[str, Any]] = json.loads(printed.stdout)
        return rows


def run_sikte(home: Path, *arguments: str, status: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with nothing of this one's settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIKTE_")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", "--dir", str(home), *arguments],
        cwd=REPOSITORY,
        env=environment | {"SIKTE_LANGUAGE": "en", "PYTHONIOENCODING": "utf-8"} | variables,
        capture_output=True,
        encoding="utf-8",
        timeout=400,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done


def build(home: Path, size: str) -> Demonstration:
    """Build a demonstration."""
    return Demonstration(home, run_sikte(home, "demo", "--size", size, "--seed", SEED).stdout)


def small_demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """Return the small demonstration, built by the first process that asks; nobody may write to it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home, said = shared / "small-demonstration", shared / _OUTPUT
    with FileLock(shared / "small-demonstration.lock"):
        if not said.exists():
            said.write_text(build(home, "small").output, "utf-8")
    return Demonstration(home, said.read_text("utf-8"))
