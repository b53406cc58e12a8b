"""What tests of the result pages do: release a counted cycle, read a page strictly, and know all its addresses."""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree.ElementTree import Element

import html5lib

from admin_portal.publishing.releasing import make_release
from tests.support.two_windows import TwoWindows

NAMESPACE = "{http://www.w3.org/1999/xhtml}"
FIGURE = re.compile(r"<svg|\d[.,]\d|\d\s?%|have answered|\d answers")
"""Anything on a page that could be a figure: a chart, a decimal number, a percentage, a number of answers."""


def release(
    cycle: TwoWindows, *windows: str, embargo_until: datetime | None = None, reason: str = "", key: str = ""
) -> None:
    """Release the cycle's newest figures to the units."""
    make_release(
        cycle.house.database,
        cycle.house.clock,
        cycle_key=key or cycle.key,
        windows=windows or None,
        embargo_until=embargo_until,
        reason=reason,
        actor="test",
    )


def addresses(cycle: TwoWindows) -> tuple[str, ...]:
    """Return every address at which results of the cycle, or files of them, can be asked for."""
    own = f"/results/{cycle.key}"
    nodes = (f"{own}/units/A", f"{own}/municipality", f"{own}/districts/Norr", f"{own}/providers/K")
    files = tuple(f"{node}.{ending}" for node in nodes for ending in ("csv", "json"))
    broken_down = tuple(f"{node}?segment=sex" for node in nodes)
    return ("/results", own, f"{own}/units", *nodes, *files, *broken_down)


def main_of(response) -> str:
    """Return the main part of a page as HTML, without the frame around it; of a file all of it."""
    page = response.get_data(as_text=True)
    if response.mimetype != "text/html":
        return page
    return page[page.index("<main") : page.index("</main>")]


def strictly(response) -> Element:
    """Return the page parsed by the standard; raises for anything a browser would have to guess at."""
    return html5lib.HTMLParser(strict=True).parse(response.get_data(as_text=True))


def texts(tree: Element, path: str) -> list[str]:
    """Return the text of each element at ``path`` (without namespaces), blanks folded."""
    full = "/".join(
        step if step in {"", ".", ".."} or step.startswith("*") else NAMESPACE + step for step in path.split("/")
    )
    return [" ".join("".join(found.itertext()).split()) for found in tree.iterfind(full)]
