"""The addresses of measures: their list and its file, one measure with its history, writing, changing, noting."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.access.scope import find_unit, units_within
from admin_portal.downloads import csv_download
from admin_portal.follow_up.listing import COLUMNS, measure_rows, measures_page
from admin_portal.follow_up.measure_page import (
    change_form,
    new_form,
    readable_measure,
    show_measure,
    units_to_choose,
)
from admin_portal.follow_up.measures import add_measure, change_measure, note_measure
from admin_portal.follow_up.schemas import MeasureSchema, NoteSchema, blamed, filter_of_request, plan_of
from admin_portal.forms import EMPTY, Form, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.clock import local
from shared.errors import Refused
from shared.i18n import gettext as _

blueprint = Blueprint("measures", __name__, url_prefix="/measures")
_UNPROCESSABLE, _CONFLICT = 422, 409


@blueprint.get("")
@needs(Permission.SEE_MEASURES)
def measures() -> Response:
    """Show the measures of one's units."""
    given = services()
    with given.database.read() as session:
        today = local(given.clock.now()).date()
        view = measures_page(session, current_actor(), filter_of_request(), today)
    return page("follow_up/measures.html", view)


@blueprint.get("/list.csv")
@needs(Permission.SEE_MEASURES)
def measures_file() -> Response:
    """Give the same measures as a file."""
    given = services()
    with given.database.read() as session:
        within = units_within(current_actor(), Permission.SEE_MEASURES)
        found = measure_rows(session, filter_of_request(), local(given.clock.now()).date(), within)
        rows = [[row[column] for column in COLUMNS] for row in found]
    return csv_download("measures.csv", COLUMNS, rows)


@blueprint.get("/new")
@needs(Permission.WRITE_MEASURES)
def choose_unit() -> AnyResponse:
    """Ask which unit a new measure concerns; whoever has one only is not asked."""
    chosen = request.args.get("unit", "")
    with services().database.read() as session:
        view = units_to_choose(session, current_actor())
    codes = [code for code, _name in view.units]
    if chosen in codes or len(codes) == 1:
        return see_other(f"/measures/new/{chosen if chosen in codes else codes[0]}")
    return page("follow_up/choose.html", view)


@blueprint.get("/new/<unit_code>")
@needs(Permission.WRITE_MEASURES, unit="unit_code")
def new_measure(unit_code: str) -> Response:
    """Show the form of a new measure."""
    return _new(unit_code, request.args.get("round", ""), EMPTY)


@blueprint.post("/new/<unit_code>")
@needs(Permission.WRITE_MEASURES, unit="unit_code")
def make_measure(unit_code: str) -> AnyResponse:
    """Write a measure."""
    form = read_form(MeasureSchema)
    given, round_key = services(), form.typed.get("round", "")
    if form.sound:
        try:
            number = add_measure(
                given.database,
                given.clock,
                unit_code=unit_code,
                plan=plan_of(form.data),
                actor=current_actor().label,
                round_key=round_key,
            )
        except Refused as refused:
            form = blamed(form, refused)
        else:
            tell(_("The measure is written down."))
            return see_other(f"/dialogues/{round_key}/{unit_code}/minutes" if round_key else f"/measures/{number}")
    return _new(unit_code, round_key, form, status=_UNPROCESSABLE)


@blueprint.get("/<int:measure_id>")
@needs(Permission.SEE_MEASURES)
def one_measure(measure_id: int) -> Response:
    """Show a measure."""
    return _one(measure_id, EMPTY)


@blueprint.get("/<int:measure_id>/edit")
@needs(Permission.WRITE_MEASURES)
def edit_measure(measure_id: int) -> Response:
    """Show the form of a measure."""
    return _edit(measure_id, EMPTY)


@blueprint.post("/<int:measure_id>/edit")
@needs(Permission.WRITE_MEASURES)
def rewrite_measure(measure_id: int) -> AnyResponse:
    """Write a measure anew."""
    _demand_within(measure_id)
    form, given = read_form(MeasureSchema), services()
    if not form.sound:
        return _edit(measure_id, form, status=_UNPROCESSABLE)
    try:
        wanted = {"measure_id": measure_id, "plan": plan_of(form.data), "stamp": form.data["stamp"]}
        change_measure(given.database, given.clock, actor=current_actor().label, **wanted)
    except Refused as refused:
        if refused.code == "stale":
            return _edit(measure_id, form, str(refused), status=_CONFLICT)
        return _edit(measure_id, blamed(form, refused), status=_UNPROCESSABLE)
    tell(_("The measure is changed."))
    return see_other(f"/measures/{measure_id}")


@blueprint.post("/<int:measure_id>/notes")
@needs(Permission.WRITE_MEASURES)
def note(measure_id: int) -> AnyResponse:
    """Note how a measure goes."""
    _demand_within(measure_id)
    form, given = read_form(NoteSchema), services()
    if form.sound:
        try:
            note_measure(given.database, given.clock, measure_id=measure_id, actor=current_actor().label, **form.data)
        except Refused as refused:
            form = blamed(form, refused)
        else:
            tell(_("The note is saved."))
            return see_other(f"/measures/{measure_id}")
    return _one(measure_id, form, status=_UNPROCESSABLE)


def _demand_within(measure_id: int) -> None:
    with services().database.glance() as session:
        readable_measure(session, current_actor(), Permission.WRITE_MEASURES, measure_id)


def _new(unit_code: str, round_key: str, form: Form, *, status: int = 200) -> Response:
    with services().database.read() as session:
        unit = find_unit(session, current_actor(), Permission.WRITE_MEASURES, unit_code)
        view = new_form(session, unit, round_key, form)
    return page("follow_up/form.html", view, status=status)


def _one(measure_id: int, form: Form, *, status: int = 200) -> Response:
    given = services()
    with given.database.read() as session:
        view = show_measure(session, current_actor(), measure_id, given.clock.now(), form)
    return page("follow_up/measure.html", view, status=status)


def _edit(measure_id: int, form: Form, conflict: str = "", *, status: int = 200) -> Response:
    with services().database.read() as session:
        measure, unit = readable_measure(session, current_actor(), Permission.WRITE_MEASURES, measure_id)
        view = change_form(session, measure, unit, form, conflict)
    return page("follow_up/form.html", view, status=status)
