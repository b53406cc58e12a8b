"""The made-up municipality and its answers: shapes, seeds and what must be among them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from deploy.demo.answers import Simulation, covered_groups, simulate
from deploy.demo.municipality import make_roster
from deploy.demo.plans import CURRENT, all_battery_keys, battery, planned_cycle
from deploy.demo.sizes import SIZES

MUNICIPALITY = SIZES["municipality"]


def _simulated(seed: int, key: str):
    cycle = planned_cycle(CURRENT)
    roster = make_roster(MUNICIPALITY, seed, cycle.year, with_persons=True)
    asked = next(asked for asked in cycle.asked if asked.key == key)
    return simulate(Simulation(seed, cycle.year, roster), asked, named=True), roster, asked


def test_the_municipality_has_sixty_units_of_every_type_the_issue_names():
    roster = make_roster(MUNICIPALITY, 1, 2026, with_persons=False)

    types = Counter(row["unit_type"] for row in roster.units)
    assert types == MUNICIPALITY.units
    assert {row["regi"] for row in roster.units} == {"municipal", "independent"}
    assert len({row["name"] for row in roster.units}) == 60


def test_the_same_seed_gives_the_same_roster_and_another_seed_another():
    first, again, other = (make_roster(MUNICIPALITY, seed, 2026, with_persons=True) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_persons_never_outnumber_their_group_and_nobody_is_named():
    roster = make_roster(MUNICIPALITY, 1, 2026, with_persons=True)
    headcounts = {(row["unit_code"], row["group_code"], row["respondent"]): row["headcount"] for row in roster.groups}
    members: dict[tuple[str, str, str], set[str]] = {}
    for row in roster.persons:
        group = (row["unit_code"], row["group_code"], row["respondent"])
        members.setdefault(group, set()).add(row["child_ref"] or row["person_ref"])

    assert all(len(found) == headcounts[group] for group, found in members.items())
    assert not any(row["principal_name"] for row in roster.units)


def test_the_roster_holds_the_cases_that_are_hard():
    persons = make_roster(MUNICIPALITY, 1, 2026, with_persons=True).persons

    children = Counter(row["child_ref"] for row in persons if row["child_ref"])
    assert max(children.values()) == 2
    posts = Counter(row["person_ref"] for row in persons if row["respondent"] == "staff")
    assert max(posts.values()) == 2
    siblings = Counter(row["person_ref"] for row in persons if row["respondent"] == "guardian")
    assert max(siblings.values()) >= 2
    protected = [row for row in persons if row["protected"] == "true"]
    assert protected
    assert not any(row["email"] for row in protected)


@pytest.mark.parametrize("key", all_battery_keys())
def test_every_battery_can_be_read_and_speaks_both_languages(key: str):
    read = battery(key)

    assert read.key == key
    assert all({"sv", "en"} <= item.text.keys() for item in read.items)


def test_answers_are_the_options_of_their_items_or_blank():
    frame, _roster, asked = _simulated(1, "elev")

    for item in asked.questionnaire.items:
        if item.type == "choice":
            assert set(frame[item.key]) <= {"", *(option.code for option in item.options)}


def test_no_group_answers_beyond_its_headcount():
    frame, roster, asked = _simulated(1, "vh-skola")
    headcounts = {(row["unit_code"], row["group_code"]): row["headcount"] for row in covered_groups(roster, asked)}

    answered = Counter(zip(frame["unit_code"], frame["group_code"], strict=True))
    assert all(count <= headcounts[group] for group, count in answered.items())
    assert frame["person"].is_unique


def test_reversed_items_are_answered_the_other_way_round():
    frame, _roster, _asked = _simulated(1, "elev")

    assert (frame["latta"] == "1").mean() > 0.3 > (frame["latta"] == "4").mean()
    assert (frame["utmanas"] == "4").mean() > 0.25 > (frame["utmanas"] == "1").mean()


def test_some_answers_are_blank_unknown_written_and_sent_although_routed_past():
    frame, _roster, _asked = _simulated(1, "elev")
    wrote = frame["varfor"] != ""

    assert (frame["trygg"] == "9").any()
    assert (frame[["trygg", "nyfiken", "sex"]] == "").all(axis=1).any()
    assert (wrote & frame["trygg"].isin(["1", "2"])).any()
    assert (wrote & ~frame["trygg"].isin(["1", "2"])).any()


def test_units_differ_by_more_than_chance_and_less_than_caricature():
    frame, _roster, _asked = _simulated(1, "vh-forskola")
    scored = frame[frame["tryggt"].isin(list("1234"))]
    means = scored.groupby("unit_code")["tryggt"].apply(lambda codes: codes.astype(int).mean())

    assert 0.05 < np.std(means) < 0.5
