"""The addresses of a dialogue's minutes: reading, noting that it was held, writing, confirming, concluding."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.dialogues.finding import find_dialogue
from admin_portal.dialogues.minutes import (
    MOST_WRITTEN,
    MUNICIPALITY,
    UNIT,
    Wish,
    conclude,
    confirm,
    mark_held,
    write_minutes,
)
from admin_portal.dialogues.minutes_page import minutes_form, show_minutes
from admin_portal.dialogues.schemas import demand_bare
from admin_portal.forms import EMPTY, Form, FormSchema, at_most, field, read_form, required
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import gettext as _

blueprint = Blueprint("minutes", __name__, url_prefix="/dialogues/<round_key>/<unit_code>/minutes")
_UNPROCESSABLE, _CONFLICT = 422, 409
_MOST_VERSIONS = 100_000


class VersionSchema(FormSchema):
    """The version that was opened."""

    version = field.Integer(required=True, validate=lambda value: 0 <= value < _MOST_VERSIONS)


class MinutesSchema(VersionSchema):
    """The text of the minutes."""

    text = field.String(required=True, validate=[required(), at_most(MOST_WRITTEN)])


@blueprint.get("")
@needs(Permission.SEE_DIALOGUES, unit="unit_code")
def minutes(round_key: str, unit_code: str) -> Response:
    """Show the minutes."""
    return _page(round_key, unit_code)


@blueprint.post("/held")
@needs(Permission.WRITE_MINUTES, unit="unit_code")
def held(round_key: str, unit_code: str) -> AnyResponse:
    """Note that the dialogue was held."""
    demand_bare()
    given = services()
    mark_held(given.database, given.clock, wish=_wish(round_key, unit_code))
    tell(_("The dialogue is marked as held. Write the minutes now."))
    return see_other(f"{_address(round_key, unit_code)}/edit")


@blueprint.get("/edit")
@needs(Permission.WRITE_MINUTES, unit="unit_code")
def edit(round_key: str, unit_code: str) -> Response:
    """Show the form of the minutes."""
    return _form(round_key, unit_code, EMPTY)


@blueprint.post("/edit")
@needs(Permission.WRITE_MINUTES, unit="unit_code")
def save(round_key: str, unit_code: str) -> AnyResponse:
    """Save the minutes."""
    form, given = read_form(MinutesSchema), services()
    if not form.sound:
        return _form(round_key, unit_code, form, status=_UNPROCESSABLE)
    text, version = form.data["text"].replace("\r\n", "\n"), form.data["version"]
    try:
        made = write_minutes(given.database, given.clock, wish=_wish(round_key, unit_code), text=text, version=version)
    except Refused as refused:
        if refused.code != "stale":
            raise
        return _form(round_key, unit_code, form, str(refused), status=_CONFLICT)
    tell(_("Saved as version %(version)d. Both sides confirm it now.") % {"version": made})
    return see_other(_address(round_key, unit_code))


@blueprint.post("/confirm-unit")
@needs(Permission.CONFIRM_FOR_UNIT, unit="unit_code")
def confirm_for_unit(round_key: str, unit_code: str) -> AnyResponse:
    """Confirm for the unit."""
    return _confirm(round_key, unit_code, UNIT)


@blueprint.post("/confirm-municipality")
@needs(Permission.CONFIRM_FOR_MUNICIPALITY, unit="unit_code")
def confirm_for_municipality(round_key: str, unit_code: str) -> AnyResponse:
    """Confirm for the municipality."""
    return _confirm(round_key, unit_code, MUNICIPALITY)


@blueprint.post("/conclude")
@needs(Permission.WRITE_MINUTES, unit="unit_code")
def finish(round_key: str, unit_code: str) -> AnyResponse:
    """Conclude the dialogue."""
    demand_bare()
    given = services()
    conclude(given.database, given.clock, wish=_wish(round_key, unit_code))
    tell(_("The dialogue is concluded. Its measures can still be followed up."))
    return see_other(_address(round_key, unit_code))


def _confirm(round_key: str, unit_code: str, side: str) -> AnyResponse:
    form, given = read_form(VersionSchema), services()
    if not form.sound:
        raise Refused("form", _("This page has no such field. Load it again."), status=_UNPROCESSABLE)
    wish = _wish(round_key, unit_code)
    both = confirm(given.database, given.clock, wish=wish, side=side, version=form.data["version"])
    tell(_("Confirmed by both: the agreement is made.") if both else _("Confirmed. The other side confirms too."))
    return see_other(_address(round_key, unit_code))


def _wish(round_key: str, unit_code: str) -> Wish:
    return Wish(round_key=round_key, unit_code=unit_code, actor=current_actor().label)


def _address(round_key: str, unit_code: str) -> str:
    return f"/dialogues/{round_key}/{unit_code}/minutes"


def _page(round_key: str, unit_code: str) -> Response:
    given = services()
    with given.database.read() as session:
        found = find_dialogue(session, round_key, unit_code)
        view = show_minutes(session, found, current_actor(), given.clock.now())
    return page("dialogues/minutes.html", view)


def _form(round_key: str, unit_code: str, form: Form, conflict: str = "", *, status: int = 200) -> Response:
    with services().database.read() as session:
        view = minutes_form(find_dialogue(session, round_key, unit_code), form, conflict)
    return page("dialogues/minutes_form.html", view, status=status)
