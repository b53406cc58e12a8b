"""Renders a page: the view object that a route made, inside the frame that all pages share."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from shared.i18n import LANGUAGES, active_language, set_language
from shared.web.errors import ErrorPage, respond
from shared.web.forms.envelope import Envelope
from shared.web.language import LanguageChoice, choices, direction
from survey_service.cookies import current_visit

_SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page is framed by. ``action`` is where its one main form posts to, ``token`` the form's token."""

    language: str
    direction: str
    languages: tuple[LanguageChoice, ...]
    action: str
    token: str


def page(template: str, view: object, *, token: str, action: str = "", status: int = 200) -> Response:
    """Return the page of ``template`` with its view object; ``action`` "" posts back to the page's own address."""
    language = active_language()
    frame = Frame(language, direction(language), choices(language), action, token)
    return respond(render_template(f"survey_service/{template}", frame=frame, view=view), status)


def error_page(error: ErrorPage) -> str:
    """Return the page of an error: a way on, and where the database was away the posted fields to send again."""
    language = active_language()
    tokens = g.get("tokens")
    token = "" if error.reposted or tokens is None else tokens.give("code")
    frame = Frame(language, direction(language), choices(language), error.address, token)
    return render_template("survey_service/error.html", frame=frame, view=error)


def see_other(address: str) -> AnyResponse:
    """Send the browser on, so that a reload never posts again."""
    return redirect(address, _SEE_OTHER)


def switched_language(envelope: Envelope) -> bool:
    """Choose the language that a post asks for; False when it asks for none."""
    if envelope.language not in LANGUAGES:
        return False
    current_visit().language = envelope.language
    set_language(envelope.language)
    return True


def same_page() -> AnyResponse:
    """Send the browser to the page it posted from."""
    return see_other(request.full_path.rstrip("?"))
