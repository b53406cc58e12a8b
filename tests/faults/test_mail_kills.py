"""Processes killed while they send letters: nobody gets none, and at most one letter too many for each kill."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from shared.clock import SystemClock
from shared.database.engine import Database
from shared.database.post import write_mail
from shared.model.post import Mail
from tests.support import processes
from tests.support.faults.steps import let_time_pass
from tests.support.faults.words import say
from tests.support.mail_servers import Postbox, taking
from tests.support.source import REPOSITORY

SEED = 20261122
LETTERS = 60
KILLS = 6
PATIENCE = 60.0


class Sender:
    """A process that sends letters, started again after each kill."""

    def __init__(self, arguments: list[str], log: Path) -> None:
        self._command = [sys.executable, "-m", "tests.support.faults.mail_worker", *arguments]
        self._log = log
        self._process = self._started()

    def _started(self):
        return processes.start(self._command, log=self._log, environment={"PYTHONPATH": str(REPOSITORY)})

    def kill(self) -> None:
        """End it at once, wherever it is."""
        self._process.kill()

    def replace(self) -> None:
        """Start another when it has ended, whose claims and leases have run out."""
        self._process.wait(PATIENCE)
        self._process = self._started()

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)


def write(database: Database) -> None:
    with database.begin() as session:
        for number in range(LETTERS):
            write_mail(
                session,
                occasion=f"prov/{number}",
                recipient=f"rektor{number}@example.se",
                language="sv",
                subject="Återkoppling",
                body="Hej!",
                at=SystemClock().now(),
            )


def unsent(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).where(Mail.state != "sent")) or 0


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def run(database: Database, url: str, folder: Path, kills: int) -> Postbox:
    """Write letters and have them sent by a process that is killed ``kills`` times; return what arrived.

    Half of the kills come when the server has the letter and has not said so yet, half when it has just said so.
    """
    choose = random.Random(SEED)
    postbox = Postbox()
    killed = threading.Event()
    pauses = [choose.randrange(2, LETTERS // (kills + 1)) for _ in range(kills)]
    left = list(pauses)

    def strike() -> None:
        if killed.is_set() or not left:
            return
        left[0] -= 1
        if left[0] == 0:
            left.pop(0)
            if len(left) % 2:
                sender.kill()
            else:
                threading.Timer(choose.uniform(0.0, 0.004), sender.kill).start()
            killed.set()

    postbox.before_answer = strike
    with taking(postbox) as server:
        write(database)
        sender = Sender([url, f"smtp://{server.host}:{server.port}?tls=none"], folder / "sender.log")
        try:
            for _ in range(kills):
                assert killed.wait(PATIENCE)
                let_time_pass(database)
                sender.replace()
                let_time_pass(database)
                killed.clear()
            wait_until(lambda: unsent(database) == 0)
        finally:
            sender.close()
    say(f"seed {SEED}: {len(postbox.taken)} letters taken of {LETTERS} written, {kills} kills after {pauses}")
    return postbox


def test_a_killed_sender_loses_no_letter_and_doubles_at_most_one_a_kill(database, durable_url, tmp_path):
    postbox = run(database, durable_url, tmp_path, KILLS)
    assert set(postbox.recipients) == {f"rektor{number}@example.se" for number in range(LETTERS)}
    copies = Counter(postbox.recipients)
    assert sum(copies.values()) - LETTERS <= KILLS
    ids = {(recipient, number) for recipient, number in zip(postbox.recipients, postbox.ids, strict=True)}
    assert len(ids) == LETTERS, "every copy of a letter has the same Message-ID"
    assert sum(copies.values()) > LETTERS, "no kill has hit the moment that this test is about"


def test_without_a_kill_everybody_gets_one(database, durable_url, tmp_path):
    postbox = run(database, durable_url, tmp_path, kills=0)
    assert sorted(postbox.recipients) == sorted(f"rektor{number}@example.se" for number in range(LETTERS))
