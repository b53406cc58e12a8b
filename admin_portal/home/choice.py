"""Which cycle a page is about: the one named, or the year's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.i18n import active_language
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, find_cycle
from shared.questionnaire.definition import in_language

SAME_YEAR = timedelta(days=180)
"""Cycles whose last windows open within this span belong to one year: a trial does not take the year's place."""


class CycleChoice(NamedTuple):
    """A cycle that the reader may turn to."""

    key: str
    title: str
    current: bool


class _Known(NamedTuple):
    cycle: Cycle
    opens_at: datetime
    questionnaires: int


def chosen_cycle(session: Session, key: str) -> tuple[Cycle | None, list[CycleChoice]]:
    """Return the cycle named ``key``, else the current one, and all that are not archived, newest first.

    The current cycle is the largest of those that opened last (``SAME_YEAR``); None while there is no cycle.
    Raises ``NotFound`` for an unknown key.
    """
    known = _known(session)
    if key:
        chosen: Cycle | None = find_cycle(session, key)
    else:
        chosen = _largest(known)
    choices = [
        CycleChoice(one.cycle.key, title_of(one.cycle), chosen is not None and one.cycle.id == chosen.id)
        for one in known
    ]
    return chosen, choices


def title_of(cycle: Cycle) -> str:
    """Return what a cycle is called in the reader's language."""
    return in_language(cycle.title, active_language())


def _largest(known: list[_Known]) -> Cycle | None:
    if not known:
        return None
    recent = [one for one in known if known[0].opens_at - one.opens_at <= SAME_YEAR]
    return max(recent, key=lambda one: one.questionnaires).cycle


def _known(session: Session) -> list[_Known]:
    """Return the cycles that are not archived, those whose windows open last first."""
    last = func.max(CollectionWindow.opens_at)
    rows = session.execute(
        select(
            Cycle,
            last,
            func.count(Questionnaire.id.distinct()),
        )
        .join(CollectionWindow, CollectionWindow.cycle_id == Cycle.id)
        .outerjoin(Questionnaire, Questionnaire.window_id == CollectionWindow.id)
        .where(Cycle.state != "archived")
        .group_by(Cycle.id)
        .order_by(last.desc(), Cycle.id.desc())
    )
    return [_Known(*row) for row in rows]
