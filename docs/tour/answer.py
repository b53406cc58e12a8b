"""Answer for every code in a codes file over HTTP, as a browser would: read each page's form, fill it in, send it back.

Usage: python answer.py codes.csv

Python's standard library alone. It shows what a program needs to know of the site: every page holds one main form whose
hidden fields are sent back; a control is named by its item and its value is an option code; the button named ``action``
goes on with ``next`` and casts with ``send`` on the check page.
"""

from __future__ import annotations

import csv
import random
import sys
from html.parser import HTMLParser
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

REFUSED, SERVER_ERROR = 400, 500


class FormPage(HTMLParser):
    """What one page says: its kind, where its form goes, the hidden fields and the choices it offers."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.kind = ""
        self.target = ""
        self.fields: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self._address = address
        self._in_main_form = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the page's kind, its main form and what stands in it."""
        given = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.kind = given.get("data-page", "")
        elif tag == "form" and self.kind and not self.target and given.get("method", "").lower() == "post":
            self._in_main_form = True
            self.target = urljoin(self._address, given.get("action") or self._address)
        elif tag == "input" and self._in_main_form:
            self._input(given)

    def handle_endtag(self, tag: str) -> None:
        """Leave the main form."""
        if tag == "form":
            self._in_main_form = False

    def _input(self, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if given.get("type") == "radio" and value:
            self.choices.setdefault(name, []).append(value)
        elif given.get("type") in {"hidden", "text", None} and name:
            self.fields[name] = value


def load(browser: OpenerDirector, address: str, body: bytes | None = None) -> FormPage:
    """Fetch a page, or send a form; a refusal (HTTP 4xx) is a page too."""
    try:
        reply = browser.open(address, body)
    except HTTPError as error:
        if error.code >= SERVER_ERROR:
            raise
        reply = error
    with reply:
        page = FormPage(reply.url, reply.read().decode())
    if reply.status >= REFUSED and page.kind not in {"receipt", "refused"} and not page.target:
        page.kind = "refused"
    return page


def answer(address: str, rng: random.Random) -> str:
    """Open one code's link and go through all pages; return the kind of the last one."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = load(browser, address)
    for _ in range(100):
        if page.kind in {"receipt", "refused"} or not page.target:
            break
        form = page.fields | {name: rng.choice(values) for name, values in page.choices.items()}
        form["action"] = "send" if page.kind == "check" else "next"
        page = load(browser, page.target, urlencode(form).encode())
    return page.kind


def addresses() -> list[str]:
    """Return the links of the codes file; ends the program with a line when there is no such file."""
    if len(sys.argv) != 2:  # noqa: PLR2004  the program and the file
        sys.exit("Usage: python answer.py codes.csv")
    try:
        with Path(sys.argv[1]).open(encoding="utf-8-sig", newline="") as file:
            return [row["url"] for row in csv.DictReader(file)]
    except OSError as error:
        sys.exit(f"{sys.argv[1]} cannot be read ({error.strerror}). Make it: sikte codes issue CYCLE --out codes.csv")
    except (KeyError, ValueError):
        sys.exit(f"{sys.argv[1]} is no file of codes: it has no column url.")


def main() -> None:
    """Answer for every row of the codes file and say how it went."""
    rng = random.Random(7)
    kinds = [answer(address, rng) for address in addresses()]
    refused = len(kinds) - kinds.count("receipt")
    print(f"{kinds.count('receipt')} of {len(kinds)} sent." + (f" {refused} refused." if refused else ""))


if __name__ == "__main__":
    try:
        main()
    except HTTPError as error:
        sys.exit(f"The server failed (HTTP {error.code}). Look at its log.")
    except (URLError, HTTPException, ConnectionError):
        sys.exit("The server does not answer. Start it: sikte serve")
