"""Reads a chart as XML, so that tests look at its shapes and words and not at its spelling."""

from __future__ import annotations

from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def read(fragment: str) -> ET.Element:
    """Return the chart's one element; raises ``ParseError`` unless it is well-formed."""
    return ET.fromstring(fragment)  # noqa: S314 - what we have just drawn ourselves


def shapes(fragment: str, tag: str, shape: str = "") -> list[ET.Element]:
    """Return the SVG elements with this tag whose classes begin with ``shape``, in the order they are drawn."""
    return [one for one in read(fragment).iter(f"{SVG}{tag}") if (one.get("class") or "").startswith(shape)]


def number(element: ET.Element, name: str) -> float:
    """Return a length, in per cent or px."""
    return float(element.attrib[name].removesuffix("%"))


def texts(fragment: str) -> list[str]:
    """Return the words drawn in the picture."""
    return [one.text or "" for one in shapes(fragment, "text")]


def described(fragment: str) -> str:
    """Return what a screen reader says of the picture besides its title."""
    return next(read(fragment).iter(f"{SVG}desc")).text or ""


def notes(fragment: str) -> list[str]:
    """Return the paragraphs beside the picture."""
    return [one.text or "" for one in read(fragment).iter("p")]
