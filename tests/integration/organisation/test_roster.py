"""A roster is imported as a difference: shown, applied whole, kept idempotent, and gentle with people."""

from __future__ import annotations

import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from admin_portal.organisation.difference import Difference
from admin_portal.organisation.roster import import_roster
from shared.database.engine import Database
from shared.errors import Refused
from shared.model.audit import AuditEntry, broken_entries
from shared.model.events import Event
from shared.model.organisation import (
    District,
    Municipality,
    Person,
    Provider,
    PublicationAgreement,
    Unit,
    UnitGroup,
)
from tests.support.house import House
from tests.support.officer_files import GROUPS, PERSONS, UNITS, roster, write

ACTOR = "cli:officer"


def bring_in(house: House, path: Path, *, dry_run: bool = False, allow_removal: bool = False) -> Difference:
    return import_roster(house.database, house.clock, path, actor=ACTOR, dry_run=dry_run, allow_removal=allow_removal)


def number(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def persons(database: Database) -> list[tuple[str, str, str, bool]]:
    with database.read() as session:
        rows = session.scalars(select(Person).order_by(Person.ref, Person.child_ref))
        return [(person.ref, person.child_ref, person.email, person.protected) for person in rows]


def test_the_organisation_stands_as_the_files_say(house: House, tmp_path: Path):
    difference = bring_in(house, roster(tmp_path / "roster"))
    assert difference.applied
    assert difference.counts() == {"group_added": 6, "person_added": 6, "unit_added": 2}
    with house.database.read() as session:
        assert [municipality.name for municipality in session.scalars(select(Municipality))] == ["Demostad"]
        assert sorted(session.scalars(select(Provider.code))) == ["BOL", "KOM"]
        assert session.scalars(select(District.name)).all() == ["Norra"]
        units = {unit.code: unit for unit in session.scalars(select(Unit))}
        assert (units["S1"].regi, units["F1"].regi) == ("municipal", "independent")
        assert units["F1"].district_id is None
        assert units["S1"].school_unit_code == "12345678"
        groups = session.execute(select(UnitGroup.code, UnitGroup.respondent, UnitGroup.year, UnitGroup.headcount))
        assert ("5A", "pupil", "5", 25) in [tuple(row) for row in groups]


def test_a_dry_run_tells_the_same_and_changes_nothing(house: House, tmp_path: Path):
    path = roster(tmp_path / "roster")
    shown = bring_in(house, path, dry_run=True)
    assert not shown.applied
    assert [number(house.database, table) for table in (Unit, Person, AuditEntry, Event)] == [0, 0, 0, 0]
    assert bring_in(house, path).changes == shown.changes


def test_the_same_roster_again_changes_nothing_and_leaves_no_trace(house: House, tmp_path: Path):
    path = roster(tmp_path / "roster", agreements="provider_code,publish\nBOL,true\n")
    bring_in(house, path)
    traces = number(house.database, AuditEntry), number(house.database, Event)
    again = bring_in(house, path)
    assert again.empty
    assert again.summary() == "Nothing differs from what is there."
    assert (number(house.database, AuditEntry), number(house.database, Event)) == traces


def test_an_import_leaves_an_audit_entry_and_an_event_without_persons(house: House, tmp_path: Path):
    bring_in(house, roster(tmp_path / "roster"))
    with house.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "roster.imported")).one()
        assert (entry.actor, entry.details["person_added"]) == (ACTOR, 6)
        assert broken_entries(session) == []
        assert [event.type for event in session.scalars(select(Event))] == ["roster.imported"]


def test_changes_are_told_in_words_field_by_field(house: House, tmp_path: Path):
    bring_in(house, roster(tmp_path / "one"))
    changed = roster(
        tmp_path / "two",
        units=UNITS.replace("Norra skolan", "Nya norra").replace("rektor@norra", "ny@norra"),
        groups=GROUPS.replace("5A,5A,pupil,5,25", "5A,5A,pupil,5,26"),
        persons=PERSONS.replace("t1@example.se,sv", "annan@example.se,fi"),
    )
    lines = list(bring_in(house, changed).lines())
    assert lines == [
        "Unit S1: changed (name: Norra skolan → Nya norra, principal_email: other than before)",
        "Group S1 5A pupil: changed (headcount: 25 → 26)",
        "Person t1: changed (email: other than before, language: sv → fi)",
    ]
    with house.database.read() as session:
        assert session.scalar(select(Unit.name).where(Unit.code == "S1")) == "Nya norra"


def without_empty_persons(folder: Path) -> Path:
    (folder / "persons.csv").unlink()
    return folder


def test_units_and_groups_that_left_the_file_are_kept_but_no_longer_in_use(house: House, tmp_path: Path):
    bring_in(house, roster(tmp_path / "one"))
    fewer = roster(
        tmp_path / "two",
        units="\n".join(UNITS.splitlines()[:2]),
        groups="\n".join(GROUPS.splitlines()[:3]),
        persons=PERSONS.splitlines()[0] + "\n",
    )
    with pytest.raises(Refused, match="4 of 6 groups are not in the files"):
        bring_in(house, without_empty_persons(fewer))
    write(fewer, {"persons.csv": PERSONS.splitlines()[0]})
    difference = bring_in(house, fewer, allow_removal=True)
    assert (difference.count("unit", "gone"), difference.count("group", "gone")) == (1, 4)
    assert number(house.database, Unit) == 2
    assert number(house.database, UnitGroup) == 6
    assert number(house.database, Person) == 0, "a person nobody asks any more is not kept"
    with house.database.read() as session:
        assert [unit.code for unit in session.scalars(select(Unit).where(Unit.active))] == ["S1"]
    assert bring_in(house, fewer, allow_removal=True).empty
    back = bring_in(house, roster(tmp_path / "three"))
    assert "Unit F1: changed (in use again)" in list(back.lines())


def test_a_file_that_is_not_given_changes_nothing(house: House, tmp_path: Path):
    path = roster(tmp_path / "roster")
    bring_in(house, path)
    write(tmp_path / "single", {"groups.csv": GROUPS.replace(",25", ",24")})
    difference = bring_in(house, tmp_path / "single" / "groups.csv")
    assert difference.counts() == {"group_changed": 1}
    (path / "persons.csv").unlink()
    assert bring_in(house, path).counts() == {"group_changed": 1}
    assert number(house.database, Person) == 6


def test_a_zip_and_swedish_spreadsheet_files_are_read_alike(house: House, tmp_path: Path):
    swedish = {
        name: ("\ufeff" + text.replace(",", ";").replace("\n", "\r\n")).encode()
        for name, text in (("units.csv", UNITS), ("groups.csv", GROUPS.replace(",25", ',"25,0"')))
    }
    swedish["groups.csv"] = swedish["groups.csv"].replace(b'"25;0"', b'"25,0"')
    with zipfile.ZipFile(tmp_path / "roster.zip", "w") as file:
        for name, content in swedish.items():
            file.writestr(f"roster/{name}", content)
    assert bring_in(house, tmp_path / "roster.zip").counts() == {"group_added": 6, "unit_added": 2}
    assert bring_in(house, roster(tmp_path / "plain", persons="")).empty


def test_guardians_share_a_child_siblings_share_a_guardian_and_both_are_kept(house: House, tmp_path: Path):
    bring_in(house, roster(tmp_path / "roster"))
    guardians = [person for person in persons(house.database) if person[0].startswith("g")]
    assert [(ref, child) for ref, child, _email, _protected in guardians] == [
        ("g1", "c1"),
        ("g1", "c2"),
        ("g2", "c1"),
        ("g3", "c2"),
    ]


def test_two_guardians_of_one_child_count_as_one_in_the_headcount(house: House, tmp_path: Path):
    groups = GROUPS.replace("BLÅ,Blå,guardian,,12", "BLÅ,Blå,guardian,,2")
    assert bring_in(house, roster(tmp_path / "roster", groups=groups)).count("person", "added") == 6


def test_a_guardian_with_children_in_two_units_and_a_teacher_at_two_are_two_rows(house: House, tmp_path: Path):
    groups = GROUPS + "F1,P,Personal,staff,,4\n"
    more = PERSONS + "t1,F1,P,staff,t1@example.se,sv,kvinna,,\ng1,S1,G,guardian,g1@example.se,ar,,,c3\n"
    bring_in(house, roster(tmp_path / "roster", groups=groups, persons=more))
    refs = [ref for ref, *_rest in persons(house.database)]
    assert (refs.count("t1"), refs.count("g1")) == (2, 3)


def test_a_protected_person_is_kept_without_an_address_in_every_row(house: House, tmp_path: Path):
    more = PERSONS.replace(
        "g1,F1,BLÅ,guardian,g1@example.se,ar,flicka,,c2", "g1,F1,BLÅ,guardian,x@y.se,ar,flicka,TRUE,c2"
    )
    difference = bring_in(house, roster(tmp_path / "roster", persons=more))
    kept = {(ref, child): (email, protected) for ref, child, email, protected in persons(house.database)}
    assert kept["t2", ""] == ("", True)
    assert kept["g1", "c1"] == ("", True)
    assert kept["g1", "c2"] == ("", True)
    assert kept["g2", "c1"] == ("g2@example.se", False)
    assert not any("@" in line for line in difference.lines())


def test_a_child_in_school_and_after_school_centre_belongs_to_groups_of_two_units(house: House, tmp_path: Path):
    units = UNITS + "0117,Demostad,FR1,Norra fritids,fritidshem,municipal,KOM,Kommunen,Norra,,,\n"
    groups = GROUPS + "FR1,A,A,pupil,,30\n"
    more = PERSONS + "p1,S1,5A,pupil,,sv,flicka,,p1\np1,FR1,A,pupil,,sv,flicka,,p1\n"
    assert (
        bring_in(house, roster(tmp_path / "r", units=units, groups=groups, persons=more)).count("person", "added") == 8
    )


def test_unknown_columns_are_warned_of_and_passed_over(house: House, tmp_path: Path):
    groups = "\n".join(f"{line},{'note' if not place else 'x'}" for place, line in enumerate(GROUPS.splitlines()))
    difference = bring_in(house, roster(tmp_path / "roster", groups=groups))
    assert difference.warnings == ("groups.csv: column note is not known and was not read.",)


def test_agreements_come_with_the_roster_and_a_newer_word_is_added(house: House, tmp_path: Path):
    header = "provider_code,publish,valid_from,valid_to,reference,unit_code\n"
    path = roster(tmp_path / "roster", agreements=header + "BOL,true,2026-01-01,,KS 2026/1,\nBOL,false,,,,F1\n")
    assert bring_in(house, path).count("agreement", "added") == 2
    write(path, {"agreements.csv": header + "BOL,false,2026-01-01,,KS 2026/2,\nBOL,false,,,,F1\n"})
    assert list(bring_in(house, path).lines()) == ["Agreement of BOL: added"]
    assert number(house.database, PublicationAgreement) == 3


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"organisations.json": "{}"}, "SS 12000"),
        ({"rooms.csv": "a,b\n"}, "none of the roster's files"),
        ({"units.csv": UNITS}, "holds no groups.csv"),
    ],
)
def test_a_folder_that_is_no_roster_is_refused(house: House, tmp_path: Path, files, message):
    with pytest.raises(Refused, match=message):
        bring_in(house, write(tmp_path / "folder", files))


def test_a_single_file_of_another_kind_is_refused(house: House, tmp_path: Path):
    write(tmp_path, {"organisations.json": "{}", "rooms.csv": "a\n"})
    with pytest.raises(Refused, match="a later version"):
        bring_in(house, tmp_path / "organisations.json")
    with pytest.raises(Refused, match="Name them units"):
        bring_in(house, tmp_path / "rooms.csv")


def test_two_first_imports_at_once_give_one_organisation(house: House, tmp_path: Path):
    path = roster(tmp_path / "roster")
    start = threading.Barrier(2)

    def import_at_once(_number: int) -> bool:
        start.wait()
        return bring_in(house, path).empty

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(import_at_once, range(2))) == [False, True]
    assert number(house.database, Unit) == 2
