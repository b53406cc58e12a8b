"""The relay: rings for every delivery until it is done. The database is the truth, the broker only the doorbell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import ColumnElement, and_, select, update

from shared.database.engine import Database
from shared.events import claims
from shared.events.claims import STANDARD, Timing
from shared.events.leases import Leaseholder
from shared.model.base import database_now
from shared.model.events import Delivery

Enqueue = Callable[[str, int], None]
"""Sends one message: the consumer's name and the delivery's number."""

LEASE = "relay"
EXPIRED = "The process that worked on it ended or hung: its claim ran out."
BATCH = 500
INTERVAL = 0.5
_UNSENT_WAIT = 2.0
_GRACE_AFTER_OUTAGE = 30.0

_log = structlog.get_logger(__name__)


class Relay:
    """Sends what is due. Any number may run: a lease lets one work, and a message too many does nothing."""

    def __init__(self, database: Database, enqueue: Enqueue, timing: Timing = STANDARD) -> None:
        self._database = database
        self._enqueue = enqueue
        self._timing = timing
        self._lease = Leaseholder(database, LEASE)
        self._expire_from = 0.0
        self._trouble = ""

    def run(self, stop: threading.Event, interval: float = INTERVAL) -> None:
        """Relay every ``interval`` seconds until ``stop``, whatever goes away meanwhile."""
        while not stop.is_set():
            try:
                busy = self.run_once() == BATCH
            except Exception as error:  # noqa: BLE001  the relay never dies: it says once what is wrong and goes on
                busy = False
                # Workers lost the database too: their claims ran out for no fault of theirs, let them renew first.
                self._expire_from = time.monotonic() + min(_GRACE_AFTER_OUTAGE, self._timing.claim)
                self._say("database away", error)
            if not busy:
                stop.wait(interval)
        self.close()

    def run_once(self) -> int:
        """Release claims that ran out and send a batch of what is due; return how many messages went out."""
        if not self._lease.hold():
            return 0
        if self._expired():
            with self._database.begin() as session:
                claims.expire(session, EXPIRED)
        due = self._due() and self._mark()
        return self._send(due) if due else 0

    def close(self) -> None:
        """Give the lease up, so that the next relay starts at once."""
        try:
            self._lease.release()
        except Exception as error:  # noqa: BLE001  the lease runs out by itself
            _log.debug("lease not released", error=type(error).__name__)

    def _expired(self) -> bool:
        if time.monotonic() < self._expire_from:
            return False
        with self._database.read() as session:
            ran_out = select(Delivery.id).where(Delivery.claimed_until <= database_now()).limit(1)
            return session.scalar(ran_out) is not None

    def _due(self) -> bool:
        """A look without a lock, so that an idle relay never holds up the writers."""
        with self._database.read() as session:
            return session.scalar(select(Delivery.id).where(_is_due()).limit(1)) is not None

    def _mark(self) -> list[tuple[int, str]]:
        """Note the sends and commit them before ringing: workers must find the rows free."""
        wanted = select(Delivery).where(_is_due()).order_by(Delivery.next_send_at, Delivery.id).limit(BATCH)
        with self._database.begin() as session:
            deliveries = session.scalars(wanted.with_for_update(skip_locked=True)).all()
            for delivery in deliveries:
                delivery.sends += 1
                delivery.next_send_at = database_now() + self._timing.wait(delivery.sends)
            return [(delivery.id, delivery.consumer) for delivery in deliveries]

    def _send(self, due: Sequence[tuple[int, str]]) -> int:
        for sent, (delivery_id, consumer) in enumerate(due):
            try:
                self._enqueue(consumer, delivery_id)
            except Exception as error:  # noqa: BLE001  whatever the broker's client raises
                self._say("broker away", error)
                self._unmark([number for number, _consumer in due[sent:]])
                return sent
        self._trouble = ""
        return len(due)

    def _unmark(self, unsent: Sequence[int]) -> None:
        taking_back = (
            update(Delivery)
            .where(Delivery.id.in_(unsent), Delivery.done_at.is_(None))
            .values(sends=Delivery.sends - 1, next_send_at=database_now() + _UNSENT_WAIT)
            .execution_options(synchronize_session=False)
        )
        with self._database.begin() as session:
            session.execute(taking_back)

    def _say(self, trouble: str, error: Exception) -> None:
        """Say it once, not twice a second for an hour."""
        if trouble != self._trouble:
            _log.warning(trouble, error=type(error).__name__)
            self._trouble = trouble


def _is_due() -> ColumnElement[bool]:
    return and_(
        Delivery.done_at.is_(None),
        Delivery.quarantined_at.is_(None),
        Delivery.claimed_until.is_(None),
        Delivery.next_send_at <= database_now(),
    )
