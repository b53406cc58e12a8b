"""Whoever takes part has the meeting in their calendar as it stands, and nobody hears twice of the same."""

from __future__ import annotations

import random

import pytest
import vobject
from sqlalchemy import select

from admin_portal.dialogues.booking import book, cancel, decline, move
from admin_portal.dialogues.guests import GuestPlan, invite_guest, remove_guest
from admin_portal.dialogues.slots import remove_slot
from analytics_worker.mail.letters import Telling, dialogues
from shared.errors import NotFound, Refused
from shared.model.dialogues import Dialogue, DialogueGuest
from shared.model.events import DIALOGUE_HELD, publish
from shared.model.post import Mail, Notice
from tests.support.calendars import PORTAL, Teller
from tests.support.season import ACTOR, ROUND, ask

PRINCIPAL, OFFICIAL, HEAD = "rektor.a@example.se", "anna@example.se", "head@example.se"
GUEST = GuestPlan(kind="leadership", name="Biträdande rektor", email="Guest@example.se")


class Desk(Teller):
    """A round at work: an area head of Norr is there too, and the offers have been told."""

    def __init__(self, offered) -> None:
        super().__init__(offered.season.database, offered.season.clock)
        self.offered, self.season = offered, offered.season
        self.season.account(HEAD, ("area_head", "Norr"))
        self.told = self.untold()[-1].id

    @property
    def tools(self):
        return {"database": self.season.database, "clock": self.season.clock}


@pytest.fixture
def desk(offered) -> Desk:
    return Desk(offered)


def invited(letters: list[Mail]) -> dict[str, str]:
    return {letter.recipient: letter.method for letter in letters}


def shown(desk, recipient: str) -> tuple[str, int]:
    """Return the state and sequence of A's meeting in somebody's calendar."""
    return desk.calendars()[recipient][desk.season.dialogue("A").uid][:2]


def test_everybody_who_takes_part_is_invited_once(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    events = desk.untold()
    letters = desk.tell()
    assert invited(letters) == dict.fromkeys((PRINCIPAL, OFFICIAL, HEAD), "REQUEST")
    event = vobject.readOne(letters[0].calendar).vevent
    assert event.uid.value == desk.season.dialogue("A").uid
    assert {one.value for one in event.attendee_list} == {f"mailto:{one}" for one in (PRINCIPAL, OFFICIAL, HEAD)}
    assert (event.organizer.value, event.organizer.params["CN"]) == ("mailto:sikte@example.se", ["Pedagogcentrum"])
    assert f"{PORTAL}/dialogues/{ROUND}/A" in letters[0].body
    assert desk.tell(events * 2) == []


def test_a_move_updates_the_same_meeting_and_tells_the_old_official_that_it_is_off(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    desk.tell()
    move(**desk.tools, request=ask("A"), slot_id=desk.offered.second[2])
    assert invited(desk.tell()) == {
        PRINCIPAL: "REQUEST",
        HEAD: "REQUEST",
        "bo@example.se": "REQUEST",
        OFFICIAL: "CANCEL",
    }
    assert shown(desk, PRINCIPAL) == ("CONFIRMED", 2)
    assert shown(desk, OFFICIAL) == ("CANCELLED", 2)


def test_a_cancellation_reaches_all_who_were_invited(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    desk.tell()
    cancel(**desk.tools, request=ask("A"))
    assert invited(desk.tell()) == dict.fromkeys((PRINCIPAL, OFFICIAL, HEAD), "CANCEL")
    assert {shown(desk, one)[0] for one in (PRINCIPAL, OFFICIAL, HEAD)} == {"CANCELLED"}


def test_a_cancellation_still_names_its_time_when_the_slot_is_changed_or_gone(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    [before, *_] = desk.tell()
    cancel(**desk.tools, request=ask("A"))
    remove_slot(**desk.tools, round_key=ROUND, slot_id=desk.offered.first[0], actor=ACTOR)
    [after, *_] = desk.tell()
    first, last = (vobject.readOne(letter.calendar).vevent for letter in (before, after))
    assert (first.dtstart.value, first.uid.value) == (last.dtstart.value, last.uid.value)


def test_changes_told_late_or_in_any_order_end_in_the_same_calendars(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    desk.tell()
    move(**desk.tools, request=ask("A"), slot_id=desk.offered.second[2])
    cancel(**desk.tools, request=ask("A"))
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[1])
    events = desk.untold()
    random.Random(3).shuffle(events)
    letters = desk.tell(events)
    assert invited(letters) == dict.fromkeys((PRINCIPAL, OFFICIAL, HEAD), "REQUEST")
    assert {shown(desk, one) for one in (PRINCIPAL, OFFICIAL, HEAD)} == {("CONFIRMED", 4)}


def test_who_was_never_invited_hears_of_no_cancellation(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    cancel(**desk.tools, request=ask("A"))
    assert desk.tell() == []


def test_a_guest_is_invited_alone_and_taken_away_alone(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    desk.tell()
    invite_guest(**desk.tools, request=ask("A"), guest=GUEST)
    [letter] = desk.tell()
    assert (letter.recipient, letter.method) == ("Guest@example.se", "REQUEST")
    assert PORTAL not in letter.body + letter.calendar
    with desk.season.database.read() as session:
        guest_id = session.scalars(select(DialogueGuest.id)).one()
    assert remove_guest(**desk.tools, request=ask("A"), guest_id=guest_id) == GUEST.name
    assert invited(desk.tell()) == {"Guest@example.se": "CANCEL"}


def test_a_guest_invited_before_the_booking_comes_along(desk):
    invite_guest(**desk.tools, request=ask("A"), guest=GUEST)
    assert desk.tell() == []
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    assert "Guest@example.se" in invited(desk.tell())


def test_area_heads_take_part_for_municipal_units_only(desk):
    book(**desk.tools, request=ask("D"), slot_id=desk.offered.first[0])
    assert HEAD not in invited(desk.tell())


def test_principals_with_accounts_are_told_there_and_not_at_the_rosters_address(desk):
    desk.season.account("new.head@example.se", ("principal", "A"))
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    assert set(invited(desk.tell())) == {"new.head@example.se", OFFICIAL, HEAD}


def test_an_offer_is_a_letter_with_the_link_and_is_told_again_when_opened_again(offered):
    desk = Desk(offered)
    desk.told = 0
    offers = desk.tell()
    assert [letter.recipient for letter in offers] == [f"rektor.{code}@example.se" for code in "abcd"]
    assert all(f"{PORTAL}/dialogues/{ROUND}/" in letter.body and letter.calendar == "" for letter in offers)


def test_a_refusal_is_a_line_for_the_officers_and_its_reason_no_part_of_it(desk):
    decline(**desk.tools, request=ask("D"), reason="Hemlig orsak")
    assert desk.tell() == []
    with desk.season.database.read() as session:
        notices = list(session.scalars(select(Notice)))
    assert [notice.kind for notice in notices] == ["dialogue_declined"] * 3  # one for each officer
    assert "Hemlig" not in str([notice.parameters for notice in notices])


def test_a_dialogue_that_was_held_asks_for_its_minutes_to_be_confirmed(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    desk.tell()
    with desk.season.database.begin() as session:
        dialogue = session.get_one(Dialogue, desk.season.dialogue("A").id)
        dialogue.state = "held"
        publish(session, DIALOGUE_HELD, at=desk.season.clock.now(), dialogue_id=dialogue.id)
    [letter] = desk.tell()
    assert (letter.recipient, letter.method) == (PRINCIPAL, "")


def test_no_letter_names_a_figure_or_a_reason(desk):
    book(**desk.tools, request=ask("A"), slot_id=desk.offered.first[0])
    decline(**desk.tools, request=ask("A"), reason="Hemlig orsak")
    assert all("Hemlig" not in letter.body + letter.calendar for letter in desk.tell())


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("guest", "code"),
    [
        ({"name": ""}, "name"),
        ({"name": "A\nB"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.se\r\nBcc: x@example.se"}, "email"),
        ({"kind": "king"}, "kind"),
        ({"email": PRINCIPAL.upper()}, "invited"),
    ],
)
def test_a_guest_without_name_or_address_is_refused(desk, guest, code):
    plan = GuestPlan(**{"kind": "other", "name": "A", "email": "a@example.se", **guest})
    with pytest.raises(Refused) as caught:
        invite_guest(**desk.tools, request=ask("A"), guest=plan)
    assert caught.value.code == code


def test_a_guest_of_another_dialogue_is_not_ones_own(desk):
    invite_guest(**desk.tools, request=ask("A"), guest=GUEST)
    with desk.season.database.read() as session:
        guest_id = session.scalars(select(DialogueGuest.id)).one()
    with pytest.raises(NotFound):
        remove_guest(**desk.tools, request=ask("B"), guest_id=guest_id)


def test_without_a_sender_the_organizer_is_still_an_address(desk):
    assert dialogues._organizer(Telling(desk.season.clock.now(), PORTAL)).email == "sikte@localhost"
