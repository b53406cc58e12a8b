"""Puts a questionnaire's table before the disclosure rules: what sums readers can write down, whose word is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, permutations

import numpy as np

from analytics_worker.disclosure.decisions import Rows
from analytics_worker.disclosure.siblings import Sum, Sums
from analytics_worker.results.measures import Figures, Measure
from analytics_worker.results.organisation import DISTRICT, LEVELS, PROVIDER, UNIT
from analytics_worker.results.tables import Table
from analytics_worker.statistics.arrays import BoolArray


def rows_to_decide(table: Table, measures: Sequence[Measure], of: Figures) -> Rows:
    """Return what the disclosure rules decide on."""
    return Rows(
        n=of.n,
        ballots=table.ballots,
        response_rate=table.response_rate,
        text=np.array([measure.kind == "text" for measure in measures]),
        withheld=_withheld(table),
        sums=Sums.of([*_segment_sums(table), *_level_sums(table)]),
    )


def _segment_sums(table: Table) -> Iterator[Sum]:
    """Every node is the sum of the values of each segment, and of those whose value is unknown."""
    slots = len(table.slots)
    for segment in table.source.segments:
        values = np.array([at for at, slot in enumerate(table.slots) if slot.segment == segment])
        for node in range(len(table.nodes)):
            yield Sum(node * slots, node * slots + values, nested=True)


def _level_sums(table: Table) -> Iterator[Sum]:
    """Every node above the units is, segment by segment, the sum of others that fill it; units fill what is left.

    So nothing that is published is missing from a sum, and what remains is truly nobody's.
    """
    slots = len(table.slots)
    members = [frozenset(node.members.tolist()) for node in table.nodes]
    of_level = {level: [at for at, node in enumerate(table.nodes) if node.level == level] for level in LEVELS}
    larger = {level: [at for at in of_level[level] if len(members[at]) > 1] for level in (PROVIDER, DISTRICT)}
    for at in range(table.units, len(table.nodes)):
        for parts in _partitions(at, larger, members):
            for slot in range(slots):
                yield Sum(at * slots + slot, np.array(parts) * slots + slot, nested=False)


def _partitions(
    at: int, larger: Mapping[str, Sequence[int]], members: Sequence[frozenset[int]]
) -> set[tuple[int, ...]]:
    """Return the ways in which a node is looked at as a sum of others, each once.

    By units; by providers or districts, wherever these lie wholly inside (a district may be a provider's, or hold
    several); and by any one of them together with the largest others of both kinds beside it.
    """
    inside = {
        level: [part for part in nodes if part != at and members[part] <= members[at]]
        for level, nodes in larger.items()
    }
    orders = [[], *inside.values(), *([*first, *second] for first, second in permutations(inside.values()))]
    orders += [[one, *order] for one in chain(*inside.values()) for order in orders[3:]]
    return {_filled(members[at], order, members) for order in orders}


def _filled(whole: frozenset[int], order: Sequence[int], members: Sequence[frozenset[int]]) -> tuple[int, ...]:
    """Return the nodes that fit beside one another, taken in this order, and the units that are left."""
    parts, left = [], whole
    for part in order:
        if members[part] <= left:
            parts.append(part)
            left -= members[part]
    return (*sorted(parts), *sorted(left))


def _withheld(table: Table) -> BoolArray:
    """Return the nodes whose publication the owner has not agreed to, (P,).

    A provider's figure speaks of all its units, so every one must be agreed to. A district or municipality is public
    unless it has answers only from units that are not.
    """
    agreed = np.array([unit.may_publish for unit in table.source.units], dtype=np.bool_)
    answered = table.ballots[: table.units, 0] > 0
    withheld = []
    for node in table.nodes:
        if node.level in {UNIT, PROVIDER}:
            withheld.append(not agreed[node.members].all())
        else:
            speaking = node.members[answered[node.members]]
            withheld.append(speaking.size > 0 and not agreed[speaking].any())
    return np.array(withheld, dtype=np.bool_)
