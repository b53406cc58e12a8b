"""Fifty principals press the last ten times at the same instant, over HTTP: ``python -m tests.benchmarks.booking``.

Ends with 1 when not ten have a time each and forty a clear answer; prints how long they waited.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import structlog

from admin_portal.dialogues.offers import offer_dialogues
from deploy.http_server import serving
from shared.database.engine import open_database
from shared.database.migrate import upgrade
from shared.i18n import speaking
from tests.support.house import House, make_house
from tests.support.load.figures import machine, say
from tests.support.portal_site import Visitor, make_portal
from tests.support.season import ACTOR, Season
from tests.support.servers import PostgresServer

PEOPLE, TIMES, RUSHES = 50, 10, 5
CLEAR = "Somebody else has booked this time. Nothing was booked for you; choose another."


@dataclass(frozen=True)
class Answer:
    """What one principal got, and after how many milliseconds."""

    status: int
    clear: bool
    milliseconds: float


def main() -> int:
    """Hold the rushes on both kinds of database."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    say(f"booking: {PEOPLE} people press the last {TIMES} times at once, {RUSHES} times, over HTTP", *machine())
    wrong = 0
    for kind in parser.parse_args().database:
        rushes = []
        with speaking("en"), _databases(kind) as url_of:
            for _rush in range(RUSHES):
                with tempfile.TemporaryDirectory() as folder:
                    house = make_house(Path(folder) / "home", url_of())
                    rushes.append(_rush_of(house))
                    house.database.dispose()
        faults = sum(1 for right, _waits in rushes if not right)
        waits = [milliseconds for _right, some in rushes for milliseconds in some]
        median, last = statistics.median(waits), max(waits)
        say(f"{kind}: wrong in {faults} of {RUSHES}; median wait {median:.0f} ms, the last {last:.0f} ms")
        wrong += faults
    return 1 if wrong else 0


@contextlib.contextmanager
def _databases(kind: str) -> Iterator[Callable[[], str]]:
    """Give what returns the address of a new migrated database at each call."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(PostgresServer(fsync=True)) if kind == "postgresql" else None

        def migrated() -> str:
            number = len(list(folder.iterdir()))
            url = server.create_database() if server else f"sqlite:///{folder / f'{number}.db'}"
            database = open_database(url)
            upgrade(database)
            database.dispose()
            return url

        yield migrated


def _rush_of(house: House) -> tuple[bool, list[float]]:
    """Hold one rush; return whether ten and forty got what they should, and how long each waited."""
    portal, season = make_portal(house), Season(house.database, house.clock)
    codes = [f"U{number}" for number in range(PEOPLE)]
    for code in codes:
        season.unit(code)
    key = season.round()
    slots = season.slots(key, season.officer(), TIMES)
    offer_dialogues(season.database, season.clock, round_key=key, actor=ACTOR)
    people = [portal.visitor(("principal", code)) for code in codes]
    with serving("portal", "http://127.0.0.1:0", portal.app) as address:
        answers = _press(address.rpartition(":")[2], key, codes, people, slots)
    said = Counter((answer.status, answer.clear) for answer in answers)
    held = [slot for code in codes if (slot := season.dialogue(code).slot_id) is not None]
    right = said == {(303, False): TIMES, (409, True): PEOPLE - TIMES} and sorted(held) == sorted(slots)
    return right, [answer.milliseconds for answer in answers]


def _press(port: str, key: str, codes: list[str], people: list[Visitor], slots: list[int]) -> list[Answer]:
    """Let everybody press at the same instant, each over a connection of their own that is open already."""
    gate = threading.Barrier(len(people))

    def press(number: int) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
        connection.connect()
        cookie = people[number].client.get_cookie("sikte-portal")
        body = urlencode({"token": people[number].token, "slot": slots[number % TIMES]})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"{cookie.key}={cookie.value}" if cookie else "",
        }
        gate.wait()
        begun = time.perf_counter()
        connection.request("POST", f"/dialogues/{key}/{codes[number]}/time", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        milliseconds = (time.perf_counter() - begun) * 1000
        connection.close()
        return Answer(answer.status, CLEAR in text, milliseconds)

    with ThreadPoolExecutor(len(people)) as threads:
        return list(threads.map(press, range(len(people))))


if __name__ == "__main__":
    sys.exit(main())
