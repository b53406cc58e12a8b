"""Leases: of several processes that could do a job, the database picks one at a time."""

from __future__ import annotations

import os
import secrets
import socket
import time

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from shared.database.engine import Database
from shared.model.base import database_now
from shared.model.events import Lease

SECONDS = 15.0
_RENEW_AFTER = 5.0


class Leaseholder:
    """One process's wish to hold the lease ``name``; ``hold`` takes or renews it."""

    def __init__(self, database: Database, name: str, *, seconds: float = SECONDS) -> None:
        self._database = database
        self._name = name
        self._seconds = seconds
        self._holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"[-100:]
        self._renew_at = 0.0

    def hold(self) -> bool:
        """Whether the job is ours for now. It asks the database only when a third of the lease has gone by."""
        if time.monotonic() < self._renew_at:
            return True
        self._renew_at = 0.0
        held = self._try()
        if held:
            self._renew_at = time.monotonic() + self._seconds * _RENEW_AFTER / SECONDS
        return held

    def release(self) -> None:
        """Let the next one take over without waiting."""
        self._renew_at = 0.0
        ours = update(Lease).where(Lease.name == self._name, Lease.holder == self._holder).values(expires_at=0.0)
        with self._database.begin() as session:
            session.execute(ours)

    def _try(self) -> bool:
        if self._taken_by_another():
            return False
        now = database_now()
        taking = (
            update(Lease)
            .where(Lease.name == self._name, or_(Lease.holder == self._holder, Lease.expires_at <= now))
            .values(holder=self._holder, expires_at=now + self._seconds)
            .returning(Lease.name)
        )
        making = insert(Lease).values(name=self._name, holder=self._holder, expires_at=now + self._seconds)
        try:
            with self._database.begin() as session:
                if session.scalar(taking) is not None:
                    return True
                if session.get(Lease, self._name) is not None:
                    return False
                session.execute(making)
        except IntegrityError:  # another made the first lease of this name at the same moment
            return False
        return True

    def _taken_by_another(self) -> bool:
        """A look without a lock, so that those who wait never hold up the writers."""
        standing = select(Lease.holder, Lease.expires_at > database_now()).where(Lease.name == self._name)
        with self._database.read() as session:
            found = session.execute(standing).one_or_none()
        return found is not None and found[1] and found[0] != self._holder
