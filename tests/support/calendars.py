"""Tells what happened to dialogues as the worker would, and reads the calendars of those who took every letter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import vobject
from sqlalchemy import select

from analytics_worker.mail.letters import Telling
from analytics_worker.mail.telling import TELLERS
from shared.clock import Clock
from shared.database.engine import Database
from shared.model.events import Event
from shared.model.post import Mail

PORTAL = "https://portal.example.se"
SENDER = "Pedagogcentrum <sikte@example.se>"


class Teller:
    """Tells the dialogues' events of a database; ``told`` is the newest event that was told."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock, self.told = database, clock, 0

    def untold(self) -> list[Event]:
        """Return the events that have not been told yet, oldest first."""
        with self.database.read() as session:
            wanted = select(Event).where(Event.type.startswith("dialogue."), Event.id > self.told).order_by(Event.id)
            return list(session.scalars(wanted))

    def tell(self, events: Iterable[Event] | None = None) -> list[Mail]:
        """Tell the events since last time (or those given, in that order); return the letters that this wrote."""
        chosen = self.untold() if events is None else list(events)
        with self.database.begin() as session:
            before = session.scalars(select(Mail.id).order_by(Mail.id.desc()).limit(1)).first() or 0
            for event in chosen:
                TELLERS[event.type](session, event.payload, Telling(self.clock.now(), PORTAL, SENDER))
            session.flush()
            written = list(session.scalars(select(Mail).where(Mail.id > before).order_by(Mail.id)))
        self.told = max([self.told, *(event.id for event in chosen)])
        return written

    def calendars(self) -> dict[str, dict[str, tuple[str, int, datetime]]]:
        """Return by recipient and meeting what a calendar that took all letters shows: state, sequence, begin.

        A message counts only with a higher sequence than the one before, or the same one (RFC 5546, 2.1.5).
        """
        shown: dict[str, dict[str, tuple[str, int, datetime]]] = {}
        with self.database.read() as session:
            for mail in session.scalars(select(Mail).where(Mail.method != "").order_by(Mail.id)):
                event = vobject.readOne(mail.calendar).vevent
                own = shown.setdefault(mail.recipient, {})
                sequence, begin = int(event.sequence.value), event.dtstart.value.astimezone(UTC)
                if sequence >= own.get(event.uid.value, ("", -1, begin))[1]:
                    own[event.uid.value] = (event.status.value, sequence, begin)
        return shown
