"""Letters and invitations about quality dialogues: offered, booked, moved, cancelled, held.

Calendars are brought to where the database is, not fed with what happened: each call compares what every participant
was last told with how things stand now, and writes what is missing. So events may come late, twice or out of order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parseaddr
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analytics_worker.mail.letters import Telling
from shared.database.participants import GUEST, OFFICIAL, Participant, participants, principals
from shared.database.post import accounts_with, notify, write_mail
from shared.i18n import gettext as _
from shared.i18n import speaking
from shared.model.accounts import AREA_HEAD, OFFICER, PRINCIPAL, Account
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot
from shared.model.organisation import Unit
from shared.model.post import Mail
from shared.presentation.calendar import (
    CANCEL,
    OPTIONAL,
    REQUEST,
    REQUIRED,
    Attendee,
    CalendarEvent,
    invitation,
    is_address,
    read_event,
)
from shared.presentation.moments import in_words, span_in_words

OFFERED, BOOKED, MOVED, CANCELLED = "dialogue_offered", "dialogue_booked", "dialogue_moved", "dialogue_cancelled"
DECLINED, HELD = "dialogue_declined", "dialogue_held"
_NOBODY = "sikte@localhost"


@dataclass(frozen=True, slots=True)
class _Matter:
    """A dialogue with all that letters about it name; ``slot`` None while no time is booked."""

    dialogue: Dialogue
    round: DialogueRound
    unit: Unit
    slot: DialogueSlot | None
    telling: Telling

    @property
    def path(self) -> str:
        """The dialogue's page in the portal."""
        return f"/dialogues/{self.round.key}/{self.unit.code}"

    def occasion(self, *parts: object) -> str:
        """Return the name of an occasion about this dialogue."""
        return "/".join(["dialogue", str(self.dialogue.id), *(str(part) for part in parts)])


@dataclass(frozen=True, slots=True)
class _Told:
    """What a recipient was last sent about a meeting: invited to which slot, or that it is off."""

    recipient: str
    language: str
    method: str
    slot_id: int
    calendar: str


def tell_offer(session: Session, payload: Mapping[str, Any], telling: Telling) -> None:
    """Tell the unit's principals that a dialogue can be booked, unless it has been already."""
    matter = _matter(session, payload, telling)
    if matter.dialogue.state != "offered":
        return
    for one in principals(session, matter.unit):
        with speaking(one.language):
            parts = {"unit": matter.unit.name, "round": matter.round.title}
            lines = [
                _("Welcome to a quality dialogue about %(unit)s: %(round)s.") % parts,
                matter.round.introduction,
                _("Book a time here, until %(when)s:") % {"when": in_words(matter.round.book_by, telling.now)},
                telling.link(matter.path),
            ]
            subject = _("Book a quality dialogue: %(unit)s") % parts
            _write(session, matter, one, subject, lines, kind=OFFERED)


def tell_meeting(session: Session, payload: Mapping[str, Any], telling: Telling) -> None:
    """Bring everybody's calendar to how the meeting now is: invite, move, or cancel for those who need not come."""
    matter = _matter(session, payload, telling)
    if matter.dialogue.state not in {"offered", "booked", "declined"}:
        return
    told = _told(session, matter)
    coming = [] if matter.slot is None else participants(session, matter.dialogue, matter.unit)
    for one in coming:
        last = told.get(_short(one.email))
        if last is None or (last.method, last.slot_id) != (REQUEST, matter.dialogue.slot_id):
            moved = last is not None and last.method == REQUEST
            _invite(session, matter, one, coming, kind=MOVED if moved else BOOKED)
    expected = {_short(one.email) for one in coming}
    for name, last in told.items():
        if name not in expected and last.method == REQUEST:
            _call_off(session, matter, last)
    if matter.dialogue.state == "declined":
        _tell_officers(session, matter)


def tell_held(session: Session, payload: Mapping[str, Any], telling: Telling) -> None:
    """Tell the unit's principals that the dialogue's minutes are there to be read and confirmed."""
    matter = _matter(session, payload, telling)
    for one in principals(session, matter.unit):
        with speaking(one.language):
            parts = {"unit": matter.unit.name}
            lines = [
                _("The quality dialogue about %(unit)s has been held. Read and confirm its minutes here:") % parts,
                telling.link(matter.path),
            ]
            _write(session, matter, one, _("Minutes to confirm: %(unit)s") % parts, lines, kind=HELD)


def _matter(session: Session, payload: Mapping[str, Any], telling: Telling) -> _Matter:
    """Read the dialogue, its row locked: two events about it are told one after the other."""
    dialogue = session.get_one(Dialogue, int(payload["dialogue_id"]), with_for_update=True)
    slot = None if dialogue.slot_id is None else session.get_one(DialogueSlot, dialogue.slot_id)
    round_ = session.get_one(DialogueRound, dialogue.round_id)
    return _Matter(dialogue, round_, session.get_one(Unit, dialogue.unit_id), slot, telling)


def _told(session: Session, matter: _Matter) -> dict[str, _Told]:
    """Return the last calendar message to each recipient about this meeting, by the name of its address."""
    wanted = (
        select(Mail)
        .where(Mail.occasion.startswith(matter.occasion(""), autoescape=True), Mail.method != "")
        .order_by(Mail.id)
    )
    last = {}
    for mail in session.scalars(wanted):
        slot_id, name = mail.occasion.split("/")[-2:]
        last[name] = _Told(mail.recipient, mail.language, mail.method, int(slot_id), mail.calendar)
    return last


def _invite(session: Session, matter: _Matter, one: Participant, coming: list[Participant], *, kind: str) -> None:
    with speaking(one.language):
        event = _event(matter, one)
        parts = {"unit": matter.unit.name, "when": _when(event)}
        said = {
            BOOKED: (_("Quality dialogue: %(unit)s, %(when)s"), _("A quality dialogue about %(unit)s is booked:")),
            MOVED: (_("New time: quality dialogue %(unit)s, %(when)s"), _("The dialogue about %(unit)s has moved to:")),
        }
        subject, opening = said[kind]
        calendar = invitation(
            event,
            method=REQUEST,
            organizer=_organizer(matter.telling),
            attendees=[_attendee(other) for other in coming if is_address(other.email)],
            stamp=matter.telling.now,
        )
        lines = [opening % parts, f"{_when(event)} ({_('Swedish time')})\n{event.place}"]
        lines += [_("More about it, and what to prepare:"), event.link] if event.link else []
        lines.append(_("The attached invitation puts it into your calendar."))
        _write(session, matter, one, subject % parts, lines, kind=kind, calendar=calendar, method=REQUEST)


def _call_off(session: Session, matter: _Matter, last: _Told) -> None:
    """Tell somebody who was invited that there is no such meeting for them any longer."""
    event = read_event(last.calendar)
    if event is None or not is_address(last.recipient):
        # The invitation was emptied after months, or never left: no calendar holds a meeting to take away.
        return
    account = session.scalar(select(Account).where(Account.email == last.recipient.lower(), Account.active))
    one = Participant("", last.recipient, "", last.language, account_id=None if account is None else account.id)
    with speaking(last.language):
        parts = {"unit": matter.unit.name, "when": _when(event)}
        lines = [_("The quality dialogue about %(unit)s is off for you: %(when)s.") % parts]
        if account is not None:
            lines += [_("How things stand:"), matter.telling.link(matter.path)]
        calendar = invitation(
            replace(event, sequence=matter.dialogue.sequence),
            method=CANCEL,
            organizer=_organizer(matter.telling),
            attendees=[Attendee("", last.recipient)],
            stamp=matter.telling.now,
        )
        subject = _("Cancelled: quality dialogue %(unit)s, %(when)s") % parts
        slot = last.slot_id
        _write(session, matter, one, subject, lines, kind=CANCELLED, calendar=calendar, method=CANCEL, slot_id=slot)


def _tell_officers(session: Session, matter: _Matter) -> None:
    """Put a line about a refusal into the officers' inboxes; the reason stands on the dialogue's page alone."""
    for officer in accounts_with(session, OFFICER):
        _notify(session, matter, officer.id, DECLINED)


def _write(  # noqa: PLR0913  a letter has these parts
    session: Session,
    matter: _Matter,
    one: Participant,
    subject: str,
    lines: list[str],
    *,
    kind: str,
    calendar: str = "",
    method: str = "",
    slot_id: int | None = None,
) -> None:
    """Write the letter to ``one`` and, with an account, the notice; once for each state that the meeting has."""
    paragraphs = [_("Hello,"), *(line for line in lines if line), _why(matter, one), _("Pedagogcentrum")]
    slot = slot_id or matter.dialogue.slot_id or 0
    write_mail(
        session,
        occasion=matter.occasion(matter.dialogue.sequence, method or kind, slot, _short(one.email)),
        recipient=one.email,
        language=one.language,
        subject=subject,
        body="\n\n".join(paragraphs) + "\n",
        at=matter.telling.now,
        calendar=calendar,
        method=method,
    )
    if one.account_id is not None:
        _notify(session, matter, one.account_id, kind)


def _notify(session: Session, matter: _Matter, account_id: int, kind: str) -> None:
    notify(
        session,
        account_id=account_id,
        occasion=matter.occasion(matter.dialogue.sequence, kind),
        kind=kind,
        parameters={"unit": matter.unit.name},
        link=matter.path,
        at=matter.telling.now,
    )


def _event(matter: _Matter, one: Participant) -> CalendarEvent:
    """Return the meeting as ``one`` sees it: guests have no account, and so no use for the portal's page."""
    slot = matter.slot
    if slot is None:
        raise ValueError("a dialogue without a time is no meeting")
    link = "" if one.role == GUEST else matter.telling.link(matter.path)
    text = _("Quality dialogue about %(unit)s.") % {"unit": matter.unit.name}
    return CalendarEvent(
        uid=matter.dialogue.uid,
        sequence=matter.dialogue.sequence,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        summary=_("Quality dialogue: %(unit)s") % {"unit": matter.unit.name},
        description=f"{text}\n{link}".strip(),
        place=", ".join(part for part in (slot.place, slot.link) if part),
        link=link,
    )


def _when(event: CalendarEvent) -> str:
    return span_in_words(event.starts_at, event.ends_at)


def _why(matter: _Matter, one: Participant) -> str:
    parts = {"unit": matter.unit.name}
    reasons = {
        PRINCIPAL: _("You get this letter because you are noted as principal of %(unit)s."),
        OFFICIAL: _("You get this letter because you take part for Pedagogcentrum."),
        AREA_HEAD: _("You get this letter because you are area head of %(unit)s."),
        GUEST: _("You get this letter because %(unit)s has invited you."),
    }
    return reasons.get(one.role, _("You get this letter because you were invited.")) % parts


def _organizer(telling: Telling) -> Attendee:
    """Return who sends the invitations: letters' sender, so that answers reach a mailbox that is read."""
    name, address = parseaddr(telling.sender)
    return Attendee(name or "Pedagogcentrum", address if is_address(address) else _NOBODY)


def _attendee(one: Participant) -> Attendee:
    return Attendee(one.name, one.email, OPTIONAL if one.role == GUEST else REQUIRED)


def _short(email: str) -> str:
    """Return a name for an address that fits an occasion, however long it is and however it is written."""
    return hashlib.sha256(email.casefold().encode()).hexdigest()[:16]
