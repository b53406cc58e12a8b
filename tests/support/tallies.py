"""Reads a tally row as statistics would, in exact fractions: what the layout of tallies must make possible."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from shared.questionnaire.scoring import TallyLayout


def area_moments(layout: TallyLayout, tally_row: Sequence[int], area: str) -> tuple[int, Fraction, Fraction]:
    """Return the persons with a mean of the area, the sum of their means and the sum of the squared means."""
    values = [int(value) for value in tally_row[layout.area_slice(area)]]
    denominator = layout.area_denominator(area)
    persons, mean_sum, square_sum = 0, Fraction(0), Fraction(0)
    for position, k in enumerate(layout.area_counts(area)):
        count, score_sum, score_square_sum = values[3 * position : 3 * position + 3]
        persons += count
        mean_sum += Fraction(score_sum, k * denominator)
        square_sum += Fraction(score_square_sum, (k * denominator) ** 2)
    return persons, mean_sum, square_sum
