"""Carries "what was just done" over a redirect, in a sealed cookie that lives for one page."""

from __future__ import annotations

from flask import Flask, Response, g, request

from admin_portal.access.guard import asks_nobody
from admin_portal.pages import TOLD
from admin_portal.services import PortalServices
from shared.sealing.tokens import TokenBox

_COOKIE = "sikte-told"
_SECONDS = 60
_REDIRECTS = range(300, 400)


def carry_messages(app: Flask, given: PortalServices, *, https: bool) -> None:
    """Give each request of ``app`` what the one before it had to tell, and hand on what it tells itself."""
    box = TokenBox(given.secret_key, "portal/told")

    @app.before_request
    def read() -> None:
        if asks_nobody(request.endpoint, app.view_functions):
            return
        carried = box.open(request.cookies.get(_COOKIE, "")) if _COOKIE in request.cookies else None
        g.earlier_told = [str(sentence) for sentence in (carried or {}).get(TOLD, ())]

    @app.after_request
    def write(response: Response) -> Response:
        if asks_nobody(request.endpoint, app.view_functions):
            return response
        told = g.get(TOLD, [])
        if told and response.status_code in _REDIRECTS:
            content = box.seal({TOLD: told})
            response.set_cookie(
                _COOKIE, content, max_age=_SECONDS, path="/", secure=https, httponly=True, samesite="Lax"
            )
        elif g.get("earlier_told") and response.status_code not in _REDIRECTS:
            response.delete_cookie(_COOKIE, path="/", secure=https, httponly=True, samesite="Lax")
        return response
