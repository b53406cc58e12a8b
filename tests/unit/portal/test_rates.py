"""Response rates as rules: pace and calls, order and filters, days, the file, and the words for hidden numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from admin_portal.downloads import table_text
from admin_portal.monitoring.rates import Asked, Filter, Place, Rate, chosen, need_a_call, per_day
from admin_portal.monitoring.table_file import COLUMNS, rate_rows
from admin_portal.monitoring.views import over_note, rate_words
from shared.i18n import speaking

START = datetime(2026, 10, 13, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ASKED = Asked(
    id=1,
    key="elev",
    label="Pupils",
    respondent="pupil",
    code_model="slips",
    window="skola",
    state="open",
    opened_at=START,
    closes_at=START + 20 * DAY,
    target=0.5,
)
PLACE = Place(1, "A", "School A", "grundskola", "municipal", "Norr", "A principal", "rektor@example.se")


def rate(answered, *, invited=100, name="School A", number=1, asked=ASKED, **facts):
    place = PLACE._replace(id=number, code=f"U{number}", name=name, **facts)
    return Rate(asked, place, invited, answered)


@pytest.fixture(autouse=True)
def english():
    with speaking("en"):
        yield


def test_halfway_through_a_window_half_of_the_target_is_expected():
    assert ASKED.expected(START + 10 * DAY) == pytest.approx(0.25)
    assert ASKED.expected(START + 90 * DAY) == pytest.approx(0.5)
    assert ASKED.expected(START - DAY) == 0


def test_units_behind_an_even_pace_need_a_call_the_farthest_behind_first():
    rates = [rate(25, number=1), rate(24, number=2), rate(10, number=3), rate(40, number=4)]
    calls = need_a_call(rates, START + 10 * DAY)
    assert [(call.place.id, call.short) for call in calls] == [(3, 15), (2, 1)]


def test_nobody_needs_a_call_in_the_first_quarter_of_a_window():
    assert not need_a_call([rate(0)], START + 5 * DAY - timedelta(minutes=1))
    assert need_a_call([rate(0)], START + 5 * DAY)


def test_a_hidden_number_or_a_closed_window_calls_nobody():
    closed = replace(ASKED, id=2, state="closed")
    assert not need_a_call([rate(None, invited=4), rate(0, asked=closed)], START + 15 * DAY)


def test_a_principal_is_called_once_for_all_that_lags_at_the_unit():
    staff = replace(ASKED, id=2, key="personal", label="Staff")
    (call,) = need_a_call([rate(0), rate(0, asked=staff)], START + 10 * DAY)
    assert (len(call.lagging), call.short) == (2, 50)


def test_the_list_is_sorted_by_need_name_or_rate_and_what_is_hidden_stands_last():
    rates = [rate(None, number=2, name="A", invited=5), rate(60, number=1, name="B"), rate(10, number=3, name="C")]
    found = {sort: [one.place.id for one in chosen(rates, Filter(sort=sort))] for sort in ("need", "name", "rate")}
    assert found == {"need": [3, 1, 2], "name": [2, 1, 3], "rate": [1, 3, 2]}


def test_the_list_can_be_filtered():
    rates = [rate(60, number=1, name="Almskolan", district="Syd"), rate(10, number=2, unit_type="forskola")]
    assert [one.place.id for one in chosen(rates, Filter(district="Syd"))] == [1]
    assert [one.place.id for one in chosen(rates, Filter(unit_type="forskola"))] == [2]
    assert [one.place.id for one in chosen(rates, Filter(search="ALM"))] == [1]
    assert chosen(rates, Filter(questionnaire="personal")) == []


def test_days_are_swedish_days_and_a_day_without_a_count_stands_as_nothing():
    evening = datetime(2026, 10, 13, 21, 45, tzinfo=UTC)
    days = per_day([(evening, 10), (evening + timedelta(minutes=30), 12), (evening + 2 * DAY, 30)])
    assert days is not None
    assert (days.first, days.numbers) == (date(2026, 10, 13), (10, 2, 18))
    later = per_day([(evening, 10)], latest=(evening + 2 * DAY, 11))
    assert later is not None
    assert later.numbers == (10, 0, 1)
    assert per_day([]) is None


def test_hidden_numbers_say_few_or_none_and_never_how_many():
    assert rate_words(8, None, hidden=True) == "few or none of 8"
    assert "smaller" in rate_words(30, None, hidden=True)
    assert rate_words(30, 12, hidden=False) == "12 of 30 have answered, 40%"


def test_a_shared_code_may_give_more_than_all_and_says_why():
    assert "shares one code" in over_note(rate(120))
    assert over_note(rate(100)) == ""


def test_the_file_gives_the_numbers_of_the_page_and_no_formula():
    rates = [rate(40, name="＝HYPERLINK(1)"), rate(None, invited=5)._replace(hidden=True)]  # noqa: RUF001  full-width
    text = table_text(COLUMNS, rate_rows("c", rates))
    header, shown, hidden = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert tuple(header) == COLUMNS
    assert dict(zip(header, shown, strict=True))["unit_name"] == "'＝HYPERLINK(1)"  # noqa: RUF001  full-width
    assert dict(zip(header, shown, strict=True))["response_rate"] == "0.400"
    row = dict(zip(header, hidden, strict=True))
    assert (row["answered"], row["response_rate"], row["status"]) == ("", "", "hidden")
