"""A node's own earlier cycles: the same question followed back through time, with breaks where it is not the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.results.figures import Asked, Figures, questionnaires_of, shown
from admin_portal.results.reading import Row, VisibleRows, visible_rows
from shared.clock import local
from shared.model.cycles import CollectionWindow, Cycle
from shared.questionnaire.comparability import Edition, Meaning, breaks, meaning_of_area, meaning_of_item
from shared.questionnaire.definition import Area, Item


@dataclass(frozen=True, slots=True)
class Round:
    """A node in one cycle: when its collection opened, what was asked, and its visible figures."""

    label: str
    opened: date
    asked: Mapping[str, Asked]
    figures: Figures


@dataclass(frozen=True, slots=True)
class Point:
    """A figure in one cycle, and why it does not continue the one before ("" where it does)."""

    label: str
    row: Row
    break_before: str


def opening_days(session: Session) -> dict[int, date]:
    """Return the Swedish day on which each cycle's first window opened: the order of cycles in time."""
    first = func.min(CollectionWindow.opens_at)
    rows = session.execute(select(CollectionWindow.cycle_id, first).group_by(CollectionWindow.cycle_id))
    return {cycle_id: local(opened).date() for cycle_id, opened in rows}


def rounds_of(
    session: Session,
    *,
    actor: Actor,
    cycle: Cycle,
    level: str,
    node_code: str,
    now: datetime,
    current: VisibleRows,
) -> tuple[Round, ...]:
    """Return the node's rounds that the actor may see, in time order, last ``cycle`` with its ``current`` rows."""
    opened = opening_days(session)
    until = opened[cycle.id]
    earlier = [one for one in session.scalars(select(Cycle)) if one.id in opened and opened[one.id] < until]
    found = []
    for one in sorted(earlier, key=lambda one: (opened[one.id], one.id)):
        rows = visible_rows(session, actor=actor, cycle=one, level=level, node_code=node_code, now=now)
        if rows:
            found.append(Round(one.key, opened[one.id], questionnaires_of(session, one), Figures(rows)))
    found.append(Round(cycle.key, until, questionnaires_of(session, cycle), Figures(current)))
    return _labelled(found)


def series_of_area(rounds: Sequence[Round], asked: Asked, area: Area, battery: str) -> tuple[Point, ...]:
    """Return an area's index through the rounds; rounds in which it was not asked are left out."""
    return _series(_areas(rounds, asked, area.key, battery))


def series_of_item(rounds: Sequence[Round], asked: Asked, item: Item, battery: str) -> tuple[Point, ...]:
    """Return an item's figures through the rounds; rounds in which it was not asked are left out."""
    return _series(_items(rounds, asked, item.key, battery))


Found = tuple[Round, Row, Meaning]


def _series(found: Iterator[Found]) -> tuple[Point, ...]:
    known = list(found)
    reasons = breaks([Edition(one.opened, meaning, shown(row)) for one, row, meaning in known])
    return tuple(Point(one.label, row, reason) for (one, row, _), reason in zip(known, reasons, strict=True))


def _areas(rounds: Sequence[Round], asked: Asked, key: str, battery_key: str) -> Iterator[Found]:
    for one in rounds:
        for other in _same_kind(one, asked):
            battery = other.battery(battery_key)
            row = one.figures.area(other.key, key)
            if battery is None or row is None or row["battery"] != battery_key:
                continue
            area, items = next(pair for pair in other.areas_of(battery) if pair[0].key == key)
            target, shared = other.target, other.shared_code
            yield one, row, meaning_of_area(battery, area, items, target=target, shared_code=shared)
            break


def _items(rounds: Sequence[Round], asked: Asked, key: str, battery_key: str) -> Iterator[Found]:
    for one in rounds:
        for other in _same_kind(one, asked):
            battery = other.battery(battery_key)
            row = one.figures.item(other.key, key)
            if battery is None or row is None or row["battery"] != battery_key:
                continue
            item = other.definition.item(key)
            yield one, row, meaning_of_item(battery, item, target=other.target, shared_code=other.shared_code)
            break


def _same_kind(one: Round, asked: Asked) -> list[Asked]:
    """Return the round's questionnaires to the same kind of respondent, the one of the same name first."""
    same = [other for other in one.asked.values() if other.respondent == asked.respondent]
    return sorted(same, key=lambda other: other.key != asked.key)


def _labelled(found: Sequence[Round]) -> tuple[Round, ...]:
    """Name each round by its year; where a year has several, by its cycle's key."""
    years = [one.opened.year for one in found]
    labels = [str(year) if years.count(year) == 1 else one.label for one, year in zip(found, years, strict=True)]
    return tuple(Round(label, one.opened, one.asked, one.figures) for label, one in zip(labels, found, strict=True))
