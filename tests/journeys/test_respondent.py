"""A respondent's journey in a real browser: by keyboard, without JavaScript, on a phone, enlarged, and by axe."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import accessibility_faults, overflows, visitor

_used: dict[str, Iterator[int]] = {}


def fresh(served, kind: str) -> str:
    """Return a code of ``kind`` that no other test has used."""
    return served.house.codes[kind][next(_used.setdefault(kind, itertools.count()))]


def press(page: Page, action: str) -> None:
    with page.expect_navigation():
        page.locator(f"main button[name=action][value={action}]").click()


def kind_of(page: Page) -> str:
    return page.locator("main").get_attribute("data-page") or ""


def walk(page: Page, url: str, code: str, look: Callable[[str], None]) -> None:
    """Go through every page there is, calling ``look`` with each one's name."""
    page.goto(url)
    look("code")
    page.fill("#code", "ABCD")
    press(page, "next")
    look("refused")
    page.fill("#code", code)
    press(page, "next")
    page.locator("summary").click()
    look("introduction")
    press(page, "next")
    page.locator("input[type=radio]").nth(3).check()
    look("questions")
    press(page, "next")
    page.locator("input[type=text], textarea, input[type=radio]").first.focus()
    if page.locator("#vanner").count():
        page.fill("#vanner", "x")
        press(page, "next")
        look("faults")
        page.fill("#vanner", "4")
    press(page, "next")
    look("check")
    press(page, "send")
    look("receipt")
    assert kind_of(page) == "receipt"


@pytest.mark.parametrize("javascript", [True, False])
def test_a_pupil_answers_on_a_phone(served, browser: Browser, javascript):
    with visitor(browser, javascript=javascript) as someone:
        page = someone.new_page()
        code = fresh(served, "elev")
        page.goto(f"{served.url}/s/{code}")
        assert page.url == f"{served.url}/"
        press(page, "next")
        press(page, "next")
        page.get_by_role("group", name="Jag känner mig trygg i skolan.").get_by_label("Stämmer inte alls").check()
        press(page, "next")
        page.get_by_label("Vill du berätta mer?").fill("Det är stökigt.")
        press(page, "next")
        assert page.get_by_text("Stämmer inte alls").is_visible()
        press(page, "send")
        assert page.get_by_role("heading", name="Tack! Svaret är inne.").is_visible()
        page.go_back()
        assert kind_of(page) in {"receipt", "check"}
        if kind_of(page) == "check":
            press(page, "send")
        assert kind_of(page) == "receipt"


def test_the_keyboard_alone_is_enough(served, browser: Browser):
    with visitor(browser) as someone:
        page = someone.new_page()
        keys = page.keyboard
        page.goto(served.url)
        keys.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.locator("#code").focus()
        keys.type(fresh(served, "elev"))
        press_key(page, "Enter")
        assert kind_of(page) == "introduction"
        tab_to(page, "next")
        press_key(page, "Enter")
        page.locator("input[name=trygg]").first.focus()
        keys.press("ArrowDown")
        assert page.locator("input[name=trygg]:checked").get_attribute("value") == "3"
        press_key(page, "Enter")
        assert page.url.endswith("/questions/2")
        assert page.locator("html").get_attribute("lang") == "sv"
        tab_to(page, "next")
        press_key(page, "Enter")
        tab_to(page, "send")
        press_key(page, "Space")
        assert kind_of(page) == "receipt"


def press_key(page: Page, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def tab_to(page: Page, action: str) -> None:
    """Press Tab until the main button has the focus, which must be visible."""
    for _step in range(80):
        page.keyboard.press("Tab")
        at = "document.activeElement"
        if page.evaluate(f"{at}.closest('main') && {at}.name == 'action' && {at}.value") == action:
            assert page.evaluate(f"getComputedStyle({at}).outlineStyle") != "none"
            return
    pytest.fail("the button cannot be reached by keyboard")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["sv-SE", "en-GB"])
@pytest.mark.parametrize("kind", ["elev", "barn", "vh"])
def test_no_page_has_an_accessibility_fault(served, browser: Browser, scheme, language, kind):
    with visitor(browser, language=language) as someone:
        page = someone.new_page()
        page.emulate_media(color_scheme=scheme)
        faults = []
        walk(
            page,
            served.url,
            fresh(served, kind),
            lambda name: faults.extend([(name, f) for f in accessibility_faults(page)]),
        )
    assert faults == []


@pytest.mark.parametrize("size", [(360, 740), (320, 256), (900, 700), (1280, 800)])
def test_no_page_must_be_scrolled_sideways(served, browser: Browser, size):
    """At 320 px by 256 px a page looks as on a screen of 1280 px by 1024 px enlarged to 400 %."""
    wide = []
    with visitor(browser, javascript=True) as someone:
        page = someone.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        walk(page, served.url, fresh(served, "elev"), lambda name: wide.append(name) if overflows(page) else None)
    assert wide == []


def test_a_battery_is_a_table_on_a_wide_screen_and_cards_on_a_phone(served, browser: Browser):
    with visitor(browser) as someone:
        page = someone.new_page()
        page.goto(f"{served.url}/s/{fresh(served, 'elev')}")
        press(page, "next")
        press(page, "next")

        def tops() -> set[float]:
            boxes = [page.locator("input[name=trygg]").nth(place).bounding_box() for place in range(5)]
            return {round(box["y"]) for box in boxes if box}

        assert len(tops()) == 5
        page.set_viewport_size({"width": 1280, "height": 900})
        assert len(tops()) == 1


def test_targets_are_large_enough_for_a_finger(served, browser: Browser):
    with visitor(browser) as someone:
        page = someone.new_page()
        page.goto(f"{served.url}/s/{fresh(served, 'barn')}")
        press(page, "next")
        press(page, "next")
        heights = [box["height"] for label in page.locator("label.option").all() if (box := label.bounding_box())]
        assert len(heights) == 4
        assert min(heights) >= 48


def test_the_browser_objects_to_nothing(served, browser: Browser):
    """No refused style, missing file or blocked request: the policy fits what the pages use."""
    said: list[str] = []
    with visitor(browser) as someone:
        page = someone.new_page()
        page.on("console", lambda message: said.append(message.text) if "status of 4" not in message.text else None)
        page.on("requestfailed", lambda request: said.append(request.url))
        walk(page, served.url, fresh(served, "barn"), lambda _name: None)
    assert said == []
