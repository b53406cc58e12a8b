"""Whatever bytes a file holds, reading it gives rows or faults with a remedy, and never anything else."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_portal.files import Faults, read_table
from admin_portal.organisation.roster_file import ROSTER_FILES, read_roster
from admin_portal.organisation.roster_rules import Known, check_roster
from shared.errors import FileFaults
from tests.support.officer_files import GROUPS, PERSONS, UNITS

SOUND = dict(zip(ROSTER_FILES, (UNITS, GROUPS, PERSONS, "provider_code,publish\nBOL,true\n"), strict=True))
CELLS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20)


def read_all(contents: dict[str, bytes]) -> None:
    faults = Faults()
    check_roster(read_roster(contents, faults), Known(), faults)
    if not faults:
        return
    with pytest.raises(FileFaults) as found:
        faults.raise_if_any()
    assert all(fault.file and fault.problem and fault.remedy for fault in found.value.faults)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes):
    faults = Faults()
    table = read_table(content, "groups.csv", faults, required=("unit_code",), optional=None)
    assert not table.rows or "unit_code" in table.columns
    assert faults or table.columns


@given(st.sampled_from(ROSTER_FILES), st.data())
def test_a_roster_with_one_cell_changed_is_taken_or_refused_with_remedies(name: str, data: st.DataObject):
    rows = list(csv.reader(io.StringIO(SOUND[name])))
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[row]) - 1))
    rows[row][column] = data.draw(CELLS)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    read_all({**{key: value.encode() for key, value in SOUND.items()}, name: text.getvalue().encode()})


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_is_what_is_read(cells: list[tuple[str, str]], delimiter: str):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("unit_code", "name"), *cells])
    faults = Faults()
    content = text.getvalue().encode("utf-8-sig")
    table = read_table(content, "units.csv", faults, required=("unit_code", "name"), optional=())
    assert not faults
    wanted = [(one.strip(), other.strip()) for one, other in cells if one.strip() or other.strip()]
    assert [(row["unit_code"], row["name"]) for row in table.rows] == wanted
