"""Rounding is half-up, once, on exact numbers, and reproduces published school survey indexes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from analytics_worker.statistics.moments import moments
from analytics_worker.statistics.rounding import half_up_ratio, round_half_up

FOUR = (Fraction(10), Fraction(20, 3), Fraction(10, 3), Fraction(0))
FIVE = (Fraction(10), Fraction(15, 2), Fraction(5), Fraction(5, 2), Fraction(0))
HIDDEN = None
LARGEST_HIDDEN = 25

# Published rows (domain.md 2.7): n, percentages best to worst, don't know, published mean; None = hidden by the source.
PUBLISHED = {
    "grade 8 support": (159, (15, 54, 26, 5), 0, "6.0"),
    "grade 5 satisfied": (159, (51, 36, 10, HIDDEN), HIDDEN, "7.9"),
    "grade 5 support": (159, (45, 40, 12, HIDDEN), HIDDEN, "7.7"),
    "grade 5 calm to work": (159, (HIDDEN, 32, 51, 13, HIDDEN), 0, "5.5"),
    "grade 8 satisfied": (159, (37, 52, 10, HIDDEN), HIDDEN, "7.5"),
    "grade 8 calm to work": (159, (HIDDEN, 45, 40, 8, HIDDEN), 0, "6.2"),
    "upper secondary 2 satisfied": (204, (19, 55, 19, HIDDEN), HIDDEN, "6.3"),
    "guardians stimulation": (200, (15, 54, 21, 7, HIDDEN), HIDDEN, "7.0"),
}


def _possible_counts(cell, n):
    if cell is HIDDEN:
        return range(LARGEST_HIDDEN + 1)
    return [count for count in range(n + 1) if round_half_up(Fraction(100 * count, n)) == cell]


def _reachable_means(n, cells, unknown, weights):
    """All one-decimal means that whole persons behind the published percentages could have."""
    choices = [_possible_counts(cell, n) for cell in (*cells, unknown)]
    means = set()
    for counts in product(*choices[:-2]):
        for last in choices[-2]:
            if n - sum(counts) - last in choices[-1]:
                options = (*counts, last)
                score = sum(count * weight for count, weight in zip(options, weights, strict=True))
                means.add(round_half_up(score / sum(options), 1))
    return means


@pytest.mark.parametrize("row", PUBLISHED)
def test_linear_weights_reach_the_published_mean(row):
    n, cells, unknown, mean = PUBLISHED[row]
    assert Decimal(mean) in _reachable_means(n, cells, unknown, FOUR if len(cells) == 4 else FIVE)


def test_the_published_rows_could_have_refuted_the_weights():
    rival = (Fraction(10), Fraction(6), Fraction(4), Fraction(0))
    missed = []
    for row, (n, cells, unknown, mean) in PUBLISHED.items():
        if len(cells) == 4 and Decimal(mean) not in _reachable_means(n, cells, unknown, rival):
            missed.append(row)
    assert missed


def test_the_fully_visible_row_is_5_97_before_its_one_rounding():
    n, counts = 159, (24, 86, 41, 8)
    steps = [int(weight * 3) for weight in FOUR]
    total = sum(count * step for count, step in zip(counts, steps, strict=True))
    squares = sum(count * step**2 for count, step in zip(counts, steps, strict=True))
    assert [half_up_ratio(100 * count, n) for count in counts] == [15, 54, 26, 5]
    assert moments(n, total, squares, 3).mean == pytest.approx(5.97, abs=0.005)
    assert half_up_ratio(total, 3 * n, 1) == 6.0


def test_halves_go_up_where_floats_and_bankers_rounding_go_down():
    assert round_half_up(Fraction(5, 2)) == 3
    assert round(2.5) == 2
    assert round_half_up(Fraction(2675, 1000), 2) == Decimal("2.68")
    assert round(2.675, 2) == 2.67
    assert half_up_ratio([100 * 1, 100 * 199, 500 * 29], 200).tolist() == [1, 100, 73]


def test_differences_round_the_same_way_in_both_directions():
    assert round_half_up(Fraction(-5, 2)) == -3
    assert half_up_ratio([-5, 5, -1], 2).tolist() == [-3, 3, -1]
    assert str(round_half_up(Fraction(-1, 100), 1)) == "0.0"


def test_an_index_keeps_its_decimal():
    assert str(round_half_up(6, 1)) == "6.0"
    assert str(round_half_up(Fraction(20, 3), 1)) == "6.7"
    assert str(round_half_up(Fraction(25, 4), 1)) == "6.3"


def test_a_rounded_value_is_not_rounded_again():
    # 6.449 is 6.4; rounding first to 6.45 would make it 6.5.
    assert round_half_up(Fraction(6449, 1000), 1) == Decimal("6.4")


def test_array_rounding_equals_exact_rounding_of_every_fraction():
    n = np.arange(1, 121)[:, None]
    x = np.arange(121)[None, :]
    rounded = half_up_ratio(100 * x, n, 1)
    for row, column in product(range(0, 120, 7), range(0, 121, 3)):
        exact = round_half_up(Fraction(100 * column, row + 1), 1)
        assert rounded[row, column] == float(exact)


def test_array_rounding_survives_sums_beyond_64_bits_and_empty_groups():
    assert half_up_ratio(10**17 + 5, 10, 3) == 1e16 + 0.5
    assert half_up_ratio(10**30, 3 * 10**29, 2) == 3.33
    assert half_up_ratio(np.array([7], dtype=np.uint64), 2).tolist() == [4]
    assert np.isnan(half_up_ratio([0, 3], [0, 4])).tolist() == [True, False]


def test_array_rounding_refuses_floats_and_negative_denominators():
    with pytest.raises(TypeError, match="integers"):
        half_up_ratio(1.5, 2)
    with pytest.raises(TypeError, match="integers"):
        half_up_ratio(np.array([Fraction(1, 2)]), 2)
    with pytest.raises(ValueError, match="denominator"):
        half_up_ratio(1, -2)
    for call in (lambda: half_up_ratio(1, 2, -1), lambda: round_half_up(1, -1)):
        with pytest.raises(ValueError, match="decimals"):
            call()
