"""Every error becomes a plain page of the site's own; nothing that was posted or answered is shown or logged."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException

from shared.i18n import gettext as _

RETRY_AFTER_SECONDS = 10
AWAY = (OperationalError, InterfaceError, PoolExhausted)
_log = structlog.get_logger("sikte.web")
_PLACES = 6


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page says; ``reposted`` are the posted fields to send again, ``address`` where to."""

    status: int
    heading: str
    text: str
    address: str = "/"
    reposted: tuple[tuple[str, str], ...] = ()


def handle_errors(app: Flask, render: Callable[[ErrorPage], str]) -> None:
    """Answer every error of ``app`` with the page that ``render`` makes."""

    @app.errorhandler(HTTPException)
    def answer(error: HTTPException) -> Response:
        if error.response is not None or (error.code or 500) < 400:  # noqa: PLR2004  redirects of the router itself
            return Response(error.get_response().response, error.code, error.get_headers())
        return respond(render(_page(error.code or 500)), error.code or 500)

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        _report(error)
        return respond(render(_page(500)), 500)

    def away(error: Exception) -> Response:
        _report(error)
        response = respond(render(_away_page()), 503)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    def database(error: Exception) -> Response:
        return away(error) if getattr(error, "connection_invalidated", False) else fail(error)

    for kind in AWAY:
        app.register_error_handler(kind, away)
    app.register_error_handler(DBAPIError, database)


def respond(page: str, status: int = 200) -> Response:
    """Return ``page`` as HTML with its status."""
    return Response(page, status, mimetype="text/html")


def _report(error: Exception) -> None:
    """Log what failed and where in the code. Never the message: it could repeat what a respondent wrote."""
    frames = [frame for frame, _line in traceback.walk_tb(error.__traceback__)]
    places = [f"{frame.f_globals.get('__name__', '')}:{frame.f_code.co_name}" for frame in frames[-_PLACES:]]
    _log.error("a page failed", error=type(error).__name__, where=" < ".join(reversed(places)))


def _page(status: int) -> ErrorPage:
    known = {
        400: (_("This page cannot be used"), _("Go back to the start page and begin again there.")),
        404: (_("This page does not exist"), _("Check the address, or go to the start page.")),
        405: (_("This page cannot be used that way"), _("Go to the start page.")),
        413: (
            _("That was too much at once"),
            _("The form was larger than this site takes. Go back in your browser and write shorter answers."),
        ),
        500: (
            _("Something went wrong"),
            _("The fault is ours. What you saved before is still there. Go back in your browser and try again."),
        ),
    }
    fallback = known[400] if status < 500 else known[500]  # noqa: PLR2004
    heading, text = known.get(status, fallback)
    return ErrorPage(status, heading, text)


def _away_page() -> ErrorPage:
    fields = tuple(request.form.items(multi=True)) if request.method == "POST" else ()
    return ErrorPage(
        status=503,
        heading=_("We cannot save right now"),
        text=_("What you answered on this page is still here. Wait a little and press Try again.")
        if fields
        else _("Wait a little and load the page again. What you saved before is still there."),
        address=request.full_path.rstrip("?"),
        reposted=fields,
    )
