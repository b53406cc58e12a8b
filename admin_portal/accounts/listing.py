"""The accounts as rows for programs."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from admin_portal.accounts.roles import place_name
from shared.model.accounts import Account

COLUMNS = ("email", "name", "roles", "active", "password", "second_factor", "language")


def list_accounts(session: Session) -> list[dict[str, object]]:
    """Return the accounts by address; ``roles`` as ``principal:A``, ``password`` whether one was chosen."""
    accounts = session.scalars(select(Account).options(selectinload(Account.assignments)).order_by(Account.email))
    return [
        {
            "email": account.email,
            "name": account.name,
            "roles": [":".join(filter(None, (one.role, place_name(session, one)))) for one in account.assignments],
            "active": account.active,
            "password": bool(account.password_hash),
            "second_factor": account.totp_confirmed_at is not None,
            "language": account.language,
        }
        for account in accounts
    ]
