"""A respondent over HTTP, with nothing but the standard library: reads forms, keeps cookies, answers page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from shared.errors import SikteError
from shared.i18n import gettext as _
from shared.questionnaire.definition import Answer

TIMEOUT_SECONDS = 30
MAXIMUM_STEPS = 200
MAXIMUM_REDIRECTS = 8
OK = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class SiteError(SikteError):
    """The site answered something that a respondent cannot go on from."""


@dataclass(slots=True)
class Page:
    """What a respondent sees: the kind of page, its main form's fields, and which controls can be answered."""

    kind: str = ""
    has_form: bool = False
    action: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    controls: set[str] = field(default_factory=set)
    actions: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Reads ``<main data-page>`` and the first posting form inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._in_form = False
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.page.kind = values.get("data-page", "")
        elif tag == "form":
            self._form(values)
        elif self._in_form and tag in {"input", "textarea", "button"} and values.get("name"):
            self._control(tag, values, "checked" in values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.page.fields[self._textarea] = [*self.page.fields.pop(self._textarea, []), data]

    def _form(self, values: dict[str, str]) -> None:
        wanted = self.page.kind and not self.page.has_form and values.get("method", "").lower() == "post"
        self._in_form = bool(wanted)
        if wanted:
            self.page.has_form = True
            self.page.action = values.get("action", "")

    def _control(self, tag: str, values: dict[str, str], checked: bool) -> None:  # noqa: FBT001  an HTML attribute
        name, kind, value = values["name"], values.get("type", "text"), values.get("value", "")
        if tag == "button" or kind == "submit":
            if name == "action":
                self.page.actions.add(value)
            return
        if kind != "hidden":
            self.page.controls.add(name)
        if tag == "textarea":
            self._textarea = name
        elif kind not in {"radio", "checkbox"} or checked:
            self.page.fields.setdefault(name, []).append(value)


def read_page(html: str) -> Page:
    """Return the page that ``html`` shows."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class Respondent:
    """One device: a connection and its cookies."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        self._address = address
        self._cookies: dict[str, str] = {}
        self._path = "/"
        self.pages = 0

    def open(self, url: str) -> Page:
        """Open the address of a code, as its QR does, and send it; returns the page after the code page."""
        page = self._request("GET", urlsplit(url).path)
        if page.kind != "code":
            return page
        return self._send(page, {}, "next")

    def answer(self, page: Page, answers: Mapping[str, Answer], *, stop: Callable[[Page], bool] | None = None) -> Page:
        """Answer page after page from ``page`` until the receipt (or until ``stop`` says so); return the last page."""
        for _step in range(MAXIMUM_STEPS):
            if page.kind in {"receipt", "refused", "code"} or (stop is not None and stop(page)):
                return page
            page = self._send(page, answers, "send" if page.kind == "check" else "next")
        raise SiteError(_("The questionnaire does not come to an end."))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _send(self, page: Page, answers: Mapping[str, Answer], action: str) -> Page:
        if not page.has_form:
            raise SiteError(_("The page %(page)s has no form to send.") % {"page": page.kind})
        fields = dict(page.fields)
        for name in page.controls & answers.keys():
            value = answers[name]
            fields[name] = list(value) if isinstance(value, tuple) else [str(value)]
        # The code page and others may have one nameless button.
        if action in page.actions or page.kind in {"questions", "check"}:
            fields["action"] = [action]
        return self._request("POST", urljoin(self._path, page.action) if page.action else self._path, fields)

    def _request(self, method: str, path: str, fields: Mapping[str, list[str]] | None = None) -> Page:
        body = urlencode(dict(fields), doseq=True).encode() if fields is not None else None
        for _hop in range(MAXIMUM_REDIRECTS):
            response = self._exchange(method, path, body)
            content = response.read()
            if response.status not in _REDIRECTS:
                break
            method, body = "GET", None
            path = urlsplit(urljoin(path, response.headers["Location"])).path
        else:
            raise SiteError(_("The site leads round in a circle."))
        self._path = path
        self.pages += 1
        if response.status != OK:
            raise SiteError(_("The site answered with status %(status)d.") % {"status": response.status})
        return read_page(content.decode("utf-8"))

    def _exchange(self, method: str, path: str, body: bytes | None) -> HTTPResponse:
        headers = {"Accept-Language": "sv"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = self._address
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        for line in response.headers.get_all("Set-Cookie", []):
            self._keep(line)
        return response

    def _keep(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self._cookies.pop(name, None)
            else:
                self._cookies[name] = morsel.coded_value
