"""Worker processes: a supervisor that keeps its children running, and the child that consumes queues."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import threading
import time
from multiprocessing.process import BaseProcess

import structlog
from dramatiq import Worker

from analytics_worker.actors import declare_actors
from deploy import bootstrap
from deploy.signals import stop_on_signals
from shared.config import Settings
from shared.errors import SettingsError
from shared.i18n import gettext as _
from shared.model.events import QUEUE_OF

SEALED_QUEUES = frozenset({"seal", "count"})
"""The queues whose work needs the window keys."""

_STOP_MS = 30_000
_STOP_SECONDS = 45.0
_SHORT_LIFE = 10.0
_PAUSES = (0.1, 1.0, 5.0, 15.0)
_POLL_MS = 50

_log = structlog.get_logger(__name__)


def chosen_queues(names: str, container: bootstrap.Container) -> frozenset[str]:
    """Return the queues named in ``names`` (comma-separated; empty: all).

    Raises ``SettingsError`` for an unknown queue, or when work that needs the window keys is asked for without them.
    """
    known = frozenset(QUEUE_OF.values())
    queues = frozenset(name.strip() for name in names.split(",") if name.strip()) or known
    if unknown := queues - known:
        text = _("Unknown queues: %(unknown)s. There are: %(known)s.")
        raise SettingsError(text % {"unknown": ", ".join(sorted(unknown)), "known": ", ".join(sorted(known))})
    if queues & SEALED_QUEUES and not os.access(container.keys.folder, os.R_OK | os.W_OK | os.X_OK):
        text = _(
            "The folder of keys %(path)s cannot be used, and the queues %(queues)s need it. Mount SIKTE_KEYS here, or "
            "name the other queues with --queues."
        )
        needing = ", ".join(sorted(queues & SEALED_QUEUES))
        raise SettingsError(text % {"path": container.keys.folder, "queues": needing})
    return queues


def consume(settings: Settings, queues: frozenset[str], threads: int) -> None:
    """Be one worker process: consume ``queues`` until asked to stop or until the supervisor is gone."""
    stop = stop_on_signals()
    bootstrap.start_logging(settings)
    _stop_with_parent(stop)
    container = bootstrap.build(settings, pool_size=threads + 1)
    broker = bootstrap.make_broker(container)
    declare_actors(broker, bootstrap.handlers(container), container.database, queues=queues)
    worker = Worker(broker, queues=set(queues), worker_threads=threads, worker_timeout=_POLL_MS)
    worker.start()
    _log.info("worker started", pid=os.getpid(), queues=sorted(queues), threads=threads)
    stop.wait()
    worker.stop(timeout=_STOP_MS)
    container.database.dispose()


class Supervisor:
    """Keeps ``processes`` children consuming: one that dies is replaced, at once at first, later after a pause."""

    def __init__(self, settings: Settings, queues: frozenset[str], *, processes: int, threads: int) -> None:
        # Children start afresh: a fork would copy this process's connections and locks.
        self._context = multiprocessing.get_context("spawn")
        self._arguments = (settings, queues, threads)
        self._children: list[BaseProcess] = []
        self._processes = processes

    def run(self, stop: threading.Event) -> None:
        """Supervise until ``stop``, then end the children: their running work is given back to be tried elsewhere."""
        deaths = 0
        started = time.monotonic()
        while not stop.is_set():
            while len(self._children) < self._processes:
                self._start()
                started = time.monotonic()
            dead = self._dead()
            if not dead:
                stop.wait(0.1)
                continue
            deaths = deaths + 1 if time.monotonic() - started < _SHORT_LIFE else 1
            stop.wait(_PAUSES[min(deaths, len(_PAUSES)) - 1])
        self._end()

    def _start(self) -> None:
        child = self._context.Process(target=consume, args=self._arguments, name="sikte-worker")
        child.start()
        self._children.append(child)

    def _dead(self) -> list[BaseProcess]:
        dead = [child for child in self._children if not child.is_alive()]
        for child in dead:
            _log.warning("worker died", pid=child.pid, exit_status=child.exitcode)
            self._children.remove(child)
            child.join()
        return dead

    def _end(self) -> None:
        for child in self._children:
            child.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for child in self._children:
            child.join(max(0.0, deadline - time.monotonic()))
            if child.is_alive():
                child.kill()
                child.join()


def run(container: bootstrap.Container, *, queues: str, processes: int, threads: int) -> None:
    """Run ``processes`` worker processes until asked to stop."""
    chosen = chosen_queues(queues, container)
    stop = stop_on_signals()
    Supervisor(container.settings, chosen, processes=processes, threads=threads).run(stop)


def _stop_with_parent(stop: threading.Event) -> None:
    """Stop when the supervisor has died: a killed parent must not leave workers that nobody restarts or ends."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        stop.set()

    threading.Thread(target=watch, name="parent", daemon=True).start()
