"""Takes the README's four pictures anew, of the tour and the demonstration: ``python -m tests.support.pictures``."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from tests.support import browser as browsers
from tests.support import processes
from tests.support.demonstration import SEED
from tests.support.portal_year import Served, served_year
from tests.support.source import REPOSITORY

PICTURES = REPOSITORY / "docs" / "pictures"
TARGET = PICTURES / "respondent.png"
SCREEN: ViewportSize = {"width": 1280, "height": 960}
SHOTS = (
    ("year", "officer", "/?cycle=mmis-2026"),
    ("unit-results", "principal", "/results/mmis-2026/units/G01#questionnaire-elev"),
    ("public-unit", "", "/public/sv/units/G01/"),
)
"""The pictures of the portal: the file, who looks, and at what."""

LARGEST, OK = 250_000, 200
PHONE: ViewportSize = {"width": 390, "height": 760}
STEPS = (
    ("units", "import", "docs/tour/roster"),
    ("battery", "import", "docs/tour/trivsel.yaml"),
    ("cycle", "create", "docs/tour/cycle.yaml"),
    ("cycle", "open", "provomgang", "--wait"),
)
COMMAND = (sys.executable, "-m", "deploy.cli.main")
FRAME = """<body style="margin:0;padding:28px;display:inline-flex;gap:28px;background:#e7e4dd">{}</body>"""
IMAGE = """<img src="data:image/png;base64,{}" style="width:390px;border-radius:18px;box-shadow:0 3px 16px #0004">"""


def main() -> None:
    """Take the picture of the questionnaire, then those of the portal and the public site."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture_questionnaire()
    picture_portal()


def picture_portal() -> None:
    """Build the demonstration that ``make demo`` builds, and look at it as three people."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SIKTE_")}
        demo = ("--dir", str(home), "demo", "--seed", SEED)
        environment["SIKTE_LANGUAGE"] = "sv"
        subprocess.run([*COMMAND, *demo], cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL)
        with served_year(home, Path(folder)) as site, browsers.launched() as browser:
            for name, role, address in SHOTS:
                _look(browser, site, PICTURES / f"{name}.png", role, address)


def _look(browser: Browser, site: Served, target: Path, role: str, address: str) -> None:
    with browsers.visitor(browser, size=SCREEN) as someone:
        if role:
            site.enter(someone, site.email(role))
        page = someone.new_page()
        if browsers.status_of(page, site.url + address) != OK:
            raise SystemExit(f"{address} cannot be shown")
        page.screenshot(path=target)
    if target.stat().st_size > LARGEST:
        raise SystemExit(f"{target} is too large for a README")


def picture_questionnaire() -> None:
    """Serve the tour's cycle, answer as one pupil, and put two screens side by side."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = f"http://127.0.0.1:{processes.free_port()}"
        own = {"SIKTE_HOME": str(home / "data"), "SIKTE_SURVEY_URL": url, "PYTHONPATH": str(REPOSITORY)}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SIKTE_")} | own
        codes = home / "codes.csv"
        for step in (*STEPS, ("codes", "issue", "provomgang", "--out", str(codes))):
            subprocess.run([*COMMAND, *step], cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL)
        log = home / "serve.log"
        server = processes.start([*COMMAND, "serve"], log=log, environment=environment)
        try:
            processes.wait_until(lambda: _answers(url), server, log)
            _take(codes.read_text().splitlines()[1].rpartition(",")[2])
        finally:
            processes.kill_tree(server)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  our own server
            return bool(response.status == 200)
    except OSError:
        return False


def _take(link: str) -> None:
    with browsers.launched() as browser:
        context = browser.new_context(viewport=PHONE, device_scale_factor=2, locale="sv-SE")
        page = context.new_page()
        page.goto(link)
        page.click("main button[value=next]")
        page.click("main button[value=next]")
        page.check("input[name=trygg][value='3']")
        page.check("input[name=vuxna][value='4']")
        questions = page.screenshot()
        _send(page)
        receipt = page.screenshot()
        frame = browser.new_context(device_scale_factor=1).new_page()
        frame.set_content(
            FRAME.format("".join(IMAGE.format(base64.b64encode(one).decode()) for one in (questions, receipt)))
        )
        frame.locator("body").screenshot(path=TARGET)


def _send(page: Page) -> None:
    while page.get_attribute("main", "data-page") == "questions":
        page.click("main button[value=next]")
    page.click("main button[value=send]")


if __name__ == "__main__":
    main()
