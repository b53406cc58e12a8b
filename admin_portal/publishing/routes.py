"""The addresses of releasing and publishing: prepare, look at what will happen, do it; the list, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.forms import EMPTY, Form, FormSchema, at_most, field, one_of, pressed, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.publishing.confirming import publish_confirmation, release_confirmation
from admin_portal.publishing.history import publications_made, releases_made
from admin_portal.publishing.moments import read_moment
from admin_portal.publishing.planning import plan_publication, refuse_unaudited
from admin_portal.publishing.publication import publish_cycle, withdraw_publication
from admin_portal.publishing.releasing import make_release, plan_release, withdraw_release
from admin_portal.publishing.rules import MOST_REASON
from admin_portal.publishing.views import LATER, NOW, history_page, publish_page, release_page
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.cycles import Cycle, find_cycle

blueprint = Blueprint("publishing", __name__)

_DONE = "confirm"
_BACK = "change"
_PLACE_OF = {
    "time_form": "day",
    "time_past": "day",
    "time_far": "day",
    "no_reason": "reason",
    "long_reason": "reason",
}
"""The field that each refusal is about; the others concern the windows."""


class PublishSchema(FormSchema):
    """When it goes public, and why it corrects."""

    when = field.String(required=True, validate=one_of((NOW, LATER)))
    day = field.String(load_default="", validate=at_most(10))
    hour = field.String(load_default="", validate=at_most(8))
    reason = field.String(load_default="", validate=at_most(MOST_REASON))


class ReleaseSchema(PublishSchema):
    """Which windows besides."""

    windows = field.List(field.String(validate=at_most(100)), load_default=list)


class NoFieldsSchema(FormSchema):
    """A form with a button and nothing else."""


@blueprint.get("/cycles/<key>/release")
@needs(Permission.RELEASE)
def prepare_release(key: str) -> Response:
    """Show the checklist and the form of a release."""
    return _release_form(key, EMPTY)


@blueprint.post("/cycles/<key>/release")
@needs(Permission.RELEASE)
def release(key: str) -> AnyResponse:
    """Show what a release will do, or, when that was confirmed, do it."""
    form = read_form(ReleaseSchema, several=frozenset({"windows"}))
    if not form.sound or pressed() == _BACK:
        return _release_form(key, form, status=200 if form.sound else 422)
    try:
        return _do_release(key, form) if pressed() == _DONE else _show_release(key, form)
    except Refused as refusal:
        return _release_form(key, _at_fault(form, refusal), status=refusal.status)


@blueprint.get("/cycles/<key>/publish")
@needs(Permission.PUBLISH)
def prepare_publication(key: str) -> Response:
    """Show what would become public, and the form; in production why that cannot be yet."""
    return _publish_form(key, EMPTY)


@blueprint.post("/cycles/<key>/publish")
@needs(Permission.PUBLISH)
def publish(key: str) -> AnyResponse:
    """Show what a publication will do, or, when that was confirmed, do it."""
    form = read_form(PublishSchema)
    if not form.sound or pressed() == _BACK:
        return _publish_form(key, form, status=200 if form.sound else 422)
    try:
        return _do_publish(key, form) if pressed() == _DONE else _show_publication(key, form)
    except Refused as refusal:
        return _publish_form(key, _at_fault(form, refusal), status=refusal.status)


@blueprint.get("/cycles/<key>/releases")
@needs(Permission.RELEASE)
def show_history(key: str) -> Response:
    """List the cycle's releases and publications."""
    now = services().clock.now()
    with services().database.read() as session:
        cycle = find_cycle(session, key)
        made = releases_made(session, cycle, now), publications_made(session, cycle, now)
        view = history_page(session, cycle, *made, now)
    return page("publishing/history.html", view)


@blueprint.post("/cycles/<key>/releases/<int:number>/withdraw")
@needs(Permission.RELEASE)
def take_release_back(key: str, number: int) -> AnyResponse:
    """Withdraw a release that waits for its time."""
    read_form(NoFieldsSchema)
    given = services()
    withdraw_release(given.database, given.clock, cycle_key=key, number=number, actor=current_actor().label)
    tell(_("Release %(number)d is withdrawn. No unit has seen it, and nobody is told.") % {"number": number})
    return see_other(f"/cycles/{key}/releases")


@blueprint.post("/cycles/<key>/publications/<int:number>/withdraw")
@needs(Permission.PUBLISH)
def take_publication_back(key: str, number: int) -> AnyResponse:
    """Withdraw a publication that waits for its time."""
    read_form(NoFieldsSchema)
    given = services()
    withdraw_publication(given.database, given.clock, cycle_key=key, number=number, actor=current_actor().label)
    tell(_("Publication %(number)d is withdrawn. Nobody has seen it, and nobody is told.") % {"number": number})
    return see_other(f"/cycles/{key}/releases")


def _show_release(key: str, form: Form) -> Response:
    now = services().clock.now()
    wish = _wish(form, "embargo_until") | {"windows": form.data["windows"]}
    with services().database.read() as session:
        cycle = find_cycle(session, key)
        plan = plan_release(session, cycle, now=now, **wish)
        return page("publishing/confirm.html", release_confirmation(session, cycle, plan, form.typed, now))


def _do_release(key: str, form: Form) -> AnyResponse:
    given, actor = services(), current_actor().label
    wish = _wish(form, "embargo_until") | {"windows": form.data["windows"]}
    made = make_release(given.database, given.clock, cycle_key=key, actor=actor, **wish)
    text = _("Release %(number)d is made. Until its time comes you can withdraw it here.")
    if made.announced:
        text = _("Release %(number)d is in effect. Its units are being told.")
    tell(text % {"number": made.number})
    return see_other(f"/cycles/{key}/releases")


def _show_publication(key: str, form: Form) -> Response:
    refuse_unaudited(allowed=services().unaudited_publication)
    now = services().clock.now()
    with services().database.read() as session:
        cycle = find_cycle(session, key)
        plan = plan_publication(session, cycle, now=now, **_wish(form, "goes_public_at"))
        return page("publishing/confirm.html", publish_confirmation(session, cycle, plan, form.typed, now))


def _do_publish(key: str, form: Form) -> AnyResponse:
    given, actor = services(), current_actor().label
    unaudited = given.unaudited_publication
    wish = _wish(form, "goes_public_at")
    made = publish_cycle(given.database, given.clock, cycle_key=key, actor=actor, unaudited=unaudited, **wish)
    text = _("Publication %(number)d is made. Until its time comes you can withdraw it here.")
    if made.announced:
        text = _("Publication %(number)d is public. Its units are being told.")
    tell(text % {"number": made.number})
    return see_other(f"/cycles/{key}/releases")


def _release_form(key: str, form: Form, *, status: int = 200) -> Response:
    with services().database.read() as session:
        cycle = find_cycle(session, key)
        chosen = request.form.getlist("windows")
        view = release_page(session, cycle, form=form, chosen=chosen, now=services().clock.now())
    return page("publishing/release.html", view, status=status)


def _publish_form(key: str, form: Form, *, status: int = 200) -> Response:
    now = services().clock.now()
    with services().database.read() as session:
        cycle = find_cycle(session, key)
        corrects, obstacle = _obstacle(session, cycle, now)
        view = publish_page(session, cycle, form=form, corrects=corrects, obstacle=obstacle, now=now)
    return page("publishing/publish.html", view, status=status)


def _obstacle(session: Session, cycle: Cycle, now: datetime) -> tuple[int | None, str]:
    """Return which publication the next one corrects, and why there can be none, "" when there can."""
    try:
        refuse_unaudited(allowed=services().unaudited_publication)
        # A reason long enough for any correction: only what stands in the way of publishing at all is asked here.
        plan = plan_publication(session, cycle, goes_public_at=None, reason="-" * MOST_REASON, now=now)
    except Refused as refusal:
        return None, str(refusal)
    return plan.corrects, ""


def _wish(form: Form, name: str) -> dict[str, Any]:
    """Return reason and moment (as ``name``, None for at once); raises ``Refused`` (``time_form``)."""
    moment = None if form.data["when"] == NOW else read_moment(f"{form.data['day']}T{form.data['hour']}")
    return {name: moment, "reason": form.data["reason"]}


def _at_fault(form: Form, refusal: Refused) -> Form:
    return form.with_fault(_PLACE_OF.get(refusal.code, "windows"), str(refusal))
