"""Holds a roster's rows against the organisation as it stands in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.organisation.difference import ACTIVE, ADDED, CHANGED, GONE, Change
from admin_portal.organisation.roster_file import GroupKey, GroupRow, PersonRow, Roster, UnitRow
from admin_portal.organisation.roster_rules import Known
from shared.i18n import gettext as _
from shared.model.organisation import District, Municipality, Person, Provider, Unit, UnitGroup

PersonKey = tuple[str, GroupKey, str]
"""Reference, group and child's reference: a guardian of twins in one group stands there twice."""
Fields = dict[str, str]
_Key = TypeVar("_Key", str, GroupKey)


@dataclass(frozen=True, slots=True)
class Current:
    """The organisation with what the files say of it: each row of the database beside its fields as text."""

    units: Mapping[str, tuple[Unit, Fields]]
    groups: Mapping[GroupKey, tuple[UnitGroup, Fields]]
    persons: Mapping[PersonKey, tuple[Person, Fields]]
    providers: frozenset[str]

    def known(self) -> Known:
        """Return what the rows of a file may refer to."""
        return Known(
            unit_providers={
                code: fields["provider_code"] for code, (unit, fields) in self.units.items() if unit.active
            },
            providers=self.providers,
            headcounts={key: group.headcount for key, (group, _fields) in self.groups.items() if group.active},
        )


def current(session: Session) -> Current:
    """Read the organisation, units and groups no longer in use included."""
    units = {
        unit.code: (unit, _unit_fields(unit, provider, municipality, district))
        for unit, provider, municipality, district in session.execute(
            select(Unit, Provider, Municipality, District)
            .join(Provider, Provider.id == Unit.provider_id)
            .join(Municipality, Municipality.id == Provider.municipality_id)
            .outerjoin(District, District.id == Unit.district_id)
        )
    }
    groups = {
        (unit_code, group.code, group.respondent): (group, _group_fields(group))
        for group, unit_code in session.execute(select(UnitGroup, Unit.code).join(Unit, Unit.id == UnitGroup.unit_id))
    }
    group_keys = {group.id: key for key, (group, _fields) in groups.items()}
    persons = {
        (person.ref, group_keys[person.group_id], person.child_ref): (person, _person_fields(person))
        for person in session.scalars(select(Person))
    }
    return Current(units, groups, persons, frozenset(session.scalars(select(Provider.code))))


def _unit_fields(unit: Unit, provider: Provider, municipality: Municipality, district: District | None) -> Fields:
    return {
        "municipality_code": municipality.code,
        "municipality_name": municipality.name,
        "name": unit.name,
        "unit_type": unit.unit_type,
        "regi": unit.regi,
        "provider_code": provider.code,
        "provider_name": provider.name,
        "district": district.name if district else "",
        "school_unit_code": unit.school_unit_code,
        "principal_name": unit.principal_name,
        "principal_email": unit.principal_email,
        ACTIVE: _yes_or_no(value=unit.active),
    }


def _group_fields(group: UnitGroup) -> Fields:
    return {
        "name": group.name,
        "year": group.year,
        "headcount": str(group.headcount),
        ACTIVE: _yes_or_no(value=group.active),
    }


def _person_fields(person: Person | PersonRow) -> Fields:
    return {
        "email": person.email,
        "language": person.language,
        "sex": person.sex,
        "protected": _yes_or_no(value=person.protected),
    }


def _yes_or_no(*, value: bool) -> str:
    return _("yes") if value else _("no")


def unit_row_fields(row: UnitRow) -> Fields:
    """Return what a row says of its unit."""
    values = {name: str(value) for name, value in asdict(row).items() if name not in {"number", "unit_code"}}
    return {**values, ACTIVE: _yes_or_no(value=True)}


def group_row_fields(row: GroupRow) -> Fields:
    """Return what a row says of its group."""
    return {
        "name": row.name,
        "year": row.year,
        "headcount": str(row.headcount),
        ACTIVE: _yes_or_no(value=True),
    }


def person_key(row: PersonRow) -> PersonKey:
    """Return what tells a person's row from all others."""
    return row.person_ref, row.group_key, row.child_ref


def compare(roster: Roster, state: Current) -> Iterator[Change]:
    """Yield every change the given files make; a file that was not given changes nothing."""
    if roster.units is not None:
        given = {row.unit_code: unit_row_fields(row) for row in roster.units}
        now = {code: fields for code, (_unit, fields) in state.units.items()}
        yield from _changes("unit", given, now, str)
    if roster.groups is not None:
        groups = {row.key: group_row_fields(row) for row in roster.groups}
        now_groups = {key: fields for key, (_group, fields) in state.groups.items()}
        yield from _changes("group", groups, now_groups, group_label)
    if roster.persons is not None:
        yield from _person_changes(roster.persons, state)


def group_label(key: GroupKey) -> str:
    """Return a group's name for people: unit, group and respondent."""
    return " ".join(key)


def _changes(
    kind: str, given: Mapping[_Key, Fields], now: Mapping[_Key, Fields], label: Callable[[_Key], str]
) -> Iterator[Change]:
    for key, fields in given.items():
        if key not in now:
            yield Change(kind, ADDED, label(key))
        elif changed := _differing(now[key], fields):
            yield Change(kind, CHANGED, label(key), changed)
    for key, fields in now.items():
        if key not in given and fields[ACTIVE] == _yes_or_no(value=True):
            yield Change(kind, GONE, label(key))


def _person_changes(persons: Sequence[PersonRow], state: Current) -> Iterator[Change]:
    given = {person_key(row): row for row in persons}
    for key, row in given.items():
        if key not in state.persons:
            yield Change("person", ADDED, row.person_ref, place=group_label(row.group_key))
        elif changed := _differing(state.persons[key][1], _person_fields(row)):
            yield Change("person", CHANGED, row.person_ref, changed, place=group_label(row.group_key))
    for ref, group, child in state.persons:
        if (ref, group, child) not in given:
            yield Change("person", GONE, ref, place=group_label(group))


def _differing(now: Fields, given: Fields) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, now[name], value) for name, value in given.items() if now[name] != value)
