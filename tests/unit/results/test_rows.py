"""Result rows of a tiny municipality, every figure worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from shared.model.results import ROW_COLUMNS
from tests.support.sources import cast, row, rows_of, source, unit

UNITS = [unit("A"), unit("B", district="Syd")]


@pytest.fixture(scope="module")
def rows():
    """Unit A: 6 of 10 pupils of year 5 and 2 of 10 of year 8; unit B: 10 of 40 of year 5."""
    ballots = [
        *cast(0, 4, {"trygg": "4", "orolig": "1", "skola": "9"}),
        *cast(0, 2, {"trygg": "2"}),
        *cast(0, 2, {}, year="8"),
        *cast(1, 10, {"trygg": "3", "orolig": "3"}),
    ]
    return rows_of(source(UNITS, {(0, "5"): 10, (0, "8"): 10, (1, "5"): 40}, ballots))


def test_the_response_row_states_who_was_asked_who_answered_and_who_left_it_blank(rows):
    found = row(rows, level="unit", node_code="A", battery=None, weighting="respondents")
    assert (found["invited"], found["answered"], found["response_rate"]) == (20, 8, 0.4)
    assert (found["n"], found["n_blank"], found["n_dont_know"], found["index"]) == (8, 2, None, None)
    assert (found["status"], found["reason"]) == ("shown", "low_response_rate")


def test_an_item_row_keeps_dont_know_and_blank_apart(rows):
    found = row(rows, level="unit", node_code="A", area="trygghet", item="trygg")
    # Scores 4 x 10 and 2 x 10/3 over six persons: 7.77..., and 4 of 6 positive.
    assert (found["n"], found["n_dont_know"], found["n_blank"], found["index"]) == (6, 0, 2, 7.8)
    assert found["share_positive"] == 0.666667
    assert found["distribution"] == {"4": 4, "3": 0, "2": 2, "1": 0, "9": 0}
    hidden = row(rows, level="unit", node_code="A", item="skola")
    assert (hidden["status"], hidden["reason"], hidden["n"], hidden["n_dont_know"]) == ("hidden", "too_few", None, None)


def test_the_hypergeometric_interval_stays_within_what_the_headcount_allows(rows):
    found = row(rows, level="unit", node_code="A", area="trygghet", item="trygg")
    # 4 positive and 2 not among 20: no share outside [4/20, 18/20] is possible.
    assert 4 / 20 <= found["share_low"] < 4 / 6 < found["share_high"] <= 18 / 20
    assert found["index_low"] is None, "an index of fewer than ten persons has no interval"


def test_a_reversed_item_is_turned_in_scores_and_share_but_not_in_the_distribution():
    given = source(UNITS[:1], {(0, "5"): 20}, cast(0, 10, {"orolig": "3"}))
    found = row(rows_of(given), level="unit", area="trygghet", item="orolig")
    # Ten answered 3; turned, that scores 10/3 and is not positive.
    assert (found["index"], found["share_positive"]) == (3.3, 0.0)
    assert found["distribution"] == {"4": 0, "3": 10, "2": 0, "1": 0, "9": 0}


def test_an_area_is_the_mean_over_persons_with_at_least_half_of_its_items(rows):
    found = row(rows, level="unit", node_code="A", area="trygghet")
    # Four persons (10 + 10)/2 and two with one of two items, 10/3: 46.66.../6.
    assert (found["n"], found["index"], found["n_blank"], found["distribution"]) == (6, 7.8, None, None)
    assert found["definition"] == "mean of persons with at least 1 of 2 items; linear 0-10"


def test_the_frame_weights_cells_by_headcount(rows):
    item = {"area": "trygghet", "item": "trygg", "level": "municipality"}
    # Year 8 of A (2 ballots) has no valid answer and leaves. Cells: A year 5, N 10, mean 70/9; B, N 40, mean 20/3.
    index = (10 * Fraction(70, 9) + 40 * Fraction(20, 3)) / 50
    assert row(rows, **item, weighting="frame")["index"] == pytest.approx(float(round(index, 1)))
    assert row(rows, **item, weighting="frame")["share_positive"] == round((10 * 4 / 6 + 40 * 1) / 50, 6)
    pooled = row(rows, **item, weighting="respondents")
    assert pooled["index"] == pytest.approx(7.1)
    assert pooled["share_positive"] == round(14 / 16, 6)


def test_levels_above_the_unit_have_both_weightings_and_the_unit_only_one(rows):
    found = {(one["level"], one["weighting"]) for one in rows}
    upper = {(level, name) for level in ("provider", "district", "municipality") for name in ("frame", "respondents")}
    assert found == {("unit", "respondents")} | upper


def test_a_year_segment_has_its_own_frame_and_a_year_not_taught_has_no_row():
    ballots = [*cast(0, 6, {}), *cast(0, 6, {}, year="8"), *cast(1, 10, {})]
    found = rows_of(source(UNITS, {(0, "5"): 10, (0, "8"): 10, (1, "5"): 40}, ballots))
    year = row(found, level="unit", node_code="A", segment="year", segment_value="5", battery=None)
    assert (year["invited"], year["answered"], year["response_rate"]) == (10, 6, 0.6)
    assert not [one for one in found if one["node_code"] == "B" and one["segment_value"] == "8"]


def test_a_hidden_year_or_unit_takes_its_only_sibling_with_it(rows):
    # Year 8 of unit A has two answers, and its item orolig four: year 5 and unit B would give them away.
    year = row(rows, level="unit", node_code="A", segment="year", segment_value="5", battery=None)
    assert (year["status"], year["reason"]) == ("hidden", "complementary")
    other = row(rows, level="unit", node_code="B", area="trygghet", item="orolig")
    assert (other["status"], other["reason"]) == ("hidden", "complementary")


def test_a_segment_outside_the_frame_has_answers_but_no_rate():
    ballots = [*cast(0, 10, {"trygg": "4"}, sex="flicka"), *cast(0, 10, {"trygg": "1"}, sex="pojke")]
    given = source(UNITS[:1], {(0, "5"): 25}, ballots, breakdowns={"sex": ("flicka", "pojke"), "year": ("5",)})
    found = row(rows_of(given), level="unit", segment="sex", segment_value="flicka", battery=None)
    assert (found["invited"], found["response_rate"], found["answered"]) == (None, None, 10)


def test_small_years_of_a_unit_form_one_weighting_cell():
    ballots = [
        *cast(0, 4, {"skola": "4"}, year="5"),
        *cast(0, 1, {"skola": "1"}, year="8"),
        *cast(1, 10, {"skola": "1"}, year="5"),
    ]
    given = source(UNITS, {(0, "5"): 10, (0, "8"): 30, (1, "5"): 10}, ballots)
    found = row(rows_of(given), level="municipality", item="skola", weighting="frame")
    # A's two years together: 4 of 5 positive, weight 40; alone year 8 would have weighed 30 for one answer.
    assert found["share_positive"] == pytest.approx(40 * 0.8 / 50)


def test_ballots_that_do_not_say_their_year_weigh_as_the_whole_unit():
    ballots = [*cast(0, 10, {"skola": "4"}, year=""), *cast(1, 10, {"skola": "1"}, year="5")]
    given = source(UNITS, {(0, "5"): 15, (0, "8"): 15, (1, "5"): 10}, ballots, code_model="per_unit")
    found = row(rows_of(given), level="municipality", item="skola", weighting="frame")
    assert found["share_positive"] == pytest.approx(30 / 40)
    assert found["definition"].endswith("; shared code, duplicates cannot be excluded")


def test_halves_are_rounded_up_once_and_exactly():
    # (0 + 10 + 10/3 + 20/3) ... an index of exactly 6.25 and a share of exactly 0.125.
    battery_answers = [*cast(0, 5, {"skola": "4"}), *cast(0, 3, {"skola": "1"})]
    given = source(UNITS[:1], {(0, "5"): 8}, battery_answers)
    unit_row = row(rows_of(given, audience="unit"), level="unit", item="skola")
    assert row(rows_of(given), level="unit", item="skola")["index"] == 6.3
    assert (unit_row["share_positive"], unit_row["index"]) == (0.63, 6.3)
    frame_row = row(rows_of(given), level="municipality", item="skola", weighting="frame")
    assert (frame_row["index"], frame_row["share_positive"]) == (6.3, 0.625)


def test_unit_and_public_get_whole_percentages_and_distributions_only_of_enough():
    ballots = [*cast(0, 12, {"trygg": "4"}), *cast(0, 4, {"trygg": "1"}), *cast(1, 25, {"trygg": "3"})]
    given = source(UNITS, {(0, "5"): 20, (1, "5"): 30}, ballots)
    name = {"level": "unit", "node_code": "A", "area": "trygghet", "item": "trygg"}
    assert row(rows_of(given, audience="unit"), **name)["distribution"] == {"4": 75, "3": 0, "2": 0, "1": 25, "9": 0}
    public = row(rows_of(given, audience="public"), **name)
    assert (public["share_positive"], public["distribution"], public["n"]) == (0.75, None, 16)
    assert public["response_rate"] == 0.8


def test_free_text_is_counted_inside_and_waits_for_screening_outside():
    given = source(UNITS[:1], {(0, "5"): 20}, cast(0, 12, {"varfor": "för att"}))
    assert row(rows_of(given), level="unit", item="varfor")["n"] == 12
    for audience in ("unit", "public"):
        assert row(rows_of(given, audience=audience), level="unit", item="varfor")["reason"] == "not_screened"


def test_a_unit_without_answers_has_its_rows_all_hidden():
    given = source(UNITS, {(0, "5"): 20, (1, "5"): 20}, cast(0, 12, {"trygg": "4"}))
    found = [one for one in rows_of(given) if one["node_code"] == "B"]
    assert found
    assert {(one["status"], one["reason"]) for one in found} == {("hidden", "too_few")}
    figures = ROW_COLUMNS[ROW_COLUMNS.index("invited") : ROW_COLUMNS.index("distribution") + 1]
    assert all(one[name] is None for one in found for name in (*figures, "difference", "certain"))


def test_recomputing_gives_the_same_rows(rows):
    ballots = [
        *cast(1, 10, {"trygg": "3", "orolig": "3"}),
        *cast(0, 2, {}, year="8"),
        *cast(0, 2, {"trygg": "2"}),
        *cast(0, 4, {"trygg": "4", "orolig": "1", "skola": "9"}),
    ]
    assert rows_of(source(UNITS, {(0, "5"): 10, (0, "8"): 10, (1, "5"): 40}, ballots)) == rows


def scaled(share_of):
    """A background item by which results are broken down, and one with both kinds of missing answers."""
    return f"""
key: b
index_max: 10
title: {{sv: B}}
respondent: pupil
scales:
  kon:
    options: [{{code: f, label: {{sv: F}}}}, {{code: p, label: {{sv: P}}}}]
  ja:
    options:
      - {{code: ja, label: {{sv: Ja}}}}
      - {{code: nej, label: {{sv: Nej}}}}
      - {{code: vet, missing: dont_know, label: {{sv: Vet ej}}}}
      - {{code: vill, missing: not_stated, label: {{sv: Vill inte svara}}}}
    positive: [ja]
    share_of: {share_of}
items:
  - {{key: sex, scale: kon, text: {{sv: "Flicka eller pojke?"}}}}
  - {{key: gillar, scale: ja, text: {{sv: "Gillar du skolan?"}}}}
"""


def missing_rows(share_of, audience="internal"):
    votes = [
        *cast(0, 12, {"sex": "f", "gillar": "ja"}, sex="f"),
        *cast(0, 4, {"sex": "f", "gillar": "nej"}, sex="f"),
        *cast(0, 4, {"sex": "p", "gillar": "vet"}, sex="p"),
        *cast(0, 5, {"sex": "p", "gillar": "vill"}, sex="p"),
        *cast(0, 7, {"sex": "p"}, sex="p"),
    ]
    breakdowns = {"sex": ("f", "p"), "year": ("5",)}
    given = source(UNITS[:1], {(0, "5"): 40}, votes, battery=scaled(share_of), breakdowns=breakdowns)
    return rows_of(given, audience=audience)


@pytest.mark.parametrize(("share_of", "share"), [("substantive", 12 / 16), ("answered", 12 / 20)])
def test_who_would_not_say_is_neither_valid_nor_blank_nor_a_dont_know(share_of, share):
    found = missing_rows(share_of)
    for level, weighting in (("unit", "respondents"), ("municipality", "frame")):
        item = row(found, level=level, weighting=weighting, item="gillar")
        assert (item["n"], item["n_dont_know"], item["n_blank"]) == (16, 4, 7)
        assert item["share_positive"] == pytest.approx(share)
        assert item["distribution"] == {"ja": 12, "nej": 4, "vet": 4, "vill": 5}


def test_a_distribution_in_percent_is_of_all_who_answered():
    found = missing_rows("substantive", audience="unit")
    for level, weighting in (("unit", "respondents"), ("municipality", "frame")):
        item = row(found, level=level, weighting=weighting, item="gillar")
        assert item["distribution"] == {"ja": 48, "nej": 16, "vet": 16, "vill": 20}


def test_an_item_that_is_a_published_segment_has_no_row_of_its_own():
    found = missing_rows("substantive")
    assert {one["item"] for one in found} == {None, "gillar"}
    assert row(found, level="unit", segment="sex", segment_value="p", battery=None)["answered"] == 16
