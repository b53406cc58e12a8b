"""What the rows of a roster must agree on among themselves and with the units and groups already known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from admin_portal.files import Faults
from admin_portal.organisation.agreement_rows import AgreementRow
from admin_portal.organisation.roster_file import (
    AGREEMENTS,
    GROUPS,
    PERSONS,
    UNITS,
    GroupKey,
    GroupRow,
    PersonRow,
    Roster,
    UnitRow,
)
from shared.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows may refer to besides one another: codes of units with their provider, groups with headcounts."""

    unit_providers: Mapping[str, str] = field(default_factory=dict)
    providers: frozenset[str] = frozenset()
    headcounts: Mapping[GroupKey, int] = field(default_factory=dict)


class _Numbered(Protocol):
    @property
    def number(self) -> int: ...


_Row = TypeVar("_Row", bound=_Numbered)


def check_roster(roster: Roster, known: Known, faults: Faults) -> None:
    """Note every fault between rows: duplicates, contradictions, unknown units and groups, too many persons.

    Against a file that could not be read whole nothing is held: its own fault says enough.
    """
    if roster.units is not None:
        _check_units(roster.units, faults)
    if roster.groups is not None:
        _check_groups(roster.groups, faults)
        if UNITS not in roster.unreadable:
            _check_units_of_groups(roster.groups, _unit_codes(roster, known), faults)
    if roster.persons is not None:
        _check_persons(roster.persons, faults)
        if GROUPS not in roster.unreadable:
            _check_groups_of_persons(roster.persons, _headcounts(roster, known), faults)
    if roster.agreements is not None:
        _check_agreements(roster.agreements, faults)
        if UNITS not in roster.unreadable:
            _check_owners(roster.agreements, _unit_providers(roster, known), _providers(roster, known), faults)


def _unit_codes(roster: Roster, known: Known) -> frozenset[str]:
    if roster.units is None:
        return frozenset(known.unit_providers)
    return frozenset(unit.unit_code for unit in roster.units)


def _unit_providers(roster: Roster, known: Known) -> dict[str, str]:
    given = {unit.unit_code: unit.provider_code for unit in roster.units or ()}
    return {**known.unit_providers, **given}


def _providers(roster: Roster, known: Known) -> frozenset[str]:
    return known.providers | {unit.provider_code for unit in roster.units or ()}


def _headcounts(roster: Roster, known: Known) -> dict[GroupKey, int]:
    if roster.groups is None:
        return dict(known.headcounts)
    return {group.key: group.headcount for group in roster.groups}


def _check_units(units: Iterable[UnitRow], faults: Faults) -> None:
    units = tuple(units)
    _check_unique(UNITS, "unit_code", {unit: unit.unit_code for unit in units}, faults)
    municipalities = {unit: (unit.municipality_code, unit.municipality_name) for unit in units}
    _check_agreeing("municipality_name", "municipality_code", municipalities, faults)
    for column in ("provider_name", "municipality_code", "regi"):
        said = {unit: (unit.provider_code, str(getattr(unit, column))) for unit in units}
        _check_agreeing(column, "provider_code", said, faults)


def _check_unique(file: str, column: str, keys: Mapping[_Row, Hashable], faults: Faults) -> None:
    first: dict[Hashable, int] = {}
    for row, key in keys.items():
        # An empty key is a fault already, of its cell.
        if key in first and key not in {"", ()}:
            problem = _("The row repeats row %(row)d.") % {"row": first[key]}
            faults.add(file, row.number, column, problem, _("Remove one of them, or correct the code."))
        first.setdefault(key, row.number)


def _check_agreeing(column: str, of: str, values: Mapping[UnitRow, tuple[str, str]], faults: Faults) -> None:
    """Note the rows that say something else about a municipality or provider than the first that speaks of it."""
    first: dict[str, tuple[str, int]] = {}
    for row, (owner, value) in values.items():
        said, number = first.setdefault(owner, (value, row.number))
        if owner and value and said and value != said:
            problem = _("%(of)s %(owner)s has %(value)s here, and %(said)s in row %(row)d.")
            remedy = _("Write the same in all its rows, or give one of them another %(of)s.")
            parts = {"of": of, "owner": owner, "value": value, "said": said, "row": number}
            faults.add(UNITS, row.number, column, problem % parts, remedy % {"of": of})


def _check_groups(groups: Iterable[GroupRow], faults: Faults) -> None:
    keys = {group: group.key if all(group.key) else () for group in groups}
    _check_unique(GROUPS, "group_code", keys, faults)


def _check_units_of_groups(groups: Iterable[GroupRow], units: frozenset[str], faults: Faults) -> None:
    for group in groups:
        if group.unit_code and group.unit_code not in units:
            problem = _("Unit %(code)s is not known.") % {"code": group.unit_code}
            remedy = _("Add the unit to units.csv, or correct the code.")
            faults.add(GROUPS, group.number, "unit_code", problem, remedy)


def _check_persons(persons: Iterable[PersonRow], faults: Faults) -> None:
    keys = {person: (person.person_ref, *person.group_key, person.child_ref) for person in persons}
    _check_unique(PERSONS, "person_ref", {row: key if all(key[:4]) else () for row, key in keys.items()}, faults)


def _check_groups_of_persons(persons: Iterable[PersonRow], headcounts: Mapping[GroupKey, int], faults: Faults) -> None:
    invited: dict[GroupKey, set[str]] = defaultdict(set)
    for person in persons:
        if not all(person.group_key):
            continue
        if person.group_key not in headcounts:
            problem = _("Unit %(unit)s has no group %(group)s of kind %(respondent)s.")
            parts = {"unit": person.unit_code, "group": person.group_code, "respondent": person.respondent}
            remedy = _("Add the group to groups.csv, or correct the codes.")
            faults.add(PERSONS, person.number, "group_code", problem % parts, remedy)
            continue
        _check_headcount(person, invited[person.group_key], headcounts[person.group_key], faults)


def _check_headcount(person: PersonRow, invited: set[str], headcount: int, faults: Faults) -> None:
    """Count persons, for guardians children: a child answers once, however many guardians it has."""
    one = person.child_ref if person.respondent == "guardian" else person.person_ref
    if not one or one in invited:
        return
    invited.add(one)
    if len(invited) > headcount:
        what = _("children") if person.respondent == "guardian" else _("persons")
        problem = _("The group has more %(what)s than its headcount, which is %(headcount)d.")
        remedy = _("Raise the headcount in groups.csv, or remove the row.")
        parts = {"what": what, "headcount": headcount}
        faults.add(PERSONS, person.number, "group_code", problem % parts, remedy)


def _check_agreements(agreements: Iterable[AgreementRow], faults: Faults) -> None:
    spans = {row: (row.provider_code, row.unit_code, row.valid_from, row.valid_to) for row in agreements}
    _check_unique(AGREEMENTS, "provider_code", spans, faults)


def _check_owners(
    agreements: Iterable[AgreementRow], unit_providers: Mapping[str, str], providers: frozenset[str], faults: Faults
) -> None:
    for row in agreements:
        if row.provider_code and row.provider_code not in providers:
            problem = _("Provider %(code)s is not known.") % {"code": row.provider_code}
            remedy = _("Correct the code, or add the provider's units to units.csv first.")
            faults.add(AGREEMENTS, row.number, "provider_code", problem, remedy)
        elif row.unit_code and unit_providers.get(row.unit_code) != row.provider_code:
            problem = _("Provider %(provider)s has no unit %(unit)s.")
            parts = {"provider": row.provider_code, "unit": row.unit_code}
            remedy = _("Correct the code, or leave it empty for all the provider's units.")
            faults.add(AGREEMENTS, row.number, "unit_code", problem % parts, remedy)
