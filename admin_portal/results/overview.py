"""The whole of a cycle (*Helhet*): rates and indexes of all units, and which units certainly differ, never ranked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.results.areas import dot
from admin_portal.results.figures import Asked, Figures, questionnaires_of
from admin_portal.results.listing import UnitRow, certain_words, units_with_figures
from admin_portal.results.node import in_reading_order, rate_view
from admin_portal.results.node_page import Crumbs, Place, crumbs_of, waiting_text
from admin_portal.results.reading import (
    MUNICIPALITY,
    VisibleRows,
    districts_readable,
    municipality_for,
    providers_readable,
    source_for,
    visible_rows,
)
from admin_portal.results.standing import standing
from admin_portal.results.summaries import summaries_of
from admin_portal.results.views import Line, Link, RateView, Waiting
from admin_portal.results.wording import index_line, local_text
from shared.i18n import gettext as _
from shared.model.cycles import Cycle
from shared.presentation import words
from shared.presentation.charts.data import Dot
from shared.presentation.charts.interval_dot import interval_dot
from shared.questionnaire.definition import Battery

MOST_LISTED = 150
"""With more units than this, certain differences are read page by page in the list of units instead."""


@dataclass(frozen=True, slots=True)
class IndexesView:
    """The areas of one battery on one scale."""

    heading: str
    subtitle: str
    chart: Markup
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class DifferentUnit:
    """A unit that certainly differs somewhere from the rest, and where."""

    address: str
    name: str
    higher: str
    lower: str


@dataclass(frozen=True, slots=True)
class OverviewView:
    """A cycle as a whole."""

    title: str
    municipality: str
    crumbs: Crumbs
    standing: tuple[str, ...]
    rates: tuple[RateView, ...]
    indexes: tuple[IndexesView, ...]
    units: int
    different: tuple[DifferentUnit, ...]
    too_many: bool
    details: Link
    list_of_units: Link
    parts: tuple[Link, ...]
    downloads: tuple[Link, ...]


def overview(session: Session, *, actor: Actor, cycle: Cycle, now: datetime) -> OverviewView | Waiting:
    """Return the page of a cycle as a whole for this reader."""
    whole = municipality_for(session, actor, cycle)
    visible = VisibleRows()
    if whole is not None:
        visible = visible_rows(session, actor=actor, cycle=cycle, level=MUNICIPALITY, node_code=whole[0], now=now)
    if not visible:
        text = waiting_text(session, actor, cycle, now)
        return Waiting(local_text(cycle.title), crumbs_of(cycle), _("No results to show yet"), text)
    figures, asked = Figures(visible), questionnaires_of(session, cycle)
    answered = in_reading_order([asked[key] for key in figures.questionnaires])
    units = units_with_figures(session, actor, cycle, source_for(session, actor=actor, cycle=cycle, now=now))
    rates = tuple(rate for one in answered if (rate := rate_view(one, figures)) is not None)
    address = f"/results/{quote(cycle.key)}"
    place = Place(MUNICIPALITY, "").address(cycle)
    return OverviewView(
        title=local_text(cycle.title),
        municipality=figures.name,
        crumbs=crumbs_of(cycle),
        standing=standing(session, actor, cycle, now),
        rates=rates,
        indexes=tuple(view for one in answered for view in indexes_of(figures, one)),
        units=len(units),
        different=_different(session, actor, cycle, units, asked, now),
        too_many=len(units) > MOST_LISTED,
        details=Link(place, _("Every area and question for the whole municipality")),
        list_of_units=Link(f"{address}/units", _("Units")),
        parts=_parts(session, actor, cycle),
        downloads=(Link(f"{place}.csv", _("Figures as CSV")), Link(f"{place}.json", _("Figures as JSON"))),
    )


def indexes_of(figures: Figures, asked: Asked) -> Iterator[IndexesView]:
    """Yield a chart for each battery whose areas have indexes: one scale each."""
    for battery in asked.definition.batteries:
        lines, dots = [], []
        for area, _items in asked.areas_of(battery):
            row = figures.area(asked.key, area.key)
            if row is not None:
                lines.append(index_line(local_text(area.title), row))
                dots.append(dot(local_text(area.title), row))
        if dots:
            who = words.respondents(asked.respondent)
            yield IndexesView(who, local_text(battery.title), _chart(asked, battery, dots), tuple(lines))


def _chart(asked: Asked, battery: Battery, dots: Sequence[Dot]) -> Markup:
    key, maximum = f"indexes-{asked.key}-{battery.key}", float(battery.index_max)
    return Markup(interval_dot(key, local_text(battery.title), dots, maximum=maximum))  # noqa: S704  the chart escapes


def _different(
    session: Session, actor: Actor, cycle: Cycle, units: Sequence[UnitRow], asked: Mapping[str, Asked], now: datetime
) -> tuple[DifferentUnit, ...]:
    """Return the units of the reader's scope that certainly differ, in the order of their names."""
    if len(units) > MOST_LISTED:
        return ()
    source = source_for(session, actor=actor, cycle=cycle, now=now)
    summaries = summaries_of(session, source, [unit.code for unit in units])
    found = []
    for unit in units:
        certain = summaries[unit.code].certain
        if certain:
            higher, lower = (certain_words(certain, asked, higher=side) for side in (True, False))
            found.append(DifferentUnit(Place("unit", unit.code).address(cycle), unit.name, higher, lower))
    return tuple(found)


def _parts(session: Session, actor: Actor, cycle: Cycle) -> tuple[Link, ...]:
    districts = [
        Link(Place("district", code).address(cycle), name) for code, name in districts_readable(session, actor)
    ]
    providers = [
        Link(Place("provider", code).address(cycle), name) for code, name in providers_readable(session, actor)
    ]
    return (*districts, *providers)
