"""Reads a cycle's result rows for one audience: published documents only, never the tallies behind them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.cycles import find_cycle
from shared.model.results import AUDIENCES, ResultDocument, latest_result_set

LEVELS = ("unit", "provider", "district", "municipality")


def result_rows(
    session: Session, cycle_key: str, *, level: str | None = None, audience: str = "internal"
) -> list[dict[str, Any]]:
    """Return the rows of the latest result set in the columns and order of ``formats``; nothing there is None.

    ``level`` limits them to one level of the organisation. Raises ``NotFound`` for an unknown cycle and ``Refused``
    (``no_results``) before the first result set, saying what to do.
    """
    _check(level, audience)
    cycle = find_cycle(session, cycle_key)
    latest = latest_result_set(session, cycle)
    if latest is None:
        text = _(
            "Cycle %(cycle)s has no results yet: none of its windows has been counted. "
            "Close one with: sikte cycle close %(cycle)s --wait"
        )
        raise Refused("no_results", text % {"cycle": cycle.key})
    documents = select(ResultDocument).where(
        ResultDocument.result_set_id == latest.id, ResultDocument.audience == audience
    )
    if level is not None:
        documents = documents.where(ResultDocument.level == level)
    return [row for document in session.scalars(documents.order_by(ResultDocument.position)) for row in document.rows]


def _check(level: str | None, audience: str) -> None:
    if audience not in AUDIENCES:
        text = _("There is no audience %(given)s. Use one of: %(known)s.")
        raise Refused("unknown_audience", text % {"given": audience, "known": ", ".join(AUDIENCES)})
    if level is not None and level not in LEVELS:
        text = _("There is no level %(given)s. Use one of: %(known)s.")
        raise Refused("unknown_level", text % {"given": level, "known": ", ".join(LEVELS)})
