"""A time is booked by one unit, moved, given back and declined; nobody is ever in two places at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from admin_portal.dialogues.booking import book, cancel, decline, free_slots, move, reopen
from admin_portal.dialogues.finding import find_dialogue
from admin_portal.dialogues.offers import offer_dialogues
from admin_portal.dialogues.rounds import close_round, reopen_round
from shared.errors import NotFound, Refused
from shared.model.accounts import Account
from shared.model.audit import AuditEntry
from shared.model.dialogues import Dialogue
from shared.model.events import Event
from tests.support.season import ACTOR, FIRST, HOUR, ROUND, ask


def tools(offered):
    return {"database": offered.season.database, "clock": offered.season.clock}


def refusal(callable_, *arguments, **named) -> str:
    with pytest.raises(Refused) as caught:
        callable_(*arguments, **named)
    return caught.value.code


def free(offered, unit: str) -> list[int]:
    with offered.season.database.read() as session:
        found = find_dialogue(session, ROUND, unit)
        return [slot.id for slot in session.scalars(free_slots(found, offered.season.clock.now()))]


def test_a_free_time_is_booked_and_noted(offered):
    booked = book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    dialogue = offered.season.dialogue("A")
    assert (booked.starts_at, booked.ends_at) == (FIRST, FIRST + HOUR)
    assert (dialogue.state, dialogue.slot_id, dialogue.sequence) == ("booked", offered.first[0], 1)
    assert (dialogue.booked_by, dialogue.booked_at) == (ACTOR, offered.season.clock.now())
    with offered.season.database.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        event = session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (entry.action, entry.subject, entry.actor) == ("dialogue.booked", f"{ROUND}/A", ACTOR)
    assert (event.type, event.payload) == ("dialogue.booked", {"dialogue_id": dialogue.id, "sequence": 1})


def test_a_taken_time_is_refused_and_nothing_is_written(offered):
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    assert refusal(book, **tools(offered), request=ask("C"), slot_id=offered.first[0]) == "slot_taken"
    assert offered.season.dialogue("C").sequence == 0


def test_two_units_of_a_district_cannot_meet_at_the_same_time(offered):
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    assert offered.second[0] not in free(offered, "B")
    assert refusal(book, **tools(offered), request=ask("B"), slot_id=offered.second[0]) == "slot_clash"
    book(**tools(offered), request=ask("B"), slot_id=offered.second[1])


def test_other_districts_and_independent_units_can(offered):
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    assert offered.second[0] in free(offered, "C")
    book(**tools(offered), request=ask("D"), slot_id=offered.second[0])


def test_the_clash_holds_across_rounds(offered):
    season = offered.season
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    other = season.round("Extra")
    [half_past] = season.slots(other, season.officer("cilla@example.se"), 1, first=FIRST + HOUR / 2)
    offer_dialogues(**tools(offered), round_key=other, actor=ACTOR, leave_out={"A", "C", "D", "E"})
    assert refusal(book, **tools(offered), request=ask("B", other), slot_id=half_past) == "slot_clash"


def test_an_area_head_of_two_districts_is_in_one_place_at_a_time(offered):
    offered.season.account("head@example.se", ("area_head", "Norr"), ("area_head", "Syd"))
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    assert refusal(book, **tools(offered), request=ask("C"), slot_id=offered.second[0]) == "slot_clash"


def test_a_principal_of_two_units_is_in_one_place_at_a_time(offered):
    offered.season.account("two@example.se", ("principal", "C"), ("principal", "E"))
    book(**tools(offered), request=ask("C"), slot_id=offered.first[0])
    assert refusal(book, **tools(offered), request=ask("E"), slot_id=offered.second[0]) == "slot_clash"


def test_an_account_that_was_closed_is_in_no_place_at_all(offered):
    head = offered.season.account("head@example.se", ("area_head", "Norr"), ("area_head", "Syd"))
    with offered.season.database.begin() as session:
        session.get_one(Account, head).active = False
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    book(**tools(offered), request=ask("C"), slot_id=offered.second[0])


def test_moving_frees_the_old_time_and_keeps_the_meeting(offered):
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    uid = offered.season.dialogue("A").uid
    move(**tools(offered), request=ask("A"), slot_id=offered.second[0])
    dialogue = offered.season.dialogue("A")
    assert (dialogue.uid, dialogue.sequence, dialogue.slot_id) == (uid, 2, offered.second[0])
    assert offered.first[0] in free(offered, "C")
    assert refusal(move, **tools(offered), request=ask("A"), slot_id=offered.second[0]) == "same_slot"


def test_a_time_given_back_can_be_booked_by_another(offered):
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    cancel(**tools(offered), request=ask("A"))
    dialogue = offered.season.dialogue("A")
    assert (dialogue.state, dialogue.slot_id, dialogue.sequence) == ("offered", None, 2)
    book(**tools(offered), request=ask("B"), slot_id=offered.first[0])


def test_declining_keeps_the_reason_and_frees_the_time(offered):
    book(**tools(offered), request=ask("D"), slot_id=offered.first[0])
    decline(**tools(offered), request=ask("D"), reason="Vi har egna samtal.")
    dialogue = offered.season.dialogue("D")
    assert (dialogue.state, dialogue.slot_id, dialogue.decline_reason) == ("declined", None, "Vi har egna samtal.")
    assert refusal(book, **tools(offered), request=ask("D"), slot_id=offered.first[0]) == "dialogue_state"
    reopen(**tools(offered), request=ask("D"))
    assert (offered.season.dialogue("D").state, offered.season.dialogue("D").decline_reason) == ("offered", "")
    assert offered.season.dialogue("D").sequence == 3


def test_declining_needs_a_reason(offered):
    assert refusal(decline, **tools(offered), request=ask("D"), reason="  ") == "reason"


def test_after_the_last_day_only_an_officer_books(offered):
    offered.season.clock.advance(timedelta(days=85))
    assert refusal(book, **tools(offered), request=ask("A"), slot_id=offered.first[0]) == "booking_over"
    book(**tools(offered), request=ask("A", officer=True), slot_id=offered.first[0])
    assert refusal(move, **tools(offered), request=ask("A"), slot_id=offered.first[1]) == "booking_over"
    cancel(**tools(offered), request=ask("A"))


def test_a_time_that_has_passed_is_not_booked_and_its_meeting_changed_by_officers_only(offered):
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    offered.season.clock.instant = FIRST + HOUR
    assert refusal(book, **tools(offered), request=ask("C", officer=True), slot_id=offered.first[1]) == "slot_past"
    assert refusal(cancel, **tools(offered), request=ask("A")) == "slot_past"
    assert refusal(decline, **tools(offered), request=ask("A"), reason="Nej.") == "slot_past"
    move(**tools(offered), request=ask("A", officer=True), slot_id=offered.first[2])


def test_a_closed_round_takes_no_bookings_until_it_is_opened_again(offered):
    close_round(**tools(offered), round_key=ROUND, actor=ACTOR)
    assert refusal(book, **tools(offered), request=ask("A", officer=True), slot_id=offered.first[0]) == "round_state"
    assert refusal(close_round, **tools(offered), round_key=ROUND, actor=ACTOR) == "round_state"
    reopen_round(**tools(offered), round_key=ROUND, actor=ACTOR)
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])


def test_a_time_of_another_round_is_not_this_rounds(offered):
    other = offered.season.round("Extra")
    [slot] = offered.season.slots(other, offered.officials[0], 1, first=FIRST + timedelta(days=1))
    with pytest.raises(NotFound):
        book(**tools(offered), request=ask("A"), slot_id=slot)


@pytest.mark.parametrize("state", ["held", "confirmed", "concluded"])
def test_a_dialogue_that_was_held_keeps_its_time(offered, state):
    book(**tools(offered), request=ask("A"), slot_id=offered.first[0])
    with offered.season.database.begin() as session:
        session.get_one(Dialogue, offered.season.dialogue("A").id).state = state
    for change in (cancel, reopen):
        assert refusal(change, **tools(offered), request=ask("A", officer=True)) == "dialogue_state"
    assert refusal(move, **tools(offered), request=ask("A"), slot_id=offered.first[1]) == "dialogue_state"
