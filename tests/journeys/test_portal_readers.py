"""An area head, an owner, a leadership group and a board reader look at the demonstration's year in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from deploy.demo.plans import CURRENT
from shared.model.accounts import Account, Assignment
from shared.model.organisation import Unit
from tests.support.browser import DESK, follow, press, status_of, visitor
from tests.support.portal_year import PASSWORD, Served, swedish

REFUSED = {403, 404}


def sign_in(page: Page, year: Served, role: str) -> None:
    """Sign in over the page that asks for it, in Swedish."""
    year.token(year.email(role), "sv")
    page.goto(year.url)
    page.get_by_label(swedish("E-mail address")).fill(year.email(role))
    page.get_by_label(swedish("Password")).fill(PASSWORD)
    press(page, swedish("Sign in"))


def units_of(year: Served, role: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the units (code, name) of an area head's district, and all others."""
    with year.house.database.read() as session:
        own = (
            select(Assignment.district_id)
            .join(Account, Account.id == Assignment.account_id)
            .where(Account.email == year.email(role))
        )
        district = session.scalars(own).one()
        units = session.scalars(select(Unit).where(Unit.active)).all()
        mine = {unit.code: unit.name for unit in units if unit.district_id == district and unit.regi == "municipal"}
        return mine, {unit.code: unit.name for unit in units if unit.district_id != district}


def test_an_area_head_reads_the_district_and_nobody_elses(year: Served, browser: Browser):
    own, others = units_of(year, "area head")
    with visitor(browser, size=DESK) as someone:
        page = someone.new_page()
        sign_in(page, year, "area head")
        follow(page, swedish("Results"), within="nav.main")
        page.goto(f"{year.url}/results/{CURRENT}/units")
        seen = page.locator("main").inner_text()
        assert all(name in seen for name in own.values())
        assert not any(name in seen for name in others.values())
        code, name = next(iter(own.items()))
        page.goto(f"{year.url}/results/{CURRENT}/units/{code}")
        expect(page.locator("h1")).to_have_text(name)
        for part in ("Dialogues", "Measures"):
            follow(page, swedish(part), within="nav.main")
            assert not any(name in page.locator("main").inner_text() for name in others.values())
        for other in others:
            for address in (f"/results/{CURRENT}/units/{other}", f"/units/{other}", f"/rates/{other}"):
                assert status_of(page, year.url + address) in REFUSED, address
        assert status_of(page, f"{year.url}/accounts") in REFUSED


def test_a_board_reader_signs_in_and_reads_the_page_for_the_board(year: Served, browser: Browser):
    with visitor(browser, size=DESK) as someone:
        page = someone.new_page()
        sign_in(page, year, "board reader")
        follow(page, swedish("For the board"), within="nav.main")
        expect(page.locator("main ol").first.locator("li")).to_have_count(5)
        assert page.locator("main svg").count() > 0
        for closed in (f"/results/{CURRENT}", "/dialogues", "/units", "/rates"):
            assert status_of(page, year.url + closed) in REFUSED, closed


def test_a_leadership_group_sees_no_figure_before_the_principal_shares(year: Served, browser: Browser):
    with visitor(browser, size=DESK) as someone:
        page = someone.new_page()
        sign_in(page, year, "leadership")
        follow(page, swedish("Results"), within="nav.main")
        assert page.locator("main svg").count() == 0
        page.goto(f"{year.url}/results/{CURRENT}/units/G01")
        assert page.locator("main svg").count() == 0


def test_the_results_of_a_unit_print_whole_without_menus_and_buttons(year: Served, browser: Browser):
    with visitor(browser, size=DESK) as someone:
        year.enter(someone, year.email("principal"))
        page = someone.new_page()
        page.goto(f"{year.url}/results/{CURRENT}/units/G01")
        page.emulate_media(media="print")
        expect(page.locator("nav.main")).to_be_hidden()
        assert not any(button.is_visible() for button in page.locator("main button").all())
        assert page.locator("main svg").first.is_visible()
        assert page.locator("main details:not([open]) table").first.is_visible(), "what is folded is printed"
        assert len(page.pdf(format="A4")) > 10_000


@pytest.mark.parametrize("role", ["officer", "principal", "area head", "owner", "board reader", "auditor"])
def test_everybody_opens_on_a_year_with_one_thing_to_do_next(year: Served, browser: Browser, role):
    with visitor(browser) as someone:
        year.enter(someone, year.email(role))
        page = someone.new_page()
        page.goto(year.url)
        assert page.locator(".next .button").count() <= 1
        expect(page.locator(".next .lead")).not_to_be_empty()
