"""Who sees figures and when: nobody but officers before a release, then each within the scope, never a byte more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event, select

from admin_portal.results.rows import result_rows
from shared.model.audit import AuditEntry
from shared.model.organisation import District, Unit
from shared.model.results import ResultDocument
from tests.support.result_pages import FIGURE, addresses, main_of, release

ROLES = (("principal", "A"), ("area_head", "Norr"), ("owner", "K"), ("leadership", "A"))
WITHOUT_RESULTS = ("board_reader", "auditor")


def figures_seen(visitor, cycle):
    """Return the addresses whose answer holds anything like a figure."""
    seen = []
    for address in addresses(cycle):
        answer = visitor.get(address)
        assert answer.status_code in {200, 403, 404}, address
        text = main_of(answer)
        # The name of a release or a cycle is no figure.
        if FIGURE.search(text):
            seen.append(address)
    return seen


def test_before_the_release_no_role_sees_a_byte_of_a_figure(cycle, portal):
    assert {role: figures_seen(portal.visitor(role), cycle) for role in ROLES} == {role: [] for role in ROLES}


def test_the_figures_are_there_the_moment_the_embargo_ends_and_not_a_second_before(cycle, portal):
    release(cycle, embargo_until=cycle.house.clock.now() + timedelta(minutes=20))
    visitors = {role: portal.visitor(role) for role in ROLES}
    cycle.house.clock.advance(timedelta(minutes=20) - timedelta(seconds=1))
    assert {role: figures_seen(visitor, cycle) for role, visitor in visitors.items()} == {role: [] for role in ROLES}
    cycle.house.clock.advance(timedelta(seconds=1))
    own = f"/results/{cycle.key}"
    for role in ROLES[:3]:
        assert {own, f"{own}/municipality", f"{own}/units/A"} <= set(figures_seen(visitors[role], cycle)), role


def test_officers_see_everything_before_any_release_and_are_told_that_nobody_else_does(cycle, portal):
    officer = portal.visitor("officer")
    answer = officer.get(f"/results/{cycle.key}/units/C")
    assert FIGURE.search(main_of(answer))
    assert "no unit sees them" in main_of(answer)
    assert officer.get(f"/results/{cycle.key}/units/C.json").status_code == 200


def test_roles_without_results_are_refused_everywhere_even_after_the_release(cycle, portal):
    release(cycle)
    for visitor in map(portal.visitor, WITHOUT_RESULTS):
        assert {visitor.get(address).status_code for address in addresses(cycle)} == {403}


REACH = (
    (("principal", "A"), "units/B", 403),
    (("principal", "A"), "units/B.csv", 403),
    (("principal", "A"), "districts/Norr", 403),
    (("principal", "A"), "providers/K.json", 403),
    (("area_head", "Norr"), "units/B", 200),
    (("area_head", "Norr"), "units/C", 403),
    (("area_head", "Norr"), "districts/Norr", 200),
    (("area_head", "Norr"), "districts/Syd.csv", 403),
    (("area_head", "Norr"), "providers/K", 200),
    (("area_head", "Norr"), "providers/I", 403),
    (("owner", "I"), "units/C", 200),
    (("owner", "I"), "providers/I", 200),
    (("owner", "I"), "districts/Syd", 200),
    (("owner", "I"), "units/A.json", 403),
    (("leadership", "A"), "districts/Norr", 403),
    ("officer", "providers/I", 200),
)
"""Role, place and the status that its page has."""


def test_each_role_reaches_what_lies_wholly_within_its_scope(cycle, portal):
    release(cycle)
    visitors = {role: portal.visitor(role) for role, _place, _status in REACH}
    answers = [(role, place, visitors[role].get(f"/results/{cycle.key}/{place}")) for role, place, _status in REACH]
    assert [(role, place, answer.status_code) for role, place, answer in answers] == list(REACH)
    refused = [answer for _role, _place, answer in answers if answer.status_code == 403]
    assert not any(FIGURE.search(main_of(answer)) for answer in refused)


def test_a_unit_added_to_the_district_elsewhere_closes_it_to_a_principal(cycle, portal):
    release(cycle)
    owner = portal.visitor(("owner", "I"))
    assert owner.get(f"/results/{cycle.key}/districts/Syd").status_code == 200
    with cycle.house.database.begin() as session:
        south = session.scalars(select(District).where(District.name == "Syd")).one()
        session.scalars(select(Unit).where(Unit.code == "B")).one().district_id = south.id
    assert owner.get(f"/results/{cycle.key}/districts/Syd").status_code == 403


def test_an_area_head_sees_nothing_of_an_owner_whose_units_lie_in_no_district(cycle, portal):
    release(cycle)
    with cycle.house.database.begin() as session:
        session.scalars(select(Unit).where(Unit.code == "C")).one().district_id = None
    head = portal.visitor(("area_head", "Norr"))
    answer = head.get(f"/results/{cycle.key}/providers/I")
    assert answer.status_code == 403
    assert not FIGURE.search(main_of(answer))
    assert "/providers/I" not in head.get(f"/results/{cycle.key}").text
    assert portal.visitor(("owner", "I")).get(f"/results/{cycle.key}/providers/I").status_code == 200


def test_a_release_of_one_window_shows_its_questionnaire_only(cycle, portal):
    release(cycle, "skola")
    principal = portal.visitor(("principal", "A"))
    rows = principal.get(f"/results/{cycle.key}/units/A.json").json
    assert {row["questionnaire"] for row in rows} == {"elev"}
    page = main_of(principal.get(f"/results/{cycle.key}/units/A"))
    assert "Pupils" in page
    assert "Guardians" not in page
    assert "(skola)" in page
    listed = main_of(principal.get(f"/results/{cycle.key}/units"))
    assert "Guardians" not in listed


def test_each_window_comes_from_its_own_newest_release(cycle, portal):
    release(cycle, "skola")
    cycle.wait(days=1)
    cycle.recompute()
    release(cycle, "hem")
    rows = portal.visitor(("principal", "A")).get(f"/results/{cycle.key}/units/A.json").json
    assert {(row["questionnaire"], row["release"]) for row in rows} == {("elev", 1), ("vh", 2)}


def test_a_correction_shows_its_number_and_reason(cycle, portal):
    release(cycle)
    cycle.wait(days=1)
    cycle.recompute()
    release(cycle, "skola", "hem", reason="headcounts of 5A were wrong.")
    page = main_of(portal.visitor(("principal", "A")).get(f"/results/{cycle.key}/units/A"))
    assert "Release 2" in page
    assert "corrected because headcounts of 5A were wrong." in page
    assert "Release 1" not in page


def test_a_later_computation_changes_nothing_for_the_units_until_it_is_released(cycle, portal):
    release(cycle)
    principal = portal.visitor(("principal", "A"))
    before = principal.get(f"/results/{cycle.key}/units/A.csv").data
    cycle.recompute()
    assert len(cycle.sets) == 3
    assert principal.get(f"/results/{cycle.key}/units/A.csv").data == before


def test_no_other_nodes_document_is_read_for_a_units_page(cycle, portal):
    release(cycle)
    principal = portal.visitor(("principal", "A"))
    read = set()

    def note(target, _context):
        read.add((target.audience, target.level, target.node_code))

    event.listen(ResultDocument, "load", note)
    try:
        assert principal.get(f"/results/{cycle.key}/units/A").status_code == 200
    finally:
        event.remove(ResultDocument, "load", note)
    assert read == {("unit", "unit", "A"), ("unit", "municipality", "0001")}


def test_the_leadership_group_sees_results_only_while_they_are_shared(cycle, portal):
    leader, principal = portal.visitor(("leadership", "A")), portal.visitor(("principal", "A"))
    own, sharing = f"/results/{cycle.key}/units/A", f"/results/{cycle.key}/units/A/sharing"
    assert principal.post(sharing, {"action": "share"}).status_code == 409
    release(cycle)
    assert figures_seen(leader, cycle) == []
    assert "has not shared" in main_of(leader.get(own))
    assert principal.post(sharing, {"action": "share"}).status_code == 303
    assert FIGURE.search(main_of(leader.get(own)))
    assert leader.get(f"{own}.csv").status_code == 200
    assert leader.get(f"/results/{cycle.key}/units/B").status_code == 403
    assert principal.post(sharing, {"action": "stop"}).status_code == 303
    assert figures_seen(leader, cycle) == []
    assert shared_actions(cycle) == ["results.share", "results.stop_sharing"]


def shared_actions(cycle):
    with cycle.house.database.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [one.action for one in entries if one.action.startswith("results.")]


def test_sharing_is_the_principals_own_and_of_one_cycle(cycle, portal):
    release(cycle)
    sharing = f"/results/{cycle.key}/units/A/sharing"
    for role in ("officer", ("area_head", "Norr"), ("owner", "K"), ("leadership", "A"), ("principal", "B")):
        assert portal.visitor(role).post(sharing, {"action": "share"}).status_code == 403
    assert portal.visitor(("principal", "A")).post(sharing, {"action": "else"}).status_code == 422
    assert shared_actions(cycle) == []


def test_a_principal_sees_who_the_sharing_reaches(cycle, portal):
    release(cycle)
    portal.account(("leadership", "A"), name="Lärare Ett")
    portal.account(("leadership", "B"), name="Lärare Två")
    page = main_of(portal.visitor(("principal", "A")).get(f"/results/{cycle.key}/units/A"))
    assert "Lärare Ett" in page
    assert "Lärare Två" not in page


def test_the_download_is_what_the_command_prints_for_the_units(cycle, portal):
    release(cycle)
    rows = portal.visitor(("principal", "A")).get(f"/results/{cycle.key}/units/A.json").json
    with cycle.house.database.read() as session:
        stored = result_rows(session, cycle.key, level="unit", audience="unit")
    expected = [{**row, "release": 1} for row in stored if row["node_code"] == "A"]
    assert rows == expected
