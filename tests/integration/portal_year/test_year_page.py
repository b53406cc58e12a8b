"""The start page and the changes of state that are made from it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from shared.model.accounts import ROLES
from shared.model.audit import AuditEntry
from shared.model.cycles import CollectionWindow, Cycle, SealGroup
from shared.model.dialogues import Dialogue, DialogueRound, DialogueSlot, Measure
from shared.model.events import Delivery, Event
from shared.model.organisation import Unit
from shared.model.results import ResultSet

AT = "/cycles/mmis-2026/windows/skola"
PLACES = {"area_head": "Norr", "principal": "A", "leadership": "A", "owner": "I"}


def audited(town):
    with town.house.database.read() as session:
        return [(one.actor, one.action) for one in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def button_of(text):
    start = text.index('class="next"')
    return text[start : text.index("</section>", start)]


def test_from_nothing_the_officer_is_shown_the_first_steps(house, portal):
    text = portal.visitor("officer").get("/").text
    assert "/units/import" in button_of(text)
    assert "From nothing to the first answers" in text
    assert "The first cycle is being prepared" in portal.visitor("board_reader").get("/").text


def test_everybody_sees_the_year_and_only_the_officer_its_buttons(town, portal):
    town.open()
    for role in ROLES:
        answer = portal.visitor((role, PLACES[role]) if role in PLACES else role).get("/")
        assert answer.status_code == 200
        assert "Goals in sight 2026" in answer.text
        assert (f"{AT}/close" in answer.text) == (role == "officer")


def test_the_officer_is_led_from_the_codes_to_the_count(town, portal):
    officer = portal.visitor("officer")
    assert "/cycles/mmis-2026/codes" in button_of(officer.get("/").text)
    town.open()
    # The window for files waits for its officer.
    assert "/windows/arkiv/open" in button_of(portal.visitor("officer").get("/").text)
    with town.house.database.begin() as session:
        files = session.scalars(select(CollectionWindow).where(CollectionWindow.key == "arkiv")).one()
        files.public_key = bytes(32)
        files.state = "open"
    assert "/windows/arkiv/close" in button_of(portal.visitor("officer").get("/").text)
    with town.house.database.begin() as session:
        session.get_one(CollectionWindow, files.id).state = "closed"
    assert "/windows/arkiv/count" in button_of(portal.visitor("officer").get("/").text)


def test_opening_says_what_it_does_and_does_it_once(town, portal):
    town.issue_codes()
    officer = portal.visitor("officer")
    asked = officer.get(f"{AT}/open").text
    assert "no way back to planned" in asked
    assert "170 invited at 3 units" in asked
    answer = officer.post(f"{AT}/open")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?cycle=mmis-2026")
    assert town.states()["skola"] == "opening"
    assert (f"user:{officer.account_id}", "window.opening_requested") in audited(town)
    assert "cannot be done" in officer.get(f"{AT}/open").text
    assert officer.post(f"{AT}/open").status_code == 409


def test_closing_counts_what_it_ends_and_leads_to_the_count(town, portal):
    town.open()
    town.answer("A", "5A", 4)
    officer = portal.visitor("officer")
    asked = officer.get(f"{AT}/close").text
    assert "4 answers sent in" in asked
    assert "0 forms that somebody has begun" in asked
    assert "never opens again" in asked
    answer = officer.post(f"{AT}/close")
    assert answer.headers["Location"] == f"{AT}/count"
    assert town.states()["skola"] == "closed"
    assert (f"user:{officer.account_id}", "window.closed") in audited(town)
    text = officer.get(f"{AT}/count").text
    assert 'data-live="2"' in text
    assert "0 of 2 parts counted" in text
    assert "follow" in officer.get("/").text.lower()


def test_the_count_leads_to_the_release_when_results_are_ready(town, portal):
    town.open()
    officer = portal.visitor("officer")
    officer.post(f"{AT}/close")
    town.house.run_deliveries()
    text = officer.get(f"{AT}/count").text
    assert "results are ready" in text
    assert "data-live" not in text
    assert "/cycles/mmis-2026/release" in button_of(officer.get("/").text)


def test_unreadable_ballots_wait_for_a_reason(town, portal):
    town.open()
    town.answer("A", "5A", 4)
    officer = portal.visitor("officer")
    officer.post(f"{AT}/close")
    with town.house.database.begin() as session:
        session.scalars(select(SealGroup).where(SealGroup.control_total == 4)).one().unreadable = 4
    assert f"{AT}/accept-loss" in button_of(officer.get("/").text)
    assert "4 ballots that cannot be read are given up" in officer.get(f"{AT}/accept-loss").text
    refused = officer.post(f"{AT}/accept-loss", {"reason": " "})
    assert refused.status_code == 422
    assert "There is a problem" in refused.text
    assert "Error: " in refused.text
    assert officer.post(f"{AT}/accept-loss", {"reason": "A damaged page."}).headers["Location"] == f"{AT}/count"
    with town.house.database.read() as session:
        window = session.scalars(select(CollectionWindow).where(CollectionWindow.key == "skola")).one()
        assert window.loss_accepted == "A damaged page."
    assert (f"user:{officer.account_id}", "window.loss_accepted") in audited(town)


def test_a_lost_key_is_settled_where_the_keys_are(town, portal):
    town.open()
    officer = portal.visitor("officer")
    officer.post(f"{AT}/close")
    text = officer.get(f"{AT}/accept-loss").text
    assert "sikte cycle accept-loss mmis-2026 --window skola" in text
    assert "<textarea" not in text
    assert officer.post(f"{AT}/accept-loss", {"reason": "Gone."}).status_code == 409


def test_results_can_be_computed_anew_once_something_is_counted(town, portal):
    town.open()
    officer = portal.visitor("officer")
    assert "nothing to compute from" in officer.get("/cycles/mmis-2026/recompute").text
    assert officer.post("/cycles/mmis-2026/recompute").status_code == 409
    officer.post(f"{AT}/close")
    town.house.run_deliveries()
    assert "number 2" in officer.get("/cycles/mmis-2026/recompute").text
    assert officer.post("/cycles/mmis-2026/recompute").status_code == 303
    town.house.run_deliveries()
    with town.house.database.read() as session:
        assert session.scalars(select(ResultSet.number).order_by(ResultSet.number)).all() == [1, 2]


def test_only_the_officer_changes_states(town, portal):
    for role in ("auditor", ("principal", "A"), ("area_head", "Norr"), "board_reader"):
        visitor = portal.visitor(role)
        for step in ("open", "close", "accept-loss", "count"):
            assert visitor.get(f"{AT}/{step}").status_code == 403
        for step in ("open", "close", "accept-loss"):
            assert visitor.post(f"{AT}/{step}").status_code == 403
    assert town.states()["skola"] == "planned"


def test_a_form_of_another_page_changes_nothing(town, portal):
    officer = portal.visitor("officer")
    assert officer.post(f"{AT}/open", {"token": "forged"}).status_code == 400
    assert officer.post(f"{AT}/open", {"more": "than asked"}).status_code == 422
    assert officer.get("/cycles/mmis-2026/windows/nowhere/open").status_code == 404
    assert town.states()["skola"] == "planned"


def test_stuck_work_is_shown_to_the_officer_alone(town, portal):
    with town.house.database.begin() as session:
        event = Event(type="window.closed", version=1, payload={}, occurred_at=town.house.clock.now())
        session.add(event)
        session.flush()
        session.add(Delivery(event_id=event.id, consumer="count_ballots", quarantined_at=1.0, attempts=3))
    assert "/deliveries" in button_of(portal.visitor("officer").get("/").text)
    assert "stuck" not in portal.visitor(("principal", "A")).get("/").text.lower()


def test_a_window_that_did_not_open_is_late(town, portal):
    town.issue_codes()
    town.house.clock.advance(timedelta(days=2))
    text = portal.visitor("officer").get("/").text
    assert f"{AT}/open" in button_of(text)
    assert ">Late<" in text


def make_round(town, *, state="offered"):
    """Make a round with a dialogue for A and B and a late measure at A."""
    now = town.house.clock.now()
    with town.house.database.begin() as session:
        cycle = session.scalars(select(Cycle)).one()
        held_round = DialogueRound(
            key="vinter",
            title="Winter",
            cycle_id=cycle.id,
            state=state,
            book_by=now + timedelta(days=9),
            created_at=now,
            created_by="test",
        )
        session.add(held_round)
        session.flush()
        slot = DialogueSlot(
            round_id=held_round.id, starts_at=now + timedelta(days=3), ends_at=now + timedelta(days=4), place="Here"
        )
        session.add(slot)
        session.flush()
        units = {unit.code: unit.id for unit in session.scalars(select(Unit))}
        for code, at in (("A", None), ("B", slot.id)):
            session.add(
                Dialogue(
                    round_id=held_round.id,
                    unit_id=units[code],
                    state="offered" if at is None else "booked",
                    slot_id=at,
                    uid=f"uid-{code}",
                )
            )
        session.add(
            Measure(
                unit_id=units["B"],
                cycle_id=cycle.id,
                title="T",
                cause="C",
                owner="O",
                due_on=(now - timedelta(days=1)).date(),
                indicator="I",
                expected_effect="E",
                state="ongoing",
                created_at=now,
                created_by="test",
            )
        )


def test_each_principal_sees_the_own_dialogue_and_measures_only(town, portal):
    make_round(town)
    first, second = portal.visitor(("principal", "A")).get("/").text, portal.visitor(("principal", "B")).get("/").text
    assert "/dialogues/vinter/A" in button_of(first)
    assert "0 booked, 0 held, 1 not booked" in first
    assert "past their date" not in first
    assert "/dialogues/vinter/B/preparation" in button_of(second)
    assert "1 agreed, 1 under way, 1 past their date" in second
    assert "1 booked, 0 held, 1 not booked" in portal.visitor("officer").get("/").text


def test_a_draft_round_is_the_officers_own(town, portal):
    make_round(town, state="draft")
    assert "Winter" not in portal.visitor(("principal", "A")).get("/").text
    assert "Winter" in portal.visitor("officer").get("/").text


def test_an_owner_is_asked_for_agreements_that_are_missing(town, portal):
    assert "/agreements" in button_of(portal.visitor(("owner", "I")).get("/").text)
    assert "/agreements" not in button_of(portal.visitor(("owner", "K")).get("/").text)
