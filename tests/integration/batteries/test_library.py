"""Batteries become numbered versions when respondents or scoring would notice, and come out as they went in."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from admin_portal.batteries.library import check_battery, export_battery, import_battery, list_batteries
from shared.errors import FileFaults, NotFound, Refused
from shared.model.audit import AuditEntry
from shared.model.batteries import BatteryVersion
from shared.questionnaire.battery_file import fingerprint
from tests.support.house import House
from tests.support.officer_files import battery, only, write


def bring_in(house: House, folder: Path, text: str, *, dry_run: bool = False) -> tuple[str, int, bool]:
    write(folder, {"b.yaml": text})
    imported = import_battery(house.database, house.clock, folder / "b.yaml", actor="cli:officer", dry_run=dry_run)
    return imported.key, imported.version, imported.new


def test_a_battery_gets_a_new_version_only_when_something_differs(house: House, tmp_path: Path):
    text = battery("elev", "pupil")
    assert bring_in(house, tmp_path, text) == ("elev", 1, True)
    assert bring_in(house, tmp_path, "# another comment\n" + text) == ("elev", 1, False)
    changed = text.replace("Jag är trygg.", "Jag känner mig trygg.")
    assert bring_in(house, tmp_path, changed, dry_run=True) == ("elev", 2, True)
    assert bring_in(house, tmp_path, changed) == ("elev", 2, True)
    assert bring_in(house, tmp_path, text) == ("elev", 3, True), "going back is a new version too"
    with house.database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "battery.imported"))
        assert [entry.subject for entry in entries] == ["elev 1", "elev 2", "elev 3"]
        assert [row["version"] for row in list_batteries(session)] == [3]


def test_what_is_exported_is_what_was_imported(house: House, tmp_path: Path):
    bring_in(house, tmp_path, battery("elev", "pupil"))
    assert export_battery(house.database, key="elev", path=tmp_path / "out.yaml") == (1, False)
    exported = check_battery(tmp_path / "out.yaml")
    assert fingerprint(exported) == fingerprint(check_battery(tmp_path / "b.yaml"))
    assert export_battery(house.database, key="elev", path=tmp_path / "out.yaml") == (1, True)


def test_a_battery_that_is_not_there_is_named_with_those_that_are(house: House, tmp_path: Path):
    bring_in(house, tmp_path, battery("elev", "pupil"))
    with pytest.raises(NotFound, match=r"There is no battery personal. Batteries: elev."):
        export_battery(house.database, key="personal", path=tmp_path / "out.yaml")


def test_a_fault_leaves_the_library_as_it_was(house: House, tmp_path: Path):
    with pytest.raises(FileFaults) as caught:
        bring_in(house, tmp_path, battery("elev", "pupil").replace("score: 10/3", "score: 10/0"))
    fault = only(caught.value)
    assert (fault.file, fault.row, fault.column) == ("b.yaml", 10, "scales.agree4.options[2].score")
    with house.database.read() as session:
        assert session.scalars(select(BatteryVersion)).all() == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("b.xlsx", b"PK", r"XLSForm file. A later version"),
        ("b.lss", b"<x/>", r"LimeSurvey file. A later version"),
        ("b.lsq", b"<x/>", r"LimeSurvey file. A later version"),
        ("b.docx", b"PK", r"ends in .yaml"),
    ],
)
def test_other_formats_are_refused_for_now(tmp_path: Path, name, content, message):
    write(tmp_path, {name: content})
    with pytest.raises(Refused, match=message):
        check_battery(tmp_path / name)


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path):
    write(tmp_path, {"b.yaml": battery("elev", "pupil").encode("latin-1")})
    with pytest.raises(FileFaults) as caught:
        check_battery(tmp_path / "b.yaml")
    fault = only(caught.value)
    assert (fault.row, fault.remedy) == (3, "Save it as UTF-8 text.")
