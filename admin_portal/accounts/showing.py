"""Reads accounts for pages: the list with its filters, one account, roles in words with their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true
from sqlalchemy.orm import Session

from admin_portal.accounts.roles import Role
from admin_portal.accounts.views import AccountRow, HeldRole, RoleChoice
from shared.i18n import gettext as _
from shared.model.accounts import PLACE_OF_ROLE, ROLES, Account, Assignment
from shared.model.organisation import District, Provider, Unit
from shared.presentation import words

PAGE = 50
MOST_CHOICES = 500
"""Longer lists of units are no help in a form: there the unit's code is written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts are looked for, and which page of them."""

    query: str = ""
    role: str = ""
    page: int = 1

    def address(self, page: int) -> str:
        """Return the address of another page of the same list."""
        given = {"q": self.query, "role": self.role, "page": page if page > 1 else ""}
        chosen = urlencode({name: value for name, value in given.items() if value})
        return f"/accounts?{chosen}" if chosen else "/accounts"


def find_accounts(session: Session, wanted: Wanted) -> tuple[int, list[Account]]:
    """Return how many accounts there are, and those of the page, by name."""
    condition = _condition(wanted)
    total = session.scalar(select(func.count()).select_from(Account).where(condition)) or 0
    some = select(Account).where(condition).order_by(Account.name, Account.id)
    return total, list(session.scalars(some.limit(PAGE).offset((wanted.page - 1) * PAGE)))


def account_rows(session: Session, accounts: Sequence[Account]) -> tuple[AccountRow, ...]:
    """Return ``accounts`` as lines of the list."""
    roles = held_roles(session, [account.id for account in accounts])
    return tuple(
        AccountRow(
            f"/accounts/{account.id}", account.name, account.email, roles.get(account.id, ()), *state_of(account)
        )
        for account in accounts
    )


def state_of(account: Account) -> tuple[str, str]:
    """Return the state of an account in words, and the kind of badge that shows it."""
    if not account.active:
        return _("Disabled"), "late"
    if not account.password_hash:
        return _("Has not chosen a password"), "wait"
    return _("Active"), "good"


def held_roles(session: Session, account_ids: Sequence[int], *, own: int = 0) -> dict[int, tuple[HeldRole, ...]]:
    """Return the roles of accounts in words, with the address that takes each away; ``own`` marks the reader's."""
    found: dict[int, tuple[HeldRole, ...]] = {}
    for assignment, unit, district, provider in session.execute(_assignments(account_ids)):
        place = unit or district or provider or ""
        removal = f"/accounts/{assignment.account_id}/roles/{assignment.id}/remove"
        shown = HeldRole(words.role(assignment.role), place, removal, assignment.account_id == own)
        found[assignment.account_id] = (*found.get(assignment.account_id, ()), shown)
    return found


def role_choices() -> tuple[RoleChoice, ...]:
    """Return the roles in their order, each with what it means."""
    meanings = {
        "officer": _("Sets up and follows the year, releases and publishes. Sees every unit."),
        "area_head": _("Sees a district's released results, takes part in its dialogues and follows its measures."),
        "principal": _("Sees the own unit's released results, books and prepares dialogues, writes measures."),
        "leadership": _("Sees what the principal of the unit shares."),
        "owner": _("Sees the own units, agrees to publication, invites own area heads."),
        "board_reader": _("Reads what is published, and the board's pages."),
        "auditor": _("Reads the audit log."),
    }
    return tuple(RoleChoice(role, words.role(role), meanings[role]) for role in ROLES)


def place_label(role: str) -> str:
    """Return what the place of ``role`` is called, "" for a role without one."""
    return {"unit": _("Unit"), "district": _("District"), "provider": _("Provider")}.get(PLACE_OF_ROLE[role], "")


def places_for(session: Session, role: str) -> tuple[tuple[str, str], ...] | None:
    """Return the places of ``role`` to choose from (value, label); None when a unit's code must be written instead."""
    kind = PLACE_OF_ROLE[role]
    if kind == "district":
        names = session.scalars(select(District.name).order_by(District.name))
        return tuple((name, name) for name in names)
    if kind == "provider":
        rows = session.execute(select(Provider.code, Provider.name).order_by(Provider.name))
        return tuple((code, name) for code, name in rows)
    if kind == "unit":
        units = select(Unit.code, Unit.name).where(Unit.active).order_by(Unit.name).limit(MOST_CHOICES + 1)
        found = tuple((code, f"{name} ({code})") for code, name in session.execute(units))
        return found if len(found) <= MOST_CHOICES else None
    return ()


def role_of(form_role: str, place: str) -> Role:
    """Return the role that a form names; a place that the role has none of is left out."""
    return Role(form_role, place if PLACE_OF_ROLE.get(form_role) else "")


def _assignments(account_ids: Sequence[int]) -> Select[Assignment, str, str, str]:
    return (
        select(Assignment, Unit.name, District.name, Provider.name)
        .outerjoin(Unit, Unit.id == Assignment.unit_id)
        .outerjoin(District, District.id == Assignment.district_id)
        .outerjoin(Provider, Provider.id == Assignment.provider_id)
        .where(Assignment.account_id.in_(account_ids))
        .order_by(Assignment.id)
    )


def _condition(wanted: Wanted) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    if wanted.role in ROLES:
        condition &= _holds(Assignment.role == wanted.role)
    if wanted.query:
        units = select(Unit.id).where(Unit.name.icontains(wanted.query, autoescape=True) | (Unit.code == wanted.query))
        condition &= or_(
            Account.name.icontains(wanted.query, autoescape=True),
            Account.email.icontains(wanted.query, autoescape=True),
            _holds(Assignment.unit_id.in_(units)),
        )
    return condition


def _holds(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Assignment.account_id == Account.id, condition)
