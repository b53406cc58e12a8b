"""The pages of releasing and publishing: look, confirm, do, take back; and nobody but the officer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from admin_portal.app import create_app
from admin_portal.publishing.publication import publish_cycle
from shared.model.releases import Publication, Release
from tests.support.portal_site import Portal, make_portal
from tests.support.publishing import REASON, publish, release, stored, visible

pytestmark = pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)
"""What is stored is asked of both databases by the tests of the use cases."""

LATER = {"when": "at", "day": "2026-11-25", "hour": "08:00", "reason": ""}
BOTH = ["skola", "hem"]


@pytest.fixture
def portal(cycle) -> Portal:
    """The portal over the counted cycle."""
    return make_portal(cycle.house)


def test_the_checklist_names_what_is_hidden_and_whom_no_letter_reaches(cycle, portal):
    page = portal.visitor("officer").get(f"/cycles/{cycle.key}/release").text

    assert "too few answers" in page
    assert "No letter reaches 1 unit" in page
    assert 'href="/units/C"' in page
    assert "Protected by thresholds and siblings only, not audited." in page
    assert 'value="2026-11-23"' in page, "the next weekday after this Friday"


def test_a_unit_where_nobody_answered_counts_as_less_than_half(cycle, portal, monkeypatch):
    rates = [("skola", "elev", "A", rate) for rate in (0.0, 0.5)]
    monkeypatch.setattr("admin_portal.publishing.checklist.unit_rates", lambda *_: rates)
    page = portal.visitor("officer").get(f"/cycles/{cycle.key}/release").text
    assert "Less than half answered in 1 case." in page


def test_a_release_is_shown_before_it_is_made_and_made_when_confirmed(cycle, portal):
    officer, address = portal.visitor("officer"), f"/cycles/{cycle.key}/release"
    shown = officer.post(address, {**LATER, "windows": BOTH, "action": "check"})

    assert shown.status_code == 200
    assert "Wednesday 25 November at 8:00 (Swedish time)" in shown.text
    assert "2 letters are sent by e-mail then" in shown.text
    assert visible(cycle) == {}
    with pytest.raises(Exception, match="No row"):
        stored(cycle, Release, 1)

    made = officer.post(address, {**LATER, "windows": BOTH, "action": "confirm"})

    assert (made.status_code, made.location) == (303, f"/cycles/{cycle.key}/releases")
    assert stored(cycle, Release, 1).embargo_until.isoformat() == "2026-11-25T07:00:00+00:00"
    assert stored(cycle, Release, 1).created_by == f"user:{officer.account_id}"


def test_a_fault_is_shown_at_its_field_and_nothing_typed_is_lost(cycle, portal):
    officer, address = portal.visitor("officer"), f"/cycles/{cycle.key}/release"
    for wrong, field in (
        ({"day": "2020-01-01"}, "day"),
        ({"day": "soon"}, "day"),
        ({"windows": []}, "windows"),
        ({"when": "never"}, "when"),
    ):
        answer = officer.post(address, {**LATER, "windows": ["hem"], "action": "confirm", **wrong})

        assert answer.status_code == 422, wrong
        assert f'href="#{field}"' in answer.text
        assert answer.text.count("<title>Problem: ") == 1
    assert 'value="2026-11-25"' in answer.text


def test_a_correction_asks_for_its_reason(cycle, portal):
    release(cycle)
    cycle.recompute()
    officer, address = portal.visitor("officer"), f"/cycles/{cycle.key}/release"
    form = {**LATER, "windows": ["hem"], "action": "check"}

    assert 'name="reason"' in officer.get(address).text
    assert officer.post(address, form).status_code == 422
    assert f"It corrects release 1. Readers see the reason: {REASON}" in (
        officer.post(address, {**form, "reason": REASON}).text
    )


def test_a_waiting_release_and_publication_are_withdrawn_on_the_list(cycle, portal):
    officer = portal.visitor("officer")
    officer.post(f"/cycles/{cycle.key}/release", {**LATER, "windows": BOTH, "action": "confirm"})
    answer = officer.post(f"/cycles/{cycle.key}/publish", {**LATER, "day": "2026-11-26", "action": "confirm"})
    assert answer.status_code == 303
    listed = officer.get(f"/cycles/{cycle.key}/releases").text
    assert listed.count("Waits for its time") == 2

    assert officer.post(f"/cycles/{cycle.key}/releases/1/withdraw").status_code == 409, "a publication rests on it"
    assert officer.post(f"/cycles/{cycle.key}/publications/1/withdraw").status_code == 303
    assert officer.post(f"/cycles/{cycle.key}/releases/1/withdraw").status_code == 303
    assert stored(cycle, Release, 1).withdrawn_at is not None
    assert stored(cycle, Publication, 1).withdrawn_at is not None


def test_the_publish_page_says_which_units_stay_out_and_why(cycle, portal):
    release(cycle)
    page = portal.visitor("officer").get(f"/cycles/{cycle.key}/publish").text

    without = page[page.index("Units without any figure: 2") :]
    assert "Skola C" in without
    assert "the independent owner has not agreed to publication" in without


def test_in_production_the_publish_page_explains_itself_and_takes_no_form(cycle, portal):
    release(cycle)
    services = replace(portal.services, unaudited_publication=False)
    production = Portal(cycle.house, create_app(services), services)
    officer, address = production.visitor("officer"), f"/cycles/{cycle.key}/publish"

    page = officer.get(address).text
    assert "sikte audit disclosure" in page
    assert 'value="check"' not in page
    for action in ("check", "confirm"):
        assert officer.post(address, {**LATER, "action": action}).status_code == 409
    with pytest.raises(Exception, match="No row"):
        stored(cycle, Publication, 1)


@pytest.mark.parametrize(
    "role", [("principal", "A"), ("area_head", "Norr"), ("owner", "I"), ("leadership", "A"), "board_reader", "auditor"]
)
def test_nobody_but_the_officer_comes_near(cycle, portal, role):
    release(cycle)
    publish(cycle)
    visitor = portal.visitor(role)
    for address in ("release", "publish", "releases"):
        assert visitor.get(f"/cycles/{cycle.key}/{address}").status_code == 403
    for address in ("release", "publish", "releases/1/withdraw", "publications/1/withdraw"):
        assert visitor.post(f"/cycles/{cycle.key}/{address}").status_code == 403


def test_an_unknown_cycle_is_not_there(portal):
    officer = portal.visitor("officer")

    for address in ("release", "publish", "releases"):
        assert officer.get(f"/cycles/nothing/{address}").status_code == 404


def test_the_list_names_who_decided(cycle, portal):
    officer = portal.visitor("officer", name="Kim Handläggare")
    officer.post(f"/cycles/{cycle.key}/release", {**LATER, "when": "now", "windows": BOTH, "action": "confirm"})
    publish_cycle(
        cycle.house.database,
        cycle.house.clock,
        cycle_key=cycle.key,
        goes_public_at=None,
        reason="",
        actor="cli:root",
        unaudited=True,
    )

    page = officer.get(f"/cycles/{cycle.key}/releases").text
    assert "Kim Handläggare" in page
    assert "cli:root" in page
    assert page.count("In effect") == 2
