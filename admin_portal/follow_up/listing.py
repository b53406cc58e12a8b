"""The list of measures: by district with what is late first, filtered and paged, and the same as rows of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import units_within
from admin_portal.dialogues.round_page import paged
from shared.i18n import gettext as _
from shared.model.dialogues import MEASURE_STATES, Dialogue, DialogueRound, Measure, MeasureNote
from shared.model.organisation import District, Unit
from shared.presentation.numbers import day
from shared.presentation.words import measure_state

PAGE = 50
MOST_TO_CHOOSE = 200
"""Up to how many units can be chosen in a list; beyond it they are searched for."""
COLUMNS = (
    *("id", "unit_code", "unit", "district", "title", "cause", "owner", "due_on", "late", "state"),
    *("indicator", "expected_effect", "round", "last_note"),
)
KIND_OF_STATE = {"planned": "wait", "ongoing": "calm", "done": "good", "dropped": "calm"}
OPEN = Measure.state.in_(("planned", "ongoing"))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which measures are looked for; "" for all. ``late``: only those past their date."""

    q: str = ""
    district: str = ""
    unit: str = ""
    state: str = ""
    late: str = ""
    page: int = 1

    @property
    def query(self) -> str:
        """The filter as the end of an address, without the page."""
        parts = {name: getattr(self, name) for name in ("q", "district", "unit", "state", "late")}
        return urlencode({name: value for name, value in parts.items() if value})

    @property
    def chosen(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.query)


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """A measure in a list."""

    address: str
    title: str
    unit: str
    owner: str
    due: str
    state_word: str
    kind: str
    late: bool
    indicator: str


@dataclass(frozen=True, slots=True)
class DistrictPart:
    """The measures of a district on this page; ``name`` is "" where there is only one district to show."""

    name: str
    lines: tuple[MeasureLine, ...]


@dataclass(frozen=True, slots=True)
class Tallies:
    """How many measures there are within the scope, whatever the filter."""

    late: int
    open: int
    closed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.open + self.closed


@dataclass(frozen=True, slots=True)
class MeasuresPage:
    """The page of measures."""

    parts: tuple[DistrictPart, ...]
    found: int
    tallies: Tallies
    filter: Filter
    districts: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    may_write: bool
    download: str
    earlier: str
    later: str
    place: str


def measures_page(session: Session, actor: Actor, wanted: Filter, today: date) -> MeasuresPage:
    """Return the page for ``actor``: only measures of units within the scope are ever read."""
    within = units_within(actor, Permission.SEE_MEASURES)
    condition = and_(within, _condition(wanted, today))
    found = session.scalar(_joined(select(func.count(Measure.id))).where(condition)) or 0
    pager = paged(wanted.page, found, PAGE)
    rows = session.execute(_ordered(condition, today).offset((pager.page - 1) * PAGE).limit(PAGE))
    lines = [(district or "", line_of(measure, unit.name, today)) for measure, unit, district in rows]
    districts = _districts(session, within)
    parts = tuple(
        DistrictPart((name or _("Without a district")) if len(districts) > 1 else "", tuple(line for _n, line in some))
        for name, some in groupby(lines, key=lambda pair: pair[0])
    )
    return MeasuresPage(
        parts=parts,
        found=found,
        tallies=_tallies(session, within, today),
        filter=wanted,
        districts=tuple((name, name) for name in districts),
        units=_units(session, within),
        states=tuple((state, measure_state(state)) for state in MEASURE_STATES),
        may_write=permits(actor, Permission.WRITE_MEASURES),
        download=_address("/measures/list.csv", wanted),
        earlier=_address("/measures", wanted, pager.earlier) if pager.earlier else "",
        later=_address("/measures", wanted, pager.later) if pager.later else "",
        place=_("Page %(page)d of %(pages)d") % {"page": pager.page, "pages": pager.pages},
    )


def line_of(measure: Measure, unit_name: str, today: date) -> MeasureLine:
    """Return a measure as a line of a list."""
    late = measure.late(today)
    return MeasureLine(
        f"/measures/{measure.id}",
        measure.title,
        unit_name,
        measure.owner,
        day(measure.due_on),
        _("Late") if late else measure_state(measure.state),
        "late" if late else KIND_OF_STATE[measure.state],
        late,
        measure.indicator,
    )


def measure_rows(
    session: Session, wanted: Filter, today: date, within: ColumnElement[bool] | None = None
) -> Iterator[Mapping[str, object]]:
    """Yield the measures with all that is agreed on, as rows with ``COLUMNS``; ``within`` limits the units."""
    condition = and_(true() if within is None else within, _condition(wanted, today))
    newest = select(func.max(MeasureNote.id)).where(MeasureNote.text != "").group_by(MeasureNote.measure_id)
    rows = session.execute(
        _ordered(condition, today)
        .outerjoin(Dialogue, Dialogue.id == Measure.dialogue_id)
        .outerjoin(DialogueRound, DialogueRound.id == Dialogue.round_id)
        .outerjoin(MeasureNote, and_(MeasureNote.measure_id == Measure.id, MeasureNote.id.in_(newest)))
        .add_columns(DialogueRound.key, MeasureNote.text)
    )
    for measure, unit, district, round_key, note in rows:
        yield {
            "id": measure.id,
            "unit_code": unit.code,
            "unit": unit.name,
            "district": district or "",
            "title": measure.title,
            "cause": measure.cause,
            "owner": measure.owner,
            "due_on": measure.due_on.isoformat(),
            "late": measure.late(today),
            "state": measure.state,
            "indicator": measure.indicator,
            "expected_effect": measure.expected_effect,
            "round": round_key or "",
            "last_note": note or "",
        }


def _joined(query: Select[int]) -> Select[int]:
    return query.join(Unit, Unit.id == Measure.unit_id).outerjoin(District, District.id == Unit.district_id)


def _ordered(condition: ColumnElement[bool], today: date) -> Select[Measure, Unit, str]:
    """Return measures by district; in each what is late first, then what is to come by date, then what is closed."""
    rank = case((and_(OPEN, Measure.due_on < today), 0), (OPEN, 1), else_=2)
    return (
        select(Measure, Unit, District.name)
        .join(Unit, Unit.id == Measure.unit_id)
        .outerjoin(District, District.id == Unit.district_id)
        .where(condition)
        .order_by(District.name.is_(None), District.name, rank, Measure.due_on, Unit.name, Measure.id)
    )


def _condition(wanted: Filter, today: date) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    if wanted.district:
        condition &= District.name == wanted.district
    if wanted.unit:
        condition &= Unit.code == wanted.unit
    if wanted.state:
        condition &= Measure.state == wanted.state
    if wanted.late:
        condition &= and_(OPEN, Measure.due_on < today)
    if wanted.q:
        columns = (Measure.title, Measure.owner, Measure.cause, Measure.indicator, Unit.name, Unit.code)
        condition &= or_(*(column.icontains(wanted.q, autoescape=True) for column in columns))
    return condition


def _tallies(session: Session, within: ColumnElement[bool], today: date) -> Tallies:
    late, still, total = session.execute(
        select(
            func.count().filter(and_(OPEN, Measure.due_on < today)), func.count().filter(OPEN), func.count(Measure.id)
        )
        .join(Unit, Unit.id == Measure.unit_id)
        .where(within)
    ).one()
    return Tallies(late, still, total - still)


def _districts(session: Session, within: ColumnElement[bool]) -> list[str]:
    names = select(District.name).join(Unit, Unit.district_id == District.id).where(within).distinct()
    return list(session.scalars(names.order_by(District.name)))


def _units(session: Session, within: ColumnElement[bool]) -> tuple[tuple[str, str], ...]:
    wanted = select(Unit.code, Unit.name).where(within, Unit.active).order_by(Unit.name).limit(MOST_TO_CHOOSE + 1)
    found = tuple((code, name) for code, name in session.execute(wanted))
    return found if 1 < len(found) <= MOST_TO_CHOOSE else ()


def _address(path: str, wanted: Filter, page: int = 0) -> str:
    query = "&".join(part for part in (wanted.query, f"page={page}" if page > 1 else "") if part)
    return f"{path}?{query}" if query else path
