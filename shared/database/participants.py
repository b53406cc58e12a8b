"""Who takes part in a quality dialogue: principals, the slot's officials, area heads and guests, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from shared.i18n import DEFAULT_LANGUAGE
from shared.model.accounts import AREA_HEAD, PRINCIPAL, Account, Assignment
from shared.model.dialogues import Dialogue, DialogueGuest, SlotOfficial
from shared.model.organisation import Unit

OFFICIAL = "official"
GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who takes part. ``role`` is principal, official, area_head or guest; a guest has no account here."""

    name: str
    email: str
    role: str
    language: str
    account_id: int | None = None
    guest_id: int | None = None
    guest_kind: str = ""


def participants(session: Session, dialogue: Dialogue, unit: Unit) -> list[Participant]:
    """Return those who take part in ``dialogue`` as things stand, each e-mail address once, the unit's own first."""
    found = [*principals(session, unit), *_officials(session, dialogue), *_area_heads(session, unit)]
    guests = select(DialogueGuest).where(DialogueGuest.dialogue_id == dialogue.id).order_by(DialogueGuest.id)
    found += [
        Participant(one.name, one.email, GUEST, DEFAULT_LANGUAGE, guest_id=one.id, guest_kind=one.kind)
        for one in session.scalars(guests)
    ]
    return _each_once(found)


def principals(session: Session, unit: Unit) -> list[Participant]:
    """Return the unit's principals: the accounts that hold the role, or else whom the roster names."""
    accounts = _with_role(PRINCIPAL, Assignment.unit_id == unit.id)
    found = [_account(account, PRINCIPAL) for account in session.scalars(accounts)]
    if not found and unit.principal_email:
        found = [Participant(unit.principal_name, unit.principal_email, PRINCIPAL, DEFAULT_LANGUAGE)]
    return _each_once(found)


def units_with_the_same_people(unit: Unit) -> Select[int]:
    """Return the query of the units that cannot meet while ``unit`` does: somebody would be in two places.

    The area heads of a municipal unit take part in all its district's dialogues, and in those of any other district
    they head; a principal of two units leads both.
    """
    other = aliased(Assignment)
    same_person = and_(other.account_id == Assignment.account_id, other.role == Assignment.role)
    active = and_(Account.id == Assignment.account_id, Account.active)
    led_too = (
        select(other.unit_id)
        .join(Assignment, same_person)
        .join(Account, active)
        .where(Assignment.role == PRINCIPAL, Assignment.unit_id == unit.id)
    )
    conditions: list[ColumnElement[bool]] = [Unit.id == unit.id, Unit.id.in_(led_too)]
    if unit.principal_email:
        conditions.append(func.lower(Unit.principal_email) == unit.principal_email.lower())
    if unit.regi == "municipal" and unit.district_id is not None:
        headed_too = (
            select(other.district_id)
            .join(Assignment, same_person)
            .join(Account, active)
            .where(Assignment.role == AREA_HEAD, Assignment.district_id == unit.district_id)
        )
        in_district = or_(Unit.district_id == unit.district_id, Unit.district_id.in_(headed_too))
        conditions.append(and_(Unit.regi == "municipal", in_district))
    return select(Unit.id).where(or_(*conditions))


def _officials(session: Session, dialogue: Dialogue) -> list[Participant]:
    if dialogue.slot_id is None:
        return []
    wanted = (
        select(Account)
        .join(SlotOfficial, SlotOfficial.account_id == Account.id)
        .where(SlotOfficial.slot_id == dialogue.slot_id, Account.active)
        .order_by(Account.id)
    )
    return [_account(account, OFFICIAL) for account in session.scalars(wanted)]


def _area_heads(session: Session, unit: Unit) -> list[Participant]:
    """Return the area heads of a municipal unit; independent owners invite their own."""
    if unit.regi != "municipal" or unit.district_id is None:
        return []
    wanted = _with_role(AREA_HEAD, Assignment.district_id == unit.district_id)
    return [_account(account, AREA_HEAD) for account in session.scalars(wanted)]


def _with_role(role: str, place: ColumnElement[bool]) -> Select[Account]:
    return (
        select(Account)
        .join(Assignment, Assignment.account_id == Account.id)
        .where(Assignment.role == role, place, Account.active)
        .order_by(Account.id)
    )


def _account(account: Account, role: str) -> Participant:
    return Participant(account.name, account.email, role, account.language, account_id=account.id)


def _each_once(found: Iterable[Participant]) -> list[Participant]:
    """Return the first of each address: who is both principal and guest is a principal."""
    by_address: dict[str, Participant] = {}
    for one in found:
        by_address.setdefault(one.email.casefold(), one)
    return list(by_address.values())
