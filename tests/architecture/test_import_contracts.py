"""Each import contract holds, and each is shown red once by a copy of the house with the forbidden import in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.source import PACKAGES, REPOSITORY

# contract -> the rooms in which the forbidden import is written, and the import
FORBIDDEN = [
    ("house", "shared", "import deploy"),
    ("house", "shared/model", "import survey_service"),
    ("house", "survey_service", "import deploy"),
    ("house", "survey_service", "import analytics_worker"),
    ("house", "admin_portal", "import survey_service"),
    ("house", "analytics_worker", "import admin_portal"),
    ("shared-rooms", "shared/model", "import shared.database"),
    ("shared-rooms", "shared/database", "import shared.events"),
    ("shared-rooms", "shared/events", "import shared.web"),
    ("shared-rooms", "shared/questionnaire", "import shared.model"),
    ("shared-rooms", "shared/sealing", "import shared.questionnaire"),
    ("shared-rooms", "shared/i18n", "import shared.config"),
    ("pure-rooms", "shared/questionnaire", "import flask"),
    ("pure-rooms", "shared/sealing", "import sqlalchemy"),
    ("pure-rooms", "shared/presentation", "import dramatiq"),
    ("pure-rooms", "analytics_worker/statistics", "import sqlalchemy"),
    ("pure-rooms", "analytics_worker/disclosure", "import flask"),
    ("pure-rooms", "shared/questionnaire", "import shared.config"),
    ("respondent-side", "survey_service", "import pandas"),
    ("respondent-side", "survey_service", "import numpy"),
    ("respondent-side", "survey_service", "import analytics_worker.statistics"),
    ("one-flask-room", "shared/model", "import flask"),
    ("one-flask-room", "shared/events", "import flask"),
    ("worker-without-web", "analytics_worker", "import flask"),
    ("worker-without-web", "analytics_worker", "import shared.web"),
    ("model-without-broker", "shared/model", "import dramatiq"),
    ("published-documents", "admin_portal/public", "import shared.model.results"),
    ("published-documents", "admin_portal/public", "import shared.model.counting"),
    ("published-documents", "admin_portal/public", "import shared.model.organisation"),
    ("published-documents", "admin_portal/public", "import admin_portal.results.reading"),
]


@pytest.fixture(scope="session")
def house(tmp_path_factory) -> Path:
    """A copy of the packages' source with the contracts; a room not built yet stands empty."""
    top = tmp_path_factory.mktemp("house")
    shutil.copy(REPOSITORY / "pyproject.toml", top)
    for package in PACKAGES:
        for source in (REPOSITORY / package).rglob("*.py"):
            copy = top / source.relative_to(REPOSITORY)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    for room in {room for _, room, _ in FORBIDDEN} | set(PACKAGES) | {"shared/web"}:
        (top / room).mkdir(parents=True, exist_ok=True)
        (top / room / "__init__.py").touch()
    return top


def broken(top: Path) -> set[str]:
    """Return the names of the contracts that are broken in the house at ``top``."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    options = ["--no-logo", "--cache-dir", str(top.parent / "grimp")]
    checked = subprocess.run([*command, *options], cwd=top, check=False, capture_output=True, text=True)
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)$", checked.stdout, re.MULTILINE))
    assert len(verdicts) == len(contracts()), checked.stdout + checked.stderr
    assert checked.returncode == int("BROKEN" in verdicts.values())
    return {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


def contracts() -> dict[str, str]:
    """Return the name of each contract by its id."""
    with (REPOSITORY / "pyproject.toml").open("rb") as file:
        return {
            contract["id"]: contract["name"] for contract in tomllib.load(file)["tool"]["importlinter"]["contracts"]
        }


def test_the_house_keeps_its_contracts(house):
    assert broken(house) == set()


@pytest.mark.parametrize(("contract", "room", "forbidden"), FORBIDDEN)
def test_a_forbidden_import_breaks_its_contract(house, contract, room, forbidden):
    intruder = house / room / "intruder.py"
    intruder.write_text(f'"""An import that must not be."""\n\n{forbidden}\n')
    try:
        assert contracts()[contract] in broken(house)
    finally:
        intruder.unlink()


def test_every_contract_is_shown_red():
    assert {contract for contract, _, _ in FORBIDDEN} == set(contracts())


def test_a_room_outside_the_plan_is_noticed(house):
    room = house / "shared" / "attic"
    room.mkdir()
    (room / "__init__.py").write_text('"""A room that no layer names."""\n')
    try:
        assert contracts()["shared-rooms"] in broken(house)
    finally:
        shutil.rmtree(room)
