"""Siblings: what hides so that nothing hidden is a difference, case by case."""

from __future__ import annotations

import numpy as np
import pytest

from analytics_worker.disclosure.decisions import REASONS
from analytics_worker.disclosure.siblings import Groups, Sum, Sums, complementary
from analytics_worker.results.organisation import Place
from shared.model.policy import PUBLIC, rules_for
from tests.support.sources import cast, row, rows_of, source, unit

MINIMUM = 5


def protect(total, parts, *, hidden=None, secret=None):
    """Protect one total and its parts; returns which are hidden afterwards, the total first."""
    n = np.array([total, *parts]).reshape(-1, 1)
    concealed = n < MINIMUM if hidden is None else np.array(hidden).reshape(-1, 1)
    secrets = concealed if secret is None else np.array(secret).reshape(-1, 1)
    sums = Sums.of([Sum(0, np.arange(1, len(n)), nested=False)])
    added = complementary(Groups(n, n[:, 0]), concealed, secrets, sums, MINIMUM)
    return (concealed | added)[:, 0].tolist()


def test_the_smallest_sibling_hides_with_a_single_hidden_part():
    assert protect(33, [3, 10, 20]) == [False, True, True, False]


def test_two_hidden_parts_of_enough_persons_need_no_third():
    assert protect(27, [3, 4, 20]) == [False, True, True, False]


def test_hidden_parts_that_are_few_together_need_another():
    assert protect(33, [2, 2, 9, 20]) == [False, True, True, True, False]


def test_parts_without_answers_are_no_secret_and_no_cover():
    assert protect(30, [0, 10, 20]) == [False, True, False, False]
    assert protect(33, [0, 3, 10, 20]) == [False, True, True, True, False]


def test_the_total_hides_when_no_sibling_is_left():
    assert protect(8, [8], hidden=[False, True]) == [True, True]


def test_a_hidden_total_is_not_the_sum_of_shown_parts():
    assert protect(30, [10, 20], hidden=[True, False, False]) == [True, True, False]


def test_persons_of_unknown_value_count_as_a_hidden_part():
    # 3 of the 33 have no value: total minus shown parts would be them.
    assert protect(33, [10, 20]) == [False, True, False]
    # 8 of unknown value cover a hidden part of 3, and are no secret by themselves.
    assert protect(41, [3, 10, 20]) == [False, True, False, False]
    assert protect(38, [10, 20]) == [False, False, False]


def test_what_is_hidden_for_quality_is_no_secret_but_covers_one():
    assert protect(30, [10, 20], hidden=[0, 1, 0], secret=[0, 0, 0]) == [False, True, False]
    assert protect(33, [3, 10, 20], hidden=[0, 1, 1, 0], secret=[0, 1, 0, 0]) == [False, True, True, False]


def test_the_segments_of_a_hidden_unit_hide_too():
    n = np.array([[20], [12], [8]])
    hidden = np.array([[True], [False], [False]])
    sums = Sums.of([Sum(0, np.array([1, 2]), nested=True)])
    assert complementary(Groups(n, n[:, 0]), hidden, hidden, sums, MINIMUM)[:, 0].tolist() == [False, True, True]


def test_the_same_sibling_is_chosen_for_every_measure():
    n = np.array([[40, 26], [3, 3], [17, 12], [20, 11]])
    groups = Groups(n, np.array([40, 3, 17, 20]))
    sums = Sums.of([Sum(0, np.array([1, 2, 3]), nested=False)])
    hidden = n < MINIMUM
    # For the second measure the third part has fewer answers, but the second part is the smaller group.
    assert complementary(groups, hidden, hidden, sums, MINIMUM).tolist() == [[0, 0], [0, 0], [1, 1], [0, 0]]


def test_without_sums_nothing_is_added():
    hidden = np.array([[True]])
    groups = Groups(np.array([[3]]), np.array([3]))
    assert not complementary(groups, hidden, hidden, Sums.of([]), MINIMUM).any()


OWNER, OTHER = Place("I", "An owner"), Place("J", "Another owner")


def public(units, sizes, frame=40):
    votes = [vote for at, size in enumerate(sizes) for vote in cast(at, size, {"skola": "4"})]
    headcounts = {(at, "5"): frame for at in range(len(units))}
    return rows_of(source(units, headcounts, votes), audience="public")


def reasons(rows, level):
    """The reason by node of the item's undivided rows; None where it is shown."""
    return {
        one["node_code"]: one["reason"] if one["status"] == "hidden" else None
        for one in rows
        if one["level"] == level and one["item"] == "skola" and not one["segment"] and not one["compare_to"]
    }


def test_an_owner_without_agreement_is_hidden_and_cannot_be_subtracted():
    units = [unit("A"), unit("B"), unit("C", provider=OWNER, may_publish=False)]
    found = public(units, [30, 25, 30])
    assert reasons(found, "unit") == {"A": None, "B": "complementary", "C": "no_agreement"}
    assert reasons(found, "provider") == {"K": "complementary", "I": "no_agreement"}
    assert reasons(found, "municipality") == {"0001": None}


def test_an_owner_agrees_for_one_unit_only():
    units = [unit("A"), unit("C", provider=OWNER), unit("D", provider=OWNER, may_publish=False), unit("E")]
    found = public(units, [30, 30, 30, 30])
    assert reasons(found, "provider")["I"] == "no_agreement"
    assert reasons(found, "unit")["C"] is None or reasons(found, "unit")["C"] == "complementary"
    assert reasons(found, "unit")["D"] == "no_agreement"


def test_a_district_of_one_silent_owner_is_as_silent_as_its_units():
    units = [
        unit("A"),
        unit("B"),
        unit("C", provider=OWNER, district="Ö", may_publish=False),
        unit("D", provider=OWNER, district="Ö", may_publish=False),
    ]
    assert reasons(public(units, [30, 30, 30, 30]), "district")["Ö"] == "no_agreement"


def test_a_provider_is_not_the_difference_of_its_municipality_and_a_district():
    # I has two hidden units, so no unit follows; but all others lie in Norr, and 0001 less Norr is I.
    units = [
        unit("A"),
        unit("B"),
        unit("J", provider=OTHER),
        unit("C", provider=OWNER, district=None, may_publish=False),
        unit("D", provider=OWNER, district=None, may_publish=False),
    ]
    found = public(units, [30, 30, 30, 30, 30])
    assert reasons(found, "provider")["I"] == "no_agreement"
    assert not (reasons(found, "municipality")["0001"] is None and reasons(found, "district")["Norr"] is None)


def test_a_district_is_not_the_difference_of_its_provider_and_the_units_without_district():
    # Syd's only unit has two pupils; A hides beside it, then B beside A. K less Norr less E would still be Syd.
    units = [unit("A"), unit("B"), unit("C", district="Syd"), unit("E", district=None)]
    votes = [vote for at, size in enumerate([20, 25, 2, 30]) for vote in cast(at, size, {"skola": "4"})]
    found = rows_of(source(units, {(at, "5"): 40 for at in range(4)}, votes))
    assert reasons(found, "district")["Syd"] == "too_few"
    terms = [reasons(found, level)[code] for level, code in (("provider", "K"), ("district", "Norr"), ("unit", "E"))]
    assert "complementary" in terms


def test_a_row_hides_with_its_response_row_for_it_states_who_answered():
    # Nobody among A's two of year 8 answered the item; year 5 did, and hides because their number would tell of year 8.
    votes = [*cast(0, 20, {"skola": "4"}), *cast(0, 2, {}, year="8"), *cast(1, 20, {"skola": "4"})]
    found = rows_of(source([unit("A"), unit("B")], {(0, "5"): 30, (0, "8"): 10, (1, "5"): 30}, votes))
    year = {"level": "unit", "node_code": "A", "segment": "year", "segment_value": "5"}
    assert row(found, **year, battery=None)["reason"] == "complementary"
    item = row(found, **year, item="skola")
    assert (item["status"], item["reason"], item["answered"]) == ("hidden", "complementary", None)
    assert row(found, level="unit", node_code="A", item="skola")["n"] == 20


def test_a_low_response_rate_is_not_public_but_its_siblings_are():
    units = [unit("A"), unit("B"), unit("C")]
    found = public(units, [19, 30, 30])
    assert reasons(found, "unit") == {"A": "low_response_rate", "B": None, "C": None}


@pytest.mark.parametrize(
    ("respondent", "expected"), [("pupil", "low_response_rate"), ("guardian", None), ("child", None)]
)
def test_the_gate_of_the_response_rate_is_by_kind_of_respondent(respondent, expected):
    given = source([unit("A")], {(0, "5"): 40}, cast(0, 15, {"skola": "4"}), respondent=respondent)
    found = row(rows_of(given, audience="public"), level="unit", item="skola")
    assert (found["reason"] if found["status"] == "hidden" else None) == expected
    assert found["status"] == "hidden" or found["reason"] == "low_response_rate"


def test_a_distribution_is_not_the_difference_of_two_that_are_given():
    votes = [*cast(0, 40, {"skola": "4"}, sex="f"), *cast(0, 12, {"skola": "1"}, sex="p")]
    given = source([unit("A")], {(0, "5"): 60}, votes, breakdowns={"sex": ("f", "p"), "year": ("5",)})
    rows = rows_of(given, audience="public")
    shown = {
        one["segment_value"]: one["distribution"] is not None
        for one in rows
        if one["level"] == "unit" and one["item"] == "skola" and one["status"] == "shown" and not one["compare_to"]
    }
    # Twelve boys are enough for a share, not for a distribution; the girls' would give it away.
    assert shown == {None: True, "5": True, "f": False, "p": False}


def test_every_reason_is_a_word_of_the_format():
    words = {"too_few", "low_response_rate", "complementary", "no_agreement", "not_screened"}
    assert set(REASONS) == {None} | words
    assert rules_for({}, PUBLIC, "pupil").screened_text_only
