"""Times without a zone are Swedish, and those that nobody can keep are refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml

from admin_portal.cycles.times import read_time
from shared.errors import FileFaults
from shared.questionnaire.yaml_reader import FaultList, Place
from tests.support.officer_files import only


def read(value: str, *, closes: bool = False) -> datetime | None:
    faults = FaultList("cycle.yaml")
    node = yaml.compose(value, Loader=yaml.SafeLoader)
    assert node is not None
    instant = read_time(Place(node, "windows.skola.closes", faults), closes=closes)
    faults.raise_if_any()
    return instant


def test_a_summer_and_a_winter_time_are_read_as_swedish():
    assert read("2026-09-14T08:00") == datetime(2026, 9, 14, 6, tzinfo=UTC)
    assert read("2026-11-14 08:00:30") == datetime(2026, 11, 14, 7, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "closes", "problem"),
    [
        ("2026-09-14", False, "no date and time"),
        ("2026-09-14T08:00+02:00", False, "no date and time"),
        ("2026-02-30T08:00", False, "no date and time"),
        ("2026-03-29T02:30", False, "does not exist"),
        ("2026-10-25T02:30", False, "exists twice"),
        ("2026-10-25T01:00", True, "clocks change"),
        ("2026-10-25T03:59", True, "clocks change"),
        ("2026-03-29T04:00", True, "clocks change"),
    ],
)
def test_a_time_that_cannot_be_kept_is_refused_with_its_line(value, closes, problem):
    with pytest.raises(FileFaults, match=problem) as caught:
        read(value, closes=closes)
    fault = only(caught.value)
    assert (fault.row, fault.column) == (1, "windows.skola.closes")


@pytest.mark.parametrize("value", ["2026-10-25T00:59", "2026-10-25T04:01", "2026-10-24T02:30"])
def test_other_hours_of_that_night_are_taken(value):
    assert read(value, closes=True) is not None
