"""Renders a page of the portal: a view object inside the frame with navigation, messages and the form's token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import form_token
from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.services import services
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.web.errors import ErrorPage, respond
from shared.web.language import LanguageChoice, choices, direction

_SEE_OTHER = 303
TOLD = "told"


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry of the main navigation."""

    address: str
    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page is framed by; ``told`` are sentences about what was just done."""

    language: str
    direction: str
    languages: tuple[LanguageChoice, ...]
    name: str
    navigation: tuple[NavigationItem, ...]
    footer: tuple[NavigationItem, ...]
    token: str
    told: tuple[str, ...]
    unread: int


def page(template: str, view: object, *, status: int = 200) -> Response:
    """Return the page of ``template`` (below ``admin_portal/``) with its view object."""
    return respond(render_template(f"admin_portal/{template}", frame=_frame(), view=view), status)


def error_page(error: ErrorPage) -> str:
    """Return the page of an error."""
    return render_template("admin_portal/error.html", frame=_frame(), view=error)


def see_other(address: str) -> AnyResponse:
    """Send the browser on, so that a reload never posts again."""
    return redirect(address, _SEE_OTHER)


def tell(sentence: str) -> None:
    """Say ``sentence`` on the next page that is shown to this visitor."""
    g.setdefault(TOLD, []).append(sentence)


def _frame() -> Frame:
    language = active_language()
    actor: Actor | None = g.get("actor")
    return Frame(
        language=language,
        direction=direction(language),
        languages=choices(language),
        name="" if actor is None else actor.name,
        navigation=() if actor is None else _navigation(actor),
        footer=() if actor is None else _footer(actor),
        token=form_token(),
        told=tuple(g.get("earlier_told", ())),
        unread=g.get("unread", 0),
    )


def _navigation(actor: Actor) -> tuple[NavigationItem, ...]:
    entries = (
        ("/", _("The year"), Permission.SEE_YEAR),
        ("/rates", _("Response rates"), Permission.SEE_RATES),
        ("/results", _("Results"), Permission.SEE_RESULTS),
        ("/board", _("For the board"), Permission.SEE_BOARD_PAGES),
        ("/dialogues", _("Dialogues"), Permission.SEE_DIALOGUES),
        ("/measures", _("Measures"), Permission.SEE_MEASURES),
        ("/units", _("Units"), Permission.SEE_UNITS),
        ("/batteries", _("Questions"), Permission.SEE_BATTERIES),
        ("/cycles", _("Cycles"), Permission.SEE_CYCLES),
        ("/accounts", _("Accounts"), Permission.MANAGE_ACCOUNTS),
        ("/audit", _("Audit log"), Permission.READ_AUDIT),
    )
    return _permitted(actor, entries)


def _footer(actor: Actor) -> tuple[NavigationItem, ...]:
    """Return the way to what keeps the house running: seldom needed, and still to be found from every page."""
    entries = (
        ("/post", _("Local mail catcher") if services().catches_mail else _("Post"), Permission.SEE_POST),
        ("/deliveries", _("Work in the background"), Permission.SEE_DELIVERIES),
    )
    return _permitted(actor, entries)


def _permitted(actor: Actor, entries: Sequence[tuple[str, str, Permission]]) -> tuple[NavigationItem, ...]:
    return tuple(
        NavigationItem(address, label, _current(address))
        for address, label, permission in entries
        if permits(actor, permission)
    )


def _current(address: str) -> bool:
    return request.path == address or (address != "/" and request.path.startswith(f"{address}/"))
