"""``sikte serve`` as people run it: one process with site, worker, clock and relay."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy import bootstrap, embedded
from deploy.clock import Deadlines
from shared.config import load_settings
from shared.model.cycles import CollectionWindow
from tests.support import processes
from tests.support.faults.world import build_organisation, plan_cycle
from tests.support.house import wait_until
from tests.support.source import REPOSITORY

IDLE_MEGABYTES = 250


@pytest.fixture
def environment(tmp_path):
    return {
        "SIKTE_HOME": str(tmp_path / "home"),
        "SIKTE_SURVEY_URL": f"http://127.0.0.1:{processes.free_port()}",
        "SIKTE_LANGUAGE": "en",
        "PYTHONPATH": str(REPOSITORY),
    }


@pytest.fixture
def container(environment):
    settings = load_settings({key: value for key, value in environment.items() if key.startswith("SIKTE_")})
    container = bootstrap.build(settings)
    bootstrap.prepare(container)
    yield container
    container.database.dispose()


def command(*arguments):
    return [sys.executable, "-m", "deploy.cli.main", *arguments]


@pytest.fixture
def server(environment, container, tmp_path):
    log = tmp_path / "serve.log"
    process = processes.start(command("serve"), log=log, environment=environment)
    processes.wait_until(lambda: answers(environment["SIKTE_SURVEY_URL"]), process, log)
    yield process
    processes.kill_tree(process)


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  our own server
            return response.status == 200
    except OSError:
        return False


def pid_of(container):
    return int((container.settings.home / "serve.pid").read_text())


def plan_window(container):
    build_organisation(container.database, units=1)
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    return plan_cycle(container.database, "prov-2026", opens_at=now - hour, closes_at=now + hour).window_id


def is_open(window_id):
    return lambda session: session.get_one(CollectionWindow, window_id).state == "open"


def test_it_opens_a_window_when_its_time_comes(server, container):
    window_id = plan_window(container)
    wait_until(container.database, is_open(window_id), seconds=20)
    assert container.keys.has_window_key(window_id)


def test_a_second_server_is_refused_naming_the_first(server, environment, container):
    second = subprocess.run(command("serve"), env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert f"process {pid_of(container)}" in second.stderr
    assert embedded.serving_process(container) == str(pid_of(container))


def test_a_command_leaves_its_work_to_the_server(server, container):
    begun = time.monotonic()
    embedded.settle(container)
    assert time.monotonic() - begun < 1


def test_without_a_server_a_command_does_the_work_itself(container):
    window_id = plan_window(container)
    Deadlines(container.database, container.clock).run_once()
    told: list[int] = []
    embedded.settle(container, told.append)
    with container.database.read() as session:
        assert is_open(window_id)(session)
    assert told[-1] == 0


def test_it_stops_in_order_when_asked(server, environment, container, tmp_path):
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) == 0
    assert embedded.serving_process(container) is None
    assert "Traceback" not in (tmp_path / "serve.log").read_text()


def test_a_killed_server_can_be_started_again(server, environment, container, tmp_path):
    processes.kill_tree(server)
    assert embedded.serving_process(container) is None
    again = processes.start(command("serve"), log=tmp_path / "again.log", environment=environment)
    with contextlib.ExitStack() as stack:
        stack.callback(processes.kill_tree, again)
        processes.wait_until(lambda: answers(environment["SIKTE_SURVEY_URL"]), again, tmp_path / "again.log")


def test_a_taken_port_is_a_message(server, environment, tmp_path):
    other_home = {**environment, "SIKTE_HOME": str(tmp_path / "other")}
    result = subprocess.run(command("serve"), env=other_home, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert environment["SIKTE_SURVEY_URL"] in result.stderr
    assert "Traceback" not in result.stderr


def test_an_idle_server_is_small_and_has_loaded_no_data_frames(server, container):
    status = Path(f"/proc/{pid_of(container)}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    assert resident / 1024 <= IDLE_MEGABYTES
    assert "numpy" not in Path(f"/proc/{pid_of(container)}/maps").read_text()


def test_nothing_of_a_request_reaches_the_log(server, environment, tmp_path):
    url = environment["SIKTE_SURVEY_URL"]
    for path in ("/s/SECR-ETCO-DE123", "/nothing?secret=answer", "/"):
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(url + path, data=b"code=SECRETCODE" if path == "/" else None, timeout=5).close()  # noqa: S310
    log = (tmp_path / "serve.log").read_text().lower()
    assert not [word for word in ("secr", "answer", "127.0.0.1 -", "get /") if word in log]
