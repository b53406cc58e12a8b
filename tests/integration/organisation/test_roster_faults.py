"""Every fault of a roster is named with file, row, column and remedy, and nothing is imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from admin_portal.organisation.roster import import_roster
from shared.errors import FileFaults
from shared.model.organisation import Unit
from tests.support.house import House
from tests.support.officer_files import GROUPS, PERSONS, UNITS, only, places, roster

SCHOOL = "0117,Demostad,S1,Norra skolan,grundskola,municipal,KOM,Kommunen,Norra,12345678,,rektor@norra.example"
AGREEMENTS = "provider_code,unit_code,publish,valid_from,valid_to,reference\n"


def faults_of(house: House, folder: Path) -> FileFaults:
    with pytest.raises(FileFaults) as caught:
        import_roster(house.database, house.clock, folder, actor="cli:officer")
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Unit)) == 0, "nothing is half imported"
    return caught.value


@pytest.mark.parametrize(
    ("file", "text", "row", "column", "problem"),
    [
        ("units", UNITS.replace("grundskola", "gymnasium"), 2, "unit_type", "gymnasium is not allowed."),
        ("units", UNITS.replace("municipal,KOM", "kommunal,KOM"), 2, "regi", "kommunal is not allowed."),
        ("units", UNITS.replace("12345678", "1234"), 2, "school_unit_code", "no school unit code"),
        ("units", UNITS.replace("rektor@norra.example", "rektor"), 2, "principal_email", "no e-mail address"),
        ("units", UNITS.replace("rektor@norra.example", "a@b.se;c@d.se"), 2, "principal_email", "no e-mail"),
        ("units", UNITS.replace("Norra skolan", ""), 2, "name", "The cell is empty."),
        ("units", UNITS.replace("Norra skolan", "=1+1"), 2, "name", "as a formula does"),
        ("units", UNITS.replace("Norra skolan", '"Norra\nskolan"'), 2, "name", "line break"),
        ("units", UNITS.replace("Norra skolan", "x" * 201), 2, "name", "longer than 200 characters"),
        ("units", UNITS + SCHOOL + "\n", 4, "unit_code", "The row repeats row 2."),
        (
            "units",
            UNITS.replace("0117,Demostad,F1", "0117,Annanstad,F1"),
            3,
            "municipality_name",
            "municipality_code 0117 has Annanstad here, and Demostad in row 2.",
        ),
        (
            "units",
            UNITS + SCHOOL.replace("S1", "S2").replace("Kommunen", "Kommun") + "\n",
            4,
            "provider_name",
            "provider_code KOM has Kommun here, and Kommunen in row 2.",
        ),
        ("units", UNITS + SCHOOL.replace("S1", "S2").replace("municipal,", "independent,") + "\n", 4, "regi", "KOM"),
        (
            "units",
            UNITS + SCHOOL.replace("S1", "S2").replace("0117,Demostad", "0118,Demoby") + "\n",
            4,
            "municipality_code",
            "provider_code KOM has 0118 here",
        ),
        ("groups", GROUPS.replace(",25", ",-1"), 2, "headcount", "negative"),
        ("groups", GROUPS.replace(",25", ",24.5"), 2, "headcount", "not a whole number"),
        ("groups", GROUPS.replace(",25", ',"24,5"'), 2, "headcount", "not a whole number"),
        ("groups", GROUPS.replace(",25", ",många"), 2, "headcount", "not a number"),
        ("groups", GROUPS.replace(",25", ","), 2, "headcount", "The cell is empty."),
        ("groups", GROUPS.replace(",25", ",100001"), 2, "headcount", "larger than 100000"),
        ("groups", GROUPS.replace("5A,5A,pupil", "5A,5A,elev"), 2, "respondent", "elev is not allowed."),
        ("groups", GROUPS.replace("pupil,5,25", "pupil,5|6,25"), 2, "year", "holds a |"),
        ("groups", GROUPS + "S9,A,A,pupil,5,20\n", 8, "unit_code", "Unit S9 is not known."),
        ("groups", GROUPS + "S1,5A,Igen,pupil,5,20\n", 8, "group_code", "The row repeats row 2."),
        ("persons", PERSONS + "t1,S1,P,staff,,,,,\n", 8, "person_ref", "The row repeats row 2."),
        ("persons", PERSONS + "t9,S1,Q,staff,,,,,\n", 8, "group_code", "Unit S1 has no group Q of kind staff."),
        ("persons", PERSONS + "t9,S1,P,lärare,,,,,\n", 8, "respondent", "lärare is not allowed."),
        ("persons", PERSONS + "t9,S1,P,staff,inte en adress,,,,\n", 8, "email", "no e-mail address"),
        ("persons", PERSONS + "t9,S1,P,staff,,svenska,,,\n", 8, "language", "no language code"),
        ("persons", PERSONS + "t9,S1,P,staff,,,,ja,\n", 8, "protected", "Neither true nor false."),
        ("persons", PERSONS + "g9,F1,BLÅ,guardian,,,,,\n", 8, "child_ref", "A guardian has no child."),
        ("persons", PERSONS + ",S1,P,staff,,,,,\n", 8, "person_ref", "The cell is empty."),
        ("agreements", AGREEMENTS + "OKÄND,,true,,,\n", 2, "provider_code", "Provider OKÄND is not known."),
        ("agreements", AGREEMENTS + "BOL,S1,true,,,\n", 2, "unit_code", "Provider BOL has no unit S1."),
        ("agreements", AGREEMENTS + "BOL,,ja,,,\n", 2, "publish", "Neither true nor false."),
        ("agreements", AGREEMENTS + "BOL,,,,,\n", 2, "publish", "The cell is empty."),
        ("agreements", AGREEMENTS + "BOL,,true,1/8 2026,,\n", 2, "valid_from", "This is no date."),
        ("agreements", AGREEMENTS + "BOL,,true,2026-08-01,2026-01-01,\n", 2, "valid_to", "ends before it begins"),
        ("agreements", AGREEMENTS + "BOL,,true,,,\nBOL,,false,,,\n", 3, "provider_code", "The row repeats row 2."),
    ],
)
@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_fault_is_named_with_its_place_and_remedy(house: House, tmp_path: Path, file, text, row, column, problem):
    fault = only(faults_of(house, roster(tmp_path / "roster", **{file: text})))
    assert (fault.file, fault.row, fault.column) == (f"{file}.csv", row, column)
    assert problem in fault.problem


def test_more_persons_than_headcount_are_named_row_by_row(house: House, tmp_path: Path):
    staff = GROUPS.replace("P,Personal,staff,,8", "P,Personal,staff,,1")
    fault = only(faults_of(house, roster(tmp_path / "one", groups=staff)))
    assert (fault.file, fault.row, fault.column) == ("persons.csv", 3, "group_code")
    assert "more persons than its headcount, which is 1" in fault.problem
    children = GROUPS.replace("BLÅ,Blå,guardian,,12", "BLÅ,Blå,guardian,,1")
    faults = faults_of(house, roster(tmp_path / "two", groups=children))
    assert list(places(faults)) == [("persons.csv", 6, "group_code")]
    assert "more children than its headcount" in faults.faults[0].problem


def test_faults_of_all_files_are_told_at_once_in_reading_order(house: House, tmp_path: Path):
    folder = roster(
        tmp_path / "roster",
        units=UNITS.replace("grundskola", "skola"),
        groups=GROUPS.replace(",25", ",-1").replace("8A,8A,pupil,8,20", "8A,8A,pupil,8,x"),
        persons="person_ref;unit_code\nt1;S1\n",
        agreements="provider_code,publish\nBOL,true\n".encode("utf-16"),
    )
    assert list(places(faults_of(house, folder))) == [
        ("units.csv", 2, "unit_type"),
        ("groups.csv", 2, "headcount"),
        ("groups.csv", 3, "headcount"),
        ("persons.csv", 1, "group_code"),
        ("persons.csv", 1, "respondent"),
        ("agreements.csv", None, ""),
    ]


def test_a_fault_in_a_second_import_leaves_the_first_as_it_was(house: House, tmp_path: Path):
    import_roster(house.database, house.clock, roster(tmp_path / "one"), actor="cli:officer")
    wrong = roster(tmp_path / "two", units=UNITS.replace("Norra skolan", "Ny"), groups=GROUPS + "S9,A,A,pupil,5,20\n")
    with pytest.raises(FileFaults):
        import_roster(house.database, house.clock, wrong, actor="cli:officer")
    with house.database.read() as session:
        assert session.scalar(select(Unit.name).where(Unit.code == "S1")) == "Norra skolan"


@pytest.mark.parametrize(("file", "text"), [("units", UNITS), ("groups", GROUPS), ("persons", PERSONS)])
def test_a_register_without_rows_is_refused(house: House, tmp_path: Path, file: str, text: str):
    fault = only(faults_of(house, roster(tmp_path / "roster", **{file: text.splitlines()[0] + "\n"})))
    assert (fault.file, fault.problem) == (f"{file}.csv", "The file holds no rows.")


@pytest.mark.parametrize(
    "content", [UNITS.encode("latin-1"), (UNITS + 'a"b,"c\n').encode(), (UNITS + "0117,Demostad\n").encode()]
)
def test_nothing_is_held_against_a_file_that_cannot_be_read(house: House, tmp_path: Path, content: bytes):
    agreements = AGREEMENTS + "OKÄND,,true,,,\n"
    found = faults_of(house, roster(tmp_path / "roster", units=content, agreements=agreements))
    assert [file for file, _row, _column in places(found)] == ["units.csv"]
