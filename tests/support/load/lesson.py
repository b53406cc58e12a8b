"""A lesson: a whole class on the check page presses Send at the same instant, each over a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.load.generator import Connection, Plan, prepared


@dataclass(frozen=True, slots=True)
class Sent:
    """What one pupil got: the answer's status and address, and the milliseconds waited for it."""

    status: int
    location: str
    milliseconds: float


def press_send(plan: Plan) -> list[Sent]:
    """Send all of the plan's requests at the same instant; return what each got, in their order."""
    requests = list(prepared(plan))
    sent: list[Sent | None] = [None] * len(requests)
    start = threading.Barrier(len(requests))

    def pupil(number: int) -> None:
        connection = Connection(plan)
        start.wait()
        sent[number] = _send(connection, number, requests[number])

    pupils = [threading.Thread(target=pupil, args=(number,)) for number in range(len(requests))]
    for one in pupils:
        one.start()
    for one in pupils:
        one.join()
    return [one for one in sent if one is not None]


def _send(connection: Connection, serial: int, request: bytes) -> Sent:
    began = time.perf_counter()
    connection.send(serial, request, began)
    while (head := connection.receive()) is None:
        pass
    waited = (time.perf_counter() - began) * 1000
    connection.socket.close()
    return Sent(int(head.split()[1]), _location(head.split(b"\r\n")), waited)


def _location(lines: Sequence[bytes]) -> str:
    found = [line.partition(b":")[2].strip().decode() for line in lines if line.lower().startswith(b"location:")]
    return found[0] if found else ""
