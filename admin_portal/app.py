"""Makes the portal: a Flask application around the services it is given, with a guard in front of every route."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter

from admin_portal.access.guard import permission_of, stand_guard
from admin_portal.blueprints import BLUEPRINTS
from admin_portal.messages import carry_messages
from admin_portal.pages import error_page
from admin_portal.refusals import answer_refusals
from admin_portal.services import PortalServices, install
from shared.web.factory import Site, make_application

__all__ = ["PortalServices", "create_app"]

_LARGEST_NUMBER = 2**31 - 1


class RowNumber(IntegerConverter):
    """The number of a row in an address; one that no column of the database can hold is the address of nothing."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{"max": _LARGEST_NUMBER, **named})


def create_app(services: PortalServices) -> Flask:
    """Return the WSGI application of the portal.

    Raises ``RuntimeError`` for a route that names no permission, and for two of which one would never be asked.
    """
    site = Site(
        package="admin_portal",
        url=services.portal_url,
        theme=services.theme,
        error_page=error_page,
        scripts=True,
    )
    app = make_application(site)
    app.url_map.converters["int"] = RowNumber
    install(app.extensions, services)
    carry_messages(app, services, https=site.https)
    stand_guard(app, services, https=site.https)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    answer_refusals(app)
    _refuse_undecided(app)
    _refuse_doubles(app)
    return app


def _refuse_undecided(app: Flask) -> None:
    undecided = [
        name for name, view in app.view_functions.items() if name != "static_file" and permission_of(view) is None
    ]
    if undecided:
        message = f"routes without a permission: {', '.join(sorted(undecided))}"
        raise RuntimeError(message)


def _refuse_doubles(app: Flask) -> None:
    every = Counter(
        (rule.rule, method) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"OPTIONS"}
    )
    doubles = sorted(f"{method} {rule}" for (rule, method), number in every.items() if number > 1)
    if doubles:
        message = f"several views for one address: {', '.join(doubles)}"
        raise RuntimeError(message)
