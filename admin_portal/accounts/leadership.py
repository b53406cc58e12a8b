"""The leadership group of a unit: its principal lets members in and out; they see what the principal shares."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_portal.accounts.links import make_link, send_link
from admin_portal.accounts.names import one_spelling
from admin_portal.accounts.register import NewAccount, create, find_account
from admin_portal.accounts.roles import Role, give_role, held_by, take_role
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.accounts import LEADERSHIP, Account, Assignment
from shared.model.organisation import Unit


def members(session: Session, unit: Unit) -> list[tuple[Assignment, Account]]:
    """Return who is in the leadership group of ``unit``, by name."""
    found = select(Assignment, Account).join(Account, Assignment.account_id == Account.id)
    found = found.where(Assignment.role == LEADERSHIP, Assignment.unit_id == unit.id).order_by(Account.name)
    return [(assignment, account) for assignment, account in session.execute(found)]


def add_member(
    database: Database, clock: Clock, *, unit_code: str, email: str, name: str, portal_url: str, actor: str
) -> bool:
    """Let somebody into the leadership group; who has no password yet gets a letter with a link, seen by nobody else.

    Returns False when the person is in it already. Raises ``Refused`` (422) for a faulty name or address, and for an
    account that Pedagogcentrum has disabled.
    """
    now = clock.now()
    with database.begin() as session:
        account = session.scalar(select(Account).where(Account.email == one_spelling(email)).with_for_update())
        if account is None:
            account = create(session, NewAccount(email=email, name=name, role=None), clock=clock, actor=actor)
        elif not account.active:
            text = _("This person's account is disabled. Ask Pedagogcentrum to enable it.")
            raise Refused("email", text, status=422)
        added = give_role(session, account, Role(LEADERSHIP, unit_code), now=now, actor=actor)
        if added and not account.password_hash:
            link = make_link(session, account, portal_url=portal_url, now=now, actor=actor)
            send_link(session, account, link, now=now)
        return added


def remove_member(database: Database, clock: Clock, *, unit: Unit, assignment_id: int, actor: str) -> str:
    """Take somebody out of the leadership group of ``unit``, at once; return the name. ``NotFound`` if gone."""
    with database.begin() as session:
        assignment = session.get(Assignment, assignment_id)
        if assignment is None or (assignment.role, assignment.unit_id) != (LEADERSHIP, unit.id):
            raise NotFound(_("This person is not in the leadership group (any more)."))
        account = find_account(session, assignment.account_id, lock=True)
        current = next((one for one in held_by(session, account.id) if one.id == assignment_id), None)
        if current is None:
            raise NotFound(_("This person is not in the leadership group (any more)."))
        take_role(session, account, current, now=clock.now(), actor=actor)
        return account.name
