"""Secondary suppression along sums: where a total and its parts would give a hidden figure away, a sibling hides too.

Every sum (a node and its segments, a provider and its units ...) is an equation that anyone can write down. It gives
something away in two cases: exactly one of its terms is unknown to the reader, and that term is confidential; or the
total is shown and its unknown parts together are fewer persons than the threshold. Then the smallest shown part hides
too, or, when none is left, the total. A part that nobody answered is no secret worth a sibling: what could be derived
is that nobody answered, which speaks of no one's answer; but it never counts as one of two unknowns either.

This is the plain rule. Combinations of several equations are the business of the audit (statistics.md, Disclosure).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analytics_worker.statistics.arrays import BoolArray, IntArray

_TOO_LARGE = np.iinfo(np.int64).max
_MEASURES_AT_ONCE = 8
"""There are many sums in a large municipality: what is decided on at a time decides how much memory it takes."""


class Sum(NamedTuple):
    """A total and its parts by their group numbers. ``nested``: parts of a hidden total hide with it."""

    total: int
    parts: IntArray
    nested: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """All equations as flat arrays: the parts of equation e start at ``starts[e]`` in ``parts``."""

    total: IntArray
    parts: IntArray
    starts: IntArray
    equation: IntArray
    nested: BoolArray

    @classmethod
    def of(cls, sums: Sequence[Sum]) -> Sums:
        """Lay the equations out; those without parts say nothing."""
        kept = [one for one in sums if one.parts.size]
        lengths = np.array([one.parts.size for one in kept], dtype=np.int64)
        return cls(
            total=np.array([one.total for one in kept], dtype=np.int64),
            parts=np.concatenate([one.parts for one in kept]) if kept else np.empty(0, dtype=np.int64),
            starts=np.cumsum(lengths) - lengths,
            equation=np.repeat(np.arange(len(kept)), lengths),
            nested=np.array([one.nested for one in kept], dtype=np.bool_),
        )

    def add(self, values: IntArray) -> IntArray:
        """Return the sums over the parts of each equation, (E, M), of ``values`` given by part."""
        return np.add.reduceat(values, self.starts, axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """G groups measured by M measures: answers ``n`` (G, M), and ``size`` (G,), by which the smallest is chosen."""

    n: IntArray
    size: IntArray


def complementary(groups: Groups, hidden: BoolArray, confidential: BoolArray, sums: Sums, minimum: int) -> BoolArray:
    """Return what must be hidden besides ``hidden`` (G, M) so that no sum gives a ``confidential`` figure away.

    ``hidden`` holds everything the reader does not see; what of it is merely not shown (too low a response, say) hides
    others without being a secret itself. Everything added is confidential. Ends, because each round only adds.
    """
    added = np.zeros_like(hidden)
    if not sums.total.size:
        return added
    rank = _rank(groups, sums)
    for start in range(0, hidden.shape[1], _MEASURES_AT_ONCE):
        at = slice(start, start + _MEASURES_AT_ONCE)
        some = _Some(groups.n[:, at], rank, sums, minimum)
        added[:, at] = some.complementary(hidden[:, at], confidential[:, at])
    return added


def _rank(groups: Groups, sums: Sums) -> IntArray:
    """Order parts by size, equal ones by their number, so that the same one is chosen for every measure."""
    order = np.lexsort((sums.parts, groups.size[sums.parts]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[:, np.newaxis]


@dataclass(frozen=True, slots=True, eq=False)
class _Some:
    """Some measures, each of which is a matter of its own: ``n`` (G, m), the parts' rank (parts, 1)."""

    n: IntArray
    rank: IntArray
    sums: Sums
    minimum: int

    def complementary(self, hidden: BoolArray, confidential: BoolArray) -> BoolArray:
        """Return what must be hidden besides, (G, m)."""
        added = np.zeros_like(hidden)
        # What belongs to a total but to none of its parts (persons of unknown sex, say) is never shown.
        rest = self.n[self.sums.total] - self.sums.add(self.n[self.sums.parts])
        while True:
            unseen, secret = hidden | added, confidential | added
            new = self._nested(unseen & secret) | self._one_more(unseen, secret, rest)
            new &= ~unseen
            if not new.any():
                return added
            added |= new

    def _nested(self, secret: BoolArray) -> BoolArray:
        """Hide the segments of a node whose own figure is a secret."""
        new = np.zeros_like(secret)
        above = secret[self.sums.total] & self.sums.nested[:, np.newaxis]
        np.logical_or.at(new, self.sums.parts, above[self.sums.equation])
        return new

    def _one_more(self, unseen: BoolArray, secret: BoolArray, rest: IntArray) -> BoolArray:
        """Hide one more term of every equation that gives something away."""
        sums = self.sums
        telling = self._telling(unseen, secret, rest)
        candidate = ~unseen[sums.parts] & (self.n[sums.parts] > 0) & telling[sums.equation]
        rank = np.where(candidate, self.rank, _TOO_LARGE)
        smallest = np.minimum.reduceat(rank, sums.starts, axis=0)
        chosen = candidate & (rank == smallest[sums.equation])
        new = np.zeros_like(unseen)
        np.logical_or.at(new, sums.parts, chosen)
        np.logical_or.at(new, sums.total, telling & (smallest == _TOO_LARGE))
        return new

    def _telling(self, unseen: BoolArray, secret: BoolArray, rest: IntArray) -> BoolArray:
        """Return which equations give something away, (E, m)."""
        sums = self.sums
        unknown = unseen & (self.n > 0)
        part_unknown, total_unknown = unknown[sums.parts], unknown[sums.total]
        terms = sums.add(part_unknown.astype(np.int64)) + (rest > 0) + total_unknown
        secrets = sums.add((unknown & secret)[sums.parts].astype(np.int64)) + (unknown & secret)[sums.total]
        persons = sums.add(np.where(part_unknown, self.n[sums.parts], 0)) + rest
        few = ~unseen[sums.total] & (persons > 0) & (persons < self.minimum)
        return np.asarray(((terms == 1) & (secrets > 0)) | few, dtype=np.bool_)
