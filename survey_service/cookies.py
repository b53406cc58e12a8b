"""The one cookie of the respondent's site: read before every page, written only when something in it changed."""

from __future__ import annotations

from flask import Flask, Response, g, request

from shared.i18n import LANGUAGES, set_language
from shared.sealing.tokens import TokenBox
from shared.web.forms.token import FormTokens
from shared.web.language import preferred_language
from survey_service.services import SurveyServices, services
from survey_service.visit import DEVICE_REMEMBERS, Visit, read_visit, write_visit

_HOST_PREFIX = "__Host-"


def carry_visits(app: Flask, given: SurveyServices, *, https: bool) -> None:
    """Give every request of ``app`` its visit, and seal the visit into the cookie afterwards."""
    box = TokenBox(given.secret_key, "survey")
    tokens = FormTokens(TokenBox(given.secret_key, "survey/form"))
    name = f"{_HOST_PREFIX}{given.cookie_name}" if https else given.cookie_name

    @app.before_request
    def read() -> None:
        g.tokens = tokens
        if request.endpoint == "static_file":
            return
        visit = read_visit(box.open(request.cookies.get(name, "")), given.clock.now())
        g.visit, g.before = visit, write_visit(visit)
        set_language(visit.language if visit.language in LANGUAGES else preferred_language())

    @app.after_request
    def write(response: Response) -> Response:
        visit = g.get("visit")
        if visit is None:
            return response
        _renew(visit)
        content = write_visit(visit)
        if content != g.before:
            response.set_cookie(
                name,
                box.seal(content),
                max_age=DEVICE_REMEMBERS,
                path="/",
                secure=https,
                httponly=True,
                samesite="Lax",
            )
        return response


def current_visit() -> Visit:
    """Return the visit of this request; an error before it was read gives an empty one."""
    visit: Visit = g.get("visit") or Visit()
    return visit


def form_tokens() -> FormTokens:
    """Return what gives and checks the tokens of forms."""
    tokens: FormTokens = g.tokens
    return tokens


def _renew(visit: Visit) -> None:
    if visit.current is not None:
        visit.current = visit.current.renewed(services().clock.now())
