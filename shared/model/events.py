"""Events and deliveries: a change, its event and one delivery per consumer are one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from shared.model.base import Base

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WINDOW_OPENING = "window.opening"
WINDOW_OPENED = "window.opened"
WINDOW_CLOSED = "window.closed"
QUESTIONNAIRE_COUNTED = "questionnaire.counted"
WINDOW_COUNTED = "window.counted"
RESULTS_REQUESTED = "results.requested"
RESULTS_READY = "results.ready"
INVITATIONS_ISSUED = "invitations.issued"
ROSTER_IMPORTED = "roster.imported"
RESULTS_RELEASED = "results.released"
PUBLICATION_MADE = "publication.made"
RESULTS_PUBLISHED = "results.published"
DIALOGUE_OFFERED = "dialogue.offered"
DIALOGUE_BOOKED = "dialogue.booked"
DIALOGUE_MOVED = "dialogue.moved"
DIALOGUE_CANCELLED = "dialogue.cancelled"
DIALOGUE_GUESTS_CHANGED = "dialogue.guests_changed"
DIALOGUE_HELD = "dialogue.held"
AGREEMENT_SIGNED = "agreement.signed"
MEASURE_DUE = "measure.due"
MAIL_WRITTEN = "mail.written"

MAKE_WINDOW_KEY = "make_window_key"
COUNT_BALLOTS = "count_ballots"
FINISH_WINDOW = "finish_window"
COMPUTE_RESULTS = "compute_results"
TELL_RECIPIENTS = "tell_recipients"
MAKE_PUBLIC_SITE = "make_public_site"
SEND_MAIL = "send_mail"

QUEUE_OF: Mapping[str, str] = {
    MAKE_WINDOW_KEY: "seal",
    COUNT_BALLOTS: "count",
    FINISH_WINDOW: "seal",
    COMPUTE_RESULTS: "results",
    TELL_RECIPIENTS: "mail",
    MAKE_PUBLIC_SITE: "results",
    SEND_MAIL: "mail",
}
"""The queue of each consumer. Queue ``seal`` and ``count`` run only where the window keys are mounted."""

CONSUMERS_OF: Mapping[str, tuple[str, ...]] = {
    WINDOW_OPENING: (MAKE_WINDOW_KEY,),
    WINDOW_OPENED: (),
    WINDOW_CLOSED: (COUNT_BALLOTS,),
    QUESTIONNAIRE_COUNTED: (FINISH_WINDOW,),
    WINDOW_COUNTED: (COMPUTE_RESULTS,),
    RESULTS_REQUESTED: (COMPUTE_RESULTS,),
    RESULTS_READY: (),
    INVITATIONS_ISSUED: (),
    ROSTER_IMPORTED: (),
    RESULTS_RELEASED: (TELL_RECIPIENTS,),
    PUBLICATION_MADE: (MAKE_PUBLIC_SITE,),
    RESULTS_PUBLISHED: (TELL_RECIPIENTS,),
    DIALOGUE_OFFERED: (TELL_RECIPIENTS,),
    DIALOGUE_BOOKED: (TELL_RECIPIENTS,),
    DIALOGUE_MOVED: (TELL_RECIPIENTS,),
    DIALOGUE_CANCELLED: (TELL_RECIPIENTS,),
    DIALOGUE_GUESTS_CHANGED: (TELL_RECIPIENTS,),
    DIALOGUE_HELD: (TELL_RECIPIENTS,),
    AGREEMENT_SIGNED: (),
    MEASURE_DUE: (TELL_RECIPIENTS,),
    MAIL_WRITTEN: (SEND_MAIL,),
}

MAXIMUM_ATTEMPTS = 3


class Event(Base):
    """Something that happened, past tense, versioned; the payload holds ids and names only."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(50), index=True)
    version: Mapped[int]
    payload: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]


class Delivery(Base):
    """One consumer's (or one part's) duty towards an event.

    Times are seconds of the database's clock. ``attempts`` counts claims that are running, expired or raised; it is
    also the fence: *done* is set only where it still equals the claimed number.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "consumer", "part"),
        CheckConstraint("done_at IS NULL OR claimed_until IS NULL", name="done_is_not_claimed"),
        CheckConstraint("done_at IS NULL OR quarantined_at IS NULL", name="done_is_not_quarantined"),
        Index("ix_delivery_pending", "done_at", "quarantined_at", "next_send_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey(Event.id))
    consumer: Mapped[str] = mapped_column(String(50))
    part: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    sends: Mapped[int] = mapped_column(default=0)
    next_send_at: Mapped[float] = mapped_column(Double, default=0.0)
    claimed_until: Mapped[float | None] = mapped_column(Double)
    done_at: Mapped[float | None] = mapped_column(Double)
    quarantined_at: Mapped[float | None] = mapped_column(Double)
    error: Mapped[str] = mapped_column(Text, default="")

    event: Mapped[Event] = relationship(lazy="raise")


class Lease(Base):
    """Who does a job that only one process may do at a time, until when by the database's clock."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    holder: Mapped[str] = mapped_column(String(100))
    expires_at: Mapped[float] = mapped_column(Double)


def publish(
    session: Session, event_type: str, *, at: datetime, parts: Sequence[int] = (0,), **payload: int | str
) -> Event:
    """Write an event and a delivery for every consumer (and part) into this transaction.

    ``payload`` must hold ids and names only: it is stored, sent on and shown.
    """
    event = Event(type=event_type, version=1, payload=payload, occurred_at=at)
    session.add(event)
    session.flush()
    for consumer in CONSUMERS_OF[event_type]:
        session.add_all(Delivery(event_id=event.id, consumer=consumer, part=part) for part in parts)
    session.flush()
    return event
