"""The addresses of a cycle's invitation codes: how many there are, issuing those that lack, withdrawing a lost one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission
from admin_portal.cycles.codes import issue_codes, void_code
from admin_portal.cycles.status import cycle_status
from admin_portal.forms import EMPTY, Form, FormSchema, at_most, field, read_form, required
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import active_language, ngettext
from shared.i18n import gettext as _
from shared.model.codes import Code
from shared.model.cycles import Cycle, Questionnaire, find_cycle
from shared.presentation import numbers, words
from shared.questionnaire.definition import in_language

codes = Blueprint("codes", __name__)
_CODE = frozenset({"code"})


class LostCodeSchema(FormSchema):
    """A code to withdraw."""

    code = field.String(required=True, validate=[required(), at_most(64)])


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A questionnaire's codes; ``issued`` and ``void`` are "–" where that is no longer known, or never was."""

    questionnaire: str
    respondents: str
    model: str
    invited: str
    issued: str
    answered: str
    void: str


@dataclass(frozen=True, slots=True)
class CodesPage:
    """A cycle's codes."""

    key: str
    title: str
    lines: tuple[CodeLine, ...]
    may_issue: bool
    form: Form


@codes.get("/cycles/<key>/codes")
@needs(Permission.CHANGE_CYCLES)
def show(key: str) -> Response:
    """Show how many codes there are."""
    return _codes_page(key, EMPTY)


@codes.post("/cycles/<key>/codes")
@needs(Permission.CHANGE_CYCLES)
def issue(key: str) -> AnyResponse:
    """Issue the codes that are missing."""
    given = services()
    issued = issue_codes(
        given.database,
        given.clock,
        code_pepper=given.code_pepper,
        cycle_key=key,
        actor=current_actor().label,
    )
    text = ngettext("%(number)d new code is issued.", "%(number)d new codes are issued.", issued.total)
    tell(text % {"number": issued.total} if issued.total else _("Nobody lacked a code. Nothing has changed."))
    for note in issued.notes:
        tell(note)
    return see_other(f"/cycles/{key}/codes")


@codes.post("/cycles/<key>/codes/void")
@needs(Permission.CHANGE_CYCLES)
def void(key: str) -> AnyResponse:
    """Withdraw a code that was lost; it is never shown again."""
    given = services()
    form = read_form(LostCodeSchema, secret=_CODE)
    if not form.sound:
        return _codes_page(key, form, 422)
    try:
        voided = void_code(
            given.database,
            given.clock,
            code_pepper=given.code_pepper,
            cycle_key=key,
            typed=form.data["code"],
            actor=current_actor().label,
        )
    except Refused as refusal:
        return _codes_page(key, Form({}, {"code": str(refusal)}, {}), 422)
    parts = {"questionnaire": voided.questionnaire, "unit": voided.unit_code}
    tell(_("The code is withdrawn (%(questionnaire)s, unit %(unit)s). Issue codes again to replace it.") % parts)
    if voided.shared:
        tell(_("It was shared by the whole unit: forms already begun with it may still be sent."))
    return see_other(f"/cycles/{key}/codes")


def _codes_page(key: str, form: Form, status: int = 200) -> Response:
    with services().database.read() as session:
        cycle = find_cycle(session, key)
        lines = tuple(_lines(session, cycle))
        title = in_language(cycle.title, active_language())
        view = CodesPage(key, title, lines, cycle.state in {"scheduled", "collecting"}, form)
    return page("cycles/codes.html", view, status=status)


def _lines(session: Session, cycle: Cycle) -> Iterator[CodeLine]:
    withdrawn: dict[str, int] = dict(
        session.execute(
            select(Questionnaire.key, func.count())
            .join(Code, Code.questionnaire_id == Questionnaire.id)
            .where(Questionnaire.cycle_id == cycle.id, Code.state == "void")
            .group_by(Questionnaire.key)
        ).all()
    )
    for row in cycle_status(session, cycle.key):
        known = row["issued"] is not None
        yield CodeLine(
            questionnaire=str(row["questionnaire"]),
            respondents=words.respondents(str(row["respondent"])),
            model=words.code_model(str(row["codes"])),
            invited=numbers.count(int(str(row["invited"]))),
            issued=numbers.count(int(str(row["issued"]))) if known else "–",
            answered=numbers.count(int(str(row["answered"]))),
            void=numbers.count(withdrawn.get(str(row["questionnaire"]), 0)) if known else "–",
        )
