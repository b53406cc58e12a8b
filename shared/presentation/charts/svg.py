"""The pieces of a chart: escaping, coordinates, the picture's frame, lines of text and values in words."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator

from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.presentation import numbers
from shared.presentation.sentences import instead_text, reason_text

FULL = 100.0
"""The whole width, in per cent."""

# What XML 1.0 has no place for, escaped or not: control characters, halves of surrogate pairs, two non-characters.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(text: str) -> str:
    """Return ``text`` as it may stand between tags or in a quoted attribute of HTML and XML alike."""
    return html.escape(_UNWRITABLE.sub("", text))


def coordinate(value: float) -> str:
    """Return a length with at most two decimals and nothing that need not be there: "12.5", "0"."""
    return f"{round(value, 2) + 0:.2f}".rstrip("0").rstrip(".")


def across(value: float) -> str:
    """Return a place along the width, given in per cent of it."""
    return f"{coordinate(value)}%"


def picture(key: str, title: str, description: Iterable[str], height: float, shapes: Iterable[str]) -> str:
    """Return the SVG of this height in px, as wide as its place, with title and description as its name."""
    name = escaped("-".join(key.split()))
    words = escaped(" ".join(filter(None, description)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="100%" height="{coordinate(height)}"'
        f' aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escaped(title)}</title>'
        f'<desc id="{name}-d">{words}</desc>{"".join(shapes)}</svg>'
    )


def fragment(kind: str, *parts: str) -> str:
    """Return the chart's one element."""
    return f'<div class="chart chart-{kind}">{"".join(parts)}</div>'


def notes(texts: Iterable[str]) -> str:
    """Return what must be read beside the picture, a paragraph each."""
    return "".join(f'<p class="chart-note">{escaped(text)}</p>' for text in texts)


def hidden_notes(hidden: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield, for each reason among (label, reason), whose figures it hides and what can be used instead."""
    labels: dict[str, list[str]] = {}
    for label, reason in hidden:
        labels.setdefault(reason, []).append(label)
    for reason, names in labels.items():
        why = f"{', '.join(names)}: {hidden_text(reason)}."
        yield " ".join(filter(None, (why, instead_text(reason))))


def hidden_text(reason: str) -> str:
    """Return why a figure is hidden, without the full stop that words of one's own may end in."""
    return reason_text(reason).rstrip(". ") or _("hidden")


def line(x1: float, y1: float, x2: float, y2: float, shape: str) -> str:
    """Return a line from (x1, y1) to (x2, y2), x in per cent and y in px."""
    ends = f'x1="{across(x1)}" y1="{coordinate(y1)}" x2="{across(x2)}" y2="{coordinate(y2)}"'
    return f'<line class="{shape}" {ends}/>'


def bar(x: float, y: float, width: float, height: float, shape: str) -> str:
    """Return a rectangle, x and width in per cent, y and height in px."""
    place = f'x="{across(x)}" y="{coordinate(y)}" width="{across(width)}" height="{coordinate(height)}"'
    return f'<rect class="{shape}" {place}/>'


def dot(x: float, y: float, radius: float, shape: str) -> str:
    """Return a circle, x in per cent, y and radius in px."""
    return f'<circle class="{shape}" cx="{across(x)}" cy="{coordinate(y)}" r="{coordinate(radius)}"/>'


def words(x: float, y: float, text: str, *, anchor: str = "start", shape: str = "") -> str:
    """Return a line of text on the base line y; ``anchor`` is what of it stands at x: start, middle or end."""
    classes = f' class="{shape}"' if shape else ""
    placed = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text{classes} x="{across(x)}" y="{coordinate(y)}"{placed}>{escaped(text)}</text>'


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Return ``text`` in at most so many lines of so many characters; what does not fit ends in "…"."""
    return textwrap.wrap(text, width, max_lines=lines, placeholder="…") or [""]


def written(maximum: float) -> Callable[[float], str]:
    """Return how values on a scale from 0 to ``maximum`` are written: a scale to 1 holds shares, any other an index."""
    return numbers.percent if maximum == 1 else numbers.decimal


def answers(n: int) -> str:
    """Return "61 answers"."""
    return ngettext("%(number)s answer", "%(number)s answers", n) % {"number": numbers.count(n)}


def hollow_note() -> str:
    """Return what a hollow dot means."""
    return _("A hollow dot has no interval: the answers are too few, or all alike.")


def tick(value: float, maximum: float) -> str:
    """Return a number on the scale, without decimals that need not be there: "5", "2,5", "50 %"."""
    return numbers.percent(value) if maximum == 1 else numbers.decimal(value, 0 if value == int(value) else 1)


def in_words(
    value: float | None, low: float | None, high: float | None, n: int | None, *, maximum: float, reason: str = ""
) -> str:
    """Return a figure with its interval and n in words, or why it is hidden."""
    if value is None:
        return hidden_text(reason)
    between = numbers.interval(low, high, written(maximum))
    parts = [
        written(maximum)(value),
        _("95 %% interval %(interval)s") % {"interval": between} if between else _("no interval"),
        "" if n is None else answers(n),
    ]
    return ", ".join(filter(None, parts))
