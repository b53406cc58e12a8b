"""No log, error page or recorded error repeats what somebody answered, typed or holds, whatever goes wrong."""

from __future__ import annotations

import logging
import re
import threading
import time
from functools import partial
from uuid import UUID

import pytest
import structlog
from sqlalchemy import event, select, text

from analytics_worker.closing.counting import count_ballots
from deploy import logs
from shared.database import urn
from shared.database.box_keys import BoxKeys
from shared.events.running import Runner
from shared.model.events import COUNT_BALLOTS, FINISH_WINDOW, Delivery
from shared.sealing.codes import display
from survey_service.app import SurveyServices, create_app
from tests.support.adversary import deliveries, scene
from tests.support.adversary.collection import close
from tests.support.adversary.needles import Needles, disguises, spellings
from tests.support.adversary.population import MARK, PEPPER, SECRET_KEY, Respondent, Size, World
from tests.support.survey_site import URL
from tests.support.visitor import Visitor

SMALL = Size(groups=2, members=12, drafts=False)


@pytest.fixture
def log():
    """Logging as the program sets it up, at its lowest level."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure("debug", as_json=True)
    root.handlers = [*handlers, *root.handlers]
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def operator(kind, request, tmp_path, seed, log):
    if kind == "sqlite":
        with scene.sqlite(tmp_path, SMALL, seed) as opened:
            yield opened
    else:
        with scene.postgresql(request.getfixturevalue("logging_server"), tmp_path, SMALL, seed) as opened:
            yield opened


@pytest.fixture
def app(operator):
    """The respondent's real site."""
    world = operator.world
    services = SurveyServices(
        database=world.database,
        clock=world.clock,
        box_keys=BoxKeys(world.database),
        code_pepper=PEPPER,
        secret_key=SECRET_KEY,
        survey_url=URL,
    )
    return create_app(services)


def answer(visitor: Visitor, person: Respondent) -> Visitor:
    """Answer page by page, up to the check page."""
    visitor.begin(person.code)
    while visitor.page == "questions":
        names = {control.get("name") for control in visitor.form.iter() if control.get("name")}
        visitor.press(**{key: value for key, value in person.answers.items() if key in names})
    assert visitor.page == "check"
    return visitor


def provoke_pages(app, person: Respondent) -> list[str]:
    """Return the pages of everything a person can do wrong with a code and answers in the request."""
    visitor = answer(Visitor(app), person)
    token = visitor.fields()["token"]
    posts = [
        ("/questions/1", {"token": "forged", "first": person.answers["first"]}),
        ("/check", {"token": token, "action": "send", "unknown": person.answers["first"]}),
        ("/questions/999", {"token": token, "first": person.answers["first"]}),
        ("/questions/1", {"token": token, "first": str(person.answers["first"]) * 20_000}),
        (f"/{person.code}", {"first": person.answers["first"]}),
        ("/introduction", {"token": person.answers["first"], "action": person.code}),
    ]
    pages = [visitor.client.post(address, base_url=URL, data=data).text for address, data in posts]
    pages += [visitor.client.get(f"/missing/{person.code}?{MARK}={person.serial}", base_url=URL).text]
    return pages


def send_into_a_failure(app, person: Respondent, monkeypatch) -> str:
    """Let the ballot's row be refused by the database; return the error page."""
    visitor = answer(Visitor(app), person)
    with monkeypatch.context() as patch:
        patch.setattr(urn, "uuid4", lambda: UUID(int=7))
        first = answer(Visitor(app), person)
        first.press("send")
        second = visitor.press("send")
    return second.response.text


def count_one(world: World, slice_number: int) -> None:
    """Run a slice as a worker does: what goes wrong is written on its delivery and in the log."""
    wanted = select(Delivery.id).where(Delivery.part == slice_number, Delivery.consumer == COUNT_BALLOTS)
    with world.database.read() as session:
        delivery = session.scalars(wanted).one()
    count = partial(count_ballots, database=world.database, clock=world.clock, keys=world.keys)
    Runner(world.database).run(delivery, count, time_limit=60)


def interrupted_count(world: World, stop: str) -> None:
    """Stop the count while it writes the texts: ``pg_cancel_backend`` or ``pg_terminate_backend``."""
    slow = "CREATE TRIGGER slow BEFORE INSERT ON free_text EXECUTE FUNCTION slow()"
    body = "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(9); END$$"
    find = text(f"SELECT {stop}(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")  # noqa: S608
    with world.database.engine.begin() as connection:
        connection.execute(text(body))
        connection.execute(text(slow))
    counting = threading.Thread(target=count_one, args=(world, 0))
    counting.start()
    while counting.is_alive():
        with world.database.engine.connect() as connection:
            connection.execute(find).all()
        time.sleep(0.02)
    counting.join()
    with world.database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER slow ON free_text"))


def refused_texts(world: World) -> None:
    """Let a constraint refuse the rows of the texts: the database's message quotes the row."""

    def spoil(_connection, _cursor, statement, parameters, *_rest):
        if not statement.startswith("INSERT INTO free_text"):
            return statement, parameters
        return statement, [_spoiled(row) for row in parameters]

    event.listen(world.database.engine, "before_cursor_execute", spoil, retval=True)
    try:
        count_one(world, 1)
    finally:
        event.remove(world.database.engine, "before_cursor_execute", spoil)


def _spoiled(row):
    if isinstance(row, dict):
        return {name: "never" if value == "unscreened" else value for name, value in row.items()}
    return tuple("never" if value == "unscreened" else value for value in row)


def told(content: bytes, world: World) -> set[str]:
    """Return what kinds of secrets ``content`` repeats."""
    named = {
        spelling: "code" for one in world.respondents for spelling in (one.code.encode(), display(one.code).encode())
    }
    for path in world.keys.folder.rglob("*"):
        if path.is_file():
            named |= dict.fromkeys(spellings(path.read_bytes()), path.name)
    found = {name for _offset, name in Needles(named).find(content)}
    found |= {"answer" for form in (MARK.encode(), *disguises()) if form in content}
    found |= {"secret" for secret in (PEPPER, SECRET_KEY.encode(), PEPPER.hex().encode()) if secret in content}
    return found


def test_nothing_that_goes_wrong_is_told_with_an_answer_code_or_key(
    kind, app, operator, log, monkeypatch, subtests, capsys, caplog
):
    world = operator.world
    *others, clumsy, unlucky, also_unlucky = world.casters
    for person in others:
        assert answer(Visitor(app), person).press("send").page == "receipt"
    with subtests.test("error pages repeat nothing"):
        pages = provoke_pages(app, clumsy)
        assert all(re.search('data-page="(refused|error|code)"', page) or "<h1" in page for page in pages)
        assert told("".join(pages).encode(), world) == set()
    with subtests.test("a failure of the database while sending is a page that repeats nothing"):
        send_into_a_failure(app, unlucky, monkeypatch)
        page = send_into_a_failure(app, also_unlucky, monkeypatch)
        assert told(page.encode(), world) == set()
    assert close(world) >= len(others)
    if kind == "postgresql":
        interrupted_count(world, "pg_cancel_backend")
        interrupted_count(world, "pg_terminate_backend")
    refused_texts(world)
    if kind == "postgresql":
        with subtests.test("PostgreSQL's log repeats nothing, and did speak"):
            content = operator.server.log.read_bytes()
            assert b"duplicate key value" in content
            assert b"violates check constraint" in content
            assert b"canceling statement due to user request" in content
            assert told(content, world) == set()
        with subtests.test("control: PostgreSQL's own verbosity quotes the refused text"):
            operator.server.execute(f"ALTER DATABASE {operator.database} SET log_error_verbosity = 'default'")
            world.database.dispose()
            refused_texts(world)
            assert told(operator.server.log.read_bytes(), world) == {"answer"}
    deliveries.run(world.database, world.clock, world.keys, consumers=[COUNT_BALLOTS, FINISH_WINDOW])
    with subtests.test("the program's log repeats nothing, and did speak"):
        said = capsys.readouterr().err
        assert "delivery failed" in said
        assert told((said + caplog.text).encode(), world) == set()
    with subtests.test("errors kept on deliveries repeat nothing"):
        with world.database.read() as session:
            errors = "".join(session.scalars(select(Delivery.error)))
        assert told(errors.encode(), world) == set()
