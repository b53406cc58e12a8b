"""Typed doors to the few distribution functions of scipy.special that the statistics need."""

from __future__ import annotations

import numpy as np
from scipy import special

from analytics_worker.statistics.arrays import FloatArray, upper_tail


def normal_quantile(level: float) -> float:
    """Return the two-sided standard normal quantile, 1.96 for the level 0.95."""
    return float(special.ndtri(1 - upper_tail(level)))


def normal_two_sided(z: FloatArray) -> FloatArray:
    """Return P(|Z| >= |z|) for a standard normal Z."""
    return np.asarray(2 * special.ndtr(-np.abs(z)), dtype=np.float64)


def t_quantile(level: float, degrees_of_freedom: FloatArray) -> FloatArray:
    """Return the two-sided quantile of Student's t; NaN where the degrees of freedom are not positive."""
    return np.asarray(-special.stdtrit(_positive(degrees_of_freedom), upper_tail(level)), dtype=np.float64)


def t_two_sided(t: FloatArray, degrees_of_freedom: FloatArray) -> FloatArray:
    """Return P(|T| >= |t|) for Student's t; NaN where the degrees of freedom are not positive."""
    return np.asarray(2 * special.stdtr(_positive(degrees_of_freedom), -np.abs(t)), dtype=np.float64)


def beta_quantile(a: FloatArray, b: FloatArray, probability: float) -> FloatArray:
    """Return the quantile of a beta distribution; NaN where a or b is not positive."""
    return np.asarray(special.betaincinv(_positive(a), _positive(b), probability), dtype=np.float64)


def log_factorials(largest: int) -> FloatArray:
    """Return log k! for k = 0 .. largest."""
    return np.asarray(special.gammaln(np.arange(1, largest + 2, dtype=np.float64)), dtype=np.float64)


def _positive(parameter: FloatArray) -> FloatArray:
    # scipy answers some parameters outside the domain with a limit instead of NaN; a figure must not rest on that.
    return np.where(parameter > 0, parameter, np.nan)
