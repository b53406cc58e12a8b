"""The addresses of the question library: list, one battery, its preview and file, and the import of a version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.batteries.browsing import batteries_page, battery_page, choose_version, find_versions
from admin_portal.batteries.differences import BatteryChange, compare_batteries
from admin_portal.batteries.library import add_version, outcome_of, read_battery
from admin_portal.batteries.preview import preview_page
from admin_portal.forms import pressed
from admin_portal.organisation.import_pages import FaultLine, fault_lines
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import FileFaults, Refused
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.batteries import latest_version
from shared.presentation import words
from shared.questionnaire.battery_file import from_document, to_yaml
from shared.questionnaire.definition import Battery, in_language

batteries = Blueprint("batteries", __name__)


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The page where a battery's file is chosen, checked and then imported; ``text`` is the sound file to import."""

    faults: tuple[FaultLine, ...] = ()
    refusal: str = ""
    name: str = ""
    text: str = ""
    key: str = ""
    title: str = ""
    respondents: str = ""
    version: int = 0
    items: int = 0
    new: bool = False
    changed: BatteryChange | None = None


@batteries.get("/batteries")
@needs(Permission.SEE_BATTERIES)
def list_all() -> Response:
    """Show the library."""
    with services().database.read() as session:
        view = batteries_page(session, current_actor())
    return page("batteries/list.html", view)


@batteries.get("/batteries/<key>")
@needs(Permission.SEE_BATTERIES)
def show(key: str) -> Response:
    """Show a battery."""
    asked = request.args
    with services().database.read() as session:
        view = battery_page(session, key, version=asked.get("version", ""), language=asked.get("language", ""))
    return page("batteries/battery.html", view)


@batteries.get("/batteries/<key>/preview")
@needs(Permission.SEE_BATTERIES)
def preview(key: str) -> Response:
    """Show a battery as respondents see it."""
    asked = request.args
    with services().database.read() as session:
        view = preview_page(
            session,
            key,
            version=asked.get("version", ""),
            language=asked.get("language", ""),
            young=asked.get("young", "") == "yes",
        )
    return page("batteries/preview.html", view)


@batteries.get("/batteries/<key>.yaml")
@needs(Permission.SEE_BATTERIES)
def download(key: str) -> Response:
    """Give a battery's version as a file that can be imported again."""
    with services().database.read() as session:
        version = choose_version(find_versions(session, key), request.args.get("version", ""))
        text = to_yaml(from_document(version.document))
    response = Response(text, mimetype="application/yaml")
    response.headers["Content-Disposition"] = f'attachment; filename="{version.key}-{version.version}.yaml"'
    return response


@batteries.get("/batteries/import")
@needs(Permission.CHANGE_BATTERIES)
def choose_file() -> Response:
    """Show the form that a battery is uploaded with."""
    return page("batteries/import.html", ImportPage())


@batteries.post("/batteries/import")
@needs(Permission.CHANGE_BATTERIES)
def import_file() -> AnyResponse:
    """Check a battery's file and say what it would change, or import what was checked."""
    given = services()
    try:
        name, content = _given()
        battery = read_battery(content, name)
        if pressed() != "import":
            with given.database.read() as session:
                view = _checked(session, battery, name, content)
            return page("batteries/import.html", view)
        with given.database.begin() as session:
            outcome = add_version(session, given.clock, battery, actor=current_actor().label)
    except FileFaults as faults:
        return page("batteries/import.html", ImportPage(tuple(fault_lines(faults.faults))), status=422)
    except Refused as refusal:
        return page("batteries/import.html", ImportPage(refusal=str(refusal)), status=422)
    tell(_("Version %(version)d is in the library. Cycles made from now on use it.") % {"version": outcome.version})
    return see_other(f"/batteries/{outcome.key}")


def _given() -> tuple[str, bytes]:
    """Return name and content of the uploaded file, or of the one that was checked a page before."""
    if "text" in request.form:
        return request.form.get("name", ""), request.form["text"].encode()
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused("no_file", _("No file was chosen. Choose a battery's file first."), status=422)
    return PurePath(file.filename.replace("\\", "/")).name, file.read()


def _checked(session: Session, battery: Battery, name: str, content: bytes) -> ImportPage:
    outcome = outcome_of(session, battery)
    latest = latest_version(session, battery.key)
    return ImportPage(
        name=name,
        text=content.decode("utf-8-sig"),
        key=battery.key,
        title=in_language(battery.title, active_language()),
        respondents=words.respondents(battery.respondent),
        version=outcome.version,
        items=outcome.items,
        new=outcome.new,
        changed=compare_batteries(from_document(latest.document), battery) if latest else None,
    )
