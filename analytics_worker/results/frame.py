"""Overall indicators weighted by the frame: every unit × year counts by its frozen headcount, not by who answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from analytics_worker.results.indicators import (
    INDEX_DIGITS,
    PERCENT_DIGITS,
    SHARE_DIGITS,
    Estimates,
    score_moments,
)
from analytics_worker.results.measures import Figures, Measure, figures
from analytics_worker.results.organisation import Node
from analytics_worker.results.tables import Cells, Table, cells_of
from analytics_worker.statistics.arrays import ExactArray, FloatArray, IntArray, Interval
from analytics_worker.statistics.intervals import SMALLEST_INDEX_N, korn_graubard
from analytics_worker.statistics.moments import Moments
from analytics_worker.statistics.rounding import round_half_up
from analytics_worker.statistics.special import t_quantile
from analytics_worker.statistics.weighting import Estimate, weighted_estimate

_CONFIDENCE = 0.95
_NEAR_A_TIE = 1e-6
"""How close to a rounding boundary, in units of the last digit, a float is not trusted and the fraction is formed."""

Exact = Callable[[int], Fraction]


@dataclass(frozen=True, slots=True, eq=False)
class _Slotted:
    """One slot's cells with their figures: scores and shares as (H, M) arrays of valid answers, mean and variance."""

    cells: Cells
    figures: Figures
    scored: IntArray
    score: Moments
    share: Moments


@dataclass(frozen=True, slots=True, eq=False)
class FrameEstimates:
    """Weighted indicators of the nodes above the units, (P - U, S, M), and each option's weighted share by measure."""

    estimates: Estimates
    options: dict[int, FloatArray]


def frame_estimates(table: Table, measures: Sequence[Measure]) -> FrameEstimates:
    """Return P = Σ N_h/N p_h over the cells unit × year (statistics.md, Overall) for nodes above the units.

    Shares have the Korn-Graubard interval, indexes Student's with the design's degrees of freedom, none below ten
    persons or when all are equal.
    """
    upper = table.nodes[table.units :]
    shape = (len(upper), len(table.slots), len(measures))
    estimates = _empty(shape)
    options = {
        at: np.full((*shape[:2], len(measure.options)), np.nan)
        for at, measure in enumerate(measures)
        if measure.options
    }
    for slot_at, slotted in enumerate(_slotted(table, measures)):
        by_unit = _cells_by_unit(slotted.cells, table.units)
        for node_at, node in enumerate(upper):
            part = _Part(slotted, _cells_in(by_unit, node), measures)
            _fill(estimates, (node_at, slot_at), part)
            for at, shares in part.option_shares():
                options[at][node_at, slot_at] = shares
    return FrameEstimates(estimates, options)


def _empty(shape: tuple[int, ...]) -> Estimates:
    new = iter(np.full((7, *shape), np.nan))
    return Estimates(
        index=next(new),
        index_interval=Interval(next(new), next(new)),
        share=next(new),
        percent=next(new),
        share_interval=Interval(next(new), next(new)),
    )


def _slotted(table: Table, measures: Sequence[Measure]) -> Iterator[_Slotted]:
    with_index = np.array([measure.has_index for measure in measures])
    for slot in table.slots:
        cells = cells_of(table.source, slot)
        of = figures(measures, cells.counts)
        yield _Slotted(cells, of, np.where(with_index, of.n, 0), score_moments(measures, of), _share_moments(of))


def _share_moments(of: Figures) -> Moments:
    n = of.share_of.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = of.positive / n
        return Moments(share, np.where(n > 1, n * share * (1 - share) / (n - 1), np.nan))


def _cells_by_unit(cells: Cells, units: int) -> list[IntArray]:
    """Return for each unit where its cells are."""
    order = np.argsort(cells.unit, kind="stable")
    bounds = np.searchsorted(cells.unit[order], np.arange(units + 1)).tolist()
    return [order[start:stop] for start, stop in pairwise(bounds)]


def _cells_in(by_unit: Sequence[IntArray], node: Node) -> IntArray:
    """Return where the cells of a node are, in their own order so that sums of floats are the same each time."""
    return np.sort(np.concatenate([by_unit[at] for at in node.members.tolist()]))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The cells of one slot that lie in one node."""

    slotted: _Slotted
    rows: IntArray
    measures: Sequence[Measure]

    def estimate(self, valid: IntArray, of: Moments) -> Estimate:
        """Return the weighted figures of all measures, (M,)."""
        rows, cells = self.rows, self.slotted.cells
        population, ballots = cells.population[rows], cells.ballots[rows]
        return weighted_estimate(population, valid[rows], of.mean[rows], of.variance[rows], ballots)

    def exact(self, total: ExactArray, valid: IntArray, denominators: Sequence[int]) -> Exact:
        """Return how to form the exact weighted figure of one measure."""

        def form(measure: int) -> Fraction:
            value, weight = Fraction(0), Fraction(0)
            for row in self.rows.tolist():
                n = int(valid[row, measure])
                if n:
                    cells = self.slotted.cells
                    persons = Fraction(int(cells.numerator[row]), int(cells.denominator[row]))
                    value += persons * Fraction(int(total[row, measure]), n * denominators[measure])
                    weight += persons
            return value / weight

        return form

    def option_shares(self) -> Iterator[tuple[int, FloatArray]]:
        """Yield for each measure with options the weighted share of each among those who answered it."""
        cells = self.slotted.cells
        population = cells.population[self.rows]
        for at, measure in enumerate(self.measures):
            if measure.options:
                counts = cells.counts[self.rows][:, list(measure.option_columns)]
                n = self.slotted.figures.answered[self.rows, at]
                answered = n > 0
                if answered.any():
                    weights = population[answered] / population[answered].sum()
                    yield at, (weights[:, np.newaxis] * counts[answered] / n[answered, np.newaxis]).sum(axis=0)


def _fill(into: Estimates, at: tuple[int, int], part: _Part) -> None:
    slotted, of = part.slotted, part.slotted.figures
    score = part.estimate(slotted.scored, slotted.score)
    share = part.estimate(of.share_of, slotted.share)
    exact_score = part.exact(of.total, slotted.scored, [measure.denominator for measure in part.measures])
    exact_share = part.exact(of.positive, of.share_of, [1] * len(part.measures))
    into.index[at] = _rounded(score.value, INDEX_DIGITS, exact_score)
    into.share[at] = _rounded(share.value, SHARE_DIGITS, exact_share)
    into.percent[at] = _rounded(share.value, PERCENT_DIGITS, exact_share)
    into.index_interval.low[at], into.index_interval.high[at] = _score_interval(part, score)
    low, high = korn_graubard(
        np.clip(share.value, 0.0, 1.0), share.variance, of.share_of[part.rows].sum(axis=0), share.degrees_of_freedom
    )
    into.share_interval.low[at], into.share_interval.high[at] = low, high


def _score_interval(part: _Part, score: Estimate) -> Interval:
    """Return value ± t s; a census has a point, equal answers of some of the persons have none."""
    slotted, rows = part.slotted, part.rows
    n = slotted.scored[rows].sum(axis=0)
    means = slotted.score.mean[rows]
    highest = np.where(np.isnan(means), -np.inf, means).max(axis=0, initial=-np.inf)
    lowest = np.where(np.isnan(means), np.inf, means).min(axis=0, initial=np.inf)
    varies = (highest > lowest) | (np.nan_to_num(slotted.score.variance[rows]) > 0).any(axis=0)
    half = t_quantile(_CONFIDENCE, score.degrees_of_freedom) * np.sqrt(score.variance)
    half = np.where((n >= SMALLEST_INDEX_N) & varies, half, np.nan)
    return Interval(score.value - half, score.value + half)


def _rounded(values: FloatArray, digits: int, exact: Exact) -> FloatArray:
    """Round half-up as if from exact fractions: only a float too near a tie needs the fraction itself."""
    scaled = values * 10**digits
    rounded: FloatArray = np.floor(scaled + 0.5) / 10**digits
    with np.errstate(invalid="ignore"):
        close = np.abs(scaled + 0.5 - np.round(scaled + 0.5)) < _NEAR_A_TIE
    for at in np.flatnonzero(close).tolist():
        rounded[at] = float(round_half_up(exact(at), digits))
    return rounded
