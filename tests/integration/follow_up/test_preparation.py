"""Preparation: a private draft beside the results, shared and taken back, and never lost in another window."""

from __future__ import annotations

import re

import pytest

from admin_portal.dialogues.preparation import analysis_of
from tests.integration.follow_up.conftest import AREA, DIALOGUE, Town
from tests.support.result_pages import FIGURE, main_of, strictly

PAGE = f"{DIALOGUE}/preparation"
OTHERS = ("officer", ("area_head", "Norr"), ("owner", "K"), ("leadership", "A"))


def stamp(visitor) -> str:
    return stamp_in(visitor.get(PAGE).text)


def stamp_in(text: str) -> str:
    found = re.search(r'name="stamp" value="(\w+)"', text)
    assert found
    return found[1]


def write(visitor, seen: str, *, action: str = "save", stamped: str = ""):
    form = {"seen": seen, "causes": "", "talk": "", "stamp": stamped or stamp(visitor), "action": action}
    return visitor.post(PAGE, form)


def test_a_draft_is_read_by_its_principal_alone_until_it_is_shared(town: Town):
    principal = town.portal.visitor(("principal", "A"))
    assert write(principal, "Hemligt utkast").status_code == 303
    assert "Hemligt utkast" in principal.get(PAGE).text
    for role in OTHERS:
        page = town.portal.visitor(role).get(PAGE)
        assert "Hemligt utkast" not in page.text
        assert "has not shared" in page.text
    assert write(principal, "Hemligt utkast", action="share").status_code == 303
    for role in OTHERS:
        assert "Hemligt utkast" in town.portal.visitor(role).get(PAGE).text
    assert write(principal, "Hemligt utkast", action="stop").status_code == 303
    for role in OTHERS:
        assert "Hemligt utkast" not in town.portal.visitor(role).get(PAGE).text


def test_nobody_but_the_principal_writes_it(town: Town):
    for role in (*OTHERS, ("principal", "B")):
        assert town.portal.visitor(role).post(PAGE, {"seen": "Mitt", "stamp": "x"}).status_code == 403
    assert not analysis_of(town.dialogue())


def test_an_empty_draft_is_not_shared(town: Town):
    answer = write(town.portal.visitor(("principal", "A")), " ", action="share")
    assert answer.status_code == 422
    assert 'href="#seen"' in answer.text


def test_a_stale_save_changes_nothing_and_shows_both_versions(town: Town):
    principal = town.portal.visitor(("principal", "A"))
    opened = stamp(principal)
    write(principal, "Första fliken", stamped=opened)
    answer = write(principal, "Andra fliken", stamped=opened)
    assert answer.status_code == 409
    assert "Första fliken" in answer.text
    assert "Andra fliken" in answer.text
    assert analysis_of(town.dialogue()).seen == "Första fliken"
    strictly(answer)
    newer = stamp_in(answer.text)
    assert write(principal, "Båda", stamped=newer).status_code == 303
    assert analysis_of(town.dialogue()).seen == "Båda"


def test_what_is_shared_when_the_dialogue_is_held_stays_so(town: Town):
    principal = town.portal.visitor(("principal", "A"))
    write(principal, "Delad analys", action="share")
    opened = stamp(principal)
    town.hold()
    principal = town.portal.visitor(("principal", "A"))
    assert write(principal, "", action="stop", stamped=opened).status_code == 409
    assert "Delad analys" in town.portal.visitor("officer").get(PAGE).text


def test_results_and_earlier_measures_stand_on_it_with_their_figures(town: Town):
    town.add()
    page = town.portal.visitor(("principal", "A")).get(PAGE)
    strictly(page)
    assert "To examine" in page.text
    assert "Rastvärdar i korridoren" in page.text
    assert re.search(r"When agreed, 2026", page.text)


@pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)
def test_a_leadership_group_without_sharing_sees_no_figure(town: Town):
    town.add(target=AREA)
    leader = town.portal.visitor(("leadership", "A"))
    assert not FIGURE.search(main_of(leader.get(PAGE)))
    assert not FIGURE.search(main_of(leader.get("/measures/1")))
    assert FIGURE.search(main_of(town.portal.visitor(("principal", "A")).get("/measures/1")))
