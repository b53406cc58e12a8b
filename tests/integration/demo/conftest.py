"""Demonstrations built by the command line itself, once per test process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[3]
SEED = "2026"


@dataclass(frozen=True)
class Demonstration:
    """A finished demonstration and what the command printed."""

    home: Path
    output: str

    def results(self, cycle: str, *options: str) -> list[dict[str, Any]]:
        """Return the rows that ``sikte results`` prints."""
        printed = run_sikte(self.home, "results", cycle, "--format", "json", *options)
        return json.loads(printed.stdout)


def run_sikte(home: Path, *arguments: str, status: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with nothing of this one's settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIKTE_")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", "--dir", str(home), *arguments],
        cwd=TOP,
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


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The small demonstration; tests only read it."""
    return build(tmp_path_factory.mktemp("demo") / "small", "small")


@pytest.fixture(scope="session")
def again(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The small demonstration once more, in the place of an earlier one; its open window may be answered."""
    home = tmp_path_factory.mktemp("demo") / "again"
    (home / "truth").mkdir(parents=True)
    (home / "truth" / "old.csv").write_text("old")
    (home / "demonstration.json").write_text('{"clock_offset_seconds": 0, "complete": false}')
    return build(home, "small")


@pytest.fixture(scope="session")
def municipality(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The demonstration that `make demo` builds; tests only read it."""
    return build(tmp_path_factory.mktemp("demo") / "municipality", "municipality")
