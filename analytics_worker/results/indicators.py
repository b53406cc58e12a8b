"""Indicators of all respondents pooled: index and share with intervals, for units in their finite population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics_worker.results.measures import Figures, Measure
from analytics_worker.results.tables import Table, largest_population
from analytics_worker.statistics.arrays import BoolArray, FloatArray, IntArray, Interval
from analytics_worker.statistics.intervals import hypergeometric, t_interval, wilson
from analytics_worker.statistics.moments import Moments, moments
from analytics_worker.statistics.rounding import half_up_ratio

INDEX_DIGITS = 1
SHARE_DIGITS = 6
PERCENT_DIGITS = 2
SMALLEST_SHOWN = 5
"""No audience sees a figure of fewer (the policy may only be tightened), so no interval is computed for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Figures over nodes, slots and measures (P, S, M), NaN where there is none.

    ``index`` is rounded to one decimal, ``share`` to six, ``percent`` to two (whole percentages): each exactly, once.
    Interval ends are not rounded.
    """

    index: FloatArray
    index_interval: Interval
    share: FloatArray
    percent: FloatArray
    share_interval: Interval


def score_moments(measures: Sequence[Measure], of: Figures) -> Moments:
    """Return mean and sample variance of the scores, in the units of the index; NaN for measures without one."""
    denominator = np.array([measure.denominator for measure in measures])
    with_index = np.array([measure.has_index for measure in measures])
    return moments(np.where(with_index, of.n, 0), of.total, of.squares, denominator)


def respondents(table: Table, measures: Sequence[Measure], of: Figures) -> Estimates:
    """Return the indicators of the respondents, plainly pooled.

    A unit's share has the hypergeometric interval in its frozen headcount (statistics.md, decision 3), a pooled one
    above the unit Wilson's; an index has Student's with the finite correction.
    """
    denominator = np.array([measure.denominator for measure in measures])
    with_index = np.array([measure.has_index for measure in measures])
    scored = np.where(with_index, of.n, 0)
    population = np.maximum(largest_population(table)[:, :, np.newaxis], of.n)
    mean, variance = score_moments(measures, of)
    return Estimates(
        index=half_up_ratio(of.total, scored * denominator, INDEX_DIGITS),
        index_interval=t_interval(scored, mean, np.sqrt(variance), population=population),
        share=half_up_ratio(of.positive, of.share_of, SHARE_DIGITS),
        percent=half_up_ratio(of.positive, of.share_of, PERCENT_DIGITS),
        share_interval=_share_interval(table.units, of, population),
    )


def _share_interval(units: int, of: Figures, population: IntArray) -> Interval:
    shown = of.share_of >= SMALLEST_SHOWN
    low, high = (np.full(of.share_of.shape, np.nan) for _end in range(2))
    lower, upper = shown.copy(), shown.copy()
    lower[units:], upper[:units] = False, False
    low[lower], high[lower] = _distinct(of.positive[lower], of.share_of[lower], population[lower])
    low[upper], high[upper] = wilson(of.positive[upper], of.share_of[upper])
    return Interval(low, high)


def _distinct(x: IntArray, n: IntArray, population: IntArray) -> Interval:
    """Invert each distinct case once: small units repeat the same few."""
    total = np.maximum(n, population)
    cases, place = np.unique(np.stack([x, n, total]), axis=1, return_inverse=True)
    found = hypergeometric(*cases)
    place = place.reshape(-1)
    return Interval(found.low[place], found.high[place])


def half_up(values: FloatArray, digits: int) -> FloatArray:
    """Return interval ends and differences rounded half-up; these are no exact fractions to begin with."""
    scale = 10**digits
    rounded: FloatArray = np.sign(values) * np.floor(np.abs(values) * scale + 0.5) / scale
    return rounded + 0.0


def low_response(table: Table, limit: float) -> BoolArray:
    """Return where fewer than ``limit`` answered, (P, S); where the frame is silent the node's own rate speaks."""
    rate = table.response_rate
    own = np.where(np.isnan(rate), rate[:, :1], rate)
    return np.asarray(own < limit, dtype=np.bool_)
