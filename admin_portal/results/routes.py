"""The addresses of the results: cycles, the whole, units, one node, its file, sharing, and the board's page."""

from __future__ import annotations

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.forms import FormSchema, pressed, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.results.board import NothingPublic, board_page
from admin_portal.results.choosing import choose_page
from admin_portal.results.downloads import rows_file
from admin_portal.results.listing import units_page
from admin_portal.results.node_page import Place, node_page
from admin_portal.results.overview import overview
from admin_portal.results.reading import (
    DISTRICT,
    MUNICIPALITY,
    PROVIDER,
    UNIT,
    demand_reach,
    municipality_for,
    visible_rows,
)
from admin_portal.results.sharing import share_results, stop_sharing
from admin_portal.results.views import SegmentsView, Waiting
from admin_portal.services import services
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.cycles import Cycle, find_cycle

blueprint = Blueprint("results", __name__)
LONGEST_SEARCH = 200


@blueprint.get("/results")
@needs(Permission.SEE_RESULTS)
def choose() -> Response:
    """Show which cycles have figures for this reader."""
    given = services()
    with given.database.read() as session:
        view = choose_page(session, actor=current_actor(), now=given.clock.now())
    return page("results/choose.html", view)


@blueprint.get("/results/<cycle_key>")
@needs(Permission.SEE_RESULTS)
def whole(cycle_key: str) -> Response:
    """Show a cycle as a whole."""
    given = services()
    with given.database.read() as session:
        cycle = find_cycle(session, cycle_key)
        view = overview(session, actor=current_actor(), cycle=cycle, now=given.clock.now())
    return page("results/waiting.html" if isinstance(view, Waiting) else "results/overview.html", view)


@blueprint.get("/results/<cycle_key>/units")
@needs(Permission.SEE_RESULTS)
def units(cycle_key: str) -> Response:
    """List the units of a cycle."""
    given, asked = services(), request.args
    with given.database.read() as session:
        view = units_page(
            session,
            actor=current_actor(),
            cycle=find_cycle(session, cycle_key),
            now=given.clock.now(),
            search=asked.get("search", "").strip()[:LONGEST_SEARCH],
            unit_type=asked.get("unit_type", ""),
            number=asked.get("page", 1, type=int),
        )
    return page("results/waiting.html" if isinstance(view, Waiting) else "results/units.html", view)


@blueprint.get("/results/<cycle_key>/units/<code>")
@needs(Permission.SEE_RESULTS, unit="code")
def unit(cycle_key: str, code: str) -> Response:
    """Show a unit."""
    return _node(cycle_key, Place(UNIT, code))


@blueprint.get("/results/<cycle_key>/units/<code>.<any(csv, json):fmt>")
@needs(Permission.SEE_RESULTS, unit="code")
def unit_file(cycle_key: str, code: str, fmt: str) -> Response:
    """Hand out a unit's rows."""
    return _file(cycle_key, Place(UNIT, code), fmt)


@blueprint.get("/results/<cycle_key>/municipality")
@needs(Permission.SEE_RESULTS)
def municipality(cycle_key: str) -> Response:
    """Show every area and question for the whole municipality."""
    return _node(cycle_key, _municipality(cycle_key))


@blueprint.get("/results/<cycle_key>/municipality.<any(csv, json):fmt>")
@needs(Permission.SEE_RESULTS)
def municipality_file(cycle_key: str, fmt: str) -> Response:
    """Hand out the municipality's rows."""
    return _file(cycle_key, _municipality(cycle_key), fmt)


@blueprint.get("/results/<cycle_key>/districts/<path:code>")
@needs(Permission.SEE_RESULTS)
def district(cycle_key: str, code: str) -> Response:
    """Show a district, for those whose scope covers all its units."""
    return _node(cycle_key, Place(DISTRICT, code))


@blueprint.get("/results/<cycle_key>/districts/<path:code>.<any(csv, json):fmt>")
@needs(Permission.SEE_RESULTS)
def district_file(cycle_key: str, code: str, fmt: str) -> Response:
    """Hand out a district's rows."""
    return _file(cycle_key, Place(DISTRICT, code), fmt)


@blueprint.get("/results/<cycle_key>/providers/<code>")
@needs(Permission.SEE_RESULTS)
def provider(cycle_key: str, code: str) -> Response:
    """Show a provider, for those whose scope covers all its units."""
    return _node(cycle_key, Place(PROVIDER, code))


@blueprint.get("/results/<cycle_key>/providers/<code>.<any(csv, json):fmt>")
@needs(Permission.SEE_RESULTS)
def provider_file(cycle_key: str, code: str, fmt: str) -> Response:
    """Hand out a provider's rows."""
    return _file(cycle_key, Place(PROVIDER, code), fmt)


@blueprint.post("/results/<cycle_key>/units/<code>/sharing")
@needs(Permission.SHARE_RESULTS, unit="code")
def sharing(cycle_key: str, code: str) -> AnyResponse:
    """Share a unit's results with its leadership group, or stop."""
    given, actor = services(), current_actor()
    change = {"share": share_results, "stop": stop_sharing}.get(pressed())
    if change is None or not read_form(FormSchema).sound:
        raise Refused("unknown_choice", _("Use the buttons on the unit's page."), status=422)
    change(given.database, given.clock, actor=actor, cycle_key=cycle_key, unit_code=code)
    shared = change is share_results
    tell(_("The leadership group now sees these results.") if shared else _("The leadership group sees nothing now."))
    with given.database.read() as session:
        return see_other(Place(UNIT, code).address(find_cycle(session, cycle_key)))


@blueprint.get("/board")
@needs(Permission.SEE_BOARD_PAGES)
def board() -> Response:
    """Show what is public to the board."""
    given = services()
    with given.database.read() as session:
        view = board_page(session, now=given.clock.now(), cycle_key=request.args.get("cycle", ""))
    return page("results/board_empty.html" if isinstance(view, NothingPublic) else "results/board.html", view)


def _node(cycle_key: str, place: Place) -> Response:
    given, asked = services(), request.args
    with given.database.read() as session:
        view = node_page(
            session,
            actor=current_actor(),
            cycle=_found(session, cycle_key, place),
            place=place,
            now=given.clock.now(),
            segment=asked.get("segment", ""),
            questionnaire=asked.get("questionnaire", ""),
        )
    if isinstance(view, Waiting):
        return page("results/waiting.html", view)
    return page("results/segments.html" if isinstance(view, SegmentsView) else "results/node.html", view)


def _file(cycle_key: str, place: Place, fmt: str) -> Response:
    given = services()
    with given.database.read() as session:
        cycle = _found(session, cycle_key, place)
        visible = visible_rows(
            session,
            actor=current_actor(),
            cycle=cycle,
            level=place.level,
            node_code=place.code,
            now=given.clock.now(),
        )
    if not visible:
        raise NotFound(_("There are no figures to download here for you, or not yet."))
    return rows_file(visible.rows, f"{cycle.key}-{place.level}-{place.code}", fmt)


def _found(session: Session, cycle_key: str, place: Place) -> Cycle:
    """Return the cycle; raises 403 where the place lies outside the scope."""
    cycle = find_cycle(session, cycle_key)
    demand_reach(session, actor=current_actor(), cycle=cycle, level=place.level, node_code=place.code)
    return cycle


def _municipality(cycle_key: str) -> Place:
    given = services()
    with given.database.read() as session:
        found = municipality_for(session, current_actor(), find_cycle(session, cycle_key))
    return Place(MUNICIPALITY, found[0] if found else "")
