"""The throw-away servers and the browser do what the other tests rely on."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis
from pytest_socket import SocketConnectBlockedError
from sqlalchemy import create_engine, text

from tests import conftest
from tests.support import browser as browsers
from tests.support.processes import MissingProgram, ServerFailed, alive, descendants
from tests.support.servers import PostgresServer, RedisServer

REPOSITORY = Path(__file__).parents[2]
INACCESSIBLE = "<html><head></head><body><img src='data:,'><div style='width:900px'>bred</div></body></html>"
ACCESSIBLE = "<html lang='sv'><head><title>Sida</title></head><body><main><h1>Hej</h1></main></body></html>"


def test_a_new_database_is_empty_and_apart_from_the_others(postgres):
    first, second = postgres.create_database(), postgres.create_database()
    postgres.execute("CREATE TABLE t (n int)", first.rpartition("/")[2])
    assert postgres.execute("SELECT to_regclass('t')", first.rpartition("/")[2]) == [("t",)]
    assert postgres.execute("SELECT to_regclass('t')", second.rpartition("/")[2]) == [(None,)]


def test_a_database_is_copied_from_a_template(postgres):
    template = postgres.create_database()
    postgres.execute("CREATE TABLE t AS SELECT 7 AS n", template.rpartition("/")[2])
    copy = postgres.create_database(template)
    assert postgres.execute("SELECT n FROM t", copy.rpartition("/")[2]) == [(7,)]


def test_sqlalchemy_reaches_each_kind_of_database(database_url):
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


@pytest.mark.parametrize("end", ["kill", "immediate", "fast"])
def test_what_postgresql_committed_outlives_its_end(end):
    with PostgresServer(fsync=True) as server:
        server.execute("CREATE TABLE t AS SELECT 7 AS n")
        server.kill() if end == "kill" else server.stop(end)
        with pytest.raises(psycopg.OperationalError):
            server.execute("SELECT 1")
        server.restart()
        assert server.execute("SELECT n FROM t") == [(7,)]


def test_a_killed_postgresql_leaves_no_process():
    with PostgresServer() as server:
        family = descendants(server.pid)
        server.kill()
        assert len(family) > 3
        assert [pid for pid in family if alive(pid)] == []


def test_postgresql_takes_settings_and_keeps_a_log():
    with PostgresServer(settings={"wal_level": "logical", "log_statement": "all"}) as server:
        server.execute("SELECT 'a sentence for the log'")
        assert server.execute("SHOW wal_level") == [("logical",)]
        assert server.execute("SHOW fsync") == [("off",)]
        assert "a sentence for the log" in server.log.read_text()


def test_a_wrong_setting_is_reported_with_the_servers_own_words():
    server = PostgresServer(settings={"shared_buffers": "plenty"})
    with pytest.raises(ServerFailed, match="shared_buffers"), server:
        pass
    assert not server.directory.exists()


def test_redis_forgets_when_it_is_killed_unless_told_to_keep(redis_server):
    for arguments, kept in (((), None), (("--appendonly", "yes", "--appendfsync", "always"), b"7")):
        with RedisServer(arguments) as server:
            with server.client() as client:
                client.set("n", 7)
            server.kill()
            with pytest.raises(redis.ConnectionError), server.client() as client:
                client.ping()
            server.restart()
            with server.client() as client:
                assert client.get("n") == kept


def test_redis_is_flushed(redis_server):
    with redis_server.client() as client:
        client.set("n", 7)
        redis_server.flush()
        assert client.get("n") is None


def test_servers_remove_what_they_wrote():
    with RedisServer() as server:
        assert server.directory.is_dir()
    assert not server.directory.exists()


def test_servers_are_ready_within_seconds():
    started = time.monotonic()
    with PostgresServer(), RedisServer():
        assert time.monotonic() - started < 10  # alone on the machine it takes one


def test_servers_end_with_a_killed_test_run():
    script = (
        "import os, signal\nfrom tests.support.servers import RedisServer\n"
        "server = RedisServer()\nserver.start()\nprint(server.pid, server.directory, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    pid, directory = int(killed.stdout.split()[0]), killed.stdout.split()[1]
    shutil.rmtree(directory)
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_server_skips_here_and_fails_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="make system"):
        conftest.unavailable(MissingProgram("PostgreSQL", "postgresql"))


def test_no_test_reaches_past_this_machine():
    with pytest.warns(UserWarning, match="A test tried"), pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 9), timeout=0.1)


def test_the_folder_gives_the_marker(request):
    assert request.node.get_closest_marker("integration") is not None
    assert os.environ["PYTEST_CURRENT_TEST"]


def test_axe_finds_what_is_wrong_with_a_page(page):
    page.set_content(INACCESSIBLE)
    faults = browsers.accessibility_faults(page)
    assert {fault.split(":")[0] for fault in faults} >= {"image-alt", "document-title", "html-has-lang"}
    assert browsers.overflows(page)


def test_axe_finds_nothing_wrong_with_a_good_page(page):
    page.set_content(ACCESSIBLE)
    assert browsers.accessibility_faults(page) == []
    assert not browsers.overflows(page)


def test_a_visitor_may_have_no_javascript(browser):
    with browsers.visitor(browser, javascript=False) as visitor:
        page = visitor.new_page()
        page.set_content("<noscript><p>utan</p></noscript>")
        assert page.locator("p").inner_text() == "utan"
