"""Units in the portal: listed and shown within the reader's scope, downloaded safely, principals corrected."""

from __future__ import annotations

import csv
import io

from sqlalchemy import select, update

from shared.model.audit import AuditEntry
from shared.model.organisation import Unit
from tests.support.portal_site import Portal


def test_an_empty_register_says_what_to_do_next(portal: Portal):
    page = portal.visitor("officer").get("/units")
    assert page.status_code == 200
    assert "The register is empty" in page.text
    assert "/units/import" in page.text


def test_the_officer_sees_all_units_and_the_others_their_own(town: Portal):
    for roles, seen in (
        ("officer", {"S1", "F1"}),
        (("principal", "S1"), {"S1"}),
        (("area_head", "Norra"), {"S1"}),
        (("owner", "BOL"), {"F1"}),
    ):
        visitor = town.visitor(roles)
        text = visitor.get("/units").text
        assert {code for code in ("S1", "F1") if f'href="/units/{code}"' in text} == seen
        assert {code for code in ("S1", "F1") if visitor.get(f"/units/{code}").status_code == 200} == seen
        listed = visitor.get("/units.csv").text
        assert {row["unit_code"] for row in csv.DictReader(io.StringIO(listed.removeprefix("\ufeff")))} == seen


def test_a_board_reader_has_no_units(town: Portal):
    visitor = town.visitor("board_reader")
    assert {visitor.get(path).status_code for path in ("/units", "/units.csv", "/units/S1")} == {403}


def test_the_list_is_searched_and_filtered(town: Portal):
    officer = town.visitor("officer")

    def found(query: str) -> set[str]:
        text = officer.get(f"/units?{query}").text
        return {code for code in ("S1", "F1") if f'href="/units/{code}"' in text}

    assert found("q=norra") == {"S1"}
    assert found("q=BLÅ") == {"F1"}
    assert found("q=%25") == set()
    assert found("type=forskola") == {"F1"}
    assert found("regi=municipal") == {"S1"}
    assert found("provider=BOL") == {"F1"}
    assert found("district=Norra") == {"S1"}
    assert found("type=nonsense&page=99") == {"S1", "F1"}
    assert "No unit fits" in officer.get("/units?q=nowhere").text


def test_a_unit_out_of_use_is_listed_only_when_asked_for(town: Portal):
    with town.house.database.begin() as session:
        session.execute(update(Unit).where(Unit.code == "F1").values(active=False))
    officer = town.visitor("officer")
    assert "/units/F1" not in officer.get("/units").text
    assert "/units/F1" in officer.get("/units?retired=yes").text
    assert "out of use" in officer.get("/units/F1").text


def test_a_page_holds_fifty_units(town: Portal):
    with town.house.database.begin() as session:
        model = session.scalars(select(Unit).where(Unit.code == "S1")).one()
        for number in range(60):
            session.add(
                Unit(
                    code=f"X{number:02}",
                    name=f"Skola {number:02}",
                    unit_type="grundskola",
                    regi="municipal",
                    provider_id=model.provider_id,
                )
            )
    officer = town.visitor("officer")
    first, second = officer.get("/units").text, officer.get("/units?page=2").text
    assert first.count('<th scope="row">') == 50
    assert second.count('<th scope="row">') == 12
    assert "/units?page=2" in first


def test_no_cell_of_the_download_runs_as_a_formula(town: Portal):
    with town.house.database.begin() as session:
        session.execute(update(Unit).where(Unit.code == "F1").values(name="=1+1", principal_email="@evil"))
    text = town.visitor("officer").get("/units.csv").text.removeprefix("\ufeff")
    row = next(row for row in csv.DictReader(io.StringIO(text)) if row["unit_code"] == "F1")
    assert (row["name"], row["principal_email"]) == ("'=1+1", "'@evil")


def test_addresses_of_principals_are_downloaded_by_officers_only(town: Portal):
    assert "rektor@norra.example" in town.visitor("officer").get("/units.csv").text
    for roles in (("area_head", "Norra"), ("principal", "S1")):
        assert "principal_email" not in town.visitor(roles).get("/units.csv").text


def test_a_unit_shows_its_groups_by_who_answers(town: Portal):
    text = town.visitor("officer").get("/units/S1").text
    assert text.count("<caption>") == 3
    for expected in ("Pupils", "Guardians", "Staff", "45", "Compulsory school", "Norra"):
        assert expected in text


def test_a_unit_says_whether_it_may_be_published(town: Portal):
    officer = town.visitor("officer")
    assert "without an agreement" in officer.get("/units/S1").text
    assert "has not said anything yet" in officer.get("/units/F1").text


def test_a_principals_address_is_corrected_and_audited_without_the_address(town: Portal):
    officer = town.visitor("officer", name="Officer One")
    answer = officer.post("/units/F1/principal", {"name": "Rektor Ny", "email": "ny@example.se"})
    assert (answer.status_code, answer.location) == (303, "/units/F1")
    text = officer.get("/units/F1").text
    assert "ny@example.se" in text
    assert "Officer One" in text
    with town.house.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "unit.principal_changed")).one()
    assert (entry.subject, entry.details) == ("F1", {"fields": ["name", "email"]})


def test_what_stood_there_already_is_not_noted_again(town: Portal):
    officer = town.visitor("officer")
    officer.post("/units/S1/principal", {"name": "", "email": "rektor@norra.example"})
    with town.house.database.read() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "unit.principal_changed")).all() == []


def test_a_faulty_address_is_told_at_its_field(town: Portal):
    answer = town.visitor("officer").post("/units/S1/principal", {"name": "=cmd", "email": "nobody"})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert 'href="#name"' in answer.text
    assert "<title>Error: " in answer.text


def test_only_officers_change_principals(town: Portal):
    for roles in (("principal", "S1"), ("area_head", "Norra")):
        visitor = town.visitor(roles)
        assert visitor.get("/units/S1/principal").status_code == 403
        assert visitor.post("/units/S1/principal", {"name": "X", "email": ""}).status_code == 403
