"""The question library in the portal: looked at, previewed, taken away as a file, added to after a check."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from admin_portal.batteries.differences import compare_batteries
from admin_portal.batteries.library import import_battery
from admin_portal.batteries.wordings import condition_in_words
from shared.model.batteries import BatteryVersion
from shared.questionnaire.battery_file import parse_battery
from tests.support.officer_files import battery, write
from tests.support.portal_site import Portal, Visitor

DEMO = Path(__file__).parents[3] / "deploy" / "demo" / "batteries"
PUPILS = battery("elev", "pupil")


def upload(visitor: Visitor, text: str, name: str = "elev.yaml"):
    data = {"file": FileStorage(io.BytesIO(text.encode()), filename=name), "action": "check"}
    return visitor.post("/batteries/import", data, content_type="multipart/form-data")


def versions(portal: Portal) -> list[tuple[str, int]]:
    with portal.house.database.read() as session:
        return [(one.key, one.version) for one in session.scalars(select(BatteryVersion).order_by(BatteryVersion.id))]


@pytest.fixture
def migrated_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone: what is written here by use cases is tried on both databases with them."""
    file = tmp_path / "sikte.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def library(portal: Portal, tmp_path: Path) -> Portal:
    """The portal with a pupils' battery in two versions and the demonstration's battery for children."""
    database, clock = portal.house.database, portal.house.clock
    folder = write(tmp_path / "batteries", {"elev.yaml": PUPILS, "two.yaml": PUPILS.replace("arbetsro", "lugn och ro")})
    for path in (folder / "elev.yaml", folder / "two.yaml", DEMO / "mmis-forskola-barn.yaml", DEMO / "skr-7.yaml"):
        import_battery(database, clock, path, actor="test")
    return portal


def test_an_empty_library_says_what_to_do_next(portal: Portal):
    assert "/batteries/import" in portal.visitor("officer").get("/batteries").text
    assert "/batteries/import" not in portal.visitor("board_reader").get("/batteries").text


def test_batteries_are_listed_in_their_newest_version(library: Portal):
    text = library.visitor("officer").get("/batteries").text
    assert "Pupils on their school" in text
    assert text.count('<th scope="row">') == 3


def test_a_battery_shows_questions_scores_and_conditions(library: Portal):
    text = library.visitor("officer").get("/batteries/skr-7").text
    assert "I feel safe at school." in text
    assert "6.7 points" in text
    assert "counts as positive" in text
    assert "Asked only if “I feel safe at school.” is “Disagree completely” or “Disagree mostly”." in text
    swedish = library.visitor("officer").get("/batteries/skr-7?language=sv").text
    assert '<h3 lang="sv" dir="ltr">Jag känner mig trygg i skolan.</h3>' in swedish


def test_a_newer_version_says_what_it_does_to_the_trend(library: Portal):
    officer = library.visitor("officer")
    text = officer.get("/batteries/elev").text
    assert "What changed since version 1" in text
    assert "the wording of a question was changed" in text
    assert "What changed since" not in officer.get("/batteries/elev?version=1").text
    assert officer.get("/batteries/elev?version=7").status_code == 404
    assert officer.get("/batteries/nothing").status_code == 404


def test_the_preview_has_the_controls_of_the_questionnaire_and_sends_nothing(library: Portal):
    text = library.visitor("officer").get("/batteries/elev/preview").text
    assert len(re.findall(r'<input\s+type="radio"\s+name="trygg"', text)) == 5
    assert len(re.findall(r'<input\s+type="checkbox"\s+name="var"', text)) == 2
    assert 'maxlength="100"' in text
    preview = text.partition('<div class="preview')[2]
    assert "<form" not in preview
    assert "<button" not in preview


def test_children_see_faces_and_young_pupils_big_questions(library: Portal):
    officer = library.visitor("officer")
    child = officer.get("/batteries/mmis-forskola-barn/preview").text
    assert child.index("face-glad") < child.index("face-sad")
    assert 'class="preview young"' in child
    assert 'class="preview young"' not in officer.get("/batteries/elev/preview").text
    assert 'class="preview young"' in officer.get("/batteries/elev/preview?young=yes").text


def test_a_battery_taken_away_is_the_same_when_it_comes_back(library: Portal):
    answer = library.visitor("officer").get("/batteries/elev.yaml?version=1")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="elev-1.yaml"'
    assert parse_battery(answer.text, "a.yaml") == parse_battery(PUPILS, "b.yaml")


def test_a_file_is_checked_first_and_added_afterwards(library: Portal):
    officer = library.visitor("officer")
    changed = PUPILS.replace("Jag är trygg.", "Jag känner mig trygg.")
    checked = upload(officer, changed)
    assert checked.status_code == 200
    assert "Add as version 3" in checked.text
    assert versions(library).count(("elev", 3)) == 0
    done = officer.post("/batteries/import", {"action": "import", "name": "elev.yaml", "text": changed})
    assert (done.status_code, done.location) == (303, "/batteries/elev")
    assert versions(library)[-1] == ("elev", 3)


def test_a_file_that_says_the_same_adds_nothing(library: Portal):
    checked = upload(library.visitor("officer"), PUPILS.replace("arbetsro", "lugn och ro"))
    assert "says the same already" in checked.text
    assert 'value="import"' not in checked.text


def test_the_faults_of_a_battery_are_listed_by_line(library: Portal):
    before = versions(library)
    answer = upload(library.visitor("officer"), PUPILS.replace("score: 10,", "score: ten,").replace("pupil", "dog"))
    assert answer.status_code == 422
    lines = re.findall(r'<td class="figure">(\d+)</td>\s*<td>([^<]+)</td>', answer.text)
    assert [place for _line, place in lines] == ["respondent", "scales.agree4.options[0].score"]
    assert versions(library) == before


@pytest.mark.parametrize(("name", "reason"), [("x.xlsx", "XLSForm"), ("x.csv", "no battery file")])
def test_another_kind_of_file_is_refused(library: Portal, name, reason):
    answer = upload(library.visitor("officer"), PUPILS, name)
    assert answer.status_code == 422
    assert reason in answer.text


def test_only_officers_add_to_the_library(library: Portal):
    visitor = library.visitor("board_reader")
    assert visitor.get("/batteries/elev").status_code == 200
    assert visitor.get("/batteries/import").status_code == 403
    assert upload(visitor, PUPILS).status_code == 403
    assert library.visitor("auditor").get("/batteries").status_code == 403


def test_a_trend_is_kept_by_translations_and_broken_by_wordings():
    before = parse_battery(PUPILS, "a.yaml")
    translated = PUPILS.replace("{sv: Jag är trygg.}", "{sv: Jag är trygg., en: I am safe.}")
    assert compare_batteries(before, parse_battery(translated, "b.yaml")).broken == ()
    reworded = compare_batteries(before, parse_battery(PUPILS.replace("Jag är trygg.", "Trygg."), "b.yaml"))
    assert [(change.key, change.kind) for change in reworded.broken] == [("trygghet", "changed"), ("trygg", "changed")]
    without = PUPILS.replace("  - {key: ro, area: trygghet, scale: agree4, text: {sv: Jag har arbetsro.}}\n", "")
    removed = compare_batteries(before, parse_battery(without, "b.yaml"))
    assert [(change.key, change.kind) for change in removed.broken] == [("trygghet", "changed"), ("ro", "removed")]
    assert removed.kept == 3
    added = compare_batteries(parse_battery(without, "b.yaml"), before)
    assert ("ro", "new") in [(change.key, change.kind) for change in added.broken]


def test_conditions_are_told_in_words():
    given = parse_battery(PUPILS, "a.yaml")

    def words(source: str) -> str:
        return condition_in_words(source, given, "sv")

    assert words("trygg in [1, 2]") == "“Jag är trygg.” is “Inte” or “Dåligt”"
    assert words("not answered(ro)") == "it is not so that “Jag har arbetsro.” is answered"
    assert words("year == 5 and (trygg == 1 or ro != 2)") == (
        "the year is 5 and (“Jag är trygg.” is “Inte” or “Jag har arbetsro.” is anything but “Dåligt”)"
    )
    assert words("unit_type == fritidshem") == "the kind of unit is After-school centre"
