"""The site's files in a real browser, without any server behind them: accessible, and never wider than a phone."""

from __future__ import annotations

import mimetypes
from urllib.parse import urlsplit

import pytest

from tests.support import browser as browsers
from tests.support.public_site import contents, write
from tests.support.published import PUBLIC_AT, Unit, Written

KINDS = (
    *("", "units/A/", "units/A/elev/", "units/B/", "overall/", "types/grundskola/", "search/", "compare/"),
    *("how-to-read/", "method/", "corrections/", "accessibility/", "data/"),
)


@pytest.fixture
def files(written_house):
    everyone = [Unit("A", "Skola A"), Unit("B", "Skola B", None), Unit("C", "Skola C")]
    last_year = PUBLIC_AT.replace(year=2025)
    write(
        written_house,
        Written(cycle="enkat-2025", year=2025, units=everyone, goes_public_at=last_year, wording="Hur var det?"),
        Written(units=everyone),
    )
    return contents(written_house.database)


@pytest.mark.parametrize(("language", "scheme"), [("sv", "light"), ("en", "dark")])
def test_every_kind_of_page_is_accessible_on_a_phone(browser, files, language, scheme):
    context = browser.new_context(viewport=browsers.PHONE, color_scheme=scheme)
    page = context.new_page()

    def answer(route):
        path = urlsplit(route.request.url).path.lstrip("/")
        found = files.get(f"{path}index.html" if path.endswith("/") else path)
        kind = mimetypes.guess_type(path)[0] or "text/html; charset=utf-8"
        route.fulfill(status=200 if found else 404, body=found or b"", content_type=kind)

    page.route("**/*", answer)
    faults = {}
    for address in KINDS:
        page.goto(f"http://127.0.0.1/{language}/{address}")
        faults[address] = browsers.accessibility_faults(page)
        if browsers.overflows(page):
            faults[address].append("wider than the screen")
    context.close()

    assert {address: found for address, found in faults.items() if found} == {}
