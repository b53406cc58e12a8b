"""Asks for a counted cycle's results anew: after an agreement, for example, that was noted when they were ready."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.cycles.collection import progress
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.cycles import CollectionWindow, Cycle, find_cycle, find_windows
from shared.model.events import RESULTS_REQUESTED, publish


def request_results(database: Database, clock: Clock, *, cycle_key: str, actor: str) -> int:
    """Ask the workers for a new result set of a cycle; returns the id of the window that the request names.

    Raises ``Refused`` when none of its windows is counted, or when earlier work on them is stuck.
    """
    with database.begin() as session:
        cycle = find_cycle(session, cycle_key)
        counted = [window.id for window in find_windows(session, cycle, None) if window.state == "counted"]
        if not counted:
            text = _("Cycle %(cycle)s has nothing to compute results from: none of its windows has been counted.")
            raise Refused("nothing_counted", text % {"cycle": cycle.key})
        refuse_stuck(session, cycle)
        record(session, at=clock.now(), actor=actor, action="results.requested", subject=cycle.key)
        publish(session, RESULTS_REQUESTED, at=clock.now(), window_id=counted[-1])
        return counted[-1]


def refuse_stuck(session: Session, cycle: Cycle) -> None:
    """Raise ``Refused`` (``quarantined``) when work on a window of the cycle is stuck, saying where to look."""
    windows = [window.id for window in find_windows(session, cycle, None)]
    stuck = progress(session, window_ids=windows, until="counted").stuck
    if stuck:
        text = _("Work on cycle %(cycle)s is stuck (delivery %(ids)s). See: sikte deliveries list")
        ids = ", ".join(str(number) for number, _consumer, _error in stuck)
        raise Refused("quarantined", text % {"cycle": cycle.key, "ids": ids})


def cycles_with_results(session: Session) -> list[str]:
    """Return the keys of the cycles that have a counted window, newest last."""
    counted = select(CollectionWindow.cycle_id).where(CollectionWindow.state == "counted")
    return list(session.scalars(select(Cycle.key).where(Cycle.id.in_(counted)).order_by(Cycle.id)))
