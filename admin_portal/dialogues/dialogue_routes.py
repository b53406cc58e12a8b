"""The pages of one unit's dialogue: book, move, cancel, decline, invite guests, take it into one's own calendar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission, permits
from admin_portal.dialogues.booking import Request, book, cancel, decline, move, reopen
from admin_portal.dialogues.dialogue_page import (
    address_of,
    calendar_of,
    guest_page,
    show_change,
    show_dialogue,
    show_times,
)
from admin_portal.dialogues.finding import find_dialogue
from admin_portal.dialogues.guests import GuestPlan, invite_guest, remove_guest
from admin_portal.dialogues.schemas import ChoiceForm, GuestForm, ReasonForm, blamed, demand_bare
from admin_portal.forms import EMPTY, Form, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.presentation.moments import span_in_words

blueprint = Blueprint("dialogues", __name__, url_prefix="/dialogues/<round_key>/<unit_code>")
_UNPROCESSABLE, _CONFLICT = 422, 409
_DOORS = ("preparation", "minutes")


@blueprint.get("")
@needs(Permission.SEE_DIALOGUES, unit="unit_code")
def one_dialogue(round_key: str, unit_code: str) -> Response:
    """Show a unit's dialogue."""
    actor = current_actor()
    with services().database.read() as session:
        found = find_dialogue(session, round_key, unit_code)
        view = show_dialogue(session, found, actor, services().clock.now(), _doors(address_of(found)))
    return page("dialogues/dialogue.html", view)


@blueprint.get("/calendar.ics")
@needs(Permission.SEE_DIALOGUES, unit="unit_code")
def calendar(round_key: str, unit_code: str) -> Response:
    """Give the booked time as a calendar file."""
    with services().database.read() as session:
        found = find_dialogue(session, round_key, unit_code)
        text = calendar_of(session, found, portal_url=services().portal_url, stamp=services().clock.now())
    if text is None:
        raise NotFound(_("No time is booked yet: there is nothing for a calendar."))
    answer = Response(text, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="dialogue.ics"'
    return answer


@blueprint.get("/time")
@needs(Permission.BOOK_DIALOGUE, unit="unit_code")
def choose_time(round_key: str, unit_code: str) -> Response:
    """Show the times that the unit can have."""
    return _times(round_key, unit_code)


@blueprint.post("/time")
@needs(Permission.BOOK_DIALOGUE, unit="unit_code")
def take_time(round_key: str, unit_code: str) -> AnyResponse:
    """Book a time, or move to it."""
    form = read_form(ChoiceForm)
    if not form.sound:
        return _times(round_key, unit_code, next(iter(form.faults.values())), status=_UNPROCESSABLE)
    with services().database.read() as session:
        first = find_dialogue(session, round_key, unit_code).dialogue.state == "offered"
    try:
        wanted = _request(round_key, unit_code)
        booked = (book if first else move)(**_tools(), request=wanted, slot_id=form.data["slot"])
    except Refused as refused:
        return _times(round_key, unit_code, str(refused), status=_CONFLICT)
    when = span_in_words(booked.starts_at, booked.ends_at)
    tell(_("Booked: %(when)s. Everybody who takes part gets an invitation by e-mail.") % {"when": when})
    return see_other(f"/dialogues/{round_key}/{unit_code}")


@blueprint.get("/cancel")
@needs(Permission.BOOK_DIALOGUE, unit="unit_code")
def ask_cancel(round_key: str, unit_code: str) -> Response:
    """Ask before the time is given back."""
    return _change("dialogues/cancel.html", round_key, unit_code)


@blueprint.post("/cancel")
@needs(Permission.BOOK_DIALOGUE, unit="unit_code")
def give_back(round_key: str, unit_code: str) -> AnyResponse:
    """Give the time back."""
    demand_bare()
    cancel(**_tools(), request=_request(round_key, unit_code))
    tell(_("The time is cancelled, and everybody invited is told by e-mail. Choose a new time when you can."))
    return see_other(f"/dialogues/{round_key}/{unit_code}")


@blueprint.get("/decline")
@needs(Permission.BOOK_DIALOGUE, unit="unit_code")
def ask_decline(round_key: str, unit_code: str) -> Response:
    """Ask for the reason of a refusal."""
    return _change("dialogues/decline.html", round_key, unit_code)


@blueprint.post("/decline")
@needs(Permission.BOOK_DIALOGUE, unit="unit_code")
def say_no(round_key: str, unit_code: str) -> AnyResponse:
    """Decline the dialogue."""
    form = read_form(ReasonForm)
    if form.sound:
        decline(**_tools(), request=_request(round_key, unit_code), reason=form.data["reason"])
        tell(_("The dialogue is declined. Pedagogcentrum reads the reason; nobody else does."))
        return see_other(f"/dialogues/{round_key}/{unit_code}")
    return _change("dialogues/decline.html", round_key, unit_code, form, status=_UNPROCESSABLE)


@blueprint.post("/reopen")
@needs(Permission.BOOK_DIALOGUE, unit="unit_code")
def want_after_all(round_key: str, unit_code: str) -> AnyResponse:
    """Offer a declined dialogue again."""
    demand_bare()
    reopen(**_tools(), request=_request(round_key, unit_code))
    tell(_("The dialogue is open again. Choose a time."))
    return see_other(f"/dialogues/{round_key}/{unit_code}")


@blueprint.get("/guests")
@needs(Permission.INVITE_GUESTS, unit="unit_code")
def ask_guest(round_key: str, unit_code: str) -> Response:
    """Show the form of an invitation."""
    return _guest(round_key, unit_code, EMPTY)


@blueprint.post("/guests")
@needs(Permission.INVITE_GUESTS, unit="unit_code")
def add_guest(round_key: str, unit_code: str) -> AnyResponse:
    """Invite somebody."""
    form = read_form(GuestForm)
    if form.sound:
        try:
            invite_guest(**_tools(), request=_request(round_key, unit_code), guest=GuestPlan(**form.data))
        except Refused as refused:
            form = blamed(form, refused)
        else:
            tell(_("%(name)s is invited.") % {"name": form.data["name"]})
            return see_other(f"/dialogues/{round_key}/{unit_code}")
    return _guest(round_key, unit_code, form, status=_UNPROCESSABLE)


@blueprint.post("/guests/<int:guest_id>/remove")
@needs(Permission.INVITE_GUESTS, unit="unit_code")
def drop_guest(round_key: str, unit_code: str, guest_id: int) -> AnyResponse:
    """Take an invitation back."""
    demand_bare()
    name = remove_guest(**_tools(), request=_request(round_key, unit_code), guest_id=guest_id)
    tell(_("%(name)s is not invited any longer.") % {"name": name})
    return see_other(f"/dialogues/{round_key}/{unit_code}")


class _Tools(TypedDict):
    database: Database
    clock: Clock


def _tools() -> _Tools:
    return {"database": services().database, "clock": services().clock}


def _request(round_key: str, unit_code: str) -> Request:
    actor = current_actor()
    officer = permits(actor, Permission.MANAGE_ROUNDS)
    return Request(round_key=round_key, unit_code=unit_code, actor=actor.label, officer=officer)


def _doors(address: str) -> tuple[tuple[str, str], ...]:
    """Return the dialogue's further pages, as far as this portal has them."""
    names: dict[str, Callable[[], str]] = {"preparation": lambda: _("Preparation"), "minutes": lambda: _("Minutes")}
    rules = (rule.rule for rule in current_app.url_map.iter_rules())
    there = {rule.rpartition("/")[2] for rule in rules if rule.startswith("/dialogues/<")}
    return tuple((f"{address}/{door}", names[door]()) for door in _DOORS if door in there)


def _times(round_key: str, unit_code: str, fault: str = "", *, status: int = 200) -> Response:
    number = request.args.get("page", 1, type=int)
    with services().database.read() as session:
        found = find_dialogue(session, round_key, unit_code)
        view = show_times(session, found, services().clock.now(), number, fault)
    return page("dialogues/time.html", view, status=status)


def _change(template: str, round_key: str, unit_code: str, form: Form = EMPTY, *, status: int = 200) -> Response:
    with services().database.read() as session:
        view = show_change(session, find_dialogue(session, round_key, unit_code), form)
    return page(template, view, status=status)


def _guest(round_key: str, unit_code: str, form: Form, *, status: int = 200) -> Response:
    with services().database.read() as session:
        view = guest_page(find_dialogue(session, round_key, unit_code), form)
    return page("dialogues/guest.html", view, status=status)
