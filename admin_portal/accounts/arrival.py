"""What a browser carries when it comes to the door: the session's cookie, where it wanted to go, its address."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import g, request
from werkzeug.wrappers import Response

from admin_portal.access.guard import cookie_name
from admin_portal.accounts.signing import Door
from admin_portal.services import services
from shared.i18n import set_language

LANGUAGE_COOKIE = "sikte-language"
_A_YEAR = 365 * 24 * 60 * 60


def door() -> Door:
    """Return where this visitor comes in. Behind a proxy the server must be told whose word on addresses to trust."""
    given = services()
    return Door(given.database, given.clock, given.secret_key, request.remote_addr or "")


def session_token() -> str:
    """Return the token in the session's cookie, "" without one."""
    return request.cookies.get(_cookie(), "")


def with_session(response: Response, token: str) -> Response:
    """Return ``response`` with the cookie of a session: not for scripts, not for other sites, gone with the browser."""
    response.set_cookie(_cookie(), token, path="/", secure=_https(), httponly=True, samesite="Lax")
    return response


def without_session(response: Response) -> Response:
    """Return ``response`` with the session's cookie taken back."""
    response.delete_cookie(_cookie(), path="/", secure=_https(), httponly=True, samesite="Lax")
    return response


def with_language(response: Response, language: str) -> Response:
    """Return ``response`` with the chosen language remembered for a year."""
    set_language(language)
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_A_YEAR, path="/", secure=_https(), httponly=True, samesite="Lax"
    )
    return response


def local_path(wanted: str) -> str:
    """Return ``wanted`` if it is a path of this site, else "/": nobody is led elsewhere after signing in."""
    sound = (
        wanted.startswith("/")
        and not wanted.startswith("//")
        and "\\" not in wanted
        and wanted.isprintable()
        and " " not in wanted
    )
    return wanted if sound else "/"


def open_token(purpose: str, subject: str = "") -> str:
    """Return the token of a form that is open to all."""
    return str(g.tokens.give(purpose, subject))


def demand_open_token(purpose: str, subject: str = "") -> None:
    """Raise ``Forged`` unless the posted form was given for ``purpose`` to ``subject``."""
    g.tokens.demand(purpose, subject)


def _https() -> bool:
    return urlsplit(services().portal_url).scheme == "https"


def _cookie() -> str:
    return cookie_name(services(), https=_https())
