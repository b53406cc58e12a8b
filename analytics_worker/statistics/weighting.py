"""Overall figures weighted by the frozen headcounts: small cells merged, then a stratified estimate per measure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analytics_worker.statistics.arrays import FloatArray, IntArray, counts, require

SMALLEST_CELL = 5


@dataclass(frozen=True, slots=True)
class Cells:
    """H weighting cells, each one unit x questionnaire x year, measured on M shares or indexes (or on a single one).

    population: frozen headcounts N_h, shape (H,). ballots: ballots cast n_h, shape (H,). valid: valid answers, shape
    (H, M) or (H,). mean and variance: the share or mean among the valid answers and their sample variance (divisor
    n - 1; for a share n p (1-p) / (n-1)), shape of `valid`; NaN where not defined.
    """

    population: FloatArray
    ballots: FloatArray
    valid: FloatArray
    mean: FloatArray
    variance: FloatArray


class Estimate(NamedTuple):
    """A weighted figure per measure, shape (M,) or 0-d: value, design variance, effective n, degrees of freedom."""

    value: FloatArray
    variance: FloatArray
    effective_n: FloatArray
    degrees_of_freedom: FloatArray


def merge_small_cells(units: ArrayLike, ballots: ArrayLike, minimum: int = SMALLEST_CELL) -> IntArray:
    """Return for each cell the index of the cell it belongs to after merging, numbered from 0 as first seen.

    `units` names for each cell what it may merge within: the unit, or unit and questionnaire together. Its years with
    fewer than `minimum` ballots form one cell; the others stay alone. Source: statistics.md, Overall; the collapse of
    small strata: Cochran (1977), Sampling Techniques, 5A.12.
    """
    (cast,) = counts(ballots)
    _, unit = np.unique(np.asarray(units), return_inverse=True)
    require(unit.shape == cast.shape and unit.ndim == 1, "Units and ballots are two lists of the same length.")
    place = np.arange(cast.size)
    small = cast < minimum
    first_small = np.full(int(unit.max(initial=-1)) + 1, cast.size)
    np.minimum.at(first_small, unit[small], place[small])
    owner = np.where(small, first_small[unit], place)
    return np.unique(owner, return_inverse=True)[1].astype(np.int64)


def weighted_estimate(
    population: ArrayLike, valid: ArrayLike, mean: ArrayLike, variance: ArrayLike, ballots: ArrayLike
) -> Estimate:
    """Return P = sum W_h p_h with W_h = N_h/N over the cells that have a valid answer, for M measures at once.

    Shapes as in `Cells`: population and ballots (H,), valid, mean and variance (H, M) or (H,).

    - A cell without a valid answer leaves and the weights are renormalised over the rest, per measure.
    - variance = sum W_h^2 (1 - n_h/N_h) s_h^2 / v_h with n_h ballots and v_h valid answers. Those with an opinion are a
      domain of the cell: the share of the domain that answered is n_h/N_h, the number behind its mean is v_h. Without
      blanks and don't-knows this is the formula of statistics.md. More ballots than headcount give the factor 0.
    - A cell with one valid answer has no spread of its own and borrows the pooled spread within the other cells.
    - effective_n = 1 / sum(W_h^2/v_h), Kish's size after unequal weighting.
    - degrees_of_freedom = valid answers - cells with a valid answer.

    NaN where no cell is left, variance NaN also where no cell has two valid answers. ValueError for a negative number.
    Source: Cochran (1977), Sampling Techniques, 5.3-5.4 and 5A.14; Särndal & Lundström (2005), Estimation in Surveys
    with Nonresponse; Kish (1965), Survey Sampling, 11.7.
    """
    cells = _columns(Cells(*(np.asarray(a, dtype=np.float64) for a in (population, ballots, valid, mean, variance))))
    answered = cells.valid > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(answered, cells.population, 0.0)
        weight = weight / weight.sum(axis=0)
        value = np.where(answered, weight * cells.mean, weight).sum(axis=0)
        shares = np.where(answered, weight**2 / cells.valid, 0.0)
        effective = 1 / shares.sum(axis=0)
    design = (shares * _left_out(cells)).sum(axis=0)
    freedom = (cells.valid - answered).sum(axis=0, where=answered)
    nothing = np.isnan(value) | ~answered.any(axis=0)
    figures = [np.where(nothing, np.nan, part) for part in (value, design, effective)]
    shape = np.shape(valid)[1:]
    return Estimate(*(np.asarray(part, dtype=np.float64).reshape(shape) for part in (*figures, freedom)))


def _columns(cells: Cells) -> Cells:
    """Return the cells with population and ballots as columns and the measures as a matrix, checked."""
    for numbers in (cells.population, cells.ballots, cells.valid):
        require(numbers >= 0, "Headcounts, ballots and valid answers are not negative.")
    rows = cells.population.size
    require(
        all(part.shape[:1] == (rows,) for part in (cells.ballots, cells.valid, cells.mean, cells.variance)),
        "Every part of the cells has one row per cell.",
    )
    measures = math.prod(cells.valid.shape[1:])
    population, ballots = (part.reshape(rows, 1) for part in (cells.population, cells.ballots))
    valid, mean, variance = (part.reshape(rows, measures) for part in (cells.valid, cells.mean, cells.variance))
    return Cells(population, ballots, valid, mean, variance)


def _left_out(cells: Cells) -> FloatArray:
    """Return (1 - n_h/N_h) s_h^2 per cell and measure, 0 where all of the cell answered or nobody did."""
    several = cells.valid > 1
    freedom = np.where(several, cells.valid - 1, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.where(several, freedom * cells.variance, 0.0).sum(axis=0) / freedom.sum(axis=0)
        absent = np.clip(1 - cells.ballots / cells.population, 0.0, 1.0)
    spread = np.where(several, cells.variance, pooled)
    return np.where((cells.valid > 0) & (absent > 0), absent * spread, 0.0)
