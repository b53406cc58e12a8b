"""Guests: whom a unit asks along beside principal, officials and area heads."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_portal.dialogues.booking import Request
from admin_portal.dialogues.finding import Found, find_dialogue
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.participants import participants
from shared.database.post import is_address
from shared.errors import NotFound, Refused
from shared.i18n import gettext as _
from shared.model.audit import record
from shared.model.dialogues import GUEST_KINDS, DialogueGuest
from shared.model.events import DIALOGUE_GUESTS_CHANGED, publish

MOST_GUESTS = 20
MOST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestPlan:
    """Whom to invite; ``kind`` is one of ``GUEST_KINDS``."""

    kind: str
    name: str
    email: str


def invite_guest(database: Database, clock: Clock, *, request: Request, guest: GuestPlan) -> None:
    """Invite somebody to a unit's dialogue; with a time booked they get an invitation.

    Raises ``Refused`` for what is no name or address (422), for who takes part already, and after the dialogue.
    """
    _check(guest)
    with database.begin() as session:
        found = _hold(session, request)
        others = participants(session, found.dialogue, found.unit)
        if guest.email.casefold() in {one.email.casefold() for one in others}:
            raise Refused("invited", _("This e-mail address takes part already."), status=422)
        if _number(session, found) >= MOST_GUESTS:
            text = _("A dialogue has at most %(number)d guests. Remove one first.")
            raise Refused("many_guests", text % {"number": MOST_GUESTS}, status=422)
        added = DialogueGuest(dialogue_id=found.dialogue.id, kind=guest.kind, name=guest.name, email=guest.email)
        session.add(added)
        session.flush()
        _note(session, found, request, clock, action="dialogue.guest_invited", guest=added.id)


def remove_guest(database: Database, clock: Clock, *, request: Request, guest_id: int) -> str:
    """Take a guest away, who gets a cancellation if invited to a time; return the name. Raises ``NotFound``."""
    with database.begin() as session:
        found = _hold(session, request)
        wanted = select(DialogueGuest).where(
            DialogueGuest.id == guest_id, DialogueGuest.dialogue_id == found.dialogue.id
        )
        guest = session.scalar(wanted)
        if guest is None:
            raise NotFound(_("This guest is not invited any longer."))
        session.delete(guest)
        session.flush()
        _note(session, found, request, clock, action="dialogue.guest_removed", guest=guest_id)
        return guest.name


def _hold(session: Session, request: Request) -> Found:
    found = find_dialogue(session, request.round_key, request.unit_code, lock=True)
    if found.dialogue.state not in {"offered", "booked"}:
        text = _("Guests are invited before the dialogue. This one has been held or declined.")
        raise Refused("dialogue_state", text)
    return found


def _number(session: Session, found: Found) -> int:
    counted = select(func.count()).where(DialogueGuest.dialogue_id == found.dialogue.id)
    return session.scalar(counted) or 0


def _check(guest: GuestPlan) -> None:
    if guest.kind not in GUEST_KINDS:
        raise Refused("kind", _("Choose one of those offered."), status=422)
    if not guest.name.strip() or len(guest.name) > MOST_TEXT or not guest.name.isprintable():
        text = _("Write the guest's name in at most %(length)d characters.")
        raise Refused("name", text % {"length": MOST_TEXT}, status=422)
    if len(guest.email) > MOST_TEXT or not is_address(guest.email):
        raise Refused("email", _("Write an e-mail address such as name@example.se."), status=422)


def _note(session: Session, found: Found, request: Request, clock: Clock, *, action: str, guest: int) -> None:
    found.dialogue.sequence += 1
    session.flush()
    record(session, at=clock.now(), actor=request.actor, action=action, subject=found.subject, guest=guest)
    sequence = found.dialogue.sequence
    publish(session, DIALOGUE_GUESTS_CHANGED, at=clock.now(), dialogue_id=found.dialogue.id, sequence=sequence)
