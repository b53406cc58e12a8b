"""What the officer of these tests does, with nothing to say but what matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from admin_portal.publishing.publication import PublicationMade, publish_cycle, withdraw_publication
from admin_portal.publishing.releasing import ReleaseMade, make_release, withdraw_release
from shared.errors import Refused
from shared.model.cycles import find_cycle
from shared.model.events import Event
from shared.model.releases import Publication, Release, released_windows
from tests.support.two_windows import TwoWindows

OFFICER = "user:1"
REASON = "Two classes were counted at the wrong school."


def release(
    cycle: TwoWindows,
    windows: Sequence[str] | None = None,
    *,
    embargo: datetime | timedelta | None = None,
    reason: str = "",
) -> ReleaseMade:
    """Release the latest result set; ``embargo`` may be a span from now."""
    until = cycle.house.clock.now() + embargo if isinstance(embargo, timedelta) else embargo
    return make_release(
        cycle.house.database,
        cycle.house.clock,
        cycle_key=cycle.key,
        windows=windows,
        embargo_until=until,
        reason=reason,
        actor=OFFICER,
    )


def publish(
    cycle: TwoWindows, *, at: datetime | timedelta | None = None, reason: str = "", unaudited: bool = True
) -> PublicationMade:
    """Publish what is released; ``at`` may be a span from now."""
    moment = cycle.house.clock.now() + at if isinstance(at, timedelta) else at
    return publish_cycle(
        cycle.house.database,
        cycle.house.clock,
        cycle_key=cycle.key,
        goes_public_at=moment,
        reason=reason,
        actor=OFFICER,
        unaudited=unaudited,
    )


def withdraw(cycle: TwoWindows, number: int) -> None:
    """Withdraw a release."""
    withdraw_release(cycle.house.database, cycle.house.clock, cycle_key=cycle.key, number=number, actor=OFFICER)


def withdraw_published(cycle: TwoWindows, number: int) -> None:
    """Withdraw a publication."""
    withdraw_publication(cycle.house.database, cycle.house.clock, cycle_key=cycle.key, number=number, actor=OFFICER)


def visible(cycle: TwoWindows) -> dict[str, int]:
    """Return which release each window is seen from right now."""
    with cycle.house.database.read() as session:
        effective = released_windows(session, find_cycle(session, cycle.key), cycle.house.clock.now())
        return {window: one.number for window, one in effective.items()}


def stored(cycle: TwoWindows, kind: type[Release | Publication], number: int) -> Any:
    """Return a stored release or publication."""
    with cycle.house.database.read() as session:
        return session.scalars(select(kind).where(kind.number == number)).one()


def events(cycle: TwoWindows, event_type: str) -> list[Mapping[str, Any]]:
    """Return the payloads of the events of a type, oldest first."""
    with cycle.house.database.read() as session:
        return list(session.scalars(select(Event.payload).where(Event.type == event_type).order_by(Event.id)))


@contextmanager
def refusal(code: str) -> Iterator[None]:
    """Demand that the block is refused for this reason."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code, str(caught.value)
