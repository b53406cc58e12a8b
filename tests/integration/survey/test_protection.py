"""Forged, foreign and oversized forms, headers, cookies, failing parts, and silence in the logs."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from http.client import HTTPConnection

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from deploy import logs
from deploy.http_server import serving
from shared.database.engine import open_database
from shared.errors import SettingsError
from shared.model.tables import metadata
from shared.web.tokens import DARK, LIGHT, Theme, contrast, stylesheet_tokens
from survey_service.app import create_app
from survey_service.services import _EXTENSION
from tests.support.survey_site import build_house
from tests.support.visitor import Visitor

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("token", ["", "forged", "A" * 300, "A" * 5000])
def test_a_forged_form_saves_nothing_and_shows_a_way_on(site, visitor, token):
    visitor.begin(site.codes["elev"][0])
    visitor.post("/questions/1", {"token": token, "trygg": "1", "action": "next"})
    assert (visitor.page, visitor.status) == ("refused", 400)
    assert "code" in visitor.fields()
    assert "trygg" not in visitor.get("/questions/1").fields()


def test_a_token_of_one_page_is_of_no_use_on_another(site, visitor, ballots):
    visitor.begin(site.codes["elev"][0])
    token = visitor.fields()["token"]
    assert visitor.post("/questions/2", {"token": token}).status == 400
    assert visitor.post("/check", {"token": token, "action": "send"}).status == 400
    assert ballots() == 0


def test_a_token_of_another_respondent_is_of_no_use(site, visitor):
    token = Visitor(site.app).begin(site.codes["elev"][0]).fields()["token"]
    visitor.begin(site.codes["elev"][1])
    assert visitor.post("/questions/1", {"token": token, "trygg": "1"}).status == 400


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_a_form_posted_from_another_site_is_refused(site, visitor, origin):
    fields = visitor.get("/").fields() | {"code": site.codes["elev"][0]}
    assert visitor.post("/", fields, **{"Sec-Fetch-Site": origin}).status == 400
    assert visitor.post("/", fields, **{"Sec-Fetch-Site": "same-origin"}).page == "introduction"


def test_a_control_that_no_form_has_is_refused(site, visitor):
    visitor.begin(site.codes["elev"][0])
    assert visitor.press(trygg="1", is_admin="1").status == 400


def test_an_option_that_does_not_exist_is_an_error_at_its_question(site, visitor):
    visitor.begin(site.codes["elev"][0]).press(trygg="77", ro="1")
    assert visitor.status == 422
    assert "77" not in visitor.text
    assert visitor.fields()["ro"] == "1"


def test_an_oversized_form_gets_a_plain_page(site, visitor):
    visitor.begin(site.codes["elev"][0])
    visitor.press(varfor="x" * 300_000)
    assert (visitor.page, visitor.status) == ("refused", 413)


def test_a_form_of_three_megabytes_gets_the_plain_page_over_the_server_too(site):
    with serving("survey", "http://127.0.0.1:0", site.app) as url:
        connection = HTTPConnection(url.removeprefix("http://"), timeout=20)
        connection.request("POST", "/", "code=" + "x" * 3_000_000, {"Content-Type": FORM})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
    assert response.status == 413
    assert "Det blev för mycket på en gång" in text


@pytest.mark.parametrize(("method", "address", "status"), [("GET", "/nothing", 404), ("DELETE", "/check", 405)])
def test_wrong_addresses_and_methods_get_the_sites_own_page(visitor, method, address, status):
    response = visitor.client.open(address, method=method, base_url=visitor.url)
    assert response.status_code == status
    assert 'data-page="refused"' in response.text


def test_a_foreign_host_name_is_not_answered(visitor):
    response = visitor.client.get("/", base_url="http://elsewhere.example:8000")
    assert response.status_code == 400


def test_pages_carry_the_strict_headers_and_are_never_stored(visitor):
    headers = visitor.get("/").response.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; img-src 'self'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_no_page_has_script_or_inline_style(site, visitor):
    visitor.begin(site.codes["elev"][0])
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", visitor.response.text)


def test_static_files_are_kept_for_a_year_under_their_fingerprint_only(visitor):
    (sheet,) = re.findall(r'href="(/static/[^"]+\.css)"', visitor.get("/").response.text)
    response = visitor.client.get(sheet, base_url=visitor.url, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Encoding"] == "gzip"
    stale = visitor.client.get("/static/000000000000/sikte.css", base_url=visitor.url)
    assert (stale.status_code, stale.headers["Cache-Control"]) == (200, "no-cache")
    assert len(stale.data) <= 15 * 1024
    assert visitor.client.get("/static/0/nothing.css", base_url=visitor.url).status_code == 404


def test_the_cookie_is_sealed_http_only_and_lax(site, visitor):
    code = site.codes["elev"][0]
    response = visitor.client.get(f"/s/{code}", base_url=visitor.url)
    cookie = response.headers["Set-Cookie"]
    assert code not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_over_https_the_cookie_is_bound_to_host_and_transport(site):
    app = build_https(site)
    response = app.test_client().get("/s/ABC", base_url="https://svara.example")
    assert response.headers["Set-Cookie"].startswith("__Host-sikte-survey=")
    assert "Secure" in response.headers["Set-Cookie"]
    assert "max-age=31536000" in response.headers["Strict-Transport-Security"]


def build_https(site):
    services = site.app.extensions[_EXTENSION]
    return create_app(replace(services, survey_url="https://svara.example"))


def test_a_damaged_cookie_starts_afresh(site, visitor):
    visitor.begin(site.codes["elev"][0])
    visitor.client.set_cookie("sikte-survey", "damaged", domain="127.0.0.1")
    assert visitor.get("/questions/1").page == "code"


def test_when_the_database_is_away_the_page_keeps_what_was_posted(site, visitor, monkeypatch, caplog):
    visitor.begin(site.codes["elev"][0]).press(trygg="1")
    with monkeypatch.context() as away:

        def fail(*_arguments, **_options):
            raise OperationalError("SELECT", None, Exception("gone"))

        away.setattr(type(site.database), "begin", fail)
        visitor.press(varfor="Hemlig mening", vanner="12")
        assert (visitor.page, visitor.status) == ("refused", 503)
        assert int(visitor.response.headers["Retry-After"]) > 0
    visitor.post(visitor.target, visitor.fields())
    assert visitor.page == "check"
    assert "Hemlig mening" in visitor.text
    assert "Hemlig" not in caplog.text


def test_a_real_loss_of_the_database_is_503_and_heals(tmp_path):
    path = tmp_path / "sikte.db"
    database = open_database(f"sqlite:///{path}")
    metadata.create_all(database.engine)
    site = build_house(database)
    visitor = Visitor(site.app).begin(site.codes["elev"][0])
    database.dispose()
    path.rename(tmp_path / "away.db")
    path.mkdir()
    visitor.press(trygg="1")
    assert visitor.status == 503
    path.rmdir()
    (tmp_path / "away.db").rename(path)
    visitor.post(visitor.target, visitor.fields())
    assert visitor.address == "/questions/2"
    database.dispose()


@pytest.fixture
def logged(capsys):
    """What stands on stderr, line by line, when logging is configured as in production."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure("info", as_json=True)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_fault_of_ours_shows_and_logs_nothing_of_the_respondent(site, visitor, monkeypatch, logged):
    code = site.codes["elev"][0]
    visitor.begin(code).press(trygg="1")

    def fail(*_arguments, **_options):
        raise ValueError("Hemlig mening")

    monkeypatch.setattr("survey_service.questionnaire.routes.save_page", fail)
    target, fields = visitor.target, visitor.fields() | {"varfor": "Hemlig mening", "vanner": "12"}
    for _time in range(2):
        visitor.post(target, fields)
        assert (visitor.page, visitor.status) == ("refused", 500)
        assert "Hemlig" not in visitor.response.text
    lines = logged()
    assert [(line["event"], line["error"]) for line in lines] == [("a page failed", "ValueError")] * 2
    assert "survey_service.questionnaire.routes:save" in lines[0]["where"].split(" < ")
    assert "Hemlig" not in json.dumps(lines)


def test_a_whole_journey_leaves_no_word_of_it_in_any_log(site, visitor, caplog, capfd):
    code = site.codes["elev"][0]
    with caplog.at_level(logging.DEBUG):
        visitor.get(f"/s/{code}").press()
        visitor.press().press(trygg="1")
        visitor.press(varfor="Hemlig mening", vanner="x1")
        visitor.press(varfor="Hemlig mening", vanner="12")
        visitor.press("send")
    assert visitor.page == "receipt"
    said = caplog.text + "".join(capfd.readouterr())
    for secret in (code, "Hemlig", "/s/", "/questions", "127.0.0.1", "trygg"):
        assert secret not in said


def test_answers_and_codes_never_stand_in_an_address(site, visitor):
    code = site.codes["elev"][0]
    visitor.begin(code)
    while visitor.page == "questions":
        assert code not in visitor.address
        visitor.press(trygg="1") if "trygg" in visitor.response.text else visitor.press(varfor="Hemlig")
        assert "Hemlig" not in visitor.address
    assert visitor.page == "check"


def test_a_theme_that_cannot_be_read_is_refused():
    with pytest.raises(SettingsError, match="#ffff00"):
        stylesheet_tokens(Theme(name="Sundby", colour="#ffff00"))
    with pytest.raises(SettingsError, match="rrggbb"):
        stylesheet_tokens(Theme(name="Sundby", colour="red"))


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_every_ink_can_be_read_on_every_ground(tokens):
    for ground in ("ground", "raised"):
        for ink in ("ink", "quiet"):
            assert contrast(tokens[ink], tokens[ground]) >= 4.5
        assert contrast(tokens["edge"], tokens[ground]) >= 3
    assert contrast(tokens["warn"], tokens["warn-ground"]) >= 4.5
