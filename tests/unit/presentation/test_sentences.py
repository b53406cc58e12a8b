"""The sentences never say more than the stored decision does, and every hidden value is explained."""

from __future__ import annotations

import pytest

from analytics_worker.disclosure.decisions import REASONS
from shared.presentation.sentences import (
    Finding,
    compared,
    instead_text,
    keep_and_examine,
    level_word,
    reason_mark,
    reason_text,
    reasons,
    response_note,
)


def test_every_reason_a_result_row_may_give_is_explained_with_what_to_use_instead():
    given = {reason for reason in REASONS if reason}
    assert given <= set(reasons())
    assert len({reason_text(reason) for reason in reasons()}) == len(reasons())
    assert all(instead_text(reason) and reason_mark(reason) for reason in reasons())


def test_words_of_ones_own_stand_as_a_reason():
    assert reason_text("The school had closed") == "The school had closed"
    assert instead_text("The school had closed") == ""
    assert reason_text(None) == ""


def test_a_certain_difference_is_told_with_size_interval_and_answers():
    told = compared(0.8, 0.3, 1.3, True, unit_word="the school", n=42)
    assert told == (
        "The school is higher than the rest of the municipality: +0.8 index points (95 % interval 0.3–1.3, 42 answers)."
    )


def test_a_lower_share_is_told_in_percentage_points():
    told = compared(-0.12, -0.21, -0.03, True, unit_word="A", by_share=True, n=1, against="B")
    assert told == "A is lower than B: −12 percentage points (95 % interval −21 to −3, 1 answer)."


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        ((-0.2, 1.8), "It may be chance."),
        ((0.1, 1.5), "It is too small to matter, or may be chance when so many comparisons are made at once."),
        ((None, None), "There are too few answers to say how certain it is."),
    ],
)
@pytest.mark.parametrize("certain", [False, None])
def test_without_the_stored_decision_no_difference_is_claimed_and_the_reason_is_given(ends, why, certain):
    told = compared(0.8, ends[0], ends[1], certain, unit_word="A")
    assert told.startswith("No certain difference between A and the rest of the municipality: +0.8 index points")
    assert told.endswith(why)


def test_what_was_not_compared_is_said_not_to_be():
    assert compared(None, None, None, None, unit_word="A") == "A is not compared with the rest of the municipality."


@pytest.mark.parametrize(
    ("difference", "certain", "word"),
    [(0.8, True, "higher"), (-0.8, True, "lower"), (0.8, False, "level"), (-3.0, None, "level"), (None, None, "level")],
)
def test_a_comparison_has_three_words_only(difference, certain, word):
    assert level_word(difference, certain) == word


@pytest.mark.parametrize(("rate", "noted"), [(None, False), (0.499, True), (0.5, False), (0.0, True)])
def test_below_a_half_the_response_rate_is_noted(rate, noted):
    assert bool(response_note(rate)) is noted


def uncertain(*levels: float) -> list[Finding]:
    return [Finding(f"u{at}", f"u{at}", level, 0.0, certain=False) for at, level in enumerate(levels)]


def keys(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.key for finding in findings]


def test_certain_differences_come_first_by_size():
    certain = [
        Finding("small", "", 0.2, 0.06, certain=True),
        Finding("large", "", 0.1, 0.20, certain=True),
        Finding("worst", "", 0.9, -0.30, certain=True),
        Finding("bad", "", 0.95, -0.07, certain=True),
    ]
    chosen = keep_and_examine([*uncertain(0.5, 0.99, 0.01), *certain])
    assert keys(chosen.keep) == ["large", "small", "u1"]
    assert keys(chosen.examine) == ["worst", "bad", "u2"]


def test_a_large_difference_that_is_not_certain_counts_for_nothing():
    loud = Finding("loud", "", 0.5, 0.9, certain=False)
    chosen = keep_and_examine([loud, *uncertain(0.9, 0.8, 0.7, 0.3, 0.2, 0.1)])
    assert loud not in chosen.keep + chosen.examine


def test_what_is_certainly_lower_is_never_kept_however_few_there_are():
    low = [Finding(f"low{at}", "", 0.99, -0.1, certain=True) for at in range(5)]
    chosen = keep_and_examine(low)
    assert chosen.keep == ()
    assert len(chosen.examine) == 3


def test_fewer_than_six_are_shared_out_without_overlap():
    chosen = keep_and_examine(uncertain(0.9, 0.5, 0.1))
    assert keys(chosen.keep) == ["u0", "u1"]
    assert keys(chosen.examine) == ["u2"]


def test_nothing_to_choose_from_still_states_the_rule():
    chosen = keep_and_examine([])
    assert (chosen.keep, chosen.examine) == ((), ())
    assert "certain differences" in chosen.rule
