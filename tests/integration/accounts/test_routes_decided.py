"""The portal does not start with a route that nobody has decided about, nor with two views for one address."""

from __future__ import annotations

import pytest
from flask import Blueprint

from admin_portal import app
from admin_portal.access.guard import needs
from admin_portal.access.policy import Permission
from admin_portal.blueprints import BLUEPRINTS


def with_view(portal, monkeypatch, rule: str, view, method: str = "GET"):
    more = Blueprint("more", __name__)
    more.add_url_rule(rule, "view", view, methods=[method])
    monkeypatch.setattr(app, "BLUEPRINTS", (*BLUEPRINTS, more))
    return app.create_app(portal.services)


def test_a_route_that_names_no_permission_stops_the_portal(portal, monkeypatch):
    with pytest.raises(RuntimeError, match=r"without a permission: more\.view"):
        with_view(portal, monkeypatch, "/somewhere", lambda: "")


def test_a_second_view_for_an_address_stops_the_portal(portal, monkeypatch):
    with pytest.raises(RuntimeError, match="several views for one address: GET /units, HEAD /units"):
        with_view(portal, monkeypatch, "/units", needs(Permission.SEE_UNITS)(lambda: ""))


def test_another_method_of_the_same_address_is_another_view(portal, monkeypatch):
    assert with_view(portal, monkeypatch, "/units", needs(Permission.SEE_UNITS)(lambda: ""), "POST")
