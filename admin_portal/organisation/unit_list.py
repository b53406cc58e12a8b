"""The register of units as a list: searched, filtered, sorted and paged in the database, within the reader's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import urlencode

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import units_within
from shared.i18n import gettext as _
from shared.model.organisation import REGI, District, Provider, Unit, UnitGroup
from shared.presentation import words
from shared.questionnaire.definition import UNIT_TYPES

PAGE = 50
SORTS = ("name", "code", "type", "provider", "district")
_ESCAPE = "\\"
_Found: TypeAlias = "Select[Unit, Provider, Any]"
"""Units with their providers and, where they have one, districts."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a reader asks the list for; "" means all."""

    q: str = ""
    type: str = ""
    regi: str = ""
    provider: str = ""
    district: str = ""
    retired: str = ""
    sort: str = "name"
    page: int = 1

    def address(self, **changes: Any) -> str:
        """Return the list's address with this filter, some of it changed."""
        asked = replace(self, **{"page": 1, **changes})
        given = {name: getattr(asked, name) for name in self.__slots__ if getattr(asked, name) not in {"", 1, "name"}}
        return f"/units?{urlencode(given)}" if given else "/units"


class _FilterSchema(Schema):
    class Meta:
        """A hand-written address may hold anything."""

        unknown = EXCLUDE

    q = fields.String(load_default="", validate=validate.Length(max=100))
    type = fields.String(load_default="", validate=validate.OneOf(("", *UNIT_TYPES)))
    regi = fields.String(load_default="", validate=validate.OneOf(("", *REGI)))
    provider = fields.String(load_default="", validate=validate.Length(max=100))
    district = fields.String(load_default="", validate=validate.Length(max=200))
    retired = fields.String(load_default="", validate=validate.OneOf(("", "yes")))
    sort = fields.String(load_default="name", validate=validate.OneOf(SORTS))
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=100_000))


def read_filter(asked: Mapping[str, str]) -> Filter:
    """Return the filter of an address; what makes no sense in it is left out."""
    given = {name: value.strip() for name, value in asked.items()}
    try:
        return Filter(**_FilterSchema().load(given))
    except ValidationError as error:
        faulty = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow 4.4 leaves it untyped
        return Filter(**_FilterSchema().load({name: value for name, value in given.items() if name not in faulty}))


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit of the list."""

    code: str
    name: str
    type: str
    regi: str
    provider: str
    district: str
    groups: int
    active: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the list and the address that sorts by it ("" for one that cannot be sorted by)."""

    label: str
    address: str = ""
    sorted: bool = False
    figure: bool = False


Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class UnitsPage:
    """The list page."""

    filter: Filter
    headings: tuple[Heading, ...]
    lines: tuple[UnitLine, ...]
    found: int
    first: int
    types: Choices
    kinds: Choices
    providers: Choices
    districts: Choices
    earlier: str
    later: str
    download: str
    filtered: bool
    may_import: bool
    may_agree: bool


def units_page(session: Session, actor: Actor, asked: Filter) -> UnitsPage:
    """Return the page of the units that ``actor`` may see and ``asked`` for."""
    scope = units_within(actor, Permission.SEE_UNITS)
    found = session.scalar(select(func.count()).select_from(_chosen(scope, asked).subquery())) or 0
    pages = max(1, -(-found // PAGE))
    asked = replace(asked, page=min(asked.page, pages))
    lines = _lines(session, _sorted(_chosen(scope, asked), asked.sort).limit(PAGE).offset(PAGE * (asked.page - 1)))
    providers, districts = _choices(session, scope)
    download = asked.address(page=1).replace("/units", "/units.csv", 1)
    return UnitsPage(
        filter=asked,
        headings=_headings(asked),
        lines=lines,
        found=found,
        first=PAGE * (asked.page - 1) + 1,
        types=tuple((code, words.unit_type(code)) for code in UNIT_TYPES),
        kinds=tuple((code, words.regi(code)) for code in REGI),
        providers=providers,
        districts=districts,
        earlier=asked.address(page=asked.page - 1) if asked.page > 1 else "",
        later=asked.address(page=asked.page + 1) if asked.page < pages else "",
        download=download,
        filtered=replace(asked, page=1, sort="name") != Filter(),
        may_import=permits(actor, Permission.CHANGE_ROSTER),
        may_agree=permits(actor, Permission.AGREE_TO_PUBLICATION),
    )


def unit_rows(session: Session, actor: Actor, asked: Filter) -> tuple[tuple[str, ...], list[Sequence[object]]]:
    """Return columns and rows of the whole list as a file, in the words of units.csv; addresses for officers only."""
    statement = _sorted(_chosen(units_within(actor, Permission.SEE_UNITS), asked), asked.sort)
    columns: tuple[str, ...] = (
        *("unit_code", "name", "unit_type", "regi", "provider_code", "provider_name", "district"),
        *("school_unit_code", "principal_name"),
    )
    addressed = permits(actor, Permission.CHANGE_ROSTER)
    rows: list[Sequence[object]] = []
    for unit, provider, district in session.execute(statement):
        row: list[object] = [unit.code, unit.name, unit.unit_type, unit.regi, provider.code, provider.name]
        row += [district.name if district else "", unit.school_unit_code, unit.principal_name]
        rows.append([*row, unit.principal_email] if addressed else row)
    return (*columns, "principal_email") if addressed else columns, rows


def _chosen(scope: ColumnElement[bool], asked: Filter) -> _Found:
    statement = (
        select(Unit, Provider, District)
        .join(Provider, Provider.id == Unit.provider_id)
        .outerjoin(District, District.id == Unit.district_id)
        .where(scope)
    )
    if asked.q:
        columns = (Unit.name, Unit.code, Unit.principal_name)
        fitting = (column.ilike(pattern, escape=_ESCAPE) for column in columns for pattern in _patterns(asked.q))
        statement = statement.where(or_(*fitting))
    equal = ((Unit.unit_type, asked.type), (Unit.regi, asked.regi), (Provider.code, asked.provider))
    for column, value in (*equal, (District.name, asked.district)):
        if value:
            statement = statement.where(column == value)
    return statement if asked.retired else statement.where(Unit.active)


def _patterns(wanted: str) -> set[str]:
    """Return what a name must be like: SQLite takes a capital for its small letter from a to z only."""
    literal = wanted.replace(_ESCAPE, _ESCAPE * 2).replace("%", f"{_ESCAPE}%").replace("_", f"{_ESCAPE}_")
    return {f"%{form}%" for form in (literal, literal.lower(), literal.upper(), literal.capitalize(), literal.title())}


def _sorted(statement: _Found, sort: str) -> _Found:
    columns: Mapping[str, Any] = {
        "name": func.lower(Unit.name),
        "code": Unit.code,
        "type": Unit.unit_type,
        "provider": func.lower(Provider.name),
        "district": func.lower(func.coalesce(District.name, "")),
    }
    return statement.order_by(columns[sort], func.lower(Unit.name), Unit.id)


def _lines(session: Session, statement: _Found) -> tuple[UnitLine, ...]:
    rows = session.execute(statement).all()
    numbers: dict[int, int] = dict(
        session.execute(
            select(UnitGroup.unit_id, func.count())
            .where(UnitGroup.unit_id.in_([unit.id for unit, _provider, _district in rows]), UnitGroup.active)
            .group_by(UnitGroup.unit_id)
        ).all()
    )
    return tuple(
        UnitLine(
            code=unit.code,
            name=unit.name,
            type=words.unit_type(unit.unit_type),
            regi=words.regi(unit.regi),
            provider=provider.name,
            district=district.name if district else "",
            groups=numbers.get(unit.id, 0),
            active=unit.active,
        )
        for unit, provider, district in rows
    )


def _choices(session: Session, scope: ColumnElement[bool]) -> tuple[Choices, Choices]:
    """Return the providers and districts that units in ``scope`` belong to."""
    providers = select(Provider.code, Provider.name).join(Unit, Unit.provider_id == Provider.id).where(scope)
    districts = select(District.name).join(Unit, Unit.district_id == District.id).where(scope)
    return (
        tuple((code, name) for code, name in session.execute(providers.distinct().order_by(Provider.name))),
        tuple((name, name) for name in session.scalars(districts.distinct().order_by(District.name))),
    )


def _headings(asked: Filter) -> tuple[Heading, ...]:
    labels = {
        "name": _("Name"),
        "code": _("Code"),
        "type": _("Kind"),
        "provider": _("Run by"),
        "district": _("District"),
    }
    sortable = (Heading(labels[sort], asked.address(sort=sort), sorted=asked.sort == sort) for sort in SORTS)
    return (*sortable, Heading(_("Groups"), figure=True))
