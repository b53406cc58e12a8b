"""The guard in front of every route: who asks, whether the policy lets them, whether a posted form is ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.policy import Actor, Permission
from admin_portal.access.scope import demand, find_unit
from admin_portal.access.sessions import find_actor
from admin_portal.services import PortalServices, services
from shared.i18n import LANGUAGES, set_language
from shared.sealing.tokens import TokenBox
from shared.web.forms.token import FormTokens
from shared.web.language import preferred_language

View = TypeVar("View", bound=Callable[..., Any])
OPEN = "open"
"""The mark of a route that needs no account: signing in, and the public site."""

_MARK = "sikte_permission"
_UNIT = "sikte_unit_argument"
_LARGEST = "sikte_largest_post"
_ANYONE = "sikte_open_to_anyone"
_HOST_PREFIX = "__Host-"
_FORM = "portal"
_SEE_OTHER = 303


def needs(permission: Permission, *, unit: str = "", largest: int = 0) -> Callable[[View], View]:
    """Mark a view as needing ``permission``; ``unit`` names the argument that holds the code of the unit concerned.

    ``largest`` is how many bytes may be posted to it where files are uploaded (0: as to any page).
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        setattr(view, _UNIT, unit)
        setattr(view, _LARGEST, largest)
        return view

    return mark


def open_to_all(view: View) -> View:
    """Mark a view as open to visitors without an account. A form of its own must be checked by itself."""
    setattr(view, _MARK, OPEN)
    return view


def open_to_anyone(view: View) -> View:
    """Mark a view as open to everybody, whoever they are: no cookie is read or set, so that any cache may keep it."""
    setattr(view, _ANYONE, True)
    return open_to_all(view)


def asks_nobody(endpoint: str | None, views: Mapping[str, Callable[..., Any]]) -> bool:
    """Whether the view of this endpoint is the same for everybody, so that who asks must not even be looked at."""
    return endpoint is not None and bool(getattr(views.get(endpoint), _ANYONE, False))


def permission_of(view: Callable[..., Any]) -> Permission | str | None:
    """Return what a view needs, ``OPEN``, or None for one that nobody has decided about."""
    found: Permission | str | None = getattr(view, _MARK, None)
    return found


def unit_argument_of(view: Callable[..., Any]) -> str:
    """Return the name of the argument with the code of the unit that a view concerns, or ""."""
    return str(getattr(view, _UNIT, ""))


def stand_guard(app: Flask, given: PortalServices, *, https: bool) -> None:
    """Check every request of ``app`` before its view runs."""
    tokens = FormTokens(TokenBox(given.secret_key, "portal/form"))
    cookie = cookie_name(given, https=https)

    @app.before_request
    def check() -> AnyResponse | None:
        g.tokens = tokens
        g.actor = None
        _refuse_nul()
        if request.endpoint is None or request.endpoint == "static_file":
            return None
        if asks_nobody(request.endpoint, app.view_functions):
            return None
        g.actor = find_actor(given.database, request.cookies.get(cookie, ""), given.clock.now())
        set_language(_language(g.actor))
        return _admit(app.view_functions[request.endpoint])


def _admit(view: Callable[..., Any]) -> AnyResponse | None:
    permission = permission_of(view)
    if permission == OPEN:
        return None
    if g.actor is None:
        return _to_sign_in()
    largest = getattr(view, _LARGEST, 0)
    if largest:
        # Before the form is read for its token.
        request.max_content_length = largest
    if request.method == "POST":
        g.tokens.demand(_FORM, g.actor.session_id.hex())
    if not isinstance(permission, Permission):
        return Response(status=403)
    argument = unit_argument_of(view)
    if argument:
        with services().database.glance() as session:
            find_unit(session, g.actor, permission, str((request.view_args or {})[argument]))
    else:
        demand(g.actor, permission)
    return None


def _refuse_nul() -> None:
    """Answer 404 to an address with a NUL, which no text of ours holds and PostgreSQL cannot even be asked for."""
    if "\0" in request.path or b"%00" in request.query_string:
        abort(404)


def _to_sign_in() -> AnyResponse:
    """Lead to the sign-in page, and back here afterwards if it was a page that was asked for."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(f"/sign-in?{urlencode({'next': wanted})}" if wanted != "/" else "/sign-in", _SEE_OTHER)


def current_actor() -> Actor:
    """Return who is signed in; only for views behind the guard."""
    actor: Actor = g.actor
    return actor


def form_token() -> str:
    """Return the token of this session's forms, "" where nobody is signed in."""
    return "" if g.get("actor") is None else g.tokens.give(_FORM, g.actor.session_id.hex())


def cookie_name(given: PortalServices, *, https: bool) -> str:
    """Return the name of the session's cookie; behind TLS no other host may set it."""
    return f"{_HOST_PREFIX}{given.cookie_name}" if https else given.cookie_name


def _language(actor: Actor | None) -> str:
    if actor is not None:
        return actor.language
    chosen = request.cookies.get("sikte-language", "")
    return chosen if chosen in LANGUAGES else preferred_language()
