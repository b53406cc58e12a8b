"""Pupils, guardians and staff on the same thing: a row each on one scale, for reading together, not for ranking."""

from __future__ import annotations

from collections.abc import Sequence

from shared.presentation.charts.data import Dot
from shared.presentation.charts.rows import dot_rows


def side_by_side(key: str, title: str, rows: Sequence[Dot], *, maximum: float = 10) -> str:
    """Return a row per kind of respondent in the given order, on a scale from 0 to ``maximum`` (1 for shares).

    The caller puts figures of batteries with different best scores on one scale first.
    """
    return dot_rows("beside", key, title, rows, maximum)
