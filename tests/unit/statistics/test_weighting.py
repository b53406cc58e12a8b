"""Overall figures: small years merge, headcounts weigh, and the variance is the stratified one."""

from __future__ import annotations

import numpy as np
import pytest

from analytics_worker.statistics.intervals import korn_graubard
from analytics_worker.statistics.weighting import merge_small_cells, weighted_estimate


def _shares(x, n):
    share = x / n
    return share, share * (1 - share) * n / (n - 1)


def test_small_years_of_a_unit_form_one_cell_and_others_stay():
    units = ["a", "a", "a", "b", "a", "b", "c"]
    ballots = [4, 20, 2, 3, 5, 30, 0]
    assert merge_small_cells(units, ballots).tolist() == [0, 1, 0, 2, 3, 4, 5]
    assert merge_small_cells(units, ballots, minimum=1).tolist() == list(range(7))
    assert merge_small_cells([], []).size == 0
    with pytest.raises(ValueError, match="same length"):
        merge_small_cells(["a", "b"], [1])


def test_weighted_estimate_follows_cochran_by_hand():
    population, ballots = np.array([100, 300, 50]), np.array([40, 60, 50])
    x, n = np.array([10, 45, 25]), np.array([40, 60, 50])
    share, variance = _shares(x, n)
    result = weighted_estimate(population, n, share, variance, ballots)
    weights = population / 450
    assert result.value == pytest.approx((100 * 0.25 + 300 * 0.75 + 50 * 0.5) / 450)
    by_hand = weights[0] ** 2 * 0.6 * variance[0] / 40 + weights[1] ** 2 * 0.8 * variance[1] / 60
    assert result.variance == pytest.approx(by_hand)
    assert result.effective_n == pytest.approx(1 / np.sum(weights**2 / n))
    assert result.degrees_of_freedom == 147


def test_many_measures_at_once_equal_one_after_the_other():
    rng = np.random.default_rng(8)
    population = rng.integers(10, 200, 30)
    ballots = rng.integers(0, population + 1)
    valid = rng.integers(0, ballots[:, None] + 1, (30, 6))
    x = rng.integers(0, valid + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, variance = _shares(x, valid)
    together = weighted_estimate(population, valid, share, variance, ballots)
    assert together.value.shape == (6,)
    for column in range(6):
        alone = weighted_estimate(population, valid[:, column], share[:, column], variance[:, column], ballots)
        assert alone.value.shape == ()
        assert [part[column] for part in together] == pytest.approx([float(part) for part in alone])


def test_a_cell_without_a_valid_answer_leaves_and_the_weights_are_renormalised():
    nan = np.nan
    valid = np.array([[30, 0], [20, 20]])
    mean = np.array([[0.5, nan], [0.8, 0.8]])
    variance = np.array([[0.25, nan], [0.16, 0.16]])
    result = weighted_estimate([60, 40], valid, mean, variance, [30, 20])
    assert result.value == pytest.approx([0.62, 0.8])
    assert result.variance[1] == pytest.approx(0.5 * 0.16 / 20)
    assert result.degrees_of_freedom.tolist() == [48, 19]


def test_a_single_answer_borrows_the_spread_of_the_other_cells():
    result = weighted_estimate([50, 50], [1, 11], [7, 6], [np.nan, 4], [1, 11])
    assert result.variance == pytest.approx(0.25 * 0.98 * 4 / 1 + 0.25 * 0.78 * 4 / 11)
    lonely = weighted_estimate([50], [1], [7], [np.nan], [1])
    assert lonely.value == 7
    assert np.isnan(lonely.variance)
    assert np.isnan(korn_graubard(1.0, lonely.variance, 1, lonely.degrees_of_freedom).low)


def test_a_full_count_has_no_variance_and_too_many_ballots_are_a_full_count():
    full = weighted_estimate([10, 20], [10, 22], [0.4, 0.5], [0.27, 0.26], [10, 22])
    assert full.variance == 0
    assert full.value == pytest.approx(14 / 30)


def test_nobody_answering_gives_no_figure():
    nan = np.nan
    result = weighted_estimate([10, 20], [0, 0], [nan, nan], [nan, nan], [0, 3])
    assert np.isnan([result.value, result.variance, result.effective_n]).all()
    assert result.degrees_of_freedom == 0
    without_cells = weighted_estimate([], np.empty((0, 2)), np.empty((0, 2)), np.empty((0, 2)), [])
    assert np.isnan(without_cells.value).tolist() == [True, True]


def test_negative_numbers_and_uneven_parts_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        weighted_estimate([-10], [1], [1], [0], [1])
    with pytest.raises(ValueError, match="one row per cell"):
        weighted_estimate([10, 10], [1], [1], [0], [1])


def test_weighting_and_its_variance_hold_in_repeated_samples_of_uneven_units():
    rng = np.random.default_rng(17)
    population, ballots, truth = np.array([400, 60, 120]), np.array([80, 40, 90]), np.array([0.4, 0.9, 0.65])
    positive = np.rint(population * truth).astype(int)
    x = rng.hypergeometric(positive, population - positive, ballots, (20_000, 3)).T
    share, variance = _shares(x, ballots[:, None])
    result = weighted_estimate(population, np.broadcast_to(ballots[:, None], x.shape), share, variance, ballots)
    overall = positive.sum() / population.sum()
    assert result.value.mean() == pytest.approx(overall, abs=0.001)
    assert result.variance.mean() == pytest.approx(result.value.var(), rel=0.03)
    plain = x.sum(axis=0).mean() / ballots.sum()
    assert abs(plain - overall) > 0.05


def test_a_share_among_those_with_an_opinion_keeps_its_variance_when_some_do_not_know():
    rng = np.random.default_rng(23)
    population, ballots = 300, 150
    # 90 persons do not know, 140 are positive, 70 negative; the valid number itself varies from sample to sample.
    drawn = rng.multivariate_hypergeometric([140, 70, 90], ballots, 20_000)
    valid = drawn[:, 0] + drawn[:, 1]
    share, variance = _shares(drawn[:, 0], valid)
    result = weighted_estimate([population], valid[None, :], share[None, :], variance[None, :], [ballots])
    assert result.variance.mean() == pytest.approx(share.var(), rel=0.03)
