"""The rules of each audience, from a policy document and the format's values, which are floors."""

from __future__ import annotations

from shared.model.policy import INTERNAL, PUBLIC, UNIT_AUDIENCE, rules_for


def test_the_defaults_are_those_of_the_format():
    internal, unit, public = (rules_for({}, audience, "pupil") for audience in (INTERNAL, UNIT_AUDIENCE, PUBLIC))
    assert (internal.min_answers, unit.min_answers, public.min_answers) == (5, 5, 10)
    assert (internal.min_distribution, unit.min_distribution, public.min_distribution) == (5, 10, 20)
    assert (unit.min_text, public.min_response_rate, unit.min_response_rate) == (10, 0.5, 0.0)
    assert public.needs_agreement
    assert not unit.needs_agreement


def test_a_principal_is_one_of_the_staff():
    for respondent in ("staff", "principal"):
        assert rules_for({}, UNIT_AUDIENCE, respondent).min_answers == 7
        assert rules_for({}, PUBLIC, respondent).min_response_rate == 0.5
        assert rules_for({}, INTERNAL, respondent).min_answers == 5


def test_guardians_answer_seldom_so_their_gate_is_lower_and_children_have_none():
    assert rules_for({}, PUBLIC, "guardian").min_response_rate == 0.3
    assert rules_for({}, PUBLIC, "child").min_response_rate == 0.0


def test_a_policy_tightens_one_rule_and_leaves_the_others():
    rules = rules_for({"public": {"min_answers": 25, "min_response_rate": {"pupil": 0.7}}}, PUBLIC, "pupil")
    assert (rules.min_answers, rules.min_distribution, rules.min_response_rate) == (25, 25, 0.7)
    assert rules_for({"public": {"min_response_rate": {"pupil": 0.7}}}, PUBLIC, "guardian").min_response_rate == 0.3


def test_a_stored_policy_never_loosens_a_rule():
    policy = {
        "unit": {"min_answers": 1, "staff_min_answers": 2},
        "public": {"min_answers": 1, "min_response_rate": {"pupil": 0.1, "principal": 0.2}},
    }
    assert rules_for(policy, UNIT_AUDIENCE, "principal").min_answers == 7
    assert (rules_for(policy, PUBLIC, "pupil").min_answers, rules_for(policy, PUBLIC, "pupil").min_response_rate) == (
        10,
        0.5,
    )
    assert rules_for(policy, PUBLIC, "principal").min_response_rate == 0.5


def test_a_rate_may_be_set_for_principals_alone_and_for_those_without_a_gate():
    policy = {"public": {"min_response_rate": {"principal": 0.9, "child": 0.4}}}
    rates = {name: rules_for(policy, PUBLIC, name).min_response_rate for name in ("principal", "staff", "child")}
    assert rates == {"principal": 0.9, "staff": 0.5, "child": 0.4}
    assert rules_for(policy, UNIT_AUDIENCE, "child").min_response_rate == 0.0
