"""Intervals agree with the literature, with scipy's independent versions, and with plain enumeration."""

from __future__ import annotations

import time
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy import stats

from analytics_worker.statistics import finite
from analytics_worker.statistics.intervals import (
    hypergeometric,
    korn_graubard,
    logical_bounds,
    t_interval,
    wilson,
)
from analytics_worker.statistics.special import log_factorials

# Newcombe (1998), Statistics in Medicine 17, 857-872, table I: methods 3 (Wilson) and 5 (Clopper-Pearson).
NEWCOMBE_SINGLE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


def _exact(x, n):
    """Scipy's exact binomial limits (Clopper-Pearson)."""
    return tuple(stats.binomtest(x, n).proportion_ci(0.95, "exact"))


@pytest.mark.parametrize(("x", "n", "score", "exact"), NEWCOMBE_SINGLE)
def test_wilson_and_korn_graubard_of_a_simple_sample_give_newcombes_published_limits(x, n, score, exact):
    share = x / n
    assert np.round(wilson(x, n), 4) == pytest.approx(score, abs=1e-9)
    assert np.round(korn_graubard(share, share * (1 - share) / n, n, n - 1), 4) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_equals_scipys_own(level):
    for n in (1, 2, 7, 40, 333):
        for x in sorted({0, 1, n // 3, n - 1, n}):
            expected = stats.binomtest(x, n).proportion_ci(level, "wilson")
            assert tuple(wilson(x, n, level)) == pytest.approx(tuple(expected), abs=1e-12)


def test_no_answers_give_no_interval_and_arrays_keep_their_shape():
    low, high = wilson([[0, 3], [0, 5]], [[0, 10], [4, 5]])
    assert low.shape == (2, 2)
    assert np.isnan(low[0, 0])
    assert np.isnan(high[0, 0])
    assert low[1, 0] == 0
    assert high[1, 1] == 1
    assert wilson(3, 10).low.shape == ()


def test_impossible_counts_and_levels_are_refused():
    for bad in ((-1, 5), (6, 5), (np.nan, 5)):
        with pytest.raises(ValueError, match="between 0 and the valid answers"):
            wilson(*bad)
    for level in (0, 1, 95):
        with pytest.raises(ValueError, match="level"):
            wilson(1, 2, level)


def test_nine_of_ten_from_twelve_can_only_be_nine_to_eleven_twelfths():
    assert tuple(hypergeometric(9, 10, 12)) == pytest.approx((9 / 12, 11 / 12))
    assert tuple(logical_bounds(9, 10, 12)) == pytest.approx((9 / 12, 11 / 12))
    assert wilson(9, 10).high > 11 / 12


def _enumerated(x, n, population, tail):
    """All M whose two tails reach `tail`, with exact fractions and no cleverness."""
    draws = comb(population, n)

    def probability(m, low, high):
        ways = sum(comb(m, k) * comb(population - m, n - k) for k in range(low, high + 1) if k <= m)
        return Fraction(ways, draws)

    return [m for m in range(population + 1) if probability(m, x, n) >= tail and probability(m, 0, x) >= tail]


@pytest.mark.parametrize("population", [1, 2, 5, 12, 17])
def test_hypergeometric_limits_equal_plain_enumeration(population):
    tail = Fraction(1, 40)
    for n in range(1, population + 1):
        low, high = hypergeometric(np.arange(n + 1), n, population)
        for x in range(n + 1):
            kept = _enumerated(x, n, population, tail)
            assert kept == list(range(kept[0], kept[-1] + 1))
            assert (low[x], high[x]) == (kept[0] / population, kept[-1] / population)


@pytest.mark.parametrize(("n", "population"), [(5, 8), (10, 12), (25, 60), (60, 61), (40, 400), (300, 1000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_hypergeometric_interval_covers_every_possible_truth_at_its_level(n, population, level):
    x = np.arange(n + 1)
    low, high = hypergeometric(x, n, population, level)
    truth = np.arange(population + 1)[:, None]
    inside = (low * population <= truth + 1e-9) & (truth - 1e-9 <= high * population)
    coverage = (stats.hypergeom.pmf(x, population, truth, n) * inside).sum(axis=1)
    assert coverage.min() >= level - 1e-9


@pytest.mark.parametrize(("n", "population"), [(3, 5000), (20, 30), (80, 240), (200, 9000), (900, 1000)])
@pytest.mark.parametrize("level", [0.6, 0.95, 0.999])
def test_hypergeometric_limits_cannot_be_drawn_in_by_one_person(n, population, level):
    x, tail = np.arange(n + 1), (1 - level) / 2
    low, high = (np.rint(limit * population) for limit in hypergeometric(x, n, population, level))
    reached, not_reached = tail * (1 - 1e-8), tail * (1 + 1e-8)
    assert (stats.hypergeom.sf(x - 1, population, low, n) >= reached).all()
    assert (stats.hypergeom.sf(x - 1, population, low - 1, n)[1:] < not_reached).all()
    assert (stats.hypergeom.cdf(x, population, high, n) >= reached).all()
    assert (stats.hypergeom.cdf(x, population, high + 1, n)[:-1] < not_reached).all()


def test_hypergeometric_interval_is_a_point_when_all_answered_and_binomial_when_few_did():
    low, high = hypergeometric(np.arange(8), 7, 7)
    assert low == pytest.approx(np.arange(8) / 7)
    assert high == pytest.approx(np.arange(8) / 7)
    wide = hypergeometric(12, 50, 1_000_000)
    assert tuple(wide) == pytest.approx(_exact(12, 50), abs=1e-4)


def test_hypergeometric_refuses_impossible_counts_and_leaves_empty_groups_without_interval():
    assert np.isnan(hypergeometric(0, 0, 30).low)
    assert np.isnan(logical_bounds(0, 0, 0).high)
    with pytest.raises(ValueError, match="population is smaller"):
        hypergeometric(1, 10, 9)
    with pytest.raises(ValueError, match="between 0 and the valid answers"):
        hypergeometric(4, 3, 9)
    for broken in (1.5, -1, np.inf):
        with pytest.raises(ValueError, match="whole number"):
            hypergeometric(broken, 3, 9)


def test_ten_thousand_hypergeometric_intervals_take_well_under_a_second():
    rng = np.random.default_rng(20261121)
    population = rng.integers(1, 1001, 10_000)
    n = rng.integers(0, population + 1)
    x = rng.integers(0, n + 1)
    begun = time.process_time()
    hypergeometric(x, n, population)
    assert time.process_time() - begun < 0.5


def test_wilson_covers_on_average_between_93_and_98_percent_for_each_n_from_5_to_60():
    rng = np.random.default_rng(5)
    for n in range(5, 61):
        truth = rng.uniform(0.02, 0.98, 20_000)
        low, high = wilson(rng.binomial(n, truth), n)
        assert 0.93 <= np.mean((low <= truth) & (truth <= high)) <= 0.98


def test_korn_graubard_is_clopper_pearson_for_a_simple_sample():
    x, n = 30, 100
    share = x / n
    interval = korn_graubard(share, share * (1 - share) / n, n, n - 1)
    assert tuple(interval) == pytest.approx(_exact(x, n), rel=1e-9)


def test_korn_graubard_follows_the_published_formula_step_by_step():
    share, variance, n, freedom = 0.3, 0.0042, 100, 30
    effective = share * (1 - share) / variance * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, freedom)) ** 2
    expected = (
        stats.beta.ppf(0.025, effective * share, effective * (1 - share) + 1),
        stats.beta.ppf(0.975, effective * share + 1, effective * (1 - share)),
    )
    assert effective < 50
    assert tuple(korn_graubard(share, variance, n, freedom)) == pytest.approx(expected, rel=1e-9)


def test_korn_graubard_never_counts_more_persons_than_answered():
    tiny_variance = korn_graubard(0.3, 1e-9, 100, 60)
    assert tuple(tiny_variance) == pytest.approx(_exact(30, 100))
    for x in (0, 20):
        assert tuple(korn_graubard(x / 20, 0, 20, 15)) == pytest.approx(_exact(x, 20))


def test_korn_graubard_takes_a_weighted_share_that_rounding_pushed_past_one():
    beyond = np.nextafter(1.0, 2.0)
    assert tuple(korn_graubard(beyond, 0, 20, 15)) == pytest.approx(_exact(20, 20))


def test_korn_graubard_has_no_interval_without_a_figure_or_degrees_of_freedom():
    low, _high = korn_graubard([np.nan, 0.5, 0.5, 0.5], [0.01, np.nan, 0.01, 0.01], [50, 50, 50, 1], [40, 40, 0, 40])
    assert np.isnan(low).all()
    with pytest.raises(ValueError, match="between 0 and 1"):
        korn_graubard(1.2, 0.01, 50, 40)
    with pytest.raises(ValueError, match="not negative"):
        korn_graubard(0.2, -0.01, 50, 40)


def test_t_interval_equals_scipys_and_shrinks_to_a_point_in_a_full_count():
    n, mean, deviation = 25, 7.31, 1.9
    expected = stats.t.interval(0.95, n - 1, mean, deviation / 5)
    assert tuple(t_interval(n, mean, deviation)) == pytest.approx(expected, rel=1e-9)
    finite = t_interval(n, mean, deviation, population=100)
    assert finite.high - mean == pytest.approx((expected[1] - mean) * np.sqrt(0.75))
    assert [float(limit) for limit in t_interval(n, mean, deviation, population=n)] == [mean, mean]


def test_t_interval_is_left_out_below_ten_persons_or_when_all_are_equal():
    low, _high = t_interval([9, 10, 30, 0], [5, 5, 5, np.nan], [2, 2, 0, np.nan])
    assert np.isnan(low).tolist() == [True, False, True, True]
    with pytest.raises(ValueError, match="population is smaller"):
        t_interval(30, 5, 2, population=29)


def test_the_search_for_a_hypergeometric_limit_ends_at_the_same_place_wherever_it_starts():
    rng = np.random.default_rng(31)
    population = rng.integers(2, 400, 500)
    n = rng.integers(1, population + 1)
    x = rng.integers(1, n + 1)
    tail = 0.025 * (1 - finite.TIE)
    sample = finite._Sample(x, n, population, log_factorials(400))
    guessed = finite._walk(sample, finite._guess(sample, tail), tail)
    assert np.array_equal(finite._walk(sample, x, tail), guessed)
    assert np.array_equal(finite._walk(sample, population * x // n, tail), guessed)
