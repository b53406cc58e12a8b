"""``sikte measure``: measures are written, listed and noted on from the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from deploy.cli.context import Application
from deploy.cli.measure import measure_group
from tests.integration.follow_up.conftest import Town

pytestmark = pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)


@pytest.fixture
def sikte(town: Town, monkeypatch):
    """Run the command over the town's house."""
    application = Application(None)
    monkeypatch.setattr(Application, "container", property(lambda _self: town.cycle.house.container))
    runner = CliRunner()
    return lambda *arguments: runner.invoke(measure_group, list(arguments), obj=application)


ADD = ("--title", "Rastvärdar", "--cause", "Få vuxna", "--owner", "Arbetslaget", "--due", "2027-05-01")


def test_a_measure_is_added_noted_on_and_listed(sikte):
    made = sikte("add", "A", *ADD, "--effect", "Tryggare", "--area", "elev:trygghet")
    assert made.exit_code == 0, made.output
    assert sikte("note", "1", "--state", "ongoing", "--text", "Igång").exit_code == 0
    [row] = json.loads(sikte("list", "--unit", "A", "--format", "json").output)
    assert (row["title"], row["state"], row["last_note"], row["late"]) == ("Rastvärdar", "ongoing", "Igång", False)
    assert json.loads(sikte("list", "--late", "--format", "json").output) == []
    assert "Rastvärdar" in sikte("list").output


def test_what_the_unit_was_not_asked_is_no_indicator(sikte):
    refused = sikte("add", "A", *ADD, "--effect", "Tryggare", "--area", "elev:annat")
    assert refused.exit_code != 0
    assert json.loads(sikte("list", "--format", "json").output) == []
