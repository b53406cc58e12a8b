"""Decides for one audience which figures of a questionnaire are shown, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics_worker.disclosure.siblings import Groups, Sums, complementary
from analytics_worker.statistics.arrays import BoolArray, FloatArray, IntArray
from shared.model.policy import Rules

SHOWN, NO_AGREEMENT, TOO_FEW, NOT_SCREENED, LOW_RESPONSE_RATE, COMPLEMENTARY = range(6)
REASONS = (None, "no_agreement", "too_few", "not_screened", "low_response_rate", "complementary")
"""The word for each decision, in the order in which reasons go before one another."""

_NO_SECRETS = (NOT_SCREENED, LOW_RESPONSE_RATE)
"""Hidden because the figure is not ready or not good enough, not because it would tell of somebody."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is decided on: answers ``n`` (P, S, M) over nodes, slots (all first) and measures (the response row first).

    ``ballots`` (P, S); ``response_rate`` (P, S), NaN where the frame is silent; ``text`` (M,) marks free-text items;
    ``withheld`` (P,) nodes whose owner has not agreed to publication; ``sums`` over groups numbered p * S + s.
    """

    n: IntArray
    ballots: IntArray
    response_rate: FloatArray
    text: BoolArray
    withheld: BoolArray
    sums: Sums


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """``reason`` (P, S, M): ``SHOWN`` or why not, a place in ``REASONS``; ``distribution``: where that is shown too."""

    reason: IntArray
    distribution: BoolArray


def decide(rows: Rows, rules: Rules) -> Decision:
    """Return the decision: thresholds first, then siblings for the figures, then for the distributions.

    A distribution needs more answers than the figure, so the sums are gone through a second time with the higher
    threshold: a distribution withheld must not be the difference of two that are given.
    """
    reason, taken_along = _figures(rows, rules)
    second = np.where((reason == SHOWN) & (rows.n < rules.min_distribution), TOO_FEW, reason)
    withheld = (second != SHOWN) | _siblings(rows, second, taken_along, rules.min_distribution)
    return Decision(reason, ~withheld)


def _figures(rows: Rows, rules: Rules) -> tuple[IntArray, BoolArray]:
    """Return the reason of each row, and which of them hide only because their response row does, (P, S, M).

    Every row states who was invited and who answered, as the response row does, so it never stands without that.
    Taken along it is unknown to the reader, but no secret: where it is the only unknown with answers, somebody else's
    row without any is hidden too, or the response row would not be.
    """
    reason = _primary(rows, rules)
    taken_along = np.zeros(reason.shape, dtype=np.bool_)
    while True:
        siblings = (reason == SHOWN) & _siblings(rows, reason, taken_along, rules.min_answers)
        reason = np.where(siblings, COMPLEMENTARY, reason)
        further = (reason == SHOWN) & (reason[:, :, :1] != SHOWN)
        if not further.any():
            return reason, taken_along
        taken_along |= further
        reason = np.where(further, reason[:, :, :1], reason)


def _primary(rows: Rows, rules: Rules) -> IntArray:
    """Return the first reason that holds for each row by itself."""
    shape = rows.n.shape
    own = np.where(np.isnan(rows.response_rate), rows.response_rate[:, :1], rows.response_rate)
    low = np.minimum(own, rows.response_rate[:, :1]) < rules.min_response_rate
    least = np.where(rows.text & rules.screened_text_only, rules.min_text, rules.min_answers)
    conditions = {
        NO_AGREEMENT: rows.withheld[:, np.newaxis, np.newaxis] & rules.needs_agreement,
        TOO_FEW: rows.n < least,
        NOT_SCREENED: rows.text & rules.screened_text_only,
        LOW_RESPONSE_RATE: low[:, :, np.newaxis],
    }
    conditions_by_row = [np.broadcast_to(condition, shape) for condition in conditions.values()]
    return np.select(conditions_by_row, list(conditions), SHOWN)


def _siblings(rows: Rows, reason: IntArray, no_secret: BoolArray, minimum: int) -> BoolArray:
    nodes, slots, measures = rows.n.shape
    flat = reason.reshape(nodes * slots, measures)
    groups = Groups(rows.n.reshape(nodes * slots, measures), rows.ballots.reshape(nodes * slots))
    hidden = flat != SHOWN
    confidential = hidden & ~np.isin(flat, _NO_SECRETS) & ~no_secret.reshape(flat.shape)
    return complementary(groups, hidden, confidential, rows.sums, minimum).reshape(reason.shape)
