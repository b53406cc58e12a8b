"""Minutes: written when a dialogue has been held, confirmed by unit and municipality, closed when all is done.

Minutes and the measures agreed are one agreement with one version. A confirmation holds for the version it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from admin_portal.dialogues.finding import Found, find_dialogue
from shared.clock import Clock
from shared.database.engine import Database
from shared.errors import Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.dialogues import Dialogue, DialogueSlot
from shared.model.events import AGREEMENT_SIGNED, DIALOGUE_HELD, publish

MOST_WRITTEN = 20_000
UNIT, MUNICIPALITY = SIDES = ("unit", "municipality")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who wants something done with which dialogue."""

    round_key: str
    unit_code: str
    actor: str


def mark_held(database: Database, clock: Clock, *, wish: Wish) -> None:
    """Note that the dialogue took place. Raises ``Refused`` unless it is booked and has begun."""
    with database.begin() as session:
        found, now = _hold(session, wish), clock.now()
        _demand(found.dialogue, "booked")
        if session.get_one(DialogueSlot, found.dialogue.slot_id).starts_at > now:
            raise Refused("not_begun", _("The dialogue's time has not come yet."))
        found.dialogue.state, found.dialogue.held_at = "held", now
        _note(session, found, wish, now, "dialogue.held")


def write_minutes(database: Database, clock: Clock, *, wish: Wish, text: str, version: int) -> int:
    """Save the minutes and return the version they now are; the same text again makes no new one.

    ``version`` is the one that was opened. Raises ``Refused``: ``stale`` (409) when there is a newer one, ``text``
    (422), or ``dialogue_state`` unless the dialogue is held and not yet confirmed by both.
    """
    if not text.strip() or len(text) > MOST_WRITTEN:
        message = _("Write what you talked about and agreed, in at most %(length)d characters.")
        raise Refused("text", message % {"length": MOST_WRITTEN}, status=422)
    with database.begin() as session:
        found, now = _hold(session, wish), clock.now()
        dialogue = found.dialogue
        _demand(dialogue, "held")
        _demand_version(dialogue, version)
        if text.strip() == dialogue.minutes:
            return dialogue.minutes_version
        first = not dialogue.minutes
        dialogue.minutes = text.strip()
        change_agreement(dialogue)
        _note(session, found, wish, now, "dialogue.minutes_written", version=dialogue.minutes_version)
        if first:
            # The letter about it asks for a confirmation: before there is a text it would lead to nothing.
            publish(session, DIALOGUE_HELD, at=now, dialogue_id=dialogue.id)
        return dialogue.minutes_version


def change_agreement(dialogue: Dialogue) -> None:
    """Give the agreement its next version: what was confirmed before is not confirmed any longer."""
    if dialogue.state == "held":
        dialogue.minutes_version += 1


def confirm(database: Database, clock: Clock, *, wish: Wish, side: str, version: int) -> bool:
    """Confirm ``version`` for the unit or the municipality; return whether both now have.

    Then the agreement is signed, and fixed. Raises ``Refused``: ``stale`` (409) for another version than the newest,
    ``no_minutes``, ``same_person`` for who confirmed for the other side, ``dialogue_state``.
    """
    with database.begin() as session:
        found, now = _hold(session, wish), clock.now()
        dialogue = found.dialogue
        _demand(dialogue, "held")
        if not dialogue.minutes:
            raise Refused("no_minutes", _("There are no minutes to confirm yet."))
        _demand_version(dialogue, version)
        _demand_two_people(dialogue, side, wish.actor)
        both = settle_side(dialogue, side, version, wish.actor, now)
        _note(session, found, wish, now, f"dialogue.confirmed_for_{side}", version=version)
        if both:
            _note(session, found, wish, now, "dialogue.agreement_signed", version=version)
            publish(session, AGREEMENT_SIGNED, at=now, dialogue_id=dialogue.id)
        return both


def settle_side(dialogue: Dialogue, side: str, version: int, actor: str, at: datetime) -> bool:
    """Note the confirmation of ``side`` on the dialogue; when both hold for ``version`` it is confirmed: return so."""
    setattr(dialogue, f"{side}_confirmed_version", version)
    setattr(dialogue, f"{side}_confirmed_at", at)
    setattr(dialogue, f"{side}_confirmed_by", actor)
    both = all(confirmed_version(dialogue, one) == version for one in SIDES)
    if both:
        dialogue.state = "confirmed"
    return both


def conclude(database: Database, clock: Clock, *, wish: Wish) -> None:
    """Close a confirmed dialogue. Raises ``Refused`` (``dialogue_state``) for any other."""
    with database.begin() as session:
        found = _hold(session, wish)
        _demand(found.dialogue, "confirmed")
        close_dialogue(session, found, actor=wish.actor, now=clock.now())


def close_dialogue(session: Session, found: Found, *, actor: str, now: datetime) -> None:
    """Conclude a confirmed dialogue within the transaction that is given."""
    found.dialogue.state, found.dialogue.concluded_at = "concluded", now
    record(session, at=now, actor=actor, action="dialogue.concluded", subject=found.subject)


def confirmed_version(dialogue: Dialogue, side: str) -> int:
    """Return the version that a side has last confirmed, 0 for none."""
    return dialogue.unit_confirmed_version if side == UNIT else dialogue.municipality_confirmed_version


def _hold(session: Session, wish: Wish) -> Found:
    return find_dialogue(session, wish.round_key, wish.unit_code, lock=True)


def _demand(dialogue: Dialogue, state: str) -> None:
    if dialogue.state != state:
        raise Refused("dialogue_state", _WHY_NOT[dialogue.state]())


_WHY_NOT: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "offered": lambda: _("No time is booked, so no dialogue has been held."),
        "booked": lambda: _("The dialogue is not marked as held yet; Pedagogcentrum does that afterwards."),
        "held": lambda: _("The dialogue is marked as held already, and its minutes are not confirmed by both."),
        "confirmed": lambda: _("Both have confirmed: the minutes are fixed. Follow the measures up instead."),
        "concluded": lambda: _("The dialogue is concluded: nothing in it is changed any longer."),
        "declined": lambda: _("The dialogue was declined."),
    }
)


def _demand_version(dialogue: Dialogue, version: int) -> None:
    if version != dialogue.minutes_version:
        text = _("There is a newer version (%(newest)d) than the one you opened (%(opened)d). Read it first.")
        raise Refused("stale", text % {"newest": dialogue.minutes_version, "opened": version})


def _demand_two_people(dialogue: Dialogue, side: str, actor: str) -> None:
    """Whoever confirms for one side cannot confirm for the other: an agreement has two parties."""
    other = MUNICIPALITY if side == UNIT else UNIT
    by = dialogue.municipality_confirmed_by if side == UNIT else dialogue.unit_confirmed_by
    if by == actor and confirmed_version(dialogue, other) == dialogue.minutes_version:
        raise Refused("same_person", _("You have confirmed for the other side. Somebody else confirms for this one."))


def _note(session: Session, found: Found, wish: Wish, now: datetime, action: str, **details: int) -> None:
    session.flush()
    record(session, at=now, actor=wish.actor, action=action, subject=found.subject, **details)
