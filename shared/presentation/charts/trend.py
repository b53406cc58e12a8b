"""Earlier comparable cycles in time order: a line only where comparing is allowed, breaks and hidden values as gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from shared.i18n import gettext as _
from shared.presentation import numbers
from shared.presentation.charts import svg
from shared.presentation.charts.data import TrendPoint
from shared.presentation.sentences import reason_mark

TOP, HEIGHT = 28.0, 180.0
FLOOR = TOP + HEIGHT
LEFT = 8.0
"""Per cent of the width where the scale's numbers stand."""

RADIUS = 5.0
LINE = 16.0
LETTERS = 42
"""How many letters fit side by side under the whole of the narrowest chart."""

LABEL_LINES = 3
LABELLED = 8
"""With more points than this, labels are given to every second, third … counted from the last."""

CLEAR = 10.0
HEADROOM = 14.0

Placed = tuple[float, TrendPoint]
"""A point with its place along the width, in per cent."""


def trend(key: str, title: str, points: Sequence[TrendPoint], maximum: float) -> str:
    """Return the points with their intervals on the whole scale from 0 to ``maximum`` (1 for shares).

    Two neighbours are joined only if both are shown and the later one has no ``break_before``. A break is a dashed
    upright line with its reason under the chart; a hidden value leaves its place empty with the reason there.
    """
    step = (svg.FULL - LEFT) / max(len(points), 1)
    placed = [(LEFT + step * (at + 0.5), point) for at, point in enumerate(points)]
    every = -(-len(points) // LABELLED)
    labelled = placed[::-1][:: max(every, 1)][::-1]
    shapes = [*_grid(maximum), *_joints(placed, maximum)]
    for at, point in placed:
        shapes += _point(at, point, maximum) if point.value is not None else _gap(at, point, len(points))
    shapes += [shape for one in labelled for shape in _value(*one, maximum)]
    width = max(LETTERS * max(every, 1) // max(len(points), 1), 4)
    labels = [(at, svg.wrapped(point.label, width, LABEL_LINES)) for at, point in labelled]
    shapes += [shape for label in labels for shape in _label(*label)]
    height = FLOOR + LINE * max((len(lines) for _at, lines in labels), default=0) + 6
    described = [sentence for point in points for sentence in _described(point, maximum)]
    return svg.fragment("trend", svg.picture(key, title, described, height, shapes), svg.notes(_notes(points)))


def _level(value: float, maximum: float) -> float:
    """Return the height of a value in px from the top; what is off the scale is drawn at its end."""
    return TOP + HEIGHT * (1 - min(max(value / maximum, 0.0), 1.0))


def _grid(maximum: float) -> Iterator[str]:
    for value in (0.0, maximum / 2, maximum):
        y = _level(value, maximum)
        yield svg.line(0, y, svg.FULL, y, "grid")
        yield svg.words(0, y - 4, svg.tick(value, maximum), shape="quiet")


def _joints(placed: Sequence[Placed], maximum: float) -> Iterator[str]:
    """Yield what stands between neighbours: a joining line, a break, or nothing beside a hidden value."""
    for (x1, before), (x2, after) in pairwise(placed):
        if after.break_before:
            middle = (x1 + x2) / 2
            yield svg.line(middle, TOP - 8, middle, FLOOR, "break")
            yield svg.words(middle, TOP - 14, _("break"), anchor="middle", shape="quiet")
        elif before.value is not None and after.value is not None:
            yield svg.line(x1, _level(before.value, maximum), x2, _level(after.value, maximum), "joint")


def _point(at: float, point: TrendPoint, maximum: float) -> Iterator[str]:
    hollow = _hollow(point)
    if point.low is not None and point.high is not None:
        yield svg.line(at, _level(point.low, maximum), at, _level(point.high, maximum), "interval own")
    yield svg.dot(at, _level(point.value or 0, maximum), RADIUS, f"point own{' hollow' if hollow else ''}")


def _value(at: float, point: TrendPoint, maximum: float) -> Iterator[str]:
    """Yield the value above its interval, or below it where the chart ends."""
    if point.value is None:
        return
    top = min(_level(end, maximum) for end in (point.value, point.high or 0)) - CLEAR
    low = point.value if point.low is None else point.low
    y = top if top > HEADROOM else _level(low, maximum) + CLEAR + LINE
    yield svg.words(at, y, svg.written(maximum)(point.value), anchor="middle", shape="value")


def _gap(at: float, point: TrendPoint, number: int) -> Iterator[str]:
    lines = svg.wrapped(reason_mark(point.reason), max(LETTERS // number, 4), LABEL_LINES)
    for place, text in enumerate(lines):
        yield svg.words(at, FLOOR - 8 - LINE * (len(lines) - 1 - place), text, anchor="middle", shape="quiet")


def _label(at: float, lines: Sequence[str]) -> Iterator[str]:
    for place, text in enumerate(lines):
        yield svg.words(at, FLOOR + LINE * (place + 1), text, anchor="middle", shape="small")


def _described(point: TrendPoint, maximum: float) -> Iterator[str]:
    if point.break_before:
        yield _("Break in the series: %(why)s") % {"why": f"{point.break_before.rstrip('.')}."}
    figure = svg.in_words(point.value, point.low, point.high, point.n, maximum=maximum, reason=point.reason)
    yield f"{point.label}: {figure}."


def _hollow(point: TrendPoint) -> bool:
    return point.low is None or point.high is None


def _notes(points: Sequence[TrendPoint]) -> Iterator[str]:
    """Yield what the picture has no room for: the numbers of answers, and why there are breaks and gaps."""
    shown = [point for point in points if point.value is not None]
    counted = [f"{point.label}: {numbers.count(point.n)}" for point in shown if point.n is not None]
    if counted:
        yield _("Number of answers – %(counts)s.") % {"counts": "; ".join(counted)}
    if any(_hollow(point) for point in shown):
        yield svg.hollow_note()
    for point in points:
        if point.break_before:
            why = {"label": point.label, "why": f"{point.break_before.rstrip('.')}."}
            yield _("Break before %(label)s: %(why)s") % why
    yield from svg.hidden_notes((point.label, point.reason) for point in points if point.value is None)
