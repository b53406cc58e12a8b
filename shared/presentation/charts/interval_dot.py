"""One figure with its 95 % interval beside those it may be read against: the municipality, earlier cycles."""

from __future__ import annotations

from collections.abc import Sequence

from shared.presentation.charts.data import Dot
from shared.presentation.charts.rows import dot_rows


def interval_dot(key: str, title: str, points: Sequence[Dot], *, maximum: float = 10) -> str:
    """Return a row per figure on the whole scale from 0 to ``maximum`` (10 or 100 for an index, 1 for shares).

    A figure without an interval is a hollow dot, and is said to have none; a hidden one is a row with its reason.
    The scale is never cut: a half step must not look like a landslide.
    """
    return dot_rows("dots", key, title, points, maximum)
