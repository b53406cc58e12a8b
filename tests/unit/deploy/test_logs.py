"""What a log line may carry, and what never gets into one."""

from __future__ import annotations

import json
import logging
import time

import pytest
import structlog

from deploy import logs
from shared.errors import Refused

SECRET = "Jag trivs inte i skolan"


@pytest.fixture
def lines(capsys):
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure("info", as_json=True)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def failed(error):
    try:
        raise error
    except type(error) as raised:
        return raised


def test_only_listed_keys_pass(lines):
    structlog.get_logger().info("ballot cast", ballots=3, code="ABCD", path="/s/ABCD", address="192.0.2.1", answers={})
    (line,) = lines()
    assert set(line) == {"event", "level", "timestamp", "ballots"}


def test_bound_keys_are_held_to_the_same_list(lines):
    with structlog.contextvars.bound_contextvars(delivery_id=1, person="somebody"):
        structlog.get_logger().info("delivery done")
    (line,) = lines()
    assert line["delivery_id"] == 1
    assert "person" not in line


@pytest.mark.parametrize("given", [True, "error", "tuple"])
def test_of_an_error_its_type_and_place_are_kept_and_not_its_text(lines, given):
    error = failed(ValueError(SECRET))
    log = structlog.get_logger()
    if given is True:
        try:
            raise error
        except ValueError:
            log.exception("delivery failed")
    else:
        log.error("delivery failed", exc_info=error if given == "error" else (ValueError, error, error.__traceback__))
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert SECRET not in json.dumps(line)


def test_a_message_written_for_people_is_kept(lines):
    structlog.get_logger().error("delivery failed", exc_info=failed(Refused("key", "The key is not here.")))
    assert lines()[0]["error"] == "Refused: The key is not here."


def test_the_place_is_the_innermost_line_of_our_own_code(lines):
    try:
        logs.configure("no such level", as_json=True)
    except KeyError as error:
        structlog.get_logger().error("failed", exc_info=error)
    assert lines()[0]["where"].startswith("deploy.logs:")


def test_of_other_libraries_lines_only_the_template_is_kept(lines):
    logging.getLogger("sqlalchemy.pool").warning("%s said %s", "192.0.2.1", SECRET)
    (line,) = lines()
    assert (line["logger"], line["event"], line["level"]) == ("sqlalchemy.pool", "%s said %s", "warning")


def test_of_other_libraries_errors_only_the_type_is_kept(lines):
    logging.getLogger("flask").error("Exception on %s", "/s/ABCD", exc_info=failed(ValueError(SECRET)))
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert SECRET not in json.dumps(line)


def test_other_libraries_repeat_themselves_once_a_minute(lines):
    for _ in range(100):
        logging.getLogger("dramatiq").critical("Consumer encountered a connection error: %s", "refused")
    assert len(lines()) == 1


def test_how_often_they_repeated_themselves_is_said_the_next_minute(lines, monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for now in (1_000.0, 1_001.0, 1_059.0, 1_061.0, 1_200.0):  # noqa: B007  read by the clock above
        logging.getLogger("dramatiq").critical("Consumer encountered a connection error: %s", "refused")
    assert [line.get("repeats") for line in lines()] == [None, 2, None]


def test_other_libraries_chatter_is_left_out(lines):
    logging.getLogger("werkzeug").info("GET /s/ABCD")
    assert lines() == []
