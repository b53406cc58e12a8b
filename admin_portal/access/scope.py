"""Which units a query may touch: the policy as an SQL condition, so that nothing outside it is ever read."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from admin_portal.access.policy import MAY, Actor, Held, Permission, Place, permits
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.organisation import Unit


def units_within(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """Return the condition on ``Unit`` that holds for the units at which ``actor`` may do ``permission``."""
    return or_(false(), *(_reach(held) for held in actor.held if permission in MAY.get(held.role, ())))


def sees_all_units(actor: Actor, permission: Permission) -> bool:
    """Whether ``actor`` may do ``permission`` at every unit, and so with the municipality as a whole."""
    return any(
        permission in MAY.get(held.role, ()) and (held.unit_id, held.district_id, held.provider_id) == (None,) * 3
        for held in actor.held
    )


def find_unit(session: Session, actor: Actor, permission: Permission, code: str) -> Unit:
    """Return the unit named ``code``; raises ``NotFound``, or ``Refused`` (403) when it is outside the scope."""
    unit = session.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        raise NotFound(_("There is no unit %(code)s.") % {"code": code})
    demand(actor, permission, place_of(unit))
    return unit


def demand(actor: Actor, permission: Permission, place: Place | None = None) -> None:
    """Raise ``Refused`` (``forbidden``, 403) unless ``actor`` may do ``permission`` (at ``place``)."""
    if not permits(actor, permission, place):
        raise Refused("forbidden", _("Your role does not include this. Ask Pedagogcentrum if it should."), status=403)


def place_of(unit: Unit) -> Place:
    """Return ``unit`` as the policy sees it."""
    return Place(unit.id, unit.district_id, unit.provider_id)


def _reach(held: Held) -> ColumnElement[bool]:
    if held.unit_id is not None:
        return Unit.id == held.unit_id
    if held.district_id is not None:
        # Said so that it is false, never unknown, for a unit without a district: some ask for the contrary.
        return and_(Unit.district_id.is_not(None), Unit.district_id == held.district_id)
    if held.provider_id is not None:
        return Unit.provider_id == held.provider_id
    return true()
