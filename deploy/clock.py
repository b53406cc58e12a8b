"""Deadlines: windows are opened and closed when their time comes; with the relay the process ``sikte clock``."""

from __future__ import annotations

import threading

import structlog

from deploy import bootstrap
from deploy.chores import Chore, chores
from deploy.signals import stop_on_signals
from shared.clock import Clock
from shared.database import lifecycle
from shared.database.engine import Database
from shared.errors import Refused
from shared.events.broker import enqueue
from shared.events.leases import Leaseholder
from shared.events.outages import is_outage
from shared.events.relay import Relay
from shared.model.cycles import CollectionWindow

LEASE = "deadlines"
ACTOR = "clock"
"""Who the audit log says has opened or closed a window whose time had come."""

INTERVAL = 1.0

_log = structlog.get_logger(__name__)


class Deadlines:
    """Opens, closes and does what is due. Due is a question to the database, so a missed tick loses nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._chores = chores()
        self._lease = Leaseholder(database, LEASE)
        self._in_trouble = False
        self._left_alone: set[int] = set()
        self._failed: set[str] = set()

    def run(self, stop: threading.Event, interval: float = INTERVAL) -> None:
        """Look every ``interval`` seconds until ``stop``, whatever goes away meanwhile."""
        while not stop.is_set():
            try:
                self.run_once()
                self._in_trouble = False
            except Exception as error:  # noqa: BLE001  the clock never stops: it says once what is wrong and goes on
                if not self._in_trouble:
                    _log.error("deadlines not kept", exc_info=error)
                self._in_trouble = True
            stop.wait(interval)
        self.close()

    def close(self) -> None:
        """Give the lease up, so that the next one starts at once."""
        try:
            self._lease.release()
        except Exception as error:  # noqa: BLE001  the lease runs out by itself
            _log.debug("lease not released", error=type(error).__name__)

    def run_once(self) -> int:
        """Open and close the windows whose time has come and do what else is due; return how many things that were."""
        if not self._lease.hold():
            return 0
        now = self._clock.now()
        with self._database.read() as session:
            opening = [window.id for window in lifecycle.windows_to_open(session, now)]
            closing = [window.id for window in lifecycle.windows_to_close(session, now)]
        changed = sum(self._change(window_id, opens=True) for window_id in opening)
        changed += sum(self._change(window_id, opens=False) for window_id in closing)
        return changed + sum(self._do(chore) for chore in self._chores)

    def _do(self, chore: Chore) -> int:
        """Do one chore; one that fails is reported and tried again at the next tick, and never holds up the others."""
        try:
            return chore(self._database, self._clock)
        except Exception as error:
            if is_outage(error):
                raise
            if chore.__name__ not in self._failed:
                _log.error("chore failed", chore=chore.__name__, exc_info=error)
            self._failed.add(chore.__name__)
            return 0

    def _change(self, window_id: int, *, opens: bool) -> bool:
        """Open or close one window in a transaction of its own; somebody may have been faster.

        A window that cannot be changed is reported once and tried again at each tick; it never holds up the others.
        """
        now = self._clock.now()
        try:
            with self._database.begin() as session:
                window = session.get_one(CollectionWindow, window_id)
                if opens:
                    lifecycle.request_opening(session, window, now=now, actor=ACTOR)
                else:
                    lifecycle.close_window(session, window, now=now, actor=ACTOR)
        except Refused as refusal:
            _log.info("window left alone", window_id=window_id, error=refusal.code)
            return False
        except Exception as error:
            if is_outage(error):
                raise
            if window_id not in self._left_alone:
                _log.error("window not changed", window_id=window_id, exc_info=error)
            self._left_alone.add(window_id)
            return False
        self._left_alone.discard(window_id)
        _log.info("window opening" if opens else "window closed", window_id=window_id)
        return True


def run(container: bootstrap.Container) -> None:
    """Keep deadlines and relay deliveries until asked to stop. Several may run: leases let one work at a time."""
    stop = stop_on_signals()
    broker = bootstrap.make_broker(container)
    relay = Relay(container.database, lambda consumer, delivery_id: enqueue(broker, consumer, delivery_id))
    deadlines = Deadlines(container.database, container.clock)
    thread = threading.Thread(target=deadlines.run, args=(stop,), name="deadlines", daemon=True)
    thread.start()
    relay.run(stop)
    thread.join()
