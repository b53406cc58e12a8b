"""One-time links with which a person chooses a password: made by an officer, a principal or the command line."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from admin_portal.access.sessions import revoke_sessions_of, session_id
from admin_portal.accounts.passwords import fault_of, hash_password
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.post import CONFIDENTIAL, write_mail
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.i18n import speaking
from shared.model.accounts import Account, AccountLink
from shared.model.audit import record

LASTS = timedelta(days=7)
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Link:
    """A new link: the address to hand over, once; only its hash is kept."""

    address: str = field(repr=False)
    key: bytes = field(repr=False)


def make_link(session: Session, account: Account, *, portal_url: str, now: datetime, actor: str) -> Link:
    """Return a new link for ``account``; those given before are of no use any more. Audited, without the link."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    end_links(session, account.id, now=now)
    link = Link(f"{portal_url.rstrip('/')}/choose-password/{token}", session_id(token))
    session.add(AccountLink(id=link.key, account_id=account.id, expires_at=now + LASTS))
    record(session, at=now, actor=actor, action="account.link_made", subject=f"user:{account.id}")
    return link


def send_link(session: Session, account: Account, link: Link, *, now: datetime) -> None:
    """Write a letter to ``account`` with its link, in its language."""
    with speaking(account.language):
        subject = _("Choose your password for Sikte")
        body = _(
            "Hello %(name)s!\n\n"
            "You have an account in Sikte, where Pedagogcentrum shares results and books quality dialogues. "
            "Choose your password here:\n\n%(address)s\n\n"
            "The link can be used once, within seven days. Afterwards you sign in with this e-mail address. "
            "If you did not expect this letter, you need do nothing.\n\n"
            "Pedagogcentrum"
        ) % {"name": account.name, "address": link.address}
    write_mail(
        session,
        occasion=f"{CONFIDENTIAL}account-link:{link.key.hex()}",
        recipient=account.email,
        language=account.language,
        subject=subject,
        body=body,
        at=now,
    )


def end_links(session: Session, account_id: int, *, now: datetime) -> None:
    """Make the unused links of an account useless."""
    open_ones = update(AccountLink).where(AccountLink.account_id == account_id, AccountLink.expires_at > now)
    session.execute(open_ones.values(expires_at=now).execution_options(synchronize_session=False))


def find_by_link(session: Session, token: str, now: datetime) -> Account:
    """Return whose password ``token`` lets choose; raises ``Refused`` (404) when it does no longer, or never did."""
    link = session.get(AccountLink, session_id(token))
    account = session.get(Account, link.account_id) if link else None
    if link is None or account is None or not account.active or link.used_at is not None or link.expires_at <= now:
        text = _("It has been used, it is older than seven days, or a newer one was made. Ask for a new link.")
        raise Refused("link_over", text, status=404)
    return account


def choose_password(database: Database, clock: Clock, *, token: str, password: str) -> str:
    """Set the password that ``token`` lets choose, once; all the account's sessions end. Returns its e-mail address.

    Raises ``Refused``: ``link_over`` (404), or ``weak_password`` (422) with what is wrong.
    """
    now = clock.now()
    with database.read() as session:
        account = find_by_link(session, token, now)
    demand_strength(account, password)
    hashed = hash_password(password)
    with database.begin() as session:
        session.get(AccountLink, session_id(token), with_for_update=True)
        account = find_by_link(session, token, now)
        session.get_one(AccountLink, session_id(token)).used_at = now
        set_password(session, account, hashed, now=now)
        record(
            session, at=now, actor=f"user:{account.id}", action="account.password_chosen", subject=f"user:{account.id}"
        )
        return account.email


def set_password(session: Session, account: Account, hashed: str, *, now: datetime, but: bytes = b"") -> None:
    """Give ``account`` a password; its sessions end, except the one named ``but``, and so do its links."""
    account.password_hash = hashed
    revoke_sessions_of(session, account.id, now=now, but=but)
    end_links(session, account.id, now=now)


def demand_strength(account: Account, password: str) -> None:
    """Raise ``Refused`` (``weak_password``, 422) with what is wrong with ``password`` for ``account``."""
    fault = fault_of(password, email=account.email, name=account.name)
    if fault:
        raise Refused("weak_password", fault, status=422)
