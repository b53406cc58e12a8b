"""The first page of the results: which cycles this reader has figures of, and where to find the own units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.results.listing import units_with_figures
from admin_portal.results.node_page import Place, waiting_text
from admin_portal.results.reading import source_for
from admin_portal.results.series import opening_days
from admin_portal.results.standing import standing
from admin_portal.results.views import Link
from admin_portal.results.wording import local_text
from shared.model.cycles import Cycle
from shared.presentation import words

MOST_UNITS = 4
"""With more units than this, the way to them goes through the list."""


@dataclass(frozen=True, slots=True)
class CycleLine:
    """A cycle: open to this reader with the own units, or closed with the reason why."""

    address: str
    title: str
    state: str
    standing: tuple[str, ...]
    units: tuple[Link, ...]
    waiting: str


@dataclass(frozen=True, slots=True)
class ChooseView:
    """All cycles that have begun, newest first."""

    cycles: tuple[CycleLine, ...]


def choose_page(session: Session, *, actor: Actor, now: datetime) -> ChooseView:
    """Return the cycles for this reader."""
    opened = opening_days(session)
    begun = [cycle for cycle in session.scalars(select(Cycle)) if cycle.id in opened and cycle.state not in _NOT_BEGUN]
    begun.sort(key=lambda cycle: (opened[cycle.id], cycle.id), reverse=True)
    return ChooseView(tuple(_line(session, actor, cycle, now) for cycle in begun))


_NOT_BEGUN = frozenset({"draft", "scheduled"})


def _line(session: Session, actor: Actor, cycle: Cycle, now: datetime) -> CycleLine:
    source = source_for(session, actor=actor, cycle=cycle, now=now)
    units = units_with_figures(session, actor, cycle, source) if source.sets else []
    few = units if len(units) <= MOST_UNITS else []
    return CycleLine(
        address=f"/results/{quote(cycle.key)}",
        title=local_text(cycle.title),
        state=words.cycle_state(cycle.state),
        standing=standing(session, actor, cycle, now) if units else (),
        units=tuple(Link(Place("unit", unit.code).address(cycle), unit.name) for unit in few),
        waiting="" if units else waiting_text(session, actor, cycle, now),
    )
