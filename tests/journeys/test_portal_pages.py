"""Every page that anybody reaches by links: valid, without barriers in both languages and themes, never too wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import accessibility_faults, contrast_faults, overflow, visitor, wording_faults
from tests.support.every_page import Found, reached
from tests.support.portal_site import Visitor
from tests.support.portal_year import Served

ROLES = ("officer", "principal", "area head", "owner", "leadership", "board reader", "auditor")
ROUND = "/dialogues/rounds/dialoger-2027"
STARTS = {
    "officer": (
        "/",
        "/sign-in",
        "/accounts/principals",
        f"{ROUND}/offer",
        "/dialogues/dialoger-2027/G01/time",
        "/measures/1/edit",
    ),
    "principal": ("/", "/units/G01/leadership"),
}
"""Where each begins: pages that nothing leads to this morning, since there is nothing to do there, are named too."""
FILES = (".csv", ".json", ".ics", ".yaml", ".<any(csv, json):fmt>")
UNSEEN = {
    "/choose-password/<token>": "a one-time link",
    "/cycles/<key>/windows/<window>/accept-loss": "only where a key is lost",
    "/cycles/<key>/windows/<window>/count": "only while a window is counted",
    "/cycles/<key>/windows/<window>/open": "only before a window opens",
    "/public/<language>/search": "the form leads there",
    "/public/assets/<fingerprint>/<name>": "a file",
    "/sign-in/code": "only half-way through signing in",
    "/static/<fingerprint>/<name>": "a file",
    "/units/import/<token>": "only with files that somebody has sent",
}
"""Routes that no link leads to in the demonstration, each with the reason; they are looked at in tests of their own."""


_walked: dict[tuple[str, str], list[Found]] = {}


def walk(year: Served, role: str, language: str) -> list[Found]:
    """Return a page of each kind that somebody reaches; the public site ("") is the same for everybody."""
    if (role, language) not in _walked:
        client = year.portal.app.test_client()
        if role:
            client.set_cookie(year.portal.services.cookie_name, year.token(year.email(role), language))
        starts = STARTS.get(role, ("/",)) if role else ("/public/",)
        found = reached(year.portal.app, Visitor(client, 0, "", ""), *starts)
        _walked[role, language] = [page for page in found if role == "" or not page.rule.startswith("/public")]
    return _walked[role, language]


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_every_link_leads_somewhere_and_every_page_is_valid(year: Served, role):
    pages = walk(year, role, "sv")
    assert [(page.address, page.status) for page in pages if page.status != 200] == []
    assert [(page.address, page.errors) for page in pages if page.errors] == []


def test_every_route_is_reached_by_somebody(year: Served):
    rules = {rule.rule for rule in year.portal.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    pages = {rule for rule in rules if not rule.endswith(FILES)}
    seen = {page.rule for role in (*ROLES, "") for page in walk(year, role, "sv")}
    assert sorted(pages - seen - set(UNSEEN)) == []
    assert set(UNSEEN) <= rules


def worth_a_look(year: Served, roles: Sequence[str], language: str) -> Iterator[tuple[str, list[str]]]:
    """Yield by role what to look at: each kind of page once, and again where somebody meets new shapes on it."""
    kinds: set[tuple[str, ...]] = set()
    shapes: set[str] = set()
    for role in roles:
        addresses = []
        for page in walk(year, role, language):
            if page.kind not in kinds or not page.shapes <= shapes:
                addresses.append(page.address)
            kinds.add(page.kind)
            shapes |= page.shapes
        yield role, addresses


@pytest.mark.parametrize(("roles", "language"), [(ROLES, "sv"), (ROLES, "en"), (("",), "sv")])
def test_no_page_has_a_barrier_or_scrolls_sideways(year: Served, browser: Browser, roles, language):
    faults, looked = [], 0
    for role, addresses in worth_a_look(year, roles, language):
        with visitor(browser, language=language) as someone:
            if role:
                year.enter(someone, year.email(role), language)
            page = someone.new_page()
            for address in addresses:
                page.goto(year.url + address)
                faults += [f"{role} {address}: {fault}" for fault in look(page, language)]
                looked += 1
    assert faults == []
    assert looked > 40


def look(page: Page, language: str) -> Iterator[str]:
    """Yield what is wrong with the page on a phone, in the light and in the dark, whose colours all languages share."""
    yield from overflow(page)
    if language != "sv":
        yield from wording_faults(page)
        return
    page.emulate_media(color_scheme="light")
    yield from accessibility_faults(page)
    page.emulate_media(color_scheme="dark")
    yield from contrast_faults(page)


def test_the_main_pages_reflow_at_320_pixels(year: Served, browser: Browser):
    mine = (
        "/",
        "/rates",
        "/results",
        "/results/mmis-2026/units/G01",
        "/dialogues",
        "/measures",
        "/units/G01",
        "/board",
    )
    faults = []
    with visitor(browser, size={"width": 320, "height": 640}) as someone:
        year.enter(someone, year.email("principal"))
        page = someone.new_page()
        for address in (*mine, "/public/sv/", "/public/sv/units/G01/", "/public/sv/compare?unit=G01&unit=G02"):
            page.goto(year.url + address)
            faults += [f"{address}: {fault}" for fault in overflow(page)]
    assert faults == []


def test_what_is_wrong_would_be_seen(page: Page):
    wide = '<div style="inline-size: 900px">x</div>'
    page.set_content(
        f'<html lang="sv"><title>x</title><main><img src="x">{wide}<p style="color:#ccc">Svag text</p></main>'
    )
    assert any("image-alt" in fault for fault in accessibility_faults(page))
    assert any("color-contrast" in fault for fault in contrast_faults(page))
    assert overflow(page) != []
