"""The addresses of a dialogue's preparation: reading it, and the principal's saving, sharing and taking back."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.dialogues.finding import find_dialogue
from admin_portal.dialogues.preparation import MOST_WRITTEN, PARTS, Analysis, write_preparation
from admin_portal.dialogues.preparation_page import show_preparation
from admin_portal.forms import EMPTY, Form, FormSchema, at_most, field, pressed, read_form
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import gettext as _

blueprint = Blueprint("preparation", __name__, url_prefix="/dialogues/<round_key>/<unit_code>/preparation")
_UNPROCESSABLE, _CONFLICT = 422, 409
_LONGEST_STAMP = 64


class PreparationSchema(FormSchema):
    """The analysis, and the stamp of the text that was opened."""

    seen = field.String(load_default="", validate=at_most(MOST_WRITTEN))
    causes = field.String(load_default="", validate=at_most(MOST_WRITTEN))
    talk = field.String(load_default="", validate=at_most(MOST_WRITTEN))
    stamp = field.String(required=True, validate=at_most(_LONGEST_STAMP))


@blueprint.get("")
@needs(Permission.SEE_DIALOGUES, unit="unit_code")
def preparation(round_key: str, unit_code: str) -> Response:
    """Show the preparation."""
    return _page(round_key, unit_code, EMPTY)


@blueprint.post("")
@needs(Permission.PREPARE_DIALOGUE, unit="unit_code")
def save(round_key: str, unit_code: str) -> AnyResponse:
    """Save the analysis; with another button also share it, or take it back."""
    form, share = read_form(PreparationSchema), {"share": True, "stop": False}.get(pressed())
    if not form.sound:
        return _page(round_key, unit_code, form, status=_UNPROCESSABLE)
    analysis = Analysis(**{name: form.data[name].replace("\r\n", "\n") for name in PARTS})
    try:
        _write(round_key, unit_code, analysis, form.data["stamp"], share=share)
    except Refused as refused:
        if refused.code == "stale":
            return _page(round_key, unit_code, form, str(refused), status=_CONFLICT)
        if refused.code != "nothing":
            raise
        return _page(round_key, unit_code, form.with_fault("seen", str(refused)), status=_UNPROCESSABLE)
    tell(_told(share=share))
    return see_other(f"/dialogues/{round_key}/{unit_code}/preparation#analysis")


def _write(round_key: str, unit_code: str, analysis: Analysis, stamp: str, *, share: bool | None) -> None:
    given = services()
    write_preparation(
        given.database,
        given.clock,
        round_key=round_key,
        unit_code=unit_code,
        analysis=analysis,
        stamp=stamp,
        actor=current_actor().label,
        share=share,
    )


def _told(*, share: bool | None) -> str:
    if share is None:
        return _("Saved.")
    return _("Saved and shared.") if share else _("Saved. Only you can read it now.")


def _page(round_key: str, unit_code: str, form: Form, conflict: str = "", *, status: int = 200) -> Response:
    given = services()
    with given.database.read() as session:
        found = find_dialogue(session, round_key, unit_code)
        view = show_preparation(session, found, current_actor(), given.clock.now(), form, conflict)
    return page("dialogues/preparation.html", view, status=status)
