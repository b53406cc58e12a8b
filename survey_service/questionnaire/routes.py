"""The addresses of the questions: ``/questions/<page>``, ``/check`` and ``/receipt``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from shared.questionnaire.routing import Page, page_at
from shared.web.forms.envelope import Envelope, read_envelope
from survey_service.casting.cast import cast
from survey_service.cookies import current_visit, form_tokens
from survey_service.here import current_code, standing_now
from survey_service.pages import page as rendered
from survey_service.pages import same_page, see_other, switched_language
from survey_service.questionnaire.receipts import receipt_view
from survey_service.questionnaire.saving import (
    BACK,
    CHECK,
    PAUSE,
    Saved,
    after_the_last,
    page_after,
    page_before,
    save_page,
)
from survey_service.questionnaire.standing import Standing
from survey_service.questionnaire.views import check_view, questions_view
from survey_service.services import services

questionnaire = Blueprint("questionnaire", __name__)
_SEND = "send"


@questionnaire.get("/questions/<int:number>")
def questions(number: int) -> AnyResponse:
    """Show a page of questions; one that is routed past leads to the next."""
    standing = standing_now()
    pages = standing.pages()
    page = page_at(pages, number)
    return see_other(page_after(standing, number)) if page is None else _questions_page(standing, pages, page)


@questionnaire.post("/questions/<int:number>")
def save(number: int) -> AnyResponse:
    """Save a page of questions and go where the button says."""
    envelope = read_envelope()
    form_tokens().demand(f"questions/{number}", current_code().subject)
    # Before saving: what cannot be taken is then said in the language just chosen.
    switched = switched_language(envelope)
    with services().database.begin() as session:
        saved = save_page(session, number, request.form, envelope, from_check=_from_check())
    if saved.page is not None and saved.errors and envelope.action != BACK:
        return _questions_page(saved.standing, saved.standing.pages(), saved.page, saved.errors)
    return same_page() if switched else _go_on(saved, number, envelope)


@questionnaire.get("/check")
def check() -> Response:
    """Show all answers before they are sent."""
    return rendered(
        "questionnaire/check.html",
        check_view(standing_now()),
        token=form_tokens().give("check", current_code().subject),
    )


@questionnaire.post("/check")
def send() -> AnyResponse:
    """Cast the ballot; sending twice leads to the same receipt."""
    envelope = read_envelope()
    form_tokens().demand("check", current_code().subject)
    if switched_language(envelope):
        return same_page()
    standing = standing_now()
    if envelope.action == _SEND:
        return _cast(standing)
    if envelope.action == PAUSE:
        return _pause()
    return see_other(page_before(standing, after_the_last(standing))) if envelope.action == BACK else same_page()


@questionnaire.get("/receipt")
def receipt() -> AnyResponse:
    """Say what is now true of the answer."""
    current = current_code()
    with services().database.read() as session:
        view = receipt_view(session, current.code_id)
    if view is None:
        return see_other("/introduction")
    return rendered("receipt/receipt.html", view, token=form_tokens().give("receipt", current.subject))


@questionnaire.post("/receipt")
def finish() -> AnyResponse:
    """Leave the receipt for the code page: the next child, or the next person at this device."""
    if switched_language(read_envelope()):
        return same_page()
    current_visit().leave()
    return see_other("/")


def _questions_page(
    standing: Standing, pages: Sequence[Page], page: Page, errors: Mapping[str, str] | None = None
) -> Response:
    faults = errors or {}
    typed = {key: request.form.get(key, "") for key in faults}
    view = questions_view(standing, pages, page, errors=faults, typed=typed)
    token = form_tokens().give(f"questions/{page.number}", standing.form.code_id.hex)
    return rendered("questionnaire/questions.html", view, token=token, status=422 if faults else 200)


def _go_on(saved: Saved, number: int, envelope: Envelope) -> AnyResponse:
    if envelope.clear:
        return see_other(f"{request.full_path.rstrip('?')}#{envelope.clear}")
    if envelope.action == PAUSE:
        return _pause()
    if _from_check():
        return see_other(CHECK)
    move = page_before if envelope.action == BACK else page_after
    return see_other(move(saved.standing, number))


def _from_check() -> bool:
    return request.args.get("from") == "check"


def _pause() -> AnyResponse:
    current_visit().leave()
    return see_other("/?notice=paused")


def _cast(standing: Standing) -> AnyResponse:
    given = services()
    cast(
        given.database,
        given.clock,
        given.box_keys,
        form=standing.form,
        answers=standing.answers,
        begun_at=standing.begun_at,
    )
    current_visit().answered()
    return see_other("/receipt")
