"""Minutes: held, written, confirmed by both for the same version, voided by any change, concluded when all is done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from admin_portal.dialogues.minutes import MUNICIPALITY, UNIT, confirm, mark_held, write_minutes
from admin_portal.follow_up.measures import note_measure
from shared.errors import Refused
from shared.model.audit import AuditEntry
from shared.model.events import AGREEMENT_SIGNED, Event
from shared.model.post import Mail
from tests.integration.follow_up.conftest import BEGINS, DIALOGUE, ROUND, Town
from tests.support.result_pages import strictly

PAGE = f"{DIALOGUE}/minutes"


def test_only_a_booked_dialogue_whose_time_has_come_is_marked_as_held(town: Town):
    with pytest.raises(Refused) as early:
        mark_held(**town.tools, wish=town.wish())
    assert early.value.code == "not_begun"
    with pytest.raises(Refused):
        mark_held(**town.tools, wish=town.wish("B"))
    town.at(BEGINS)
    mark_held(**town.tools, wish=town.wish())
    assert town.dialogue().state == "held"


def test_the_unit_is_told_once_when_the_minutes_are_there(town: Town):
    town.portal.account(("principal", "A"), email="rektor@example.se")
    version = town.hold()
    write_minutes(**town.tools, wish=town.wish(), text="Ny text.", version=version)
    town.cycle.house.run_deliveries()
    with town.cycle.house.database.read() as session:
        letters = session.scalars(select(Mail).where(Mail.subject.startswith("Minutes to confirm"))).all()
    assert [letter.recipient for letter in letters] == ["rektor@example.se"]


def test_both_confirm_the_same_version_and_then_it_is_fixed(town: Town):
    version = town.hold()
    assert not confirm(**town.tools, wish=town.wish(actor="user:901"), side=UNIT, version=version)
    assert confirm(**town.tools, wish=town.wish(), side=MUNICIPALITY, version=version)
    assert town.dialogue().state == "confirmed"
    with town.cycle.house.database.read() as session:
        signed = session.scalars(select(Event).where(Event.type == AGREEMENT_SIGNED)).all()
        actions = set(session.scalars(select(AuditEntry.action)))
    assert [event.payload for event in signed] == [{"dialogue_id": town.dialogue().id}]
    assert {"dialogue.held", "dialogue.minutes_written", "dialogue.agreement_signed"} <= actions
    with pytest.raises(Refused):
        write_minutes(**town.tools, wish=town.wish(), text="Efteråt.", version=version)


def test_one_person_does_not_confirm_for_both(town: Town):
    version = town.hold()
    confirm(**town.tools, wish=town.wish(), side=MUNICIPALITY, version=version)
    with pytest.raises(Refused) as refused:
        confirm(**town.tools, wish=town.wish(), side=UNIT, version=version)
    assert refused.value.code == "same_person"
    assert town.dialogue().state == "held"


def test_a_change_after_a_confirmation_voids_it_visibly(town: Town):
    version = town.hold()
    principal = town.portal.visitor(("principal", "A"))
    assert principal.post(f"{PAGE}/confirm-unit", {"version": version}).status_code == 303
    write_minutes(**town.tools, wish=town.wish(), text="Ändrad text.", version=version)
    page = principal.get(PAGE)
    strictly(page)
    assert "must be confirmed again" in page.text
    assert "Confirm version 2" in page.text
    assert not confirm(**town.tools, wish=town.wish(), side=MUNICIPALITY, version=version + 1)
    assert town.dialogue().state == "held"


def test_a_new_measure_in_the_dialogue_voids_a_confirmation_too(town: Town):
    version = town.hold()
    confirm(**town.tools, wish=town.wish(actor="user:901"), side=UNIT, version=version)
    town.add(round_key=ROUND)
    with pytest.raises(Refused) as stale:
        confirm(**town.tools, wish=town.wish(), side=MUNICIPALITY, version=version)
    assert stale.value.code == "stale"


def test_the_same_text_again_makes_no_new_version(town: Town):
    version = town.hold("Samma.")
    assert write_minutes(**town.tools, wish=town.wish(), text=" Samma.\n", version=version) == version


def test_minutes_written_in_two_windows_lose_nothing(town: Town):
    version = town.hold("Första")
    officer = town.portal.visitor("officer")
    assert officer.post(f"{PAGE}/edit", {"text": "Andra", "version": version}).status_code == 303
    answer = officer.post(f"{PAGE}/edit", {"text": "Tredje", "version": version})
    assert answer.status_code == 409
    assert "Andra" in answer.text
    assert "Tredje" in answer.text
    assert town.dialogue().minutes == "Andra"
    strictly(answer)


def test_only_those_of_the_dialogue_read_them_and_officers_alone_write(town: Town):
    town.hold("Protokollets ord")
    for role in ("officer", ("principal", "A"), ("leadership", "A"), ("area_head", "Norr"), ("owner", "K")):
        assert "Protokollets ord" in town.portal.visitor(role).get(PAGE).text
    for role in (("principal", "B"), ("leadership", "B"), ("area_head", "Syd"), ("owner", "I"), "board_reader"):
        assert town.portal.visitor(role).get(PAGE).status_code == 403
    principal = town.portal.visitor(("principal", "A"))
    for door in ("held", "edit", "confirm-municipality", "conclude"):
        assert principal.post(f"{PAGE}/{door}", {"text": "x", "version": 1}).status_code == 403
    assert town.portal.visitor("officer").post(f"{PAGE}/confirm-unit", {"version": 1}).status_code == 403


def test_the_dialogue_concludes_when_its_last_measure_is_closed(town: Town):
    town.hold()
    first, second = town.add(round_key=ROUND), town.add(round_key=ROUND, title="Annat")
    town.agree()
    town.cycle.house.clock.advance(timedelta(days=30))
    note_measure(**town.tools, measure_id=first, state="done", text="Klart.", actor="user:901")
    assert town.dialogue().state == "confirmed"
    note_measure(**town.tools, measure_id=second, state="dropped", text="Behövs inte.", actor="user:901")
    assert town.dialogue().state == "concluded"


def test_an_officer_marks_writes_and_concludes_on_the_pages(town: Town):
    assert "when the dialogue has been held" in town.portal.visitor("officer").get(PAGE).text
    town.at(BEGINS + timedelta(hours=1))
    officer, principal = town.portal.visitor("officer"), town.portal.visitor(("principal", "A"))
    assert "The dialogue has been held" in officer.get(PAGE).text
    assert officer.post(f"{PAGE}/held").location == f"{PAGE}/edit"
    assert officer.post(f"{PAGE}/edit", {"text": "", "version": 0}).status_code == 422
    assert officer.post(f"{PAGE}/edit", {"text": "Vi sade", "version": 0}).status_code == 303
    assert officer.post(f"{PAGE}/confirm-municipality", {"version": 1}).status_code == 303
    assert principal.post(f"{PAGE}/confirm-unit", {"version": 1}).status_code == 303
    assert officer.post(f"{PAGE}/conclude").status_code == 303
    assert town.dialogue().state == "concluded"
    strictly(officer.get(PAGE))
