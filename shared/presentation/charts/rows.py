"""Figures on a common scale, one row each: label and value above, the dot with its interval below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.presentation.charts import svg
from shared.presentation.charts.data import Dot
from shared.presentation.sentences import reason_mark

EDGE = 3.0
"""Per cent of the width kept free at each end, so that a dot on the end of the scale is whole on a phone."""

LABEL_WIDTH, LABEL_LINES = 36, 3
LINE, TRACK, GAP = 18.0, 24.0, 10.0
AXIS = 22.0
RADIUS = 6.5
TICK = 5.0
BASE = 14.0
"""How far below the top of its line a text stands."""

DROP = 4.0
"""How far below the middle of a track a text stands that takes its place."""


def dot_rows(kind: str, key: str, title: str, rows: Sequence[Dot], maximum: float) -> str:
    """Return the rows drawn one under the other on a scale from 0 to ``maximum``."""
    shapes: list[str] = []
    height = 0.0
    for row in rows:
        lines = svg.wrapped(_label(row), LABEL_WIDTH, LABEL_LINES)
        shapes += _row(row, lines, height, maximum)
        height += LINE * len(lines) + TRACK + GAP
    described = [f"{row.label}: {_figure(row, maximum)}." for row in rows]
    drawn = svg.picture(key, title, described, height + AXIS, [*shapes, *_axis(height, maximum)])
    hidden = svg.hidden_notes((row.label, row.reason) for row in rows if row.value is None)
    hollow = any(row.value is not None and _hollow(row) for row in rows)
    return svg.fragment(kind, drawn, svg.notes([*([svg.hollow_note()] if hollow else []), *hidden]))


def place(value: float, maximum: float) -> float:
    """Return where a value lies along the width, in per cent; what is off the scale is drawn at its end."""
    share = min(max(value / maximum, 0.0), 1.0)
    return EDGE + share * (svg.FULL - 2 * EDGE)


def _figure(row: Dot, maximum: float) -> str:
    return svg.in_words(row.value, row.low, row.high, row.n, maximum=maximum, reason=row.reason)


def _row(row: Dot, lines: Sequence[str], top: float, maximum: float) -> Iterator[str]:
    strong = "strong" if row.emphasised else ""
    for at, text in enumerate(lines):
        yield svg.words(0, top + BASE + at * LINE, text, shape=strong)
    middle = top + LINE * len(lines) + TRACK / 2
    if row.value is None:
        yield svg.words(0, middle + DROP, reason_mark(row.reason), shape="quiet")
        return
    yield svg.line(EDGE, middle, svg.FULL - EDGE, middle, "track")
    for value in _ticks(maximum):
        yield svg.line(place(value, maximum), middle - TICK, place(value, maximum), middle + TICK, "track")
    yield svg.words(svg.FULL, top + BASE, svg.written(maximum)(row.value), anchor="end", shape="strong")
    own = " own" if row.emphasised else ""
    if row.low is not None and row.high is not None:
        yield svg.line(place(row.low, maximum), middle, place(row.high, maximum), middle, f"interval{own}")
    yield svg.dot(place(row.value, maximum), middle, RADIUS, f"point{own}{' hollow' if _hollow(row) else ''}")


def _label(row: Dot) -> str:
    """Return the label with the number of answers: no figure without its n."""
    return row.label if row.n is None or row.value is None else f"{row.label}, {svg.answers(row.n)}"


def _hollow(row: Dot) -> bool:
    return row.low is None or row.high is None


def _ticks(maximum: float) -> tuple[float, float, float]:
    return 0.0, maximum / 2, maximum


def _axis(height: float, maximum: float) -> Iterator[str]:
    for value in _ticks(maximum):
        # The longest of them, "100 %", would stick out on a phone.
        x, anchor = (svg.FULL, "end") if value == maximum else (place(value, maximum), "middle")
        yield svg.words(x, height + BASE, svg.tick(value, maximum), anchor=anchor, shape="quiet")
