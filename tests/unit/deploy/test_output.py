"""Rows printed for people, spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import json

import click
import pytest
from click.testing import CliRunner

from deploy.cli.output import format_option, print_rows, table_lines
from shared.presentation.row_files import csv_text

ROWS = [
    {"unit": "Björkskolan", "n": 25, "share": 0.125, "hidden": None, "certain": True, "distribution": {"1": 3}},
    {"unit": "Ek, och al", "n": 7, "share": 1.0, "hidden": "too_few", "certain": False, "distribution": None},
]
COLUMNS = ["unit", "n", "share", "hidden", "certain", "distribution"]


@click.command()
@format_option
def command(fmt):
    print_rows(ROWS, COLUMNS, fmt)


def run(*arguments):
    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_json_keeps_numbers_nulls_and_objects():
    assert json.loads(run("--format", "json")) == ROWS


def test_csv_is_comma_and_point():
    lines = list(csv.DictReader(io.StringIO(run("--format", "csv"))))
    assert lines[0] == {
        "unit": "Björkskolan",
        "n": "25",
        "share": "0.125",
        "hidden": "",
        "certain": "true",
        "distribution": '{"1": 3}',
    }
    assert lines[1]["unit"] == "Ek, och al"


def test_csv_for_swedish_spreadsheets_is_semicolon_and_comma_behind_a_mark():
    text = run("--format", "csv", "--locale", "sv")
    assert text.startswith("\ufeffunit;n;share")
    assert "Björkskolan;25;0,125;;true;" in text


def test_a_table_is_aligned_with_numbers_to_the_right():
    assert table_lines(ROWS, ["unit", "n", "share"]) == [
        "unit          n  share",
        "-----------  --  -----",
        "Björkskolan  25  0.125",
        "Ek, och al    7      1",
    ]


def test_no_rows_still_have_a_header():
    assert table_lines([], ["id", "state"]) == ["id  state", "--  -----"]
    assert csv_text([], ["id", "state"]) == "id,state\n"


def test_missing_cells_are_empty():
    assert csv_text([{"id": 1}], ["id", "state"]) == "id,state\n1,\n"


@pytest.mark.parametrize("text", ["-1", "=1+1"])
def test_texts_are_never_changed(text):
    assert csv_text([{"a": text}], ["a"]) == f"a\n{text}\n"


@pytest.mark.parametrize(
    ("rate", "shown"), [(0.87, "87 %"), (1.04, "104 %"), (0.999, "99.9 %"), (0, "0 %"), (None, "")]
)
def test_rates_are_percentages_in_tables_alone(rate: float | None, shown: str):
    rows = [{"response_rate": rate}]
    assert table_lines(rows, ["response_rate"])[2].strip() == shown
    assert shown == "" or csv_text(rows, ["response_rate"]) == f"response_rate\n{rate}\n"
