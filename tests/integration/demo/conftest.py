"""Demonstrations built by the command line itself; the small one is the same for all tests that only read it."""

from __future__ import annotations

import pytest

from tests.support.demonstration import Demonstration, build, small_demonstration


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The small demonstration; tests only read it."""
    return small_demonstration(tmp_path_factory)


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
