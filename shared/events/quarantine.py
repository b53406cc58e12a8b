"""Deliveries as people see them: what waits, runs, is done or stuck, and the retry of what is stuck."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, joinedload

from shared.errors import NotFound, Refused
from shared.events.claims import POSTPONED
from shared.i18n import gettext as _
from shared.model import audit
from shared.model.base import database_now
from shared.model.events import Delivery

DeliveryState = Literal["waiting", "running", "done", "quarantined"]
STATES: tuple[DeliveryState, ...] = ("waiting", "running", "done", "quarantined")
COLUMNS = ("id", "event", "subject", "consumer", "part", "state", "attempts", "sends", "since", "error")


def list_deliveries(session: Session, state: DeliveryState | None = None) -> list[dict[str, Any]]:
    """Return the deliveries in ``state`` (None: all that are not done), oldest first, in the columns of ``COLUMNS``."""
    condition = _condition(state) if state else Delivery.done_at.is_(None)
    wanted = select(Delivery).where(condition).options(joinedload(Delivery.event)).order_by(Delivery.id)
    now = float(session.scalar(select(database_now())) or 0.0)
    return [_row(delivery, now) for delivery in session.scalars(wanted)]


def count_unfinished(session: Session) -> int:
    """Return how many deliveries are neither done nor quarantined, nor postponed for somebody else's sake."""
    unfinished = and_(Delivery.done_at.is_(None), Delivery.quarantined_at.is_(None), ~is_postponed())
    return session.scalar(select(func.count()).select_from(Delivery).where(unfinished)) or 0


def is_postponed() -> ColumnElement[bool]:
    """Return the condition that a delivery's last handler put it off: it waits for a mail server, say."""
    return Delivery.error.startswith(POSTPONED, autoescape=True)


def retry(session: Session, delivery_id: int, *, actor: str, at: datetime) -> Delivery:
    """Let a quarantined delivery be tried again from its first attempt, with an audit entry.

    Raises ``NotFound``, or ``Refused`` (``not_quarantined``) when it is not stuck.
    """
    wanted = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    delivery = session.scalar(wanted)
    if delivery is None:
        raise NotFound(_("There is no delivery %(id)d. List them with: sikte deliveries list") % {"id": delivery_id})
    if delivery.quarantined_at is None:
        text = _("Delivery %(id)d is not quarantined: it is done or will be tried by itself.")
        raise Refused("not_quarantined", text % {"id": delivery_id})
    audit.record(
        session,
        at=at,
        actor=actor,
        action="delivery.retried",
        subject=f"delivery {delivery_id}",
        consumer=delivery.consumer,
        error=delivery.error,
    )
    delivery.quarantined_at = None
    delivery.attempts = 0
    delivery.sends = 0
    delivery.next_send_at = 0.0
    return delivery


def _condition(state: DeliveryState) -> ColumnElement[bool]:
    pending = and_(Delivery.done_at.is_(None), Delivery.quarantined_at.is_(None))
    conditions: dict[DeliveryState, ColumnElement[bool]] = {
        "waiting": and_(pending, Delivery.claimed_until.is_(None)),
        "running": and_(pending, Delivery.claimed_until.is_not(None)),
        "done": Delivery.done_at.is_not(None),
        "quarantined": Delivery.quarantined_at.is_not(None),
    }
    return conditions[state]


def _row(delivery: Delivery, now: float) -> dict[str, Any]:
    state, moment = _standing(delivery)
    since = None if moment is None else datetime.fromtimestamp(min(moment, now), UTC).isoformat(timespec="seconds")
    payload = delivery.event.payload
    return {
        "id": delivery.id,
        "event": delivery.event.type,
        "subject": ", ".join(f"{key} {value}" for key, value in sorted(payload.items())),
        "consumer": delivery.consumer,
        "part": delivery.part,
        "state": state,
        "attempts": delivery.attempts,
        "sends": delivery.sends,
        "since": since or delivery.event.occurred_at.isoformat(timespec="seconds"),
        "error": delivery.error,
    }


def _standing(delivery: Delivery) -> tuple[DeliveryState, float | None]:
    if delivery.quarantined_at is not None:
        return "quarantined", delivery.quarantined_at
    if delivery.done_at is not None:
        return "done", delivery.done_at
    return ("waiting" if delivery.claimed_until is None else "running"), None
