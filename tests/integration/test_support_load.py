"""The load generator tells the truth: stalls are paid for, failures counted, each request sent once."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.load.figures import percentile
from tests.support.load.generator import Generator, Plan, Result

STALL = 0.4


class Site(socketserver.ThreadingTCPServer):
    """A site that sends everybody to the receipt, unless the cookie says otherwise."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visitor)
        self.seen: list[str] = []
        self.one_at_a_time = threading.Lock()


class Visitor(socketserver.StreamRequestHandler):
    server: Site

    def handle(self) -> None:
        while cookie := self.read():
            with self.server.one_at_a_time:
                self.server.seen.append(cookie)
                if cookie == "hang-up":
                    return
                if cookie == "stall":
                    time.sleep(STALL)
            if cookie == "last":
                self.reply("303 See Other", "/receipt")
                return
            self.reply(*(("500 Failed", "/") if cookie == "fail" else ("303 See Other", "/receipt")))

    def reply(self, status: str, place: str) -> None:
        self.wfile.write(f"HTTP/1.1 {status}\r\nLocation: {place}\r\nContent-Length: 2\r\n\r\nok".encode())

    def read(self) -> str:
        """Return the value of the cookie, "" at the end."""
        cookie, length = "", 0
        while (line := self.rfile.readline().decode().strip()) != "":
            name, _colon, value = line.partition(": ")
            cookie = value.partition("=")[2] if name == "Cookie" else cookie
            length = int(value) if name == "Content-Length" else length
        self.rfile.read(length)
        return cookie


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.01,))
        thread.start()
        yield site
        site.shutdown()
        thread.join()


def run(site: Site, folder: Path, cookies: list[str], *, rate: float | None = None, connections: int = 2) -> Result:
    requests = folder / "requests"
    requests.write_text("".join(f"{cookie} action=send\n" for cookie in cookies), "ascii")
    plan = Plan(
        host="127.0.0.1",
        port=site.server_address[1],
        path="/check",
        cookie_name="visit",
        requests=str(requests),
        first=0,
        count=len(cookies),
        connections=connections,
        seconds=10.0,
        rate=rate,
        status=303,
        location="/receipt",
    )
    return Generator(plan).run()


def test_each_request_is_sent_and_acknowledged_once(site: Site, tmp_path: Path):
    cookies = [f"pupil-{number}" for number in range(50)]
    result = run(site, tmp_path, cookies)
    assert sorted(result.acknowledged) == list(range(50))
    assert sorted(site.seen) == sorted(cookies)
    assert result.failures == {}


def test_another_answer_and_a_lost_connection_are_failures(site: Site, tmp_path: Path):
    result = run(site, tmp_path, ["one", "fail", "hang-up", "four"])
    assert sorted(result.acknowledged) == [0, 3]
    assert result.failures == {"500 /": 1, "connection lost": 1}


def test_an_idle_connection_that_the_server_lets_go_is_no_failure(site: Site, tmp_path: Path):
    result = run(site, tmp_path, ["last", "two", "three"], rate=10.0)
    assert sorted(result.acknowledged) == [0, 1, 2]
    assert result.failures == {}


def test_in_the_open_model_a_stall_is_paid_for_by_all_that_were_due_meanwhile(site: Site, tmp_path: Path):
    cookies = ["stall"] + [f"pupil-{number}" for number in range(39)]
    result = run(site, tmp_path, cookies, rate=100.0, connections=1)
    assert len(result.acknowledged) == 40
    assert percentile(result.latencies, 0.5) > STALL * 1000 / 4
    closed = run(site, tmp_path, cookies, connections=1)
    assert percentile(closed.latencies, 0.5) < STALL * 1000 / 4


def test_percentiles_are_values_that_were_measured():
    assert [percentile([4.0, 1.0, 3.0, 2.0], share) for share in (0.5, 0.75, 0.99, 1.0)] == [2.0, 3.0, 4.0, 4.0]
