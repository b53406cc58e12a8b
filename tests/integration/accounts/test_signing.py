"""Signing in and out: one answer and one amount of work for whoever is not let in, delays, the second factor."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from admin_portal.access.policy import Actor
from admin_portal.access.sessions import HALF_WAY, IDLE, LONGEST, find_actor, session_id
from admin_portal.accounts import passwords, signing
from admin_portal.accounts.own import begin_second_factor, confirm_second_factor, remove_second_factor
from admin_portal.accounts.signing import MOST_CODES, give_code, sign_in
from admin_portal.accounts.throttle import TooMany
from shared.errors import Refused
from shared.model.accounts import Account, LoginThrottle, PortalSession
from tests.integration.accounts.conftest import PASSWORD, on_both

WRONG = "E-mail address or password is wrong."


@pytest.fixture
def second(door, desk, portal):
    """Somebody with a second factor, and the app's secret."""

    class Second:
        account_id = desk.person("officer", email="second@example.se")
        visitor = None
        secret = ""

        def code(self, steps: int = 0) -> str:
            return pyotp.TOTP(self.secret).at(int(portal.house.clock.now().timestamp()) + 30 * steps)

    person = Second()
    actor = actor_behind(door, sign_in(door, email="second@example.se", password=PASSWORD).token)
    person.secret = begin_second_factor(door, actor, password=PASSWORD)
    confirm_second_factor(door, actor, code=person.code())
    door.clock.advance(timedelta(minutes=2))
    return person


def actor_behind(door, token: str) -> Actor:
    found = find_actor(door.database, token, door.clock.now())
    assert found is not None
    return found


def page_token(html: str) -> str:
    """Return the token of the page's own form, after the language's."""
    return re.findall(r'name="token" value="([^"]+)"', html)[-1]


def refusal_of_code(door, token: str, code: str) -> str:
    """Return the word of the refusal of a code, after waiting for as long as one is told to."""
    try:
        give_code(door, token=token, code=code)
    except TooMany as slowed:
        door.clock.advance(timedelta(seconds=slowed.seconds))
        return refusal_of_code(door, token, code)
    except Refused as refused:
        return refused.code
    return ""


def fill_in(client, **fields):
    token = page_token(client.get("/sign-in").text)
    return client.post("/sign-in", data={"token": token, "next": "/account", **fields})


@on_both
def test_the_right_password_opens_a_session_under_a_new_token(client, portal, desk, door):
    desk.person("officer")
    client.set_cookie(portal.services.cookie_name, "planted-by-somebody")
    response = fill_in(client, email=" Person@Example.SE ", password=PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (303, "/account")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"{portal.services.cookie_name}=")
    assert "planted-by-somebody" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/account").status_code == 200


@on_both
def test_a_new_sign_in_ends_the_session_that_the_browser_had(portal, desk, door):
    desk.person("officer")
    first = sign_in(door, email="person@example.se", password=PASSWORD)
    second = sign_in(door, email="person@example.se", password=PASSWORD, before=first.token)
    assert find_actor(door.database, first.token, door.clock.now()) is None
    assert find_actor(door.database, second.token, door.clock.now()) is not None


@pytest.mark.parametrize("who", ["unknown", "wrong", "disabled", "without"])
def test_whoever_is_not_let_in_gets_one_answer_after_the_same_work(client, portal, desk, door, monkeypatch, who):
    account_id = desk.person("officer")
    with door.database.begin() as session:
        account = session.get_one(Account, account_id)
        account.active = who != "disabled"
        account.password_hash = "" if who == "without" else account.password_hash
    checks = []
    real = PasswordHasher.verify

    def verify(hasher: PasswordHasher, stored: str, password: str) -> bool:
        checks.append(stored)
        return real(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    email = "nobody@example.se" if who == "unknown" else "person@example.se"
    response = fill_in(client, email=email, password=PASSWORD if who != "wrong" else "fel fel fel fel")
    assert response.status_code == 422
    assert WRONG in response.text
    assert "Error: " in response.text
    assert len(checks) == 1
    assert checks[0].startswith("$argon2id$")
    assert PASSWORD not in response.text


def test_the_form_is_shown_again_with_the_address_but_never_the_password(client, portal):
    response = fill_in(client, email="a@example.se", password="")
    assert response.status_code == 422
    assert 'value="a@example.se"' in response.text
    assert "Write a password." in response.text


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\nb",
        "//[",
        "javascript:x",
        "evil",
        "",
    ],
)
def test_nobody_is_led_to_another_site(client, portal, desk, wanted):
    desk.person("officer")
    response = fill_in(client, email="person@example.se", password=PASSWORD, next=wanted)
    assert response.headers["Location"] == "/"
    assert client.get("/sign-in", query_string={"next": wanted}).headers["Location"] == "/"


def test_the_page_that_was_asked_for_comes_after_signing_in(client, portal, desk):
    desk.person("officer")
    asked = client.get("/accounts?role=principal")
    assert asked.headers["Location"] == "/sign-in?next=%2Faccounts%3Frole%3Dprincipal"
    form = client.get(asked.headers["Location"]).text
    assert 'value="/accounts?role=principal"' in form


def test_another_sites_form_signs_nobody_in(client, portal, desk):
    desk.person("officer")
    token = page_token(client.get("/sign-in").text)
    data = {"token": token, "email": "person@example.se", "password": PASSWORD}
    assert client.post("/sign-in", data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert client.post("/sign-in", data=data | {"token": "x"}).status_code == 400
    assert client.post("/sign-in", data=data, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


@on_both
def test_failures_are_slowed_down_and_the_right_password_ends_that(door, desk):
    desk.person("officer")
    for _try in range(5):
        with pytest.raises(Refused, match=WRONG):
            sign_in(door, email="person@example.se", password="fel fel fel fel")
    with pytest.raises(TooMany, match="2 seconds") as slowed:
        sign_in(door, email="person@example.se", password=PASSWORD)
    assert (slowed.value.seconds, slowed.value.status) == (2, 429)
    door.clock.advance(timedelta(seconds=2))
    with pytest.raises(Refused, match=WRONG):
        sign_in(door, email="person@example.se", password="fel fel fel fel")
    with pytest.raises(TooMany, match="4 seconds"):
        sign_in(door, email="person@example.se", password=PASSWORD)
    door.clock.advance(timedelta(seconds=4))
    sign_in(door, email="person@example.se", password=PASSWORD)
    with pytest.raises(Refused, match=WRONG):
        sign_in(door, email="person@example.se", password="fel fel fel fel")
    assert sign_in(door, email="person@example.se", password=PASSWORD).passed


def test_no_hash_is_computed_while_a_delay_runs(door, desk, monkeypatch):
    for _try in range(5):
        with pytest.raises(Refused):
            sign_in(door, email="person@example.se", password="fel fel fel fel")
    monkeypatch.setattr(signing, "verifies", lambda *_given: pytest.fail("a hash was computed"))
    with pytest.raises(TooMany):
        sign_in(door, email="person@example.se", password=PASSWORD)


def test_a_delay_grows_to_a_quarter_of_an_hour_and_no_further(door, desk):
    desk.person("officer")
    longest = 0
    for _try in range(25):
        try:
            sign_in(door, email="person@example.se", password="fel fel fel fel")
        except TooMany as slowed:
            longest = max(longest, slowed.seconds)
            door.clock.advance(timedelta(seconds=slowed.seconds))
        except Refused:
            pass
    assert longest == 900
    door.clock.advance(timedelta(minutes=31))
    assert sign_in(door, email="person@example.se", password=PASSWORD).passed


def test_others_cannot_shut_anybody_out(door, desk):
    desk.person("officer")
    stranger = signing.Door(door.database, door.clock, door.secret_key, "203.0.113.9")
    for _try in range(20):
        with pytest.raises(Refused):
            sign_in(stranger, email="person@example.se", password="fel fel fel fel")
    assert sign_in(door, email="person@example.se", password=PASSWORD).passed


def test_one_address_that_tries_many_names_waits_a_minute_at_most(door, desk):
    desk.person("officer")
    for number in range(100):
        with pytest.raises(Refused, match=WRONG):
            sign_in(door, email=f"name{number}@example.se", password="fel fel fel fel")
    with pytest.raises(TooMany):
        sign_in(door, email="another@example.se", password="fel fel fel fel")
    door.clock.advance(timedelta(minutes=1))
    assert sign_in(door, email="person@example.se", password=PASSWORD).passed


def test_the_page_says_how_long_to_wait(client, portal, desk):
    for _try in range(5):
        fill_in(client, email="person@example.se", password="fel fel fel fel")
    response = fill_in(client, email="person@example.se", password=PASSWORD)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "2")
    assert "Wait 2 seconds" in response.text


def test_neither_names_nor_addresses_are_kept_of_failures(door, desk):
    with pytest.raises(Refused):
        sign_in(door, email="person@example.se", password="fel fel fel fel")
    with door.database.read() as session:
        rows = list(session.scalars(select(LoginThrottle)))
    assert [len(row.id) for row in rows] == [32, 32]


def test_a_hash_with_old_parameters_is_renewed(door, desk, cheap, monkeypatch):
    account_id = desk.person("officer")
    before = desk.account(account_id).password_hash
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    sign_in(door, email="person@example.se", password=PASSWORD)
    after = desk.account(account_id).password_hash
    assert "t=1" in before
    assert "t=2" in after
    sign_in(door, email="person@example.se", password=PASSWORD)
    assert desk.account(account_id).password_hash == after


@on_both
def test_signing_out_ends_the_session_on_the_server(portal, desk):
    visitor = portal.visitor("officer")
    response = visitor.post("/sign-out")
    assert response.headers["Location"] == "/sign-in"
    assert find_actor(portal.services.database, visitor.session_token, portal.house.clock.now()) is None
    client = portal.app.test_client()
    client.set_cookie(portal.services.cookie_name, visitor.session_token)
    assert client.get("/account").headers["Location"] == "/sign-in?next=%2Faccount"


@pytest.mark.parametrize(("step", "times", "stays"), [(IDLE, 1, True), (IDLE, 16, True), (IDLE, 17, False)])
def test_a_session_in_use_lasts_for_eight_hours(portal, step, times, stays):
    assert IDLE * 16 == LONGEST
    visitor = portal.visitor("officer")
    for _visit in range(times - 1):
        portal.house.clock.advance(step)
        visitor.get("/account")
    portal.house.clock.advance(step)
    assert (visitor.get("/account").status_code == 200) == stays


def test_a_session_that_lies_idle_ends(portal):
    visitor = portal.visitor("officer")
    portal.house.clock.advance(IDLE + timedelta(seconds=1))
    assert visitor.get("/account").status_code == 303


def test_a_disabled_account_is_out_at_its_next_page(portal):
    visitor = portal.visitor("officer")
    assert visitor.get("/account").status_code == 200
    with portal.services.database.begin() as session:
        session.get_one(Account, visitor.account_id).active = False
    assert visitor.get("/account").status_code == 303


def test_the_database_holds_no_token_that_lets_anybody_in(client, portal):
    visitor = portal.visitor("officer")
    with portal.services.database.read() as session:
        (found,) = session.scalars(select(PortalSession))
    assert found.id == session_id(visitor.session_token)
    for stolen in (found.id.hex(), found.id.decode("latin-1")):
        client.set_cookie(portal.services.cookie_name, stolen)
        assert client.get("/account").status_code == 303


def test_the_password_alone_does_not_pass_the_second_factor(client, door, portal, second):
    begun = sign_in(door, email="second@example.se", password=PASSWORD)
    assert not begun.passed
    assert find_actor(door.database, begun.token, door.clock.now()) is None
    client.set_cookie(portal.services.cookie_name, begun.token)
    assert client.get("/account").status_code == 303
    assert client.get("/sign-in/code").status_code == 200


@on_both
def test_a_code_opens_the_session_under_another_token_and_is_good_once(door, second):
    begun = sign_in(door, email="second@example.se", password=PASSWORD)
    code = second.code()
    opened = give_code(door, token=begun.token, code=f" {code[:3]} {code[3:]} ")
    assert opened.token != begun.token
    assert find_actor(door.database, opened.token, door.clock.now()) is not None
    assert find_actor(door.database, begun.token, door.clock.now()) is None
    again = sign_in(door, email="second@example.se", password=PASSWORD)
    with pytest.raises(Refused, match="used before"):
        give_code(door, token=again.token, code=code)
    door.clock.advance(timedelta(seconds=30))
    assert give_code(door, token=again.token, code=second.code()).passed


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_code_may_come_from_a_clock_that_is_half_a_minute_off(door, second, steps, taken):
    begun = sign_in(door, email="second@example.se", password=PASSWORD)
    if taken:
        assert give_code(door, token=begun.token, code=second.code(steps)).passed
    else:
        with pytest.raises(Refused):
            give_code(door, token=begun.token, code=second.code(steps))


def test_five_wrong_codes_end_the_sign_in(door, second):
    begun = sign_in(door, email="second@example.se", password=PASSWORD)
    wrong = f"{(int(second.code()) + 1) % 1_000_000:06}"
    refusals = [refusal_of_code(door, begun.token, wrong) for _try in range(MOST_CODES)]
    assert refusals == ["wrong"] * (MOST_CODES - 1) + ["start_over"]
    with pytest.raises(Refused, match="Sign in again"):
        give_code(door, token=begun.token, code=second.code())


def test_a_begun_sign_in_is_over_after_ten_minutes(door, second):
    begun = sign_in(door, email="second@example.se", password=PASSWORD)
    door.clock.advance(HALF_WAY + timedelta(seconds=1))
    with pytest.raises(Refused, match="Sign in again"):
        give_code(door, token=begun.token, code=second.code())


def test_the_second_factor_is_removed_with_password_and_code_only(door, desk, second):
    begun = sign_in(door, email="second@example.se", password=PASSWORD)
    opened = give_code(door, token=begun.token, code=second.code())
    actor = actor_behind(door, opened.token)
    door.clock.advance(timedelta(seconds=60))
    with pytest.raises(Refused, match="not your password"):
        remove_second_factor(door, actor, password="fel fel fel fel", code=second.code())
    with pytest.raises(Refused, match="code is wrong"):
        remove_second_factor(door, actor, password=PASSWORD, code="12")
    remove_second_factor(door, actor, password=PASSWORD, code=second.code())
    assert sign_in(door, email="second@example.se", password=PASSWORD).passed
    assert desk.account(second.account_id).totp_secret == ""


def test_the_secret_of_the_app_does_not_lie_open_in_the_database(desk, second):
    assert second.secret not in desk.account(second.account_id).totp_secret


def test_a_visitor_chooses_the_language_before_signing_in(client, portal):
    html = client.get("/sign-in", headers={"Accept-Language": "en"}).text
    token = re.findall(r'name="token" value="([^"]+)"', html)[0]
    answer = client.post("/language", data={"token": token, "language": "sv", "next": "/sign-in"})
    assert answer.headers["Location"] == "/sign-in"
    assert 'lang="sv"' in client.get("/sign-in", headers={"Accept-Language": "en"}).text
    assert client.post("/language", data={"language": "sv"}).status_code == 400
