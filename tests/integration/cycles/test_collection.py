"""Windows are opened and closed by the officer's word; the collection is followed by counts alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from admin_portal.cycles.codes import issue_codes
from admin_portal.cycles.collection import accept_loss, close_windows, open_windows, progress
from admin_portal.cycles.status import STATUS_COLUMNS, UNIT_COLUMNS, cycle_status, list_cycles, unit_status
from shared.database.box_keys import BoxKeys
from shared.errors import NotFound, Refused
from shared.model.audit import AuditEntry
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle, SealGroup
from shared.model.events import FINISH_WINDOW, Delivery
from shared.model.urn import Ballot, Draft
from survey_service.casting.cast import cast
from survey_service.casting.forms import open_form
from tests.support.house import House, Unsettled

ACTOR = "cli:officer"


def issue(house: House) -> None:
    pepper = house.container.code_pepper
    issue_codes(house.database, house.clock, code_pepper=pepper, cycle_key="mmis-2026", actor=ACTOR)


def open_all(house: House, window: str | None = None) -> tuple[str, ...]:
    return open_windows(house.database, house.clock, cycle_key="mmis-2026", window_key=window, actor=ACTOR).windows


def answer(house: House, number: int, respondent_group: int | None = None) -> None:
    box_keys = BoxKeys(house.database)
    with house.database.read() as session:
        ids = session.scalars(select(Code.id).where(Code.state == "issued", Code.kind == "single")).all()
        forms = [open_form(session, code_id) for code_id in ids]
    slips = [form for form in forms if form.year == "5"]
    for form in slips[:number]:
        cast(house.database, house.clock, box_keys, form=form, answers={"trygg": "4"}, begun_at=house.clock.now())


def give_up(house: House, reason: str) -> int:
    parts = (house.database, house.clock, house.keys)
    return accept_loss(*parts, cycle_key="mmis-2026", window_key="skola", reason=reason, actor=ACTOR)


def status(house: House) -> dict[object, dict[str, object]]:
    with house.database.read() as session:
        rows = cycle_status(session, "mmis-2026")
    assert all(tuple(row) == STATUS_COLUMNS for row in rows)
    return {row["questionnaire"]: row for row in rows}


def test_windows_open_now_whatever_their_time(cycle: House):
    cycle.clock.advance(-timedelta(days=30))
    assert open_all(cycle) == ("skola", "forskola", "gammal")
    cycle.run_deliveries()
    with cycle.database.read() as session:
        assert set(session.scalars(select(CollectionWindow.state))) == {"open"}
        assert session.scalars(select(Cycle.state)).one() == "collecting"
        assert progress(session, window_ids=[1, 2, 3], until="open").done
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "window.opening_requested"))
        assert {entry.actor for entry in entries} == {ACTOR}


def test_a_window_whose_end_has_passed_does_not_keep_the_others_shut(cycle: House):
    cycle.clock.advance(timedelta(days=35))
    assert open_all(cycle) == ("forskola", "gammal")
    with pytest.raises(Refused, match="its end has passed"):
        open_all(cycle)


def test_what_is_not_planned_cannot_be_opened_and_its_state_is_told(opened: House):
    with pytest.raises(Refused, match=r"No window is planned \(skola: open, forskola: open, gammal: open\)"):
        open_all(opened)
    with pytest.raises(Refused, match="Window skola cannot be opened: it is open"):
        open_all(opened, "skola")
    with pytest.raises(NotFound, match="Windows: skola, forskola, gammal"):
        open_all(opened, "vinter")


def test_closing_tells_how_many_unfinished_forms_it_ends(opened: House):
    issue(opened)
    answer(opened, 3)
    with opened.database.begin() as session:
        unfinished = session.scalars(select(Code.id).where(Code.state == "issued", Code.kind == "single").limit(2))
        session.add_all(Draft(code_id=code_id, box=b"sealed") for code_id in unfinished.all())
    closing = close_windows(opened.database, opened.clock, cycle_key="mmis-2026", window_key=None, actor=ACTOR)
    assert (closing.windows, closing.ballots, closing.drafts) == (("skola", "forskola", "gammal"), 3, 2)
    with pytest.raises(Refused, match=r"No window is open \(skola: closed"):
        close_windows(opened.database, opened.clock, cycle_key="mmis-2026", window_key=None, actor=ACTOR)


def test_a_planned_window_cannot_be_closed(cycle: House):
    with pytest.raises(Refused, match="Window skola cannot be closed: it is planned"):
        close_windows(cycle.database, cycle.clock, cycle_key="mmis-2026", window_key="skola", actor=ACTOR)


def test_status_tells_counts_before_during_and_after_the_collection(cycle: House):
    issue(cycle)
    before = status(cycle)
    assert (before["elev"]["invited"], before["elev"]["issued"], before["elev"]["answered"]) == (45, 45, 0)
    assert (before["personal"]["invited"], before["personal"]["issued"]) == (8, 2)
    open_all(cycle)
    cycle.run_deliveries()
    answer(cycle, 9)
    assert (status(cycle)["elev"]["answered"], status(cycle)["elev"]["response_rate"]) == (9, 0.2)
    close_windows(cycle.database, cycle.clock, cycle_key="mmis-2026", window_key="skola", actor=ACTOR)
    assert (status(cycle)["elev"]["state"], status(cycle)["elev"]["answered"]) == ("closed", 9)
    cycle.run_deliveries()
    after = status(cycle)["elev"]
    assert (after["state"], after["invited"], after["issued"], after["answered"]) == ("counted", 45, None, 9)
    with cycle.database.read() as session:
        units = unit_status(session, "mmis-2026")
        assert [row["cycle"] for row in list_cycles(session)] == ["mmis-2026"]
    assert all(tuple(row) == UNIT_COLUMNS for row in units)
    assert ("elev", "S1", 45, 9) in [(r["questionnaire"], r["unit_code"], r["invited"], r["answered"]) for r in units]


def test_unreadable_ballots_stop_the_count_until_their_loss_is_accepted(opened: House):
    issue(opened)
    answer(opened, 12)
    with opened.database.begin() as session:
        spoilt = session.scalars(select(Ballot.id).limit(1)).one()
        session.execute(update(Ballot).where(Ballot.id == spoilt).values(box=b"spoilt"))
    closing = close_windows(opened.database, opened.clock, cycle_key="mmis-2026", window_key="skola", actor=ACTOR)
    with pytest.raises(Unsettled):
        opened.run_deliveries()
    with opened.database.read() as session:
        stuck = progress(session, window_ids=closing.window_ids, until="counted")
        finishing = [one for one in stuck.stuck if one[1] == FINISH_WINDOW]
        assert not stuck.done
        assert "accept-loss mmis-2026 --window skola" in finishing[0][2]
    with pytest.raises(Refused, match="Give a reason"):
        give_up(opened, " ")
    lost = give_up(opened, "A page of the database was damaged.")
    assert lost == 1
    opened.run_deliveries()
    assert (status(opened)["elev"]["state"], status(opened)["elev"]["answered"]) == ("counted", 12)
    with opened.database.read() as session:
        window = session.scalars(select(CollectionWindow).where(CollectionWindow.key == "skola")).one()
        assert window.loss_accepted == "A page of the database was damaged."
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "window.loss_accepted")).one()
        assert (entry.subject, entry.details["lost"]) == ("mmis-2026/skola", 1)
        assert session.scalars(select(Delivery.id).where(Delivery.done_at.is_(None))).all() == []


def test_a_window_without_loss_has_nothing_to_accept(opened: House, tmp_path: Path):
    with pytest.raises(Refused, match="no loss to accept: it is open"):
        give_up(opened, "x")


def test_a_window_whose_key_is_lost_for_good_is_counted_without_its_ballots(opened: House):
    issue(opened)
    answer(opened, 12)
    window_id = open_window_id(opened)
    private = opened.keys.window_key(window_id)
    opened.keys.destroy_window_key(window_id)
    close_windows(opened.database, opened.clock, cycle_key="mmis-2026", window_key="skola", actor=ACTOR)
    with pytest.raises(Refused, match="no loss to accept"):
        give_up(opened, "not tried yet")
    with pytest.raises(Unsettled):
        opened.run_deliveries()
    opened.keys.write_window_key(window_id, private)
    with pytest.raises(Refused, match="no loss to accept"):
        give_up(opened, "the key is there")
    opened.keys.destroy_window_key(window_id)
    assert give_up(opened, "The disk with the key broke.") == 12
    opened.run_deliveries()
    with opened.database.read() as session:
        window = session.get_one(CollectionWindow, window_id)
        assert (window.state, window.loss_accepted) == ("counted", "The disk with the key broke.")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "window.loss_accepted")).one()
        assert entry.details["lost"] == 12
        totals = session.execute(
            select(func.sum(SealGroup.counted), func.sum(SealGroup.unreadable)).where(SealGroup.window_id == window_id)
        ).one()
        assert tuple(totals) == (0, 12)
        assert session.scalars(select(Delivery.id).where(Delivery.done_at.is_(None))).all() == []


def open_window_id(house: House) -> int:
    with house.database.read() as session:
        return session.scalars(select(CollectionWindow.id).where(CollectionWindow.key == "skola")).one()
