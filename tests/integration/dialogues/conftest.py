"""A round of dialogues offered to five units of two districts, on each kind of database; messages are in English."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from admin_portal.dialogues.offers import offer_dialogues
from tests.support.house import House
from tests.support.portal_site import Portal, make_portal
from tests.support.season import ACTOR, ROUND, Season
from tests.support.tiny_cycle import english

__all__ = ["english"]


@dataclass(frozen=True)
class Offered:
    """A season whose round is offered: units A, B (Norr), C (Syd), D and E (independent); slots of two officials."""

    season: Season
    officials: tuple[int, int]
    first: list[int]
    second: list[int]


@pytest.fixture
def season(house: House) -> Season:
    """A town without rounds: A and B in Norr, C in Syd, D and E independent (D counted to Norr); one officer."""
    season = Season(house.database, house.clock)
    season.officer()
    for code, district in (("A", "Norr"), ("B", "Norr"), ("C", "Syd")):
        season.unit(code, district, email=f"rektor.{code.lower()}@example.se")
    season.unit("D", "Norr", independent=True, email="rektor.d@example.se")
    season.unit("E", independent=True)
    return season


@pytest.fixture
def offered(season: Season) -> Offered:
    """The round with three hours of two officials at the same times, offered to all units."""
    key = season.round()
    assert key == ROUND
    officials = (season.officer("anna@example.se"), season.officer("bo@example.se"))
    first = season.slots(key, officials[0], 3)
    second = [one for one in season.slots(key, officials[1], 3) if one not in first]
    offer_dialogues(season.database, season.clock, round_key=key, actor=ACTOR)
    return Offered(season, officials, first, second)


@pytest.fixture
def portal(house: House) -> Portal:
    """The portal over the house."""
    return make_portal(house)
