"""The addresses of the register's import: upload, look at the difference, approve it or put it aside."""

from __future__ import annotations

from contextlib import closing

from flask import Blueprint, Response, request
from marshmallow import validate
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.forms import FormSchema, field, pressed, read_form
from admin_portal.organisation.difference import ADDED, Difference
from admin_portal.organisation.import_pages import difference_page, upload_page
from admin_portal.organisation.roster import preview_roster
from admin_portal.organisation.uploads import Uploads, read_upload
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import FileFaults, NotFound, Refused
from shared.i18n import gettext as _

LARGEST_UPLOAD = 12_000_000

imports = Blueprint("imports", __name__)


class ApprovalSchema(FormSchema):
    """What was shown, and whether it is meant that most of the register goes."""

    shown = field.String(required=True, validate=validate.Length(max=64))
    removal = field.String(load_default="")


@imports.get("/units/import")
@needs(Permission.CHANGE_ROSTER)
def choose_files() -> Response:
    """Show the form that files are uploaded with."""
    return page("organisation/import.html", upload_page())


@imports.post("/units/import")
@needs(Permission.CHANGE_ROSTER, largest=LARGEST_UPLOAD)
def upload_files() -> AnyResponse:
    """Read the files and lead to what they would change, or say what is wrong with them."""
    given = _given_files()
    try:
        contents = read_upload(given)
        with services().database.read() as session:
            preview_roster(session, contents)
    except FileFaults as faults:
        return page("organisation/import.html", upload_page(faults.faults), status=422)
    except Refused as refusal:
        return page("organisation/import.html", upload_page(refusal=str(refusal)), status=422)
    name = ", ".join(name for name, _content in given)
    token = _uploads().keep(contents, name=name, account_id=current_actor().account_id)
    return see_other(f"/units/import/{token}")


@imports.get("/units/import/<token>")
@needs(Permission.CHANGE_ROSTER)
def show_difference(token: str) -> Response:
    """Show what the uploaded files would change."""
    return _difference(token)


@imports.post("/units/import/<token>")
@needs(Permission.CHANGE_ROSTER)
def decide(token: str) -> AnyResponse:
    """Import the files, or put them aside."""
    actor = current_actor()
    if pressed() == "cancel":
        _uploads().put_aside(token, account_id=actor.account_id)
        tell(_("The files were put aside. Nothing was changed."))
        return see_other("/units")
    form = read_form(ApprovalSchema)
    shown, removal = form.data.get("shown", ""), form.data.get("removal") == "yes"
    try:
        difference = _uploads().approve(
            token, account_id=actor.account_id, shown=shown, allow_removal=removal, actor=actor.label
        )
    except NotFound:
        raise
    except FileFaults as faults:
        return page("organisation/import.html", upload_page(faults.faults), status=422)
    except Refused as refusal:
        return _difference(token, fault=str(refusal), status=refusal.status)
    _tell(difference)
    return see_other("/units")


def _given_files() -> list[tuple[str, bytes]]:
    """Return the uploaded files by name; larger ones lie in temporary files, which are closed at once."""
    given = []
    for file in request.files.getlist("files"):
        with closing(file):
            if file.filename:
                given.append((file.filename, file.read()))
    return given


def _difference(token: str, *, fault: str = "", status: int = 200) -> Response:
    with services().database.read() as session:
        name, contents = _uploads().find(session, token, current_actor().account_id)
        try:
            found = preview_roster(session, contents)
        except FileFaults as faults:
            # The register has changed so that the files no longer fit it.
            return page("organisation/import.html", upload_page(faults.faults), status=422)
        view = difference_page(found, token=token, name=name, fault=fault)
    return page("organisation/difference.html", view, status=status)


def _uploads() -> Uploads:
    given = services()
    return Uploads(given.database, given.clock, given.secret_key)


def _tell(difference: Difference) -> None:
    tell(_("The register is updated: %(what)s.") % {"what": difference.summary()})
    if difference.count("agreement", ADDED):
        tell(_("Agreements take effect when results are next computed."))
