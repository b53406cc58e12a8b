"""Booking: one unit takes one free time; moving, cancelling and declining are changes of the same meeting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session, aliased

from admin_portal.dialogues.finding import Found, find_dialogue, find_slot
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.locks import take_dialogues
from shared.database.participants import units_with_the_same_people
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.dialogues import Dialogue, DialogueSlot
from shared.model.events import DIALOGUE_BOOKED, DIALOGUE_CANCELLED, DIALOGUE_MOVED, DIALOGUE_OFFERED, publish

MOST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who wants a change of whose dialogue; ``officer``: Pedagogcentrum itself, which may after the last day too."""

    round_key: str
    unit_code: str
    actor: str
    officer: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """The time that a unit now has."""

    starts_at: datetime
    ends_at: datetime


def book(database: Database, clock: Clock, *, request: Request, slot_id: int) -> Booked:
    """Give a unit that has no time yet the slot ``slot_id``.

    Of any number of people who want it at once one gets it. Raises ``Refused``: ``slot_taken``, ``slot_clash`` (the
    same people are elsewhere then), ``slot_past``, ``booking_over``, ``round_state`` or ``dialogue_state``.
    """
    return _take(database, clock, request, slot_id, before="offered", event=DIALOGUE_BOOKED, action="dialogue.booked")


def move(database: Database, clock: Clock, *, request: Request, slot_id: int) -> Booked:
    """Give a unit another slot than it has; its old one is free again. Raises ``Refused`` as ``book`` does."""
    return _take(database, clock, request, slot_id, before="booked", event=DIALOGUE_MOVED, action="dialogue.moved")


def cancel(database: Database, clock: Clock, *, request: Request) -> None:
    """Give a unit's time back; the dialogue is still offered. Raises ``Refused`` when none is booked, or it has begun.

    Possible after the last day to book too: who cannot come must be able to say so.
    """
    with database.begin() as session:
        now = clock.now()
        found = _hold(session, request)
        _demand_state(found, "booked")
        _demand_not_begun(session, found, request, now)
        found.dialogue.state, found.dialogue.slot_id = "offered", None
        _note(session, found, request, now, event=DIALOGUE_CANCELLED, action="dialogue.cancelled")


def decline(database: Database, clock: Clock, *, request: Request, reason: str) -> None:
    """Say no to the offer; the reason is kept for the officers. Raises ``Refused`` without one, or when held."""
    if not reason.strip() or len(reason) > MOST_REASON:
        text = _("Write the reason in at most %(length)d characters. Only Pedagogcentrum reads it.")
        raise Refused("reason", text % {"length": MOST_REASON}, status=422)
    with database.begin() as session:
        now = clock.now()
        found = _hold(session, request)
        _demand_state(found, "offered", "booked")
        _demand_not_begun(session, found, request, now)
        found.dialogue.state, found.dialogue.slot_id = "declined", None
        found.dialogue.decline_reason = reason.strip()
        _note(session, found, request, now, event=DIALOGUE_CANCELLED, action="dialogue.declined")


def reopen(database: Database, clock: Clock, *, request: Request) -> None:
    """Offer a declined dialogue again. Raises ``Refused`` unless it is declined and can still be booked."""
    with database.begin() as session:
        now = clock.now()
        found = _hold(session, request)
        _demand_state(found, "declined")
        demand_open(found, now, officer=request.officer)
        found.dialogue.state, found.dialogue.decline_reason = "offered", ""
        _note(session, found, request, now, event=DIALOGUE_OFFERED, action="dialogue.reopened")


def free_slots(found: Found, now: datetime) -> Select[DialogueSlot]:
    """Return the query of the times that the unit can have: to come, free, and with all its people free too."""
    taken = exists().where(Dialogue.slot_id == DialogueSlot.id)
    return (
        select(DialogueSlot)
        .where(
            DialogueSlot.round_id == found.round.id,
            DialogueSlot.starts_at > now,
            ~taken,
            ~_people_elsewhere(found),
        )
        .order_by(DialogueSlot.starts_at, DialogueSlot.id)
    )


def demand_open(found: Found, now: datetime, *, officer: bool) -> None:
    """Raise ``Refused`` unless the dialogue's round takes bookings now, from principals or only from officers."""
    if found.round.state != "offered":
        raise Refused("round_state", _("This round is closed. Ask Pedagogcentrum if you need a time."))
    if now > found.round.book_by and not officer:
        raise Refused("booking_over", _("The last day to book has passed. Ask Pedagogcentrum for a time."))


def _take(
    database: Database, clock: Clock, request: Request, slot_id: int, *, before: str, event: str, action: str
) -> Booked:
    with database.begin() as session:
        now = clock.now()
        found = _hold(session, request)
        _demand_state(found, before)
        demand_open(found, now, officer=request.officer)
        _demand_not_begun(session, found, request, now)
        slot = find_slot(session, found.round, slot_id)
        _demand_free(session, found, slot, now)
        found.dialogue.state, found.dialogue.slot_id = "booked", slot.id
        found.dialogue.booked_at, found.dialogue.booked_by = now, request.actor
        _note(session, found, request, now, event=event, action=action)
        return Booked(slot.starts_at, slot.ends_at)


def _hold(session: Session, request: Request) -> Found:
    """Take the lock of all bookings, then read the dialogue as it is now: what is decided next nobody else changes."""
    take_dialogues(session.connection())
    return find_dialogue(session, request.round_key, request.unit_code, lock=True)


def _demand_state(found: Found, *states: str) -> None:
    if found.dialogue.state in states:
        return
    texts = {
        "offered": _("No time is booked. Choose one first."),
        "booked": _("A time is booked already. Move the dialogue if you need another one."),
        "declined": _("The dialogue was declined. Open it again first."),
    }
    text = texts.get(found.dialogue.state, _("The dialogue has been held: its time cannot be changed any longer."))
    raise Refused("dialogue_state", text)


def _demand_not_begun(session: Session, found: Found, request: Request, now: datetime) -> None:
    """Let principals change no meeting that has begun; an officer may: it was perhaps never held."""
    if request.officer or found.dialogue.slot_id is None:
        return
    if session.get_one(DialogueSlot, found.dialogue.slot_id).starts_at <= now:
        text = _("The dialogue's time has come. Ask Pedagogcentrum if it must be changed.")
        raise Refused("slot_past", text)


def _demand_free(session: Session, found: Found, slot: DialogueSlot, now: datetime) -> None:
    if slot.starts_at <= now:
        raise Refused("slot_past", _("That time has passed. Choose another one."))
    holder = session.scalar(select(Dialogue.id).where(Dialogue.slot_id == slot.id))
    if holder == found.dialogue.id:
        raise Refused("same_slot", _("You have this time already. Choose another one, or keep it."))
    if holder is not None:
        raise Refused(
            "slot_taken", _("Somebody else has booked this time. Nothing was booked for you; choose another.")
        )
    if session.scalar(select(DialogueSlot.id).where(DialogueSlot.id == slot.id, _people_elsewhere(found))) is not None:
        text = _("At that time your area head or principal is in another dialogue. Choose another time.")
        raise Refused("slot_clash", text)


def _people_elsewhere(found: Found) -> ColumnElement[bool]:
    """Return the condition on ``DialogueSlot`` that people of the unit are in another dialogue meanwhile."""
    other, theirs = aliased(DialogueSlot), aliased(Dialogue)
    return exists().where(
        theirs.slot_id == other.id,
        theirs.id != found.dialogue.id,
        theirs.unit_id.in_(units_with_the_same_people(found.unit)),
        other.starts_at < DialogueSlot.ends_at,
        other.ends_at > DialogueSlot.starts_at,
    )


def _note(session: Session, found: Found, request: Request, now: datetime, *, event: str, action: str) -> None:
    """Raise the sequence, and write the decision and its event beside the change."""
    dialogue = found.dialogue
    dialogue.sequence += 1
    session.flush()
    details: dict[str, int] = {"sequence": dialogue.sequence}
    if dialogue.slot_id is not None:
        details["slot"] = dialogue.slot_id
    record(session, at=now, actor=request.actor, action=action, subject=found.subject, **details)
    publish(session, event, at=now, dialogue_id=dialogue.id, sequence=dialogue.sequence)
