"""Reads a cycle's result rows for one audience: published documents only, never the tallies behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, find_cycle
from shared.model.releases import Release
from shared.model.results import AUDIENCES, ResultDocument, ResultSet, latest_result_set

LEVELS = ("unit", "provider", "district", "municipality")


def result_rows(
    session: Session,
    cycle_key: str,
    *,
    level: str | None = None,
    audience: str = "internal",
    release: int | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of the latest result set in the columns and order of ``formats``; nothing there is None.

    ``level`` limits them to one level of the organisation, ``release`` to what that release holds, of its own result
    set. Column ``release`` names the newest release of the result set that covers the row's window, withdrawn ones
    aside. Raises ``NotFound`` for an unknown cycle or release and ``Refused`` (``no_results``) before the first result
    set, saying what to do.
    """
    _check(level, audience)
    cycle = find_cycle(session, cycle_key)
    chosen = None if release is None else _release(session, cycle, release)
    result_set = _latest(session, cycle) if chosen is None else session.get_one(ResultSet, chosen.result_set_id)
    if chosen is None:
        rows, numbers = _rows(session, result_set, level, audience), _release_numbers(session, result_set)
        return [{**row, "release": numbers.get(row["questionnaire"])} for row in rows]
    covered = {key for key, window in _windows(session, cycle).items() if window in chosen.windows}
    rows = _rows(session, result_set, level, audience)
    return [{**row, "release": chosen.number} for row in rows if row["questionnaire"] in covered]


def _rows(session: Session, result_set: ResultSet, level: str | None, audience: str) -> Iterator[dict[str, Any]]:
    documents = select(ResultDocument).where(
        ResultDocument.result_set_id == result_set.id, ResultDocument.audience == audience
    )
    if level is not None:
        documents = documents.where(ResultDocument.level == level)
    for document in session.scalars(documents.order_by(ResultDocument.position)):
        yield from document.rows


def _latest(session: Session, cycle: Cycle) -> ResultSet:
    latest = latest_result_set(session, cycle)
    if latest is None:
        text = _(
            "Cycle %(cycle)s has no results yet: none of its windows has been counted. "
            "Close one with: sikte cycle close %(cycle)s --wait"
        )
        raise Refused("no_results", text % {"cycle": cycle.key})
    return latest


def _release(session: Session, cycle: Cycle, number: int) -> Release:
    every = session.scalars(select(Release).where(Release.cycle_id == cycle.id).order_by(Release.number))
    releases = {release.number: release for release in every}
    if number not in releases:
        known = ", ".join(map(str, releases)) or _("none yet")
        text = _("Cycle %(cycle)s has no release %(number)d. Releases: %(known)s.")
        raise NotFound(text % {"cycle": cycle.key, "number": number, "known": known})
    return releases[number]


def _release_numbers(session: Session, result_set: ResultSet) -> Mapping[str, int]:
    """Return by questionnaire the number of the newest release of ``result_set`` that covers it."""
    releases = session.scalars(
        select(Release)
        .where(Release.result_set_id == result_set.id, Release.withdrawn_at.is_(None))
        .order_by(Release.number)
    )
    newest = {window: release.number for release in releases for window in release.windows}
    windows = _windows(session, session.get_one(Cycle, result_set.cycle_id))
    return {key: newest[window] for key, window in windows.items() if window in newest}


def _windows(session: Session, cycle: Cycle) -> Mapping[str, str]:
    """Return the window of each of the cycle's questionnaires, by key."""
    rows = session.execute(
        select(Questionnaire.key, CollectionWindow.key)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(Questionnaire.cycle_id == cycle.id)
    )
    return {row[0]: row[1] for row in rows}


def _check(level: str | None, audience: str) -> None:
    if audience not in AUDIENCES:
        text = _("There is no audience %(given)s. Use one of: %(known)s.")
        raise Refused("unknown_audience", text % {"given": audience, "known": ", ".join(AUDIENCES)})
    if level is not None and level not in LEVELS:
        text = _("There is no level %(given)s. Use one of: %(known)s.")
        raise Refused("unknown_level", text % {"given": level, "known": ", ".join(LEVELS)})
