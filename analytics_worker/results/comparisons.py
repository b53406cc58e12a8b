"""Each unit against the rest: differences with intervals, and which of them are certain after correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics_worker.results.indicators import SMALLEST_SHOWN, low_response, score_moments
from analytics_worker.results.measures import AREA, Figures, Measure, figures
from analytics_worker.results.organisation import municipality_of
from analytics_worker.results.tables import Table
from analytics_worker.statistics.arrays import BoolArray, FloatArray, IntArray
from analytics_worker.statistics.comparison import Difference, benjamini_hochberg, certain, newcombe, score_test, welch
from analytics_worker.statistics.intervals import SMALLEST_INDEX_N

ENOUGH_RESPONSE = 0.5
"""Below this a figure carries the mark of a low response rate and gets no comparison."""
INDEX_THRESHOLD = 0.05
"""The practical threshold as a part of the index's range: 0.5 on 0-10, 5 on 0-100."""
SHARE_THRESHOLD = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Units against all other units with the same questionnaire in their municipality, (U, M).

    ``scored`` says which measures are compared by index (the others by share), ``rest_n`` how many answers the rest
    has, ``p`` the p value of the test (NaN where none is made).
    """

    scored: BoolArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    rest_n: IntArray

    @property
    def compared(self) -> BoolArray:
        """Where there is a difference, (U, M)."""
        return ~np.isnan(self.difference)


def against_the_rest(table: Table, measures: Sequence[Measure]) -> Comparison:
    """Return the differences of indexes (Welch) or, for measures without scores, of shares (Newcombe).

    Certainty is decided on the figure that the difference shows. No test below half the frame, nor of a share with
    fewer than five answers on either side, nor of an index with fewer than ten: it has no interval of its own either.
    """
    own = table.counts[: table.units, 0]
    owner = municipality_of(table.source.units)
    total = np.zeros((int(owner.max(initial=-1)) + 1, own.shape[1]), dtype=np.int64)
    np.add.at(total, owner, own)
    unit, rest = figures(measures, own), figures(measures, total[owner] - own)
    scored = np.array([measure.has_index for measure in measures])
    by_share = np.array([measure.has_share and not measure.has_index for measure in measures])
    difference, p = _differences(measures, unit, rest)
    few = np.minimum(unit.n, rest.n) < np.where(scored, SMALLEST_INDEX_N, SMALLEST_SHOWN)
    low = low_response(table, ENOUGH_RESPONSE)[: table.units, :1]
    absent = few | low | ~(scored | by_share)
    blank = [np.where(absent, np.nan, values) for values in (*difference, p)]
    return Comparison(scored, blank[0], blank[1], blank[2], blank[3], rest.n)


def _differences(measures: Sequence[Measure], unit: Figures, rest: Figures) -> tuple[Difference, FloatArray]:
    scored = np.array([measure.has_index for measure in measures])
    mean, variance = score_moments(measures, unit)
    rest_mean, rest_variance = score_moments(measures, rest)
    by_index = welch(unit.n, mean, variance, rest.n, rest_mean, rest_variance)
    x, n, rest_x, rest_n = unit.positive, unit.share_of, rest.positive, rest.share_of
    by_share = newcombe(x, n, rest_x, rest_n)
    values = (np.where(scored, a, b) for a, b in zip(by_index[:3], by_share, strict=True))
    return Difference(*values), np.where(scored, by_index.p, score_test(x, n, rest_x, rest_n))


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One questionnaire's comparison with what deciding on it needs."""

    table: Table
    measures: Sequence[Measure]
    comparison: Comparison

    @property
    def threshold(self) -> FloatArray:
        """The practical threshold of each measure, (M,)."""
        by_index = [float(INDEX_THRESHOLD * m.index_max) if m.index_max is not None else 0.0 for m in self.measures]
        return np.where(self.comparison.scored, by_index, SHARE_THRESHOLD)

    @property
    def area_of(self) -> IntArray:
        """For each item the place of its area's index among the measures, -1 without one, (M,)."""
        places = {m.area: at for at, m in enumerate(self.measures) if m.kind == AREA}
        own = [places.get(m.area, -1) if m.item is not None else -1 for m in self.measures]
        return np.array(own, dtype=np.int64)


def decide(questionnaires: Sequence[Compared]) -> list[BoolArray]:
    """Return for each questionnaire which differences are certain, (U, M).

    Families for Benjamini-Hochberg: per kind of respondent over the whole cycle, first all units × areas; then the
    items of flagged areas, all units × such items; items without an area's index are a family of their own. Index and
    share are two views of one answer, so an item is tested once, on its index where it has scores.
    """
    flags = [np.zeros(one.comparison.p.shape, dtype=np.bool_) for one in questionnaires]
    for respondent in sorted({one.table.source.respondent for one in questionnaires}):
        of_kind = [at for at, one in enumerate(questionnaires) if one.table.source.respondent == respondent]
        areas = {at: _is_area(questionnaires[at]) for at in of_kind}
        _flag_family(questionnaires, flags, areas)
        nested, alone = {}, {}
        for at in of_kind:
            area_of = questionnaires[at].area_of
            flagged = flags[at][:, area_of]
            item = np.array([measure.item is not None for measure in questionnaires[at].measures])
            nested[at] = flagged & (area_of >= 0)
            alone[at] = np.broadcast_to(item & (area_of < 0), flagged.shape)
        _flag_family(questionnaires, flags, nested)
        _flag_family(questionnaires, flags, alone)
    return flags


def _is_area(one: Compared) -> BoolArray:
    areas = np.array([measure.kind == AREA for measure in one.measures])
    return np.broadcast_to(areas, one.comparison.p.shape)


def _flag_family(questionnaires: Sequence[Compared], flags: list[BoolArray], family: dict[int, BoolArray]) -> None:
    """Adjust the p values of one family together and flag what is certain and large enough."""
    p = [questionnaires[at].comparison.p[members] for at, members in family.items()]
    adjusted = benjamini_hochberg(np.concatenate(p))
    start = 0
    for at, members in family.items():
        one, size = questionnaires[at], int(members.sum())
        threshold = np.broadcast_to(one.threshold, members.shape)[members]
        found = certain(adjusted[start : start + size], one.comparison.difference[members], threshold)
        flags[at][members] |= found
        start += size
