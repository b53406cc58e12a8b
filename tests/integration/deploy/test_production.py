"""Production mode: the real processes over PostgreSQL and Redis, from planned to counted, through deaths and stops."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.worker import chosen_queues
from shared.database import lifecycle
from shared.errors import SettingsError
from shared.model.cycles import CollectionWindow
from tests.support import processes
from tests.support.faults.world import build_organisation, plan_cycle
from tests.support.house import wait_until

WEB_WORKER_MEGABYTES = 90


@pytest.fixture
def window_id(production):
    build_organisation(production.container.database, units=1)
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    database = production.container.database
    return plan_cycle(database, "prov-2026", opens_at=now - hour, closes_at=now + hour).window_id


def in_state(window_id, state):
    return lambda session: session.get_one(CollectionWindow, window_id).state == state


def children(process):
    return processes.descendants(process.pid)[1:]


def workers(process):
    """Return the supervisor's worker processes (spawn adds one that tracks resources)."""
    found = []
    for pid in children(process):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            continue
        if "spawn_main" in line:
            found.append(pid)
    return found


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_clock_and_worker_take_a_window_from_planned_to_counted(production, window_id):
    database = production.container.database
    with production.running("clock"), production.running("worker", "--processes", "1"):
        wait_until(database, in_state(window_id, "open"))
        with database.begin() as session:
            window = session.get_one(CollectionWindow, window_id)
            lifecycle.close_window(session, window, now=datetime.now(UTC), actor="test")
        production.wait()
    with database.read() as session:
        assert in_state(window_id, "counted")(session)
    assert not production.container.keys.has_window_key(window_id)


def test_a_worker_process_that_dies_is_replaced(production):
    with production.running("worker", "--processes", "2") as supervisor:
        until(lambda: len(workers(supervisor)) == 2)
        victim = workers(supervisor)[0]
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(workers(supervisor)) == 2 and victim not in workers(supervisor))


def test_workers_end_with_their_supervisor(production):
    with production.running("worker", "--processes", "1") as supervisor:
        until(lambda: len(workers(supervisor)) == 1)
        (worker,) = workers(supervisor)
        until(lambda: "worker started" in (production.folder / "worker.log").read_text())
        os.kill(supervisor.pid, signal.SIGKILL)
        supervisor.wait()
        until(lambda: not Path(f"/proc/{worker}").exists())


@pytest.mark.parametrize("arguments", [("clock",), ("worker", "--processes", "1")])
def test_processes_stop_in_order_when_asked(production, arguments):
    with production.running(*arguments) as process:
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "Traceback" not in (production.folder / f"{arguments[0]}.log").read_text()


def test_the_site_answers_and_its_workers_are_small(production):
    port = processes.free_port()
    with production.running("web", "survey", "--port", str(port), "--workers", "1") as process:

        def answers():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
                    return response.status == 200
            except OSError:
                return False

        until(answers)
        sizes = [resident_megabytes(pid) for pid in children(process)]
    assert 0 < max(sizes) <= WEB_WORKER_MEGABYTES


def resident_megabytes(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def test_queues_are_chosen_by_name(production):
    container = production.container
    assert chosen_queues("", container) == {"seal", "count", "results", "mail"}
    assert chosen_queues("results, count", container) == {"results", "count"}
    with pytest.raises(SettingsError, match="Unknown queues: post"):
        chosen_queues("post", container)


def test_queues_that_need_the_keys_are_refused_without_them(production):
    container = production.container
    (container.keys.folder / "dispatch").unlink()
    container.keys.folder.rmdir()
    with pytest.raises(SettingsError, match="SIKTE_KEYS"):
        chosen_queues("", container)
    assert chosen_queues("results", container) == {"results"}
