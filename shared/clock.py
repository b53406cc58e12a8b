"""The clock that decides deadlines: passed in, never read from the side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Clock(Protocol):
    """Tells the time as an aware UTC instant."""

    def now(self) -> datetime:
        """Return the instant that rules compare deadlines with."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock, moved by ``offset`` (a demonstration lives in another season)."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the machine's time plus the offset, in UTC."""
        return datetime.now(UTC) + self.offset


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.instant

    def advance(self, step: timedelta) -> None:
        """Move the clock by ``step``."""
        self.instant += step


def local(instant: datetime) -> datetime:
    """Return ``instant`` as Swedish time."""
    return instant.astimezone(STOCKHOLM)


def unmoved(clock: Clock) -> datetime:
    """Return what other people's clocks say, UTC: a demonstration's is moved, an authenticator app's is not."""
    return clock.now() - clock.offset if isinstance(clock, SystemClock) else clock.now()
