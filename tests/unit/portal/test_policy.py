"""The policy: default deny, each role within its own place, and what no role may ever do."""

from __future__ import annotations

import pytest

from admin_portal.access.policy import MAY, Actor, Held, Permission, Place, permits
from shared.model.accounts import PLACE_OF_ROLE, ROLES

A = Place(unit_id=1, district_id=10, provider_id=100)
B = Place(unit_id=2, district_id=10, provider_id=100)
C = Place(unit_id=3, district_id=None, provider_id=200)
PLACES = {"unit": {"unit_id": 1}, "district": {"district_id": 10}, "provider": {"provider_id": 100}, "": {}}
OWN_ONLY = {"unit": [A], "district": [A, B], "provider": [A, B], "": [A, B, C]}


def actor(*held: Held) -> Actor:
    return Actor(1, "Name", "name@example.se", "en", held)


def holder(role: str) -> Actor:
    return actor(Held(role, **PLACES[PLACE_OF_ROLE[role]]))


def test_whoever_holds_no_role_may_do_nothing():
    assert not any(permits(actor(), permission) for permission in Permission)


def test_a_role_that_the_policy_does_not_name_may_do_nothing():
    assert not any(permits(actor(Held("caretaker")), permission) for permission in Permission)


def test_every_role_is_decided_about_and_no_other():
    assert set(MAY) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_reaches_as_far_as_its_place(role, permission):
    allowed = permission in MAY[role]
    assert permits(holder(role), permission) == allowed
    own = OWN_ONLY[PLACE_OF_ROLE[role]]
    assert [place for place in (A, B, C) if permits(holder(role), permission, place)] == (own if allowed else [])


def test_several_roles_add_up_but_do_not_mix():
    both = actor(Held("principal", unit_id=1), Held("area_head", district_id=10))
    assert permits(both, Permission.SEE_RESULTS, B)
    assert permits(both, Permission.WRITE_MEASURES, A)
    assert not permits(both, Permission.WRITE_MEASURES, B)
    assert not permits(both, Permission.SEE_RESULTS, C)


def test_an_area_head_does_not_reach_a_unit_without_a_district():
    assert not permits(actor(Held("area_head", district_id=10)), Permission.SEE_RESULTS, C)


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.READ_AUDIT, {"auditor"}),
        (Permission.MANAGE_ACCOUNTS, {"officer"}),
        (Permission.RELEASE, {"officer"}),
        (Permission.PUBLISH, {"officer"}),
        (Permission.SEE_POST, {"officer"}),
        (Permission.SHARE_RESULTS, {"principal"}),
        (Permission.CONFIRM_FOR_UNIT, {"principal"}),
        (Permission.CONFIRM_FOR_MUNICIPALITY, {"officer"}),
        (Permission.OWN_ACCOUNT, set(ROLES)),
    ],
)
def test_what_is_decided_is_decided_by_these_roles_alone(permission, roles):
    assert {role for role in ROLES if permission in MAY[role]} == roles
