"""A principal in a real browser: from the letter to own results, sharing, a booked time, minutes and a measure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from admin_portal.dialogues.booking import Request, book
from admin_portal.dialogues.minutes import Wish, mark_held, write_minutes
from admin_portal.dialogues.offers import offer_dialogues
from admin_portal.dialogues.rounds import RoundPlan, create_round, last_moment_of
from admin_portal.dialogues.slots import SlotPlan, add_slots
from admin_portal.publishing.releasing import make_release
from shared.i18n import speaking
from shared.model.accounts import Account
from shared.model.dialogues import DialogueSlot
from shared.model.post import Mail
from tests.support.browser import follow, overflows, press, status_of, visitor
from tests.support.portal_year import PASSWORD, Served, swedish
from tests.support.two_windows import CYCLE, TwoWindows

PRINCIPAL, ROUND = "rektor.a@example.se", "vinter"
NOVEMBER = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
FIRST = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
DIALOGUE = f"/dialogues/{ROUND}/A"


@pytest.fixture
def winter(autumn: Served) -> Served:
    """The autumn's portal when results are released and two days of times are offered to the schools."""
    autumn.account("handlaggare@example.se", "officer")
    autumn.account(PRINCIPAL, "principal", "A")
    house = autumn.house
    TwoWindows(house, house.container.settings.home).count()
    given = (house.database, house.clock)
    with speaking("sv"):
        make_release(*given, cycle_key=CYCLE, windows=None, embargo_until=None, reason="", actor="test")
        plan = RoundPlan(title="Vinterns dialoger", book_by=last_moment_of(date(2026, 12, 18)))
        create_round(*given, plan=plan, cycle_key=CYCLE, actor="test", key=ROUND)
        starts = [FIRST + timedelta(days=day, hours=hour) for day in range(2) for hour in range(2)]
        with house.database.read() as session:
            official = session.scalars(select(Account.id).where(Account.email == "handlaggare@example.se")).one()
        slots = [
            SlotPlan(starts_at=one, ends_at=one + timedelta(minutes=50), officials=(official,), place="Rum Linden")
            for one in starts
        ]
        add_slots(*given, round_key=ROUND, plans=slots, actor="test")
        offer_dialogues(*given, round_key=ROUND, actor="test")
        autumn.settle()
    return autumn


def letters_to_principal(site: Served) -> list[str]:
    """Return the bodies of all letters to the principal."""
    with site.house.database.read() as session:
        return list(session.scalars(select(Mail.body).where(Mail.recipient == PRINCIPAL)))


def sign_in(page: Page) -> None:
    page.get_by_label(swedish("E-mail address")).fill(PRINCIPAL)
    page.get_by_label(swedish("Password")).fill(PASSWORD)
    press(page, swedish("Sign in"))


def test_a_principal_follows_the_letter_reads_and_shares_the_results(winter: Served, browser: Browser):
    (link,) = re.findall(rf"{winter.url}/results/\S+", "\n".join(letters_to_principal(winter)))
    with visitor(browser) as someone:
        page = someone.new_page()
        page.goto(link)
        sign_in(page)
        assert page.url == link, "signing in leads to what the letter spoke of"
        follow(page, "Skola A")
        own = page.url
        expect(page.locator("h1")).to_have_text("Skola A")
        assert page.locator("svg").count() > 0
        assert "Skola B" not in page.locator("main").inner_text()
        follow(page, swedish("Choose who is in the leadership group"))
        page.get_by_label(swedish("Name")).fill("Biträdande rektor")
        page.get_by_label(swedish("E-mail address")).fill("ledning.a@example.se")
        press(page, swedish("Add to the group"))
        page.goto(own)
        press(page, swedish("Share with the leadership group"))
        expect(page.get_by_role("button", name=swedish("Stop sharing"))).to_be_visible()
        assert status_of(page, f"{winter.url}/results/{CYCLE}/units/B") in {403, 404}


def choose(page: Page, which: int) -> str:
    """Choose one of the free times and return the day and hours that are booked then."""
    with page.expect_navigation():
        page.locator("button.time").nth(which).click()
    return page.locator("main .lead strong").inner_text()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_principal_books_a_time_on_a_phone_and_moves_it(winter: Served, browser: Browser, javascript):
    with visitor(browser, javascript=javascript) as someone:
        winter.enter(someone, PRINCIPAL)
        page = someone.new_page()
        page.goto(winter.url)
        follow(page, swedish("Dialogues"), within="nav.main")
        page.locator("main a.button").click()
        follow(page, swedish("Choose a time"))
        assert not overflows(page)
        first = choose(page, 0)
        winter.settle()
        follow(page, swedish("Move to another time"))
        assert choose(page, 1) != first
    winter.settle()
    with winter.house.database.read() as session:
        invitations = session.scalars(select(Mail).where(Mail.recipient == PRINCIPAL, Mail.calendar != "")).all()
    assert len(invitations) == 2, "the invitation, and its update"


def test_a_principal_books_with_the_keyboard_alone(winter: Served, browser: Browser):
    with visitor(browser) as someone:
        winter.enter(someone, PRINCIPAL)
        page = someone.new_page()
        page.goto(f"{winter.url}{DIALOGUE}")
        tab_to(page, swedish("Choose a time"))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        tab_to(page, "Rum Linden")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_text(swedish("Move to another time"))).to_be_visible()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until something with ``words`` has the focus."""
    for _step in range(40):
        page.keyboard.press("Tab")
        if words in (page.evaluate("document.activeElement.innerText") or ""):
            return
    raise AssertionError(words)


def test_a_principal_prepares_confirms_the_minutes_and_writes_a_measure(winter: Served, browser: Browser):
    with visitor(browser) as someone:
        winter.enter(someone, PRINCIPAL)
        page = someone.new_page()
        book_first(winter)
        page.goto(f"{winter.url}{DIALOGUE}/preparation")
        page.get_by_label(swedish("What do we see?")).fill("Tryggheten är lägre på rasterna.")
        press(page, swedish("Save and share"))
        expect(page.locator("#analysis")).to_contain_text("20")
        hold(winter)
        winter.enter(someone, PRINCIPAL)
        page.goto(f"{winter.url}{DIALOGUE}/minutes")
        write_a_measure(page)
        page.goto(f"{winter.url}{DIALOGUE}/minutes")
        expect(page.get_by_text("Fler vuxna ute på rasterna")).to_be_visible()
        page.locator("form[action$='/confirm-unit'] button").click()
        page.wait_for_load_state()
        expect(page.locator("form[action$='/confirm-unit']")).to_have_count(0)
        page.goto(f"{winter.url}/measures")
        expect(page.get_by_role("link", name="Fler vuxna ute på rasterna")).to_be_visible()


def book_first(site: Served) -> None:
    with site.house.database.read() as session:
        slot = session.scalars(select(DialogueSlot.id).order_by(DialogueSlot.starts_at)).all()[0]
    request = Request(round_key=ROUND, unit_code="A", actor="test")
    book(site.house.database, site.house.clock, request=request, slot_id=slot)


def hold(site: Served) -> None:
    """Let the officer note that the dialogue was held, and what was said."""
    site.arrive(FIRST + timedelta(hours=2))
    with site.house.database.read() as session:
        officer = session.scalars(select(Account.id).where(Account.email == "handlaggare@example.se")).one()
    wish = Wish(round_key=ROUND, unit_code="A", actor=f"user:{officer}")
    given = (site.house.database, site.house.clock)
    mark_held(*given, wish=wish)
    write_minutes(*given, wish=wish, text="Vi pratade om rasterna.", version=0)


def write_a_measure(page: Page) -> None:
    follow(page, swedish("Add a measure"))
    page.get_by_label(swedish("What is to be done")).fill("Fler vuxna ute på rasterna")
    page.get_by_label(swedish("Why")).fill("Få vuxna syns på gården.")
    page.get_by_label(swedish("Done by")).fill("Biträdande rektor")
    page.get_by_label(swedish("Due"), exact=True).fill("2027-05-31")
    page.get_by_label(swedish("What shows whether it works?")).select_option(index=1)
    page.get_by_label(swedish("Expected effect")).fill("Fler känner sig trygga i nästa enkät.")
    press(page, swedish("Save the measure"))
