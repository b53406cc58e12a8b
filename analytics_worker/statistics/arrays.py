"""Turns scalars and sequences into broadcast numpy arrays and refuses impossible counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
# Exact numbers: int64, or Python's own int and Fraction, which numpy's types cannot express.
ExactArray = NDArray[Any]

INT64_LIMIT = 2**63 - 1


class Interval(NamedTuple):
    """Lower and upper limit of an interval; NaN in both where no interval exists."""

    low: FloatArray
    high: FloatArray


def require(condition: ArrayLike, message: str) -> None:
    """Raise ValueError with `message` (which never names a value) unless the condition holds everywhere."""
    if not np.all(condition):
        raise ValueError(message)


def floats(*values: ArrayLike) -> list[FloatArray]:
    """Return the values as float64 arrays of one common shape (0-d for scalars)."""
    return list(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))


def counts(*values: ArrayLike) -> list[IntArray]:
    """Return the values as int64 arrays of one common shape; ValueError for negative or broken numbers."""
    return list(np.broadcast_arrays(*(_count(value) for value in values)))


def _count(value: ArrayLike) -> IntArray:
    given = np.asarray(value)
    whole = given.astype(np.int64) if given.dtype.kind in "iub" else _whole(given)
    require(whole >= 0, "A count is a whole number of at least 0.")
    return whole


def _whole(given: NDArray[np.generic]) -> IntArray:
    real = given.astype(np.float64)
    require(np.isfinite(real) & (real == np.floor(real)), "A count is a whole number of at least 0.")
    return real.astype(np.int64)


def magnitude(values: ExactArray) -> int:
    """Return the largest absolute value as Python's own integer, 0 for an empty array."""
    return max(int(values.max(initial=0)), -int(values.min(initial=0)))


def successes(x: ArrayLike, n: ArrayLike) -> list[FloatArray]:
    """Return x and n as floats of one shape; ValueError unless 0 <= x <= n."""
    count, size = floats(x, n)
    require((count >= 0) & (count <= size), "The positive answers must lie between 0 and the valid answers.")
    return [count, size]


def undefined(interval: Interval, where: BoolArray) -> Interval:
    """Return the interval with NaN limits in the places marked."""
    return Interval(np.where(where, np.nan, interval.low), np.where(where, np.nan, interval.high))


def upper_tail(level: float) -> float:
    """Return the probability beyond each limit of a two-sided interval of this confidence level."""
    require(0 < level < 1, "A confidence level lies strictly between 0 and 1.")
    return (1 - level) / 2
