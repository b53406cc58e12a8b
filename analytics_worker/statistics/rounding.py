"""Rounds exact figures half-up, once, at the very end: percentages whole, an index to one decimal."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from analytics_worker.statistics.arrays import ExactArray, FloatArray, magnitude, require

FLOAT_EXACT = 2**53
"""Whole numbers up to here are exact in int64 and in float64 alike."""


def round_half_up(value: Fraction | int, digits: int = 0) -> Decimal:
    """Return the exact value rounded to `digits` decimals, halves away from zero, so that a - b mirrors b - a.

    The Decimal keeps its zeros ("6.0"). ValueError for negative digits. Source: statistics.md, Survey aggregation.
    """
    require(digits >= 0, "The number of decimals is at least 0.")
    exact = Fraction(value)
    steps = (2 * abs(exact.numerator) * 10**digits + exact.denominator) // (2 * exact.denominator)
    sign = "-" if exact < 0 < steps else ""
    return Decimal(f"{sign}{steps}E-{digits}")


def half_up_ratio(numerator: ArrayLike, denominator: ArrayLike, digits: int = 0) -> FloatArray:
    """Return numerator/denominator rounded half-up (halves away from zero) to `digits` decimals, for whole arrays.

    Both are integers and the rounding is done in integers (int64, Python's own where they grow large); only
    the finished decimal becomes the float nearest to it. NaN where the denominator is 0. A percentage is
    `half_up_ratio(100 * x, n)`, an index `half_up_ratio(total, n * denominator, 1)`. TypeError for anything but
    integers; ValueError for a negative denominator or negative digits.
    """
    require(digits >= 0, "The number of decimals is at least 0.")
    top, bottom = np.broadcast_arrays(_integers(numerator), _integers(denominator))
    require(bottom >= 0, "A denominator is not negative.")
    scale = 10**digits
    if 2 * scale * magnitude(top) + 2 * magnitude(bottom) > FLOAT_EXACT:
        top, bottom = top.astype(object), bottom.astype(object)
    shape = top.shape
    # One dimension at least: numpy would turn a single Python number back into a float or an int64.
    top, bottom = np.atleast_1d(top, bottom)
    steps = (2 * scale * np.abs(top) + bottom) // np.where(bottom == 0, 1, 2 * bottom)
    rounded = (np.where(top < 0, -steps, steps) / scale).astype(np.float64)
    return np.where(bottom == 0, np.nan, rounded).reshape(shape)


def _integers(value: ArrayLike) -> ExactArray:
    array: ExactArray = np.asarray(value)
    if array.dtype.kind == "O" and all(isinstance(item, int) for item in array.flat):
        return array
    if array.dtype.kind not in "iub":
        message = "Exact rounding needs integers."
        raise TypeError(message)
    return array.astype(object) if array.dtype == np.uint64 else array.astype(np.int64)
