"""Moments from exact sums equal the moments of the scores themselves, however many persons there are."""

from __future__ import annotations

from fractions import Fraction
from statistics import mean, variance

import numpy as np
import pytest

from analytics_worker.statistics.moments import moments


def test_moments_equal_those_of_the_scores_in_exact_fractions():
    scores = [Fraction(10), Fraction(20, 3), Fraction(20, 3), Fraction(10, 3), Fraction(0)]
    steps = [int(score * 3) for score in scores]
    result = moments(5, sum(steps), sum(step**2 for step in steps), 3)
    assert result.mean == float(mean(scores))
    assert result.variance == float(variance(scores))


def test_fractions_and_scaled_integers_give_the_same_moments():
    scores = [Fraction(10), Fraction(25, 6), Fraction(35, 4)]
    exact = moments(3, sum(scores), sum(score**2 for score in scores))
    scaled = moments(3, sum(int(s * 12) for s in scores), sum(int(s * 12) ** 2 for s in scores), 12)
    assert exact == scaled
    assert exact.variance == float(variance(scores))


def test_equal_scores_have_a_variance_of_exactly_zero_among_a_million_persons():
    n, step = 1_000_003, 20
    assert moments(n, n * step, n * step**2, 3).variance == 0
    huge = 10**12
    assert moments(huge, huge * 7_000_001, huge * 7_000_001**2, 3).variance == 0


def test_one_differing_person_in_a_million_is_not_lost_to_cancellation():
    n, step = 10**6, 10**7
    total, squares = n * step + 1, n * step**2 + 2 * step + 1
    expected = Fraction(n * squares - total**2, n * (n - 1))
    assert moments(n, total, squares).variance == float(expected)
    assert squares / n - (total / n) ** 2 != pytest.approx(float(expected), rel=0.01)


def test_arrays_follow_their_elements_and_empty_groups_are_nan():
    n = np.array([0, 1, 2, 40])
    result = moments(n, np.array([0, 30, 40, 800]), np.array([0, 900, 1000, 19_000]), 3)
    assert np.isnan(result.mean).tolist() == [True, False, False, False]
    assert np.isnan(result.variance).tolist() == [True, True, False, False]
    assert result.mean[1:] == pytest.approx([10, 20 / 3, 20 / 3])
    assert result.variance[2:] == pytest.approx([200 / 9, 3000 / 39 / 9])


def test_wide_and_exact_arrays_agree():
    n, total, squares = np.array([12, 7]), np.array([200, 90]), np.array([4_000, 1_500])
    assert np.array_equal(moments(n, total, squares, 3), moments(n.astype(object), total, squares, 3))
    assert np.array_equal(moments(n.astype(np.uint64), total, squares, 3), moments(n, total, squares, 3))


def test_floats_and_impossible_sums_are_refused():
    with pytest.raises(TypeError, match="integers or fractions"):
        moments(3, 2.0, 4, 1)
    with pytest.raises(ValueError, match="too small"):
        moments(3, 30, 200, 3)
    with pytest.raises(ValueError, match="denominator"):
        moments(3, 30, 300, 0)
    with pytest.raises(ValueError, match="persons"):
        moments(-1, 0, 0)
