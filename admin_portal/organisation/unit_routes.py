"""The addresses of the units: their list, their pages, and who their principals are."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request
from marshmallow import ValidationError, validates
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.access.scope import find_unit
from admin_portal.cells import Cells
from admin_portal.downloads import csv_download
from admin_portal.files import Faults, Row
from admin_portal.forms import EMPTY, Form, FormSchema, field, read_form
from admin_portal.organisation.principals import change_principal
from admin_portal.organisation.unit_list import read_filter, unit_rows, units_page
from admin_portal.organisation.unit_page import unit_page
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import FileFaults
from shared.i18n import gettext as _

units = Blueprint("units", __name__)


class PrincipalSchema(FormSchema):
    """Who a unit's principal is."""

    name = field.String(load_default="")
    email = field.String(load_default="")

    @validates("name", "email")
    def judge(self, value: str, data_key: str) -> None:
        """Hold a cell against the rules of the register's own file."""
        faults = Faults()
        cells = Cells("", Row(0, {data_key: value}), faults)
        (cells.email if data_key == "email" else cells.name)(data_key)
        try:
            faults.raise_if_any()
        except FileFaults as found:
            raise ValidationError(f"{found.faults[0].problem} {found.faults[0].remedy}") from None


@dataclass(frozen=True, slots=True)
class PrincipalPage:
    """The form of a unit's principal."""

    code: str
    unit: str
    name: str
    email: str
    form: Form


@units.get("/units")
@needs(Permission.SEE_UNITS)
def list_units() -> Response:
    """Show the units within the reader's scope."""
    with services().database.read() as session:
        view = units_page(session, current_actor(), read_filter(request.args))
    return page("organisation/units.html", view)


@units.get("/units.csv")
@needs(Permission.SEE_UNITS)
def download_units() -> Response:
    """Give the same list as a file."""
    with services().database.read() as session:
        columns, rows = unit_rows(session, current_actor(), read_filter(request.args))
    return csv_download("units.csv", columns, rows)


@units.get("/units/<code>")
@needs(Permission.SEE_UNITS, unit="code")
def show_unit(code: str) -> Response:
    """Show a unit's page."""
    with services().database.read() as session:
        view = unit_page(session, current_actor(), code, clock=services().clock)
    return page("organisation/unit.html", view)


@units.get("/units/<code>/principal")
@needs(Permission.CHANGE_ROSTER, unit="code")
def edit_principal(code: str) -> Response:
    """Show the form of a unit's principal."""
    return _principal_form(code, EMPTY)


@units.post("/units/<code>/principal")
@needs(Permission.CHANGE_ROSTER, unit="code")
def save_principal(code: str) -> AnyResponse:
    """Note a unit's principal."""
    form = read_form(PrincipalSchema)
    if not form.sound:
        return _principal_form(code, form, 422)
    given = services()
    with given.database.begin() as session:
        changed = change_principal(session, given.clock, unit_code=code, **form.data, actor=current_actor().label)
    tell(_("The principal is noted.") if changed else _("This stood there already. Nothing has changed."))
    return see_other(f"/units/{code}")


def _principal_form(code: str, form: Form, status: int = 200) -> Response:
    with services().database.read() as session:
        unit = find_unit(session, current_actor(), Permission.CHANGE_ROSTER, code)
        view = PrincipalPage(code, unit.name, unit.principal_name, unit.principal_email, form)
    return page("organisation/principal.html", view, status=status)
