"""The addresses of owners' agreements on publication: what each has said, and a new word."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin_portal.access.guard import current_actor, needs
from admin_portal.access.policy import Permission, permits
from admin_portal.cycles.recomputation import cycles_with_results
from admin_portal.forms import EMPTY, Form, FormSchema, at_most, field, one_of, read_form
from admin_portal.organisation.agreement_pages import AgreementsPage, OwnerPage, find_owner, owner_page, owner_pages
from admin_portal.organisation.agreement_rows import AgreementRow
from admin_portal.organisation.agreements import set_agreement, today
from admin_portal.pages import page, see_other, tell
from admin_portal.services import services
from shared.errors import Refused
from shared.i18n import active_language
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.questionnaire.definition import in_language

agreements = Blueprint("agreements", __name__)


class WordSchema(FormSchema):
    """An owner's word, as a form gives it; an empty ``unit`` means all of the owner's."""

    unit = field.String(load_default="", validate=at_most(50))
    publish = field.String(load_default="", validate=one_of(("yes", "no")))
    valid_from = field.String(load_default="")
    valid_to = field.String(load_default="")
    reference = field.String(load_default="", validate=at_most(200))


class DatesSchema(FormSchema):
    """The days of a word, where they are given."""

    valid_from = field.Date(load_default=None)
    valid_to = field.Date(load_default=None)


@dataclass(frozen=True, slots=True)
class WordPage:
    """The form of a new word."""

    owner: OwnerPage
    form: Form


@agreements.get("/agreements")
@needs(Permission.AGREE_TO_PUBLICATION)
def list_all() -> Response:
    """Show what each owner has said."""
    given, actor = services(), current_actor()
    with given.database.read() as session:
        view = AgreementsPage(owner_pages(session, actor, day=today(given.clock)))
        if permits(actor, Permission.CHANGE_CYCLES):
            view = replace(view, recomputable=_with_results(session))
    return page("organisation/agreements.html", view)


@agreements.get("/agreements/<code>")
@needs(Permission.AGREE_TO_PUBLICATION)
def edit(code: str) -> Response:
    """Show the form of a new word of an owner."""
    return _word_page(code, EMPTY)


@agreements.post("/agreements/<code>")
@needs(Permission.AGREE_TO_PUBLICATION)
def save(code: str) -> AnyResponse:
    """Note an owner's word."""
    given, actor = services(), current_actor()
    with given.database.read() as session:
        find_owner(session, actor, code)
    form = _read_word()
    if not form.sound:
        return _word_page(code, form, 422)
    word = AgreementRow(0, code, **{**form.data, "publish": form.data["publish"] == "yes"})
    try:
        noted = set_agreement(given.database, given.clock, word=word, actor=actor.label)
    except Refused as refusal:
        return _word_page(code, form.with_fault(_FIELD_OF.get(refusal.code, "publish"), str(refusal)), 422)
    tell(_("Your word is noted.") if noted.added else _("This is what was noted before. Nothing has changed."))
    if noted.added:
        tell(_("It takes effect when results are next computed."))
    return see_other("/agreements")


def _with_results(session: Session) -> tuple[tuple[str, str], ...]:
    """Return key and title of the cycles that have results."""
    titles = {cycle.key: in_language(cycle.title, active_language()) for cycle in session.scalars(select(Cycle))}
    return tuple((key, titles[key]) for key in cycles_with_results(session))


_FIELD_OF = {"agreement_dates": "valid_to", "agreement_reference": "reference", "not_found": "unit"}


def _read_word() -> Form:
    """Return the posted word with its days as dates; an empty day is no limit."""
    form = read_form(WordSchema)
    if not form.sound:
        return form
    given = {name: form.data[name] for name in ("valid_from", "valid_to") if form.data[name]}
    faulty = DatesSchema().validate(given)
    for name in faulty:
        form = form.with_fault(name, _("This is no date. Write year-month-day, for example 2026-08-01."))
    if not form.sound:
        return form
    data = {"unit_code": form.data["unit"], "publish": form.data["publish"], "reference": form.data["reference"]}
    return replace(form, data={**data, **DatesSchema().load(given)})


def _word_page(code: str, form: Form, status: int = 200) -> Response:
    given = services()
    with given.database.read() as session:
        provider = find_owner(session, current_actor(), code)
        view = WordPage(owner_page(session, provider, day=today(given.clock)), form)
    return page("organisation/agreement.html", view, status=status)
