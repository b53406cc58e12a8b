"""A real browser for the journeys: the system's Chromium under Playwright, with the checks every page must pass."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
PHONE = {"width": 360, "height": 740}
WCAG_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
WAIT_MS = 10_000


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
def visitor(browser: Browser, *, javascript: bool = True, language: str = "sv-SE") -> Iterator[BrowserContext]:
    """Lend a visitor with cookies of their own, on a phone 360 px wide."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=javascript, locale=language)  # type: ignore[arg-type]
    context.set_default_timeout(WAIT_MS)
    try:
        yield context
    finally:
        context.close()


def accessibility_faults(page: Page) -> list[str]:
    """Return what axe-core holds against the page under WCAG 2.1 A and AA, each with the place in the page."""
    options = {"runOnly": {"type": "tag", "values": list(WCAG_AA)}}
    violations = Axe().run(page, options=options).response["violations"]
    return [
        f"{violation['id']}: {violation['help']} ({node['html']})"
        for violation in violations
        for node in violation["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Tell whether the page must be scrolled sideways (WCAG 1.4.10)."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
