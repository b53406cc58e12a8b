"""Writes a meeting as an iCalendar object: invitation, update and cancellation that calendars understand (iTIP)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress

from shared.clock import STOCKHOLM

REQUEST = "REQUEST"
CANCEL = "CANCEL"
REQUIRED = "REQ-PARTICIPANT"
OPTIONAL = "OPT-PARTICIPANT"

_PRODUCT = "-//Sikte//Kvalitetsdialog//SV"
_ZONE = "Europe/Stockholm"
_WINTER, _SUMMER = timedelta(hours=1), timedelta(hours=2)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_BUT_NEWLINE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]+")
_NEWLINES = re.compile(r"\r\n?|[\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f,;:<>\"@]+@[^\s\x00-\x1f\x7f,;:<>\"@]+")


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited; ``role`` is ``REQUIRED`` or ``OPTIONAL`` (RFC 5545, 3.2.16)."""

    name: str
    email: str
    role: str = REQUIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """A meeting. ``uid`` stays the same for its whole life; ``sequence`` rises with each change (RFC 5546, 2.1.4).

    ``place`` is a room, a link to a video meeting, or both; ``link`` is its page, "" for those who cannot read it.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    place: str
    link: str


def invitation(
    event: CalendarEvent, *, method: str, organizer: Attendee, attendees: Sequence[Attendee], stamp: datetime
) -> str:
    """Return the iTIP message that asks ``attendees`` to come, or tells them that they need not (``CANCEL``).

    The same arguments give the same bytes. Raises ``ValueError`` for an address that is none.
    """
    calendar = _calendar(method)
    component = _event(event, stamp)
    component.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    component.add("organizer", _person(organizer))
    for attendee in attendees:
        address = _person(attendee)
        address.params["ROLE"] = attendee.role
        address.params["PARTSTAT"] = "NEEDS-ACTION"
        address.params["RSVP"] = "FALSE" if method == CANCEL else "TRUE"
        component.add("attendee", address)
    calendar.add_component(component)
    return _text(calendar)


def calendar_file(event: CalendarEvent, *, stamp: datetime) -> str:
    """Return the meeting as a file to open in one's own calendar: nobody is invited by it."""
    calendar = _calendar("")
    component = _event(event, stamp)
    component.add("status", "CONFIRMED")
    calendar.add_component(component)
    return _text(calendar)


def read_event(text: str) -> CalendarEvent | None:
    """Return the meeting that a message of ours is about; None when ``text`` holds none (any longer)."""
    if not text:
        return None
    for found in Calendar.from_ical(text).walk("VEVENT"):
        return CalendarEvent(
            uid=str(found["UID"]),
            sequence=int(str(found["SEQUENCE"])),
            starts_at=found.decoded("DTSTART").astimezone(UTC),
            ends_at=found.decoded("DTEND").astimezone(UTC),
            summary=str(found["SUMMARY"]),
            description=str(found["DESCRIPTION"]),
            place=str(found["LOCATION"]),
            link=str(found.get("URL", "")),
        )
    return None


def is_address(email: str) -> bool:
    """Whether ``email`` can stand in a calendar, where it would otherwise end a line or a value."""
    return _ADDRESS.fullmatch(email) is not None


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if method:
        calendar.add("method", method)
    calendar.add_component(_zone())
    return calendar


def _zone() -> Timezone:
    """Return Swedish time by the rules that hold since 1996: calendars need not know the zone by its name."""
    zone = Timezone()
    zone.add("tzid", _ZONE)
    changes = (
        (TimezoneDaylight(), datetime(1996, 3, 31, 2), 3, _WINTER, _SUMMER, "CEST"),  # noqa: DTZ001  local by definition
        (TimezoneStandard(), datetime(1996, 10, 27, 3), 10, _SUMMER, _WINTER, "CET"),  # noqa: DTZ001  local by definition
    )
    for part, since, month, before, after, name in changes:
        part.add("dtstart", since)
        part.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", name)
        zone.add_component(part)
    return zone


def _event(event: CalendarEvent, stamp: datetime) -> Event:
    component = Event()
    component.add("uid", _line(event.uid))
    component.add("sequence", event.sequence)
    component.add("dtstamp", stamp)
    component.add("dtstart", event.starts_at.astimezone(STOCKHOLM))
    component.add("dtend", event.ends_at.astimezone(STOCKHOLM))
    component.add("summary", _line(event.summary))
    component.add("description", _lines(event.description))
    component.add("location", _line(event.place))
    if event.link:
        component.add("url", _CONTROLS.sub("", event.link))
    return component


def _person(attendee: Attendee) -> vCalAddress:
    if not is_address(attendee.email):
        message = "an attendee's e-mail address cannot stand in a calendar"
        raise ValueError(message)
    address = vCalAddress(f"mailto:{attendee.email}")
    # Not every calendar reads the quoting of RFC 6868: a name keeps to what needs none.
    name = _line(attendee.name).replace('"', "'").replace("^", " ")
    if name:
        address.params["CN"] = name
    return address


def _line(text: str) -> str:
    return _CONTROLS.sub(" ", text).strip()


def _lines(text: str) -> str:
    return _CONTROLS_BUT_NEWLINE.sub(" ", _NEWLINES.sub("\n", text)).strip()


def _text(calendar: Calendar) -> str:
    return bytes(calendar.to_ical()).decode()
