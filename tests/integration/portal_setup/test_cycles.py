"""Cycles in the portal: looked at, made from last year's or from a file by the rules of the file, codes issued."""

from __future__ import annotations

import io
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from admin_portal.batteries.library import import_battery
from admin_portal.cycles.codes import issue_codes
from admin_portal.cycles.creation import create_cycle
from admin_portal.cycles.status import cycle_status
from shared.model.codes import Code
from shared.model.cycles import CollectionWindow, Cycle, Questionnaire, QuestionnaireBattery
from tests.support.officer_files import CYCLE, battery, write
from tests.support.portal_site import Portal, Visitor

PLAN = (
    CYCLE.replace("  gammal:   {opens: 2025-10-12T08:00, closes: 2025-11-20T16:00}\n", "")
    .replace(
        "  - {key: elev-gammal, respondent: pupil, unit_types: [grundskola], batteries: [elev], codes: import, window: gammal}\n",  # noqa: E501  as it stands in the file
        "",
    )
    .replace("segments: [sex, year]", "segments: [sex, year, etrygg]\npolicy: {public: {min_answers: 12}}")
    .replace("2026}", "2026, en: Aiming 2026}")
)
EARLIER = "/cycles/new/mmis-2026"


@pytest.fixture
def migrated_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone: what is written here by use cases is tried on both databases with them."""
    file = tmp_path / "sikte.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def planned(town: Portal, tmp_path: Path) -> Portal:
    """The portal with three batteries and the cycle mmis-2026, which nobody has begun."""
    house = town.house
    batteries = {
        "elev.yaml": battery("elev", "pupil", "e"),
        "personal.yaml": battery("personal", "staff", "p"),
        "vh.yaml": battery("vh", "guardian", "v"),
        "cycle.yaml": PLAN,
    }
    folder = write(tmp_path / "files", batteries)
    for name in ("elev.yaml", "personal.yaml", "vh.yaml"):
        import_battery(house.database, house.clock, folder / name, actor="test")
    create_cycle(house.database, house.clock, folder / "cycle.yaml", actor="test")
    return town


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.DOTALL)
    assert found
    return found[1]


def fields_of(page) -> dict[str, str]:
    """Return the fields of the page's main form as a browser would post them unchanged."""
    main = page.text.partition("<main")[2]
    fields = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', main, re.DOTALL))
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+)".*?>(.*?)</select>', main, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else _first(r'value="([^"]*)"', options)
    fields.pop("token", None)
    return fields


def described(portal: Portal, key: str) -> dict[str, Any]:
    """Return all that was written of a cycle, without its ids."""
    with portal.house.database.read() as session:
        cycle = session.scalars(select(Cycle).where(Cycle.key == key)).one()
        windows = session.scalars(select(CollectionWindow).where(CollectionWindow.cycle_id == cycle.id)).all()
        rows = session.scalars(select(Questionnaire).where(Questionnaire.cycle_id == cycle.id)).all()
        links = {
            row.key: session.scalars(
                select(QuestionnaireBattery.battery_id)
                .where(QuestionnaireBattery.questionnaire_id == row.id)
                .order_by(QuestionnaireBattery.position)
            ).all()
            for row in rows
        }
    names = {window.id: window.key for window in windows}
    return {
        "cycle": (cycle.title, cycle.state, cycle.segments, cycle.policy),
        "windows": [(one.key, one.opens_at, one.closes_at, one.grace_minutes, one.state) for one in windows],
        "questionnaires": [
            (row.key, row.respondent, row.unit_types, row.years, row.code_model, names[row.window_id], links[row.key])
            for row in rows
        ],
    }


def cycles(portal: Portal) -> list[str]:
    with portal.house.database.read() as session:
        return list(session.scalars(select(Cycle.key).order_by(Cycle.id)))


def walk(officer: Visitor, **changes: str):
    """Go from the proposal to the last look, with some fields changed, and return that page."""
    fields = fields_of(officer.get(EARLIER)) | changes
    questions = officer.post(EARLIER, {**fields, "action": "questions"})
    assert questions.status_code == 200, questions.text
    return officer.post(EARLIER, {**fields_of(questions), "action": "check"})


def test_an_empty_list_says_what_to_do_next(portal: Portal):
    assert "/cycles/upload" in portal.visitor("officer").get("/cycles").text
    assert "/cycles/upload" not in portal.visitor("board_reader").get("/cycles").text


def test_a_cycles_page_tells_its_plan_and_rules(planned: Portal):
    text = planned.visitor("officer").get("/cycles/mmis-2026").text
    for expected in (
        "Aiming 2026",
        "Compulsory school, year 5, 8",
        "One code per child",
        "30 minutes",
        "(stricter than 10)",
        "Of 1 independent units, the owners of 0 agree today",
        "/cycles/mmis-2026/codes",
    ):
        assert expected in text
    assert 'href="/batteries/elev?version=1"' in text


def test_a_reader_sees_the_plan_and_none_of_the_doors_of_officers(planned: Portal):
    text = planned.visitor(("principal", "S1")).get("/cycles/mmis-2026").text
    assert "Aiming 2026" in text
    assert not [door for door in ("/codes", "/release", "/publish", "/cycles/new") if door in text]


def test_the_proposal_is_a_year_on_at_the_same_weekdays(planned: Portal):
    fields = fields_of(planned.visitor("officer").get(EARLIER))
    assert fields["key"] == "mmis-2027"
    assert fields["title-sv"] == "Med målen i sikte 2027"
    assert fields["title-en"] == "Aiming 2027"
    # 12 October 2026 is the Monday of week 42; so is 18 October 2027.
    assert (fields["opens-skola"], fields["closes-skola"]) == ("2027-10-18T08:00", "2027-11-19T16:00")
    assert fields["grace-forskola"] == "10"


def test_the_proposal_never_lies_in_the_past(planned: Portal):
    planned.house.clock.advance(timedelta(days=3 * 365))
    assert fields_of(planned.visitor("officer").get(EARLIER))["key"] == "mmis-2029"


def test_a_cycle_made_in_steps_equals_the_one_its_file_would_make(planned: Portal, tmp_path: Path):
    officer = planned.visitor("officer")
    look = walk(officer, **{"closes-skola": "2027-11-26T16:00", "grace-skola": "45", "title-en": "Next"})
    assert look.status_code == 200
    assert cycles(planned) == ["mmis-2026"]
    done = officer.post(EARLIER, {**fields_of(look), "action": "create"})
    assert (done.status_code, done.location) == (303, "/cycles/mmis-2027")
    made = described(planned, "mmis-2027")
    by_hand = (
        PLAN.replace("mmis-2026", "by-hand")
        .replace("Med målen i sikte 2026, en: Aiming 2026", "Med målen i sikte 2027, en: Next")
        .replace(
            "{opens: 2026-10-12T08:00, closes: 2026-11-13T16:00}",
            "{opens: 2027-10-18T08:00, closes: 2027-11-26T16:00, grace_minutes: 45}",
        )
        .replace(
            "opens: 2026-10-12T08:00, closes: 2026-11-20T16:00", "opens: 2027-10-18T08:00, closes: 2027-11-26T16:00"
        )
    )
    folder = write(tmp_path, {"by-hand.yaml": by_hand})
    create_cycle(planned.house.database, planned.house.clock, folder / "by-hand.yaml", actor="test")
    assert made == described(planned, "by-hand")
    assert made["windows"][0][1] == datetime(2027, 10, 18, 6, tzinfo=UTC)


def test_what_a_new_version_does_to_the_trend_is_told_before(planned: Portal, tmp_path: Path):
    newer = battery("elev", "pupil", "e").replace("Jag har arbetsro.", "Jag får arbetsro.")
    house = planned.house
    import_battery(house.database, house.clock, write(tmp_path, {"e.yaml": newer}) / "e.yaml", actor="test")
    officer = planned.visitor("officer")
    fields = fields_of(officer.get(EARLIER))
    text = officer.post(EARLIER, {**fields, "action": "questions"}).text
    assert "Version 1 → 2" in text
    assert "Jag får arbetsro." in text
    assert "the wording of a question was changed" in text
    assert text.count("All its figures can be followed on as before.") == 3


def test_a_questionnaire_can_be_left_out_with_all_that_hangs_on_it(planned: Portal):
    officer = planned.visitor("officer")
    fields = fields_of(officer.get(EARLIER))
    questions = officer.post(EARLIER, {**fields, "action": "questions"})
    fields = fields_of(questions) | {"codes-elev": "none", "codes-vh-forskola": "none"}
    look = officer.post(EARLIER, {**fields, "action": "check"})
    assert "Not asked this time: elev, vh-forskola." in look.text
    assert officer.post(EARLIER, {**fields_of(look), "action": "create"}).status_code == 303
    made = described(planned, "mmis-2027")
    assert [row[0] for row in made["questionnaires"]] == ["personal", "vh-skola"]
    assert [row[0] for row in made["windows"]] == ["skola"]
    assert made["cycle"][2] == ["sex", "year"]


def test_all_left_out_is_a_fault(planned: Portal):
    officer = planned.visitor("officer")
    fields = fields_of(officer.get(EARLIER)) | {f"codes-{key}": "none" for key in ("elev", "personal", "vh-forskola")}
    answer = officer.post(EARLIER, {**fields, "codes-vh-skola": "none", "action": "check"})
    assert answer.status_code == 422
    assert "Every questionnaire is left out" in answer.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "Bad Key"}, "key"),
        ({"title-sv": ""}, "title-sv"),
        ({"opens-skola": "soon"}, "opens-skola"),
        ({"closes-skola": "2027-10-01T08:00"}, "closes-skola"),
        ({"closes-forskola": "2027-10-31T02:30"}, "closes-forskola"),
        ({"grace-skola": "-1"}, "grace-skola"),
        ({"grace-skola": "many"}, "grace-skola"),
    ],
)
def test_a_fault_leads_back_to_the_step_where_it_is_mended(planned: Portal, changes, field):
    officer = planned.visitor("officer")
    fields = fields_of(officer.get(EARLIER)) | changes
    for step in ("questions", "check", "create"):
        answer = officer.post(EARLIER, {**fields, "action": step})
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert 'aria-current="step">Name and times' in answer.text
    assert cycles(planned) == ["mmis-2026"]


def test_going_back_keeps_what_was_typed(planned: Portal):
    officer = planned.visitor("officer")
    look = walk(officer, **{"title-en": "Something else"})
    back = officer.post(EARLIER, {**fields_of(look), "codes-elev": "personal", "action": "times"})
    fields = fields_of(back)
    assert (back.status_code, fields["title-en"], fields["codes-elev"]) == (200, "Something else", "personal")


def test_a_code_model_that_does_not_fit_is_told_at_its_questionnaire(planned: Portal):
    officer = planned.visitor("officer")
    fields = fields_of(officer.get(EARLIER)) | {"codes-elev": "per_child"}
    answer = officer.post(EARLIER, {**fields, "action": "check"})
    assert answer.status_code == 422
    assert 'href="#codes-elev"' in answer.text


def test_a_key_in_use_is_refused_and_an_unused_cycle_replaced(planned: Portal):
    officer = planned.visitor("officer")
    unused = walk(officer, key="mmis-2026")
    assert "This one takes its place" in unused.text
    house = planned.house
    pepper = house.container.code_pepper
    issue_codes(house.database, house.clock, code_pepper=pepper, cycle_key="mmis-2026", actor="test")
    fields = fields_of(officer.get(EARLIER)) | {"key": "mmis-2026"}
    answer = officer.post(EARLIER, {**fields, "action": "questions"})
    assert answer.status_code == 422
    assert "it has codes" in answer.text


def test_the_last_look_says_whom_it_reaches(planned: Portal):
    text = walk(planned.visitor("officer")).text
    assert "1 units, 2 groups, 45 people" in text
    assert "mmis-2027" in text


def test_fields_that_the_page_did_not_give_are_not_taken(planned: Portal):
    officer = planned.visitor("officer")
    fields = fields_of(officer.get(EARLIER)) | {"policy": "none"}
    assert officer.post(EARLIER, {**fields, "action": "create"}).status_code == 400
    assert cycles(planned) == ["mmis-2026"]


def test_a_file_is_checked_first_and_created_afterwards(planned: Portal):
    officer = planned.visitor("officer")
    text = PLAN.replace("mmis-2026", "prov")
    data = {"file": FileStorage(io.BytesIO(text.encode()), filename="prov.yaml"), "action": "check"}
    checked = officer.post("/cycles/upload", data, content_type="multipart/form-data")
    assert checked.status_code == 200
    assert "prov.yaml is sound" in checked.text
    assert cycles(planned) == ["mmis-2026"]
    done = officer.post("/cycles/upload", {"action": "create", "name": "prov.yaml", "text": text})
    assert (done.status_code, done.location) == (303, "/cycles/prov")


def test_the_faults_of_a_file_are_listed_by_line(planned: Portal):
    text = PLAN.replace("slips", "slip").replace("batteries: [vh]", "batteries: [who]")
    data = {"file": FileStorage(io.BytesIO(text.encode()), filename="prov.yaml")}
    answer = planned.visitor("officer").post("/cycles/upload", data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "questionnaires[0].codes" in answer.text
    assert "There is no battery who." in answer.text


def test_codes_are_issued_and_counted_as_the_status_says(planned: Portal):
    officer = planned.visitor("officer")
    answer = officer.post("/cycles/mmis-2026/codes")
    assert (answer.status_code, answer.location) == (303, "/cycles/mmis-2026/codes")
    page = officer.get("/cycles/mmis-2026/codes").text
    assert "new codes are issued" in page
    with planned.house.database.read() as session:
        status = {row["questionnaire"]: row for row in cycle_status(session, "mmis-2026")}
        assert session.scalar(select(func.count()).select_from(Code)) == sum(
            int(str(row["issued"])) for row in status.values()
        )
    for key, row in status.items():
        cells = _first(rf'<th scope="row">{key}</th>(.*?)</tr>', page)
        figures = re.findall(r'<td class="figure">([^<]*)</td>', cells)
        assert figures == [str(row["invited"]), str(row["issued"]), str(row["answered"]), "0"]
    officer.post("/cycles/mmis-2026/codes")
    assert "Nobody lacked a code" in officer.get("/cycles/mmis-2026/codes").text


@pytest.mark.parametrize("typed", ["lost-one", "0000-0000-0000-0", "x" * 65])
def test_what_is_no_code_is_refused_and_never_repeated(planned: Portal, typed):
    answer = planned.visitor("officer").post("/cycles/mmis-2026/codes/void", {"code": typed})
    assert answer.status_code == 422
    assert 'href="#code"' in answer.text
    assert typed not in answer.text


def test_only_officers_change_cycles_and_codes(planned: Portal):
    for roles in (("principal", "S1"), ("owner", "BOL"), "board_reader"):
        visitor = planned.visitor(roles)
        for path in ("/cycles/new", EARLIER, "/cycles/upload", "/cycles/mmis-2026/codes"):
            assert visitor.get(path).status_code == 403
        for path in (EARLIER, "/cycles/upload", "/cycles/mmis-2026/codes", "/cycles/mmis-2026/codes/void"):
            assert visitor.post(path).status_code == 403
    assert cycles(planned) == ["mmis-2026"]
