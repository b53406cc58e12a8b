"""What each simulated respondent sends: who answers, and what, drawn by a seeded generator, one column at a time.

A respondent's view of an item is a normal variable: the unit's level (shared in part by pupils, guardians and staff),
the respondent's own disposition, the item's level and chance. Cutting it at fixed points gives the options.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from deploy.demo import names
from deploy.demo.municipality import Roster, Row
from shared.questionnaire.definition import Item, Questionnaire, context_of
from shared.questionnaire.expressions import evaluate, parse

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

BLANK = ""
UNIT_SPREAD = 0.22
AREA_SPREAD = 0.1
PERSON_SPREAD = 0.7
CHANCE_SPREAD = 0.8
ITEM_SPREAD = 0.25
YEARLY_TREND = 0.04
BLANK_ITEM = 0.012
BLANK_BALLOT = 0.005
DONT_KNOW = (0.02, 0.08)
WRITES = 0.3
CHANGED_MIND = 0.004
FIRST_YEAR = 2024

# How a middling unit's answers fall, best option first, by the number of scored options.
SHARES: Mapping[int, tuple[float, ...]] = {
    3: (0.60, 0.29, 0.11),
    4: (0.44, 0.38, 0.13, 0.05),
    5: (0.33, 0.38, 0.19, 0.07, 0.03),
}
# Lowest and highest response rate of a unit, by kind of respondent.
RATES: Mapping[str, tuple[float, float]] = {
    "pupil": (0.83, 0.92),
    "child": (0.74, 0.88),
    "guardian": (0.44, 0.72),
    "staff": (0.72, 0.90),
    "principal": (0.95, 0.95),
}
SHARED_CODE_RATES = (0.34, 0.56)


@dataclass(frozen=True, slots=True)
class Asked:
    """A questionnaire with the rule of who gets it, as the cycle file has it."""

    questionnaire: Questionnaire
    unit_types: tuple[str, ...] | None
    years: tuple[str, ...] | None
    codes: str
    window: str

    @property
    def key(self) -> str:
        """The questionnaire's key."""
        return self.questionnaire.key

    @property
    def respondent(self) -> str:
        """The kind of respondent asked."""
        return self.questionnaire.respondent


@dataclass(frozen=True, slots=True)
class Simulation:
    """One cycle to be answered: its year, the roster of that autumn and the seed."""

    seed: int
    year: int
    roster: Roster


def simulate(simulation: Simulation, asked: Asked, *, named: bool) -> pd.DataFrame:
    """Return one row per ballot in the columns of a responses file, and ``person`` and ``unit_type`` besides.

    ``named`` says that persons get the codes: then ``person`` is their (or the child's) reference.
    """
    rng = np.random.default_rng([simulation.seed, simulation.year, zlib.crc32(asked.key.encode())])
    frame = _who_answers(simulation, asked, rng, named=named)
    if frame.empty:
        return frame
    levels = _unit_levels(simulation, asked, frame["unit_code"])
    disposition = rng.normal(0.0, PERSON_SPREAD, len(frame)) + _sex_level(frame)
    columns: dict[str, np.ndarray[Any, Any]] = {}
    for item in asked.questionnaire.items:
        view = levels[item.area] if item.area in levels else levels[None]
        columns[item.key] = _answer(item, view + disposition, rng)
    answers = pd.DataFrame(columns, index=frame.index)
    if "sex" in answers:
        answers["sex"] = frame["sex"].where(rng.random(len(frame)) > BLANK_ITEM, BLANK)
        frame = frame.drop(columns="sex")
    _route(asked, answers, frame, rng)
    answers.loc[rng.random(len(answers)) < BLANK_BALLOT] = BLANK
    return pd.concat([frame, answers], axis=1)


def covered_groups(roster: Roster, asked: Asked) -> list[Row]:
    """Return the groups that get the questionnaire, with their unit's type added."""
    types = {unit["unit_code"]: unit["unit_type"] for unit in roster.units}
    return [
        group | {"unit_type": types[group["unit_code"]]}
        for group in roster.groups
        if group["respondent"] == asked.respondent
        and (asked.unit_types is None or types[group["unit_code"]] in asked.unit_types)
        and (asked.years is None or group["year"] in asked.years)
    ]


def _who_answers(simulation: Simulation, asked: Asked, rng: np.random.Generator, *, named: bool) -> pd.DataFrame:
    groups = covered_groups(simulation.roster, asked)
    rates = _rates(asked, [group["unit_code"] for group in groups], rng)
    members = _members(simulation.roster, asked) if named else {}
    rows: list[tuple[str, ...]] = []
    for group, rate in zip(groups, rates, strict=True):
        chosen = np.flatnonzero(rng.random(group["headcount"]) < rate)
        persons = members.get((group["unit_code"], group["group_code"]))
        for index in chosen:
            person, sex = persons[index] if persons else (BLANK, BLANK)
            rows.append((group["unit_code"], group["group_code"], group["unit_type"], group["year"], person, sex))
    columns = ["unit_code", "group_code", "unit_type", "year", "person", "sex"]
    frame = pd.DataFrame(rows, columns=columns, dtype="str")
    frame.insert(2, "questionnaire", asked.key)
    if "sex" in asked.questionnaire:
        frame["sex"] = rng.choice(["flicka", "pojke", "annat"], size=len(frame), p=[0.49, 0.49, 0.02])
    return frame


def _rates(asked: Asked, units: Sequence[str], rng: np.random.Generator) -> Numbers:
    low, high = SHARED_CODE_RATES if asked.codes == "per_unit" else RATES[asked.respondent]
    by_unit = {unit: rng.uniform(low, high) for unit in dict.fromkeys(units)}
    return np.array([by_unit[unit] for unit in units])


def _members(roster: Roster, asked: Asked) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return per group the references that a code is for, in roster order: a child's once, for all its guardians."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for person in roster.persons:
        if person["respondent"] == asked.respondent and asked.codes in {"personal", "per_child"}:
            group = found.setdefault((person["unit_code"], person["group_code"]), {})
            group[person["child_ref"] or person["person_ref"]] = person["sex"]
    return {key: list(members.items()) for key, members in found.items()}


def _unit_levels(simulation: Simulation, asked: Asked, units: pd.Series[str]) -> dict[str | None, Numbers]:
    """Return each respondent's unit level per area. Pupils, guardians and staff of one unit share half its variance."""
    kinds = {unit["unit_code"]: unit["unit_type"] for unit in simulation.roster.units}
    codes, positions = np.unique(units.to_numpy(dtype=str), return_inverse=True)
    areas = [area.key for _battery, area, _items in asked.questionnaire.areas]
    table = np.empty((len(codes), len(areas) + 1))
    passed = simulation.year - FIRST_YEAR
    for row, code in enumerate(codes):
        own = np.random.default_rng([simulation.seed, zlib.crc32(str(code).encode())])
        climate, drift = own.normal(0.0, UNIT_SPREAD), own.normal(0.0, YEARLY_TREND)
        kind = np.random.default_rng([simulation.seed, zlib.crc32(f"{code}/{asked.key}".encode())])
        general = 0.7 * climate + 0.7 * kind.normal(0.0, UNIT_SPREAD) + (drift + YEARLY_TREND / 2) * passed
        small_scale = 0.15 if kinds[str(code)] in {"forskola", "pedagogisk_omsorg"} else 0.0
        table[row] = general + small_scale + kind.normal(0.0, AREA_SPREAD, len(areas) + 1)
    keys: list[str | None] = [*areas, None]
    return {key: table[positions, column] for column, key in enumerate(keys)}


def _sex_level(frame: pd.DataFrame) -> Numbers:
    return np.where(frame["sex"].isin(["flicka", "annat"]), -0.12, 0.0)


def _answer(item: Item, view: Numbers, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    if item.type == "choice":
        return _choice(item, view, rng)
    if item.type == "multiple":
        return _multiple(item, view, rng)
    if item.type == "number":
        low, high = item.minimum or 0, min(item.maximum or 60, 60)
        return rng.integers(low + 3, high, len(view)).astype(str).astype(object)
    return np.full(len(view), BLANK, dtype=object)


def _choice(item: Item, view: Numbers, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Cut the respondents' views of the item into its options; some do not know, some leave it blank."""
    scored = [option.code for option in item.scored_options]
    if not scored:
        return rng.choice(np.array([option.code for option in item.options], dtype=object), len(view))
    own = np.random.default_rng(zlib.crc32(item.key.encode()))
    total = view + own.normal(0.0, ITEM_SPREAD) + rng.normal(0.0, CHANCE_SPREAD, len(view))
    spread = NormalDist(0.0, float(np.hypot(PERSON_SPREAD, CHANCE_SPREAD)))
    best_first = np.cumsum(SHARES[len(scored)])[:-1]
    cuts = np.array([-spread.inv_cdf(1.0 - float(share)) for share in best_first])
    position = np.searchsorted(cuts, -total)
    codes = np.array(scored[::-1] if item.reversed else scored, dtype=object)
    answers = codes[position]
    missing = [option.code for option in item.options if option.missing]
    if missing:
        answers[rng.random(len(view)) < own.uniform(*DONT_KNOW)] = missing[0]
    answers[rng.random(len(view)) < BLANK_ITEM] = BLANK
    return answers


def _multiple(item: Item, view: Numbers, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    codes = [option.code for option in item.options]
    likelihood = np.linspace(0.45, 0.1, len(codes))
    ticked = rng.random((len(view), len(codes))) < likelihood
    joined = ["|".join(code for code, on in zip(codes, row, strict=True) if on) for row in ticked]
    return np.array(joined, dtype=object)


def _route(asked: Asked, answers: pd.DataFrame, frame: pd.DataFrame, rng: np.random.Generator) -> None:
    """Fill text items where they are asked. A few write, then go back and change their mind: the text is sent."""
    for item in asked.questionnaire.items:
        if item.type != "text":
            continue
        sentences = names.GUARDIAN_SENTENCES if asked.respondent == "guardian" else names.UNSAFE_SENTENCES
        is_asked = np.ones(len(answers), dtype=bool) if item.show_if is None else _is_asked(item, answers, frame)
        writes = np.where(is_asked, rng.random(len(answers)) < WRITES, rng.random(len(answers)) < CHANGED_MIND)
        texts = rng.choice(np.array(sentences, dtype=object), len(answers))
        answers[item.key] = np.where(writes, texts, BLANK)


def _is_asked(item: Item, answers: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    condition = parse(str(item.show_if))
    rows = answers.to_dict("records")
    contexts = zip(frame["unit_type"], frame["year"], strict=True)
    return np.array(
        [
            evaluate(
                condition,
                {str(key): value for key, value in row.items() if value != BLANK},
                context_of(str(unit_type), str(year)),
            )
            for row, (unit_type, year) in zip(rows, contexts, strict=True)
        ],
        dtype=np.bool_,
    )
