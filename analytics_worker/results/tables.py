"""A questionnaire's tallies as arrays: summed for every node and published segment, and cell by cell for the frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics_worker.results.measures import BALLOTS
from analytics_worker.results.organisation import MUNICIPALITY, UNIT, Node, Unit, nodes_of
from analytics_worker.statistics.arrays import BoolArray, FloatArray, IntArray
from analytics_worker.statistics.weighting import SMALLEST_CELL, merge_small_cells
from shared.questionnaire.definition import Questionnaire

YEAR = "year"


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What indicators are computed from: numbers only, ordered, the same whatever database they came from.

    ``breakdowns`` in the sorted order of names; ``segments`` those of them that are published. ``tally_unit`` (R,) is
    the unit of each tally, ``tally_values`` (R, B) its breakdown values (0 unknown, i the i-th), ``counts``
    (R, columns) its ballots, wholly blank ballots and tally columns. ``headcounts`` (U, years + 1) is the frame, 0 the
    groups without a year.
    """

    key: str
    respondent: str
    code_model: str
    definition: Questionnaire
    breakdowns: Mapping[str, tuple[str, ...]]
    segments: tuple[str, ...]
    units: tuple[Unit, ...]
    tally_unit: IntArray
    tally_values: IntArray
    counts: IntArray
    headcounts: IntArray


@dataclass(frozen=True, slots=True)
class Slot:
    """All respondents (``segment`` None) or those with one value of one breakdown."""

    segment: str | None
    value: str | None
    position: int


ALL = Slot(None, None, 0)


def slots_of(source: Source) -> tuple[Slot, ...]:
    """Return the published segments: all first, then one breakdown at a time."""
    values = [
        Slot(segment, value, position)
        for segment in source.segments
        for position, value in enumerate(source.breakdowns[segment], start=1)
    ]
    return (ALL, *values)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Sums over P nodes and S slots: ``counts`` (P, S, columns), ``invited`` (P, S), -1 where the frame is silent.

    ``response_rate`` (P, S) is ballots by headcount, NaN where there is none. ``exists`` (P, S) says which rows there
    are: a year only where it is taught or answered, anything else always, so that nobody answering looks like few.
    ``total_of`` (U,) is the node of each unit's municipality.
    """

    source: Source
    nodes: tuple[Node, ...]
    slots: tuple[Slot, ...]
    counts: IntArray
    invited: IntArray
    response_rate: FloatArray
    exists: BoolArray
    total_of: IntArray

    @property
    def ballots(self) -> IntArray:
        """Ballots cast, (P, S)."""
        return self.counts[:, :, BALLOTS]

    @property
    def units(self) -> int:
        """The number of units, which are the first nodes."""
        return len(self.source.units)


def table_of(source: Source) -> Table:
    """Return the sums of a questionnaire's tallies over the whole tree."""
    nodes, slots = nodes_of(source.units), slots_of(source)
    by_unit = np.stack([_by_unit(source, slot) for slot in slots], axis=1)
    invited = np.stack([_headcount(source, slot) for slot in slots], axis=1)
    upper = [node.members for node in nodes if node.level != UNIT]
    counts = np.concatenate([by_unit, *(by_unit[members].sum(axis=0, keepdims=True) for members in upper)])
    invited = np.concatenate([invited, *(invited[members].sum(axis=0, keepdims=True).clip(-1) for members in upper)])
    ballots, years = counts[:, :, BALLOTS], np.array([slot.segment == YEAR for slot in slots])
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(invited > 0, ballots / invited, np.nan)
    exists = ~years | (invited > 0) | (ballots > 0)
    return Table(source, nodes, slots, counts, invited, rate, exists, _totals(nodes, len(source.units)))


def _totals(nodes: Sequence[Node], units: int) -> IntArray:
    total_of = np.zeros(units, dtype=np.int64)
    for at, node in enumerate(nodes):
        if node.level == MUNICIPALITY:
            total_of[node.members] = at
    return total_of


def _rows(source: Source, slot: Slot) -> BoolArray:
    if slot.segment is None:
        return np.ones(len(source.tally_unit), dtype=np.bool_)
    column = sorted(source.breakdowns).index(slot.segment)
    return np.asarray(source.tally_values[:, column] == slot.position, dtype=np.bool_)


def _by_unit(source: Source, slot: Slot) -> IntArray:
    rows = _rows(source, slot)
    return sum_by(source.tally_unit[rows], source.counts[rows], len(source.units))


def _headcount(source: Source, slot: Slot) -> IntArray:
    if slot.segment is None:
        return np.asarray(source.headcounts.sum(axis=1), dtype=np.int64)
    if slot.segment == YEAR:
        return source.headcounts[:, slot.position]
    return np.full(len(source.units), -1)


def sum_by(index: IntArray, values: IntArray, size: int) -> IntArray:
    """Return the sums of the rows of ``values`` with the same index, (size, columns)."""
    total = np.zeros((size, values.shape[1]), dtype=np.int64)
    if index.size:
        order = np.argsort(index, kind="stable")
        distinct, starts = np.unique(index[order], return_index=True)
        total[distinct] = np.add.reduceat(values[order], starts, axis=0)
    return total


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """H weighting cells of one slot: unit, ballots and counts, and the headcount as numerator and denominator."""

    unit: IntArray
    counts: IntArray
    numerator: IntArray
    denominator: IntArray

    @property
    def ballots(self) -> IntArray:
        """Ballots cast, (H,)."""
        return self.counts[:, BALLOTS]

    @property
    def population(self) -> FloatArray:
        """Headcounts, (H,)."""
        return self.numerator / self.denominator


def cells_of(source: Source, slot: Slot) -> Cells:
    """Return the cells unit × year that weight a slot's overall figures, small years of a unit made into one.

    A year as a segment is its own cell in every unit. Any other segment is a domain of the cells of all respondents:
    its part of a headcount is unknown to the frame and estimated by its part of the ballots, N_h n_hd / n_h (Cochran
    1977, 5A.14). Without headcount, ballots stand for it: a cell that nobody counted must not vanish.
    """
    years = source.headcounts.shape[1]
    cell = source.tally_unit * years + _year_of(source)
    counts = sum_by(cell, source.counts, len(source.units) * years)
    unit = np.repeat(np.arange(len(source.units)), years)
    headcount = source.headcounts.reshape(-1)
    if slot.segment == YEAR:
        chosen = np.arange(len(source.units)) * years + slot.position
        return _kept(unit[chosen], counts[chosen], headcount[chosen], counts[chosen, BALLOTS])
    group = _cell_groups(unit, headcount, counts[:, BALLOTS])
    size = int(group.max(initial=-1)) + 1
    whole = sum_by(group, np.column_stack([headcount, counts[:, BALLOTS]]), size)
    first = np.unique(group, return_index=True)[1]
    if slot.segment is not None:
        rows = _rows(source, slot)
        counts = sum_by(cell[rows], source.counts[rows], len(counts))
    return _kept(unit[first], sum_by(group, counts, size), whole[:, 0], whole[:, 1])


def _year_of(source: Source) -> IntArray:
    return source.tally_values[:, sorted(source.breakdowns).index(YEAR)]


def _cell_groups(unit: IntArray, headcount: IntArray, ballots: IntArray) -> IntArray:
    """Number the cells; a unit whose ballots do not say which year they belong to is one cell."""
    groups = merge_small_cells(unit, ballots, SMALLEST_CELL)
    astray = np.unique(unit[(headcount == 0) & (ballots > 0)])
    whole = np.isin(unit, astray)
    groups = np.where(whole, len(groups) + unit, groups)
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _kept(unit: IntArray, counts: IntArray, headcount: IntArray, ballots: IntArray) -> Cells:
    """Drop cells without ballots of this slot; ``ballots`` are those of all respondents in the cell."""
    kept = counts[:, BALLOTS] > 0
    unit, counts, headcount, ballots = unit[kept], counts[kept], headcount[kept], ballots[kept]
    persons = np.where(headcount > 0, headcount, ballots)
    return Cells(unit, counts, persons * counts[:, BALLOTS], ballots)


def largest_population(table: Table) -> IntArray:
    """Return for each node and slot the persons its figures speak of, (P, S), never fewer than its ballots.

    Where the frame is silent it is the most that the frame allows: all who were invited but those who answered and
    belong elsewhere. A larger population only widens an interval.
    """
    elsewhere = table.ballots[:, :1] - table.ballots
    allowed = table.invited[:, :1] - elsewhere
    return np.maximum(np.where(table.invited >= 0, table.invited, allowed), table.ballots)


def published_segments(segments: Sequence[str], breakdowns: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the cycle's segments that this questionnaire can be broken down by."""
    return tuple(segment for segment in segments if breakdowns.get(segment))
