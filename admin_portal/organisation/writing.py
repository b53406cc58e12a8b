"""Writes a checked roster into the organisation's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from admin_portal.organisation.comparison import Current, person_key
from admin_portal.organisation.roster_file import GroupKey, GroupRow, PersonRow, UnitRow
from shared.model.organisation import District, Municipality, Person, Provider, Unit, UnitGroup

_BATCH = 500
"""SQLite takes a limited number of values in one statement."""


@dataclass(slots=True)
class _Tree:
    """Municipalities, providers and districts by what names them in the file, made when first met."""

    session: Session
    municipalities: dict[str, Municipality] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    districts: dict[tuple[int, str], District] = field(default_factory=dict)

    def load(self) -> None:
        """Read what is there."""
        self.municipalities = {one.code: one for one in self.session.scalars(select(Municipality))}
        self.providers = {one.code: one for one in self.session.scalars(select(Provider))}
        self.districts = {(one.municipality_id, one.name): one for one in self.session.scalars(select(District))}

    def municipality(self, row: UnitRow) -> Municipality:
        """Return the row's municipality, with the name the row gives."""
        found = self.municipalities.get(row.municipality_code)
        if found is None:
            found = Municipality(code=row.municipality_code, name=row.municipality_name)
            self._add(found)
            self.municipalities[found.code] = found
        found.name = row.municipality_name
        return found

    def provider(self, row: UnitRow, municipality: Municipality) -> Provider:
        """Return the row's provider, with the name and the municipality the row gives."""
        found = self.providers.get(row.provider_code)
        if found is None:
            found = Provider(code=row.provider_code, name=row.provider_name, municipality_id=municipality.id)
            self._add(found)
            self.providers[found.code] = found
        found.name, found.municipality_id = row.provider_name, municipality.id
        return found

    def district(self, row: UnitRow, municipality: Municipality) -> District | None:
        """Return the row's district, if it names one."""
        if not row.district:
            return None
        key = (municipality.id, row.district)
        if key not in self.districts:
            self.districts[key] = District(municipality_id=municipality.id, name=row.district)
            self._add(self.districts[key])
        return self.districts[key]

    def _add(self, row: Municipality | Provider | District) -> None:
        self.session.add(row)
        self.session.flush()


def write_units(session: Session, rows: Sequence[UnitRow], state: Current) -> None:
    """Add and change the units of the file; those that left it are no longer in use."""
    tree = _Tree(session)
    tree.load()
    for row in rows:
        unit = state.units[row.unit_code][0] if row.unit_code in state.units else Unit(code=row.unit_code)
        municipality = tree.municipality(row)
        district = tree.district(row, municipality)
        unit.name, unit.unit_type, unit.regi = row.name, row.unit_type, row.regi
        unit.provider_id = tree.provider(row, municipality).id
        unit.district_id = district.id if district else None
        unit.school_unit_code = row.school_unit_code
        unit.principal_name, unit.principal_email = row.principal_name, row.principal_email
        unit.active = True
        session.add(unit)
    given = {row.unit_code for row in rows}
    for code, (unit, _fields) in state.units.items():
        if code not in given:
            unit.active = False
    session.flush()


def write_groups(session: Session, rows: Sequence[GroupRow], state: Current) -> None:
    """Add and change the groups of the file; those that left it are no longer in use."""
    units: dict[str, int] = dict(session.execute(select(Unit.code, Unit.id)).all())
    for row in rows:
        group = state.groups[row.key][0] if row.key in state.groups else None
        if group is None:
            group = UnitGroup(unit_id=units[row.unit_code], code=row.group_code, respondent=row.respondent)
            session.add(group)
        group.name, group.year, group.headcount = row.name, row.year, row.headcount
        group.active = True
    given = {row.key for row in rows}
    for key, (group, _fields) in state.groups.items():
        if key not in given:
            group.active = False
    session.flush()


def write_persons(session: Session, rows: Sequence[PersonRow], state: Current) -> None:
    """Make the persons those of the file: added, changed, and removed where they left it."""
    groups = _group_ids(session)
    new: list[dict[str, object]] = []
    for row in rows:
        key = person_key(row)
        values = {"email": row.email, "language": row.language, "sex": row.sex, "protected": row.protected}
        if key in state.persons:
            for name, value in values.items():
                setattr(state.persons[key][0], name, value)
        else:
            identity = {"ref": row.person_ref, "group_id": groups[row.group_key], "child_ref": row.child_ref}
            new.append({**identity, **values})
    given = {person_key(row) for row in rows}
    gone = [person.id for key, (person, _fields) in state.persons.items() if key not in given]
    session.flush()
    for start in range(0, len(gone), _BATCH):
        session.execute(delete(Person).where(Person.id.in_(gone[start : start + _BATCH])))
    if new:
        session.execute(insert(Person), new)


def _group_ids(session: Session) -> dict[GroupKey, int]:
    rows = session.execute(
        select(Unit.code, UnitGroup.code, UnitGroup.respondent, UnitGroup.id).join(Unit, Unit.id == UnitGroup.unit_id)
    )
    return {(unit, code, respondent): group_id for unit, code, respondent, group_id in rows}
