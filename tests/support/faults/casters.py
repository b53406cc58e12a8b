"""Casters: threads that send ballots like people who press Send again until they are thanked or refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import HTTPException
from queue import Empty, SimpleQueue
from uuid import UUID

from deploy.demo.client import Respondent
from shared.clock import Clock
from shared.database.box_keys import BoxKeys
from shared.database.engine import Database
from shared.errors import Refused
from shared.events.outages import is_outage
from survey_service.casting.cast import cast
from survey_service.casting.forms import open_form
from tests.support.faults.world import Invitation

PATIENCE = 60.0
AGAIN_AFTER = 0.05


@dataclass(slots=True)
class Outcome:
    """What became of the invitations that were taken up."""

    thanked: dict[UUID, float] = field(default_factory=dict)
    """When each acknowledged code got its receipt, by the monotonic clock."""
    refused: dict[UUID, str] = field(default_factory=dict)
    retries: int = 0
    slowest: float = 0.0
    errors: list[str] = field(default_factory=list)


THANKED = ""
Sender = Callable[[Invitation], str]
"""Sends one ballot: returns ``THANKED`` or the code of the refusal; raises when the answer never came."""


def over_use_case(database: Database, clock: Clock) -> Sender:
    """Send through the use case that the site calls."""
    box_keys = BoxKeys(database)

    def send(invitation: Invitation) -> str:
        begun_at = clock.now()
        try:
            with database.read() as session:
                form = open_form(session, invitation.code_id)
            cast(database, clock, box_keys, form=form, answers=invitation.answers, begun_at=begun_at)
        except Refused as refusal:
            return refusal.code
        return THANKED

    return send


def over_http(address: str) -> Sender:
    """Send like a person at a browser: type the code, answer page by page, press Send, read the receipt."""

    def send(invitation: Invitation) -> str:
        respondent = Respondent(address)
        try:
            page = respondent.open(f"{address}/s/{invitation.code}")
            page = respondent.answer(page, invitation.answers)
        finally:
            respondent.close()
        return THANKED if page.kind == "receipt" else page.kind

    return send


def is_interruption(error: Exception) -> bool:
    """Whether what was to answer went away, so that a person would try again."""
    return is_outage(error) or isinstance(error, OSError | HTTPException)


class Casters:
    """``number`` threads that answer with ``invitations`` in order and try again until they are thanked or refused.

    Args:
        pause: seconds each waits between two ballots.
        double: every so many ballots one is sent twice (0: none).
    """

    def __init__(
        self,
        send: Sender,
        invitations: Iterable[Invitation],
        *,
        number: int = 16,
        pause: float = 0.0,
        double: int = 0,
    ) -> None:
        self.outcome = Outcome()
        self._send = send
        self._waiting: SimpleQueue[Invitation] = SimpleQueue()
        for invitation in invitations:
            self._waiting.put(invitation)
        self._pause = pause
        self._double = double
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, name=f"caster-{n}", daemon=True) for n in range(number)]

    def start(self) -> None:
        """Let all threads begin."""
        for thread in self._threads:
            thread.start()

    def wait_for(self, ballots: int, seconds: float = PATIENCE) -> None:
        """Return when so many ballots were acknowledged, so that a test begins in full swing."""
        deadline = time.monotonic() + seconds
        while len(self.outcome.thanked) < ballots and time.monotonic() < deadline and not self.outcome.errors:
            time.sleep(0.005)

    def wait_for_refusal(self, seconds: float = PATIENCE) -> None:
        """Return when a sender was refused, so that a slow machine cannot end a test before the close was met."""
        deadline = time.monotonic() + seconds
        while not self.outcome.refused and time.monotonic() < deadline and not self.outcome.errors:
            time.sleep(0.005)

    def stop(self) -> None:
        """Take up no further invitation."""
        self._stopped.set()

    def join(self, seconds: float = PATIENCE) -> Outcome:
        """Wait until every ballot taken up was acknowledged or refused, and return what became of them."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                self.outcome.errors.append(f"{thread.name} hangs")
        return self.outcome

    def _work(self) -> None:
        sent = 0
        while not self._stopped.is_set():
            try:
                invitation = self._waiting.get_nowait()
            except Empty:
                return
            sent += 1
            try:
                self._persist(invitation)
                if self._double and sent % self._double == 0:
                    self._persist(invitation)
            except Exception as error:  # noqa: BLE001  what nobody expected is what the tests look for
                self.outcome.errors.append(f"{type(error).__name__}: {error}")
            if self._pause:
                time.sleep(self._pause)

    def _persist(self, invitation: Invitation) -> None:
        begun = time.monotonic()
        while True:
            started = time.monotonic()
            try:
                said = self._send(invitation)
            except Exception as error:
                if not is_interruption(error) or time.monotonic() - begun > PATIENCE:
                    raise
                with self._lock:
                    self.outcome.retries += 1
                time.sleep(AGAIN_AFTER)
            else:
                self._note(invitation, said, time.monotonic() - started)
                return

    def _note(self, invitation: Invitation, said: str, seconds: float) -> None:
        with self._lock:
            self.outcome.slowest = max(self.outcome.slowest, seconds)
            if said == THANKED:
                self.outcome.thanked.setdefault(invitation.code_id, time.monotonic())
            else:
                self.outcome.refused[invitation.code_id] = said
