"""Measures: written with all their parts, fixed by the agreement, listed with what is late first, told about once."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from admin_portal.follow_up.measures import note_measure
from admin_portal.follow_up.reminders import remind_of_measures
from shared.errors import Refused
from shared.model.events import MEASURE_DUE, Event
from shared.model.post import Mail, Notice
from tests.integration.follow_up.conftest import AREA, ROUND, Town
from tests.support.result_pages import FIGURE, main_of, release, strictly
from tests.support.two_windows import TwoWindows

FORM = {
    "title": "Rastvärdar",
    "cause": "Vuxna saknas.",
    "owner": "Arbetslaget",
    "due_on": "2027-05-01",
    "target": AREA,
    "indicator": "",
    "expected_effect": "Tryggare raster.",
    "round": "",
    "stamp": "",
}


def test_a_principal_writes_changes_and_follows_up_a_measure(town: Town):
    principal = town.portal.visitor(("principal", "A"))
    assert principal.get("/measures/new").location == "/measures/new/A"
    assert "Trygghet" in principal.get("/measures/new/A").text
    made = principal.post("/measures/new/A", FORM)
    assert made.status_code == 303
    page = principal.get(made.location)
    strictly(page)
    assert "Trygghet (Pupils, areas)" in page.text
    stamp = re.search(r'name="stamp" value="(\w+)"', principal.get(f"{made.location}/edit").text)
    assert stamp
    changed = FORM | {"title": "Fler rastvärdar", "stamp": stamp[1]}
    assert principal.post(f"{made.location}/edit", changed).status_code == 303
    assert principal.post(f"{made.location}/edit", changed | {"title": "Sen"}).status_code == 409
    assert principal.post(f"{made.location}/notes", {"state": "ongoing", "text": ""}).status_code == 303
    assert principal.post(f"{made.location}/edit", changed).status_code == 409
    assert "Fler rastvärdar" in principal.get("/measures").text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"cause": " "}, "cause"),
        ({"owner": ""}, "owner"),
        ({"due_on": "i maj"}, "due_on"),
        ({"due_on": "2020-01-01"}, "due_on"),
        ({"due_on": "2072-01-01"}, "due_on"),
        ({"target": ""}, "target"),
        ({"target": "elev|area|annat"}, "target"),
        ({"expected_effect": ""}, "expected_effect"),
        ({"title": "x" * 201}, "title"),
    ],
)
@pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)
def test_a_faulty_measure_says_what_to_mend(town: Town, change, field):
    answer = town.portal.visitor(("principal", "A")).post("/measures/new/A", FORM | change)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    strictly(answer)


def test_an_agreed_measure_is_fixed_and_only_noted_on(town: Town):
    town.hold()
    principal = town.portal.visitor(("principal", "A"))
    number = town.add(round_key=ROUND)
    assert "Change the measure" in principal.get(f"/measures/{number}").text
    town.agree()
    assert "Change the measure" not in principal.get(f"/measures/{number}").text
    assert principal.post(f"/measures/{number}/edit", FORM | {"stamp": "x"}).status_code == 409
    with pytest.raises(Refused):
        town.add(round_key=ROUND)
    assert principal.post(f"/measures/{number}/notes", {"state": "dropped", "text": ""}).status_code == 422
    assert principal.post(f"/measures/{number}/notes", {"state": "dropped", "text": "Skäl"}).status_code == 303
    assert town.measure(number).state == "dropped"


def test_nobody_reaches_another_units_measures(town: Town):
    number = town.add("B", title="Hemlig åtgärd", target="")
    for role in (("principal", "A"), ("leadership", "A"), ("area_head", "Syd"), ("owner", "I")):
        visitor = town.portal.visitor(role)
        assert visitor.get(f"/measures/{number}").status_code == 404
        assert "Hemlig åtgärd" not in visitor.get("/measures?q=Hemlig").text
        assert "Hemlig åtgärd" not in visitor.get("/measures/list.csv?unit=B").text
    principal = town.portal.visitor(("principal", "A"))
    assert principal.post(f"/measures/{number}/notes", {"state": "done", "text": "x"}).status_code == 404
    assert principal.post(f"/measures/{number}/edit", FORM).status_code == 404
    assert principal.post("/measures/new/B", FORM).status_code == 403
    assert town.portal.visitor("board_reader").get("/measures").status_code == 403
    head = town.portal.visitor(("area_head", "Norr"))
    assert "Hemlig åtgärd" in head.get("/measures").text
    assert head.post(f"/measures/{number}/notes", {"state": "done", "text": "x"}).status_code == 403


def test_what_is_late_comes_first_in_each_district(town: Town):
    town.add(title="Senare", due=date(2027, 6, 1))
    town.add(title="Sen", due=date(2027, 1, 10), target="")
    town.add("C", title="I Syd", due=date(2027, 3, 1), target="")
    town.at(datetime(2027, 1, 11, 8, tzinfo=UTC))
    officer = town.portal.visitor("officer")
    page = officer.get("/measures")
    strictly(page)
    places = [page.text.index(f">{title}</a>") for title in ("Sen", "Senare", "I Syd")]
    assert places == sorted(places)
    late = officer.get("/measures?late=yes").text
    assert ">Sen</a>" in late
    assert ">Senare</a>" not in late
    assert ">I Syd</a>" not in officer.get("/measures?district=Norr").text
    assert "No measure fits" in officer.get("/measures?q=finns+inte").text


def test_a_measure_is_late_from_the_swedish_day_after_its_date(town: Town):
    town.add(due=date(2027, 1, 10), target="")
    town.at(datetime(2027, 1, 10, 22, 45, tzinfo=UTC))
    officer = town.portal.visitor("officer")
    assert "No measure fits" in officer.get("/measures?late=yes").text
    town.at(datetime(2027, 1, 10, 23, 5, tzinfo=UTC))
    assert "Rastvärdar" in officer.get("/measures?late=yes").text


@pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)
def test_the_file_runs_no_formula(town: Town):
    town.add(title='=HYPERLINK("x")', owner="+46")
    answer = town.portal.visitor("officer").get("/measures/list.csv")
    [row] = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert row["title"] == '\'=HYPERLINK("x")'
    assert row["owner"] == "'+46"
    assert row["due_on"] == "2027-05-01"


def test_principals_are_reminded_before_the_date_and_after_it_once(town: Town):
    town.portal.account(("principal", "A"), email="rektor@example.se")
    number = town.add(due=date(2027, 3, 20))
    database, clock = town.cycle.house.database, town.cycle.house.clock
    told = []
    for day in range(1, 26):
        town.at(datetime(2027, 3, day, 8, tzinfo=UTC))
        told += [day] * (remind_of_measures(database, clock) + remind_of_measures(database, clock))
    assert told == [6, 21]
    town.at(datetime(2027, 3, 6, 8, tzinfo=UTC))
    with database.read() as session:
        events = session.scalars(select(Event).where(Event.type == MEASURE_DUE).order_by(Event.id)).all()
    assert [event.payload for event in events] == [
        {"measure_id": number, "kind": "soon"},
        {"measure_id": number, "kind": "late"},
    ]
    town.cycle.house.run_deliveries()
    with database.read() as session:
        letters = session.scalars(select(Mail).where(Mail.occasion.startswith("measure/"))).all()
        notices = session.scalars(select(Notice).where(Notice.kind.startswith("measure_"))).all()
    # The first was overtaken before it was told: whoever reads late reads how it stands.
    assert [letter.recipient for letter in letters] == ["rektor@example.se"]
    assert [notice.link for notice in notices] == [f"/measures/{number}"]
    assert not FIGURE.search(letters[0].body.replace(town.portal.services.portal_url, ""))


def test_a_closed_measure_reminds_nobody(town: Town):
    number = town.add(due=date(2027, 3, 20))
    note_measure(**town.tools, measure_id=number, state="done", text="Klart", actor="user:901")
    town.at(datetime(2027, 3, 25, 8, tzinfo=UTC))
    assert remind_of_measures(town.cycle.house.database, town.cycle.house.clock) == 0


def test_the_indicators_figure_then_and_now_stands_beside_it(town: Town, tmp_path):
    number = town.add()
    principal = town.portal.visitor(("principal", "A"))
    before = main_of(principal.get(f"/measures/{number}"))
    assert "When agreed, 2026" in before
    assert "next cycle" in before
    town.at(datetime(2027, 10, 14, 8, tzinfo=UTC))
    later = TwoWindows(town.cycle.house, tmp_path / "later", year=2027).begin(other_answers=True)
    later.count()
    principal = town.portal.visitor(("principal", "A"))
    assert "Now, 2027" not in principal.get(f"/measures/{number}").text
    release(later)
    page = principal.get(f"/measures/{number}")
    assert "Now, 2027" in page.text
    strictly(page)


@pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)
def test_a_number_beyond_all_measures_is_not_found(town: Town):
    for number in (99, 2**31, 10**30):
        assert town.portal.visitor("officer").get(f"/measures/{number}").status_code == 404


def test_reminders_wait_for_measures_written_for_the_coming_days(town: Town):
    today = town.cycle.house.clock.now().date()
    town.add(due=today + timedelta(days=3))
    assert remind_of_measures(town.cycle.house.database, town.cycle.house.clock) == 0
