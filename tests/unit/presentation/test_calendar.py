"""Invitations are read by a second library as they were meant, whatever people wrote into them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject

from shared.presentation.calendar import (
    CANCEL,
    OPTIONAL,
    REQUEST,
    Attendee,
    CalendarEvent,
    calendar_file,
    invitation,
    read_event,
)

STAMP = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
MEETING = CalendarEvent(
    uid="0f3a@sikte",
    sequence=3,
    starts_at=datetime(2027, 1, 12, 8, 0, tzinfo=UTC),
    ends_at=datetime(2027, 1, 12, 9, 0, tzinfo=UTC),
    summary="Kvalitetsdialog: Ängsskolan",
    description="Välkommen.\nTa med: analys, åtgärder; frågor\\svar.",
    place="Rum 3, Stadshuset; plan 2",
    link="https://portal.example.se/dialogues/2027/A",
)
ORGANIZER = Attendee("Pedagogcentrum", "sikte@example.se")
ATTENDEES = (Attendee("Rektor på Ängsskolan", "rektor@example.se"), Attendee("Gäst", "guest@example.se", OPTIONAL))


def written(event: CalendarEvent = MEETING, method: str = REQUEST, attendees=ATTENDEES) -> str:
    return invitation(event, method=method, organizer=ORGANIZER, attendees=attendees, stamp=STAMP)


def read(text: str):
    return vobject.readOne(text)


def test_an_invitation_says_who_when_and_where():
    calendar = read(written())
    event = calendar.vevent
    assert calendar.method.value == "REQUEST"
    assert event.uid.value == "0f3a@sikte"
    assert event.sequence.value == "3"
    assert event.dtstart.value.astimezone(UTC) == MEETING.starts_at
    assert event.dtend.value.astimezone(UTC) == MEETING.ends_at
    assert event.status.value == "CONFIRMED"
    assert event.organizer.value == "mailto:sikte@example.se"
    people = [(one.value, one.params["CN"], one.params["ROLE"]) for one in event.attendee_list]
    assert people == [
        ("mailto:rektor@example.se", ["Rektor på Ängsskolan"], ["REQ-PARTICIPANT"]),
        ("mailto:guest@example.se", ["Gäst"], ["OPT-PARTICIPANT"]),
    ]


def test_swedish_letters_commas_semicolons_and_new_lines_come_through():
    event = read(written()).vevent
    assert event.summary.value == MEETING.summary
    assert event.description.value == MEETING.description
    assert event.location.value == MEETING.place
    assert event.url.value == MEETING.link


def test_a_cancellation_names_the_same_meeting_and_says_that_it_is_off():
    calendar = read(written(replace(MEETING, sequence=4), CANCEL))
    event = calendar.vevent
    assert (calendar.method.value, event.status.value) == ("CANCEL", "CANCELLED")
    assert (event.uid.value, event.sequence.value) == ("0f3a@sikte", "4")


def test_a_meeting_in_summer_has_summer_time():
    summer = datetime(2027, 6, 1, 7, 0, tzinfo=UTC)
    text = written(replace(MEETING, starts_at=summer, ends_at=summer + timedelta(hours=1)))
    assert "DTSTART;TZID=Europe/Stockholm:20270601T090000" in text
    assert read(text).vevent.dtstart.value.astimezone(UTC) == summer


def test_the_message_brings_swedish_time_with_its_changes():
    zone = read(written()).vtimezone
    assert zone.tzid.value == "Europe/Stockholm"
    assert (zone.standard.tzoffsetto.value, zone.daylight.tzoffsetto.value) == ("+0100", "+0200")


def test_lines_end_as_calendars_want_and_none_is_longer_than_75_octets():
    text = written(replace(MEETING, description="å" * 500))
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert read(text).vevent.description.value == "å" * 500


def test_the_same_meeting_gives_the_same_bytes():
    assert written() == written()


EVIL = 'x"\r\nATTENDEE:mailto:evil@example.se\rSTATUS:CANCELLED\nEND:VEVENT\u2028BEGIN:VALARM\x00;,\\'


@pytest.mark.parametrize("field", ["summary", "description", "place", "uid", "link"])
def test_nobody_writes_lines_of_their_own_into_an_invitation(field):
    changed: dict[str, Any] = {field: EVIL}
    event = replace(MEETING, **changed)
    calendar = read(written(event))
    assert len(calendar.vevent.attendee_list) == 2
    assert calendar.vevent.status.value == "CONFIRMED"
    assert not hasattr(calendar.vevent, "valarm")
    assert "\x00" not in written(event)


def test_nobody_writes_lines_of_their_own_into_a_name():
    calendar = read(written(attendees=[Attendee(EVIL, "a@example.se")]))
    [attendee] = calendar.vevent.attendee_list
    assert attendee.value == "mailto:a@example.se"
    assert calendar.vevent.status.value == "CONFIRMED"


@pytest.mark.parametrize("email", ["", "nobody", "a@b\r\nX:1", "a@b,c@d", "a b@c", "<a@b>", 'a"@b', "a@b@c"])
def test_an_address_that_is_none_is_refused(email):
    with pytest.raises(ValueError, match="cannot stand in a calendar"):
        written(attendees=[Attendee("A", email)])


def test_a_file_to_open_invites_nobody():
    calendar = read(calendar_file(MEETING, stamp=STAMP))
    assert not hasattr(calendar, "method")
    assert not hasattr(calendar.vevent, "attendee")
    assert calendar.vevent.uid.value == MEETING.uid


def test_what_an_invitation_said_can_be_repeated_in_its_cancellation():
    assert read_event(written()) == MEETING
    assert read_event("") is None
