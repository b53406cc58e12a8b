"""Attacks as numbers: how many rows an attacker gives to the right person, and how many luck alone would give."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

ONE_SIDED = 1 - NormalDist().cdf(3.0)
"""How often luck alone may pass three standard deviations."""

_FEWEST = 3

Row = Hashable


@dataclass(slots=True)
class Evidence:
    """What the attacker has brought into order, and the truth that only the test knows.

    ``truth`` names the person of each row; ``family`` says what kind of row it is. An *order* gives each person, or
    each row of one family, a value to sort by. ``guesses`` are attacks that name persons directly.
    """

    group_of: dict[int, int]
    truth: dict[Row, int] = field(default_factory=dict)
    family: dict[Row, str] = field(default_factory=dict)
    person_orders: dict[str, dict[int, Any]] = field(default_factory=dict)
    row_orders: dict[str, dict[Row, Any]] = field(default_factory=dict)
    guesses: dict[str, dict[Row, int]] = field(default_factory=dict)
    box_owners_known: float = 0.0
    """Share of ballots whose box the attacker can tie to a code: high by design, and the proof of being armed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attack: rows given to the right person, and how far the two orders go together (standard deviations)."""

    attack: str
    rows: int
    hits: int
    correlation: float = 0.0

    @property
    def share(self) -> float:
        """The share of rows given to the right person."""
        return self.hits / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """All attacks on one municipality, with the limits that luck stays under for the best of them."""

    outcomes: list[Outcome]
    groups: int
    persons: int
    box_owners_known: float

    @property
    def best(self) -> Outcome:
        """The attack that named most persons."""
        return max(self.outcomes, key=lambda outcome: outcome.share)

    @property
    def limit(self) -> int:
        """The number of hits that the best of all attacks stays at or under but for once in 740 runs."""
        return poisson_limit(self.groups, ONE_SIDED / len(self.outcomes))

    @property
    def correlation_limit(self) -> float:
        """The same for the correlation of two orders, to either side."""
        return NormalDist().inv_cdf(1 - ONE_SIDED / 2 / len(self.outcomes))

    def over(self) -> list[Outcome]:
        """Return the attacks that did better than luck."""
        return [
            outcome
            for outcome in self.outcomes
            if outcome.hits > self.limit or abs(outcome.correlation) > self.correlation_limit
        ]

    def share(self, attack: str) -> float:
        """Return the best share of the attacks whose name holds ``attack``."""
        return max(outcome.share for outcome in self.outcomes if attack in outcome.attack)

    def table(self, *, first: int = 12) -> str:
        """Return the ``first`` best attacks as text."""
        chance, limit = self.groups / self.persons, self.limit / self.persons
        head = f"{len(self.outcomes)} attacks on {self.persons} persons in {self.groups} groups; chance {chance:.1%}, "
        head += f"limit {limit:.1%} and {self.correlation_limit:.1f} sigma; "
        lines = [head + f"boxes tied to a code {self.box_owners_known:.1%} (by design)"]
        ranked = sorted(self.outcomes, key=lambda outcome: (outcome.share, abs(outcome.correlation)), reverse=True)
        lines += [f"  {one.share:6.1%}  {one.correlation:+5.1f} sigma  {one.attack}" for one in ranked[:first]]
        return "\n".join(lines)


def poisson_limit(mean: float, tail: float) -> int:
    """Return the smallest k that a Poisson number of this mean passes with at most probability ``tail``.

    Rows dealt at random within a group give one right person on average, whatever the group's size: the number of fixed
    points of a random permutation is Poisson(1) to within 1/m!.
    """
    probability, above, k = math.exp(-mean), 1 - math.exp(-mean), 0
    while above > tail:
        k += 1
        probability *= mean / k
        above -= probability
    return k


def attack(evidence: Evidence, seed: int) -> Report:
    """Match every order of persons with every order of rows, and score the direct guesses."""
    chance = random.Random(seed)
    outcomes = [
        _match(evidence, who, what, persons, rows, chance)
        for what, rows in evidence.row_orders.items()
        for who, persons in evidence.person_orders.items()
        if not _same_family(who, what)
    ]
    for name, guessed in evidence.guesses.items():
        families = {evidence.family[row] for row in guessed} or {"first"}
        rows_attacked = sum(family in families for family in evidence.family.values())
        hits = sum(evidence.truth[row] == person for row, person in guessed.items())
        outcomes.append(Outcome(name, rows_attacked, hits))
    groups, persons = len(set(evidence.group_of.values())), len(evidence.group_of)
    return Report(outcomes, groups, persons, evidence.box_owners_known)


def _same_family(who: str, what: str) -> bool:
    """Orders of persons taken from rows, named in brackets, say nothing about rows of the same family."""
    return who.startswith("(") and who[1:].partition(":")[0] == what.partition(":")[0]


def _match(
    evidence: Evidence,
    who: str,
    what: str,
    persons: Mapping[int, Any],
    rows: Mapping[Row, Any],
    chance: random.Random,
) -> Outcome:
    """Give the n-th row of each group to its n-th person."""
    persons_in = _by_group(evidence.group_of, persons, chance)
    rows_in = _by_group({row: evidence.group_of[evidence.truth[row]] for row in rows}, rows, chance)
    hits, score = 0, 0.0
    for group, ranked_rows in rows_in.items():
        ranked = persons_in.get(group, [])
        hits += sum(evidence.truth[row] == person for row, person in zip(ranked_rows, ranked, strict=False))
        score += _spearman(evidence, ranked_rows, ranked)
    return Outcome(f"{who} x {what}", len(rows), hits, score / math.sqrt(max(1, len(rows_in))))


def _by_group(group_of: Mapping[Any, int], values: Mapping[Any, Any], chance: random.Random) -> dict[int, list[Any]]:
    """Return the keys of each group by value; equal values fall at random, for they say nothing."""
    groups: dict[int, list[Any]] = defaultdict(list)
    for key in values:
        groups[group_of[key]].append(key)
    for members in groups.values():
        chance.shuffle(members)
        members.sort(key=values.__getitem__)
    return groups


def _spearman(evidence: Evidence, rows: list[Row], persons: list[int]) -> float:
    """Return Spearman's rank correlation times sqrt(m - 1): standard normal for unrelated orders.

    Compared are the rows of those persons of whom the order knows something.
    """
    there = set(persons)
    compared = [row for row in rows if evidence.truth[row] in there]
    owners = {evidence.truth[row] for row in compared}
    place = {person: rank for rank, person in enumerate(person for person in persons if person in owners)}
    m = len(compared)
    if m < _FEWEST:
        return 0.0
    distance = sum((rank - place[evidence.truth[row]]) ** 2 for rank, row in enumerate(compared))
    return (1 - 6 * distance / (m * (m * m - 1))) * math.sqrt(m - 1)


def within_cells(
    persons: Mapping[int, tuple[Hashable, Any]], rows: Mapping[Row, tuple[Hashable, Any]]
) -> dict[Row, int]:
    """Give rows to persons of the same cell, in order of the second value."""
    people, things = _cells(persons.items()), _cells(rows.items())
    return {
        row: person
        for cell, members in things.items()
        for row, person in zip(members, people.get(cell, []), strict=False)
    }


def _cells(values: Iterable[tuple[Any, tuple[Hashable, Any]]]) -> dict[Hashable, list[Any]]:
    cells: dict[Hashable, list[Any]] = defaultdict(list)
    for key, (cell, _value) in sorted(values, key=lambda entry: entry[1][1]):
        cells[cell].append(key)
    return cells
