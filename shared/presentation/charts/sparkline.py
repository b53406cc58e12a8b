"""Answers per day as a row of small bars: whether they still come, and when a reminder worked."""

from __future__ import annotations

from collections.abc import Sequence

from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.presentation import numbers
from shared.presentation.charts import svg

HEIGHT = 36.0
LEAST = 1.0
GAP = 0.2
"""Part of a day's place that is left free after its bar."""


def sparkline(key: str, title: str, values: Sequence[int]) -> str:
    """Return a bar per day in time order, the highest day filling the height; days without answers keep their place."""
    most = max(values, default=0)
    step = svg.FULL / max(len(values), 1)
    shapes = [
        svg.bar(at * step, HEIGHT - height, step * (1 - GAP), height, "day")
        for at, height in enumerate(max(LEAST, value / most * HEIGHT) if value > 0 else 0 for value in values)
        if height
    ]
    floor = svg.line(0, HEIGHT, svg.FULL, HEIGHT, "floor")
    return svg.fragment("spark", svg.picture(key, title, _described(values), HEIGHT, [*shapes, floor]))


def _described(values: Sequence[int]) -> list[str]:
    total = sum(values)
    if not total:
        return [_("No answers yet.")]
    days = ngettext("%(total)s over %(number)d day.", "%(total)s over %(number)d days.", len(values))
    most = _("Most in one day: %(most)s. On the last day: %(last)s.")
    return [
        days % {"total": numbers.count(total), "number": len(values)},
        most % {"most": numbers.count(max(values)), "last": numbers.count(values[-1])},
    ]
