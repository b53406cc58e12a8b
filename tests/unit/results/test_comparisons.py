"""Each unit against the rest: what is compared, how, and what is called certain."""

from __future__ import annotations

import numpy as np
import pytest

from analytics_worker.results.comparisons import Compared, against_the_rest, decide
from analytics_worker.results.measures import measures_of
from analytics_worker.results.tables import table_of
from analytics_worker.statistics.comparison import newcombe, welch
from tests.support.agree import AGREE
from tests.support.sources import cast, row, rows_of, source, unit

UNITS = [unit("A"), unit("B"), unit("C")]
FRAME = {(0, "5"): 40, (1, "5"): 40, (2, "5"): 40}
TWO = {(0, "5"): 40, (1, "5"): 40}


def ballots(good: int) -> list:
    """Unit A: ``good`` of 30 answer best, the others worst; B and C: half of 30."""
    mixed = [*cast(1, 15, {"trygg": "4"}), *cast(1, 15, {"trygg": "1"})]
    other = [(2, answers, values) for _at, answers, values in mixed]
    return [*cast(0, good, {"trygg": "4"}), *cast(0, 30 - good, {"trygg": "1"}), *mixed, *other]


def compared(given):
    table = table_of(given)
    measures = measures_of(given.definition, segments=given.segments, shared_code=False)
    return Compared(table, measures, against_the_rest(table, measures))


def place(one, item):
    return next(at for at, measure in enumerate(one.measures) if measure.item == item)


def test_an_index_is_compared_by_welch_with_all_other_units():
    one = compared(source(UNITS, FRAME, ballots(24)))
    at = place(one, "trygg")
    variances = 30 / 29 * 100 * 0.8 * 0.2, 60 / 59 * 100 * 0.25
    expected = welch(30, 8.0, variances[0], 60, 5.0, variances[1])
    found = one.comparison
    assert found.difference[0, at] == pytest.approx(3.0)
    assert (found.low[0, at], found.p[0, at]) == (pytest.approx(float(expected.low)), pytest.approx(float(expected.p)))


def test_a_scale_without_scores_is_compared_by_newcombe():
    battery = """
key: b
index_max: 10
title: {sv: B}
respondent: pupil
scales:
  two:
    options: [{code: ja, label: {sv: Ja}}, {code: nej, label: {sv: Nej}}]
    positive: [ja]
items:
  - {key: gillar, scale: two, text: {sv: Gillar}}
"""
    votes = [*cast(0, 20, {"gillar": "ja"}), *cast(0, 10, {"gillar": "nej"}), *cast(1, 30, {"gillar": "nej"})]
    given = source(UNITS[:2], TWO, votes, battery=battery)
    one = compared(given)
    expected = newcombe(20, 30, 0, 30)
    assert one.comparison.low[0, place(one, "gillar")] == pytest.approx(float(expected.low))
    found = row(rows_of(given), level="unit", node_code="A", item="gillar", compare_to="rest")
    assert (found["difference"], found["certain"], found["index"]) == (round(2 / 3, 6), True, None)


@pytest.mark.parametrize(
    ("good", "expected"), [pytest.param(28, True, id="large"), pytest.param(17, False, id="small")]
)
def test_only_a_large_difference_with_evidence_is_certain(good, expected):
    found = rows_of(source(UNITS, FRAME, ballots(good)))
    own = row(found, level="unit", node_code="A", area="trygghet", item="trygg", compare_to="rest")
    assert own["certain"] is expected
    assert own["weighting"] == "respondents"


def test_a_certain_difference_below_the_practical_threshold_is_not_flagged():
    # 3000 answers a side: 0.4 of the index is significant and still too small to matter.
    many = [*cast(0, 1620, {"skola": "4"}), *cast(0, 1380, {"skola": "1"})]
    rest = [*cast(1, 1500, {"skola": "4"}), *cast(1, 1500, {"skola": "1"})]
    one = compared(source(UNITS[:2], {(0, "5"): 3000, (1, "5"): 3000}, [*many, *rest]))
    at = place(one, "skola")
    assert one.comparison.p[0, at] < 0.01
    assert not decide([one])[0][:, at].any()


def test_items_are_tested_only_where_their_area_is_flagged():
    # Items that differ the opposite way: the area's means are equal, so its items are never looked at.
    battery = f"""
key: b
index_max: 10
title: {{sv: B}}
respondent: pupil
scales:{AGREE}
areas: [{{key: a, title: {{sv: A}}, index: true, min_items: half}}]
items:
  - {{key: one, area: a, scale: agree, text: {{sv: Ett}}}}
  - {{key: two, area: a, scale: agree, text: {{sv: Två}}}}
"""
    votes = [
        *cast(0, 20, {"one": "4", "two": "1"}),
        *cast(0, 10, {"one": "4", "two": "2"}),
        *cast(1, 20, {"one": "1", "two": "4"}),
        *cast(1, 10, {"one": "2", "two": "4"}),
    ]
    one = compared(source(UNITS[:2], TWO, votes, battery=battery))
    assert one.comparison.p[0, place(one, "one")] < 0.001
    assert not decide([one])[0].any()


def test_below_half_the_frame_there_is_no_comparison():
    found = rows_of(source(UNITS, {**FRAME, (0, "5"): 61}, ballots(28)))
    own = row(found, level="unit", node_code="A", area="trygghet", item="trygg", compare_to="rest")
    assert (own["status"], own["reason"], own["difference"]) == ("hidden", "low_response_rate", None)
    assert row(found, level="unit", node_code="A", area="trygghet", item="trygg")["status"] == "shown"


def test_null_units_are_rarely_flagged():
    random = np.random.default_rng(7)
    units = [unit(f"U{at:02}") for at in range(40)]
    flagged = 0
    for _round in range(10):
        votes = [
            (at, {"trygg": str(answer), "skola": str(answer)}, {"year": "5"})
            for at in range(40)
            for answer in random.integers(1, 5, 25).tolist()
        ]
        one = compared(source(units, {(at, "5"): 30 for at in range(40)}, votes))
        flagged += int(decide([one])[0].any())
    assert flagged <= 2
