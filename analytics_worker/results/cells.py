"""The figures of some nodes as they are printed for an audience: rounded once, None where there is nothing to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics_worker.results.comparisons import Comparison
from analytics_worker.results.frame import FrameEstimates
from analytics_worker.results.indicators import INDEX_DIGITS, PERCENT_DIGITS, SHARE_DIGITS, Estimates, half_up
from analytics_worker.results.measures import AREA, Figures, Measure
from analytics_worker.results.tables import Table
from analytics_worker.statistics.arrays import BoolArray, FloatArray, IntArray, Interval
from analytics_worker.statistics.rounding import half_up_ratio

FRAME, RESPONDENTS = "frame", "respondents"
REST = "rest"
_TIE = 1e-9
"""A weighted option share within this of a rounding boundary is taken to lie on it."""

Objects = NDArray[np.object_]
Columns = dict[str, Objects]


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """One questionnaire, computed: what the rows of every audience are cut from."""

    table: Table
    measures: Sequence[Measure]
    figures: Figures
    respondents: Estimates
    frame: FrameEstimates
    comparison: Comparison
    certain: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Printer:
    """Prints the figures of one questionnaire: six decimals (``exact``) or whole percentages and one decimal."""

    results: Results
    exact: bool

    def figures(self, nodes: slice, weighting: str, distribution: BoolArray) -> Columns:
        """Return the columns of nodes (p, S, M); ``distribution`` (p, S, M) says where that may be printed."""
        results = self.results
        of, units = results.figures, results.table.units
        estimates, at = results.respondents, nodes
        if weighting == FRAME:
            estimates, at = results.frame.estimates, slice(nodes.start - units, nodes.stop - units)
        kinds = np.array([measure.kind for measure in results.measures])
        shape = of.n[nodes].shape
        share = estimates.share if self.exact else estimates.percent
        return {
            **self._response(nodes, shape),
            "n": of.n[nodes].astype(object),
            "n_dont_know": where(np.broadcast_to(kinds == "choice", shape), of.dont_know[nodes]),
            "n_blank": where(np.broadcast_to(kinds != AREA, shape), of.blank[nodes]),
            "index": _objects(estimates.index[at]),
            "share_positive": _objects(share[at]),
            **_ends("index", estimates.index_interval, at, SHARE_DIGITS if self.exact else INDEX_DIGITS),
            **_ends("share", estimates.share_interval, at, SHARE_DIGITS if self.exact else PERCENT_DIGITS),
            "distribution": self._distribution(nodes, weighting, distribution),
            **no_comparison(shape),
        }

    def differences(self, nodes: slice) -> Columns:
        """Return the columns of units against the rest, (p, 1, M)."""
        comparison = self.results.comparison
        digits = np.where(comparison.scored, INDEX_DIGITS, PERCENT_DIGITS)
        ends = {
            "difference": comparison.difference[nodes],
            "difference_low": comparison.low[nodes],
            "difference_high": comparison.high[nodes],
        }
        columns = {
            name: _objects(half_up(values, SHARE_DIGITS) if self.exact else _half_up_each(values, digits))
            for name, values in ends.items()
        }
        columns["certain"] = self.results.certain[nodes].astype(object)
        columns["compare_to"] = constant(REST, columns["certain"].shape)
        return {name: values[:, np.newaxis] for name, values in columns.items()}

    def _response(self, nodes: slice, shape: tuple[int, ...]) -> Columns:
        table = self.results.table
        invited, answered = table.invited[nodes], table.ballots[nodes]
        rate = half_up_ratio(answered, invited.clip(0), SHARE_DIGITS if self.exact else PERCENT_DIGITS)
        columns = {
            "invited": where(invited >= 0, invited),
            "answered": answered.astype(object),
            "response_rate": _objects(rate),
        }
        return {name: np.broadcast_to(values[:, :, np.newaxis], shape) for name, values in columns.items()}

    def _distribution(self, nodes: slice, weighting: str, allowed: BoolArray) -> Objects:
        """Return option code → count, or whole percentage of those who answered the item."""
        printed = np.full(allowed.shape, None, dtype=object)
        for at, measure in enumerate(self.results.measures):
            places = np.flatnonzero(allowed[:, :, at])
            if not measure.options or not places.size:
                continue
            rows = self._option_values(nodes, weighting, at, allowed[:, :, at]).tolist()
            found = np.empty(len(rows), dtype=object)
            for place, row in enumerate(rows):
                found[place] = dict(zip(measure.options, row, strict=True))
            printed[:, :, at][allowed[:, :, at]] = found
        return printed

    def _option_values(self, nodes: slice, weighting: str, at: int, places: BoolArray) -> IntArray:
        results = self.results
        counts: IntArray = results.table.counts[nodes][places][:, list(results.measures[at].option_columns)]
        if self.exact:
            return counts
        if weighting == FRAME:
            units = results.table.units
            shares = results.frame.options[at][nodes.start - units : nodes.stop - units][places]
            return np.asarray(np.floor(shares * 100 + 0.5 + _TIE), dtype=np.int64)
        answered = results.figures.answered[nodes, :, at][places]
        return half_up_ratio(counts * 100, answered[:, np.newaxis]).astype(np.int64)


def no_comparison(shape: tuple[int, ...]) -> Columns:
    """Return the columns of a comparison where none is made."""
    names = ("compare_to", "difference", "difference_low", "difference_high", "certain")
    return {name: constant(None, shape) for name in names}


def constant(value: object, shape: tuple[int, ...]) -> Objects:
    """Return one value everywhere."""
    one = np.empty(1, dtype=object)
    one[0] = value
    return np.broadcast_to(one, shape)


def where(given: BoolArray, values: FloatArray | IntArray | Objects) -> Objects:
    """Return the values where ``given``, None elsewhere."""
    chosen = np.full(given.shape, None, dtype=object)
    chosen[given] = values[given]
    return chosen


def _objects(values: FloatArray) -> Objects:
    """Return the values with None for NaN."""
    return where(~np.isnan(values), values)


def _ends(name: str, interval: Interval, at: slice, digits: int) -> Columns:
    return {
        f"{name}_low": _objects(half_up(interval.low[at], digits)),
        f"{name}_high": _objects(half_up(interval.high[at], digits)),
    }


def _half_up_each(values: FloatArray, digits: IntArray) -> FloatArray:
    rounded = values.copy()
    for number in np.unique(digits).tolist():
        rounded[:, digits == number] = half_up(values[:, digits == number], number)
    return rounded
