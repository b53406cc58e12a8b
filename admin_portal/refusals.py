"""What a person meets whom a rule stops: a plain page that says why and what to do, never a bare status."""

from __future__ import annotations

from flask import Flask, Response, request

from admin_portal.pages import error_page
from shared.errors import FileFaults, Refused
from shared.i18n import gettext as _
from shared.web.errors import ErrorPage, respond
from shared.web.forms.token import Forged


def answer_refusals(app: Flask) -> None:
    """Answer ``Refused``, ``FileFaults`` and ``Forged`` in ``app`` with a page, and uploads above the limit."""

    @app.errorhandler(413)
    def refuse_size(_error: Exception) -> Response:
        limit = (request.max_content_length or 0) // 1_000
        size = f"{limit} kB" if limit < 1_000 else f"{limit // 1_000} MB"  # noqa: PLR2004  of one megabyte
        text = _("It was larger than the %(limit)s that this page takes. Nothing was changed. Divide it, or pack it.")
        return respond(error_page(ErrorPage(413, _("That was too much at once"), text % {"limit": size})), 413)

    @app.errorhandler(Refused)
    def refuse(refused: Refused) -> Response:
        heading = _("This is not for your role") if refused.code == "forbidden" else _("That cannot be done")
        return respond(error_page(ErrorPage(refused.status, heading, str(refused))), refused.status)

    @app.errorhandler(FileFaults)
    def refuse_file(faults: FileFaults) -> Response:
        return respond(error_page(ErrorPage(422, _("The file cannot be used"), str(faults))), 422)

    @app.errorhandler(Forged)
    def distrust(_forged: Forged) -> Response:
        text = _("It was open for too long, or in another window where you signed out. Nothing was changed. Try again.")
        return respond(error_page(ErrorPage(400, _("This form cannot be used"), text)), 400)
