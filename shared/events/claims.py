"""Claims: who works on a delivery, and the one transaction in which its effect and its end are committed together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.orm import Session

from shared.database.engine import Database
from shared.errors import SikteError
from shared.model.base import database_now
from shared.model.events import MAXIMUM_ATTEMPTS, Delivery, Event

MAXIMUM_ERROR_LENGTH = 1_000
POSTPONED = "Postponed:"
"""Begins the error of a delivery that waits for somebody else, a mail server for example."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long claims last and how long to wait between tries, in seconds.

    ``again`` is used both for messages nobody answered and for attempts that failed; its last value repeats.
    """

    claim: float = 60.0
    renew: float = 15.0
    again: tuple[float, ...] = (30.0, 120.0, 600.0)
    after_outage: float = 5.0

    def wait(self, times: int) -> float:
        """Return the pause after the ``times``-th send or failure, counted from 1."""
        return self.again[min(times, len(self.again)) - 1]


STANDARD = Timing()


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process works on; ``attempts`` is the number it was claimed with, and its fence."""

    delivery_id: int
    event_type: str
    payload: dict[str, Any]
    part: int
    attempts: int


class Postponed(Exception):
    """A handler's word that the work cannot be done now, by no fault of its own: tried again after ``seconds``.

    It does not count as an attempt, however often it is said. ``reason`` is kept on the delivery, where people read it:
    a short phrase without names, addresses or anything that was worked on.
    """

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class ClaimLost(Exception):
    """Another worker has claimed or finished this delivery meanwhile: nothing of ours may be committed."""


def take(database: Database, delivery_id: int, timing: Timing = STANDARD) -> Claim | None:
    """Claim a delivery: one more attempt, committed before any work, for ``timing.claim`` seconds.

    Returns None when it is done, quarantined, claimed by another, unknown, or has used up its attempts.
    """
    now = database_now()
    free = or_(Delivery.claimed_until.is_(None), Delivery.claimed_until <= now)
    claiming = (
        update(Delivery)
        .where(Delivery.id == delivery_id, _pending(), free, Delivery.attempts < MAXIMUM_ATTEMPTS)
        .values(attempts=Delivery.attempts + 1, claimed_until=now + timing.claim)
        .returning(Delivery.attempts)
        .execution_options(synchronize_session=False)
    )
    with database.begin() as session:
        attempts = session.scalar(claiming)
        if attempts is None:
            return None
        wanted = select(Event.type, Event.payload, Delivery.part).join(Delivery).where(Delivery.id == delivery_id)
        event_type, payload, part = session.execute(wanted).one()
    return Claim(delivery_id, event_type, payload, part, attempts)


def finish(session: Session, claim: Claim) -> None:
    """Mark the delivery done inside the caller's transaction, beside its effects.

    Raises ``ClaimLost``, which must roll the transaction back, when another worker claimed or finished it meanwhile.
    """
    values = {"done_at": database_now(), "claimed_until": None, "error": ""}
    if not _change(session, claim, **values):
        raise ClaimLost(claim.delivery_id)


def renew(session: Session, claim: Claim, timing: Timing = STANDARD) -> bool:
    """Prolong a running claim; False when it was lost."""
    return _change(session, claim, Delivery.claimed_until.is_not(None), claimed_until=database_now() + timing.claim)


def give_back(session: Session, claim: Claim, *, wait: float = 0.0) -> bool:
    """Release a claim as if it had never been: the database went away or the worker was asked to stop."""
    return _change(
        session,
        claim,
        attempts=claim.attempts - 1,
        claimed_until=None,
        next_send_at=database_now() + wait,
    )


def postpone(session: Session, claim: Claim, postponed: Postponed) -> bool:
    """Release a claim uncounted, with the reason why, to be tried again when the handler said."""
    return _change(
        session,
        claim,
        attempts=claim.attempts - 1,
        sends=0,  # this message was answered: should the next one be lost, it is repeated as soon as any other
        claimed_until=None,
        next_send_at=database_now() + postponed.seconds,
        error=f"{POSTPONED} {postponed.reason}"[:MAXIMUM_ERROR_LENGTH],
    )


def fail(session: Session, claim: Claim, error: str, timing: Timing = STANDARD) -> bool:
    """Release a claim whose work failed: tried again after a pause, or quarantined when it was the last attempt."""
    last = claim.attempts >= MAXIMUM_ATTEMPTS
    return _change(
        session,
        claim,
        claimed_until=None,
        next_send_at=database_now() + timing.wait(claim.attempts),
        error=error[:MAXIMUM_ERROR_LENGTH],
        quarantined_at=database_now() if last else None,
    )


def expire(session: Session, error: str) -> int:
    """Release every claim that ran out, to be tried at once, or quarantined after the last attempt; return how many.

    The process that held it was killed, hung, or lost the database: it counts as an attempt.
    """
    used_up = Delivery.attempts >= MAXIMUM_ATTEMPTS
    releasing = (
        update(Delivery)
        .where(Delivery.claimed_until <= database_now())
        .values(
            claimed_until=None,
            next_send_at=database_now(),
            error=error,
            quarantined_at=case((used_up, database_now()), else_=None),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(releasing).all())


def describe(error: BaseException) -> str:
    """Return what may be kept of an error: its type, and its message only if it was written for people.

    Other messages may quote what was worked on, and that may be an answer.
    """
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, SikteError) else name


def _pending() -> ColumnElement[bool]:
    return and_(Delivery.done_at.is_(None), Delivery.quarantined_at.is_(None))


def _change(session: Session, claim: Claim, *conditions: ColumnElement[bool], **values: Any) -> bool:
    """Change the claimed delivery if it is still ours: the same number of attempts, not done, not quarantined."""
    statement = (
        update(Delivery)
        .where(Delivery.id == claim.delivery_id, Delivery.attempts == claim.attempts, _pending(), *conditions)
        .values(values)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(statement) is not None
