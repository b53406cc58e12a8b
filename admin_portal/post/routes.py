"""The pages of the post: one's own notices, the letters that were written, and the work that waits or is stuck."""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.forms import FormSchema, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.post import notices, outbox
from admin_portal.post.presenting import letter_view, notices_view, post_view, work_view
from admin_portal.services import services
from shared.errors import NotFound, Refused
from shared.events import quarantine
from shared.i18n import gettext as _
from shared.i18n import ngettext

blueprint = Blueprint("post", __name__)

_LAST_PAGE = 1_000_000


class Nothing(FormSchema):
    """A form that is only a button."""


@blueprint.before_app_request
def count_unread() -> None:
    """Put the number of unread notices where the frame of every page finds it."""
    if g.get("actor") is not None:
        with services().database.glance() as session:
            g.unread = notices.unread_of(session, g.actor.account_id)


@blueprint.get("/notices")
@needs(Permission.OWN_ACCOUNT)
def show_notices() -> Response:
    """Show what this person was told."""
    with services().database.read() as session:
        found = notices.notices_of(session, current_actor().account_id)
    return page("post/notices.html", notices_view(found, services().clock.now()))


@blueprint.get("/notices/<int:number>")
@needs(Permission.OWN_ACCOUNT)
def follow_notice(number: int) -> AnyResponse:
    """Lead to what a notice is about; it is read then."""
    here = services()
    return see_other(notices.follow(here.database, number, actor=current_actor(), now=here.clock.now()))


@blueprint.post("/notices/read")
@needs(Permission.OWN_ACCOUNT)
def read_notices() -> AnyResponse:
    """Mark all as read."""
    _demand_button()
    notices.read_all(services().database, actor=current_actor(), now=services().clock.now())
    tell(_("All notices are marked as read."))
    return see_other("/notices")


@blueprint.get("/post")
@needs(Permission.SEE_POST)
def show_post() -> Response:
    """Show the letters, newest first."""
    state = request.args.get("state", "")
    number = min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
    with services().database.read() as session:
        counts = outbox.count_letters(session)
        found = outbox.find_letters(session, state, number)
    view = post_view(found, counts, state=state, page=number, caught=services().catches_mail)
    return page("post/post.html", view)


@blueprint.get("/post/<int:number>")
@needs(Permission.SEE_POST)
def show_letter(number: int) -> Response:
    """Show one letter."""
    here = services()
    with here.database.read() as session:
        mail = outbox.find_letter(session, number)
    return page("post/letter.html", letter_view(mail, caught=here.catches_mail, now=here.clock.now()))


@blueprint.get("/post/<int:number>/invitation.ics")
@needs(Permission.SEE_POST)
def download_invitation(number: int) -> Response:
    """Hand out the calendar part of a letter."""
    with services().database.read() as session:
        mail = outbox.find_letter(session, number)
    if not mail.calendar or not outbox.may_be_read(mail, caught=services().catches_mail):
        raise NotFound(_("This letter has no calendar part."))
    response = Response(mail.calendar.encode(), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=invitation.ics"
    return response


@blueprint.post("/post/<int:number>/again")
@needs(Permission.SEE_POST)
def send_again(number: int) -> AnyResponse:
    """Send a letter again that was not taken."""
    _demand_button()
    outbox.send_again(services().database, services().clock, number=number, actor=current_actor().label)
    tell(_("The letter is sent again."))
    return see_other(f"/post/{number}")


@blueprint.post("/post/again")
@needs(Permission.SEE_POST)
def send_all_again() -> AnyResponse:
    """Send all letters again that were not taken."""
    _demand_button()
    sent = outbox.send_all_again(services().database, services().clock, actor=current_actor().label)
    text = ngettext("%(number)d letter is sent again.", "%(number)d letters are sent again.", sent)
    tell(text % {"number": sent})
    return see_other("/post")


@blueprint.get("/deliveries")
@needs(Permission.SEE_DELIVERIES)
def show_work() -> Response:
    """Show the background work that waits, runs or is stuck."""
    with services().database.read() as session:
        rows = quarantine.list_deliveries(session)
    return page("post/work.html", work_view(rows, state=request.args.get("state", "")))


@blueprint.post("/deliveries/<int:number>/retry")
@needs(Permission.SEE_DELIVERIES)
def retry_work(number: int) -> AnyResponse:
    """Let stuck work be tried again."""
    _demand_button()
    here = services()
    with here.database.begin() as session:
        quarantine.retry(session, number, actor=current_actor().label, at=here.clock.now())
    tell(_("The work is tried again now."))
    return see_other("/deliveries")


def _demand_button() -> None:
    if not read_form(Nothing).sound:
        raise Refused("unknown_fields", _("This form holds something that its page did not give it."), status=422)
