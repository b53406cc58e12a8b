"""Figures and dates as a Swedish and an English reader write them, and the roundings that would mislead."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shared.i18n import speaking
from shared.presentation import numbers

NARROW = "\N{NO-BREAK SPACE}"


def test_a_swede_reads_a_decimal_comma_and_spaced_thousands():
    with speaking("sv"):
        assert numbers.decimal(7.7) == "7,7"
        assert numbers.decimal(12345.678, 2) == f"12{NARROW}345,68"
        assert numbers.count(8425) == f"8{NARROW}425"
        assert numbers.percent(0.41) == f"41{NARROW}%"


def test_an_english_reader_reads_a_point_and_no_space_before_the_mark():
    assert numbers.decimal(7.7) == "7.7"
    assert numbers.count(8425) == "8,425"
    assert numbers.percent(0.41) == "41%"


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(0.25, 1, "0.3"), (2.5, 0, "3"), (-2.5, 0, "−3"), (0.05, 1, "0.1")]
)
def test_a_half_is_rounded_up_as_people_do(value, digits, text):
    assert numbers.decimal(value, digits) == text


def test_a_share_is_rounded_as_it_is_written_and_not_as_binary_stores_it():
    assert 0.145 * 100 < 14.5
    assert numbers.percent(0.145) == "15%"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (0.0001, "0.1%"),
        (0.004, "0.4%"),
        (0.005, "1%"),
        (0.994, "99%"),
        (0.995, "99.5%"),
        (0.9996, "99.9%"),
        (1.0, "100%"),
        (1.25, "125%"),
    ],
)
def test_neither_nothing_nor_everything_is_claimed_of_what_lies_between(share, text):
    assert numbers.percent(share) == text


def test_one_decimal_asked_for_does_not_reach_the_ends_either():
    assert numbers.percent(0.9999, 1) == "99.9%"
    assert numbers.percent(0.99999, 2) == "99.99%"


@pytest.mark.parametrize(
    ("value", "text"), [(0.84, "+0.8"), (-0.34, "−0.3"), (0.04, "0.0"), (-0.04, "0.0"), (0.0, "0.0")]
)
def test_a_difference_wears_its_sign_and_nothing_wears_none(value, text):
    assert numbers.signed(value) == text


def test_a_difference_of_shares_is_told_in_whole_percentage_points():
    assert numbers.points(0.124) == "+12"
    assert numbers.points(-0.145) == "−15"


def test_an_interval_names_its_mark_once_and_avoids_two_strokes_in_a_row():
    assert numbers.interval(6.9, 8.1) == "6.9–8.1"
    assert numbers.interval(0.32, 0.41, numbers.percent) == "32–41%"
    assert numbers.interval(-0.3, 1.2) == "−0.3 to 1.2"
    assert numbers.interval(0.3, 1.2, numbers.signed) == "+0.3 to +1.2"


def test_half_an_interval_is_none():
    assert numbers.interval(None, 8.1) == numbers.interval(6.9, None) == ""


def test_nothing_gives_nothing_since_hidden_values_are_the_callers_to_explain():
    functions = (numbers.decimal, numbers.count, numbers.percent, numbers.signed, numbers.points)
    assert [function(None) for function in functions] == [""] * 5


def test_a_day_is_short_and_without_full_stop():
    with speaking("sv"):
        assert numbers.day(date(2026, 10, 14)) == "14 okt 2026"
    assert numbers.day(date(2026, 10, 14)) == "14 Oct 2026"


def test_an_instant_is_told_in_swedish_time():
    late = datetime(2026, 10, 14, 22, 30, tzinfo=UTC)
    assert numbers.day_and_time(late) == "15 Oct 2026 at 0:30"
    assert numbers.day(late) == "15 Oct 2026"


def test_a_slot_names_its_day_once():
    start, end = datetime(2027, 1, 12, 8, 0, tzinfo=UTC), datetime(2027, 1, 12, 9, 0, tzinfo=UTC)
    assert numbers.span(start, end) == "Tuesday 12 January 2027 at 9:00–10:00"


def test_a_slot_over_midnight_names_both_days():
    start, end = datetime(2027, 1, 12, 22, 0, tzinfo=UTC), datetime(2027, 1, 12, 23, 30, tzinfo=UTC)
    assert numbers.span(start, end) == "Tuesday 12 January 2027 at 23:00 to Wednesday 13 January 2027 at 0:30"
