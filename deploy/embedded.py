"""Embedded mode: sites, worker, clock and relay as threads of one process; work of commands without a server."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dramatiq import Worker
from filelock import FileLock, Timeout

from analytics_worker.actors import declare_actors
from deploy import bootstrap
from deploy.clock import Deadlines
from deploy.signals import stop_on_signals
from shared.errors import Refused
from shared.events.broker import enqueue, stub_broker
from shared.events.claims import STANDARD, Timing
from shared.events.quarantine import count_unfinished
from shared.events.relay import INTERVAL, Relay
from shared.i18n import gettext as _

if TYPE_CHECKING:
    from deploy.bootstrap import Container

IMPATIENT = Timing(again=(1.0, 2.0, 5.0))
"""Somebody waits at the terminal: what fails is tried again within seconds, not minutes."""

WORKER_THREADS = 4
_SETTLE_INTERVAL = 0.05
_STOP_MS = 30_000


@dataclass(frozen=True, slots=True)
class Site:
    """A site of this server: its name, its address, and what makes the application."""

    name: str
    url: str
    make_app: Callable[[], Any]


@contextmanager
def working(container: Container, *, timing: Timing = STANDARD, interval: float = INTERVAL) -> Iterator[None]:
    """Run relay and worker as threads of this process inside the block; running work is given back at its end."""
    broker = stub_broker()
    declare_actors(broker, bootstrap.handlers(container), container.database, timing=timing)
    worker = Worker(broker, worker_threads=WORKER_THREADS, worker_timeout=100)
    relay = Relay(container.database, lambda consumer, number: enqueue(broker, consumer, number), timing)
    with _thread("relay", lambda stop: relay.run(stop, interval)):
        worker.start()
        try:
            yield
        finally:
            worker.stop(timeout=_STOP_MS)


def serving_process(container: Container) -> str | None:
    """Return the process number of the server that runs on this home, or None when there is none."""
    if container.serve_lock is None or not container.serve_lock.exists():
        return None
    lock = FileLock(container.serve_lock)
    try:
        with lock.acquire(timeout=0):
            return None
    except Timeout:
        return _pid(container.serve_lock)


def settle(container: Container, watch: Callable[[int], None] = lambda _left: None) -> None:
    """Do what a command left to be done, if no server or workers will: until all is done or quarantined.

    ``watch`` is told now and then how many deliveries are left.
    """
    if container.serve_lock is None or serving_process(container) is not None or not _left(container):
        return
    with working(container, timing=IMPATIENT, interval=_SETTLE_INTERVAL):
        while left := _left(container):
            watch(left)
            time.sleep(_SETTLE_INTERVAL)
        watch(0)


def sites(container: Container) -> list[Site]:
    """Return the sites that ``sikte serve`` serves."""

    def survey() -> Any:
        from survey_service.app import create_app

        return create_app(bootstrap.survey_services(container))

    def portal() -> Any:
        from admin_portal.app import create_app

        return create_app(bootstrap.portal_services(container))

    return [
        Site("survey", container.settings.survey_url, survey),
        Site("portal", container.settings.portal_url, portal),
    ]


def serve(container: Container, say: Callable[[str], None]) -> None:
    """Serve the sites of this home, with worker, clock and relay, until asked to stop.

    Raises ``Refused`` when another server has this home or a port is taken.
    """
    if container.serve_lock is None:
        text = _("This is production mode. Start the processes: sikte web survey, sikte worker and sikte clock.")
        raise Refused("production", text)
    from deploy.http_server import serving

    stop = stop_on_signals()
    with ExitStack() as stack:
        stack.enter_context(_sole_server(container.serve_lock))
        bootstrap.check_pepper(container)
        for site in sites(container):
            stack.enter_context(serving(site.name, site.url, site.make_app()))
        stack.enter_context(working(container))
        deadlines = Deadlines(container.database, container.clock)
        stack.enter_context(_thread("deadlines", deadlines.run))
        _announce(container, say)
        stop.wait()
        say(_("Stopping ..."))


def _announce(container: Container, say: Callable[[str], None]) -> None:
    say(_("Sikte serves %(home)s.") % {"home": container.settings.home})
    say(_("  Questionnaires: %(url)s") % {"url": container.settings.survey_url})
    say(_("  Portal and public results: %(url)s") % {"url": container.settings.portal_url})
    say(_("Stop it with Ctrl-C."))


@contextmanager
def _sole_server(path: Path) -> Iterator[None]:
    """Hold the home's lock: two servers would each have half of the messages and both their keys of drafts."""
    lock = FileLock(path)
    try:
        # Longer than a command takes to look whether the lock is held.
        lock.acquire(timeout=0.5)
    except Timeout as error:
        text = _("A server already runs on %(home)s (process %(pid)s). Stop it first, or name another home with --dir.")
        raise Refused("already_served", text % {"home": path.parent, "pid": _pid(path)}) from error
    try:
        _pid_file(path).write_text(f"{os.getpid()}\n", "ascii")
        yield
    finally:
        lock.release()


def _pid_file(lock: Path) -> Path:
    return lock.with_suffix(".pid")


def _pid(lock: Path) -> str:
    """Return the number of the process that holds ``lock``, ``?`` in the moment before it has written it down."""
    try:
        return _pid_file(lock).read_text("ascii").strip() or "?"
    except FileNotFoundError:
        return "?"


@contextmanager
def _thread(name: str, run: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _left(container: Container) -> int:
    with container.database.read() as session:
        return count_unfinished(session)


__all__: Sequence[str] = ("IMPATIENT", "Site", "serve", "serving_process", "settle", "sites", "working")
