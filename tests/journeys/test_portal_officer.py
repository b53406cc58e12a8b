"""An officer's winter in a real browser: close, release under embargo, publish, offer dialogues, write the minutes."""

from __future__ import annotations

from datetime import datetime

from playwright.sync_api import Browser, Page, expect

from shared.clock import STOCKHOLM
from tests.support.browser import DESK, follow, press, visitor
from tests.support.portal_year import PASSWORD, Served, swedish
from tests.support.two_windows import CYCLE

OFFICER, PRINCIPAL = "handlaggare@example.se", "rektor.a@example.se"
EMBARGO = datetime(2026, 11, 20, 8, 0, tzinfo=STOCKHOLM)
PUBLIC = datetime(2026, 12, 1, 8, 0, tzinfo=STOCKHOLM)
OFFERED = datetime(2026, 12, 2, 9, 0, tzinfo=STOCKHOLM)
HELD = datetime(2027, 1, 12, 10, 30, tzinfo=STOCKHOLM)


def sign_in(page: Page, site: Served, email: str) -> None:
    page.goto(site.url)
    page.get_by_label(swedish("E-mail address")).fill(email)
    page.get_by_label(swedish("Password")).fill(PASSWORD)
    press(page, swedish("Sign in"))
    assert page.url == f"{site.url}/"


def again(page: Page, site: Served, moment: datetime) -> None:
    """Come back at another moment: by then the session has ended."""
    site.arrive(moment)
    sign_in(page, site, OFFICER)


def decide(page: Page, moment: datetime, button: str) -> None:
    """Fill in from when on, look at what will happen, and say yes."""
    page.get_by_label(swedish("Day")).fill(moment.date().isoformat())
    page.get_by_label(swedish("Time, Swedish")).fill(moment.strftime("%H:%M"))
    press(page, swedish("See what will happen"))
    expect(page.locator(".outcome li").first).to_be_visible()
    press(page, button)


def letters(page: Page, site: Served) -> list[str]:
    page.goto(f"{site.url}/post")
    return page.locator("main .jobs > li").all_inner_texts()


def close_and_count(page: Page, site: Served) -> None:
    for _window in range(2):
        page.goto(site.url)
        page.locator("main a[href$='/close']").first.click()
        press(page, swedish("Close the window"))
    assert swedish("not ready") in page.locator("main").inner_text()
    site.settle()
    page.reload()
    assert swedish("ready; only Pedagogcentrum sees them") in page.locator("main").inner_text()


def test_an_officer_leads_a_cycle_from_its_closing_to_the_minutes(autumn: Served, browser: Browser):
    autumn.account(OFFICER, "officer")
    autumn.account(PRINCIPAL, "principal", "A")
    autumn.settle()
    with visitor(browser, size=DESK) as someone:
        page = someone.new_page()
        sign_in(page, autumn, OFFICER)
        follow(page, swedish("Response rates"), within="nav.main")
        expect(page.locator("ul.rates > li")).to_have_count(6)
        close_and_count(page, autumn)
        release(page, autumn)
        publish(page, autumn)
        offer(page, autumn)
        hold(page, autumn)


def release(page: Page, site: Served) -> None:
    follow(page, swedish("Release to the units"))
    written = len(letters(page, site))
    page.goto(f"{site.url}/cycles/{CYCLE}/release")
    decide(page, EMBARGO, swedish("Release with embargo"))
    site.settle()
    assert len(letters(page, site)) == written, "nobody is told before the embargo has passed"
    again(page, site, EMBARGO)
    told = letters(page, site)
    assert sum(PRINCIPAL in letter for letter in told) >= 1, told
    assert len(told) > written


def publish(page: Page, site: Served) -> None:
    page.goto(site.url)
    follow(page, swedish("Publish"))
    decide(page, PUBLIC, swedish("Publish at that time"))
    site.settle()
    assert "Skola A" not in page.request.get(f"{site.url}/public/sv/units/A/").text(), "not before its time"
    again(page, site, PUBLIC)
    assert "Skola A" in page.request.get(f"{site.url}/public/sv/units/A/").text()


def offer(page: Page, site: Served) -> None:
    again(page, site, OFFERED)
    written = len(letters(page, site))
    follow(page, swedish("Dialogues"), within="nav.main")
    follow(page, swedish("New round"))
    page.get_by_label(swedish("Title")).fill("Vinterns dialoger")
    page.get_by_label(swedish("Last day to book")).fill("2026-12-18")
    press(page, swedish("Create the round"))
    follow(page, swedish("Add times"))
    page.get_by_label(swedish("First day")).fill("2027-01-12")
    page.get_by_label(swedish("Last day"), exact=True).fill("2027-01-13")
    for day in page.locator("input[name=weekdays]").all()[1:3]:
        day.check()
    page.locator("input[name=officials]").first.check()
    page.get_by_label(swedish("Room or address")).fill("Rum Linden")
    press(page, swedish("Show the times"))
    page.locator("button[value=add]").click()
    page.locator(".actions .button").first.click()
    press(page, swedish("Offer dialogues and send the letters"))
    site.settle()
    newest = letters(page, site)
    assert len(newest) == written + 2
    assert any(PRINCIPAL in letter for letter in newest[:2])


def hold(page: Page, site: Served) -> None:
    """Book for the unit on the telephone, meet, and write down what was said."""
    page.goto(f"{site.url}/dialogues/rounds/vinterns-dialoger")
    page.get_by_role("link", name="Skola A").click()
    follow(page, swedish("Choose a time"))
    page.locator("button.time").first.click()
    again(page, site, HELD)
    page.goto(f"{site.url}/dialogues/vinterns-dialoger/A")
    follow(page, swedish("Minutes"))
    press(page, swedish("The dialogue has been held"))
    page.get_by_label(swedish("Minutes")).fill("Vi pratade om tryggheten på rasterna.")
    press(page, swedish("Save the minutes"))
    expect(page.get_by_text("Vi pratade om tryggheten på rasterna.")).to_be_visible()
