"""Changes of a cycle's state from the year page: each asks first, says what it will do, and then does it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Blueprint
from werkzeug.wrappers import Response

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.cycles.collection import MAX_REASON, accept_loss, close_windows, open_windows
from admin_portal.cycles.recomputation import request_results
from admin_portal.forms import FormSchema, at_most, field, read_form, required
from admin_portal.home import changes
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.model.cycles import CollectionWindow, Cycle, find_cycle, find_windows
from shared.presentation import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

blueprint = Blueprint("changes", __name__)
_UNPROCESSABLE = 422
_WINDOW = "/cycles/<key>/windows/<window>"


class NoFields(FormSchema):
    """A form with nothing but its button."""


class ReasonForm(FormSchema):
    """Why the count goes on without ballots."""

    reason = field.String(required=True, validate=[required(), at_most(MAX_REASON)])


@blueprint.get(f"{_WINDOW}/open")
@needs(Permission.CHANGE_CYCLES)
def ask_open(key: str, window: str) -> Response:
    """Ask whether to open a window."""
    with _looking_at(key, window) as (session, cycle, found):
        return page("home/change.html", changes.opening(session, cycle, found, services().clock.now()))


@blueprint.post(f"{_WINDOW}/open")
@needs(Permission.CHANGE_CYCLES)
def open_window(key: str, window: str) -> Response:
    """Open a window."""
    _refuse_fields()
    given = services()
    open_windows(given.database, given.clock, cycle_key=key, window_key=window, actor=current_actor().label)
    tell(_("Window %(window)s is opening. It is open within seconds, when its keys are made.") % {"window": window})
    return see_other(f"/?cycle={key}")


@blueprint.get(f"{_WINDOW}/close")
@needs(Permission.CHANGE_CYCLES)
def ask_close(key: str, window: str) -> Response:
    """Ask whether to close a window."""
    with _looking_at(key, window) as (session, cycle, found):
        return page("home/change.html", changes.closing(session, cycle, found, services().clock.now()))


@blueprint.post(f"{_WINDOW}/close")
@needs(Permission.CHANGE_CYCLES)
def close_window(key: str, window: str) -> Response:
    """Close a window and lead to its count."""
    _refuse_fields()
    given = services()
    closed = close_windows(given.database, given.clock, cycle_key=key, window_key=window, actor=current_actor().label)
    text = ngettext(
        "Window %(window)s is closed with %(number)s answer; %(forms)s unfinished forms were ended.",
        "Window %(window)s is closed with %(number)s answers; %(forms)s unfinished forms were ended.",
        closed.ballots,
    )
    parts = {"number": numbers.count(closed.ballots), "forms": numbers.count(closed.drafts)}
    tell(text % {"window": window, **parts})
    return see_other(f"/cycles/{key}/windows/{window}/count")


@blueprint.get(f"{_WINDOW}/count")
@needs(Permission.CHANGE_CYCLES)
def follow_count(key: str, window: str) -> Response:
    """Show how far a count has come."""
    with _looking_at(key, window) as (session, cycle, found):
        return page("home/count.html", changes.count_view(session, cycle, found))


@blueprint.get(f"{_WINDOW}/accept-loss")
@needs(Permission.CHANGE_CYCLES)
def ask_accept_loss(key: str, window: str) -> Response:
    """Ask whether to go on without unreadable ballots, and why."""
    with _looking_at(key, window) as (session, cycle, found):
        return page("home/change.html", changes.accepting_loss(session, cycle, found))


@blueprint.post(f"{_WINDOW}/accept-loss")
@needs(Permission.CHANGE_CYCLES)
def go_on_without(key: str, window: str) -> Response:
    """Let a count go on without unreadable ballots."""
    form, given = read_form(ReasonForm), services()
    if not form.sound:
        with _looking_at(key, window) as (session, cycle, found):
            view = changes.accepting_loss(session, cycle, found, form)
        return page("home/change.html", view, status=_UNPROCESSABLE)
    reason, actor = form.data["reason"], current_actor().label
    accept_loss(given.database, given.clock, None, cycle_key=key, window_key=window, reason=reason, actor=actor)
    tell(_("The count of window %(window)s goes on without the unreadable ballots.") % {"window": window})
    return see_other(f"/cycles/{key}/windows/{window}/count")


@blueprint.get("/cycles/<key>/recompute")
@needs(Permission.CHANGE_CYCLES)
def ask_recompute(key: str) -> Response:
    """Ask whether to compute the results anew."""
    with services().database.read() as session:
        cycle = find_cycle(session, key)
        counted = any(window.state == "counted" for window in find_windows(session, cycle, None))
        return page("home/change.html", changes.recomputing(session, cycle, counted=counted))


@blueprint.post("/cycles/<key>/recompute")
@needs(Permission.CHANGE_CYCLES)
def recompute(key: str) -> Response:
    """Ask the workers for a new result set."""
    _refuse_fields()
    given = services()
    request_results(given.database, given.clock, cycle_key=key, actor=current_actor().label)
    tell(_("The results are being computed anew. What has been released stays as it is."))
    return see_other(f"/?cycle={key}")


def _refuse_fields() -> None:
    """Raise ``Refused`` for a form that holds more than its button."""
    if not read_form(NoFields).sound:
        raise Refused("form", _("The form is not the one of this page. Go back and try again."), status=_UNPROCESSABLE)


@contextmanager
def _looking_at(key: str, window: str) -> Iterator[tuple[Session, Cycle, CollectionWindow]]:
    """Give the cycle and window of the address; raises ``NotFound`` with the names that exist."""
    with services().database.read() as session:
        cycle = find_cycle(session, key)
        (found,) = find_windows(session, cycle, window)
        yield session, cycle, found
