"""The made-up municipality: units, owners, classes, persons and agreements, the same for the same seed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from deploy.demo import names
from deploy.demo.sizes import Size

Row: TypeAlias = dict[str, Any]

MUNICIPAL = ("kommun", names.MUNICIPALITY_NAME)
# Owner code, name, and how many units of each type it runs; taken from the end of each type's list of units.
OWNERS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("lark", "Lärkans friskolor AB", {"grundskola": 2, "fritidshem": 2}),
    ("angen", "Ängens förskolor AB", {"forskola": 4}),
    ("linden", "Stiftelsen Linden", {"grundskola": 1, "forskola": 2}),
    ("kompass", "Föreningen Kompassen", {"grundskola": 1, "forskola": 1}),
    ("myran", "Föräldrakooperativet Myran", {"forskola": 1}),
    ("hemma", "Solvinge hemmadagis AB", {"pedagogisk_omsorg": 2}),
)
LETTER = {
    "forskola": "F",
    "grundskola": "G",
    "fritidshem": "H",
    "pedagogisk_omsorg": "P",
    "anpassad_grundskola": "A",
}
UNITS_PER_DISTRICT = 60
PROTECTED_PERSONS = 3
FIRST_NEW_YEAR = 2025
SHARE_OF_WOMEN = 0.82
SHARE_OF_TWO_GUARDIANS = 0.8
SHARE_OF_SIBLINGS = 0.05
SHARE_OF_ENGLISH = 0.06
SHARE_TO_YEAR_NINE = 0.6


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A unit as the demonstration thinks of it; ``tiny`` ones are too small to show."""

    code: str
    name: str
    unit_type: str
    owner: tuple[str, str]
    district: str
    tiny: bool

    @property
    def municipal(self) -> bool:
        """Whether the municipality runs it."""
        return self.owner == MUNICIPAL

    @property
    def number(self) -> int:
        """A stable number for random streams of its own."""
        return zlib.crc32(self.code.encode())


@dataclass(slots=True)
class Roster:
    """The rows of the four roster files, in the columns of ``formats``."""

    units: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    persons: list[Row] = field(default_factory=list)
    agreements: list[Row] = field(default_factory=list)


def planned_units(size: Size) -> list[PlannedUnit]:
    """Return the units of a municipality of this size, owners and districts given out."""
    owned = _owners(size)
    return [
        _plan(size, unit_type, number, owned[unit_type][number - 1])
        for unit_type, count in size.units.items()
        for number in range(1, count + 1)
    ]


def make_roster(size: Size, seed: int, year: int, *, with_persons: bool) -> Roster:
    """Return the roster of one autumn. Headcounts change with the year; persons are for named codes."""
    roster = Roster(agreements=_agreements(size))
    nine = True
    for unit in planned_units(size):
        if year < FIRST_NEW_YEAR and unit.code == "F03" and size.name != "small":
            continue  # This preschool opened later, so it has no figures of the first cycle.
        roster.units.append(_unit_row(unit))
        groups = list(_groups(unit, size, seed, year))
        if nine and unit.unit_type == "grundskola":
            groups.append(_group(unit, "9A", "pupil", "9", 24))
            nine = False
        roster.groups.extend(groups)
    if with_persons:
        roster.persons = _persons(roster, seed)
    return roster


def _owners(size: Size) -> dict[str, list[tuple[str, str]]]:
    owned = {unit_type: [MUNICIPAL] * count for unit_type, count in size.units.items()}
    if size.name == "small":
        owned["forskola"][-1] = OWNERS[1][:2]
        return owned
    scale = max(1, size.units["forskola"] // 27)
    for code, name, shares in OWNERS:
        for unit_type, count in shares.items():
            places = [index for index, owner in enumerate(owned[unit_type]) if owner == MUNICIPAL]
            for index in places[-count * scale :]:
                owned[unit_type][index] = (code, name)
    return owned


def _plan(size: Size, unit_type: str, number: int, owner: tuple[str, str]) -> PlannedUnit:
    tiny = owner[0] == "myran" or (unit_type == "pedagogisk_omsorg" and number == size.units[unit_type])
    preschool = unit_type in names.PRESCHOOL_TYPES
    area = "Förskola" if preschool else "Skola"
    side = "norr" if number % 2 else "söder"
    ward = "" if number <= UNITS_PER_DISTRICT else f" {number // UNITS_PER_DISTRICT + 1}"
    district = f"{area} {side}{ward}" if owner == MUNICIPAL else ""
    code = f"{LETTER[unit_type]}{number:02d}"
    return PlannedUnit(code, names.unit_name(unit_type, number - 1), unit_type, owner, district, tiny)


def _unit_row(unit: PlannedUnit) -> Row:
    return {
        "municipality_code": names.MUNICIPALITY_CODE,
        "municipality_name": names.MUNICIPALITY_NAME,
        "unit_code": unit.code,
        "name": unit.name,
        "unit_type": unit.unit_type,
        "regi": "municipal" if unit.municipal else "independent",
        "provider_code": unit.owner[0],
        "provider_name": unit.owner[1],
        "district": unit.district,
        "school_unit_code": f"{unit.number % 10**8:08d}" if unit.unit_type == "grundskola" else "",
        "principal_name": "",
        "principal_email": f"rektor.{unit.code.lower()}@example.org",
    }


def _group(unit: PlannedUnit, code: str, respondent: str, year: str, headcount: int) -> Row:
    label = {"staff": "Personal", "principal": "Rektor"}.get(respondent, code)
    return {
        "unit_code": unit.code,
        "group_code": code,
        "name": label,
        "respondent": respondent,
        "year": year,
        "headcount": headcount,
    }


def _groups(unit: PlannedUnit, size: Size, seed: int, year: int) -> Iterator[Row]:
    """Yield the unit's groups: how many there are is the unit's own, how full they are changes with the year."""
    own = np.random.default_rng([seed, unit.number])
    now = np.random.default_rng([seed, unit.number, year])
    maker = {
        "forskola": _preschool,
        "grundskola": _school,
        "fritidshem": _after_school,
        "anpassad_grundskola": _adapted_school,
        "pedagogisk_omsorg": _child_minding,
    }[unit.unit_type]
    staff = 0
    for group, weight in maker(unit, own, now, size.fullness):
        staff += group["headcount"] * weight
        yield group
    yield _group(unit, "PERS", "staff", "", max(3, round(staff)))
    yield _group(unit, "REKT", "principal", "", 1)


def _preschool(
    unit: PlannedUnit, own: np.random.Generator, now: np.random.Generator, fullness: float
) -> Iterator[tuple[Row, float]]:
    for number in range(1, 2 if unit.tiny else 3 + max(0, round(own.integers(2, 6) * fullness))):
        code = f"Avd {number}"
        children = 6 if unit.tiny else int(now.integers(16, 21))
        yield _group(unit, code, "guardian", "", children), 0.22
        if unit.tiny or number > 1:  # The youngest are not interviewed.
            yield _group(unit, code, "child", "", 3 if unit.tiny else max(6, round(children * 0.6))), 0.0


def _school(
    unit: PlannedUnit, own: np.random.Generator, now: np.random.Generator, fullness: float
) -> Iterator[tuple[Row, float]]:
    parallel = max(1, round(own.integers(3, 6) * fullness))
    to_nine = bool(own.random() < SHARE_TO_YEAR_NINE) or unit.code == "G01"
    for year in ("2", "5", "8") if to_nine else ("2", "5"):
        for letter in "ABCDEFGH"[: parallel + (2 if year == "8" else 0)]:
            pupils = int(now.integers(20, 28))
            code = f"{year}{letter}"
            yield _group(unit, code, "guardian", year, pupils), 0.22
            if year != "2":
                yield _group(unit, code, "pupil", year, pupils), 0.0


def _after_school(
    unit: PlannedUnit, own: np.random.Generator, now: np.random.Generator, fullness: float
) -> Iterator[tuple[Row, float]]:
    classes = max(1, round(own.integers(2, 4) * fullness))
    children = 0
    for year in ("2", "3"):
        for letter in "ABC"[:classes]:
            pupils = int(now.integers(18, 25))
            children += pupils
            yield _group(unit, f"{year}{letter}", "pupil", year, pupils), 0.06
    yield _group(unit, "Alla", "guardian", "", round(children * 1.5)), 0.0


def _adapted_school(
    unit: PlannedUnit, own: np.random.Generator, now: np.random.Generator, fullness: float
) -> Iterator[tuple[Row, float]]:
    for number in range(1, 2 + max(1, round(own.integers(2, 4) * fullness))):
        yield _group(unit, f"Grupp {number}", "pupil", "", int(now.integers(6, 10))), 0.7


def _child_minding(
    unit: PlannedUnit, own: np.random.Generator, now: np.random.Generator, fullness: float
) -> Iterator[tuple[Row, float]]:
    if unit.tiny:
        yield _group(unit, "Grupp 1", "guardian", "", 4), 0.2
        return
    for number in range(1, 2 + max(1, round(own.integers(3, 6) * fullness))):
        yield _group(unit, f"Grupp {number}", "guardian", "", int(now.integers(6, 9))), 0.28


def _persons(roster: Roster, seed: int) -> list[Row]:
    """Return who gets a named code: staff, principals, and one or two guardians per child, siblings among them."""
    rng = np.random.default_rng([seed, 77])
    kinds = {row["unit_code"]: row["unit_type"] for row in roster.units}
    persons: list[Row] = []
    households: list[list[str]] = []  # guardians per child, in the order of the children's references
    for group in roster.groups:
        if group["respondent"] in {"staff", "principal"}:
            persons.extend(_employees(group, rng))
        elif group["respondent"] == "guardian" and kinds[group["unit_code"]] != "fritidshem":
            persons.extend(_guardians(group, rng, households))
    for index in rng.choice(len(persons), size=min(PROTECTED_PERSONS, len(persons)), replace=False):
        persons[int(index)].update(protected="true", email="")
    _second_post(persons)
    return persons


def _person(group: Row, ref: str, **more: str) -> Row:
    row = {
        "person_ref": ref,
        "unit_code": group["unit_code"],
        "group_code": group["group_code"],
        "respondent": group["respondent"],
        "email": f"{ref.lower()}@example.org",
        "language": "sv",
        "sex": "",
        "protected": "false",
        "child_ref": "",
    }
    return row | more


def _employees(group: Row, rng: np.random.Generator) -> Iterator[Row]:
    short = "p" if group["respondent"] == "staff" else "r"
    draws: list[float] = rng.random(int(group["headcount"])).tolist()
    for number, draw in enumerate(draws, start=1):
        sex = "kvinna" if draw < SHARE_OF_WOMEN else "man"
        yield _person(group, f"{short}-{group['unit_code']}-{number:03d}", sex=sex if short == "p" else "")


def _guardians(group: Row, rng: np.random.Generator, households: list[list[str]]) -> Iterator[Row]:
    earlier = len(households)
    seen: set[str] = set()
    for sibling, second, tongue in rng.random((group["headcount"], 3)):
        child = f"b-{len(households):06d}"
        guardians = [f"v-{child[2:]}{letter}" for letter in ("ab" if second < SHARE_OF_TWO_GUARDIANS else "a")]
        if sibling < SHARE_OF_SIBLINGS and earlier:
            elder = households[int(rng.integers(0, earlier))]
            # Guardians stand once in a group, so a child whose elder has a sibling here already keeps its own.
            guardians = guardians if elder[0] in seen else elder
            seen.add(elder[0])
        households.append(guardians)
        language = "en" if tongue < SHARE_OF_ENGLISH else "sv"
        for ref in guardians:
            yield _person(group, ref, child_ref=child, language=language)


def _second_post(persons: list[Row]) -> None:
    """Let one teacher stand on two units: the same person answers once for each."""
    teachers = [row for row in persons if row["respondent"] == "staff"]
    first, other = teachers[0], next(row for row in teachers if row["unit_code"] != teachers[0]["unit_code"])
    other.update(person_ref=first["person_ref"], email=first["email"])


def _agreements(size: Size) -> list[Row]:
    """Return the owners' words: two say yes, one for a single unit, one no, and the rest have said nothing."""
    last_preschool = [unit.code for unit in planned_units(size) if unit.owner[0] == "kompass"]
    said: list[Row] = [
        {"provider_code": "angen", "publish": "true", "reference": "Avtal 2026-1"},
        {"provider_code": "lark", "publish": "true", "reference": "Avtal 2026-2"},
        {"provider_code": "hemma", "publish": "false", "reference": "Avböjt 2026-3"},
        *(
            {"provider_code": "kompass", "publish": "true", "reference": "Avtal 2026-4", "unit_code": code}
            for code in last_preschool[:1]
        ),
    ]
    present = {unit.owner[0] for unit in planned_units(size)}
    empty = {"valid_from": "2026-07-01", "valid_to": "", "unit_code": ""}
    return [empty | row for row in said if row["provider_code"] in present]
