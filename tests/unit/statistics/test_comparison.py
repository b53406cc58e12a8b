"""Comparisons agree with Newcombe's and Benjamini and Hochberg's own examples and with scipy's tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analytics_worker.statistics.comparison import benjamini_hochberg, certain, newcombe, score_test, welch
from analytics_worker.statistics.intervals import wilson

# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
NEWCOMBE_TABLE = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
]

# Benjamini & Hochberg (1995), 4.1: fifteen tests of the thrombolysis trial; four are rejected at 5 %.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


@pytest.mark.parametrize(("table", "limits"), NEWCOMBE_TABLE)
def test_newcombe_gives_the_published_limits(table, limits):
    x1, n1, x2, n2 = table
    result = newcombe(x1, n1, x2, n2)
    assert result.difference == pytest.approx(x1 / n1 - x2 / n2)
    assert (round(float(result.low), 4), round(float(result.high), 4)) == pytest.approx(limits, abs=1e-9)


def test_newcombe_turns_round_with_the_groups_and_is_nan_for_an_empty_group():
    there, back = newcombe(12, 40, 30, 60), newcombe(30, 60, 12, 40)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    low = newcombe([1, 0], [4, 0], [1, 1], [4, 4]).low
    assert np.isnan(low).tolist() == [False, True]


def test_score_test_is_the_square_root_of_pearsons_chi_square():
    for x1, n1, x2, n2 in ((56, 70, 48, 80), (5, 56, 0, 29), (3, 9, 7, 11)):
        table = [[x1, n1 - x1], [x2, n2 - x2]]
        expected = stats.chi2_contingency(table, correction=False).pvalue
        assert score_test(x1, n1, x2, n2) == pytest.approx(expected, rel=1e-9)


def test_wilson_is_where_the_score_test_of_one_sample_turns():
    x, n = 17, 50
    for limit in wilson(x, n):
        z = (x / n - limit) / np.sqrt(limit * (1 - limit) / n)
        assert 2 * stats.norm.sf(abs(z)) == pytest.approx(0.05, rel=1e-9)


def test_score_test_finds_nothing_where_nothing_can_be_found():
    p = score_test([0, 0, 5, 2], [0, 8, 5, 4], [3, 0, 9, 5], [9, 7, 9, 10])
    assert p.tolist() == [1, 1, 1, 1]


def test_welch_equals_scipys_t_test_of_unequal_variances():
    rng = np.random.default_rng(3)
    first, second = rng.normal(7.1, 1.2, 23), rng.normal(6.2, 2.4, 61)
    expected = stats.ttest_ind(first, second, equal_var=False)
    limits = expected.confidence_interval(0.9)
    result = welch(23, first.mean(), first.var(ddof=1), 61, second.mean(), second.var(ddof=1), level=0.9)
    assert result.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert (result.low, result.high) == pytest.approx((limits.low, limits.high), rel=1e-9)


def test_welch_says_nothing_certain_about_single_persons_or_unvaried_answers():
    result = welch([1, 20, 20, 0, 20], [8, 8, 8, np.nan, 8], [np.nan, 0, 0, np.nan, 0], 30, 6, [1, 0, 1, 1, np.nan])
    assert result.p.tolist() == pytest.approx([1, 1, result.p[2], 1, 1])
    assert result.p[2] < 0.001
    assert np.isnan(result.low).tolist() == [True, True, False, True, True]
    assert result.difference[1] == 2


def test_benjamini_hochberg_rejects_the_four_hypotheses_of_the_original_paper():
    adjusted = benjamini_hochberg(THROMBOLYSIS)
    assert int((adjusted <= 0.05).sum()) == 4
    assert adjusted == pytest.approx(stats.false_discovery_control(THROMBOLYSIS), rel=1e-12)


def test_benjamini_hochberg_by_hand_in_any_order_with_missing_tests_left_out():
    adjusted = benjamini_hochberg([[0.04, np.nan, 0.01], [0.03, np.nan, 0.9]])
    assert adjusted[~np.isnan(adjusted)] == pytest.approx([0.16 / 3, 0.04, 0.16 / 3, 0.9])
    assert np.isnan(adjusted[:, 1]).all()
    assert adjusted.shape == (2, 3)


def test_benjamini_hochberg_accepts_an_empty_or_single_family_and_refuses_other_numbers():
    assert benjamini_hochberg([]).size == 0
    assert np.isnan(benjamini_hochberg([np.nan])).all()
    assert benjamini_hochberg(0.3) == pytest.approx(0.3)
    with pytest.raises(ValueError, match="p value"):
        benjamini_hochberg([0.2, 1.5])


def test_benjamini_hochberg_with_the_threshold_leaves_few_false_flags_when_units_do_not_differ():
    rng = np.random.default_rng(11)
    flagged = []
    for _ in range(200):
        mine = rng.binomial(30, 0.7, (60, 30))
        rest = mine.sum(axis=0) - mine
        adjusted = benjamini_hochberg(score_test(mine, 30, rest, 59 * 30))
        flagged.append(certain(adjusted, mine / 30 - rest / (59 * 30), 0.05).any())
    # Wholly true hypotheses: the chance of any flag is at most about alpha; 1 800 tests at 5 % would give 90.
    assert np.mean(flagged) <= 0.10


def test_a_difference_is_certain_only_when_both_sure_and_large():
    decided = certain([0.01, 0.01, 0.06, np.nan, 0.01, 0.049], [0.2, 0.049, 0.2, 0.2, np.nan, -0.3], 0.05)
    assert decided.tolist() == [True, False, False, False, False, True]


def test_a_difference_exactly_at_the_threshold_counts_despite_binary_fractions():
    assert 0.60 - 0.55 < 0.05
    assert bool(certain(0.001, 0.60 - 0.55, 0.05))
    assert not bool(certain(0.05, 0.5, 0.05))
