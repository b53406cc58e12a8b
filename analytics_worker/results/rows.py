"""The result rows of one audience in the columns of ``formats``: identity always, figures only where they are shown."""

from __future__ import annotations

from itertools import compress, islice
from typing import Any

import numpy as np

from analytics_worker.disclosure.decisions import LOW_RESPONSE_RATE, REASONS, SHOWN, TOO_FEW, Decision
from analytics_worker.results.cells import (
    FRAME,
    RESPONDENTS,
    Columns,
    Objects,
    Printer,
    Results,
    constant,
    where,
)
from analytics_worker.results.comparisons import ENOUGH_RESPONSE
from analytics_worker.results.indicators import low_response
from analytics_worker.statistics.arrays import BoolArray, IntArray
from shared.model.policy import INTERNAL
from shared.model.results import ROW_COLUMNS

BATCH = 64
"""Nodes printed at a time: enough to share the work, few enough for little memory with thousands of units."""

Row = list[Any]


class View:
    """One audience's view of a questionnaire: the rows of a node on demand, printed with its neighbours."""

    def __init__(self, *, cycle: str, audience: str, results: Results, decision: Decision, min_answers: int) -> None:
        self._cycle, self._audience = cycle, audience
        self._results, self._decision, self._min_answers = results, decision, min_answers
        self._printer = Printer(results, exact=audience == INTERNAL)
        self._low = low_response(results.table, ENOUGH_RESPONSE)
        self._printed = slice(0, 0)
        self._rows: list[list[Row]] = []

    def rows(self, node: int) -> list[Row]:
        """Return the rows of the node at this place of the table: headline weighting first, comparisons last."""
        if not self._printed.start <= node < self._printed.stop:
            self._printed = self._batch(node)
            self._rows = self._print(self._printed)
        return self._rows[node - self._printed.start]

    def _batch(self, node: int) -> slice:
        """Return a batch that begins with ``node`` and holds units only, or none."""
        units, nodes = self._results.table.units, len(self._results.table.nodes)
        return slice(node, min(node + BATCH, units if node < units else nodes))

    def _print(self, nodes: slice) -> list[list[Row]]:
        if nodes.start < self._results.table.units:
            parts = [self._weighting(nodes, RESPONDENTS), self._against_the_rest(nodes)]
        else:
            parts = [self._weighting(nodes, FRAME), self._weighting(nodes, RESPONDENTS)]
        return [[*first, *second] for first, second in zip(*parts, strict=True)]

    def _weighting(self, nodes: slice, weighting: str) -> list[list[Row]]:
        reason = self._decision.reason[nodes]
        columns = self._printer.figures(nodes, weighting, self._decision.distribution[nodes])
        exists = np.broadcast_to(self._results.table.exists[nodes][:, :, np.newaxis], reason.shape)
        return self._assemble(nodes, weighting, columns, reason, exists)

    def _against_the_rest(self, nodes: slice) -> list[list[Row]]:
        """Return the units' rows against the rest: all respondents, the areas and items that can be compared."""
        figures = self._printer.figures(nodes, RESPONDENTS, self._decision.distribution[nodes])
        columns = {name: values[:, :1] for name, values in figures.items()} | self._printer.differences(nodes)
        reason = self._comparison_reason(nodes)[:, np.newaxis]
        able = np.array([measure.has_index or measure.has_share for measure in self._results.measures])
        answered = self._results.table.ballots[nodes, :1] > 0
        exists = np.broadcast_to(able, reason.shape) & answered[:, :, np.newaxis]
        return self._assemble(nodes, RESPONDENTS, columns, reason, exists)

    def _comparison_reason(self, nodes: slice) -> IntArray:
        """Return why each comparison is hidden, (p, M): with its own figure, without a total, on too few or too low.

        Unit and total give the rest by subtraction, so showing both leaves nothing to hide in the difference; where
        the total is hidden the difference would give it away.
        """
        table, comparison, decided = self._results.table, self._results.comparison, self._decision.reason
        own, total = decided[nodes, 0], decided[table.total_of[nodes], 0]
        few = (comparison.rest_n[nodes] < self._min_answers) | ~comparison.compared[nodes]
        low = np.broadcast_to(self._low[nodes, :1], own.shape)
        reasons = [own, total, np.full(own.shape, LOW_RESPONSE_RATE), np.full(own.shape, TOO_FEW)]
        return np.select([own != SHOWN, total != SHOWN, low, few], reasons, SHOWN)

    def _assemble(
        self, nodes: slice, weighting: str, figures: Columns, reason: IntArray, exists: BoolArray
    ) -> list[list[Row]]:
        """Return the rows of each node: hidden ones keep who they are and lose what they say."""
        shown = reason == SHOWN
        low = np.broadcast_to(self._low[nodes][:, : reason.shape[1], np.newaxis], reason.shape)
        words = np.array(REASONS, dtype=object)
        columns = self._identity(nodes, weighting, reason.shape)
        columns |= {name: where(shown, values) for name, values in figures.items()}
        columns["compare_to"] = figures["compare_to"]
        columns["status"] = np.where(shown, "shown", "hidden").astype(object)
        columns["reason"] = words[np.where(shown & low, LOW_RESPONSE_RATE, reason)]
        rows = zip(*(columns[name].reshape(-1).tolist() for name in ROW_COLUMNS), strict=True)
        printed = map(list, compress(rows, exists.reshape(-1).tolist()))
        return [list(islice(printed, number)) for number in exists.sum(axis=(1, 2)).tolist()]

    def _identity(self, nodes: slice, weighting: str, shape: tuple[int, ...]) -> Columns:
        table, measures = self._results.table, self._results.measures
        places, slots = table.nodes[nodes], table.slots[: shape[1]]
        fixed = {
            "cycle": self._cycle,
            "release": None,
            "audience": self._audience,
            "respondent": table.source.respondent,
            "questionnaire": table.source.key,
            "weighting": weighting,
        }
        columns = {name: constant(value, shape) for name, value in fixed.items()}
        columns["level"] = _along(0, [node.level for node in places], shape)
        columns["node_code"] = _along(0, [node.place.code for node in places], shape)
        columns["node_name"] = _along(0, [node.place.name for node in places], shape)
        columns["segment"] = _along(1, [slot.segment for slot in slots], shape)
        columns["segment_value"] = _along(1, [slot.value for slot in slots], shape)
        for name in ("battery", "area", "item", "definition"):
            columns[name] = _along(2, [getattr(measure, name) for measure in measures], shape)
        return columns


def _along(axis: int, values: list[str | None], shape: tuple[int, ...]) -> Objects:
    """Return the values along one of the three axes, repeated along the others."""
    column = np.array(values, dtype=object)
    places = [1, 1, 1]
    places[axis] = len(values)
    return np.broadcast_to(column.reshape(places), shape)
