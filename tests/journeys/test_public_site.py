"""A guardian on the public site, in a real browser, with and without JavaScript: find, read, compare, take along."""

from __future__ import annotations

import csv
import io
import json

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from shared.model.organisation import Unit
from tests.support.browser import follow, overflows, visitor
from tests.support.portal_year import Served

SCHOOLS = ("G01", "G02")


def names(year: Served) -> list[str]:
    with year.house.database.read() as session:
        return [session.scalars(select(Unit.name).where(Unit.code == code)).one() for code in SCHOOLS]


def find(page: Page, name: str) -> None:
    """Search for a unit by the beginning of its name and open its page."""
    search = page.locator("form[role=search], search form").first
    search.locator("input[name=q]").fill(name[:5])
    with page.expect_navigation():
        search.locator("button").click()
    follow(page, name)
    expect(page.locator("h1")).to_contain_text(name)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_guardian_finds_a_school_reads_and_compares_it(year: Served, browser: Browser, javascript):
    first, second = names(year)
    with visitor(browser, javascript=javascript) as someone:
        page = someone.new_page()
        page.goto(f"{year.url}/public/sv/")
        find(page, first)
        assert page.locator("main svg").count() > 0
        assert not overflows(page)
        page.locator("main a[href*='compare']").first.click()
        page.wait_for_load_state()
        page.goto(f"{year.url}/public/sv/compare?unit={SCHOOLS[0]}&unit={SCHOOLS[1]}")
        compared = page.locator("main").inner_text()
        assert first in compared
        assert second in compared
        assert not overflows(page)
        page.locator("a[href*='how-to-read']").first.click()
        expect(page.locator("h1")).to_be_visible()
        assert someone.cookies() == []


def test_a_guardian_takes_the_figures_along_as_table_and_as_json(year: Served, browser: Browser):
    with visitor(browser) as someone:
        page = someone.new_page()
        page.goto(f"{year.url}/public/sv/units/{SCHOOLS[0]}/")
        links = page.locator("a[href$='.csv'], a[href$='.json']").all()
        files = {link.get_attribute("href") or "" for link in links}
        assert files
        for file in files:
            answer = page.request.get(page.evaluate("href => new URL(href, location).href", file))
            assert answer.status == 200
            rows = json.loads(answer.text()) if file.endswith(".json") else list(csv.reader(io.StringIO(answer.text())))
            assert len(rows) > 1


def test_the_public_site_speaks_both_languages_about_the_same_page(year: Served, browser: Browser):
    with visitor(browser) as someone:
        page = someone.new_page()
        page.goto(f"{year.url}/public/sv/units/{SCHOOLS[0]}/")
        with page.expect_navigation():
            page.locator("a[hreflang=en], a[lang=en]").first.click()
        assert page.url == f"{year.url}/public/en/units/{SCHOOLS[0]}/"
        assert page.locator("html").get_attribute("lang") == "en"
