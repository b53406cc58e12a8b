"""The exact interval for a share in a small finite population, by inverting the hypergeometric tails."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analytics_worker.statistics.arrays import (
    FloatArray,
    IntArray,
    Interval,
    counts,
    floats,
    require,
    undefined,
    upper_tail,
)
from analytics_worker.statistics.special import beta_quantile, log_factorials

NEGLIGIBLE = 1e-17
TIE = 1e-9


class _Sample(NamedTuple):
    """Flat arrays: x positive among n drawn from N, and the table of log factorials they share."""

    x: IntArray
    n: IntArray
    N: IntArray
    logs: FloatArray


def logical_bounds(x: ArrayLike, n: ArrayLike, population: ArrayLike) -> Interval:
    """Return the only shares possible when x of the n who answered, out of N, are positive: [x/N, (x+N-n)/N].

    NaN where n is 0. ValueError unless 0 <= x <= n <= N.
    """
    count, size, total = _checked(x, n, population)
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = Interval(count / total, (count + total - size) / total)
    return undefined(bounds, size == 0)


def hypergeometric(x: ArrayLike, n: ArrayLike, population: ArrayLike, level: float = 0.95) -> Interval:
    """Return the interval for the true share of a finite population, as proportions (NaN where n is 0).

    Holds every number M of positive persons for which both P(X >= x | M) and P(X <= x | M) reach (1 - level)/2, so it
    covers at least `level` whatever M is, and it stays within `logical_bounds`; n = N gives a point. Exact ties count
    as reached (a hair wider, never too narrow). ValueError unless 0 <= x <= n <= N.
    Source: Buonaccorsi (1987), The American Statistician 41, 215-218; Wang (2015), JASA 110, 1728-1738.
    """
    count, size, total = _checked(x, n, population)
    tail = upper_tail(level) * (1 - TIE)
    logs = log_factorials(int(total.max(initial=0)))
    flat_x, flat_n, flat_total = count.ravel(), size.ravel(), total.ravel()
    fewest = _fewest(_Sample(flat_x, flat_n, flat_total, logs), tail)
    # At most M are positive exactly when at least N - M are not: the same search on the answers turned round.
    most = flat_total - _fewest(_Sample(flat_n - flat_x, flat_n, flat_total, logs), tail)
    with np.errstate(divide="ignore", invalid="ignore"):
        limits = Interval(fewest.reshape(count.shape) / total, most.reshape(count.shape) / total)
    return undefined(limits, size == 0)


def _checked(x: ArrayLike, n: ArrayLike, population: ArrayLike) -> list[IntArray]:
    count, size, total = counts(x, n, population)
    require(count <= size, "The positive answers must lie between 0 and the valid answers.")
    require(size <= total, "The population is smaller than the number of answers.")
    return [count, size, total]


def _fewest(sample: _Sample, tail: float) -> IntArray:
    """Return the smallest M with P(X >= x | M) >= tail: a guess, its exact tail once, then single exact steps."""
    found = np.zeros_like(sample.x)
    active = np.flatnonzero(sample.x > 0)
    if active.size:
        part = _Sample(sample.x[active], sample.n[active], sample.N[active], sample.logs)
        found[active] = _walk(part, _guess(part, tail), tail)
    return found


def _guess(sample: _Sample, tail: float) -> IntArray:
    """Return the binomial lower limit drawn in by the finite correction: a number of persons at or below N x / n."""
    positive, others = floats(sample.x, sample.n - sample.x)
    share = positive / sample.n
    binomial = beta_quantile(positive, others + 1, tail)
    correction = np.sqrt((sample.N - sample.n) / np.maximum(sample.N - 1, 1))
    low = np.floor(sample.N * (share - (share - binomial) * correction)).astype(np.int64)
    return np.clip(low, sample.x, sample.N - sample.n + sample.x)


def _walk(sample: _Sample, start: IntArray, tail: float) -> IntArray:
    """Move each M up or down by one until P(X >= x | M) >= tail > P(X >= x | M - 1)."""
    at = start.copy()
    reached = _upper_probability(sample, at)
    climbing = np.flatnonzero(reached < tail)
    descending = np.flatnonzero(reached >= tail)
    while climbing.size:
        at[climbing] += 1
        reached[climbing] += _step(sample, at, climbing)
        climbing = climbing[reached[climbing] < tail]
    while descending.size:
        below = reached[descending] - _step(sample, at, descending)
        # At M = x the tail below is 0 by definition; the subtraction only says so up to rounding.
        free = (below >= tail) & (at[descending] > sample.x[descending])
        descending = descending[free]
        reached[descending] = below[free]
        at[descending] -= 1
    return at


def _step(sample: _Sample, at: IntArray, where: IntArray) -> FloatArray:
    """Return P(X >= x | M) - P(X >= x | M - 1): the probability that the x-th positive drawn sits at place M."""
    x, n, total, m, logs = sample.x[where], sample.n[where], sample.N[where], at[where], sample.logs
    before = logs[m - 1] - logs[x - 1] - logs[m - x]
    after = logs[total - m] - logs[n - x] - logs[total - m - n + x]
    probability: FloatArray = np.exp(before + after - _log_choose(total, n, logs))
    return probability


def _upper_probability(sample: _Sample, at: IntArray) -> FloatArray:
    """Return P(X >= x | M), adding the terms from x upwards until none matters.

    The guess keeps M at or below N x / n, so x is at or above the mean and the terms only fall.
    """
    x, n, total, logs = sample
    log_first = _log_choose(at, x, logs) + _log_choose(total - at, n - x, logs) - _log_choose(total, n, logs)
    term: FloatArray = np.exp(log_first)
    reached = term.copy()
    k = x.copy()
    rest = total - at - n
    while np.any(term > NEGLIGIBLE):
        term = term * ((at - k) * (n - k)) / ((k + 1) * (rest + k + 1))
        reached += term
        k += 1
    return reached


def _log_choose(m: IntArray, k: IntArray, logs: FloatArray) -> FloatArray:
    logarithm: FloatArray = logs[m] - logs[k] - logs[m - k]
    return logarithm
