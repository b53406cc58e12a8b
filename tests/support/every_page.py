"""Every page of the portal that a person reaches by following links, one address of each kind for each role."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.support.portal_site import Visitor

MOST = 600
"""More pages than this for one role means that kinds are not told apart, or that links make new links for ever."""


@dataclass(frozen=True)
class Found:
    """A page that was reached: its address, its kind, its status, and what a strict reader says of its HTML.

    ``shapes`` are the kinds of elements on it, by name, class and what they stand in: like ones have like faults.
    """

    address: str
    kind: tuple[str, ...]
    status: int
    errors: tuple[str, ...]
    shapes: frozenset[str]

    @property
    def rule(self) -> str:
        """The route that made the page."""
        return self.kind[0]


def kind_of(app: Flask, address: str) -> tuple[str, ...]:
    """Return what makes an address another kind of page: its route, its public folder, what is asked of it."""
    parts = urlsplit(address)
    try:
        rule, values = app.url_map.bind("127.0.0.1").match(parts.path, return_rule=True)
    except HTTPException:
        return ("nowhere", address)
    asked = tuple(sorted({name for name, _value in parse_qsl(parts.query)}))
    place = re.sub(r"[A-Z]+\d+|\d+", "N", values["path"]) if rule.rule == "/public/<path:path>" else ""
    return (rule.rule, place, *asked)


def reached(app: Flask, visitor: Visitor, *starts: str) -> Iterator[Found]:
    """Yield one page of each kind that ``visitor`` gets to from ``starts`` by links; files are not pages.

    A link that leads nowhere, or to what this visitor may not see, yields the page of that error with its status.
    """
    waiting, seen = deque(starts), {kind_of(app, start) for start in starts}
    while waiting:
        address = waiting.popleft()
        answer = visitor.get(address, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        tree = parser.parse(answer.text)
        errors = tuple(f"{code} at {place}" for place, code, _about in parser.errors)
        yield Found(address, kind_of(app, address), answer.status_code, errors, _shapes(tree))
        for link in _links(tree, answer.request.path):
            kind = kind_of(app, link)
            if kind not in seen:
                seen.add(kind)
                assert len(seen) < MOST, sorted(seen)[-20:]
                waiting.append(link)


def _shapes(tree: Element) -> frozenset[str]:
    return frozenset(
        f"{parent.tag}.{parent.get('class', '')} {child.tag}.{child.get('class', '')}"
        for parent in tree.iter()
        for child in parent
    )


def _links(tree: Element, base: str) -> Iterator[str]:
    """Yield where the page's links lead on this site, by path and query."""
    for element in tree.iter("a"):
        target = urlsplit(urljoin(f"http://site{base}", element.get("href") or ""))
        if target.netloc == "site" and element.get("href"):
            yield target.path + (f"?{target.query}" if target.query else "")
