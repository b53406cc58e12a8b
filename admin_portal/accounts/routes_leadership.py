"""The leadership group of a unit, for its principal: who is in it, letting in and out."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.access.scope import find_unit
from admin_portal.accounts.leadership import add_member, members, remove_member
from admin_portal.accounts.schemas import MemberForm, NothingForm
from admin_portal.accounts.views import LeadershipView, MemberRow
from admin_portal.forms import EMPTY, Form, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import gettext as _

blueprint = Blueprint("leadership", __name__)

_SHARE = Permission.SHARE_RESULTS


@blueprint.get("/units/<code>/leadership")
@needs(_SHARE, unit="code")
def show_group(code: str) -> Response:
    """Show who is in the leadership group."""
    return _group_page(code, EMPTY)


@blueprint.post("/units/<code>/leadership")
@needs(_SHARE, unit="code")
def let_into_group(code: str) -> Response:
    """Let somebody into the leadership group."""
    form, given = read_form(MemberForm), services()
    if not form.sound:
        return _group_page(code, form, 422)
    data, actor = form.data, current_actor().label
    try:
        added = add_member(
            given.database, given.clock, unit_code=code, portal_url=given.portal_url, actor=actor, **data
        )
    except Refused as refused:
        field = refused.code if refused.code in {"email", "name"} else "email"
        return _group_page(code, form.with_fault(field, str(refused)), 422)
    told = _("%(name)s is in the leadership group now.") if added else _("%(name)s is in the leadership group already.")
    tell(told % {"name": data["name"]})
    return see_other(f"/units/{code}/leadership")


@blueprint.post("/units/<code>/leadership/<int:assignment_id>/remove")
@needs(_SHARE, unit="code")
def let_out_of_group(code: str, assignment_id: int) -> Response:
    """Take somebody out of the leadership group."""
    given, actor = services(), current_actor()
    if read_form(NothingForm).sound:
        with given.database.read() as session:
            unit = find_unit(session, actor, _SHARE, code)
        name = remove_member(given.database, given.clock, unit=unit, assignment_id=assignment_id, actor=actor.label)
        tell(_("%(name)s is no longer in the leadership group.") % {"name": name})
    return see_other(f"/units/{code}/leadership")


def _group_page(code: str, form: Form, status: int = 200) -> Response:
    given = services()
    with given.database.read() as session:
        unit = find_unit(session, current_actor(), _SHARE, code)
        rows = tuple(
            MemberRow(
                account.name,
                account.email,
                f"/units/{unit.code}/leadership/{assignment.id}/remove",
                not account.password_hash,
            )
            for assignment, account in members(session, unit)
        )
    return page("accounts/leadership.html", LeadershipView(unit.code, unit.name, rows, form), status=status)
