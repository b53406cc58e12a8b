"""The addresses of a new cycle: from an earlier one in a few steps, or from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, cast

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.batteries.library import decode_text
from admin_portal.cycles.creation import CreatedCycle, create_from_text
from admin_portal.cycles.successor import CycleDraft, fields_of, items_of, propose, with_values
from admin_portal.cycles.successor_pages import (
    CHECK,
    CREATE,
    QUESTIONS,
    TIMES,
    faults_by_field,
    newest_versions,
    step_of,
    successor_page,
)
from admin_portal.forms import FormSchema, at_most, field, pressed, read_form
from admin_portal.organisation.import_pages import FaultLine, fault_lines
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import FileFaults, Refused
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.cycles import Cycle, find_cycle
from shared.questionnaire.definition import in_language

new_cycle = Blueprint("new_cycle", __name__)

_ORDER = (TIMES, QUESTIONS, CHECK, CREATE)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """The cycles that a new one can be made from, newest first, as (key, title)."""

    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FilePage:
    """The page where a cycle's file is chosen, checked and then created; ``text`` is the sound file."""

    faults: tuple[FaultLine, ...] = ()
    refusal: str = ""
    name: str = ""
    text: str = ""
    outcome: CreatedCycle | None = None


@new_cycle.get("/cycles/new")
@needs(Permission.CHANGE_CYCLES)
def choose_source() -> Response:
    """Show the cycles that a new one can be made from."""
    with services().database.read() as session:
        cycles = session.scalars(select(Cycle).order_by(Cycle.id.desc()))
        view = SourcesPage(tuple((one.key, in_language(one.title, active_language())) for one in cycles))
    return page("cycles/sources.html", view)


@new_cycle.get("/cycles/new/<source>")
@needs(Permission.CHANGE_CYCLES)
def begin(source: str) -> Response:
    """Propose the cycle after ``source``."""
    given = services()
    with given.database.read() as session:
        cycle = find_cycle(session, source)
        draft = propose(session, cycle, now=given.clock.now())
        view = successor_page(session, cycle, draft, step=TIMES, faults={})
    return page("cycles/successor.html", view)


@new_cycle.post("/cycles/new/<source>")
@needs(Permission.CHANGE_CYCLES)
def go_on(source: str) -> AnyResponse:
    """Go to the step that was asked for, or back to the one that has a fault; create at the end."""
    given = services()
    with given.database.read() as session:
        cycle = find_cycle(session, source)
        draft, typed = _read(propose(session, cycle, now=given.clock.now()))
        wanted = pressed() if pressed() in _ORDER else QUESTIONS
        outcome, found = (None, typed) if typed else _try(session, draft)
        step = _step(wanted, found)
        if step != CREATE:
            faults = {} if step == wanted else {name: text for name, text in found.items() if step_of(name) == step}
            view = successor_page(session, cycle, draft, step=step, faults=faults, outcome=outcome)
            return page("cycles/successor.html", view, status=422 if faults else 200)
        text = draft.as_yaml(items=items_of(newest_versions(session, draft), draft))
    return _create(text, draft.key)


def _read(proposal: CycleDraft) -> tuple[CycleDraft, Mapping[str, str]]:
    """Return the draft as its form says, and what cannot even be read in it."""
    values = fields_of(proposal)
    fields: dict[str, field.Field[Any]] = {
        name: field.String(load_default=value, validate=at_most(_LONGEST)) for name, value in values.items()
    }
    form = read_form(cast("type[FormSchema]", FormSchema.from_dict(fields)))
    if form.faults.keys() - values.keys():
        raise Refused("unknown_field", _("This page has no such field. Load it again."), status=400)
    data = form.data if form.sound else {name: form.typed.get(name, value) for name, value in values.items()}
    return with_values(proposal, data), form.faults


def _try(session: Session, draft: CycleDraft) -> tuple[CreatedCycle | None, Mapping[str, str]]:
    """Return what creating the draft would give, or its faults by field."""
    given = services()
    if not draft.asked:
        first = f"codes-{draft.questionnaires[0].key}"
        return None, {first: _("Every questionnaire is left out. Choose how at least one is asked.")}
    text = draft.as_yaml(items=items_of(newest_versions(session, draft), draft))
    try:
        actor = current_actor().label
        return create_from_text(given.database, given.clock, text, file=draft.key, actor=actor, dry_run=True), {}
    except FileFaults as faults:
        return None, faults_by_field(faults.faults, draft)
    except Refused as refusal:
        return None, {"key": str(refusal)}


def _step(wanted: str, faults: Mapping[str, str]) -> str:
    """Return the first step that has a fault on the way to ``wanted``, or ``wanted``."""
    faulty = {step_of(name) for name in faults}
    return next((step for step in _ORDER[: _ORDER.index(wanted)] if step in faulty), wanted)


def _create(text: str, key: str) -> AnyResponse:
    given = services()
    created = create_from_text(given.database, given.clock, text, file=key, actor=current_actor().label)
    tell(_("Cycle %(key)s is scheduled. Its windows open at their times.") % {"key": created.key})
    return see_other(f"/cycles/{created.key}")


@new_cycle.get("/cycles/upload")
@needs(Permission.CHANGE_CYCLES)
def choose_file() -> Response:
    """Show the form that a cycle's file is uploaded with."""
    return page("cycles/upload.html", FilePage())


@new_cycle.post("/cycles/upload")
@needs(Permission.CHANGE_CYCLES)
def upload_file() -> AnyResponse:
    """Check a cycle's file, or create what was checked."""
    given = services()
    try:
        name, text = _given()
        if pressed() == CREATE:
            return _create(text, name)
        actor = current_actor().label
        outcome = create_from_text(given.database, given.clock, text, file=name, actor=actor, dry_run=True)
        return page("cycles/upload.html", FilePage(name=name, text=text, outcome=outcome))
    except FileFaults as faults:
        return page("cycles/upload.html", FilePage(tuple(fault_lines(faults.faults))), status=422)
    except Refused as refusal:
        return page("cycles/upload.html", FilePage(refusal=str(refusal)), status=422)


def _given() -> tuple[str, str]:
    """Return name and text of the uploaded file, or of the one that was checked a page before."""
    if "text" in request.form:
        return request.form.get("name", ""), request.form["text"]
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused("no_file", _("No file was chosen. Choose a cycle's file first."), status=422)
    name = PurePath(file.filename.replace("\\", "/")).name
    return name, decode_text(file.read(), name)
