"""The tree that figures are merged along: units, providers, districts, municipalities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics_worker.statistics.arrays import IntArray

UNIT = "unit"
PROVIDER = "provider"
DISTRICT = "district"
MUNICIPALITY = "municipality"
LEVELS = (UNIT, PROVIDER, DISTRICT, MUNICIPALITY)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Anything with a code and a name that figures are shown for."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and what it belongs to; ``may_publish`` is its owner's word on the day of computing."""

    place: Place
    provider: Place
    district: Place | None
    municipality: Place
    may_publish: bool


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A place on one level with the positions of its units; a unit's own position is also that of its node."""

    level: str
    place: Place
    members: IntArray


def nodes_of(units: Sequence[Unit]) -> tuple[Node, ...]:
    """Return the nodes over ``units``: the units as given, then providers, districts and municipalities by code."""
    nodes = [Node(UNIT, unit.place, np.array([at])) for at, unit in enumerate(units)]
    nodes += _level(PROVIDER, [unit.provider for unit in units])
    nodes += _level(DISTRICT, [unit.district for unit in units])
    nodes += _level(MUNICIPALITY, [unit.municipality for unit in units])
    return tuple(nodes)


def municipality_of(units: Iterable[Unit]) -> IntArray:
    """Return for each unit the number of its municipality, in the order of ``nodes_of``."""
    places = [unit.municipality for unit in units]
    number = {place: at for at, place in enumerate(sorted(set(places)))}
    return np.array([number[place] for place in places], dtype=np.int64)


def _level(level: str, owners: Sequence[Place | None]) -> list[Node]:
    members: dict[Place, list[int]] = {}
    for at, owner in enumerate(owners):
        if owner is not None:
            members.setdefault(owner, []).append(at)
    return [Node(level, place, np.array(members[place])) for place in sorted(members)]
