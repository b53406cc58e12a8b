"""What each chart draws and says: gaps stay gaps, hidden values are explained, colour is never the only carrier."""

from __future__ import annotations

import pytest

from shared.presentation.charts.data import Dot, OptionShare, Polarity, TrendPoint
from shared.presentation.charts.distribution import HALF, distribution, options_key
from shared.presentation.charts.interval_dot import interval_dot
from shared.presentation.charts.rate_bar import rate_bar
from shared.presentation.charts.side_by_side import side_by_side
from shared.presentation.charts.sparkline import sparkline
from shared.presentation.charts.trend import trend
from tests.support import drawn

FOUR: tuple[Polarity, ...] = ("positive", "positive", "negative", "negative")


def options(*shares: float, sides: tuple[Polarity, ...] = FOUR) -> list[OptionShare]:
    return [OptionShare(f"o{at}", share, side) for at, (share, side) in enumerate(zip(shares, sides, strict=True))]


def dont_know(share: float) -> OptionShare:
    return OptionShare("Don't know", share, "missing")


def bars(chart: str) -> list[tuple[str, float, float]]:
    return [
        (one.attrib["class"], drawn.number(one, "x"), drawn.number(one, "x") + drawn.number(one, "width"))
        for one in drawn.shapes(chart, "rect")
    ]


def test_an_even_scale_meets_at_the_middle_line():
    chart = distribution("k", "t", options(0.4, 0.3, 0.2, 0.1), None, 50)
    assert [name for name, *_ in bars(chart)] == ["positive-1", "positive-3", "negative-3", "negative-1"]
    assert bars(chart)[1][2] == pytest.approx(HALF, abs=0.01)
    assert bars(chart)[2][1] == pytest.approx(HALF, abs=0.01)


def test_an_odd_scale_has_the_middle_of_its_middle_option_on_the_line():
    sides: tuple[Polarity, ...] = ("positive", "positive", "middle", "negative", "negative")
    chart = distribution("k", "t", options(0.2, 0.2, 0.3, 0.2, 0.1, sides=sides), None, 50)
    name, begins, ends = bars(chart)[2]
    assert name == "middle"
    assert (begins + ends) / 2 == pytest.approx(HALF, abs=0.01)


def test_a_reversed_item_has_its_positive_end_to_the_left_too():
    chart = distribution("k", "t", options(0.1, 0.2, 0.3, 0.4, sides=FOUR[::-1]), None, 50)
    assert [name for name, *_ in bars(chart)] == ["positive-1", "positive-3", "negative-3", "negative-1"]
    assert drawn.described(chart).startswith("o3: 40%. o2: 30%.")


def test_dont_know_stands_apart_at_the_right_edge_on_the_same_scale():
    chart = distribution("k", "t", options(0.2, 0.1, 0.1, 0.1), dont_know(0.5), 50)
    name, begins, ends = bars(chart)[-1]
    assert name == "missing"
    assert ends == pytest.approx(100)
    assert ends - begins == pytest.approx(HALF / 2, abs=0.01)
    assert begins - bars(chart)[-2][2] > 5


def test_percentages_from_eight_stand_in_the_bar_and_all_in_the_key():
    chart = distribution("k", "t", options(0.60, 0.21, 0.08, 0.07), dont_know(0.04), 50)
    assert drawn.texts(chart) == ["60", "21", "8"]
    assert [one.text for one in drawn.read(chart).iter("b")] == ["60%", "21%", "8%", "7%", "4%"]
    assert drawn.described(chart).endswith("Don't know: 4%. 50 answers.")


def test_a_shared_key_names_the_options_once_and_gives_no_shares():
    chart = distribution("k", "t", options(0.4, 0.3, 0.2, 0.1), None, 50, with_key=False)
    shared = options_key(options(0.4, 0.3, 0.2, 0.1), dont_know(0.1))
    assert list(drawn.read(chart).iter("li")) == []
    assert len(list(drawn.read(shared).iter("li"))) == 5
    assert "%" not in "".join(drawn.read(shared).itertext())


def test_a_dot_without_interval_is_hollow_and_said_to_have_none():
    chart = interval_dot("k", "t", [Dot("A", 8.1, None, None, 8)])
    assert [one.attrib["class"] for one in drawn.shapes(chart, "circle")] == ["point hollow"]
    assert drawn.shapes(chart, "line", "interval") == []
    assert "A: 8.1, no interval, 8 answers." in drawn.described(chart)
    assert any("hollow" in note for note in drawn.notes(chart))


def test_a_dot_lies_where_its_value_is_between_the_ends_of_the_whole_scale():
    chart = interval_dot("k", "t", [Dot("A", 5, 0, 10, 20, emphasised=True)])
    [dot], [interval] = drawn.shapes(chart, "circle"), drawn.shapes(chart, "line", "interval")
    assert dot.attrib["class"] == "point own"
    assert (drawn.number(interval, "x1"), drawn.number(dot, "cx"), drawn.number(interval, "x2")) == (3, 50, 97)
    assert drawn.notes(chart) == []


def test_a_hidden_row_says_why_and_what_to_use_instead_and_draws_no_dot():
    chart = side_by_side("k", "t", [Dot("Staff", None, None, None, None, reason="complementary")], maximum=1)
    assert drawn.shapes(chart, "circle") == []
    assert "hidden" in drawn.texts(chart)
    why = "Staff: hidden so that another hidden value cannot be worked out."
    assert why in drawn.described(chart)
    assert drawn.notes(chart)[0].startswith(f"{why} Use ")


def test_shares_are_read_as_percentages_and_every_figure_has_its_n():
    chart = side_by_side("k", "t", [Dot("Pupils", 0.82, 0.74, 0.89, 61), Dot("Staff", 0.9, 0.8, 1, 14)], maximum=1)
    assert {"Pupils, 61 answers", "82%", "Staff, 14 answers", "90%"} <= set(drawn.texts(chart))
    assert "Pupils: 82%, 95 % interval 74–89%, 61 answers." in drawn.described(chart)


def test_a_long_label_is_wrapped_and_told_in_full():
    long = "The school that was once two schools and then became one after the change of owner in 2019 " * 2
    chart = interval_dot("k", "t", [Dot(long.strip(), 5, 4, 6, 20)])
    assert max(map(len, drawn.texts(chart))) <= 36
    assert long.strip() in drawn.described(chart)


def point(label: str, value: float | None = 7.0, **rest: str) -> TrendPoint:
    low, high = (None, None) if value is None else (value - 0.5, value + 0.5)
    return TrendPoint(label, value, low, high, None if value is None else 40, **rest)


def joints(chart: str) -> int:
    return len(drawn.shapes(chart, "line", "joint"))


def test_comparable_neighbours_are_joined():
    assert joints(trend("k", "t", [point("2024"), point("2025"), point("2026")], 10)) == 2


def test_a_break_is_drawn_as_a_break_with_its_reason_in_words():
    points = [point("2024"), point("2025", break_before="The question was reworded."), point("2026")]
    chart = trend("k", "t", points, 10)
    [mark] = drawn.shapes(chart, "line", "break")
    before, after, _last = (drawn.number(dot, "cx") for dot in drawn.shapes(chart, "circle"))
    assert joints(chart) == 1
    assert before < drawn.number(mark, "x1") == drawn.number(mark, "x2") < after
    assert "Break before 2025: The question was reworded." in drawn.notes(chart)
    assert "Break in the series: The question was reworded." in drawn.described(chart)


def test_a_hidden_cycle_leaves_a_gap_that_no_line_crosses():
    chart = trend("k", "t", [point("2024"), point("2025", None, reason="too_few"), point("2026")], 10)
    assert joints(chart) == 0
    assert len(drawn.shapes(chart, "circle")) == 2
    assert "too few answers" in " ".join(drawn.texts(chart))
    assert any(note.startswith("2025: too few answers. Use ") for note in drawn.notes(chart))


def test_a_break_before_a_hidden_cycle_is_drawn_too():
    points = [point("2025"), point("2026", None, reason="too_few", break_before="Split in two")]
    assert len(drawn.shapes(trend("k", "t", points, 10), "line", "break")) == 1


def test_the_scale_is_never_cut():
    chart = trend("k", "t", [point("2025", 9.0), point("2026", 9.4)], 10)
    assert {"0", "5", "10"} <= set(drawn.texts(chart))


def test_a_long_series_labels_its_last_cycle_and_tells_all():
    points = [point(str(year)) for year in range(2005, 2027)]
    chart = trend("k", "t", points, 10)
    labelled = [text for text in drawn.texts(chart) if text.startswith("20")]
    assert labelled[-1] == "2026"
    assert len(labelled) <= 8
    assert all(f"{year}: 7.0" in drawn.described(chart) for year in range(2005, 2027))


def test_the_numbers_of_answers_stand_under_the_trend():
    assert "Number of answers – 2025: 40; 2026: 40." in drawn.notes(trend("k", "t", [point("2025"), point("2026")], 10))


def test_a_rate_is_drawn_against_its_target():
    chart = rate_bar("k", "Rate", 0.47, 0.7, "28 of 60 have answered (47%)")
    assert drawn.number(drawn.shapes(chart, "rect", "rate")[0], "width") == 47
    assert {drawn.number(one, "x1") for one in drawn.shapes(chart, "line", "target")} == {70}
    assert drawn.described(chart) == "47%. The target is 70%."
    assert drawn.notes(chart) == ["28 of 60 have answered (47%)"]


def test_a_rate_that_may_not_be_shown_leaves_only_its_words():
    chart = rate_bar("k", "Rate", None, 0.7, "A few have answered")
    assert "".join(drawn.read(chart).itertext()) == "A few have answered"


def test_a_rate_above_one_fills_the_bar_and_no_more():
    assert drawn.number(drawn.shapes(rate_bar("k", "t", 1.3, None, "w"), "rect", "rate")[0], "width") == 100


def test_days_without_answers_keep_their_place():
    chart = sparkline("k", "t", [0, 10, 0, 5])
    assert [drawn.number(one, "x") for one in drawn.shapes(chart, "rect", "day")] == [25, 75]
    assert drawn.described(chart) == "15 over 4 days. Most in one day: 10. On the last day: 5."


def test_the_least_of_days_can_be_seen():
    chart = sparkline("k", "t", [1, 10_000])
    assert drawn.number(drawn.shapes(chart, "rect", "day")[0], "height") >= 1


@pytest.mark.parametrize("values", [[], [0, 0]])
def test_no_answers_yet_is_said(values):
    assert drawn.described(sparkline("k", "t", values)) == "No answers yet."


def test_the_picture_is_named_by_its_title_and_description():
    chart = sparkline("unit a 5", "Answers <per> day", [1])
    svg = next(drawn.read(chart).iter(f"{drawn.SVG}svg"))
    parts = {one.get("id"): one.text for one in svg if one.get("id")}
    assert svg.get("role") == "img"
    assert svg.attrib["aria-labelledby"].split() == list(parts)
    assert parts["unit-a-5-t"] == "Answers <per> day"
