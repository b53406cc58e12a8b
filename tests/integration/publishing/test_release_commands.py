"""``sikte release``, ``sikte publish`` and the release column of ``sikte results``."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click import Context
from click.testing import CliRunner, Result

from deploy.cli.context import Application
from deploy.cli.main import cli
from deploy.cli.release import publish_command, release_command
from deploy.cli.results import results_command
from tests.support.publishing import REASON, visible

pytestmark = pytest.mark.parametrize("counted_house", ["sqlite"], indirect=True)

Run = Callable[..., Result]


@pytest.fixture
def run(cycle) -> Run:
    """Run a command over the test's house, whose clock stands still; nothing that follows is done."""
    application = Application(cycle.house.container.settings.home, {})
    application.__dict__["container"] = cycle.house.container
    application.__dict__["settings"] = cycle.house.container.settings
    application.settle = lambda: None  # type: ignore[method-assign]  # letters and pages have tests of their own

    def invoke(command, *arguments: str) -> Result:
        return CliRunner().invoke(command, [cycle.key, *arguments], obj=application, standalone_mode=True)

    return invoke


def rows(run: Run, *options: str) -> list[dict[str, object]]:
    answer = run(results_command, "--format", "json", *options)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_release_says_what_it_did_and_the_results_name_it(cycle, run):
    assert {row["release"] for row in rows(run)} == {None}
    assert cli.get_command(Context(cli), "release") is release_command

    answer = run(release_command, "--window", "hem")

    assert answer.exit_code == 0, answer.output
    assert "Release 1 of tva-2026: windows hem, from result set" in answer.output
    assert "not audited" in answer.output
    assert {(row["questionnaire"], row["release"]) for row in rows(run)} == {("elev", None), ("vh", 1)}
    assert {row["questionnaire"] for row in rows(run, "--release", "1")} == {"vh"}


def test_an_older_release_is_read_as_it_was(cycle, run):
    run(release_command)
    before = rows(run, "--release", "1", "--audience", "unit")
    cycle.recompute()
    assert {row["release"] for row in rows(run)} == {None}, "the newest results are not released"
    assert run(release_command, "--reason", REASON).exit_code == 0

    assert {row["release"] for row in rows(run)} == {2}
    assert rows(run, "--release", "1", "--audience", "unit") == before
    answer = run(results_command, "--release", "9")
    assert answer.exit_code == 1
    assert "Releases: 1, 2" in str(answer.exception)


def test_an_embargo_is_swedish_time_and_the_way_back_is_named(cycle, run):
    answer = run(release_command, "--embargo", "2026-11-25T08:00")

    assert "Wednesday 25 November at 8:00 (Swedish time)" in answer.output
    assert "sikte release tva-2026 --withdraw 1" in answer.output
    assert visible(cycle) == {}
    assert run(release_command, "--withdraw", "1").exit_code == 0
    listed = run(release_command, "--list", "--format", "json")
    assert [(one["number"], one["state"]) for one in json.loads(listed.stdout)] == [(1, "withdrawn")]


@pytest.mark.parametrize("wrong", ["soon", "2026-11-25", "2026-11-25T08:00+01:00", "2027-03-28T02:30"])
def test_a_time_that_nobody_can_read_is_a_fault_of_usage(run, wrong):
    answer = run(release_command, "--embargo", wrong)

    assert answer.exit_code == 2


def test_publish_says_what_it_did(cycle, run):
    assert cli.get_command(Context(cli), "publish") is publish_command
    run(release_command)
    answer = run(publish_command, "--at", "2026-11-25T08:00")

    assert answer.exit_code == 0, answer.output
    assert "Publication 1 of tva-2026: windows skola, hem, 11 documents." in answer.output
    assert run(publish_command, "--withdraw", "1").exit_code == 0
    listed = run(publish_command, "--list", "--format", "json")
    assert [(one["number"], one["state"], one["from"]) for one in json.loads(listed.stdout)] == [(1, "withdrawn", "1")]
