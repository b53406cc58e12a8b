"""The commands for files, cycles, codes and answers: what they print, what they refuse, and their exit status."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from deploy.cli import context
from deploy.cli.main import cli
from shared.clock import local
from shared.database.engine import open_database
from shared.model.events import RESULTS_REQUESTED, Lease, publish
from shared.model.results import ResultSet
from tests.support.events import change
from tests.support.officer_files import CYCLE, GROUPS, UNITS, battery, roster, write

Run = Callable[..., Result]
OTHER = GROUPS.splitlines()[0] + "\nX1,1A,1A,pupil,1,20\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``sikte`` on an embedded home of this test, in English."""
    runner = CliRunner(env={"SIKTE_LANGUAGE": "en", "SIKTE_HOME": str(tmp_path / "home")})

    def command(*arguments: object, status: int = 0) -> Result:
        result = runner.invoke(cli, [str(argument) for argument in arguments])
        assert result.exit_code == status, result.output + repr(result.exception)
        return result

    return command


def now_cycle() -> str:
    """Return the cycle with windows around the machine's own clock, which commands go by."""
    start = local(datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT12:00")
    end = local(datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT12:00")
    return CYCLE.replace("2026-10-12T08:00", start).replace("2026-11-13T16:00", end).replace("2026-11-20T16:00", end)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The officer's folder: roster, batteries, cycle."""
    roster(tmp_path / "roster")
    batteries = {
        f"{key}.yaml": battery(key, kind)
        for key, kind in (("elev", "pupil"), ("personal", "staff"), ("vh", "guardian"))
    }
    return write(tmp_path, {**batteries, "cycle.yaml": now_cycle()})


def prepare(run: Run, files: Path) -> None:
    run("units", "import", files / "roster")
    for key in ("elev", "personal", "vh"):
        run("battery", "import", files / f"{key}.yaml")
    run("cycle", "create", files / "cycle.yaml")


def test_a_roster_is_shown_then_imported_then_found_the_same(run: Run, files: Path):
    shown = run("units", "import", "--dry-run", files / "roster").output
    assert "Unit S1: added" in shown
    assert "Persons of F1 BLÅ guardian: 4 added" in shown
    assert "Nothing was changed (--dry-run)." in shown
    assert "units: 2 added, 0 changed, 0 gone" in run("units", "import", files / "roster").output
    assert "Nothing differs" in run("units", "import", files / "roster").output


def test_every_fault_stands_on_stderr_with_its_place_and_the_status_is_one(run: Run, files: Path):
    write(files / "roster", {"groups.csv": GROUPS.replace(",25", ",-1").replace("8A,8A,pupil,8,20", "8A,8A,pupil,8,x")})
    result = run("units", "import", files / "roster", status=1)
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        (
            "groups.csv, row 2, column headcount: The headcount is negative. "
            "Write the number of people in the group with digits, for example 25."
        ),
        (
            "groups.csv, row 3, column headcount: The headcount is not a number. "
            "Write the number of people in the group with digits, for example 25."
        ),
        "2 faults. Nothing was imported.",
    ]


def test_a_missing_file_is_refused_and_a_missing_argument_is_a_mistake_of_use(run: Run, tmp_path: Path):
    assert "There is no file" in run("units", "import", tmp_path / "nowhere.csv", status=1).stderr
    assert "Missing argument" in run("units", "import", status=2).stderr


def test_batteries_are_checked_imported_listed_and_exported(run: Run, files: Path):
    assert "elev.yaml is a sound battery: elev, 4 items, 1 areas" in run("battery", "check", files / "elev.yaml").output
    assert "would become version 1" in run("battery", "import", "--dry-run", files / "elev.yaml").output
    assert "is now version 1" in run("battery", "import", files / "elev.yaml").output
    assert "says the same already" in run("battery", "import", files / "elev.yaml").output
    listed = json.loads(run("battery", "list", "--format", "json").output)
    assert [(row["key"], row["version"], row["items"]) for row in listed] == [("elev", 1, 4)]
    assert "written" in run("battery", "export", "elev", files / "out.yaml").output
    assert "Batteries: elev." in run("battery", "export", "skr", files / "out.yaml", status=1).stderr
    write(files, {"b.xlsx": b"PK"})
    assert "A later version" in run("battery", "check", files / "b.xlsx", status=1).stderr


def test_a_cycle_goes_from_its_file_to_results_by_commands_alone(run: Run, files: Path, tmp_path: Path):
    prepare(run, files)
    assert "Nothing was changed" in run("cycle", "create", "--dry-run", copy_of_the_cycle(files)).output
    issued = run("codes", "issue", "mmis-2026", "--out", tmp_path / "codes.csv").output
    assert "elev: 45 new codes, 0 before" in issued
    assert "Whoever holds this file can answer." in issued
    assert run("cycle", "open", "mmis-2026", "--wait").output.splitlines()[-1] == "Open."
    header = "unit_code,group_code,questionnaire,sex,year,trygg,ro,varfor,var\n"
    rows = [f"S1,5A,elev-gammal,flicka,5,{number % 4 + 1},3,," for number in range(20)]
    write(files, {"responses.csv": header + "\n".join(rows), "wrong.csv": header + "S1,5A,elev-gammal,,,77,3,,"})
    wrong = run("responses", "import", "mmis-2026", files / "wrong.csv", status=1)
    assert wrong.stderr.startswith("wrong.csv, row 2, column trygg: The cell is no answer to this item.")
    assert "77" not in wrong.output
    assert (
        "20 responses are sound" in run("responses", "import", "--dry-run", "mmis-2026", files / "responses.csv").output
    )
    assert "20 responses are in the urn" in run("responses", "import", "mmis-2026", files / "responses.csv").output
    assert "say --add" in run("responses", "import", "mmis-2026", files / "responses.csv", status=1).stderr
    closed = run("cycle", "close", "mmis-2026", "--window", "gammal", "--wait").output
    assert "20 answers in the urn. 0 unfinished forms ended." in closed
    assert "Results are ready: sikte results mmis-2026" in closed
    assert "sikte cycle recompute mmis-2026" in run("agreement", "set", "BOL", "--publish").output
    assert "Results are ready" in run("cycle", "recompute", "mmis-2026", "--wait").output
    database = open_database(f"sqlite:///{tmp_path / 'home' / 'sikte.db'}")
    with database.read() as session:
        assert session.scalars(select(ResultSet.number).order_by(ResultSet.id)).all() == [1, 2]
    database.dispose()
    assert "44 %" in run("cycle", "status", "mmis-2026").output
    status = json.loads(run("cycle", "status", "mmis-2026", "--format", "json").output)
    figures = {row["questionnaire"]: (row["state"], row["invited"], row["answered"]) for row in status}
    assert figures["elev-gammal"] == ("counted", 45, 20)
    assert figures["elev"] == ("open", 45, 0)
    assert "S1" in run("cycle", "status", "--units", "--format", "csv").output
    assert "skola: open, forskola: open, gammal: counted" in run("cycle", "list").output


def copy_of_the_cycle(files: Path) -> Path:
    write(files, {"next.yaml": now_cycle().replace("key: mmis-2026", "key: mmis-2027")})
    return files / "next.yaml"


def test_a_lost_code_is_withdrawn_and_replaced(run: Run, files: Path, tmp_path: Path):
    prepare(run, files)
    run("codes", "issue", "mmis-2026", "--out", tmp_path / "codes.csv")
    with (tmp_path / "codes.csv").open(encoding="utf-8") as file:
        code = next(row["code"] for row in csv.DictReader(file) if row["questionnaire"] == "vh-skola")
    withdrawn = run("codes", "void", "mmis-2026", code.lower()).output
    assert "The code is withdrawn (vh-skola, unit S1)." in withdrawn
    assert "shared by the whole unit" in withdrawn
    again = run("codes", "void", "mmis-2026", code, status=1)
    assert "withdrawn before" in again.stderr
    assert code not in again.output
    assert "vh-skola: 1 new codes, 0 before" in run("codes", "issue", "mmis-2026").output


def test_an_owner_s_word_is_noted_and_listed(run: Run, files: Path):
    run("units", "import", files / "roster")
    said = run("agreement", "set", "BOL", "--publish", "--from", "2026-01-01", "--reference", "KS 2026/1").output
    assert said.splitlines() == [
        "Noted: figures of BOL may be published per unit.",
        "It takes effect when results are computed.",
    ]
    assert "published without agreement" in run("agreement", "set", "KOM", "--publish", status=1).stderr
    (row,) = json.loads(run("agreement", "list", "--format", "json").output)
    assert (row["provider_code"], row["publish"], row["valid_from"]) == ("BOL", True, "2026-01-01")
    assert "Providers: BOL, KOM." in run("agreement", "set", "OKÄND", "--publish", status=1).stderr
    assert "Missing option" in run("agreement", "set", "BOL", status=2).stderr


def test_codes_that_could_not_be_written_are_not_issued(run: Run, files: Path, tmp_path: Path):
    prepare(run, files)
    write(files, {"other.csv": "not codes"})
    for place, problem in (
        (tmp_path / "nowhere" / "codes.csv", "there is no folder"),
        (tmp_path, "is a folder"),
        (files / "other.csv", "exists and is no file of codes"),
    ):
        assert problem in run("codes", "issue", "mmis-2026", "--out", place, status=1).stderr
    assert "elev: 45 new codes, 0 before" in run("codes", "issue", "mmis-2026").output


def test_of_many_faults_a_hundred_are_printed_and_the_rest_counted(run: Run, files: Path):
    rows = [f"S1,{number},Klass,pupil,5,x" for number in range(130)]
    write(files / "roster", {"groups.csv": "\n".join([GROUPS.splitlines()[0], *rows])})
    (files / "roster" / "persons.csv").unlink()
    lines = run("units", "import", files / "roster", status=1).stderr.splitlines()
    assert len(lines) == 102
    assert lines[-2:] == ["... and 30 more", "130 faults. Nothing was imported."]


def test_a_cycle_that_nobody_used_is_replaced_by_its_corrected_file(run: Run, files: Path):
    prepare(run, files)
    assert "This file replaces it." in run("cycle", "create", files / "cycle.yaml").output
    run("codes", "issue", "mmis-2026")
    assert "and it has codes" in run("cycle", "create", files / "cycle.yaml", status=1).stderr


def test_results_are_not_computed_anew_before_anything_is_counted(run: Run, files: Path):
    prepare(run, files)
    assert "none of its windows has been counted" in run("cycle", "recompute", "mmis-2026", status=1).stderr


def test_a_roster_that_lacks_most_units_is_imported_only_when_told_so(run: Run, files: Path):
    run("units", "import", files / "roster")
    units = UNITS.replace(",S1,", ",X1,").replace(",F1,", ",X2,")
    other = roster(files / "other", units=units, groups=OTHER, persons="")
    text = "2 of 2 units and 6 of 6 groups are not in the files"
    assert text in run("units", "import", "--dry-run", other).stderr
    assert text in run("units", "import", other, status=1).stderr
    assert "2 gone" in run("units", "import", "--allow-removal", other).output
    assert "in use again" in run("units", "import", "--allow-removal", files / "roster").output


def test_work_that_is_stuck_is_pointed_to_and_its_retry_says_how_it_went(run: Run, files: Path, tmp_path: Path):
    prepare(run, files)
    run("cycle", "open", "mmis-2026", "--wait")
    database = open_database(f"sqlite:///{tmp_path / 'home' / 'sikte.db'}")
    change(database, 1, done_at=None, claimed_until=None, attempts=3, quarantined_at=1.0)
    database.dispose()
    assert "stuck (delivery 1). See: sikte deliveries list" in run("results", "mmis-2026", status=1).stderr
    assert "It is done." in run("deliveries", "retry", "1").output
    assert "has no results yet" in run("results", "mmis-2026", status=1).stderr


def test_a_long_wait_says_what_it_is_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(context, "_SAY_EVERY", 0.0)
    application = context.Application(tmp_path / "home", {"SIKTE_LANGUAGE": "en"})
    answers = iter([False, False, True])
    application.wait_until(lambda _session: next(answers), what="the windows are opened")
    assert capsys.readouterr().err.count("Waiting: the windows are opened.") == 1


def test_states_that_do_not_fit_are_refused_with_the_states(run: Run, files: Path):
    prepare(run, files)
    assert "No window is open (skola: planned" in run("cycle", "close", "mmis-2026", status=1).stderr
    assert "There is no cycle mmis-2025. Cycles: mmis-2026." in run("cycle", "open", "mmis-2025", status=1).stderr
    loss = run("cycle", "accept-loss", "mmis-2026", "--window", "skola", "--reason", "x", status=1).stderr
    assert "no loss to accept" in loss


def test_a_lost_pepper_is_noticed_by_doctor_issue_and_serve_until_it_is_restored(run: Run, files: Path, tmp_path: Path):
    prepare(run, files)
    run("codes", "issue", "mmis-2026")
    pepper = tmp_path / "home" / "keys" / "code_pepper"
    copy = pepper.read_text()
    pepper.unlink()
    for command in (("codes", "issue", "mmis-2026"), ("serve",), ("doctor",)):
        assert "Restore SIKTE_CODE_PEPPER" in run(*command, status=1).output
    pepper.write_text(copy)
    run("doctor")
    run("codes", "issue", "mmis-2026")


def test_the_doctor_warns_of_an_open_window_that_nobody_closes_and_of_work_that_nobody_does(
    run: Run, files: Path, tmp_path: Path
):
    prepare(run, files)
    run("cycle", "open", "mmis-2026")
    found = {row["check"]: row for row in json.loads(run("doctor", "--format", "json").stdout)}["processes"]
    assert (found["outcome"], "sikte serve" in found["detail"]) == ("warn", True)
    database = open_database(f"sqlite:///{tmp_path / 'home' / 'sikte.db'}")
    with database.begin() as session:
        session.add(Lease(name="deadlines", holder="test", expires_at=9e9))
    checks = {row["check"]: row for row in json.loads(run("doctor", "--format", "json").stdout)}
    assert checks["processes"]["outcome"] == "ok"
    with database.begin() as session:
        publish(session, RESULTS_REQUESTED, at=datetime.now(UTC) - timedelta(minutes=3))
    found = {row["check"]: row for row in json.loads(run("doctor", "--format", "json").stdout)}["processes"]
    database.dispose()
    assert (found["outcome"], "1 delivery has waited" in found["detail"]) == ("warn", True)
