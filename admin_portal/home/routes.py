"""The start page of the portal: the year of a cycle, and the one next thing to do for whoever is signed in."""

from __future__ import annotations

from flask import Blueprint, Response, request

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.home.actions import next_action
from admin_portal.home.choice import chosen_cycle
from admin_portal.home.reading import read_year
from admin_portal.home.views import year_view
from admin_portal.pages import page
from admin_portal.services import services
from shared.model.accounts import OFFICER

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@needs(Permission.SEE_YEAR)
def year() -> Response:
    """Show the year of a cycle."""
    actor, given = current_actor(), services()
    with given.database.read() as session:
        cycle, cycles = chosen_cycle(session, request.args.get("cycle", ""))
        may_publish = given.unaudited_publication
        facts, own = read_year(session, actor, cycle, now=given.clock.now(), may_publish=may_publish)
    action = next_action([held.role for held in actor.held], facts, own)
    return page("home/year.html", year_view(facts, action, tuple(cycles), officer=actor.has(OFFICER)))
