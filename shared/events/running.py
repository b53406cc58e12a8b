"""Running a delivery: claim it, keep the claim alive while its handler works, and report how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from dramatiq import Broker, Middleware, Worker
from dramatiq.middleware import Shutdown
from dramatiq.threading import raise_thread_exception

from shared.events import claims
from shared.events.claims import STANDARD, Claim, ClaimLost, Postponed, Timing
from shared.events.outages import is_outage, persist

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from shared.database.engine import Database

Handler = Callable[[Claim], None]

_log = structlog.get_logger(__name__)
_REPORT_SECONDS = 600.0
_STOP_SECONDS = 5.0
_OVERTIME_SECONDS = 60.0
_here = threading.local()
"""The runner whose handler this thread is in."""


@dataclass(slots=True)
class _Running:
    claim: Claim
    until: float
    """When, by the monotonic clock, its time limit is long past: work that hangs is not kept alive for ever."""
    lost: threading.Event = field(default_factory=threading.Event)


class Heartbeat:
    """One thread of a worker process that renews the claims of all its running work, and notices a lost one."""

    def __init__(self, database: Database, timing: Timing = STANDARD) -> None:
        self._database = database
        self._timing = timing
        self._running: dict[int, _Running] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def renewing(self, claim: Claim, seconds: float) -> Iterator[threading.Event]:
        """Renew ``claim`` inside the block, for at most ``seconds``; the event given is set when the claim was lost."""
        running = _Running(claim, time.monotonic() + seconds)
        with self._changed:
            self._running[id(running)] = running
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                self._thread.start()
        try:
            yield running.lost
        finally:
            with self._changed:
                del self._running[id(running)]
                self._changed.notify()

    def _beat(self) -> None:
        """Live as long as there is work, so that an idle process has no thread for it."""
        due = time.monotonic() + self._timing.renew
        while True:
            with self._changed:
                while self._running and (left := due - time.monotonic()) > 0:
                    self._changed.wait(left)
                if not self._running:
                    self._thread = None
                    return
                current = list(self._running.values())
            pause = self._timing.renew if self._renew(current) else min(1.0, self._timing.renew)
            due = time.monotonic() + pause

    def _renew(self, current: list[_Running]) -> bool:
        """Renew what is not lost or over time; False when the database did not answer."""
        alive = [running for running in current if time.monotonic() < running.until and not running.lost.is_set()]
        try:
            for running in alive:
                with self._database.begin() as session:
                    if not claims.renew(session, running.claim, self._timing):
                        running.lost.set()
        except Exception as error:  # noqa: BLE001  a heartbeat never dies: it says what happened and beats again
            _log.warning("claim not renewed", error=type(error).__name__)
            return False
        return True


class Runner:
    """Runs deliveries in this process: what Dramatiq's actors call."""

    def __init__(self, database: Database, timing: Timing = STANDARD) -> None:
        self._database = database
        self._timing = timing
        self._heartbeat = Heartbeat(database, timing)
        self._lock = threading.Lock()
        self._threads: set[int] = set()
        self._stopping = False

    def stop(self) -> None:
        """Claim nothing more and interrupt the handlers that work: their claims are given back, not counted."""
        with self._lock:
            self._stopping = True
            for thread_id in self._threads:
                raise_thread_exception(thread_id, Shutdown)  # type: ignore[no-untyped-call]  # dramatiq 2.2

    def run(self, delivery_id: int, handler: Handler, *, time_limit: float) -> None:
        """Claim the delivery and give it to ``handler``, which commits its effect together with ``claims.finish``.

        Does nothing when it cannot be claimed: a second message is harmless. Failures are written on the delivery and
        never raised, so that nothing of them is left to a broker.
        """
        if self._stopping:
            return  # the relay rings again, for another process
        try:
            claim = claims.take(self._database, delivery_id, self._timing)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("database away", delivery_id=delivery_id, error=type(error).__name__)
            return  # nothing was claimed: the relay rings again
        if claim is None:
            _log.debug("delivery not free", delivery_id=delivery_id)
            return
        self._work(claim, handler, time_limit)

    def _work(self, claim: Claim, handler: Handler, time_limit: float) -> None:
        started = time.monotonic()
        try:
            with self._heartbeat.renewing(claim, time_limit + _OVERTIME_SECONDS), self._interruptible():
                handler(claim)
        except ClaimLost:
            _log.warning("claim lost", **_facts(claim))
        except Postponed as postponed:
            self._postpone(claim, postponed)
        except Shutdown:
            self._give_back(claim, wait=0.0, seconds=_STOP_SECONDS)
        except (KeyboardInterrupt, SystemExit):
            self._give_back(claim, wait=0.0, seconds=_STOP_SECONDS)
            raise
        except BaseException as error:  # noqa: BLE001  time limits are no Exceptions; each is written on the delivery
            self._report(claim, error)
        else:
            _log.info("delivery done", **_facts(claim), seconds=round(time.monotonic() - started, 3))

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let ``stop`` interrupt this thread inside the block, and nowhere else: there a claim can be given back."""
        self._expose()
        _here.runner = self
        try:
            yield
        finally:
            _here.runner = None
            self._shield()

    def _expose(self) -> None:
        with self._lock:
            if self._stopping:
                raise Shutdown
            self._threads.add(threading.get_ident())

    def _shield(self) -> None:
        with self._lock:
            self._threads.discard(threading.get_ident())

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """See ``undisturbed``."""
        self._shield()
        if self._stopping:
            raise Shutdown
        yield
        self._expose()

    def _postpone(self, claim: Claim, postponed: Postponed) -> None:
        _log.info("delivery postponed", **_facts(claim), reason=postponed.reason)
        self._settle(lambda session: claims.postpone(session, claim, postponed), seconds=_REPORT_SECONDS)

    def _report(self, claim: Claim, error: BaseException) -> None:
        if is_outage(error):
            _log.warning("database away", **_facts(claim), error=type(error).__name__)
            self._give_back(claim, wait=self._timing.after_outage, seconds=_REPORT_SECONDS)
            return
        _log.error("delivery failed", **_facts(claim), exc_info=error)
        text = claims.describe(error)
        self._settle(lambda session: claims.fail(session, claim, text, self._timing), seconds=_REPORT_SECONDS)

    def _give_back(self, claim: Claim, *, wait: float, seconds: float) -> None:
        _log.info("delivery given back", **_facts(claim))
        self._settle(lambda session: claims.give_back(session, claim, wait=wait), seconds=seconds)

    def _settle(self, change: Callable[[Session], bool], *, seconds: float) -> None:
        """Write how the claim ended, for as long as the database is away; afterwards the claim simply runs out."""

        def write() -> bool:
            with self._database.begin() as session:
                return change(session)

        try:
            persist(write, seconds=seconds)
        except Exception as error:  # noqa: BLE001  the claim runs out, which says the same a minute later
            _log.warning("claim not released", error=type(error).__name__)
        except Shutdown:
            _log.warning("claim not released", error=Shutdown.__name__)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a handler finish the block although its worker is asked to stop; the stop comes before it or after it.

    For the moment between an effect outside the database and the note that it has happened. It must be short: a worker
    that is asked to stop waits for it, but not for long.
    """
    runner: Runner | None = getattr(_here, "runner", None)
    if runner is None:
        yield
        return
    with runner.undisturbed():
        yield


class Stopping(Middleware):
    """Stops a runner when Dramatiq's worker is asked to stop."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def before_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        """Interrupt what runs."""
        self._runner.stop()


def _facts(claim: Claim) -> dict[str, object]:
    return {
        "delivery_id": claim.delivery_id,
        "event_type": claim.event_type,
        "part": claim.part,
        "attempts": claim.attempts,
    }
