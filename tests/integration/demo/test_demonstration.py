"""A demonstration is complete, the same for the same seed, careful with folders, and can be served as it stands."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from deploy.demo.ballots import answers_of
from deploy.demo.client import Respondent
from deploy.demo.municipality import planned_units
from deploy.demo.plans import planned_cycle
from deploy.demo.sizes import SIZES
from tests.support.demonstration import SEED, Demonstration, run_sikte
from tests.support.source import REPOSITORY


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_ballot_sent_is_counted_once(small: Demonstration):
    sent = Counter(row["questionnaire"] for row in _rows(small.home / "truth" / "responses-mmis-2026.csv"))
    rates = [
        row
        for row in small.results("mmis-2026", "--level", "municipality")
        if not (row["segment"] or row["area"] or row["item"]) and row["weighting"] == "respondents"
    ]

    assert {row["questionnaire"] for row in rates} == sent.keys()
    assert all(row["answered"] == sent[row["questionnaire"]] for row in rates if row["status"] == "shown")
    assert all(sent[row["questionnaire"]] < 5 for row in rates if row["status"] == "hidden")


def test_the_summary_tells_rates_differences_what_is_hidden_and_where_to_look(small: Demonstration):
    for words in ("Response rates", "█", "Certain differences", "What is hidden, and why", "too few answers", "truth"):
        assert words in small.output
    assert len(re.findall(r"^  [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}  ", small.output, re.MULTILINE)) == 3


def test_no_ballot_draft_or_window_key_of_a_counted_window_is_left(small: Demonstration):
    with sqlite3.connect(f"file:{small.home / 'sikte.db'}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT count(*) FROM ballot").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM draft").fetchone() == (0,)
        still_open = connection.execute("SELECT id FROM collection_window WHERE state != 'counted'").fetchall()
    connection.close()

    assert [path.name for path in (small.home / "keys" / "windows").iterdir()] == [str(still_open[0][0])]
    assert len(still_open) == 1


def test_the_same_seed_gives_the_same_answers_and_figures(small: Demonstration, again: Demonstration):
    for path in sorted((small.home / "truth").rglob("*.*")):
        assert path.read_bytes() == (again.home / path.relative_to(small.home)).read_bytes(), path.name
    assert small.results("mmis-2026") == again.results("mmis-2026")


def test_an_earlier_demonstration_is_replaced_and_said_to_be(again: Demonstration):
    assert "is replaced" in again.output
    assert not (again.home / "truth" / "old.csv").exists()
    assert json.loads((again.home / "demonstration.json").read_text())["complete"] is True


def test_a_folder_with_anything_else_is_refused_and_left_alone(tmp_path: Path):
    (tmp_path / "letter.txt").write_text("mine")

    refused = run_sikte(tmp_path, "demo", "--size", "small", status=1)

    assert "is no demonstration" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_demonstration_with_something_added_is_refused_and_left_alone(tmp_path: Path):
    (tmp_path / "demonstration.json").write_text('{"clock_offset_seconds": 0}')
    (tmp_path / "letter.txt").write_text("mine")

    refused = run_sikte(tmp_path, "demo", "--size", "small", status=1)

    assert "letter.txt" in refused.stderr
    assert (tmp_path / "letter.txt").exists()
    assert (tmp_path / "demonstration.json").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"SIKTE_DATABASE_URL": "sqlite:///elsewhere.db"}, "SIKTE_DATABASE_URL"),
        (
            {
                "SIKTE_MODE": "production",
                "SIKTE_DATABASE_URL": "postgresql://127.0.0.1:9/real",
                "SIKTE_REDIS_URL": "redis://127.0.0.1:9/0",
                "SIKTE_KEYS": "elsewhere",
                "SIKTE_CODE_PEPPER": "p" * 48,
                "SIKTE_SECRET_KEY": "s" * 48,
                "SIKTE_SMTP_URL": "smtp://127.0.0.1:9?tls=none",
                "SIKTE_MAIL_FROM": "sikte@example.se",
            },
            "SIKTE_MODE",
        ),
        ({"SIKTE_KEYS": "elsewhere"}, "SIKTE_KEYS"),
        ({"SIKTE_CLOCK_OFFSET": "60"}, "SIKTE_CLOCK_OFFSET"),
    ],
)
def test_a_demonstration_never_writes_into_another_instance(tmp_path: Path, variables: dict[str, str], words: str):
    refused = run_sikte(tmp_path / "home", "demo", "--size", "small", status=1, **variables)

    assert words in refused.stderr
    assert not (tmp_path / "home").exists()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_visitor_can_answer_on_the_served_site_and_a_second_demonstration_waits(again: Demonstration):
    home, address = again.home, f"http://127.0.0.1:{_free_port()}"
    code = re.findall(r"^  ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5})  ", again.output, re.MULTILINE)[0]
    server = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli.main", "--dir", str(home), "serve"],
        cwd=REPOSITORY,
        env=os.environ | {"SIKTE_SURVEY_URL": address},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(address)
        asked = planned_cycle("prova-sikte").asked[0]
        visitor = Respondent(address)
        row = {"trygg": "2", "varfor": "Det är stökigt på rasterna.", "lugnare": "rast|matsal", "sex": "flicka"}
        page = visitor.answer(visitor.open(f"{address}/s/{code}"), answers_of(asked.questionnaire, row))
        visitor.close()
        refused = run_sikte(home, "demo", "--size", "small", "--seed", SEED, status=1)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=40)

    assert page.kind == "receipt"
    assert "A server is running" in refused.stderr
    with sqlite3.connect(f"file:{home / 'sikte.db'}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT count(*) FROM ballot").fetchone() == (1,)
    connection.close()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[-1])), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("The server did not start.")


def test_two_units_of_the_municipality_are_too_small_to_show(municipality: Demonstration):
    rows = municipality.results("mmis-2026", "--level", "unit")
    every = {row["node_code"] for row in rows}
    large = {row["node_code"] for row in rows if row["reason"] != "too_few"}
    tiny = {unit.code for unit in planned_units(SIZES["municipality"]) if unit.tiny}

    assert len(every) == 60
    assert every - large == tiny
    assert len(tiny) == 2
    assert "Too small to show at all" in municipality.output


def test_the_municipality_casts_ten_thousand_ballots_three_hundred_of_them_page_by_page(municipality: Demonstration):
    sent = len(_rows(municipality.home / "truth" / "responses-mmis-2026.csv"))

    assert 10_000 <= sent <= 11_500
    assert "300 of them page by page over HTTP" in municipality.output


def test_the_public_sees_no_independent_unit_without_its_owners_agreement(municipality: Demonstration):
    roster = municipality.home / "truth" / "mmis-2026" / "roster"
    units = {row["unit_code"]: row for row in _rows(roster / "units.csv")}
    agreed = {
        row["provider_code"]: row["unit_code"] for row in _rows(roster / "agreements.csv") if row["publish"] == "true"
    }
    rows = municipality.results("mmis-2026", "--level", "unit", "--audience", "public")
    shown = {row["node_code"] for row in rows if row["status"] == "shown"}

    independents = {code for code in shown if units[code]["regi"] == "independent"}
    assert independents
    for code in independents:
        assert agreed[units[code]["provider_code"]] in {"", code}
