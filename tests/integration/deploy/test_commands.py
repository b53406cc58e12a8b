"""The command line's frame: exit statuses, settings, migrations, deliveries and the doctor."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from deploy import embedded
from deploy.cli.main import COMMANDS, cli
from shared.database.engine import open_database
from shared.events.claims import Timing
from shared.i18n import set_language
from tests.support.events import change, deliver, delivery


@pytest.fixture
def home(tmp_path, sqlite_template):
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    shutil.copy(sqlite_template, folder / "sikte.db")
    return folder


@pytest.fixture
def database(home):
    database = open_database(f"sqlite:///{home / 'sikte.db'}")
    yield database
    database.dispose()


@pytest.fixture
def sikte(home):
    def run(*arguments, **environment):
        variables = {"SIKTE_LANGUAGE": "en", "SIKTE_HOME": str(home), **environment}
        set_language("en")
        return CliRunner(env=variables).invoke(cli, list(arguments), catch_exceptions=False)

    return run


def test_it_says_its_version(sikte):
    result = sikte("--version")
    assert (result.exit_code, result.stdout.split()[0]) == (0, "sikte")


def test_every_command_exists_and_explains_itself(sikte):
    listed = sikte("--help").stdout
    for command in COMMANDS:
        assert command in listed
        assert sikte(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("deliveries", "retry", "x"), ("deliveries", "list", "--format", "y")]
)
def test_wrong_usage_exits_with_2(sikte, arguments):
    assert sikte(*arguments).exit_code == 2


def test_an_unknown_setting_is_refused_by_name(sikte):
    result = sikte("db", "check", SIKTE_DATABSE_URL="sqlite:///x")
    assert result.exit_code == 1
    assert "SIKTE_DATABSE_URL" in result.stderr
    assert result.stdout == ""


def test_a_directory_goes_before_the_setting(sikte, tmp_path):
    assert sikte("--dir", str(tmp_path / "other"), "deliveries", "list").exit_code == 0
    assert (tmp_path / "other" / "sikte.db").exists()


@pytest.mark.parametrize(
    ("revision", "status", "word"), [("0001", 1, "db upgrade"), ("9001", 1, "9001"), (None, 0, "as it should")]
)
def test_db_check_says_how_the_database_stands(sikte, database, revision, status, word):
    if revision:
        with database.begin() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    result = sikte("db", "check")
    assert result.exit_code == status
    assert word in result.output
    assert sikte("deliveries", "list").exit_code == status


def test_db_upgrade_makes_the_tables_and_then_has_nothing_to_do(sikte, tmp_path):
    home = str(tmp_path / "new")
    assert "0001, 0002" in sikte("--dir", home, "db", "upgrade").stdout
    assert "Nothing to do" in sikte("--dir", home, "db", "upgrade").stdout


def test_a_database_that_does_not_answer_is_a_message(sikte):
    result = sikte("deliveries", "list", SIKTE_DATABASE_URL="postgresql://sikte@127.0.0.1:1/sikte")
    assert result.exit_code == 1
    assert "does not answer" in result.stderr
    assert "Traceback" not in result.output


def test_deliveries_are_listed_for_people_and_programs(sikte, database):
    (number,) = deliver(database)
    change(database, number, attempts=3, quarantined_at=1.0, error="ValueError")
    table = sikte("deliveries", "list").stdout.splitlines()
    assert "quarantined" in table[2]
    (row,) = json.loads(sikte("deliveries", "list", "--format", "json").stdout)
    assert (row["id"], row["state"], row["attempts"]) == (number, "quarantined", 3)
    (line,) = csv.DictReader(io.StringIO(sikte("deliveries", "list", "--format", "csv").stdout))
    assert line["error"] == "ValueError"
    assert sikte("deliveries", "list", "--state", "waiting", "--format", "json").stdout == "[]\n"


def test_a_retry_is_done_by_the_command_itself_where_no_server_runs(sikte, database, monkeypatch):
    # The event names a window that does not exist, so it fails again: three times, within seconds.
    monkeypatch.setattr(embedded, "IMPATIENT", Timing(again=(0.05, 0.05)))
    (number,) = deliver(database)
    change(database, number, attempts=3, quarantined_at=1.0)
    result = sikte("deliveries", "retry", str(number))
    assert result.exit_code == 1
    assert "sikte deliveries list" in result.stderr
    assert delivery(database, number).attempts == 3
    assert delivery(database, number).error.startswith("NotFound")


def test_only_what_is_stuck_can_be_retried(sikte, database):
    (number,) = deliver(database)
    change(database, number, done_at=1.0)
    assert sikte("deliveries", "retry", str(number)).exit_code == 1
    assert sikte("deliveries", "retry", "4711").exit_code == 1


def test_the_doctor_finds_an_embedded_home_well(sikte):
    result = sikte("doctor", "--format", "json")
    findings = {row["check"]: row["outcome"] for row in json.loads(result.stdout)}
    assert result.exit_code == 0
    assert findings["dispatch key"] == findings["migrations"] == findings["keys"] == "ok"


def test_the_doctor_makes_a_new_home_well(sikte, tmp_path):
    assert sikte("--dir", str(tmp_path / "new"), "doctor").exit_code == 0


def test_the_doctor_names_what_others_may_read(sikte, home):
    sikte("doctor")
    (home / "keys" / "dispatch").chmod(0o644)
    result = sikte("doctor")
    assert result.exit_code == 1
    assert "chmod -R go=" in result.stdout


def test_the_doctor_names_the_missing_key(sikte, home):
    sikte("doctor")
    (home / "keys" / "dispatch").unlink()
    rows = json.loads(sikte("doctor", "--format", "json").stdout)
    assert {row["check"]: row["outcome"] for row in rows}["dispatch key"] == "warn"


def test_the_doctor_goes_on_without_a_database(sikte):
    result = sikte("doctor", "--format", "json", SIKTE_DATABASE_URL="postgresql://sikte@127.0.0.1:1/sikte")
    rows = {row["check"]: row for row in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert rows["database"]["outcome"] == "fail"
    assert rows["disk"]["outcome"] in {"ok", "warn"}


@pytest.mark.parametrize("command", [("worker",), ("clock",), ("web", "survey")])
def test_processes_of_production_are_refused_where_one_does_it_all(sikte, command):
    result = sikte(*command)
    assert result.exit_code == 1
    assert "sikte serve" in result.stderr
