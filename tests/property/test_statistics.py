"""Hypothesis searches for counts at which an interval, an adjustment or a rounding would break its promise."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from analytics_worker.statistics.comparison import benjamini_hochberg, newcombe, score_test, welch
from analytics_worker.statistics.intervals import hypergeometric, korn_graubard, logical_bounds, wilson
from analytics_worker.statistics.moments import moments
from analytics_worker.statistics.rounding import half_up_ratio, round_half_up
from analytics_worker.statistics.weighting import merge_small_cells, weighted_estimate

SLACK = 1e-12


@st.composite
def _count_of(draw):
    n = draw(st.integers(1, 400))
    return draw(st.integers(0, n)), n


@st.composite
def _drawn_from(draw):
    population = draw(st.integers(1, 300))
    n = draw(st.integers(1, population))
    return draw(st.integers(0, n)), n, population


@given(counted=_count_of(), level=st.floats(0.5, 0.999))
def test_wilsons_interval_holds_its_point_and_stays_a_share(counted, level):
    x, n = counted
    low, high = wilson(x, n, level)
    assert 0 <= low <= x / n + SLACK
    assert x / n - SLACK <= high <= 1


@given(n=st.integers(1, 300))
def test_wilsons_interval_moves_up_with_every_positive_answer_and_mirrors(n):
    low, high = wilson(np.arange(n + 1), n)
    assert (np.diff(low) > 0).all()
    assert (np.diff(high) > 0).all()
    assert low == pytest.approx(1 - high[::-1], abs=1e-9)


@given(counted=_count_of(), levels=st.tuples(st.floats(0.5, 0.999), st.floats(0.5, 0.999)))
def test_more_confidence_never_narrows_an_interval(counted, levels):
    lower, higher = sorted(levels)
    narrow, wide = wilson(counted[0], counted[1], lower), wilson(counted[0], counted[1], higher)
    assert wide.low <= narrow.low + SLACK
    assert narrow.high <= wide.high + SLACK


@given(drawn=_drawn_from(), level=st.floats(0.5, 0.999))
def test_the_finite_interval_holds_its_point_within_what_is_logically_possible(drawn, level):
    x, n, population = drawn
    low, high = hypergeometric(x, n, population, level)
    bounds = logical_bounds(x, n, population)
    assert bounds.low <= low <= high <= bounds.high
    # The limits are whole persons: the share x/n itself lies at most a person outside the nearest of them.
    assert low * population <= np.ceil(x / n * population) + SLACK
    assert high * population >= np.floor(x / n * population) - SLACK


@given(population=st.integers(1, 200), data=st.data())
def test_the_finite_interval_moves_up_with_every_positive_answer_and_mirrors(population, data):
    n = data.draw(st.integers(1, population))
    low, high = hypergeometric(np.arange(n + 1), n, population)
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()
    assert low == pytest.approx(1 - high[::-1], abs=1e-12)


@given(first=_count_of(), second=_count_of())
def test_newcombes_interval_holds_the_difference_and_turns_round_with_the_groups(first, second):
    there, back = newcombe(*first, *second), newcombe(*second, *first)
    assert -1 - SLACK <= there.low <= there.difference + SLACK
    assert there.difference - SLACK <= there.high <= 1 + SLACK
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    assert score_test(*first, *second) == pytest.approx(float(score_test(*second, *first)))


@given(
    n=st.tuples(st.integers(2, 500), st.integers(2, 500)),
    mean=st.tuples(st.floats(0, 10), st.floats(0, 10)),
    spread=st.tuples(st.floats(0, 25), st.floats(0.01, 25)),
)
def test_welchs_interval_leaves_out_zero_exactly_when_its_test_rejects(n, mean, spread):
    result = welch(n[0], mean[0], spread[0], n[1], mean[1], spread[1])
    if abs(result.p - 0.05) > 1e-6:
        assert bool(result.low > 0 or result.high < 0) == bool(result.p < 0.05)


@given(p=st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=40))
def test_adjusted_p_values_keep_their_order_never_fall_and_ignore_missing_tests(p):
    given_p = np.array(p, dtype=np.float64)
    adjusted = benjamini_hochberg(given_p)
    real = ~np.isnan(given_p)
    assert (np.isnan(adjusted) == ~real).all()
    assert (adjusted[real] >= given_p[real] - SLACK).all()
    assert (adjusted[real] <= 1).all()
    assert (np.diff(adjusted[real][np.argsort(given_p[real])]) >= 0).all()
    assert np.array_equal(adjusted[real], benjamini_hochberg(given_p[real]))


@given(
    share=st.floats(0, 1),
    variance=st.floats(0, 0.2),
    n=st.integers(2, 1000),
    freedom=st.integers(1, 999),
)
def test_the_weighted_interval_holds_its_share_and_is_never_narrower_than_that_of_n_persons(
    share, variance, n, freedom
):
    low, high = korn_graubard(share, variance, n, freedom)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    count = share * n
    assert low <= (special.betaincinv(count, n - count + 1, 0.025) if count > 0 else 0) + 1e-9
    assert high >= (special.betaincinv(count + 1, n - count, 0.975) if count < n else 1) - 1e-9


@given(numerator=st.integers(-(10**20), 10**20), denominator=st.integers(1, 10**20), digits=st.integers(0, 4))
def test_rounding_is_never_more_than_half_a_step_off_and_halves_leave_zero(numerator, denominator, digits):
    exact = Fraction(numerator, denominator)
    rounded = round_half_up(exact, digits)
    off = abs(Fraction(rounded)) - abs(exact)
    half = Fraction(1, 2 * 10**digits)
    assert -half < off <= half
    assert half_up_ratio(numerator, denominator, digits) == float(rounded)


@given(scores=st.lists(st.integers(0, 10**6), min_size=2, max_size=50), denominator=st.integers(1, 60))
def test_moments_are_those_of_the_scores(scores, denominator):
    result = moments(len(scores), sum(scores), sum(s * s for s in scores), denominator)
    values = np.array(scores) / denominator
    assert result.mean == pytest.approx(values.mean(), rel=1e-12)
    assert result.variance == pytest.approx(values.var(ddof=1), rel=1e-9, abs=1e-12)


@given(cells=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), max_size=20))
def test_merging_joins_exactly_the_small_years_of_a_unit(cells):
    units, ballots = [unit for unit, _ in cells], [cast for _, cast in cells]
    merged = merge_small_cells(units, ballots)
    for i, (unit, cast) in enumerate(cells):
        for j in range(i):
            joined = unit == units[j] and cast < 5 and ballots[j] < 5
            assert (merged[i] == merged[j]) == joined


@given(cells=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300), st.floats(0, 1)), min_size=1, max_size=15))
def test_a_weighted_figure_lies_among_its_cells_whatever_their_order(cells):
    population, ballots, share = (np.array(column, dtype=np.float64) for column in zip(*cells, strict=True))
    ballots = np.minimum(ballots, population)
    variance = np.where(ballots > 1, share * (1 - share), np.nan)
    result = weighted_estimate(population, ballots, share, variance, ballots)
    turned = weighted_estimate(population[::-1], ballots[::-1], share[::-1], variance[::-1], ballots[::-1])
    assert share.min() - SLACK <= result.value <= share.max() + SLACK
    assert np.isnan(result.variance) or result.variance >= 0
    assert 0 < result.effective_n <= ballots.sum() + 1e-6
    assert np.allclose(result, turned, equal_nan=True)
