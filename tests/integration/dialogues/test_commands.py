"""``sikte dialogue``: a round from its creation to a declined dialogue, on the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from deploy.cli.dialogue import dialogue_group
from deploy.cli.main import cli
from tests.support.season import CYCLE


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_round_is_made_offered_booked_and_changed_by_commands(season, house, monkeypatch):
    settings = house.container.settings
    monkeypatch.setenv("SIKTE_HOME", str(settings.home))
    monkeypatch.setenv("SIKTE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SIKTE_LANGUAGE", "en")
    monkeypatch.setattr("deploy.cli.context.Application.settle", lambda _application: None)
    monkeypatch.setattr("deploy.bootstrap.SystemClock", lambda _offset: house.clock)

    def sikte(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(cli, ["dialogue", *arguments])
        assert result.exit_code == code, result.output
        return result.output

    about = ("--title", "Vår 2027", "--cycle", CYCLE, "--book-by", "2026-12-31")
    assert "Round var-2027 is created" in sikte("round", "create", *about)
    times = ("var-2027", "--first-day", "2027-01-12", "--to", "11:30", "--place", "R3", "--official")
    assert "Tuesday 12 January 2027 at 10:15" in sikte("slots", "add", *times, "officer@example.se", "--dry-run")
    assert "2 times are added" in sikte("slots", "add", *times, "officer@example.se")
    assert "There is no account" in sikte("slots", "add", *times, "nobody@example.se", code=1)
    assert "Choose other hours" in sikte("slots", "add", *times, "officer@example.se", code=1)
    assert "offered to 4 units" in sikte("offer", "var-2027", "--except", "E")
    slots = [row["id"] for row in json.loads(sikte("slots", "list", "var-2027", "--format", "json"))]
    assert "9:00–10:00" in sikte("book", "var-2027", "A", str(slots[0]))
    assert "Somebody else" in sikte("book", "var-2027", "B", str(slots[0]), code=1)
    assert "10:15–11:15" in sikte("move", "var-2027", "A", str(slots[1]))
    sikte("cancel", "var-2027", "A")
    sikte("decline", "var-2027", "B", "--reason", "Ingen tid.")
    sikte("slots", "remove", "var-2027", str(slots[0]))
    sikte("round", "close", "var-2027")
    sikte("round", "open", "var-2027")
    rows = json.loads(sikte("list", "--format", "json"))
    assert {row["unit_code"]: row["state"] for row in rows} == {
        "A": "offered",
        "B": "declined",
        "C": "offered",
        "D": "offered",
    }
    [row] = json.loads(sikte("round", "list", "--format", "json"))
    assert (row["round"], row["units"], row["booked"]) == ("var-2027", 4, 0)


def test_every_command_says_what_it_is_for():
    assert all(command.help for command in dialogue_group.commands.values())
