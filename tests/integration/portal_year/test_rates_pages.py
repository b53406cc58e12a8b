"""The pages of the response rates: who sees what, how fresh, and what nobody sees."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from admin_portal.monitoring.snapshots import take_response_counts

PUPILS_A = re.compile(r"(\d+) of 51 have answered")


def take(town):
    take_response_counts(town.house.database, town.house.clock)


def pupils_a(text: str) -> str:
    """Return how many of A's pupils the page says have answered."""
    found = PUPILS_A.search(text)
    assert found
    return found[1]


@pytest.fixture
def collecting(town):
    """Answers at 6.10 (counted 6.15), more at 6.20 (counted 6.30), more at 6.40."""
    town.open()
    for minute, number in ((15, 3), (30, 4)):
        town.answer("A", "5A", number)
        town.at(6, minute)
        take(town)
    town.answer("A", "8A", 5)
    town.at(6, 40)
    return town


def test_the_officer_sees_each_answer_at_once(collecting, portal):
    officer = portal.visitor("officer")
    assert pupils_a(officer.get("/rates").text) == "12"
    collecting.answer("A", "8A", 1)
    text = officer.get("/rates").text
    assert pupils_a(text) == "13"
    assert 'data-live="5"' in text


def test_all_others_see_the_last_quarter_of_an_hour_but_one(collecting, portal):
    visitors = [portal.visitor(role) for role in (("principal", "A"), ("area_head", "Norr"), ("owner", "K"))]
    for visitor in visitors:
        for path in ("/rates", "/rates/A"):
            text = visitor.get(path).text
            assert pupils_a(text) == "3"
            assert "As at 08:15" in text
            assert "data-live" not in text
    collecting.at(6, 45)
    for visitor in visitors:
        assert pupils_a(visitor.get("/rates").text) == "7"


def test_before_the_first_quarter_of_an_hour_there_is_nothing_to_see(town, portal):
    town.open()
    town.answer("A", "5A", 3)
    text = portal.visitor(("principal", "A")).get("/rates").text
    assert "no count to show" in text
    assert not PUPILS_A.search(text)


def test_others_see_the_final_count_only_a_quarter_of_an_hour_after_the_close(collecting, portal):
    principal, officer = portal.visitor(("principal", "A")), portal.visitor("officer")
    officer.post("/cycles/mmis-2026/windows/skola/close")
    assert pupils_a(officer.get("/rates").text) == "12"
    assert pupils_a(principal.get("/rates").text) == "3"
    collecting.house.clock.advance(timedelta(minutes=15))
    assert pupils_a(principal.get("/rates").text) == "12"


def test_a_small_group_is_few_or_none_for_everybody_and_no_subtraction_gives_it(collecting, portal):
    collecting.answer("A", "8S", 5)
    for visitor in (portal.visitor("officer"), portal.visitor(("principal", "A"))):
        text = visitor.get("/rates/A").text
        table = text[text.index("By class or group") :]
        assert "few or none of 6" in table
        assert "not shown: it would give away" in table
        assert re.findall(r"(\d+) of \d+ have answered", table[: table.index("</table>")])[:2] != []
        assert " of 6 have answered" not in text
        assert " of 20 have answered" not in text


def test_a_small_unit_is_hidden_in_list_page_and_file_with_one_more(collecting, portal):
    collecting.answer_shared("A", 20)
    collecting.answer_shared("B", 3)
    collecting.answer_shared("C", 2)
    officer = portal.visitor("officer")
    rows = list(csv.DictReader(io.StringIO(officer.get("/rates.csv?questionnaire=personal").text.lstrip("\ufeff"))))
    assert {row["unit_code"]: (row["status"], row["answered"]) for row in rows} == {
        "A": ("shown", "20"),
        "B": ("hidden", ""),
        "C": ("hidden", ""),
    }
    text = officer.get("/rates?questionnaire=personal").text
    assert "few or none of 7" in text
    assert "25 of 49 have answered" in text
    assert " of 12 have answered" not in text
    assert " of 12 have answered" not in officer.get("/rates/B").text
    assert " of 7 have answered" not in portal.visitor(("owner", "I")).get("/rates").text


def test_more_answers_than_people_are_explained(collecting, portal):
    collecting.answer_shared("A", 33)
    assert "shares one code" in portal.visitor("officer").get("/rates/A").text


def test_who_needs_a_call_is_listed_with_the_principals_address(collecting, portal):
    collecting.house.clock.advance(timedelta(days=12))
    officer = portal.visitor("officer")
    text = officer.get("/rates").text
    calls = text[text.index('class="calls"') : text.index("By unit")]
    assert "Almskolan" in calls
    assert "mailto:rektor@example.se" in calls
    assert "Principal not noted" in calls
    assert "Who needs a call" in portal.visitor(("area_head", "Syd")).get("/rates").text
    assert "Who needs a call" not in portal.visitor(("principal", "A")).get("/rates").text


def test_nobody_sees_the_rates_of_units_outside_their_reach(collecting, portal):
    principal = portal.visitor(("principal", "A"))
    assert "Björkskolan" not in principal.get("/rates").text
    assert "Björkskolan" not in principal.get("/rates.csv").text
    assert principal.get("/rates/B").status_code == 403
    for role in ("board_reader", "auditor", ("leadership", "A")):
        assert portal.visitor(role).get("/rates").status_code == 403


def test_the_list_is_filtered_sorted_and_says_when_nothing_fits(collecting, portal):
    officer = portal.visitor("officer")
    text = officer.get("/rates?questionnaire=elev&district=Norr&sort=name&search=skolan").text
    rows = text[text.index('class="rates"') :]
    assert rows.index("Almskolan") < rows.index("Björkskolan")
    assert "Centralskolan" not in rows
    assert "No unit fits" in officer.get("/rates?search=nowhere").text
    assert officer.get("/rates?page=99&sort=odd&page=x").status_code == 200
    assert officer.get("/rates?cycle=unknown").status_code == 404


def test_the_file_opens_in_a_spreadsheet_and_says_how_old_it_is(collecting, portal):
    answer = portal.visitor(("principal", "A")).get("/rates.csv?questionnaire=elev")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))
    assert (row["answered"], row["invited"], row["as_at"]) == ("3", "51", "2026-10-13 08:15")


def test_the_days_appear_once_there_are_answers(collecting, portal):
    text = portal.visitor("officer").get("/rates/A").text
    assert "Answers per day" not in text or "chart-spark" in text
    collecting.house.clock.instant = collecting.house.clock.now().replace(day=14, minute=45)
    take(collecting)
    assert "chart-spark" in portal.visitor("officer").get("/rates/A").text


def test_before_a_cycle_and_before_an_opening_the_page_says_what_comes(house, portal):
    assert "There is no cycle yet" in portal.visitor("officer").get("/rates").text


def test_a_planned_cycle_has_nobody_asked_yet(town, portal):
    assert "Nobody has been asked yet" in portal.visitor("officer").get("/rates").text
    assert "Nobody has been asked here yet" in portal.visitor("officer").get("/rates/A").text
