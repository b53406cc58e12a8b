"""The register of accounts: added, disabled, enabled, given links and roles; every change is audited."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.access.sessions import revoke_sessions_of
from admin_portal.accounts.links import Link, demand_strength, end_links, make_link, send_link, set_password
from admin_portal.accounts.names import one_spelling
from admin_portal.accounts.own import forget_second_factor
from admin_portal.accounts.passwords import hash_password
from admin_portal.accounts.roles import Role, demand_another_officer, give_role, held_by, take_role
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.post import is_address
from shared.errors import NotFound, Refused
from shared.i18n import DEFAULT_LANGUAGE
from shared.i18n import gettext as _
from shared.model.accounts import OFFICER, Account
from shared.model.audit import record


@dataclass(frozen=True, slots=True)
class Added:
    """A new account, and the link to hand over ("" when a password was given)."""

    account_id: int
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """Who an account is for; ``role`` None makes one that may do nothing yet, ``password`` "" one with a link."""

    email: str
    name: str
    role: Role | None
    language: str = DEFAULT_LANGUAGE
    password: str = field(default="", repr=False)


def add_account(
    database: Database, clock: Clock, *, new: NewAccount, portal_url: str, actor: str, letter: bool = True
) -> Added:
    """Make an account with its first role; without a password it gets a link, also by ``letter``.

    Raises ``Refused`` (422): ``email``, ``name``, ``account_exists``, ``weak_password``, or what the role lacks.
    """
    hashed = hash_password(new.password) if new.password else ""
    now = clock.now()
    with database.begin() as session:
        account = create(session, new, clock=clock, actor=actor)
        if new.role is not None:
            give_role(session, account, new.role, now=now, actor=actor)
        if new.password:
            demand_strength(account, new.password)
            set_password(session, account, hashed, now=now)
            return Added(account.id, "")
        link = make_link(session, account, portal_url=portal_url, now=now, actor=actor)
        if letter:
            send_link(session, account, link, now=now)
        return Added(account.id, link.address)


def create(session: Session, new: NewAccount, *, clock: Clock, actor: str) -> Account:
    """Return a new account without roles, password or link."""
    email, name = one_spelling(new.email), new.name.strip()
    if not is_address(email):
        text = _("This is no e-mail address. Write one address, for example name@example.se.")
        raise Refused("email", text, status=422)
    if not name or not name.isprintable():
        # On one line: it stands in letters, and whoever names a person does not write the letter.
        raise Refused("name", _("Write the person's name."), status=422)
    if session.scalar(select(Account.id).where(Account.email == email)) is not None:
        text = _("%(email)s has an account already. Open it and give it another role.")
        raise Refused("account_exists", text % {"email": email}, status=422)
    now = clock.now()
    account = Account(email=email, name=name, language=new.language, created_at=now)
    session.add(account)
    session.flush()
    record(session, at=now, actor=actor, action="account.added", subject=f"user:{account.id}")
    return account


def set_active(database: Database, clock: Clock, *, account_id: int, active: bool, actor: str) -> bool:
    """Disable or enable an account; disabling ends its sessions and links at once. Returns whether that changed it.

    Raises ``Refused`` (``last_officer``) when nobody could manage accounts afterwards.
    """
    now = clock.now()
    with database.begin() as session:
        account = find_account(session, account_id, lock=True)
        if account.active == active:
            return False
        if not active:
            if any(one.role == OFFICER for one in held_by(session, account_id)):
                demand_another_officer(session, account)
            revoke_sessions_of(session, account_id, now=now)
            end_links(session, account_id, now=now)
        account.active = active
        action = "account.enabled" if active else "account.disabled"
        record(session, at=now, actor=actor, action=action, subject=f"user:{account_id}")
        return True


def add_role(database: Database, clock: Clock, *, account_id: int, role: Role, actor: str) -> bool:
    """Give an account a further role; returns False when it holds it already."""
    with database.begin() as session:
        account = find_account(session, account_id, lock=True)
        return give_role(session, account, role, now=clock.now(), actor=actor)


def remove_role(database: Database, clock: Clock, *, account_id: int, assignment_id: int, actor: str) -> None:
    """Take a role from an account, from its next page on. Raises ``NotFound``, ``Refused`` (``last_officer``)."""
    with database.begin() as session:
        account = find_account(session, account_id, lock=True)
        found = [one for one in held_by(session, account_id) if one.id == assignment_id]
        if not found:
            raise NotFound(_("The account does not hold this role (any more)."))
        take_role(session, account, found[0], now=clock.now(), actor=actor)


def new_link(
    database: Database, clock: Clock, *, account_id: int, portal_url: str, actor: str, letter: bool = True
) -> str:
    """Return the address of a new link, shown once; ``letter`` sends it to the account too.

    Raises ``Refused`` (``disabled``) for a disabled account.
    """
    now = clock.now()
    with database.begin() as session:
        account = find_account(session, account_id, lock=True)
        if not account.active:
            raise Refused("disabled", _("The account is disabled. Enable it first."))
        link = make_link(session, account, portal_url=portal_url, now=now, actor=actor)
        if letter:
            send_link(session, account, link, now=now)
        return link.address


def reset_second_factor(database: Database, clock: Clock, *, account_id: int, actor: str) -> None:
    """Take the second factor off an account whose owner has lost the device; its sessions end."""
    now = clock.now()
    with database.begin() as session:
        forget_second_factor(find_account(session, account_id, lock=True))
        revoke_sessions_of(session, account_id, now=now)
        record(session, at=now, actor=actor, action="account.second_factor_reset", subject=f"user:{account_id}")


def find_account(session: Session, account_id: int, *, lock: bool = False) -> Account:
    """Return an account; raises ``NotFound``. ``lock`` when it is to be changed."""
    account = session.get(Account, account_id, with_for_update=lock or None)
    if account is None:
        raise NotFound(_("There is no such account."))
    return account


def find_by_email(session: Session, email: str) -> Account:
    """Return the account that signs in as ``email``; raises ``NotFound``."""
    account = session.scalar(select(Account).where(Account.email == one_spelling(email)))
    if account is None:
        raise NotFound(_("%(email)s has no account. See: sikte user list") % {"email": email})
    return account


__all__ = [
    "Added",
    "Link",
    "NewAccount",
    "add_account",
    "add_role",
    "create",
    "find_account",
    "find_by_email",
    "new_link",
    "remove_role",
    "reset_second_factor",
    "set_active",
]
