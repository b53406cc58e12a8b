"""What the result pages say: the rows' own figures, every hidden value explained, breaks drawn, nothing ranked."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select, update

from admin_portal.batteries.library import import_battery
from admin_portal.cycles.collection import open_windows
from admin_portal.cycles.creation import create_cycle
from shared.model.organisation import Unit
from shared.model.results import ROW_COLUMNS, ResultDocument, pack_rows
from shared.presentation import numbers
from tests.support.result_pages import addresses, main_of, release, strictly
from tests.support.tiny_cycle import ACTOR, BATTERY
from tests.support.two_windows import CYCLE_FILE, TwoWindows

# What is asked of the database is tested on both kinds in test_embargo.py; here it is about pages.
pytestmark = pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)
HOSTILE = "<script>alert(1)</script>"


def folded(html: str) -> str:
    """Return the visible text of a piece of HTML, blanks folded."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def article(page: str, anchor: str) -> str:
    """Return the article of the page with this id."""
    begin = page.index(f'id="{anchor}"')
    return page[begin : page.index("</article>", begin)]


def rows_of(visitor, cycle, place="units/A"):
    return visitor.get(f"/results/{cycle.key}/{place}.json").json


def test_every_page_is_sound_html_for_every_role(cycle, portal):
    for role in ("officer", ("principal", "A"), ("area_head", "Norr"), ("leadership", "A")):
        visitor = portal.visitor(role)
        for _when in range(2):
            for address in addresses(cycle):
                answer = visitor.get(address)
                if answer.mimetype == "text/html":
                    strictly(answer)
        if role == "officer":
            release(cycle)


def test_the_page_shows_the_figures_of_the_rows_and_of_the_file(cycle, portal):
    release(cycle)
    principal = portal.visitor(("principal", "A"))
    page = main_of(principal.get(f"/results/{cycle.key}/units/A"))
    compared = 0
    for row in rows_of(principal, cycle):
        if row["item"] is None or row["segment"] or row["compare_to"] or row["status"] == "hidden":
            continue
        text = folded(article(page, f"item-{row['questionnaire']}-{row['item']}"))
        assert f"Share positive, interval {numbers.percent(row['share_positive'])}" in text
        assert f"Index, interval {numbers.decimal(row['index'])}" in text
        assert f"Answers {row['n']} Don't know {row['n_dont_know']}" in text
        assert f"Left blank {row['n_blank']} Forms sent in {row['answered']}" in text
        for percentage in row["distribution"].values():
            assert numbers.percent(percentage / 100) in text
        compared += 1
    assert compared == 4


def test_the_municipality_stands_beside_every_index(cycle, portal):
    release(cycle)
    principal = portal.visitor(("principal", "A"))
    page = folded(main_of(principal.get(f"/results/{cycle.key}/units/A")))
    whole = [
        row
        for row in rows_of(principal, cycle, "municipality")
        if row["weighting"] == "frame" and row["item"] is None and row["area"] and not row["segment"]
    ]
    assert len(whole) == 2
    for row in whole:
        assert f"The municipality, all units {numbers.decimal(row['index'])}" in page


def test_a_hidden_value_says_why_and_what_to_use_instead(cycle, portal):
    release(cycle)
    page = main_of(portal.visitor(("principal", "A")).get(f"/results/{cycle.key}/units/A"))
    text = folded(article(page, "item-elev-varfor"))
    assert re.search(r"Hidden: (too few answers|free text that nobody has screened yet)\.", text)
    assert re.search(r"Use the figures for the whole municipality|shown here once they have been screened", text)


def test_a_questionnaire_that_nobody_may_see_says_so_once(cycle, portal):
    officer = portal.visitor("officer")
    rows = rows_of(officer, cycle)
    assert rows
    hide_everything_of(cycle, "elev")
    page = main_of(officer.get(f"/results/{cycle.key}/units/A"))
    part = page[page.index('id="questionnaire-elev"') : page.index('id="questionnaire-vh"')]
    assert folded(part).count("Hidden: too few answers.") == 1
    assert "<svg" not in part


def hide_everything_of(cycle, questionnaire):
    """Hide all rows of a questionnaire of unit A in the stored document, as for a unit with four answers."""
    identity = {
        *("cycle", "audience", "level", "node_code", "node_name", "segment", "segment_value", "respondent"),
        *("questionnaire", "battery", "area", "item", "weighting", "definition", "compare_to"),
    }
    with cycle.house.database.begin() as session:
        wanted = select(ResultDocument).where(ResultDocument.node_code == "A", ResultDocument.audience == "internal")
        for document in session.scalars(wanted):
            rows = document.rows
            for row in rows:
                if row["questionnaire"] == questionnaire:
                    row |= {name: None for name in ROW_COLUMNS if name not in identity}
                    row |= {"status": "hidden", "reason": "too_few"}
            document.body = pack_rows(list(ROW_COLUMNS), [[row[name] for name in ROW_COLUMNS] for row in rows])


def test_pupils_and_guardians_on_the_same_thing_stand_side_by_side(cycle, portal):
    page = main_of(portal.visitor("officer").get(f"/results/{cycle.key}/units/A"))
    part = page[page.index('id="beside"') : page.index("Every area and question")]
    assert "Pupils" in part
    assert "Guardians" in part
    assert "Areas of the same name" in part


def test_what_to_keep_and_examine_names_each_area_once_with_its_rule(cycle, portal):
    page = main_of(portal.visitor("officer").get(f"/results/{cycle.key}/units/A"))
    part = page[page.index('id="chosen"') : page.index('id="rates"')]
    chosen = re.findall(r'href="#(area-[^"]+)"', part)
    assert sorted(chosen) == ["area-elev-trygghet", "area-vh-hemma"]
    assert "First come certain differences" in part
    assert all(f'id="{anchor}"' in page for anchor in chosen)


def test_units_are_listed_by_name_and_never_by_a_figure(cycle, portal):
    with cycle.house.database.begin() as session:
        for code, name in (("A", "Östra skolan"), ("B", "Zinkens skola"), ("C", "Ängens skola")):
            session.execute(update(Unit).where(Unit.code == code).values(name=name))
    page = main_of(portal.visitor("officer").get(f"/results/{cycle.key}/units"))
    assert re.findall(r'/units/([ABC])"', page) == ["B", "C", "A"]
    assert "rank" not in page.lower()


def test_the_list_is_searched_by_name_or_code_and_by_kind(cycle, portal):
    officer, own = portal.visitor("officer"), f"/results/{cycle.key}/units"

    def found(**asked):
        return re.findall(r'/units/([ABC])"', main_of(officer.get(own, query_string=asked)))

    assert found(search="SKOLA b") == ["B"]
    assert found(search="c") == ["C"]
    assert found(unit_type="forskola") == []
    assert found(page="99") == ["A", "B", "C"]
    assert found(page="-1") == ["A", "B", "C"]
    assert "No unit fits" in main_of(officer.get(own, query_string={"search": HOSTILE}))


def run_earlier(cycle, tmp_path, battery=BATTERY):
    """Run the same cycle a year earlier, with another version of the pupils' battery, and count it."""
    folder = tmp_path / "earlier"
    folder.mkdir()
    texts = {"skr.yaml": battery, "cycle.yaml": CYCLE_FILE.format(key="tva-2025", year=2025)}
    for name, text in texts.items():
        (folder / name).write_text(text.lstrip(), "utf-8")
    database, clock = cycle.house.database, cycle.house.clock
    import_battery(database, clock, folder / "skr.yaml", actor=ACTOR)
    create_cycle(database, clock, folder / "cycle.yaml", actor=ACTOR)
    open_windows(database, clock, cycle_key="tva-2025", window_key=None, actor=ACTOR)
    cycle.house.run_deliveries()
    before = TwoWindows(cycle.house, folder, year=2025)
    before.answer()
    before.count()
    return before


def test_earlier_cycles_are_joined_where_the_same_was_asked(cycle, portal, tmp_path):
    run_earlier(cycle, tmp_path)
    page = main_of(portal.visitor("officer").get(f"/results/{cycle.key}/units/A"))
    part = page[page.index('id="area-elev-trygghet"') : page.index('id="area-vh-hemma"')]
    assert 'class="joint"' in part
    assert 'class="break"' not in part
    assert ">2025<" in part


def test_a_changed_wording_is_drawn_as_a_break_with_its_reason(cycle, portal, tmp_path):
    run_earlier(cycle, tmp_path, BATTERY.replace("Jag är trygg.", "Jag är trygg här."))
    page = main_of(portal.visitor("officer").get(f"/results/{cycle.key}/units/A"))
    part = page[page.index('id="area-elev-trygghet"') : page.index('id="area-vh-hemma"')]
    assert 'class="break"' in part
    assert 'class="joint"' not in part
    assert "the wording of a question was changed" in part
    changed, kept = (article(page, f"item-elev-{item}") for item in ("trygg", "orolig"))
    assert "not comparable with the next" in changed
    assert "not comparable with the next" not in kept


def test_an_earlier_cycle_stays_hidden_from_units_until_it_is_released_itself(cycle, portal, tmp_path):
    before = run_earlier(cycle, tmp_path)
    release(cycle)
    principal = portal.visitor(("principal", "A"))
    own = f"/results/{cycle.key}/units/A"
    assert ">2025<" not in main_of(principal.get(own))
    release(cycle, key=before.key)
    assert ">2025<" in main_of(principal.get(own))


def test_hostile_names_and_wordings_stay_text(cycle, portal, tmp_path):
    with cycle.house.database.begin() as session:
        session.execute(update(Unit).where(Unit.code == "A").values(name=HOSTILE))
    battery = BATTERY.replace("Jag är trygg.", f"'{HOSTILE}'").replace("{sv: Trygghet}", f"{{sv: '{HOSTILE}'}}")
    before = run_earlier(cycle, tmp_path, battery)
    officer = portal.visitor("officer")
    for address in (*addresses(before), *addresses(cycle)):
        answer = officer.get(address)
        if answer.mimetype == "text/html":
            assert "<script>alert" not in answer.get_data(as_text=True), address
            strictly(answer)
    assert "&lt;script&gt;" in main_of(officer.get(f"/results/{before.key}/units/A"))


def test_a_breakdown_shows_each_value_with_its_n(cycle, portal):
    release(cycle)
    principal = portal.visitor(("principal", "A"))
    page = folded(main_of(principal.get(f"/results/{cycle.key}/units/A?segment=sex")))
    rows = [row for row in rows_of(principal, cycle) if row["segment"] == "sex" and row["item"] == "trygg"]
    visible = [row for row in rows if row["status"] == "shown"]
    assert {row["segment_value"] for row in visible} == {"flicka", "pojke"}
    assert "Girls" in page
    assert page.count("Women") == 1  # Of the guardians only: among pupils nobody is looked for there.
    for row in visible:
        figure = f"{numbers.percent(row['share_positive'])}, {numbers.decimal(row['index'])} (n = {row['n']})"
        assert figure in page
    assert "Every area and question" in main_of(principal.get(f"/results/{cycle.key}/units/A?segment=nothing"))


def test_an_unknown_cycle_or_unit_is_not_found(cycle, portal):
    officer = portal.visitor("officer")
    assert officer.get("/results/nothing").status_code == 404
    assert officer.get("/results/nothing/units/A").status_code == 404
    assert officer.get(f"/results/{cycle.key}/units/X").status_code == 404
    assert officer.get(f"/results/{cycle.key}/units/A.xml").status_code == 404


def test_the_first_page_leads_a_principal_straight_to_the_own_unit(cycle, portal):
    principal = portal.visitor(("principal", "A"))
    waiting = main_of(principal.get("/results"))
    assert "not released yet" in waiting
    release(cycle)
    assert f'href="/results/{cycle.key}/units/A"' in main_of(principal.get("/results"))


def test_a_file_has_a_name_and_the_columns_of_the_format(cycle, portal):
    answer = portal.visitor("officer").get(f"/results/{cycle.key}/units/A.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{cycle.key}-unit-A.csv"'
    assert answer.get_data(as_text=True).splitlines()[0].startswith("cycle,release,audience,level")
