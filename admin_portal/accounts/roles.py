"""Roles over places: which unit, district or provider is meant, who holds what, and what must never be left undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.accounts import AUDITOR, OFFICER, PLACE_OF_ROLE, Account, Assignment
from shared.model.audit import record
from shared.model.organisation import District, Provider, Unit

_PLACES = {
    "unit": (Unit.id, Unit.code),
    "district": (District.id, District.name),
    "provider": (Provider.id, Provider.code),
}


@dataclass(frozen=True, slots=True)
class Role:
    """A role and the place it is meant for: a unit's code, a district's name, a provider's code, or ""."""

    role: str
    place: str = ""


def give_role(session: Session, account: Account, role: Role, *, now: datetime, actor: str) -> bool:
    """Let ``account`` hold ``role``, audited; returns False, and changes nothing, when it does already.

    Raises ``NotFound`` or ``Refused`` (422) for a place that does not exist or fit, and for one person who would both
    decide and check (officer and auditor).
    """
    place = resolve(session, role)
    held = held_by(session, account.id)
    if any(one.role == role.role and _places(one) == place for one in held):
        return False
    roles = {one.role for one in held} | {role.role}
    if {OFFICER, AUDITOR} <= roles:
        text = _("One person cannot be both officer and auditor: the auditor checks what officers do.")
        raise Refused("roles_exclude", text, status=422)
    session.add(Assignment(account_id=account.id, role=role.role, **place))
    subject = f"user:{account.id}"
    record(session, at=now, actor=actor, action="account.role_given", subject=subject, role=role.role, place=role.place)
    return True


def take_role(session: Session, account: Account, assignment: Assignment, *, now: datetime, actor: str) -> None:
    """Take a role from ``account``, audited. Raises ``Refused`` (``last_officer``) for the last officer."""
    if assignment.role == OFFICER and account.active:
        demand_another_officer(session, account)
    place = place_name(session, assignment)
    session.delete(assignment)
    subject = f"user:{account.id}"
    record(
        session, at=now, actor=actor, action="account.role_taken", subject=subject, role=assignment.role, place=place
    )


def drop_role(session: Session, account: Account, role: Role, *, now: datetime, actor: str) -> None:
    """Take ``role`` from ``account``; raises ``NotFound`` when it does not hold it, and as ``take_role`` does."""
    place = resolve(session, role)
    found = [one for one in held_by(session, account.id) if one.role == role.role and _places(one) == place]
    if not found:
        raise NotFound(_("The account does not hold this role (any more)."))
    for assignment in found:
        take_role(session, account, assignment, now=now, actor=actor)


def demand_another_officer(session: Session, account: Account) -> None:
    """Raise ``Refused`` (``last_officer``) unless somebody else than ``account`` is an active officer."""
    others = select(Account.id).join(Assignment, Assignment.account_id == Account.id)
    others = others.where(Assignment.role == OFFICER, Account.active, Account.id != account.id).order_by(Account.id)
    # Locked, so that two officers who remove each other at once do not both succeed.
    if session.scalars(others.limit(1).with_for_update()).first() is None:
        text = _("This is the last officer: nobody could manage accounts afterwards. Make another officer first.")
        raise Refused("last_officer", text)


def resolve(session: Session, role: Role) -> dict[str, int | None]:
    """Return the columns of an assignment that hold the place of ``role``."""
    place: dict[str, int | None] = {"unit_id": None, "district_id": None, "provider_id": None}
    if role.role not in PLACE_OF_ROLE:
        known = ", ".join(PLACE_OF_ROLE)
        raise Refused(
            "role", _("There is no role %(role)s. Roles: %(known)s.") % {"role": role.role, "known": known}, status=422
        )
    kind = PLACE_OF_ROLE[role.role]
    if bool(kind) != bool(role.place):
        raise Refused("role_place", _place_needed(role.role, kind), status=422)
    if kind:
        key, name = _PLACES[kind]
        found = session.scalar(select(key).where(name == role.place))
        if found is None:
            raise NotFound(_unknown(kind) % {"place": role.place})
        place[f"{kind}_id"] = found
    return place


def place_name(session: Session, assignment: Assignment) -> str:
    """Return the code or name of the place that ``assignment`` is for, "" for none."""
    for kind, (key, name) in _PLACES.items():
        place_id = getattr(assignment, f"{kind}_id")
        if place_id is not None:
            return session.scalar(select(name).where(key == place_id)) or ""
    return ""


def held_by(session: Session, account_id: int) -> list[Assignment]:
    """Return the roles of an account."""
    mine = select(Assignment).where(Assignment.account_id == account_id).order_by(Assignment.id)
    return list(session.scalars(mine))


def _places(assignment: Assignment) -> dict[str, int | None]:
    return {name: getattr(assignment, name) for name in ("unit_id", "district_id", "provider_id")}


def _place_needed(role: str, kind: str) -> str:
    texts = {
        "": _("The role %(role)s is held over the whole municipality. Name no place."),
        "unit": _("Say at which unit the role %(role)s is held."),
        "district": _("Say over which district the role %(role)s is held."),
        "provider": _("Say for which provider the role %(role)s is held."),
    }
    return texts[kind] % {"role": role}


def _unknown(kind: str) -> str:
    return {
        "unit": _("There is no unit %(place)s."),
        "district": _("There is no district %(place)s."),
        "provider": _("There is no provider %(place)s."),
    }[kind]
