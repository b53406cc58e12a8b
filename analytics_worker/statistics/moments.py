"""Mean and sample variance from exact sums, without the cancellation of the textbook formula in floats."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analytics_worker.statistics.arrays import INT64_LIMIT, ExactArray, FloatArray, magnitude, require


class Moments(NamedTuple):
    """Mean (NaN where n is 0) and sample variance with divisor n - 1 (NaN where n is below 2)."""

    mean: FloatArray
    variance: FloatArray


def moments(
    n: ArrayLike,
    total: ArrayLike | Fraction,
    total_squares: ArrayLike | Fraction,
    denominator: ArrayLike | Fraction = 1,
) -> Moments:
    """Return mean and sample variance of scores from their exact sums.

    Scores are counted in steps of 1/denominator: `total` is the sum of the steps and `total_squares` the sum of their
    squares over n persons (weights 10, 20/3, 10/3, 0 are 30, 20, 10, 0 with denominator 3). Integers or Fractions,
    scalars or arrays, broadcast. n*Sxx - S^2 and n(n-1)*d^2 are formed exactly, in int64 where they fit and in
    Python's integers otherwise, and divided once: equal scores give a variance of exactly 0. TypeError for floats;
    ValueError for sums no scores could give. Source: Chan, Golub & LeVeque (1983), The American Statistician 37,
    242-247, whose rounding analysis is what the exact integers make void.
    """
    size, first, second, unit = np.broadcast_arrays(
        *(_exact(value) for value in (n, total, total_squares, denominator))
    )
    require(size >= 0, "A number of persons is at least 0.")
    require(unit > 0, "A denominator is positive.")
    if not _fits_int64(size, first, second, unit):
        size, first, second, unit = (values.astype(object) for values in (size, first, second, unit))
    shape = size.shape
    # One dimension at least: numpy would turn a single Python number back into a float or an int64.
    size, first, second, unit = np.atleast_1d(size, first, second, unit)
    spread = size * second - first * first
    require(spread >= 0, "The sum of squares is too small for the sum.")
    mean = _divide(first, size * unit)
    variance = _divide(spread, size * (size - 1) * unit * unit)
    return Moments(mean.reshape(shape), variance.reshape(shape))


def _exact(value: ArrayLike | Fraction) -> ExactArray:
    array: ExactArray = np.asarray(value)
    if array.dtype.kind in "iub":
        # An unsigned total can pass the signed range, so it takes the way of Python's integers.
        return array.astype(object) if array.dtype == np.uint64 else array.astype(np.int64)
    if array.dtype.kind == "O" and all(isinstance(item, int | Fraction) for item in array.flat):
        return array
    message = "Exact moments need integers or fractions, not floats."
    raise TypeError(message)


def _fits_int64(size: ExactArray, first: ExactArray, second: ExactArray, unit: ExactArray) -> bool:
    if any(values.dtype.kind == "O" for values in (size, first, second, unit)):
        return False
    n, s, q, d = (magnitude(values) for values in (size, first, second, unit))
    return max(n * q, s * s, n * n * d * d) <= INT64_LIMIT


def _divide(numerator: ExactArray, denominator: ExactArray) -> FloatArray:
    """Return the quotient rounded to float64, NaN where the denominator is 0 (an empty or single-person group)."""
    if numerator.dtype.kind == "O":
        exact = np.frompyfunc(lambda a, b: float(Fraction(a) / b) if b else np.nan, 2, 1)
        return np.asarray(exact(numerator, denominator), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = numerator.astype(np.float64) / denominator.astype(np.float64)
    return np.where(denominator == 0, np.nan, quotient)
