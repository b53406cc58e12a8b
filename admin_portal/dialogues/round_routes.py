"""The officers' pages of rounds: create and change them, add and change times, offer, close and open again."""

from __future__ import annotations

from typing import TypedDict

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.dialogues.finding import find_round, find_slot
from admin_portal.dialogues.offers import offer_dialogues
from admin_portal.dialogues.overview import overview
from admin_portal.dialogues.round_forms import (
    round_form_page,
    round_plan,
    series_page,
    series_plans,
    slot_form_page,
    slot_plan,
)
from admin_portal.dialogues.round_page import show_offer, show_round
from admin_portal.dialogues.rounds import change_round, close_round, create_round, reopen_round
from admin_portal.dialogues.schemas import (
    ChangedRoundForm,
    OfferForm,
    RoundForm,
    SeriesForm,
    SlotForm,
    blamed,
    demand_bare,
)
from admin_portal.dialogues.slots import SlotPlan, add_slots, change_slot, remove_slot
from admin_portal.forms import EMPTY, Form, pressed, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.i18n import ngettext

blueprint = Blueprint("dialogue_rounds", __name__, url_prefix="/dialogues")
_UNPROCESSABLE = 422
_TICKED = frozenset({"officials", "weekdays"})


@blueprint.get("")
@needs(Permission.SEE_DIALOGUES)
def index() -> Response:
    """Show the rounds, or one's own dialogues."""
    with services().database.read() as session:
        return page("dialogues/index.html", overview(session, current_actor(), services().clock.now()))


@blueprint.get("/rounds/new")
@needs(Permission.MANAGE_ROUNDS)
def new_round() -> Response:
    """Show the form of a new round."""
    with services().database.read() as session:
        return page("dialogues/round_form.html", round_form_page(session, None))


@blueprint.post("/rounds/new")
@needs(Permission.MANAGE_ROUNDS)
def make_round() -> AnyResponse:
    """Create a round and lead on to its times."""
    form = read_form(RoundForm)
    if form.sound:
        try:
            key = create_round(**_tools(), plan=round_plan(form), cycle_key=form.data["cycle"])
        except Refused as refused:
            form = blamed(form, refused)
        else:
            tell(_("The round is created. Add the times at which you can meet the units."))
            return see_other(f"/dialogues/rounds/{key}")
    with services().database.read() as session:
        return page("dialogues/round_form.html", round_form_page(session, None, form), status=_UNPROCESSABLE)


@blueprint.get("/rounds/<key>")
@needs(Permission.MANAGE_ROUNDS)
def one_round(key: str) -> Response:
    """Show a round: progress, times, units without one."""
    number = request.args.get("page", 1, type=int)
    with services().database.read() as session:
        view = show_round(session, find_round(session, key), services().clock.now(), number)
    return page("dialogues/round.html", view)


@blueprint.get("/rounds/<key>/edit")
@needs(Permission.MANAGE_ROUNDS)
def edit_round(key: str) -> Response:
    """Show a round's form."""
    with services().database.read() as session:
        return page("dialogues/round_form.html", round_form_page(session, find_round(session, key)))


@blueprint.post("/rounds/<key>/edit")
@needs(Permission.MANAGE_ROUNDS)
def save_round(key: str) -> AnyResponse:
    """Change a round."""
    form = read_form(ChangedRoundForm)
    if form.sound:
        try:
            change_round(**_tools(), round_key=key, plan=round_plan(form))
        except Refused as refused:
            form = blamed(form, refused)
        else:
            tell(_("The round is changed."))
            return see_other(f"/dialogues/rounds/{key}")
    with services().database.read() as session:
        view = round_form_page(session, find_round(session, key), form)
    return page("dialogues/round_form.html", view, status=_UNPROCESSABLE)


@blueprint.get("/rounds/<key>/times")
@needs(Permission.MANAGE_ROUNDS)
def new_times(key: str) -> Response:
    """Show the form of times in a row."""
    return _series(key)


@blueprint.post("/rounds/<key>/times")
@needs(Permission.MANAGE_ROUNDS)
def make_times(key: str) -> AnyResponse:
    """Show which times the form makes, or add them."""
    form = read_form(SeriesForm, several=_TICKED)
    plans: list[SlotPlan] = []
    try:
        plans = series_plans(form) if form.sound else []
        if plans and pressed() == "add":
            number = add_slots(**_tools(), round_key=key, plans=plans)
            tell(ngettext("%(number)d time is added.", "%(number)d times are added.", number) % {"number": number})
            return see_other(f"/dialogues/rounds/{key}")
    except Refused as refused:
        form = blamed(form, refused, slot_past="first_day")
    return _series(key, form, plans, status=200 if form.sound else _UNPROCESSABLE)


@blueprint.get("/rounds/<key>/times/<int:slot_id>")
@needs(Permission.MANAGE_ROUNDS)
def edit_time(key: str, slot_id: int) -> Response:
    """Show the form of a free time."""
    return _slot(key, slot_id)


@blueprint.post("/rounds/<key>/times/<int:slot_id>")
@needs(Permission.MANAGE_ROUNDS)
def save_time(key: str, slot_id: int) -> AnyResponse:
    """Change a free time."""
    form = read_form(SlotForm, several=frozenset({"officials"}))
    if form.sound:
        try:
            change_slot(**_tools(), round_key=key, slot_id=slot_id, plan=slot_plan(form))
        except Refused as refused:
            form = blamed(form, refused, slot_past="day")
        else:
            tell(_("The time is changed."))
            return see_other(f"/dialogues/rounds/{key}")
    return _slot(key, slot_id, form, status=_UNPROCESSABLE)


@blueprint.post("/rounds/<key>/times/<int:slot_id>/remove")
@needs(Permission.MANAGE_ROUNDS)
def drop_time(key: str, slot_id: int) -> AnyResponse:
    """Take a free time away."""
    demand_bare()
    remove_slot(**_tools(), round_key=key, slot_id=slot_id)
    tell(_("The time is removed."))
    return see_other(f"/dialogues/rounds/{key}")


@blueprint.get("/rounds/<key>/offer")
@needs(Permission.MANAGE_ROUNDS)
def choose_units(key: str) -> Response:
    """Show the units that a dialogue would be offered to."""
    return _offer(key, EMPTY)


@blueprint.post("/rounds/<key>/offer")
@needs(Permission.MANAGE_ROUNDS)
def make_offer(key: str) -> AnyResponse:
    """Offer dialogues to the units, but those left out."""
    form = read_form(OfferForm, several=frozenset({"leave_out"}))
    if not form.sound:
        return _offer(key, form, status=_UNPROCESSABLE)
    try:
        number = offer_dialogues(**_tools(), round_key=key, leave_out=frozenset(form.data["leave_out"]))
    except Refused as refused:
        return _offer(key, form.with_fault("leave_out", str(refused)), status=_UNPROCESSABLE)
    text = ngettext("A dialogue is offered to %(number)d unit.", "Dialogues are offered to %(number)d units.", number)
    tell(text % {"number": number})
    return see_other(f"/dialogues/rounds/{key}")


@blueprint.post("/rounds/<key>/close")
@needs(Permission.MANAGE_ROUNDS)
def close(key: str) -> AnyResponse:
    """End the booking."""
    demand_bare()
    close_round(**_tools(), round_key=key)
    tell(_("The round is closed. What is booked stays booked."))
    return see_other(f"/dialogues/rounds/{key}")


@blueprint.post("/rounds/<key>/open")
@needs(Permission.MANAGE_ROUNDS)
def open_again(key: str) -> AnyResponse:
    """Let the round be booked again."""
    demand_bare()
    reopen_round(**_tools(), round_key=key)
    tell(_("The round is open for booking again."))
    return see_other(f"/dialogues/rounds/{key}")


class _Tools(TypedDict):
    database: Database
    clock: Clock
    actor: str


def _tools() -> _Tools:
    return {"database": services().database, "clock": services().clock, "actor": current_actor().label}


def _series(key: str, form: Form = EMPTY, plans: list[SlotPlan] | None = None, *, status: int = 200) -> Response:
    account_id = current_actor().account_id
    with services().database.read() as session:
        round_ = find_round(session, key)
        view = series_page(session, round_, account_id=account_id, form=form, plans=plans or ())
    return page("dialogues/times.html", view, status=status)


def _slot(key: str, slot_id: int, form: Form = EMPTY, *, status: int = 200) -> Response:
    with services().database.read() as session:
        round_ = find_round(session, key)
        view = slot_form_page(session, round_, find_slot(session, round_, slot_id, lock=False), form)
    return page("dialogues/slot.html", view, status=status)


def _offer(key: str, form: Form, *, status: int = 200) -> Response:
    with services().database.read() as session:
        round_ = find_round(session, key)
        view = show_offer(session, round_, form, services().clock.now())
    return page("dialogues/offer.html", view, status=status)
