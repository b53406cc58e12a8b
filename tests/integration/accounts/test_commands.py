"""``sikte user``: accounts from the command line, with passwords that never stand among its arguments."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from admin_portal.accounts.signing import sign_in
from deploy.cli.main import cli
from shared.i18n import set_language
from tests.integration.accounts.conftest import PASSWORD


@pytest.fixture
def sikte(portal, monkeypatch):
    def run(*arguments, given=None):
        url = portal.services.database.engine.url.render_as_string(hide_password=False)
        home = portal.house.container.settings.home
        set_language("en")
        variables = {"SIKTE_LANGUAGE": "en", "SIKTE_HOME": str(home), "SIKTE_DATABASE_URL": url}
        return CliRunner(env=variables).invoke(cli, ["user", *arguments], input=given, catch_exceptions=False)

    return run


ADD = ("add", "chef@example.se", "--name", "Chef")


def test_an_account_is_added_with_a_link_listed_and_disabled(sikte, desk):
    desk.person("officer")
    added = sikte(*ADD, "--role", "principal", "--unit", "A")
    assert added.exit_code == 0
    assert "/choose-password/" in added.stdout
    rows = json.loads(sikte("list", "--format", "json").stdout)
    assert rows[0]["roles"] == ["principal:A"]
    assert (rows[0]["active"], rows[0]["password"]) == (True, False)
    assert sikte("disable", "Chef@Example.se").exit_code == 0
    assert "already" in sikte("disable", "chef@example.se").stdout
    assert not json.loads(sikte("list", "--format", "json").stdout)[0]["active"]
    assert sikte("link", "chef@example.se").exit_code == 1
    assert sikte("enable", "chef@example.se").exit_code == 0
    assert "/choose-password/" in sikte("link", "chef@example.se").stdout
    actors = {actor for actor, _action, subject in desk.audited() if subject != "roster"}
    assert all(actor.startswith("cli:") for actor in actors)


def test_a_password_comes_from_a_file_or_from_standard_input(sikte, desk, door, tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", "utf-8")
    assert sikte(*ADD, "--role", "officer", "--password-file", str(file)).exit_code == 0
    assert sign_in(door, email="chef@example.se", password=PASSWORD).passed
    other = ("add", "annan@example.se", "--name", "Annan", "--role", "officer", "--password-stdin")
    assert sikte(*other, given=f"{PASSWORD}\n").exit_code == 0
    assert sign_in(door, email="annan@example.se", password=PASSWORD).passed


def test_a_weak_password_adds_nobody(sikte, desk):
    result = sikte(*ADD, "--role", "officer", "--password-stdin", given="password1234\n")
    assert result.exit_code == 1
    assert "easy to guess" in result.stderr
    assert desk.by_email("chef@example.se") is None


@pytest.mark.parametrize(
    "options",
    [
        ("--role", "principal"),
        ("--role", "officer", "--unit", "A"),
        ("--role", "area_head", "--unit", "A"),
        ("--role", "king"),
        ("--role", "officer", "--link", "--password-stdin"),
        ("--role", "officer", "--password", "on the command line"),
    ],
)
def test_wrong_usage_exits_with_2(sikte, options):
    assert sikte(*ADD, *options).exit_code == 2


def test_roles_are_given_and_taken(sikte, desk):
    desk.person("officer")
    assert sikte(*ADD, "--role", "area_head", "--district", "Norr").exit_code == 0
    place = ("--role", "owner", "--provider", "I")
    assert "now" in sikte("role", "add", "chef@example.se", *place).stdout
    assert "already" in sikte("role", "add", "chef@example.se", *place).stdout
    assert json.loads(sikte("list", "--format", "json").stdout)[0]["roles"] == ["area_head:Norr", "owner:I"]
    assert sikte("role", "remove", "chef@example.se", *place).exit_code == 0
    gone = sikte("role", "remove", "chef@example.se", *place)
    assert (gone.exit_code, "does not hold" in gone.stderr) == (1, True)
    assert sikte("role", "remove", "person@example.se", "--role", "officer").exit_code == 1
    assert sikte("role", "add", "nobody@example.se", "--role", "officer").exit_code == 1
