"""A principal shares the unit's released results with the leadership group, and may take that back at any time."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor, Permission, permits
from admin_portal.access.scope import find_unit, place_of
from admin_portal.results.reading import UNIT, visible_rows
from admin_portal.results.views import SharingView
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.accounts import LEADERSHIP, Account, Assignment, Sharing
from shared.model.audit import record
from shared.model.cycles import Cycle, find_cycle
from shared.model.organisation import Unit
from shared.presentation import numbers


def share_results(database: Database, clock: Clock, *, actor: Actor, cycle_key: str, unit_code: str) -> None:
    """Let the unit's leadership group see its results of the cycle from now on; sharing twice changes nothing.

    Raises ``Refused`` (``not_released``) while there is nothing to share, and 403 for anybody but the principal.
    """
    now = clock.now()
    with database.begin() as session:
        cycle, unit = _asked_for(session, actor, cycle_key, unit_code)
        visible = visible_rows(session, actor=actor, cycle=cycle, level=UNIT, node_code=unit.code, now=now)
        if not visible:
            raise Refused("not_released", _("There is nothing to share yet: the results are not released."))
        if _current(session, unit, cycle) is None:
            session.add(Sharing(unit_id=unit.id, cycle_id=cycle.id, shared_by_id=actor.account_id, shared_at=now))
            record(session, at=now, actor=actor.label, action="results.share", subject=f"{cycle.key}/{unit.code}")


def stop_sharing(database: Database, clock: Clock, *, actor: Actor, cycle_key: str, unit_code: str) -> None:
    """Take the sharing back: from now on the leadership group sees nothing; doing it twice changes nothing."""
    now = clock.now()
    with database.begin() as session:
        cycle, unit = _asked_for(session, actor, cycle_key, unit_code)
        standing = list(session.scalars(_standing_for(unit, cycle)))
        for sharing in standing:
            sharing.revoked_at = now
        if standing:
            record(
                session, at=now, actor=actor.label, action="results.stop_sharing", subject=f"{cycle.key}/{unit.code}"
            )


def sharing_view(session: Session, actor: Actor, cycle: Cycle, unit_code: str) -> SharingView | None:
    """Return how the unit's results are shared, for whoever may share them."""
    unit = session.scalars(select(Unit).where(Unit.code == unit_code)).one()
    if not permits(actor, Permission.SHARE_RESULTS, place_of(unit)):
        return None
    sharing = _current(session, unit, cycle)
    return SharingView(
        address=f"/results/{quote(cycle.key)}/units/{quote(unit.code)}/sharing",
        group=f"/units/{quote(unit.code)}/leadership",
        standing="" if sharing is None else _standing(sharing.shared_at),
        people=_leadership_of(session, unit),
    )


def _standing(since: datetime) -> str:
    return _("Shared with the leadership group since %(when)s.") % {"when": numbers.day_and_time(since)}


def _asked_for(session: Session, actor: Actor, cycle_key: str, unit_code: str) -> tuple[Cycle, Unit]:
    return find_cycle(session, cycle_key), find_unit(session, actor, Permission.SHARE_RESULTS, unit_code)


def _standing_for(unit: Unit, cycle: Cycle) -> Select[Sharing]:
    """Return the sharings that stand: one, or two where two clicks came at once."""
    of_unit = select(Sharing).where(Sharing.unit_id == unit.id, Sharing.cycle_id == cycle.id)
    return of_unit.where(Sharing.revoked_at.is_(None)).order_by(Sharing.id)


def _current(session: Session, unit: Unit, cycle: Cycle) -> Sharing | None:
    return session.scalars(_standing_for(unit, cycle).limit(1)).first()


def _leadership_of(session: Session, unit: Unit) -> tuple[str, ...]:
    names = (
        select(Account.name)
        .join(Assignment, Assignment.account_id == Account.id)
        .where(Assignment.role == LEADERSHIP, Assignment.unit_id == unit.id, Account.active)
        .order_by(Account.name)
    )
    return tuple(session.scalars(names))
