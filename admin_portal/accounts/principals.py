"""Accounts for all principals whom the roster names: what is missing is shown first, then made in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from admin_portal.accounts.links import make_link, send_link
from admin_portal.accounts.names import one_spelling
from admin_portal.accounts.register import NewAccount, create
from admin_portal.accounts.roles import Role, give_role
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.post import is_address
from shared.model.accounts import PRINCIPAL, Account, Assignment
from shared.model.organisation import Unit

_ACCOUNT = (Account.id, Account.email, Account.name, Account.active)
_UNIT = (Unit.id, Unit.code, Unit.name, Unit.principal_name, Unit.principal_email)
"""Of thousands of each only these columns are read: whole objects would take most of a page's time."""

_AccountRow: TypeAlias = Row[int, str, str, bool]
_UnitRow: TypeAlias = Row[int, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A principal whom the roster names and who cannot get at some unit; ``known`` when there is an account already."""

    email: str
    name: str
    units: tuple[str, ...]
    known: bool


@dataclass(frozen=True, slots=True)
class PrincipalPlan:
    """What would be made (``lacking``), the units whose principal the roster does not name, and who is disabled."""

    lacking: tuple[Lacking, ...]
    unnamed: tuple[str, ...]
    disabled: tuple[str, ...]


def plan_principals(session: Session) -> PrincipalPlan:
    """Compare the roster's principals with the accounts."""
    accounts = {row.email: row for row in session.execute(select(*_ACCOUNT))}
    held = _held(session)
    lacking: dict[str, list[_UnitRow]] = {}
    unnamed, disabled = [], []
    for unit in session.execute(select(*_UNIT).where(Unit.active).order_by(Unit.name)):
        email = one_spelling(unit.principal_email)
        account = accounts.get(email)
        if not is_address(email):
            unnamed.append(unit.name)
        elif account is not None and not account.active:
            disabled.append(f"{account.name} ({unit.name})")
        elif account is None or (account.id, unit.id) not in held:
            lacking.setdefault(email, []).append(unit)
    return PrincipalPlan(
        tuple(_lacking(email, units, accounts.get(email)) for email, units in lacking.items()),
        tuple(unnamed),
        tuple(disabled),
    )


def make_principals(database: Database, clock: Clock, *, portal_url: str, actor: str) -> PrincipalPlan:
    """Make the accounts and roles that are lacking, with a letter to who has no password yet; return what was made."""
    now = clock.now()
    with database.begin() as session:
        plan = plan_principals(session)
        known = _locked(session, [person.email for person in plan.lacking])
        for person in plan.lacking:
            account = known.get(person.email)
            if account is None:
                new = NewAccount(email=person.email, name=person.name, role=None)
                account = create(session, new, clock=clock, actor=actor)
            for code in person.units:
                give_role(session, account, Role(PRINCIPAL, code), now=now, actor=actor)
            if not account.password_hash:
                link = make_link(session, account, portal_url=portal_url, now=now, actor=actor)
                send_link(session, account, link, now=now)
        return plan


def _locked(session: Session, emails: list[str]) -> dict[str, Account]:
    """Return the accounts of these addresses, locked before anything is audited: nobody waits in a circle."""
    wanted = select(Account).where(Account.email.in_(emails)).order_by(Account.id).with_for_update()
    return {account.email: account for account in session.scalars(wanted)}


def _held(session: Session) -> set[tuple[int, int]]:
    pairs = select(Assignment.account_id, Assignment.unit_id).where(Assignment.role == PRINCIPAL)
    return {(account_id, unit_id) for account_id, unit_id in session.execute(pairs) if unit_id is not None}


def _lacking(email: str, units: list[_UnitRow], account: _AccountRow | None) -> Lacking:
    named = next((unit.principal_name for unit in units if unit.principal_name), email)
    codes = tuple(unit.code for unit in units)
    return Lacking(email, account.name if account else named, codes, known=account is not None)
