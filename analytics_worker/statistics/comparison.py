"""Comparison of two independent groups and the rule that decides which differences are certain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analytics_worker.statistics.arrays import BoolArray, FloatArray, floats, require, successes
from analytics_worker.statistics.intervals import wilson
from analytics_worker.statistics.special import normal_two_sided, t_quantile, t_two_sided

THRESHOLD_TOLERANCE = 1e-9


class Difference(NamedTuple):
    """First minus second, with the limits of its interval; NaN where one side has no answers."""

    difference: FloatArray
    low: FloatArray
    high: FloatArray


class Welch(NamedTuple):
    """First mean minus second, the limits of its interval (NaN where none exists) and the two-sided p (1 there)."""

    difference: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray


def newcombe(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: float = 0.95) -> Difference:
    """Return the difference of two independent shares, as proportions, with Newcombe's hybrid score interval.

    NaN where n1 or n2 is 0; ValueError unless 0 <= x <= n. Source: Newcombe (1998), Statistics in Medicine 17,
    873-890, method 10, from the two Wilson intervals, without continuity correction.
    """
    first, first_n, second, second_n = floats(x1, n1, x2, n2)
    low1, high1 = wilson(first, first_n, level)
    low2, high2 = wilson(second, second_n, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        share1, share2 = first / first_n, second / second_n
    difference = share1 - share2
    low = difference - np.hypot(share1 - low1, high2 - share2)
    high = difference + np.hypot(high1 - share1, share2 - low2)
    return Difference(difference, low, high)


def score_test(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> FloatArray:
    """Return the two-sided p of the score test that two independent shares are equal.

    The standard error comes from the pooled share, that is under the hypothesis, as in the test Wilson's interval
    inverts; its square is Pearson's chi-square without correction. 1 where a group is empty or all answers are equal:
    then nothing speaks against equality. ValueError unless 0 <= x <= n. Source: Pearson (1900), Philosophical
    Magazine 50, 157-175; Agresti (2013), Categorical Data Analysis, 3.2.1.
    """
    first, first_n = successes(x1, n1)
    second, second_n = successes(x2, n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (first + second) / (first_n + second_n)
        error = np.sqrt(pooled * (1 - pooled) * (1 / first_n + 1 / second_n))
        z = (first / first_n - second / second_n) / error
    return np.where(np.isfinite(z), normal_two_sided(z), 1.0)


def welch(
    n1: ArrayLike,
    mean1: ArrayLike,
    var1: ArrayLike,
    n2: ArrayLike,
    mean2: ArrayLike,
    var2: ArrayLike,
    level: float = 0.95,
) -> Welch:
    """Return the difference of two independent means with Welch's t interval and test, in the units of the means.

    `var` is the sample variance (divisor n - 1). Limits NaN and p = 1 where an n is below 2 or both variances are 0.
    Source: Welch (1947), Biometrika 34, 28-35; degrees of freedom by Satterthwaite (1946), Biometrics 2, 110-114.
    """
    size1, centre1, spread1, size2, centre2, spread2 = floats(n1, mean1, var1, n2, mean2, var2)
    difference = centre1 - centre2
    with np.errstate(divide="ignore", invalid="ignore"):
        part1, part2 = spread1 / size1, spread2 / size2
        squared_error = part1 + part2
        freedom = squared_error**2 / (part1**2 / (size1 - 1) + part2**2 / (size2 - 1))
        error = np.sqrt(squared_error)
        half = t_quantile(level, freedom) * error
        p = t_two_sided(difference / error, freedom)
    defined = (size1 > 1) & (size2 > 1) & (squared_error > 0)
    half = np.where(defined, half, np.nan)
    return Welch(difference, difference - half, difference + half, np.where(defined & ~np.isnan(p), p, 1.0))


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """Return the p values of one family adjusted for the false discovery rate, in the shape given.

    All values of the array are one family; NaN stays NaN and does not count as a test. ValueError outside 0..1.
    Source: Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300, step-up.
    """
    given = np.asarray(p, dtype=np.float64)
    require(np.isnan(given) | ((given >= 0) & (given <= 1)), "A p value lies between 0 and 1.")
    adjusted = given.flatten()
    family = np.flatnonzero(~np.isnan(adjusted))
    order = family[np.argsort(adjusted[family], kind="stable")]
    ratio = adjusted[order] * family.size / np.arange(1, family.size + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(ratio[::-1])[::-1], 1.0)
    return adjusted.reshape(given.shape)


def certain(adjusted_p: ArrayLike, difference: ArrayLike, threshold: ArrayLike, alpha: float = 0.05) -> BoolArray:
    """Return where a difference is both certain and large enough to matter: adjusted p < alpha and |d| >= threshold.

    The threshold is in the units of the difference (0.05 for shares, 0.5 for an index 0-10). NaN is never certain.
    A difference that is the threshold on paper counts although its float may fall 1e-16 short.
    Source: statistics.md, Comparison.
    """
    p, size, least = floats(adjusted_p, difference, threshold)
    return np.asarray((p < alpha) & (np.abs(size) >= least - THRESHOLD_TOLERANCE), dtype=np.bool_)
