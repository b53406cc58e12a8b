"""Owners' agreements in the portal: each speaks for its own units, officers note what any has said."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from shared.model.organisation import PublicationAgreement
from tests.support.portal_site import Portal

WORD = {"unit": "", "publish": "yes", "valid_from": "", "valid_to": "", "reference": "KS 2026/17"}


def words(portal: Portal) -> list[tuple[bool, str]]:
    with portal.house.database.read() as session:
        said = session.scalars(select(PublicationAgreement).order_by(PublicationAgreement.id))
        return [(word.publish, word.reference) for word in said]


@pytest.mark.parametrize("roles", ["officer", ("owner", "BOL")])
def test_a_word_is_noted_and_shown(town: Portal, roles):
    visitor = town.visitor(roles)
    assert "No word yet" in visitor.get("/agreements").text
    answer = visitor.post("/agreements/BOL", WORD)
    assert (answer.status_code, answer.location) == (303, "/agreements")
    text = visitor.get("/agreements").text
    assert "1 of 1 units may be published today" in text
    assert "KS 2026/17" in text
    assert "takes effect when results are next computed" in text
    assert words(town) == [(True, "KS 2026/17")]


def test_an_owner_speaks_for_nobody_else(town: Portal):
    owner = town.visitor(("owner", "BOL"))
    assert owner.get("/agreements/KOM").status_code == 403
    assert owner.post("/agreements/KOM", WORD).status_code == 403
    stranger = town.visitor(("owner", "KOM"))
    assert stranger.post("/agreements/BOL", WORD).status_code == 403
    assert "Bolaget" not in stranger.get("/agreements").text
    assert words(town) == []


def test_others_have_no_say(town: Portal):
    for roles in (("principal", "F1"), ("area_head", "Norra"), "board_reader", "auditor"):
        visitor = town.visitor(roles)
        assert visitor.get("/agreements").status_code == 403
        assert visitor.post("/agreements/BOL", WORD).status_code == 403
    assert words(town) == []


def test_the_newest_word_counts_and_the_earlier_stays(town: Portal):
    officer = town.visitor("officer")
    officer.post("/agreements/BOL", WORD)
    officer.post("/agreements/BOL", {**WORD, "publish": "no"})
    text = officer.get("/agreements").text
    assert "0 of 1 units may be published today" in text
    assert text.count("earlier word") == 1


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"publish": ""}, "publish"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": "2026-08-02", "valid_to": "2026-08-01"}, "valid_to"),
        ({"unit": "S1"}, "unit"),
        ({"reference": "x" * 201}, "reference"),
    ],
)
def test_a_word_that_cannot_be_meant_is_refused_at_its_field(town: Portal, bad, field):
    answer = town.visitor("officer").post("/agreements/BOL", {**WORD, **bad})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert words(town) == []


def test_a_municipal_provider_needs_no_word(town: Portal):
    answer = town.visitor("officer").post("/agreements/KOM", WORD)
    assert answer.status_code == 422
    assert "published without agreement" in answer.text


def test_results_are_computed_anew_by_officers_only(town: Portal):
    assert town.visitor(("owner", "BOL")).post("/cycles/any/recompute").status_code == 403
    assert town.visitor("officer").post("/cycles/any/recompute").status_code == 404
