"""A browser without JavaScript over the site's WSGI interface: it sends forms as they stand and demands valid HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.survey_site import URL

_CHECKED = ("radio", "checkbox")


@dataclass(slots=True)
class Visitor:
    """One device: its cookie, the page it shows and where that page is."""

    app: Flask
    url: str = URL
    client: FlaskClient = field(init=False)
    response: TestResponse = field(init=False)
    tree: Element = field(init=False)
    address: str = "/"

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, address: str, **headers: str) -> Visitor:
        """Open ``address`` and follow where it leads."""
        return self._show(address, self.client.get(address, base_url=self.url, headers=headers))

    def post(self, address: str, values: dict[str, object], **headers: str) -> Visitor:
        """Post ``values`` as they are and follow where it leads."""
        return self._show(address, self.client.post(address, base_url=self.url, data=values, headers=headers))

    def press(self, action: str = "next", /, **values: object) -> Visitor:
        """Fill in ``values`` and press the button ``action`` of the page's main form."""
        return self.post(self.target, self.fields() | {"action": action} | values)

    def enter(self, code: str) -> Visitor:
        """Type a code on the code page."""
        return self.get("/").press(code=code)

    def begin(self, code: str) -> Visitor:
        """Go from a code to the first page of questions."""
        return self.enter(code).press()

    def to_the_end(self, **values: object) -> Visitor:
        """Press Next, with ``values`` on the first page, until the check page."""
        self.press(**values)
        while self.page == "questions":
            self.press()
        return self

    def fields(self) -> dict[str, object]:
        """Return what the main form would send besides its button."""
        found: dict[str, object] = {}
        for control in self.form.iter():
            name, kind = control.get("name"), control.get("type", "")
            if not name or control.tag == "button" or (kind in _CHECKED and control.get("checked") is None):
                continue
            value = "".join(control.itertext()) if control.tag == "textarea" else control.get("value", "")
            found[name] = [*found.get(name, []), value] if kind == "checkbox" else value  # type: ignore[misc]
        return found

    @property
    def form(self) -> Element:
        """The main form."""
        (form,) = self.main.iter("form")
        return form

    @property
    def target(self) -> str:
        """Where the main form posts to."""
        return self.form.get("action") or self.address

    @property
    def main(self) -> Element:
        """The page's main part."""
        (main,) = self.tree.iter("main")
        return main

    @property
    def page(self) -> str:
        """What kind of page it is."""
        return self.main.get("data-page", "")

    @property
    def text(self) -> str:
        """The words of the page's main part."""
        return " ".join("".join(self.main.itertext()).split())

    @property
    def title(self) -> str:
        """The page's title."""
        return "".join(next(self.tree.iter("title")).itertext())

    @property
    def status(self) -> int:
        """The HTTP status of the page shown."""
        return self.response.status_code

    def values(self, name: str) -> list[str]:
        """Return the values that the control ``name`` offers."""
        return [control.get("value", "") for control in self.form.iter("input") if control.get("name") == name]

    def _show(self, address: str, response: TestResponse) -> Visitor:
        while response.status_code == 303:
            address = response.headers["Location"].partition("#")[0]
            response = self.client.get(address, base_url=self.url)
        self.address, self.response = address, response
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.tree = parser.parse(response.text)
        return self
