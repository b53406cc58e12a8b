"""Whatever the figures and the texts, a chart is well-formed, stays inside its frame and lets no text become markup."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.i18n import speaking
from shared.presentation.charts.data import Dot, OptionShare, Polarity, TrendPoint
from shared.presentation.charts.distribution import HALF, distribution
from shared.presentation.charts.interval_dot import interval_dot
from shared.presentation.charts.rate_bar import rate_bar
from shared.presentation.charts.side_by_side import side_by_side
from shared.presentation.charts.sparkline import sparkline
from shared.presentation.charts.trend import trend
from shared.presentation.sentences import Finding, keep_and_examine
from tests.support import drawn

MARKUP = """<script>alert("1")</script> & 'more'"""
LABELS = st.text(max_size=60) | st.just(MARKUP)
ROUNDED = 0.06
"""Places are written with two decimals; a sum of ten of them may be off by this."""


@st.composite
def _scales(draw):
    """Draw options best to worst, or reversed, whose shares with *don't know* add up to one."""
    sides: list[Polarity] = []
    sides += ["positive"] * draw(st.integers(1, 4))
    sides += ["middle"] * draw(st.integers(0, 1))
    sides += ["negative"] * draw(st.integers(1, 4))
    sides = sides[:: draw(st.sampled_from((1, -1)))]
    counts = draw(st.lists(st.integers(0, 400), min_size=len(sides) + 1, max_size=len(sides) + 1))
    total = sum(counts) or 1
    options = [OptionShare(draw(LABELS), count / total, side) for count, side in zip(counts, sides, strict=False)]
    return options, OptionShare(draw(LABELS), counts[-1] / total, "missing"), total


@st.composite
def _figures(draw, kind=Dot):
    """Draw a figure on a scale to 10 with its interval, without one, or hidden."""
    value = draw(st.none() | st.floats(0, 10))
    low = draw(st.none() | st.floats(0, value)) if value is not None else None
    high = draw(st.floats(value, 10)) if value is not None and low is not None else None
    rest = {"reason": draw(st.sampled_from(("", "too_few", MARKUP)))}
    if kind is TrendPoint:
        rest["break_before"] = draw(st.sampled_from(("", "", "The question changed", MARKUP)))
    return kind(draw(LABELS), value, low, high, draw(st.none() | st.integers(0, 9999)), **rest)


def all_charts(scale, dots, points, days, rate):
    options, dont_know, n = scale
    yield distribution("a", MARKUP, options, dont_know, n)
    yield interval_dot("b", MARKUP, dots)
    yield side_by_side("c", MARKUP, dots)
    yield trend("d", MARKUP, points, 10)
    yield rate_bar("e", MARKUP, rate, rate, MARKUP)
    yield sparkline("f", MARKUP, days)


GIVEN = given(
    scale=_scales(),
    dots=st.lists(_figures(), max_size=5),
    points=st.lists(_figures(TrendPoint), max_size=12),
    days=st.lists(st.integers(0, 5000), max_size=60),
    rate=st.none() | st.floats(0, 1.5),
)


@GIVEN
def test_every_chart_is_well_formed_and_no_text_becomes_markup(scale, dots, points, days, rate):
    allowed = {"div", "ul", "li", "span", "b", "p"}
    for chart in all_charts(scale, dots, points, days, rate):
        elements = list(drawn.read(chart).iter())
        foreign = {one.tag for one in elements if not one.tag.startswith(drawn.SVG)} - allowed
        names = {name for one in elements for name in one.attrib}
        assert foreign == set()
        assert f"{drawn.SVG}script" not in {one.tag for one in elements}
        assert "style" not in names
        assert not any(name.startswith("on") for name in names)


@GIVEN
def test_nothing_is_drawn_with_a_negative_width_or_outside_the_frame(scale, dots, points, days, rate):
    for chart in all_charts(scale, dots, points, days, rate):
        for one in drawn.shapes(chart, "rect"):
            begins, width = drawn.number(one, "x"), drawn.number(one, "width")
            assert width >= 0
            assert drawn.number(one, "height") > 0
            assert -ROUNDED <= begins <= begins + width <= 100 + ROUNDED
        ends = [drawn.number(one, name) for one in drawn.shapes(chart, "line") for name in ("x1", "x2")]
        centres = [drawn.number(one, "cx") for one in drawn.shapes(chart, "circle")]
        assert all(0 <= place <= 100 for place in ends + centres)


@GIVEN
def test_the_same_figures_give_the_same_bytes(scale, dots, points, days, rate):
    first = [*all_charts(scale, dots, points, days, rate)]
    assert first == [*all_charts(scale, dots, points, days, rate)]


@given(scale=_scales())
def test_the_widths_of_a_distribution_add_up_and_dont_know_never_touches_the_scale(scale):
    options, dont_know, n = scale
    bars = drawn.shapes(distribution("a", "t", options, dont_know, n), "rect")
    total = sum(option.share for option in options) + dont_know.share
    assert sum(drawn.number(one, "width") for one in bars) == pytest.approx(HALF * total, abs=ROUNDED)
    edges = [(drawn.number(one, "x"), drawn.number(one, "x") + drawn.number(one, "width")) for one in bars]
    missing = dont_know.share > 0 and bars[-1].attrib["class"] == "missing"
    scored = edges[:-1] if missing else edges
    assert all(before[1] == pytest.approx(after[0], abs=ROUNDED) for before, after in pairwise(scored))
    if missing and scored:
        assert edges[-1][0] - scored[-1][1] >= 5


@given(percentages=st.lists(st.integers(0, 100), min_size=4, max_size=4))
def test_percentages_rounded_up_past_a_hundred_stay_in_the_frame(percentages):
    sides: tuple[Polarity, ...] = ("positive", "positive", "negative", "missing")
    options = [OptionShare("o", whole / 100, side) for whole, side in zip(percentages, sides, strict=True)]
    bars = drawn.shapes(distribution("a", "t", options, None, 50), "rect")
    assert sum(drawn.number(one, "width") for one in bars) <= HALF + ROUNDED


@given(points=st.lists(_figures(TrendPoint), max_size=12))
def test_a_line_joins_only_neighbours_that_may_be_compared(points):
    chart = trend("a", "t", points, 10)
    comparable = sum(
        before.value is not None and after.value is not None and not after.break_before
        for before, after in pairwise(points)
    )
    assert len(drawn.shapes(chart, "line", "joint")) == comparable
    assert len(drawn.shapes(chart, "circle")) == sum(point.value is not None for point in points)
    assert len(drawn.shapes(chart, "line", "break")) == sum(bool(point.break_before) for point in points[1:])


LONG = "Stämmer helt och hållet på mig"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_an_ordinary_chart_takes_at_most_four_kilobytes(language):
    sides: tuple[Polarity, ...] = ("positive", "positive", "middle", "negative", "negative")
    scale = ([OptionShare(LONG, 0.19, side) for side in sides], OptionShare("Vet ej", 0.05, "missing"), 61)
    dots = [Dot(LONG, 7.7, 7.1, 8.3, 61, emphasised=True)] * 4
    points = [TrendPoint(str(2021 + at), 7.7, 7.1, 8.3, 61, "" if at != 2 else LONG) for at in range(6)]
    with speaking(language):
        sizes = [len(chart.encode()) for chart in all_charts(scale, dots, points, list(range(30)), 0.47)]
    assert max(sizes) <= 4096, sizes


@given(
    findings=st.lists(
        st.builds(
            Finding,
            key=st.uuids().map(str),
            label=st.just(""),
            level=st.floats(0, 1),
            difference=st.none() | st.floats(-1, 1),
            certain=st.none() | st.booleans(),
        ),
        max_size=20,
    )
)
def test_nothing_is_both_kept_and_examined_and_no_place_is_left_that_could_be_filled(findings):
    chosen = keep_and_examine(findings)
    assert set(chosen.keep).isdisjoint(chosen.examine)
    assert not any(finding.certainly_lower for finding in chosen.keep)
    assert not any(finding.certainly_higher for finding in chosen.examine)
    free = [one for one in findings if not (one.certainly_higher or one.certainly_lower)]
    left = [one for one in free if one not in chosen.keep + chosen.examine]
    assert left == [] or len(chosen.keep) == len(chosen.examine) == 3
