"""What every test gets: servers and a browser of its own session, a marker by folder, fair hypothesis settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page

from tests.support import browser as browsers
from tests.support.processes import MissingProgram
from tests.support.servers import PostgresServer, RedisServer

TESTS = Path(__file__).parent
DATABASES = ("sqlite", "postgresql")

# A shared core makes any deadline a coin toss; what is too slow shows in the benchmarks.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the name of its folder."""
    for item in items:
        kind = item.path.relative_to(TESTS).parts[0]
        item.add_marker(getattr(pytest.mark, kind))


def unavailable(reason: MissingProgram) -> None:
    """Skip where a developer lacks a server; fail where continuous integration does."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(reason))
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process; take ``postgres.create_database()`` from it."""
    try:
        server = PostgresServer()
    except MissingProgram as missing:
        unavailable(missing)
        return
    with server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server of this test process."""
    try:
        server = RedisServer()
    except MissingProgram as missing:
        unavailable(missing)
        return
    with server:
        yield server


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sikte.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of this test process."""
    try:
        browsers.chromium()
    except MissingProgram as missing:
        unavailable(missing)
    with browsers.launched() as launched:
        yield launched


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new visitor's page on a phone, with JavaScript."""
    with browsers.visitor(browser) as visitor:
        yield visitor.new_page()


@pytest.fixture(autouse=True)
def unconfigured_logs() -> None:
    """Begin with structlog as it comes: a command run in this process sets its own level for all that follows."""
    structlog.reset_defaults()
