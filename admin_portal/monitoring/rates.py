"""Response rates: what is known of each unit and questionnaire, what would be expected by now, who needs a call."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from shared.clock import local

GENERAL_TARGET = 0.5
"""The target for those whose figures have no least response rate of their own."""
PATIENCE = 0.25
"""The part of a window in which nobody is called yet."""

NEED, NAME, RATE = "need", "name", "rate"
SORTS = (NEED, NAME, RATE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A questionnaire whose answers are being taken or were taken; ``target`` is a share of those invited.

    ``as_at`` is the quarter hour that its counts are from, None for counts of this moment or final ones.
    ``counted_yet`` is False where no count may be seen so far.
    """

    id: int
    key: str
    label: str
    respondent: str
    code_model: str
    window: str
    state: str
    opened_at: datetime
    closes_at: datetime
    target: float
    as_at: datetime | None = None
    counted_yet: bool = True

    @property
    def open(self) -> bool:
        """Whether answers are still taken."""
        return self.state == "open"

    @property
    def shared(self) -> bool:
        """Whether one code serves many, so that more may answer than are invited."""
        return self.code_model == "per_unit"

    def elapsed(self, now: datetime) -> float:
        """Return the part of the window that has passed at ``now``, 0 to 1."""
        length = (self.closes_at - self.opened_at).total_seconds()
        passed = (now - self.opened_at).total_seconds()
        return 1.0 if length <= 0 else min(max(passed / length, 0.0), 1.0)

    def expected(self, now: datetime) -> float:
        """Return the rate at which the target is reached at an even pace."""
        return self.target * self.elapsed(now)


class Place(NamedTuple):
    """A unit as the rates show it."""

    id: int
    code: str
    name: str
    unit_type: str
    regi: str
    district: str
    principal: str
    email: str


class Rate(NamedTuple):
    """How many of those invited have answered. ``answered`` is None where the number is hidden or not known yet."""

    asked: Asked
    place: Place
    invited: int
    answered: int | None
    hidden: bool = False

    @property
    def rate(self) -> float | None:
        """The share of those invited who have answered."""
        return None if self.answered is None or not self.invited else self.answered / self.invited

    def short_of(self, expected: float) -> int:
        """Return how many answers are missing to ``expected``, a rate."""
        return max(math.ceil(expected * self.invited - 1e-9) - (self.answered or 0), 0)


@dataclass(frozen=True, slots=True)
class Total:
    """A questionnaire over all units in the reader's reach."""

    asked: Asked
    units: int
    invited: int
    answered: int | None

    @property
    def rate(self) -> float | None:
        """The share of those invited who have answered."""
        return None if self.answered is None or not self.invited else self.answered / self.invited


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader looks for; an empty value asks for nothing."""

    questionnaire: str = ""
    district: str = ""
    unit_type: str = ""
    search: str = ""
    sort: str = NEED

    def holds(self, rate: Rate) -> bool:
        """Whether ``rate`` is looked for."""
        place = rate.place
        return (
            self.questionnaire in {"", rate.asked.key}
            and self.district in {"", place.district}
            and self.unit_type in {"", place.unit_type}
            and (not self.search or self.search.casefold() in f"{place.name} {place.code}".casefold())
        )


def chosen(rates: Iterable[Rate], wanted: Filter) -> list[Rate]:
    """Return the rates looked for, in the order asked for; those without a number come last.

    Equal ones stay in the order given, which is by name.
    """
    found = [rate for rate in rates if wanted.holds(rate)]
    return found if wanted.sort == NAME else sorted(found, key=_by_need if wanted.sort == NEED else _by_rate)


@dataclass(frozen=True, slots=True)
class Call:
    """A unit to call, with what lags there, and how many answers are missing to an even pace."""

    place: Place
    lagging: tuple[Rate, ...]
    short: int


def need_a_call(rates: Iterable[Rate], now: datetime) -> list[Call]:
    """Return the units that lag behind an even pace towards the target in an open window, the farthest behind first.

    Nobody is called in the first part of a window (``PATIENCE``), nor about a number that is hidden: to stand in this
    list would tell it.
    """
    lagging: dict[int, list[Rate]] = {}
    expected: dict[int, float] = {}
    for rate in rates:
        asked = rate.asked
        if asked.id not in expected:
            expected[asked.id] = asked.expected(now) if asked.open and asked.elapsed(now) >= PATIENCE else 0.0
        if rate.answered is not None and rate.answered < expected[asked.id] * rate.invited:
            lagging.setdefault(rate.place.id, []).append(rate)
    calls = [
        Call(found[0].place, tuple(found), sum(rate.short_of(expected[rate.asked.id]) for rate in found))
        for found in lagging.values()
    ]
    return sorted(calls, key=lambda call: -call.short)


def _by_need(rate: Rate) -> float:
    return math.inf if rate.answered is None else rate.answered / rate.invited - rate.asked.target


def _by_rate(rate: Rate) -> float:
    return math.inf if rate.answered is None else -rate.answered / rate.invited


@dataclass(frozen=True, slots=True)
class Days:
    """How many answered on each Swedish day from ``first`` on; days without a count of their own stand as 0."""

    first: date
    numbers: tuple[int, ...]


def per_day(history: Sequence[tuple[datetime, int]], *, latest: tuple[datetime, int] | None = None) -> Days | None:
    """Return the answers per day from the first count to the last, None where there is none.

    ``history`` holds the count at each kept moment, oldest first; ``latest`` is a count newer than all of them.
    """
    ends: dict[int, int] = {}
    for moment, answered in [*history, *([latest] if latest else [])]:
        ends[_day(moment)] = answered
    if not ends:
        return None
    values, before = [], 0
    for day in range(min(ends), max(ends) + 1):
        standing = ends.get(day, before)
        values.append(max(standing - before, 0))
        before = standing
    return Days(date.fromordinal(min(ends)), tuple(values))


def _day(moment: datetime) -> int:
    return local(moment).toordinal()
