"""Deliveries to try the machinery on, without any of the product's own work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.database.engine import Database
from shared.events.claims import STANDARD, Claim, Timing, finish, take
from shared.model.events import WINDOW_OPENING, Delivery, publish

AT = datetime(2026, 10, 12, 7, 0, tzinfo=UTC)


def deliver(database: Database, number: int = 1) -> list[int]:
    """Publish ``number`` events with one delivery each; return the deliveries' numbers."""
    with database.begin() as session:
        before = {row.id for row in session.query(Delivery)}
        for window_id in range(1, number + 1):
            publish(session, WINDOW_OPENING, at=AT, window_id=window_id)
        return [row.id for row in session.query(Delivery).order_by(Delivery.id) if row.id not in before]


def claimed(database: Database, delivery_id: int, timing: Timing = STANDARD) -> Claim:
    """Claim the delivery, which must be free."""
    claim = take(database, delivery_id, timing)
    assert claim is not None
    return claim


def delivery(database: Database, delivery_id: int) -> Any:
    """Return the delivery as it stands."""
    with database.read() as session:
        return session.get_one(Delivery, delivery_id)


def change(database: Database, delivery_id: int, **values: Any) -> None:
    """Put the delivery into a state that would take long to come about."""
    with database.begin() as session:
        session.execute(update(Delivery).where(Delivery.id == delivery_id).values(**values))


def lapse(database: Database, delivery_id: int) -> None:
    """Let the delivery's claim run out now."""
    change(database, delivery_id, claimed_until=1.0)


def due(database: Database, *delivery_ids: int) -> None:
    """Let the pauses before the next send be over."""
    for delivery_id in delivery_ids:
        change(database, delivery_id, next_send_at=0.0)


def finishing(database: Database, effect: Callable[[Session, Claim], None] | None = None) -> Callable[[Claim], None]:
    """Return a handler that commits ``effect`` and the end of the delivery together."""

    def handle(claim: Claim) -> None:
        with database.begin() as session:
            if effect is not None:
                effect(session, claim)
            finish(session, claim)

    return handle
