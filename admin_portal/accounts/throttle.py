"""Slows guessing down before any hash is computed: delays that grow for whoever fails, never a lock-out.

A failure counts for a name from an address, and for the address; names and addresses are kept as keyed hashes only.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.i18n import ngettext
from shared.model.accounts import LoginThrottle
from shared.sealing.tokens import derive_key

MEMORY = timedelta(minutes=15)
"""How long after its delay a failure is remembered."""

_MINUTE = 60
_MOST_DOUBLINGS = 12


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failures are ``free``; each further one doubles the delay from two seconds, up to ``longest``."""

    free: int
    longest: timedelta

    def delay(self, failures: int) -> timedelta:
        """Return how long after the last of ``failures`` the next try must wait."""
        if failures < self.free:
            return timedelta()
        return min(timedelta(seconds=2 ** min(failures - self.free + 1, _MOST_DOUBLINGS)), self.longest)


NAME_FROM_ADDRESS = Limit(5, timedelta(minutes=15))
ADDRESS = Limit(100, timedelta(minutes=1))
"""A school's people share one address: many failures are free there, and the delay stays short."""
CODE = Limit(20, timedelta(minutes=15))
"""Wrong one-time codes of an account, from anywhere: only somebody who knows its password can give any."""

Keys = Mapping[bytes, Limit]


class TooMany(Refused):
    """Somebody must wait before the next try; ``seconds`` says how long."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            "too_many", _("Too many tries. Wait %(time)s and try again.") % {"time": _time(seconds)}, status=429
        )


def keys_of(secret_key: str, *, email: str, address: str) -> dict[bytes, Limit]:
    """Return what a try to sign in as ``email`` from ``address`` counts for."""
    return {
        key_of(secret_key, "name", email, address): NAME_FROM_ADDRESS,
        key_of(secret_key, "address", address): ADDRESS,
    }


def key_of(secret_key: str, *parts: str) -> bytes:
    """Return the keyed hash that stands for ``parts`` in the table."""
    return hmac.new(derive_key(secret_key, "portal/throttle"), "\0".join(parts).encode(), sha256).digest()


def take_try(database: Database, keys: Keys, now: datetime) -> dict[bytes, int]:
    """Count a try as failed before it is made, so that a hundred at once are a hundred; return the counts.

    ``give_back`` takes it off again when it succeeds. Raises ``TooMany``, and counts nothing, while a delay runs.
    """
    with database.begin() as session:
        rows = {key: _row(session, key, now) for key in sorted(keys)}
        wait = max(_wait(row, keys[key], now) for key, row in rows.items())
        if wait > timedelta():
            raise TooMany(-int(-wait.total_seconds() // 1))
        for key, row in rows.items():
            row.failures = _remembered(row, keys[key], now) + 1
            row.last_at = now
        return {key: row.failures for key, row in rows.items()}


def give_back(session: Session, keys: Keys, now: datetime) -> None:
    """Forget the failures of whoever has succeeded; of a shared address only this one try."""
    for key in sorted(keys):
        row = _row(session, key, now)
        row.failures = max(row.failures - 1, 0) if keys[key] is ADDRESS else 0


def _row(session: Session, key: bytes, now: datetime) -> LoginThrottle:
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(key[:8], signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
    row = session.get(LoginThrottle, key)
    if row is None:
        row = LoginThrottle(id=key, failures=0, last_at=now)
        session.add(row)
    return row


def _remembered(row: LoginThrottle, limit: Limit, now: datetime) -> int:
    return row.failures if row.failures and now - row.last_at <= limit.delay(row.failures) + MEMORY else 0


def _wait(row: LoginThrottle, limit: Limit, now: datetime) -> timedelta:
    failures = _remembered(row, limit, now)
    return row.last_at + limit.delay(failures) - now if failures else timedelta()


def _time(seconds: int) -> str:
    if seconds < _MINUTE:
        return ngettext("%(number)d second", "%(number)d seconds", seconds) % {"number": seconds}
    minutes = -(-seconds // _MINUTE)
    return ngettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes}
