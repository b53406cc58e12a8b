"""A real browser for the journeys: the system's Chromium under Playwright, with the checks every page must pass."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.support.processes import MissingProgram

# Chromium asks Google's hosts for updates and lists at every start; a test reaches this machine only.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}
WCAG_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
WAIT_MS = 10_000
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter(one => !one.closest(".scroll"))
    .slice(0, 3).map(one => `${one.tagName}.${one.className}`).concat("the page")"""


def chromium() -> str:
    """Return the path of the system's Chromium.

    Raises:
        MissingProgram: there is none.
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise MissingProgram("Chromium", "chromium")


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """Start a headless browser and end it afterwards."""
    program = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def visitor(
    browser: Browser, *, javascript: bool = True, language: str = "sv-SE", size: ViewportSize = PHONE
) -> Iterator[BrowserContext]:
    """Lend a visitor with cookies of their own, on a phone 360 px wide unless ``size`` says otherwise."""
    context = browser.new_context(viewport=size, java_script_enabled=javascript, locale=language)
    context.set_default_timeout(WAIT_MS)
    try:
        yield context
    finally:
        context.close()


def accessibility_faults(page: Page) -> list[str]:
    """Return what axe-core holds against the page under WCAG 2.1 A and AA, each with the place in the page."""
    return _violations(page, {"runOnly": {"type": "tag", "values": list(WCAG_AA)}})


def wording_faults(page: Page) -> list[str]:
    """Return the same without contrast, which no language can change and which takes longest to find out."""
    rules = {"color-contrast": {"enabled": False}}
    return _violations(page, {"runOnly": {"type": "tag", "values": list(WCAG_AA)}, "rules": rules})


def contrast_faults(page: Page) -> list[str]:
    """Return the places with too little contrast: all that a colour scheme can change."""
    return _violations(page, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})


def _violations(page: Page, options: dict[str, object]) -> list[str]:
    # Only what is wrong is described in full: a page has thousands of places where a rule holds.
    violations = Axe().run(page, options={**options, "resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {violation['help']} ({node['html']})"
        for violation in violations
        for node in violation["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Tell whether the page must be scrolled sideways (WCAG 1.4.10)."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def overflow(page: Page) -> list[str]:
    """Return what makes the page scroll sideways: the first elements that reach out of it, [] when it fits."""
    return [f"too wide: {place}" for place in page.evaluate(_TOO_WIDE)] if overflows(page) else []


def follow(page: Page, name: str, *, within: str = "main") -> None:
    """Click the first link called ``name``, as somebody does who reads from the top."""
    with page.expect_navigation():
        page.locator(within).get_by_role("link", name=name, exact=True).first.click()


def press(page: Page, name: str) -> None:
    """Click the button called ``name`` of the page's main part and wait for the next page."""
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).first.click()


def status_of(page: Page, address: str) -> int:
    """Open ``address`` and return the status of the answer."""
    answer = page.goto(address)
    assert answer is not None
    return answer.status
