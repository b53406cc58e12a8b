"""Logging that cannot tell on anyone: only listed keys pass, and of other libraries' lines only the template."""

from __future__ import annotations

import contextlib
import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog

from shared.errors import SikteError

HARMLESS = frozenset(
    {
        *("event", "level", "timestamp", "logger", "error", "where", "consumer", "delivery_id", "event_type", "part"),
        *("attempts", "seconds", "window_id", "window", "pid", "exit_status", "site", "queues", "processes", "threads"),
        *("deliveries", "revision", "ballots", "repeats"),
    }
)
"""The keys a line may carry. All else is dropped, so that no path, address, code, answer or key slips through."""

PACKAGES = ("admin_portal", "analytics_worker", "deploy", "shared", "survey_service")
_REPEAT_SECONDS = 60.0

Line = MutableMapping[str, Any]


def configure(level: str, *, as_json: bool) -> None:
    """Send structlog's and other libraries' lines to stderr, as JSON or for human eyes, from ``level`` on."""
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            summarise_error,
            keep_harmless,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=Stderr,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [Forwarder()]
    root.setLevel(max(number, logging.WARNING))


def summarise_error(_logger: Any, _method: str, line: Line) -> Line:
    """Put an exception's type and place where its text was: its message may quote what was worked on."""
    given = line.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        name = type(error).__name__
        line["error"] = f"{name}: {error}" if isinstance(error, SikteError) else name
        line["where"] = _place(error)
    return line


def keep_harmless(_logger: Any, _method: str, line: Line) -> Line:
    """Drop every key that is not listed."""
    return {key: value for key, value in line.items() if key in HARMLESS}


class Stderr:
    """Writes a line to what is stderr at that moment; a closed or full one never stops the work."""

    def __init__(self, *_name: Any) -> None:
        pass

    def msg(self, line: str) -> None:
        """Write the line."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = fatal = log = msg


@dataclass(slots=True)
class _Said:
    """When a line was written, and how often it has come again since."""

    at: float
    repeats: int = 0


class Forwarder(logging.Handler):
    """Hands other libraries' lines to structlog: the template only, since their arguments may be anybody's."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], _Said] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, unless it was written within the last minute: then the next one says how often it came."""
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        now = time.monotonic()
        said = self._said.get((record.name, template))
        if said is not None and now - said.at < _REPEAT_SECONDS:
            said.repeats += 1
            return
        self._said[record.name, template] = _Said(now)
        exc_info = record.exc_info if record.exc_info and record.exc_info[1] else None
        unsaid = {"repeats": said.repeats} if said is not None and said.repeats else {}
        structlog.get_logger().log(record.levelno, template, logger=record.name, exc_info=exc_info, **unsaid)


def _place(error: BaseException) -> str:
    """Return the innermost line of our own code that the error passed."""
    frames = [frame.f_globals.get("__name__", "") for frame, _line in traceback.walk_tb(error.__traceback__)]
    lines = [line for _frame, line in traceback.walk_tb(error.__traceback__)]
    own = [f"{name}:{line}" for name, line in zip(frames, lines, strict=True) if name.partition(".")[0] in PACKAGES]
    return own[-1] if own else ""
