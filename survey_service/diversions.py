"""Where a respondent is led who cannot stay on the page asked for."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.wrappers import Response as AnyResponse

from shared.errors import Refused
from shared.i18n import gettext as _
from shared.web.errors import ErrorPage, respond
from shared.web.forms.token import Forged
from survey_service.cookies import current_visit
from survey_service.entry.routes import refused_page
from survey_service.entry.views import RefusedView, late_answer, late_code, unknown_code
from survey_service.here import EXPIRED, START
from survey_service.pages import error_page, see_other
from survey_service.questionnaire.routes import questionnaire
from survey_service.questionnaire.standing import LATE, LOCKED, RECEIPT, REFUSED, Diverted

_ADDRESSES = {
    RECEIPT: "/receipt",
    LOCKED: "/introduction",
    START: "/?notice=start",
    EXPIRED: "/?notice=expired",
}
_REFUSALS = {"window_closed": LATE, "code_void": REFUSED}


def handle_diversions(app: Flask) -> None:
    """Answer ``Diverted``, ``Refused`` and ``Forged`` in ``app`` with the page where the respondent belongs."""

    @app.errorhandler(Diverted)
    def divert(diverted: Diverted) -> AnyResponse:
        if diverted.to == RECEIPT:
            current_visit().answered()
        if diverted.to in _ADDRESSES:
            return see_other(_ADDRESSES[diverted.to])
        late = late_answer() if _brought_an_answer() else late_code()
        current_visit().leave()
        return refused_page(late, 410) if diverted.to == LATE else refused_page(unknown_code(""), 404)

    @app.errorhandler(Refused)
    def refuse(refused: Refused) -> AnyResponse:
        if refused.code in _REFUSALS:
            return divert(Diverted(_REFUSALS[refused.code]))
        return respond(error_page(ErrorPage(refused.status, _("That cannot be done"), str(refused))), refused.status)

    @app.errorhandler(Forged)
    def distrust(_forged: Forged) -> AnyResponse:
        return refused_page(_not_this_form(), 400)


def _brought_an_answer() -> bool:
    current = current_visit().current
    posted = request.method == "POST" and request.blueprint == questionnaire.name
    return posted and current is not None and current.form is not None


def _not_this_form() -> RefusedView:
    return RefusedView(
        heading=_("This form cannot be used"),
        text=_(
            "It belongs to another code, or it was open in another window. Nothing was saved or sent from it. "
            "Enter the code again to go on."
        ),
    )
