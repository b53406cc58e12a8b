"""Thirty of one class press Send at once: thirty ballots, no error, on both databases and their real servers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.http_server import serving
from shared.clock import SystemClock
from shared.database.box_keys import BoxKeys
from shared.database.engine import Database
from survey_service.app import create_app
from survey_service.services import SurveyServices
from tests.support.load import oracle
from tests.support.load.generator import Plan
from tests.support.load.lesson import press_send
from tests.support.load.site import COOKIE, production_site
from tests.support.load.world import PEPPER, SECRET, World, build, ready_to_send

CLASS = 30


@pytest.fixture
def port(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    """The site over each database, behind the server it has in that mode."""
    with contextlib.ExitStack() as stack:
        if database.is_postgresql:
            redis = request.getfixturevalue("redis_server")
            yield stack.enter_context(production_site(database, redis, tmp_path, workers=2)).port
            return
        services = SurveyServices(
            database=database,
            clock=SystemClock(),
            box_keys=BoxKeys(database),
            code_pepper=PEPPER.encode(),
            secret_key=SECRET,
            survey_url="http://127.0.0.1:0",
        )
        address = stack.enter_context(serving("survey", services.survey_url, create_app(services)))
        yield int(urlsplit(address).port or 0)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """A class whose pupils all stand on the check page."""
    world = build(database, CLASS, class_size=CLASS)
    ready_to_send(world, range(CLASS), tmp_path / "requests")
    return world


def the_class(port: int, folder: Path) -> Plan:
    return Plan(
        host="127.0.0.1",
        port=port,
        path="/check",
        cookie_name=COOKIE,
        requests=str(folder / "requests"),
        first=0,
        count=CLASS,
        connections=CLASS,
        seconds=0.0,
        rate=None,
        status=303,
        location="/receipt",
    )


def test_thirty_of_a_class_press_send_at_once_and_thirty_ballots_are_stored(world: World, port: int, tmp_path: Path):
    sent = press_send(the_class(port, tmp_path))
    assert [(one.status, one.location) for one in sent] == [(303, "/receipt")] * CLASS
    assert oracle.examine(world, range(CLASS), sample=None).faults == ()


def test_a_class_that_presses_send_twice_is_counted_once(world: World, port: int, tmp_path: Path):
    for _press in range(2):
        sent = press_send(the_class(port, tmp_path))
        assert [(one.status, one.location) for one in sent] == [(303, "/receipt")] * CLASS
    assert oracle.examine(world, range(CLASS), sample=None).faults == ()


def test_the_oracle_sees_a_ballot_that_was_not_stored(world: World, port: int, tmp_path: Path):
    plan = the_class(port, tmp_path)
    press_send(Plan(**{name: getattr(plan, name) for name in plan.__slots__} | {"count": CLASS - 1}))
    faults = oracle.examine(world, range(CLASS), sample=None).faults
    assert faults == ("acknowledged, code not answered: 1", "ballots more or fewer than acknowledged: 1")
