"""The load generator: a process of its own that knows nothing of Sikte, sends prepared posts and times the answers.

``python -m tests.support.load.generator plan.json`` reads the plan and writes ``result`` beside it. Two models:

closed    each of ``connections`` keeps one request in flight; says how much the service can do.
open      requests arrive at ``rate`` a second whatever the service does, and each is timed from the moment it was due,
          so that a stall is paid for by every request it delays (no coordinated omission).
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

RECEIVE = 65_536
LAST_ANSWERS_WITHIN = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send: lines ``first`` to ``first + count`` of ``requests`` (cookie, space, body) as posts to ``path``."""

    host: str
    port: int
    path: str
    cookie_name: str
    requests: str
    first: int
    count: int
    connections: int
    seconds: float
    rate: float | None
    """Arrivals a second; None for the closed model."""
    status: int
    location: str
    """What the answer must be; anything else is a failure."""


@dataclass(slots=True)
class Result:
    """What came back. ``latencies`` are milliseconds, ``finished`` seconds since the start, in order of arrival."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    unsent: int = 0
    """Requests of the plan that were not sent before its time was over."""


class Connection:
    """One kept-alive connection with at most one request in flight."""

    __slots__ = ("due", "received", "serial", "socket")

    def __init__(self, plan: Plan) -> None:
        self.socket = socket.create_connection((plan.host, plan.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.serial = -1
        self.due = 0.0

    def send(self, serial: int, request: bytes, due: float) -> None:
        """Send a request that was due at ``due``; it is small enough for the socket's buffer."""
        self.serial, self.due, self.received = serial, due, b""
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """Return the head of the answer once all of it is here, None before.

        Raises:
            ConnectionError: the server hung up, or its answer has no length.
        """
        chunk = self.socket.recv(RECEIVE)
        if not chunk:
            raise ConnectionResetError
        self.received += chunk
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        return head if len(body) >= _length(head) else None


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ConnectionAbortedError


class Generator:
    """Runs one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.result = Result()
        self.requests = deque(enumerate(prepared(plan), start=plan.first))
        self.poll = select.epoll()
        self.open: dict[int, Connection] = {}
        self.idle: list[Connection] = []
        self.failures: Counter[str] = Counter()
        for _ in range(plan.connections):
            self._connect()
        self.start = time.perf_counter()
        self.arrived = 0

    def run(self) -> Result:
        """Send until the time is over or the requests are, wait for the last answers, and return what was seen."""
        end = self.start + self.plan.seconds
        while (now := time.perf_counter()) < end and (self.requests or self._busy()):
            self._send_what_is_due(now)
            self._take_answers(self._pause(now, end))
        self.result.unsent = self._due(min(now, end)) - self.arrived if self.plan.rate else 0
        deadline = time.perf_counter() + LAST_ANSWERS_WITHIN
        while self._busy() and time.perf_counter() < deadline:
            self._take_answers(0.1)
        self.result.seconds = max(self.result.finished, default=0.0)
        self.failures["no answer"] += self._busy()
        self.result.failures = {reason: count for reason, count in self.failures.items() if count}
        self._close()
        return self.result

    def _close(self) -> None:
        self.poll.close()
        for connection in self.open.values():
            connection.socket.close()

    def _connect(self) -> None:
        connection = Connection(self.plan)
        self.open[connection.socket.fileno()] = connection
        self.poll.register(connection.socket, select.EPOLLIN)
        self.idle.append(connection)

    def _busy(self) -> int:
        return len(self.open) - len(self.idle)

    def _due(self, now: float) -> int:
        return min(self.plan.count, int((now - self.start) * (self.plan.rate or 0.0)) + 1)

    def _send_what_is_due(self, now: float) -> None:
        rate = self.plan.rate
        while self.idle and self.requests and (rate is None or self.arrived < self._due(now)):
            serial, request = self.requests.popleft()
            due = time.perf_counter() if rate is None else self.start + self.arrived / rate
            self.arrived += 1
            connection = self.idle.pop()
            try:
                connection.send(serial, request, due)
            except OSError:
                self._lost(connection)

    def _pause(self, now: float, end: float) -> float:
        """Return how long to wait for answers: until the next arrival, if a connection is free to take it."""
        if self.plan.rate is None or not self.idle or not self.requests:
            return end - now
        return max(0.0, min(end, self.start + self.arrived / self.plan.rate) - time.perf_counter())

    def _take_answers(self, pause: float) -> None:
        for number, _event in self.poll.poll(pause):
            connection = self.open[number]
            try:
                head = connection.receive()
            except OSError:
                self._lost(connection)
                continue
            if head is not None:
                self._note(connection, head)

    def _note(self, connection: Connection, head: bytes) -> None:
        now = time.perf_counter()
        reason = _fault(head, self.plan)
        if reason:
            self.failures[reason] += 1
        else:
            self.result.latencies.append((now - connection.due) * 1000)
            self.result.finished.append(now - self.start)
            self.result.acknowledged.append(connection.serial)
        self.idle.append(connection)

    def _lost(self, connection: Connection) -> None:
        """Replace a connection; it is a failure unless the server let go of one that lay idle, as servers do."""
        if connection in self.idle:
            self.idle.remove(connection)
        else:
            self.failures["connection lost"] += 1
        self.poll.unregister(connection.socket)
        del self.open[connection.socket.fileno()]
        connection.socket.close()
        self._connect()


def _fault(head: bytes, plan: Plan) -> str:
    status_line, *lines = head.decode("latin-1").split("\r\n")
    status = int(status_line.split()[1])
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    location = headers.get("location", "")
    if status == plan.status and location == plan.location:
        return ""
    return f"{status} {location}".strip()


def prepared(plan: Plan) -> Iterator[bytes]:
    """Yield the plan's requests as the bytes that go over the wire."""
    with Path(plan.requests).open(encoding="ascii") as file:
        for line in islice(file, plan.first, plan.first + plan.count):
            cookie, _space, body = line.rstrip("\n").partition(" ")
            head = (
                f"POST {plan.path} HTTP/1.1",
                f"Host: {plan.host}:{plan.port}",
                f"Cookie: {plan.cookie_name}={cookie}",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
                "Sec-Fetch-Site: same-origin",
                "Accept: text/html",
            )
            yield ("\r\n".join(head) + "\r\n\r\n" + body).encode("ascii")


def main(path: Path) -> None:
    """Run the plan in ``path`` and write its result beside it."""
    plan = Plan(**json.loads(path.read_text("utf-8")))
    result = Generator(plan).run()
    path.with_suffix(".result.json").write_text(json.dumps(asdict(result)), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
