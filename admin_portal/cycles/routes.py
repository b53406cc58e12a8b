"""The addresses of the cycles: their list and their pages."""

from __future__ import annotations

from flask import Blueprint, Response

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.cycles.browsing import cycle_page, cycles_page
from admin_portal.pages import page
from admin_portal.services import services

cycles = Blueprint("cycles", __name__)


@cycles.get("/cycles")
@needs(Permission.SEE_CYCLES)
def list_all() -> Response:
    """Show the cycles."""
    with services().database.read() as session:
        view = cycles_page(session, current_actor())
    return page("cycles/list.html", view)


@cycles.get("/cycles/<key>")
@needs(Permission.SEE_CYCLES)
def show(key: str) -> Response:
    """Show a cycle."""
    with services().database.read() as session:
        view = cycle_page(session, current_actor(), key, clock=services().clock)
    return page("cycles/cycle.html", view)
