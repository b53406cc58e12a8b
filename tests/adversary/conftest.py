"""A PostgreSQL server that keeps its whole log, and the tables of attacks at the end of the run.

``ADVERSARY_SIZE=full`` attacks larger municipalities, ``ADVERSARY_SEED=N`` repeats a run's arrivals and answers.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import DATABASES, unavailable
from tests.support.adversary.postgresql import SETTINGS
from tests.support.processes import MissingProgram
from tests.support.servers import PostgresServer

_PROPERTY = "attacks"


@pytest.fixture(scope="module")
def logging_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that throws nothing away."""
    try:
        server = PostgresServer(settings=SETTINGS)
    except MissingProgram as missing:
        unavailable(missing)
        return
    with server:
        yield server


@pytest.fixture(params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture
def seed() -> int:
    """A new seed for each test; ``ADVERSARY_SEED`` repeats one (arrival, answers and think times; not the secrets)."""
    return int(os.environ.get("ADVERSARY_SEED") or secrets.randbits(32))


@pytest.fixture
def show(record_property: Callable[[str, object], None], seed: int) -> Callable[[str], None]:
    """Show a table of attacks at the end of the run, whether the test passed or not."""
    return lambda table: record_property(_PROPERTY, f"seed {seed}: {table}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was attacked with what success."""
    reports = [
        report for some in terminalreporter.stats.values() for report in some if hasattr(report, "user_properties")
    ]
    tables = {(report.nodeid, text) for report in reports for name, text in report.user_properties if name == _PROPERTY}
    for place, table in sorted(tables):
        terminalreporter.write_line(f"{place.rpartition('::')[2]}\n{table}")
