"""Reads the roster's files into rows and holds them against one another, noting every fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from admin_portal.cells import WORD_LENGTH, Cells
from admin_portal.files import Faults, read_table
from admin_portal.organisation.agreement_rows import AGREEMENT_COLUMNS, AgreementRow, read_agreements
from shared.i18n import gettext as _
from shared.model.organisation import REGI
from shared.questionnaire.definition import RESPONDENTS, UNIT_TYPES

UNITS, GROUPS, PERSONS, AGREEMENTS = "units.csv", "groups.csv", "persons.csv", "agreements.csv"
ROSTER_FILES = (UNITS, GROUPS, PERSONS, AGREEMENTS)

_MUNICIPALITY_CODE_LENGTH = 20
_REFERENCE_LENGTH = 100
_UNIT_COLUMNS = (
    (
        "municipality_code",
        "municipality_name",
        "unit_code",
        "name",
        "unit_type",
        "regi",
        "provider_code",
        "provider_name",
    ),
    ("district", "school_unit_code", "principal_name", "principal_email"),
)
_GROUP_COLUMNS = (("unit_code", "group_code", "name", "respondent", "headcount"), ("year",))
_PERSON_COLUMNS = (
    ("person_ref", "unit_code", "group_code", "respondent"),
    ("email", "language", "sex", "protected", "child_ref"),
)
_SCHOOL_UNIT_CODE = re.compile(r"\d{8,9}", re.ASCII)

GroupKey = tuple[str, str, str]
"""Unit code, group code and respondent: what a group is."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A row of units.csv; ``number`` is its row."""

    number: int
    municipality_code: str
    municipality_name: str
    unit_code: str
    name: str
    unit_type: str
    regi: str
    provider_code: str
    provider_name: str
    district: str
    school_unit_code: str
    principal_name: str
    principal_email: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A row of groups.csv."""

    number: int
    unit_code: str
    group_code: str
    name: str
    respondent: str
    year: str
    headcount: int

    @property
    def key(self) -> GroupKey:
        """What the group is."""
        return self.unit_code, self.group_code, self.respondent


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row of persons.csv; a protected person has no e-mail address here."""

    number: int
    person_ref: str
    unit_code: str
    group_code: str
    respondent: str
    email: str
    language: str
    sex: str
    protected: bool
    child_ref: str

    @property
    def group_key(self) -> GroupKey:
        """The group the person belongs to."""
        return self.unit_code, self.group_code, self.respondent


@dataclass(frozen=True, slots=True)
class Roster:
    """What was read; None stands for a file that was not given, which is not the same as an empty one."""

    units: tuple[UnitRow, ...] | None = None
    groups: tuple[GroupRow, ...] | None = None
    persons: tuple[PersonRow, ...] | None = None
    agreements: tuple[AgreementRow, ...] | None = None
    warnings: tuple[str, ...] = ()
    unreadable: frozenset[str] = frozenset()
    """Files of which rows are missing here: what another file says of them cannot be judged."""


_Parsed = TypeVar("_Parsed")


def read_roster(contents: Mapping[str, bytes], faults: Faults, *, no_persons: bool = False) -> Roster:
    """Return the rows of the files in ``contents``, noting the faults of cells; ``roster_rules`` compares rows.

    ``no_persons`` lets persons.csv be without rows.
    """
    may_be_empty = {AGREEMENTS, PERSONS} if no_persons else {AGREEMENTS}
    warnings: list[str] = []
    unreadable: set[str] = set()

    def rows(
        name: str, columns: tuple[tuple[str, ...], tuple[str, ...]], parse: Callable[[Cells], _Parsed]
    ) -> tuple[_Parsed, ...] | None:
        if name not in contents:
            return None
        before = len(faults)
        table = read_table(contents[name], name, faults, required=columns[0], optional=columns[1])
        warnings.extend(table.warnings())
        if len(faults) == before and not table.rows and name not in may_be_empty:
            # Of a register that is imported as a difference, an empty file would put everything out of use.
            remedy = _("Add the rows below the header, or leave the file out.")
            if name == PERSONS:
                remedy = _("Leave the file out; or, if all persons are to be removed, say --allow-removal.")
            faults.add(name, None, "", _("The file holds no rows."), remedy)
        if len(faults) > before:
            unreadable.add(name)
        return tuple(parse(Cells(name, row, faults)) for row in table.rows)

    units = rows(UNITS, _UNIT_COLUMNS, _unit)
    groups = rows(GROUPS, _GROUP_COLUMNS, _group)
    persons = rows(PERSONS, _PERSON_COLUMNS, _person)
    agreements = rows(AGREEMENTS, AGREEMENT_COLUMNS, read_agreements)
    return Roster(units, groups, _protect(persons), agreements, tuple(warnings), frozenset(unreadable))


def _unit(cells: Cells) -> UnitRow:
    return UnitRow(
        number=cells.row.number,
        municipality_code=cells.code("municipality_code", limit=_MUNICIPALITY_CODE_LENGTH),
        municipality_name=cells.name("municipality_name", required=True),
        unit_code=cells.code("unit_code"),
        name=cells.name("name", required=True),
        unit_type=cells.word("unit_type", UNIT_TYPES),
        regi=cells.word("regi", REGI),
        provider_code=cells.code("provider_code"),
        provider_name=cells.name("provider_name", required=True),
        district=cells.name("district"),
        school_unit_code=_school_unit_code(cells),
        principal_name=cells.name("principal_name"),
        principal_email=cells.email("principal_email"),
    )


def _school_unit_code(cells: Cells) -> str:
    value = cells.row["school_unit_code"]
    if not value or _SCHOOL_UNIT_CODE.fullmatch(value):
        return value
    remedy = _("Write its eight digits, leading zeros too, or leave it empty (preschools have none).")
    cells.fault("school_unit_code", _("This is no school unit code."), remedy)
    return ""


def _group(cells: Cells) -> GroupRow:
    return GroupRow(
        number=cells.row.number,
        unit_code=cells.code("unit_code"),
        group_code=cells.code("group_code"),
        name=cells.name("name", required=True),
        respondent=cells.word("respondent", RESPONDENTS),
        year=cells.code("year", required=False, limit=WORD_LENGTH),
        headcount=cells.headcount("headcount"),
    )


def _person(cells: Cells) -> PersonRow:
    respondent = cells.word("respondent", RESPONDENTS)
    child_ref = cells.code("child_ref", required=False, limit=_REFERENCE_LENGTH)
    if respondent == "guardian" and not cells.row["child_ref"]:
        remedy = _("Write the child's reference: the guardians of one child share it.")
        cells.fault("child_ref", _("A guardian has no child."), remedy)
    protected = cells.boolean("protected")
    email = cells.email("email")
    return PersonRow(
        number=cells.row.number,
        person_ref=cells.code("person_ref", limit=_REFERENCE_LENGTH),
        unit_code=cells.code("unit_code"),
        group_code=cells.code("group_code"),
        respondent=respondent,
        email="" if protected else email,
        language=cells.language("language"),
        sex=cells.code("sex", required=False, limit=WORD_LENGTH),
        protected=protected,
        child_ref=child_ref,
    )


def _protect(persons: tuple[PersonRow, ...] | None) -> tuple[PersonRow, ...] | None:
    """Protect a person in all rows when one row says so: a slip in another must not send a letter."""
    if persons is None:
        return None
    protected = {person.person_ref for person in persons if person.protected}
    return tuple(
        replace(person, protected=True, email="") if person.person_ref in protected else person for person in persons
    )
