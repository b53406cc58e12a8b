"""Confidence intervals for shares and indexes: Wilson, Korn-Graubard, Student's t, hypergeometric."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analytics_worker.statistics.arrays import FloatArray, Interval, floats, require, successes, undefined, upper_tail
from analytics_worker.statistics.finite import hypergeometric, logical_bounds
from analytics_worker.statistics.special import beta_quantile, normal_quantile, t_quantile

__all__ = [
    "SMALLEST_INDEX_N",
    "Interval",
    "hypergeometric",
    "korn_graubard",
    "logical_bounds",
    "t_interval",
    "wilson",
]

SMALLEST_INDEX_N = 10
"""An index of fewer persons carries no interval (statistics.md, Intervals)."""

ROUNDING = 1e-9
"""A weighted sum of shares of 1 may pass 1 by the rounding of its weights."""


def wilson(x: ArrayLike, n: ArrayLike, level: float = 0.95) -> Interval:
    """Return Wilson's score interval for a share of x in n, both as proportions 0..1 (NaN where n is 0).

    The set of shares that the score test does not reject. Source: Wilson (1927), JASA 22, 209-212;
    Newcombe (1998), Statistics in Medicine 17, 857-872, method 3. ValueError unless 0 <= x <= n.
    """
    count, size = successes(x, n)
    z2 = normal_quantile(level) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = count / size
        centre = (share + z2 / (2 * size)) / (1 + z2 / size)
        half = np.sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size**2))) / (1 + z2 / size)
    # At the ends the limit is exactly 0 or 1; the subtraction alone would leave a rounding error there.
    low = np.where(count == 0, 0.0, centre - half)
    high = np.where(count == size, 1.0, centre + half)
    return undefined(Interval(low, high), size == 0)


def korn_graubard(
    share: ArrayLike, variance: ArrayLike, n: ArrayLike, degrees_of_freedom: ArrayLike, level: float = 0.95
) -> Interval:
    """Return the beta interval of a weighted share from its design variance, as proportions.

    The exact binomial interval at the effective size n* = p(1-p)/v, times (t[n-1]/t[df])^2 for the variance being
    estimated, and never above the n persons who answered; n itself where the share is 0 or 1 or the variance is 0.
    NaN where the share or the variance is NaN, n is below 2 or no degree of freedom is left. ValueError for a share
    outside 0..1 or a negative variance. Source: Korn & Graubard (1998), Survey Methodology 24, 193-201; the cap:
    Dean & Pagano (2015), Journal of Survey Statistics and Methodology 3, 484-503.
    """
    p, v, size, freedom = floats(share, variance, n, degrees_of_freedom)
    require(np.isnan(p) | (np.abs(p - 0.5) <= 0.5 + ROUNDING), "A share lies between 0 and 1.")
    require(np.isnan(v) | (v >= 0), "A variance is not negative.")
    p = np.clip(p, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        correction = (t_quantile(level, size - 1) / t_quantile(level, freedom)) ** 2
        estimated = p * (1 - p) / v * correction
    effective = np.where((p > 0) & (p < 1) & (v > 0), np.minimum(estimated, size), size)
    return undefined(_beta_interval(effective * p, effective, level), np.isnan(correction * p * v))


def t_interval(
    n: ArrayLike,
    mean: ArrayLike,
    standard_deviation: ArrayLike,
    level: float = 0.95,
    population: ArrayLike | None = None,
) -> Interval:
    """Return Student's interval for an index, in the units of the mean.

    NaN when n is below 10 or the standard deviation is 0 (all equal: the interval would claim certainty). With the
    population given, the finite correction sqrt(1 - n/N) applies: the descriptive target "what these persons say".
    ValueError when the population is smaller than n. Source: Cochran (1977), Sampling Techniques, 2.8.
    """
    size, centre, spread, total = floats(n, mean, standard_deviation, np.inf if population is None else population)
    require(size <= total, "The population is smaller than the number of answers.")
    with np.errstate(divide="ignore", invalid="ignore"):
        half = t_quantile(level, size - 1) * spread * np.sqrt((1 - size / total) / size)
    shown = (size >= SMALLEST_INDEX_N) & (spread > 0)
    return undefined(Interval(centre - half, centre + half), ~shown)


def _beta_interval(count: FloatArray, size: FloatArray, level: float) -> Interval:
    """Return the exact binomial interval, also for broken counts: Clopper & Pearson (1934), Biometrika 26, 404-413."""
    tail = upper_tail(level)
    low = np.where(count <= 0, 0.0, beta_quantile(count, size - count + 1, tail))
    high = np.where(count >= size, 1.0, beta_quantile(count + 1, size - count, 1 - tail))
    return Interval(low, high)
