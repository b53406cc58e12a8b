"""CSV files as people make them are read, and every fault of one is named with its place and remedy."""

from __future__ import annotations

import pytest

from admin_portal.files import Faults, Table, read_table, write_atomically
from shared.errors import FileFaults, Refused
from tests.support.officer_files import only

COLUMNS = ("unit_code", "name", "headcount")


def read(content: bytes | str, optional: tuple[str, ...] | None = ("year",)) -> Table:
    faults = Faults()
    data = content.encode() if isinstance(content, str) else content
    table = read_table(data, "groups.csv", faults, required=COLUMNS, optional=optional)
    faults.raise_if_any()
    return table


def refused(content: bytes | str) -> FileFaults:
    with pytest.raises(FileFaults) as caught:
        read(content)
    return caught.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a mark"])
def test_the_delimiter_and_a_byte_order_mark_are_detected(delimiter: str, mark: bytes):
    lines = (("Unit_Code", " NAME ", "headcount"), ("007", "Blå, och grön" if delimiter != "," else "Blå", "25"))
    table = read(mark + "\r\n".join(delimiter.join(line) for line in lines).encode())
    assert [dict(row.cells) for row in table.rows] == [{"unit_code": "007", "name": lines[1][1], "headcount": "25"}]


def test_a_header_with_more_of_another_delimiter_inside_its_names_is_still_read():
    table = read("unit_code;name;headcount;note, with, many, commas\nS1;x;1;y\n")
    assert table.rows[0]["headcount"] == "1"
    assert table.warnings() == ["groups.csv: column note, with, many, commas is not known and was not read."]


def test_quoted_cells_may_hold_delimiters_quotes_and_line_breaks_and_rows_count_as_a_spreadsheet_does():
    table = read('unit_code,name,headcount\nS1,"a ""b"", c\nd",1\n\nS2,x,2\n')
    assert [(row.number, row["name"]) for row in table.rows] == [(2, 'a "b", c\nd'), (4, "x")]


def test_a_separator_line_of_a_spreadsheet_and_empty_rows_are_passed_over():
    table = read("sep=;\nunit_code;name;headcount\n;;\nS1;x;1\n;;;;;\n")
    assert [row.number for row in table.rows] == [4]


def test_a_column_that_is_left_out_reads_as_empty():
    assert read("unit_code,name,headcount\nS1,x,1\n").rows[0]["year"] == ""


def test_every_further_column_is_kept_where_columns_are_not_known_beforehand():
    table = read("unit_code,name,headcount,Trygg\nS1,x,1,4\n", optional=None)
    assert table.rows[0]["trygg"] == "4"


@pytest.mark.parametrize(
    ("content", "row", "column", "problem"),
    [
        (b"", None, "", "The file is empty."),
        (b"\n \n", None, "", "The file is empty."),
        ("unit_code,name,headcount\nS1,Blå,1".encode("utf-16"), None, "", "The file is encoded as UTF-16."),
        ("unit_code,name,headcount\nS1,Bl\xe5,1".encode("latin-1"), 2, "", "The file is not encoded as UTF-8"),
        (b"unit_code,name,headcount\nS1,a\0b,1", 2, "", "zero bytes"),
        (b"PK\x03\x04 and so on", None, "", "This is a spreadsheet or an archive"),
        ("unit_code,name\nS1,x\n", 1, "headcount", "The column is missing."),
        ("unit_code,name,headcount,Name\nS1,x,1,y\n", 1, "name", "The column stands twice"),
        ("unit_code,name,headcount\nS1,x\n", 2, "", "The row has 2 cells, the header 3."),
        ("unit_code,name,headcount\nS1,x,1,y\n", 2, "", "The row has 4 cells, the header 3."),
        ('unit_code,name,headcount\nS1,"x,1\n', 2, "", "a quotation mark is not closed"),
        ('unit_code,name,headcount\nS1,"x"y,1\n', 2, "", "stands inside a cell"),
        ("unit_code,name,headcount" + ",c" * 2000, 1, "c", "The column stands twice"),
    ],
)
def test_what_is_no_sound_table_is_refused_with_its_place(content, row, column, problem):
    fault = next(fault for fault in refused(content).faults if problem in fault.problem)
    assert (fault.file, fault.row, fault.column) == ("groups.csv", row, column)
    assert fault.remedy


def test_the_remedy_for_a_wrong_encoding_says_what_to_save_as():
    assert "CSV UTF-8" in only(refused("unit_code\nBl\xe5".encode("latin-1"))).remedy


def test_all_faults_of_the_rows_are_collected():
    faults = refused("unit_code,name,headcount\nS1\nS2,x,1\nS3,y\n").faults
    assert [fault.row for fault in faults] == [2, 4]


def test_a_file_is_written_whole_or_not_at_all_and_for_its_owner_only(tmp_path):
    path = tmp_path / "codes.csv"
    assert write_atomically(path, "one", owner_only=True) is False
    assert write_atomically(path, "two", owner_only=True) is True
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("two", 0o600)
    with pytest.raises(Refused, match="cannot be written"):
        write_atomically(tmp_path / "nowhere" / "codes.csv", "three")
    assert [child.name for child in tmp_path.iterdir()] == ["codes.csv"]
