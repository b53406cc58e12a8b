"""Who is told about the results of a cycle: principals of its units, area heads of their districts, owners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.i18n import DEFAULT_LANGUAGE
from shared.model.accounts import AREA_HEAD, OWNER, PRINCIPAL, Account, Assignment
from shared.model.cycles import CollectionWindow, FrameGroup, Questionnaire
from shared.model.organisation import Unit

UNITS_PER_PART = 250
"""How many units' letters one transaction writes: that long nobody else writes on SQLite. More are further parts."""

_HOLDER = (Account.id, Account.email, Account.language)


@dataclass(frozen=True, slots=True)
class ToldUnit:
    """A unit with results, and where it belongs."""

    id: int
    code: str
    name: str
    district_id: int | None
    provider_id: int
    email: str
    """The principal's address in the roster, "" when it has none."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody to be told in a ``role``, about ``units``; without an account only the roster knows the address."""

    role: str
    email: str
    language: str
    units: tuple[ToldUnit, ...]
    account_id: int | None = None


def told_units(session: Session, cycle_id: int, windows: Sequence[str]) -> list[ToldUnit]:
    """Return the units that were asked in ``windows`` of a cycle, in the fixed order of their ids."""
    asked = (
        select(FrameGroup.unit_id)
        .join(Questionnaire, Questionnaire.id == FrameGroup.questionnaire_id)
        .join(CollectionWindow, CollectionWindow.id == Questionnaire.window_id)
        .where(CollectionWindow.cycle_id == cycle_id, CollectionWindow.key.in_(windows))
    )
    rows = session.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.district_id, Unit.provider_id, Unit.principal_email)
        .where(Unit.id.in_(asked))
        .order_by(Unit.id)
    )
    return [ToldUnit(*row) for row in rows]


def parts_for(units: Sequence[ToldUnit]) -> range:
    """Return the numbers of the parts in which these units are told, at least one."""
    return range(max(1, -(-len(units) // UNITS_PER_PART)))


def addressees(session: Session, units: Sequence[ToldUnit], *, part: int | None = None) -> list[Addressee]:
    """Return who is told about ``units``: in all, or in one of their parts.

    A principal hears of each unit, area heads and owners (in part 0) once of all theirs. A unit whose principal has no
    account is told at the address in the roster. Nobody is named twice for the same.
    """
    holders = _holders(session)
    some = units if part is None else units[part * UNITS_PER_PART : (part + 1) * UNITS_PER_PART]
    found = [one for unit in some for one in _principals(unit, holders[PRINCIPAL][unit.id])]
    if not part:
        found += _over(AREA_HEAD, units, holders[AREA_HEAD])
        found += _over(OWNER, units, holders[OWNER])
    return found


def unreached(units: Iterable[ToldUnit], told: Iterable[Addressee]) -> list[ToldUnit]:
    """Return the units whose principal nobody can write to."""
    reached = {unit.id for one in told if one.role == PRINCIPAL for unit in one.units}
    return [unit for unit in units if unit.id not in reached]


@dataclass(frozen=True, slots=True)
class _Holder:
    """An active account, as far as it is needed to write to it."""

    id: int
    email: str
    language: str


_Holders = dict[str, dict[int, list[_Holder]]]


def _holders(session: Session) -> _Holders:
    """Return the active accounts by role and by the unit, district or provider it is held over."""
    found: _Holders = {role: defaultdict(list) for role in (PRINCIPAL, AREA_HEAD, OWNER)}
    rows = session.execute(
        select(Assignment.role, Assignment.unit_id, Assignment.district_id, Assignment.provider_id, *_HOLDER)
        .join(Account, Account.id == Assignment.account_id)
        .where(Account.active, Assignment.role.in_(found))
        .order_by(Account.id)
    )
    for role, unit_id, district_id, provider_id, number, email, language in rows:
        place = {PRINCIPAL: unit_id, AREA_HEAD: district_id, OWNER: provider_id}[role]
        holder = _Holder(number, email, language)
        if place is not None and holder not in found[role][place]:
            found[role][place].append(holder)
    return found


def _principals(unit: ToldUnit, accounts: Sequence[_Holder]) -> list[Addressee]:
    if accounts:
        return [Addressee(PRINCIPAL, one.email, one.language, (unit,), one.id) for one in accounts]
    return [Addressee(PRINCIPAL, unit.email.strip(), DEFAULT_LANGUAGE, (unit,))] if unit.email.strip() else []


def _over(role: str, units: Sequence[ToldUnit], holders: dict[int, list[_Holder]]) -> list[Addressee]:
    """Return each holder of ``role`` once, with all the units in the holder's districts or providers."""
    of: dict[int, tuple[_Holder, list[ToldUnit]]] = {}
    for unit in units:
        place = unit.district_id if role == AREA_HEAD else unit.provider_id
        for account in holders.get(place, ()) if place is not None else ():
            of.setdefault(account.id, (account, []))[1].append(unit)
    return [Addressee(role, one.email, one.language, tuple(theirs), one.id) for one, theirs in of.values()]
