"""Signing in and out: the password, then the second factor if there is one, each try slowed down by those before."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_portal.access.sessions import find_waiting, revoke_session, session_id, start_session
from admin_portal.accounts.names import one_spelling
from admin_portal.accounts.passwords import hash_password, outdated, verifies
from admin_portal.accounts.throttle import CODE, Keys, Limit, give_back, key_of, keys_of, take_try
from admin_portal.accounts.totp import accepted_step, open_secret
from shared.clock import Clock, unmoved
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.accounts import Account

MOST_CODES = 5
"""How many wrong one-time codes a begun sign-in survives."""

_log = structlog.get_logger("sikte.accounts")


@dataclass(frozen=True, slots=True)
class Door:
    """Where people come in: the database, the clock, the application's secret, and the address they come from."""

    database: Database
    clock: Clock
    secret_key: str = field(repr=False)
    address: str

    def keys(self, email: str) -> dict[bytes, Limit]:
        """Return what a try as ``email`` counts for."""
        return keys_of(self.secret_key, email=email, address=self.address)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun: the token of its cookie, and whether it is open or waits for the second factor."""

    token: str = field(repr=False)
    passed: bool


def sign_in(door: Door, *, email: str, password: str, before: str = "") -> SignedIn:
    """Begin a session for whoever gives the right password; the one that ``before`` is the token of ends.

    Raises ``Refused`` (``wrong``) with one answer, after one amount of work, for an unknown name, a wrong password and
    a disabled account; ``TooMany`` while a delay runs.
    """
    name, now = one_spelling(email), door.clock.now()
    keys = door.keys(name)
    take_try(door.database, keys, now)
    with door.database.read() as session:
        account = session.scalar(select(Account).where(Account.email == name))
    right = verifies(account.password_hash if account else "", password)
    if account is None or not account.active or not right:
        _log.info("sign-in refused", account=account.id if account else None)
        raise Refused("wrong", _("E-mail address or password is wrong."), status=422)
    renewed = hash_password(password) if outdated(account.password_hash) else ""
    with door.database.begin() as session:
        current = _unchanged(session, account)
        current.password_hash = renewed or current.password_hash
        if before:
            revoke_session(session, session_id(before), now=now)
        passed = current.totp_confirmed_at is None
        token = start_session(session, current, now=now, passed=passed)
        if passed:
            give_back(session, keys, now)
    _log.info("signed in" if passed else "password given", account=account.id)
    return SignedIn(token, passed)


def give_code(door: Door, *, token: str, code: str) -> SignedIn:
    """Open the session that ``token`` has begun, under a new token, for whoever gives the right one-time code.

    Raises ``Refused``: ``start_over`` when no sign-in waits for a code (any more), ``wrong`` for another code;
    ``TooMany`` while a delay runs.
    """
    now = door.clock.now()
    with door.database.read() as session:
        waiting = find_waiting(session, token, now)
        account = session.get(Account, waiting.account_id) if waiting else None
    if waiting is None or account is None or not account.active:
        raise _start_over()
    own = key_of(door.secret_key, "waiting", waiting.id.hex())
    keys = {**door.keys(account.email), key_of(door.secret_key, "code", str(account.id)): CODE, own: CODE}
    tries = take_try(door.database, keys, now)
    if not use_code(door, account, code):
        _log.info("code refused", account=account.id)
        if tries[own] >= MOST_CODES:
            with door.database.begin() as session:
                revoke_session(session, waiting.id, now=now)
            raise _start_over()
        text = _("This code is wrong, too old, or used before. Wait for the next one in the app and give that.")
        raise Refused("wrong", text, status=422)
    with door.database.begin() as session:
        revoke_session(session, waiting.id, now=now)
        opened = start_session(session, _unchanged(session, account), now=now)
        give_back(session, keys, now)
    _log.info("signed in", account=account.id)
    return SignedIn(opened, passed=True)


def use_code(door: Door, account: Account, code: str) -> bool:
    """Whether ``code`` is right for ``account`` now; then it is used up, however many give it at once."""
    secret = open_secret(door.secret_key, account)
    step = accepted_step(secret, code, unmoved(door.clock), after=account.totp_last_step)
    if step is None:
        return False
    taking = update(Account).where(Account.id == account.id, Account.totp_last_step < step)
    with door.database.begin() as session:
        taken = session.execute(taking.values(totp_last_step=step).returning(Account.id))
        return taken.first() is not None


def demand_password(door: Door, account: Account, password: str) -> None:
    """Raise ``Refused`` (``wrong``) unless ``password`` is that of ``account``, ``TooMany`` while a delay runs."""
    now = door.clock.now()
    keys: Keys = door.keys(account.email)
    take_try(door.database, keys, now)
    if not verifies(account.password_hash, password):
        raise Refused("wrong", _("This is not your password."), status=422)
    with door.database.begin() as session:
        give_back(session, keys, now)


def sign_out(door: Door, *, token: str) -> None:
    """End the session that ``token`` opens, at once and on the server."""
    with door.database.begin() as session:
        revoke_session(session, session_id(token), now=door.clock.now())


def _unchanged(session: Session, account: Account) -> Account:
    """Return ``account`` to be written; raises ``Refused`` when it was changed or disabled since it was judged."""
    current = session.get_one(Account, account.id, with_for_update=True)
    if not current.active or current.password_hash != account.password_hash:
        raise Refused("wrong", _("E-mail address or password is wrong."), status=422)
    return current


def _start_over() -> Refused:
    return Refused("start_over", _("Sign in again: it took too long, or too many codes were wrong."), status=422)
