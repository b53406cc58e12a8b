"""Writes ``truth/``: what was imported and what each respondent sent, so that anyone can recount without Sikte."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deploy.demo.municipality import Roster, Row
from deploy.demo.plans import PlannedCycle, battery_text

UNIT_COLUMNS = (
    "municipality_code", "municipality_name", "unit_code", "name", "unit_type", "regi", "provider_code",
    "provider_name", "district", "school_unit_code", "principal_name", "principal_email",
)  # fmt: skip
GROUP_COLUMNS = ("unit_code", "group_code", "name", "respondent", "year", "headcount")
PERSON_COLUMNS = (
    "person_ref", "unit_code", "group_code", "respondent", "email", "language", "sex", "protected", "child_ref",
)  # fmt: skip
AGREEMENT_COLUMNS = ("provider_code", "unit_code", "publish", "valid_from", "valid_to", "reference")
IDENTITY = ("unit_code", "group_code", "questionnaire")
SEGMENTS = ("sex", "year")


def write_cycle(folder: Path, cycle: PlannedCycle, roster: Roster) -> Path:
    """Write the roster, batteries and cycle file of one cycle under ``truth/<cycle>/`` and return that folder."""
    place = folder / cycle.key
    (place / "roster").mkdir(parents=True, exist_ok=True)
    (place / "batteries").mkdir(exist_ok=True)
    _write_rows(place / "roster" / "units.csv", UNIT_COLUMNS, roster.units)
    _write_rows(place / "roster" / "groups.csv", GROUP_COLUMNS, roster.groups)
    if roster.persons:
        _write_rows(place / "roster" / "persons.csv", PERSON_COLUMNS, roster.persons)
    if roster.agreements:
        _write_rows(place / "roster" / "agreements.csv", AGREEMENT_COLUMNS, roster.agreements)
    for key in cycle.batteries:
        (place / "batteries" / f"{key}.yaml").write_text(battery_text(key), "utf-8")
    (place / "cycle.yaml").write_text(cycle.text, "utf-8")
    return place


def write_responses(path: Path, answers: Mapping[str, pd.DataFrame], seed: int) -> None:
    """Write all questionnaires' answers in the format of ``responses import``, in an order that tells nothing."""
    together = pd.concat(answers.values(), ignore_index=True).fillna("")
    items = [column for column in together if column not in {*IDENTITY, *SEGMENTS, "unit_type", "person"}]
    order = np.random.default_rng([seed, 4711]).permutation(len(together))
    columns = [*IDENTITY, *SEGMENTS, *items]
    together.iloc[order].to_csv(path, columns=columns, index=False, encoding="utf-8", lineterminator="\n")


def _write_rows(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
