"""What people do with their own account: password, second factor, language, sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from admin_portal.access.policy import Actor
from admin_portal.access.sessions import revoke_sessions_of
from admin_portal.accounts.links import demand_strength, set_password
from admin_portal.accounts.passwords import hash_password
from admin_portal.accounts.signing import Door, demand_password, use_code
from admin_portal.accounts.totp import accepted_step, new_secret, open_secret, seal_secret
from shared.clock import Clock, unmoved
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import LANGUAGES
from shared.i18n import gettext as _
from shared.model.accounts import Account
from shared.model.audit import record


def change_password(door: Door, actor: Actor, *, old: str, new: str) -> None:
    """Give the actor a new password; all other sessions end. Raises ``Refused`` (``wrong``, ``weak_password``)."""
    account = own_account(door.database, actor)
    demand_password(door, account, old)
    demand_strength(account, new)
    if new == old:
        raise Refused("weak_password", _("The new password is the old one. Choose another."), status=422)
    hashed, now = hash_password(new), door.clock.now()
    with door.database.begin() as session:
        set_password(session, session.get_one(Account, account.id), hashed, now=now, but=actor.session_id)
        _note(session, actor, "account.password_changed", now)


def begin_second_factor(door: Door, actor: Actor, *, password: str) -> str:
    """Return a new secret for an authenticator app; it counts once a code has confirmed it.

    Raises ``Refused``: ``wrong`` for another password, ``second_factor`` (409) when there is one already.
    """
    account = own_account(door.database, actor)
    _demand_none(account)
    demand_password(door, account, password)
    secret = new_secret()
    with door.database.begin() as session:
        current = session.get_one(Account, account.id, with_for_update=True)
        _demand_none(current)
        current.totp_secret = seal_secret(door.secret_key, secret)
    return secret


def confirm_second_factor(door: Door, actor: Actor, *, code: str) -> None:
    """Ask for the second factor from now on, as ``code`` shows that the app has the secret; other sessions end.

    Raises ``Refused``: ``wrong`` (422) for another code, ``second_factor`` (409) when there is one or none was begun.
    """
    now = door.clock.now()
    with door.database.begin() as session:
        account = session.get_one(Account, actor.account_id, with_for_update=True)
        _demand_none(account)
        secret = open_secret(door.secret_key, account)
        if not secret:
            raise Refused("second_factor", _("Begin again: no app is being set up."))
        step = accepted_step(secret, code, unmoved(door.clock), after=account.totp_last_step)
        if step is None:
            text = _(
                "This code is wrong or too old. Check that the clock of the device is right, and give the newest code."
            )
            raise Refused("wrong", text, status=422)
        account.totp_last_step, account.totp_confirmed_at = step, now
        revoke_sessions_of(session, account.id, now=now, but=actor.session_id)
        _note(session, actor, "account.second_factor_added", now)


def begun_secret(door: Door, actor: Actor) -> str:
    """Return the secret that waits to be confirmed, "" when none does: a confirmed one is never shown again."""
    account = own_account(door.database, actor)
    return "" if account.totp_confirmed_at is not None else open_secret(door.secret_key, account)


def remove_second_factor(door: Door, actor: Actor, *, password: str, code: str) -> None:
    """Ask for the password alone from now on.

    Raises ``Refused`` (422): ``wrong`` for another password, ``wrong_code`` for another code.
    """
    account = own_account(door.database, actor)
    demand_password(door, account, password)
    if account.totp_confirmed_at is None or not use_code(door, account, code):
        raise Refused("wrong_code", _("This code is wrong, too old, or used before. Give the next one."), status=422)
    now = door.clock.now()
    with door.database.begin() as session:
        forget_second_factor(session.get_one(Account, account.id))
        _note(session, actor, "account.second_factor_removed", now)


def forget_second_factor(account: Account) -> None:
    """Take the second factor off ``account``."""
    account.totp_secret, account.totp_confirmed_at = "", None


def choose_language(database: Database, actor: Actor, language: str) -> None:
    """Speak ``language`` to the actor, on pages and in letters; another than ours changes nothing."""
    if language in LANGUAGES:
        with database.begin() as session:
            session.get_one(Account, actor.account_id).language = language


def sign_out_others(database: Database, clock: Clock, actor: Actor) -> None:
    """End all the actor's sessions but this one."""
    now = clock.now()
    with database.begin() as session:
        revoke_sessions_of(session, actor.account_id, now=now, but=actor.session_id)
        _note(session, actor, "account.sessions_ended", now)


def own_account(database: Database, actor: Actor) -> Account:
    """Return the actor's account as it is now, without its roles."""
    with database.read() as session:
        return session.get_one(Account, actor.account_id)


def _demand_none(account: Account) -> None:
    if account.totp_confirmed_at is not None:
        raise Refused("second_factor", _("The account has a second factor already. Remove it first."))


def _note(session: Session, actor: Actor, action: str, now: datetime) -> None:
    record(session, at=now, actor=actor.label, action=action, subject=actor.label)
