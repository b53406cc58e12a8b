"""The addresses of the way in: ``/``, ``/s/CODE`` and ``/introduction``."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from shared.i18n import gettext as _
from shared.sealing.codes import MAXIMUM_TYPED
from shared.web.forms.envelope import read_envelope
from survey_service.casting.forms import open_form
from survey_service.cookies import current_visit, form_tokens
from survey_service.entry import lookup
from survey_service.entry.lookup import Entry, look_up, make_form_code
from survey_service.entry.views import (
    CodeView,
    IntroductionView,
    RefusedView,
    code_view,
    early_code,
    introduction_view,
    late_code,
    unknown_code,
)
from survey_service.here import current_code, standing_in
from survey_service.pages import page, same_page, see_other, switched_language
from survey_service.questionnaire.drafts import delete_draft
from survey_service.questionnaire.saving import page_to_resume
from survey_service.questionnaire.standing import LATE, LOCKED, REFUSED, Diverted
from survey_service.services import services
from survey_service.visit import IDLE, Current

entry = Blueprint("entry", __name__)
_SHARED = "shared"


@entry.get("/s/<code>")
def scanned(code: str) -> AnyResponse:
    """Fill in the code of a QR link. Nothing is looked up, so every code gets the same answer."""
    current_visit().typed = code[:MAXIMUM_TYPED]
    return see_other("/")


@entry.get("/")
def code_page() -> Response:
    """Ask for the code."""
    visit = current_visit()
    return _code_page(code_view(request.args.get("notice", ""), visit.typed))


@entry.post("/")
def enter() -> AnyResponse:
    """Open what the code opens."""
    envelope, typed = read_envelope(), request.form.get("code", "")[:MAXIMUM_TYPED]
    if switched_language(envelope):
        current_visit().typed = typed
        return same_page()
    form_tokens().demand("code")
    if not typed.strip():
        return _code_page(CodeView(error=_("Enter your code")), status=422)
    return _open(typed)


@entry.get("/introduction")
def introduction() -> Response:
    """Say what this is about, before the first question."""
    current = current_code()
    with services().database.read() as session:
        view = introduction_view(session, current, now=services().clock.now())
        if view is None:
            raise Diverted(REFUSED)
        view = _with_draft(session, current, view)
    return page("entry/introduction.html", view, token=form_tokens().give("introduction", current.subject))


@entry.post("/introduction")
def begin() -> AnyResponse:
    """Go on to the questions: where a saved draft left off, else to the first."""
    current, envelope = current_code(), read_envelope()
    if switched_language(envelope):
        return same_page()
    form_tokens().demand("introduction", current.subject)
    if current.kind == _SHARED:
        _own_form(current)
    return see_other(_first_question())


@entry.get("/robots.txt")
def robots() -> Response:
    """Keep search engines out: there is nothing here to find."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")


def refused_page(view: RefusedView, status: int) -> Response:
    """Return a refusal: plain words and the way back to the code field."""
    return page("entry/refused.html", view, token=form_tokens().give("code"), action="/", status=status)


def _code_page(view: CodeView, status: int = 200) -> Response:
    return page("entry/code.html", view, token=form_tokens().give("code"), action="/", status=status)


def _open(typed: str) -> AnyResponse:
    given, visit = services(), current_visit()
    now = given.clock.now()
    begun = {code_id: draft.begun_at for code_id, draft in visit.drafts.items()}
    with given.database.read() as session:
        found = look_up(session, given.code_pepper, typed, now=now, begun=begun)
        if found.code_id is None or found.outcome in {REFUSED, lookup.EARLY, LATE}:
            return _refuse(found, typed)
        current = Current(found.code_id, found.kind, begun_at=now, idle_until=now + IDLE)
        if found.outcome == lookup.OPEN and found.kind != _SHARED:
            current = replace(current, form=open_form(session, found.code_id))
    visit.take(current)
    return see_other("/receipt" if found.outcome == lookup.ANSWERED else "/introduction")


def _refuse(found: Entry, typed: str) -> Response:
    if found.outcome == lookup.EARLY:
        return refused_page(early_code(found.opens_at, services().clock.now()), 403)
    if found.outcome == LATE:
        return refused_page(late_code(), 410)
    return refused_page(unknown_code(typed), 404)


def _with_draft(session: Session, current: Current, view: IntroductionView) -> IntroductionView:
    """Say whether a draft waits here, or one that only another device can open."""
    if current.kind == _SHARED:
        return view
    try:
        standing = standing_in(session)
    except Diverted as diverted:
        if diverted.to == LOCKED:
            return replace(view, locked=True)
        raise
    return replace(view, resumed=standing.has_draft)


def _own_form(shared: Current) -> None:
    """Give one respondent of a shared code a form of their own, which answers once."""
    given = services()
    now = given.clock.now()
    with given.database.begin() as session:
        code_id = make_form_code(session, shared.code_id, now=now, begun_at=shared.begun_at)
        form = open_form(session, code_id)
    current_visit().take(Current(code_id, "form", begun_at=shared.begun_at, idle_until=now + IDLE, form=form))


def _first_question() -> str:
    """Return the address where the respondent was, or the first page; a draft of another device is given up here."""
    with services().database.begin() as session:
        try:
            return page_to_resume(standing_in(session, alone=True))
        except Diverted as diverted:
            if diverted.to != LOCKED:
                raise
            delete_draft(session, current_code().code_id)
            return "/questions/1"
