"""The demonstration's figures equal a recount with pandas from what respondents sent, made without Sikte."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.recount.recount import Recount, compare
from tests.support.demonstration import Demonstration

CYCLES = ("mmis-2024", "mmis-2025", "mmis-2026")


@pytest.mark.parametrize("cycle", CYCLES)
def test_every_figure_of_every_cycle_equals_the_recount(small: Demonstration, cycle: str):
    rows = small.results(cycle)

    assert compare(Recount(small.home / "truth", cycle), rows) == []
    assert sum(row["status"] == "shown" for row in rows) > 100


def test_the_municipality_that_make_demo_builds_equals_the_recount(municipality: Demonstration):
    rows = municipality.results("mmis-2026")

    assert compare(Recount(municipality.home / "truth", "mmis-2026"), rows) == []
    levels = {row["level"] for row in rows if row["status"] == "shown"}
    assert levels == {"unit", "provider", "district", "municipality"}


def test_the_municipality_level_alone_equals_the_recount(municipality: Demonstration):
    rows = municipality.results("mmis-2026", "--level", "municipality")
    everything = municipality.results("mmis-2026")

    assert compare(Recount(municipality.home / "truth", "mmis-2026"), rows, "municipality") == []
    assert rows == [row for row in everything if row["level"] == "municipality"]


def _first_shown(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    return next(row for row in rows if row["status"] == "shown" and all(row[key] == wanted[key] for key in wanted))


@pytest.mark.parametrize(
    ("key", "step"), [("n", 1), ("index", 0.1), ("share_positive", 0.000001), ("answered", -1), ("n_blank", 1)]
)
def test_the_recount_notices_one_wrong_figure(small: Demonstration, key: str, step: float):
    rows = copy.deepcopy(small.results("mmis-2026"))
    row = _first_shown(rows, level="municipality", questionnaire="elev", item="trygg", weighting="frame", segment=None)
    row[key] += step

    faults = compare(Recount(small.home / "truth", "mmis-2026"), rows)

    assert len(faults) == 1
    assert key in faults[0]


def test_the_recount_notices_a_missing_row_and_a_row_hidden_without_reason(small: Demonstration):
    rows = copy.deepcopy(small.results("mmis-2026"))
    wanted = {"level": "municipality", "questionnaire": "elev", "weighting": "frame", "segment": None}
    hidden = _first_shown(rows, item="hansyn", **wanted)
    hidden.update(dict.fromkeys(("index", "n", "answered", "distribution", "share_positive"), None))
    hidden.update(status="hidden", reason="too_few")
    rows.remove(_first_shown(rows, item="trygg", **wanted))

    faults = "\n".join(compare(Recount(small.home / "truth", "mmis-2026"), rows))

    assert "hidden as too_few with n" in faults
    assert "'trygg', 'frame'): missing" in faults


def test_the_recount_notices_one_answer_that_was_not_counted(small: Demonstration, tmp_path: Path):
    truth = tmp_path / "truth"
    shutil.copytree(small.home / "truth", truth)
    responses = truth / "responses-mmis-2026.csv"
    lines = responses.read_text("utf-8").splitlines()
    responses.write_text("\n".join(lines[:-1]) + "\n", "utf-8")

    assert compare(Recount(truth, "mmis-2026"), small.results("mmis-2026"))
